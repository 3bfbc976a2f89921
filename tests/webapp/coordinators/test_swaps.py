"""A mentee gets the mentor of someone else by one button, and gives up no other."""

from __future__ import annotations

import html
import re
from typing import Any

import factories
import matched_rounds
import pytest
from desks import Desk
from sqlalchemy import Engine, select

from mentorship import database
from mentorship.models import Decision, Existing, Pairing, Profile, Program, Round
from mentorship.rounds import rounds
from mentorship.states import PairingState, ProfileState


@pytest.fixture
def two_mentors(engine: Engine, signed_in: Any, coordinated: Program) -> Desk:
    """A mentee with two mentors, the first of whom fits better than anyone; a third is free."""
    with database.transaction(engine) as session:
        program = session.merge(coordinated)
        program.most_mentors = 2
        ama = factories.make_mentee(
            session, program, mentee_id="ama", full_name="Ama", mentors_wanted=2,
            specialty_interests=["cardiology"], goals=["interview-practice"],
        )  # fmt: skip
        ids = {"ama": ama.id}
        for name, field, topic in (
            ("xavier", "cardiology", "interview-practice"), ("yara", "cardiology", "dual-degrees"),
            ("zoe", "dermatology", "dual-degrees"),
        ):  # fmt: skip
            ids[name] = factories.make_mentor(
                session, program, mentor_id=name, full_name=name.title(), specialties=[field],
                topics=[topic],
            ).id  # fmt: skip
        round = matched_rounds.propose(session, program)
        address = f"/programs/{program.slug}/rounds/{round.id}"
        desk = Desk(engine, signed_in, address, round.id, ids)
    assert desk.pairs() == {("ama", "xavier"), ("ama", "yara")}
    return desk


@pytest.mark.parametrize("gone", ["xavier", "yara"])
def test_a_swap_gives_up_the_mentor_of_the_open_pair_and_no_other(
    two_mentors: Desk, gone: str
) -> None:
    desk, (stays,) = two_mentors, {"xavier", "yara"} - {gone}
    panel = desk.get(desk.pair("ama", gone))
    button = re.search(r'name="choice" value="([^"]+)" aria-label="Swap in Zoe"', panel)
    assert button is not None
    effect = re.search(r">Zoe</a><br>\s*<span class=\"\w+\">([^<]+)</span>", panel)
    assert effect is not None

    answer = desk.post("/decisions", choice=button[1], back=desk.address)
    said = html.unescape(desk.browser.get(answer.location).text)

    assert effect[1].partition(",")[0] + " points" in said, "as the panel said before"
    before = total(desk)
    desk.match_again()
    assert desk.pairs() == {("ama", stays), ("ama", "zoe")}
    points = float(effect[1].partition(",")[0].replace("−", "-"))
    assert total(desk) - before == pytest.approx(10_000 * points, abs=600)


def test_a_swap_keeps_apart_two_who_could_go_on_beside_the_new_pair(two_mentors: Desk) -> None:
    desk = two_mentors
    desk.decide("part", "ama", "yara")
    desk.match_again()
    assert desk.pairs() == {("ama", "xavier"), ("ama", "zoe")}
    with database.transaction(desk.engine) as session:
        session.get_one(Profile, desk.ids["zoe"]).state = ProfileState.PAUSED
    desk.match_again()
    assert desk.pairs() == {("ama", "xavier")}
    with database.transaction(desk.engine) as session:
        session.get_one(Profile, desk.ids["zoe"]).state = ProfileState.READY

    desk.post(
        "/decisions",
        choice=":".join(["pair", *(str(desk.ids[name]) for name in ("ama", "zoe", "xavier"))]),
    )
    desk.match_again()

    assert desk.pairs() == {("ama", "zoe")}


def test_a_swap_leaves_the_decision_about_another_mentor_as_it_was(two_mentors: Desk) -> None:
    desk = two_mentors
    with database.transaction(desk.engine) as session:
        yara = session.get_one(Profile, desk.ids["yara"])
        yara.answers = yara.answers | {"languages": ["fr"]}
        program = session.get_one(Program, yara.program_id)
        program.may_override = True
    desk.decide("pair", "ama", "yara", overrides="yes", why="They wrote a paper together")
    desk.match_again()
    assert desk.pairs() == {("ama", "xavier"), ("ama", "yara")}

    choice = ":".join(["pair", *(str(desk.ids[name]) for name in ("ama", "zoe", "xavier"))])
    answer = desk.post("/decisions", choice=choice, back=desk.address, why="Closer to home")
    said = html.unescape(desk.browser.get(answer.location).text)

    assert "no one loses a mentor" in said
    assert "taken back" not in said
    desk.match_again()
    assert desk.pairs() == {("ama", "zoe"), ("ama", "yara")}
    with database.reading(desk.engine) as session:
        held = session.scalars(select(Decision).where(Decision.undone_at.is_(None))).all()
        kept = {(str(d.kind), d.mentor.listed_id, d.overrides, d.why) for d in held}
    assert ("pair", "yara", True, "They wrote a paper together") in kept
    assert ("pair", "zoe", False, "Closer to home") in kept


def test_a_swap_is_made_beside_a_mentor_who_pauses(two_mentors: Desk) -> None:
    desk = two_mentors
    with database.transaction(desk.engine) as session:
        round = session.get_one(Round, desk.round_id)
        rounds.discard(session, round, "test")
        ama, yara = (session.get_one(Profile, desk.ids[name]) for name in ("ama", "yara"))
        factories.make_pairing(
            session, round.program, PairingState.ACTIVE, days=30, mentee=ama, mentor=yara
        )
        yara.state = ProfileState.PAUSED
        better = matched_rounds.propose(session, round.program, existing=Existing.BETTER)
        desk.address = desk.address.replace(str(desk.round_id), str(better.id))
        desk.round_id = better.id
    assert desk.pairs() == {("ama", "xavier")}

    choice = ":".join(["pair", *(str(desk.ids[name]) for name in ("ama", "zoe", "xavier"))])
    answer = desk.post("/decisions", choice=choice)

    assert answer.status_code == 303, html.unescape(answer.text)
    desk.match_again()
    assert desk.pairs() == {("ama", "zoe")}
    with database.reading(desk.engine) as session:
        result = session.scalar(select(Round.result).where(Round.id == desk.round_id)) or {}
    assert result["broken"] == []


def total(desk: Desk) -> int:
    """The sum of the scores of a round's pairs, in millionths."""
    with database.reading(desk.engine) as session:
        scores = session.scalars(select(Pairing.score).where(Pairing.round_id == desk.round_id))
        return sum(scores)


def test_a_swap_keeps_all_who_stay_of_several_mentors(
    engine: Engine, signed_in: Any, coordinated: Program
) -> None:
    with database.transaction(engine) as session:
        program = session.merge(coordinated)
        program.most_mentors = 3
        ama = factories.make_mentee(
            session, program, mentee_id="ama", full_name="Ama", mentors_wanted=3,
            specialty_interests=["cardiology"], goals=["interview-practice"],
        )  # fmt: skip
        ids = {"ama": ama.id}
        suits, does_not = ("cardiology", "interview-practice"), ("dermatology", "dual-degrees")
        for name in "abcpqz":
            field, topic = suits if name in "abc" else does_not
            ids[name] = factories.make_mentor(
                session, program, mentor_id=name, specialties=[field], topics=[topic]
            ).id
        round = matched_rounds.propose(session, program)
        address = f"/programs/{program.slug}/rounds/{round.id}"
        desk = Desk(engine, signed_in, address, round.id, ids)
    assert desk.pairs() == {("ama", "a"), ("ama", "b"), ("ama", "c")}
    # As many pins as there are places: one more takes the place of the first.
    pinned = max("ab", key=lambda name: ids[name])
    for name in (pinned, "p", "q"):
        desk.decide("pair", "ama", name)

    choice = ":".join(["pair", *(str(ids[name]) for name in ("ama", "z", "c"))])
    assert desk.post("/decisions", choice=choice).status_code == 303

    with database.reading(engine) as session:
        held = session.scalars(select(Decision).where(Decision.undone_at.is_(None))).all()
        assert {each.mentor.listed_id for each in held if each.mentor} >= {"a", "b", "z"}
    desk.match_again()
    assert desk.pairs() == {("ama", "a"), ("ama", "b"), ("ama", "z")}
