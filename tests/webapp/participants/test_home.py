"""Where someone stands: their pairing, contact once introduced, or an honest reason."""

from __future__ import annotations

import datetime
import re

import factories
import pytest
from sites import World, ask
from sqlalchemy import Engine, select, update

from mentorship import database
from mentorship.models import Pairing, Profile, Program, Role, Round, Unmatched
from mentorship.programs import programs
from mentorship.rounds import rounds
from mentorship.states import PairingState, RoundState


@pytest.fixture
def paired(world: World, engine: Engine) -> World:
    """A world in whose first program mentee and mentor are paired, another mentee left over."""
    with database.transaction(engine) as session:
        mentee = session.get_one(Profile, world.ours["profile_id"])
        program = session.get_one(Program, mentee.program_id)
        mentor = factories.make_mentor(session, program, full_name="Max Mentor", email="max@x.org")
        mentee.answers = mentee.answers | {"statement": "I hope so."}
        round = session.get_one(Round, world.ours["round_id"])
        round.state, round.result = RoundState.PUBLISHED, {"broken": []}
        session.add(
            Pairing(
                program_id=program.id, round_id=round.id, mentee_id=mentee.id,
                mentor_id=mentor.id, mentee_person_id=mentee.person_id,
                mentor_person_id=mentor.person_id, state=PairingState.INTRODUCED,
                introduced_at=database.now(session), score=654_321, contributions={},
                reasons=[{"criterion": "specialty", "shared": ["cardiology"]}],
            )
        )  # fmt: skip
    return world


def home(world: World, visitor: str = "mentee") -> str:
    return str(ask(world, visitor, "pages.home", world.ours, "GET").text)


def test_a_pairing_is_shown_with_reasons_and_contact_and_no_score(paired: World) -> None:
    page = home(paired)

    for words in (
        "Your mentor",
        "Max Mentor",
        "max@x.org",
        "works in cardiology, which interests you",
    ):
        assert words in page
    read = re.sub(r"<[^>]*>", " ", page.split("<main")[1]).lower()
    for verdict in ("65", "score", "rank"):
        assert verdict not in read


def test_name_and_contact_wait_until_both_said_yes(paired: World, engine: Engine) -> None:
    with database.transaction(engine) as session:
        session.execute(update(Pairing).values(state=PairingState.ASKED))
    page = home(paired)

    assert "Your possible mentor" in page
    assert not re.search(r"\bMax\b", page)
    assert "max@x.org" not in page
    assert "both said yes" in page


@pytest.mark.parametrize("state", [PairingState.PROPOSED, PairingState.ENDED])
def test_what_is_not_or_no_longer_is_not_shown(
    paired: World, engine: Engine, state: PairingState
) -> None:
    with database.transaction(engine) as session:
        session.execute(update(Pairing).values(state=state))

    assert "Max Mentor" not in home(paired)


def test_unmatched_people_read_why(world: World, engine: Engine) -> None:
    with database.transaction(engine) as session:
        session.execute(update(Pairing).values(state=PairingState.ENDED))
        round = rounds.get(session, world.ours["round_id"])
        round.state = RoundState.PUBLISHED
        reason = {"cause": "places", "suitable": 4, "field": "cardiology", "asked_by": 3,
                  "places": 2}  # fmt: skip
        profile_id = world.ours["profile_id"]
        session.add(Unmatched(round_id=round.id, profile_id=profile_id, reason=reason))
    page = home(world)

    assert "The last round found no one for you" in page
    assert "More people asked for cardiology than there were places." in page


def test_only_published_rounds_say_anything(world: World, engine: Engine) -> None:
    with database.transaction(engine) as session:
        round = rounds.get(session, world.ours["round_id"])
        round.state = RoundState.PROPOSED
        profile_id = world.ours["profile_id"]
        session.add(Unmatched(round_id=round.id, profile_id=profile_id, reason={"cause": "floor"}))

    assert "found no one" not in home(world)


def test_a_coordinator_of_one_program_is_led_to_its_desk(world: World) -> None:
    answer = ask(world, "coordinator", "pages.home", world.ours, "GET")

    assert (answer.status_code, answer.location) == (302, f"/programs/{world.ours['slug']}/desk")


def test_a_coordinator_who_is_a_mentor_too_chooses(world: World, engine: Engine) -> None:
    with database.transaction(engine) as session:
        ours = session.scalars(select(Program).where(Program.slug == world.ours["slug"])).one()
        runs_it = programs.coordinators(session, ours.id)[0].person
        factories.make_mentor(session, ours, full_name="Mo", email=runs_it.email)
    page = home(world, "coordinator")

    assert f"/programs/{world.ours['slug']}/desk" in page
    assert f"/programs/{world.theirs['slug']}/desk" not in page
    assert "re a mentor" in page


def test_a_mentee_reads_what_the_mentor_wrote_and_can_write_at_once(
    paired: World, engine: Engine
) -> None:
    with database.transaction(engine) as session:
        mentors = session.scalars(select(Profile).where(Profile.role == Role.MENTOR))
        mentor = next(one for one in mentors if one.answers["full_name"] == "Max Mentor")
        mentor.answers = mentor.answers | {"bio": "Ask what everyone <else> is sitting on."}
    page = home(paired)

    words = "Ask what everyone &lt;else&gt; is sitting on."
    assert f'<blockquote class="words">{words}</blockquote>' in page
    assert page.count(words) == 1
    link = re.search(r'<a class="button main" href="(mailto:max@x\.org\?[^"]+)"', page)
    assert link
    assert "subject=" in link[1]
    assert "Say hello by" in page
    # They have just been introduced: no one is asked whether nothing came.
    assert "We haven&#39;t been in touch yet" not in page


def test_a_week_after_the_introduction_one_can_say_that_nothing_came(
    paired: World, engine: Engine
) -> None:
    with database.transaction(engine) as session:
        ago = database.now(session) - datetime.timedelta(days=9)
        session.execute(update(Pairing).values(introduced_at=ago))

    assert "We haven&#39;t been in touch yet" in home(paired)


@pytest.mark.parametrize(
    ("where", "call"),
    [
        ("https://meet.example.org/a?b=1&c", "https://meet.example.org/a?b=1&amp;c"),
        ("Zoom: https://x.example.org/1.", "https://x.example.org/1"),
        ("Room 4, javascript:alert(1)", None),
        ("", None),
    ],
)
def test_a_meeting_ahead_is_the_first_thing_with_the_way_into_the_call(
    paired: World, engine: Engine, where: str, call: str | None
) -> None:
    with database.transaction(engine) as session:
        at = database.now(session) + datetime.timedelta(days=2)
        session.execute(update(Pairing).values(meeting_at=at, meeting_where=where or None))
    page = home(paired)

    assert "re meeting on" in page
    join = re.search(r'href="([^"]+)" rel="noreferrer">Join the call</a>', page)
    assert (join and join[1]) == call
    assert ("Room 4" in page) is ("Room 4" in where)
