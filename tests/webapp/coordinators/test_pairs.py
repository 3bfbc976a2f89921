"""The pairs of a round on the desk: looked at, decided about and compared."""

from __future__ import annotations

import csv
import html
import io
import re
import uuid
from typing import Any

import factories
import matched_rounds
import pytest
from desks import Desk, taken
from sqlalchemy import Engine, select

from matching.profiles.columns import Audience
from matching.profiles.questions import Kind
from mentorship import database
from mentorship.models import Decision, Pairing, Program, Round
from mentorship.people import questions
from mentorship.people.questions import ProgramQuestion
from mentorship.rounds import publishing, rounds
from mentorship.states import PairingState, ProfileState, RoundState
from webapp.coordinators import decision_form


def test_a_pair_is_shown_with_what_both_answered_and_what_else_there_could_be(desk: Desk) -> None:
    panel = desk.get(desk.pair("ben", "yara"))

    assert "<mark>Dermatology</mark>" in panel
    assert "Yara has 1 of 1 places taken." in panel
    assert "Others for Ben" in panel
    assert re.search(r"Swap in Xavier", panel)
    assert "loses a mentor" in panel
    assert "What both will see" in panel
    assert "works in dermatology, which interests you" in panel
    assert 'aria-current="true"' in panel
    for name in ("ben", "yara"):
        assert f"/people/{desk.ids[name]}" in panel
    assert desk.browser.get(desk.address + desk.pair("ben", "xavier")).status_code == 302


def test_a_decision_says_at_once_what_it_changes_and_is_matched_around(desk: Desk) -> None:
    said = desk.decide("pair", "ben", "xavier", why="They know each other", back=desk.address)

    assert "Pinned. " in said
    assert "points: " in said
    assert f"{taken(desk).title()} loses a mentor" in said or "moves to" in said
    assert "1 decision by hand" in said
    assert "not matched around yet" in said
    assert "Why: They know each other" in said
    refused = desk.post("/publish")
    assert refused.status_code == 409
    assert "match it again around them first" in html.unescape(refused.text)

    desk.match_again()
    page = desk.get()
    assert ("ben", "xavier") in desk.pairs()
    assert "proved best given 1 decision by hand" in page
    assert "not matched around yet" not in page
    assert "The decision by hand costs" in desk.get("?view=figures")

    with database.reading(desk.engine) as session:
        decision = session.scalars(select(Decision)).one()
    assert desk.post(f"/decisions/{decision.id}/undo").status_code == 303
    assert "Taken back" in desk.get()
    desk.match_again()
    assert ("ben", "yara") in desk.pairs()


def test_someone_unmatched_is_paired_by_hand(desk: Desk) -> None:
    left = ({"ama", "cleo"} - {taken(desk)}).pop()

    page = desk.get("?view=unmatched")
    assert f"/people/{desk.ids[left]}" in page
    options = desk.get(f"/people/{desk.ids[left]}")
    assert "One more place would help" in options
    assert "Pair with Xavier" in options
    assert "Pair with Yara" in desk.get(f"/people/{desk.ids[left]}?q=yar")

    desk.decide("pair", left, "xavier")
    desk.match_again()
    assert (left, "xavier") in desk.pairs()


def test_people_left_out_are_neither_matched_nor_listed(desk: Desk) -> None:
    said = desk.decide("leave_out", "ben")
    assert "Left out of this round." in said
    assert "no one else loses a mentor" in said
    desk.match_again()

    assert not any(mentee == "ben" for mentee, _mentor in desk.pairs())
    assert f"/people/{desk.ids['ben']}" not in desk.get("?view=unmatched")


@pytest.mark.parametrize(
    "choice",
    ["", "pair", "marry:{ben}:{yara}", "pair:{ben}", "pair:{ben}:{ama}", "leave_out:{ben}:{yara}"],
)
def test_a_choice_that_cannot_be_meant_is_refused(desk: Desk, choice: str) -> None:
    answer = desk.post("/decisions", choice=choice.format(**desk.ids))

    assert answer.status_code in (400, 422)
    with database.reading(desk.engine) as session:
        assert session.scalars(select(Decision)).all() == []


def test_no_one_of_another_program_can_be_paired(desk: Desk, engine: Engine) -> None:
    with database.transaction(engine) as session:
        stranger = factories.make_mentor(session, factories.make_program(session)).id

    assert desk.post("/decisions", choice=f"pair:{desk.ids['ben']}:{stranger}").status_code == 404
    assert desk.browser.get(f"{desk.address}/people/{stranger}").status_code == 404
    away = desk.browser.get(f"{desk.address}/pairs/{desk.ids['ben']}/{stranger}")
    assert away.status_code == 302


def test_a_form_leads_back_to_its_own_round_only(desk: Desk) -> None:
    for back in ("https://evil.example", "//evil.example", "/account", f"{desk.address}/..//x"):
        answer = desk.post("/decisions", choice=f"leave_out:{desk.ids['ben']}", back=back)
        assert answer.location == desk.address, back


def test_a_form_on_a_page_with_a_long_address_is_acted_on(desk: Desk) -> None:
    page = f"{desk.address}/people/{desk.ids['ben']}"
    fields = desk.browser.keys(page) | {
        "choice": f"leave_out:{desk.ids['ben']}", "back": f"{page}?q={'a' * 600}",
    }  # fmt: skip
    first, again = (desk.browser.send(f"{desk.address}/decisions", fields) for _ in range(2))

    assert (first.status_code, first.location) == (303, fields["back"])
    assert (again.status_code, again.location) == (303, page)


def test_pairs_are_filtered_and_sorted(desk: Desk) -> None:
    with database.transaction(desk.engine) as session:
        for pairing in session.scalars(select(Pairing)):
            pairing.cautions = [{"criterion": "hours"}] if pairing.mentee.listed_id == "ben" else []
            pairing.held = pairing.mentee.listed_id != "ben"

    hours, held = desk.get("?show=hours"), desk.get("?show=held")

    assert ("Ben</a>" in hours, "Ben</a>" in held) == (True, False)
    first = desk.get("?show=first")
    assert "Ben</a>" in first
    assert f"{taken(desk).title()}</a>" in first
    by_name = desk.get("?sort=mentee")
    assert by_name.index("Ben</a>") > by_name.index(f"{taken(desk).title()}</a>") or (
        taken(desk) == "cleo"
    )


def test_a_decision_of_another_form_is_refused_before_anyone_is_looked_up(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked_up = []
    monkeypatch.setattr(decision_form, "profile_of", lambda *_: looked_up.append(_))
    ids = [str(id) for id in desk.ids.values()]
    for choice in ("pair:" + ":".join(ids * 1_000), f"pair:{ids[0]}", "pair", "", "pair:x:y"):
        assert desk.post("/decisions", choice=choice).status_code == 422, choice[:20]
    assert looked_up == []


def test_a_reason_that_is_too_long_is_refused_in_words(desk: Desk) -> None:
    choice = f"part:{desk.ids['ben']}:{desk.ids['yara']}"
    answer = desk.post("/decisions", choice=choice, why="x" * 501)

    assert answer.status_code == 422
    assert "501 characters; the limit is 500" in answer.text


def test_what_no_one_may_read_cannot_be_reckoned_from_the_points_of_the_rest(desk: Desk) -> None:
    pair = desk.pair("ben", "yara")
    assert (
        'class="figure">+' in desk.get(pair).partition('class="both"')[2].partition("</table>")[0]
    )
    with database.transaction(desk.engine) as session:
        program = session.scalars(select(Program)).one()
        secret = ProgramQuestion("q_secret", "Secret?", Kind.YES_NO, audience=Audience.NOBODY)
        questions.put(program, [secret])
        for pairing in session.scalars(select(Pairing)):
            pairing.contributions = {"specialty": 0.1, "hours": -0.02, "q_secret": 0.05}

    panel = desk.get(pair)

    table = panel.partition('class="both"')[2].partition("</table>")[0]
    assert "Dermatology" in table
    assert "figure" not in table
    assert "Secret?" not in panel
    assert "Points aren't shown" in panel
    assert 'height="17" role="img"' not in desk.get()


def test_two_rounds_are_compared_person_by_person(desk: Desk, engine: Engine) -> None:
    with database.transaction(engine) as session:
        first = session.get_one(Round, desk.round_id)
        publishing.publish(session, first, "test")
        program = first.program
        second = matched_rounds.propose(session, program, existing="afresh")
        address = f"/programs/{program.slug}/rounds/{second.id}"
    desk.address, desk.round_id = address, second.id
    desk.decide("leave_out", "xavier")
    desk.decide("part", "ben", "yara")
    desk.match_again()

    page = desk.get("/compare")

    assert f"Compared with round {first.number}" in page
    assert ">Lost</span>" in page
    assert "Ben</a>" in page
    assert desk.get(f"/compare?with={uuid.uuid4()}")


def test_two_coordinators_at_once_see_what_the_other_decided(desk: Desk) -> None:
    before = desk.get()
    assert "decision" not in before
    desk.decide("part", "ben", "yara")

    # The other one publishes what they see, which is not what holds now.
    assert desk.post("/publish").status_code == 409

    with database.transaction(desk.engine) as session:
        rounds.match_again(session, session.get_one(Round, desk.round_id), "another")
    refused = desk.post("/decisions", choice=f"leave_out:{desk.ids['ben']}")
    assert refused.status_code == 409
    assert "only a proposed round can be changed by hand" in html.unescape(refused.text).lower()
    with database.reading(desk.engine) as session:
        assert session.get_one(Round, desk.round_id).state is RoundState.QUEUED


def test_a_round_is_narrowed_by_flags_and_taken_away_as_it_is_shown(
    engine: Engine, signed_in: Any, coordinated: Program
) -> None:
    with database.transaction(engine) as session:
        program = session.merge(coordinated)
        earlier = factories.make_pairing(session, program, PairingState.ENDED)
        earlier.mentor.full_name, earlier.mentor.answers = "Yara", earlier.mentor.answers | {
            "institution": "General", "specialties": ["dermatology"],
        }  # fmt: skip
        factories.make_mentor(
            session, program, mentor_id="xavier", full_name="Xavier", specialties=["cardiology"],
            institution="St. Mary\u2019s Hospital",
        )  # fmt: skip
        for name, wanted, place in (
            ("Ama", "cardiology", "st marys hospital"), ("Ben", "dermatology", "Elsewhere"),
        ):  # fmt: skip
            factories.make_mentee(
                session, program, mentee_id=name, full_name=name, specialty_interests=[wanted],
                institution=place,
            )  # fmt: skip
        earlier.introduced_at = database.now(session)
        earlier.mentee.state = ProfileState.PAUSED
        round = matched_rounds.propose(session, program)
        place = f"/programs/{program.slug}/rounds/{round.id}"

    def taken(show: str) -> list[str]:
        text = signed_in.get(f"{place}/pairs.csv?show={show}").get_data().decode("utf-8-sig")
        rows = csv.DictReader(io.StringIO(text, newline=""))
        return sorted(row["Mentee"] for row in rows)

    page = signed_in.get(place).text
    for words in ("Same institution", "Mentor&#39;s first mentee"):
        assert f'{words} <span class="figure">1</span>' in page
    assert taken("all") == ["Ama", "Ben"]
    assert taken("same_institution") == taken("first_mentee") == ["Ama"]
    assert taken("held") == []
