"""The Overview: what there is to do, in order, where places are short, and what would help."""

from __future__ import annotations

import datetime
import html
import re
from typing import Any

import factories
import foretold
import pytest
from sqlalchemy import Engine, select, update
from sqlalchemy.orm import Session

from mentorship import database, outbox
from mentorship.models import Email, EmailKind, Forecast, Profile, Program, Round
from mentorship.pairings import care, pairings
from mentorship.people import persons, profiles
from mentorship.rounds import rounds
from mentorship.states import EmailState, Ending, PairingState, ProfileState, RoundState

DAY = datetime.timedelta(days=1)


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """Words are the same on every database; what is counted has tests of its own on both."""
    return sqlite_url


def desk(signed_in: Any, program: Program, query: str = "") -> str:
    page = signed_in.get(f"/programs/{program.slug}/desk{query}")
    assert page.status_code == 200
    return html.unescape(page.text)


def titles(page: str) -> list[str]:
    """The tasks, in order."""
    [tasks] = re.findall(r'<ol class="tasks">(.*?)</ol>', page, re.S) or [""]
    return re.findall(r"<h3>(.*?)</h3>", tasks)


def words(page: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", page).split())


def listed(signed_in: Any, place: str) -> list[str]:
    """The people of a list."""
    page = html.unescape(signed_in.get(html.unescape(place)).text)
    return re.findall(r'/people/[0-9a-f-]{36}">([^<]+)</a>', page)


def no_round(session: Session) -> None:
    """Let the rounds that pairings of tests come from be over."""
    session.execute(update(Round).values(state=RoundState.CLOSED))


def test_an_empty_program_is_told_to_begin_with_people(
    signed_in: Any, coordinated: Program
) -> None:
    page = desk(signed_in, coordinated)

    assert titles(page) == ["No one has joined yet"]
    assert "Once there are mentees and mentors" in page


def test_everything_that_waits_is_a_task_in_order(
    engine: Engine, signed_in: Any, coordinated: Program
) -> None:
    with database.transaction(engine) as session:
        program = session.get_one(Program, coordinated.id)
        silent = factories.make_pairing(session, program, days=20)
        factories.make_pairing(session, program, days=2)
        mentor = factories.make_mentor(session, program, full_name="Over Full")
        factories.make_pairing(session, program, PairingState.ACTIVE, mentor=mentor)
        profiles.change_answers(session, mentor, mentor.answers | {"capacity": 0})
        factories.make_mentee(session, program, full_name="Wanda Waits")
        factories.make_mentor(session, program, full_name="Fred Free", capacity=2)
        asking = factories.make_mentor(session, program, capacity=3)
        asking.state = ProfileState.AWAITING_APPROVAL
        bounced = factories.make_mentee(session, program, full_name="Bo Unced")
        persons.flag_address(session, bounced.person_id, "550 5.1.1 unknown")
        invited = factories.make_mentee(session, program)
        invited.state = ProfileState.UNCONFIRMED
        invited.updated_at -= 30 * DAY
        outbox.owe(
            session, EmailKind.WELCOME, to=invited.person_id, about=invited.id,
            program_id=program.id,
        )  # fmt: skip
        session.flush()
        session.execute(update(Email).values(state=EmailState.FAILED))
        session.scalars(select(Profile).where(Profile.id == silent.mentee_id)).one()
        active = session.scalars(select(Profile).where(Profile.id == mentor.id)).one()
        assert active.excess == 1
        no_round(session)
    page = desk(signed_in, coordinated)

    assert titles(page) == [
        "2 mentees are waiting and 2 places are free",
        "1 person is waiting for approval",
        "1 mentor has more mentees than places",
        "1 pairing is quiet",
        "1 email address doesn't work",
        "1 email wasn't sent",
        "1 profile is unfinished",
    ]
    assert "All 3 pairings stay as they are." in page
    assert "That adds 3 places." in page
    assert "Emails to Bo Unced bounced." in page
    for need, found in {
        "waiting": ["Bo Unced", "Wanda Waits"],
        "free": ["Fred Free"],
        "over": ["Over Full"],
        "unreached": ["Bo Unced"],
    }.items():
        assert listed(signed_in, f"/programs/{coordinated.slug}/people?need={need}") == found


def test_how_pairings_are_doing_is_a_picture_whose_counts_lead_to_them(
    engine: Engine, signed_in: Any, coordinated: Program
) -> None:
    with database.transaction(engine) as session:
        program = session.get_one(Program, coordinated.id)
        for days in (1, 20, 40, 41):
            factories.make_pairing(session, program, days=days)
        met = factories.make_pairing(session, program, days=30)
        met.met_at = met.introduced_at + 3 * DAY
        left = factories.make_pairing(session, program, days=30)
        pairings.leave(session, left.mentor)
        by_hand = factories.make_pairing(session, program, days=30)
        care.end(session, by_hand, "dana", Ending.BY_COORDINATOR)
        no_round(session)
    page = desk(signed_in, coordinated)

    assert {"2 pairings are in trouble", "1 pairing is quiet"} <= set(titles(page))
    assert "1 pairing ended in the last two weeks" in titles(page)
    assert "How 5 pairings are doing" in page
    for state, number in {"on_track": 1, "first": 1, "quiet": 1, "trouble": 2, "ended": 2}.items():
        address = f"/programs/{coordinated.slug}/pairings?state={state}"
        if state != "ended":
            assert re.search(rf"<b>{number}</b> <a href=\"{re.escape(address)}\"", page), state
        assert signed_in.get(address).text.count('<th scope="row">') == number


def test_a_round_that_waits_for_a_decision_comes_first_and_no_other_is_offered(
    engine: Engine, signed_in: Any, coordinated: Program
) -> None:
    with database.transaction(engine) as session:
        program = session.get_one(Program, coordinated.id)
        factories.make_mentee(session, program)
        factories.make_mentor(session, program)
        round, _ = rounds.start(session, program, requested_by="test")
    assert titles(desk(signed_in, coordinated)) == ["Round 1 is being matched"]
    with database.transaction(engine) as session:
        session.get_one(Round, round.id).state = RoundState.PROPOSED

    page = desk(signed_in, coordinated)
    assert titles(page) == ["Round 1 is waiting for your review"]
    assert f"/rounds/{round.id}" in page


def test_where_nothing_is_wrong_it_says_so(
    engine: Engine, signed_in: Any, coordinated: Program
) -> None:
    with database.transaction(engine) as session:
        factories.make_pairing(session, session.get_one(Program, coordinated.id), days=1)
        no_round(session)
    page = desk(signed_in, coordinated)

    assert titles(page) == []
    assert "Nothing to do: everyone" in page


def foretell(engine: Engine, program: Program) -> None:
    with database.transaction(engine) as session:
        foretold.foretell(session, session.get_one(Program, program.id))


def test_a_forecast_shows_where_places_are_short_and_what_would_help(
    engine: Engine, signed_in: Any, coordinated: Program
) -> None:
    with database.transaction(engine) as session:
        program = session.get_one(Program, coordinated.id)
        for _ in range(7):
            factories.make_mentee(session, program, specialty_interests=["dermatology"])
        factories.make_mentee(session, program, full_name="Hana Alone", languages=["hi"])
        for name in ("Ada Able", "Ben Busy", "Cy Calm", "Di Dear", "Ed Ever"):
            factories.make_mentor(session, program, full_name=name, capacity=int(name[0] == "A"))
    page = desk(signed_in, coordinated)
    assert "Computing how many of them a round would match." in page
    assert 'role="status">Computing.' in page
    foretell(engine, coordinated)

    page = desk(signed_in, coordinated)
    assert "A round now would match 1 of them." in page
    assert "7 short" in page
    assert "Find one mentor in dermatology" in page
    assert "Ask 3 mentors for one more place each" in page
    assert "1 mentee can't be matched with anyone here" in page
    assert "The shared-language rule rules out all remaining mentors." in page
    assert "Hana Alone" in page
    waiting, free = re.findall(r'<td class="(?:number|figure)"><a href="([^"]+)"', page)[:2]
    assert len(listed(signed_in, waiting)) == 7
    assert listed(signed_in, free) == [], "none of them in dermatology"
    by_language = desk(signed_in, coordinated, "?by=language")
    assert re.search(r'<th scope="row">Hindi</th>', by_language)
    assert 'aria-current="true" href="' in by_language


def test_pairs_below_the_minimum_are_named_and_where_few_mentors_take_part_the_cause_is_not(
    engine: Engine, signed_in: Any, coordinated: Program
) -> None:
    with database.transaction(engine) as session:
        program = session.get_one(Program, coordinated.id)
        mentee = factories.make_mentee(session, program, full_name="Lo Score")
        mentor = factories.make_mentor(session, program, full_name="Moe Mentor")
        forecast = foretold.make_due(session, program)
        pair = [str(mentee.id), str(mentor.id), 431_000]
        change = {"floor": 0.4, "pairs": [pair], "number": 3}
        reason = {"cause": "rule", "rule": "language", "would_open": 9, "all": True}
        forecast.result = {
            "few": True, "floor": 0.45, "waiting": 1, "matched": 0, "gaps": {}, "kept_from_all": 1,
            "ruled_out": [[str(mentee.id), reason]],
            "advice": [{"kind": "floor", "gain": 1, "change": change}],
        }  # fmt: skip
        forecast.due_at, forecast.taken_at = None, database.now(session)
    page = words(desk(signed_in, coordinated))

    assert "1 mentee is waiting, and no free place suits them" in page
    assert "Lower the minimum score from 45 to 40" in page
    assert "See the 3 pairs" in page
    assert "Lo Score · Moe Mentor · 43 and 2 more" in page
    assert "No participating mentor is a fit." in page
    assert "shared-language" not in page


def test_those_who_could_join_are_advice_that_leads_to_them(
    engine: Engine, signed_in: Any, coordinated: Program
) -> None:
    with database.transaction(engine) as session:
        program = session.get_one(Program, coordinated.id)
        for _ in range(6):
            factories.make_mentee(session, program)
        factories.make_mentor(session, program)
        for name, state in (
            ("Ada Asks", ProfileState.AWAITING_APPROVAL),
            ("Bo Asks", ProfileState.AWAITING_APPROVAL),
            ("Pia Pauses", ProfileState.PAUSED),
        ):
            factories.make_mentor(session, program, full_name=name, capacity=2).state = state
    foretell(engine, coordinated)
    page = desk(signed_in, coordinated)
    [advice] = re.findall(r'<ol class="tasks advice">(.*?)</ol>', page, re.S)

    assert "Approve the 2 people waiting 4 more matched. Ada Asks · Bo Asks" in words(advice)
    assert "Ask the paused mentor to resume 2 more matched. Pia Pauses" in words(advice)
    [approve] = re.findall(r'<a href="([^"]+)">Approve the', advice)
    [resume] = re.findall(r'<a href="([^"]+)">Ask the paused', advice)
    assert listed(signed_in, approve) == ["Ada Asks", "Bo Asks"]
    assert listed(signed_in, resume) == ["Pia Pauses"]


def test_the_overview_knows_when_its_forecast_is_done(
    engine: Engine, signed_in: Any, coordinated: Program
) -> None:
    progress = f"/programs/{coordinated.slug}/desk/progress"
    assert "data-progress" not in desk(signed_in, coordinated)
    with database.transaction(engine) as session:
        program = session.get_one(Program, coordinated.id)
        factories.make_mentee(session, program)
        factories.make_mentor(session, program)
    # Before the first, while one is due, and once it is done.
    assert f'data-progress="{progress}"' in desk(signed_in, coordinated)
    assert signed_in.get(progress).json == {"state": "computing"}
    with database.transaction(engine) as session:
        foretold.make_due(session, session.get_one(Program, coordinated.id))
    assert signed_in.get(progress).json == {"state": "computing"}
    foretell(engine, coordinated)
    assert signed_in.get(progress).json == {"state": "done"}
    page = desk(signed_in, coordinated)
    assert "data-progress" not in page
    assert "Computed" in page


def test_a_forecast_that_failed_says_why(
    engine: Engine, signed_in: Any, coordinated: Program
) -> None:
    with database.transaction(engine) as session:
        program = session.get_one(Program, coordinated.id)
        factories.make_mentee(session, program)
        factories.make_mentor(session, program)
        forecast = foretold.make_due(session, program)
        session.execute(
            update(Forecast)
            .where(Forecast.id == forecast.id)
            .values(due_at=None, failure="Out of memory.")
        )

    assert "be computed. Out of memory." in desk(signed_in, coordinated)


def test_people_who_have_not_answered_are_reminded_by_one_click(
    engine: Engine, signed_in: Any, coordinated: Program
) -> None:
    with database.transaction(engine) as session:
        program = session.get_one(Program, coordinated.id)
        for _ in range(2):
            invited = factories.make_mentee(session, program)
            invited.state = ProfileState.UNCONFIRMED
            invited.updated_at -= 30 * DAY
    path = f"/programs/{coordinated.slug}/desk"
    assert "Remind 2 people" in desk(signed_in, coordinated)

    answer = signed_in.post(f"/programs/{coordinated.slug}/remind", on=path)

    assert (answer.status_code, answer.headers["Location"]) == (303, path)
    page = desk(signed_in, coordinated)
    assert "2 people will get a reminder" in page
    assert "Everyone got an email recently" in page
    with database.reading(engine) as session:
        kinds = session.scalars(select(Email.kind)).all()
        assert kinds == [EmailKind.UNFINISHED_PROFILE] * 2


@pytest.mark.parametrize(("number", "told"), [(4, False), (5, True)])
def test_few_who_began_a_profile_are_not_told_of(
    engine: Engine, signed_in: Any, coordinated: Program, number: int, told: bool
) -> None:
    with database.transaction(engine) as session:
        program = session.get_one(Program, coordinated.id)
        for _ in range(number):
            begun = factories.make_mentee(session, program)
            begun.state = ProfileState.DRAFT
            begun.updated_at -= 2 * DAY

    page = desk(signed_in, coordinated)
    assert ("5 people started a profile" in page) == told
    assert "4 people began" not in page


def test_a_list_of_people_keeps_what_narrows_it_and_can_be_widened(
    engine: Engine, signed_in: Any, coordinated: Program
) -> None:
    with database.transaction(engine) as session:
        program = session.get_one(Program, coordinated.id)
        for _ in range(31):
            factories.make_mentee(session, program, specialty_interests=["dermatology"])
        factories.make_mentee(session, program)
    path = f"/programs/{coordinated.slug}/people?role=mentee&need=waiting&field=dermatology"

    page = signed_in.get(path).text
    assert "31 people" in page
    assert "Specialty: Dermatology" in page
    following = html.unescape(re.findall(r'rel="next" href="([^"]+)"', page)[0])
    assert len(listed(signed_in, following)) == 1
    wider = re.findall(r'class="chip" href="([^"]+)"', page)
    assert "32 people" in signed_in.get(html.unescape(wider[1])).text
    assert '<input type="hidden" name="field" value="dermatology">' in page
    for wrong in ("field=nothing", "topic=burnout-wellbeing", "need=all", "country=usa"):
        assert "32 people" in signed_in.get(f"/programs/{coordinated.slug}/people?{wrong}").text


def test_the_first_task_leads_to_a_round_for_those_who_wait(
    engine: Engine, signed_in: Any, coordinated: Program
) -> None:
    with database.transaction(engine) as session:
        program = session.get_one(Program, coordinated.id)
        factories.make_mentee(session, program)
        factories.make_mentor(session, program)
    [place] = re.findall(r'class="button" href="([^"]+)"', desk(signed_in, coordinated))

    assert 'name="scope" value="unmatched" checked' in signed_in.get(place).text
