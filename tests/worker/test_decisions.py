"""Decisions by hand: what they change when a round is matched again, and when they are refused."""

from __future__ import annotations

import factories
import pytest
from matched_rounds import LEASE, again, decide, match, pairs, propose
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from matching.candidates import Candidates
from matching.effects import Change, Effects
from mentorship.errors import Invalid, WrongState
from mentorship.models import (
    DecisionKind,
    Email,
    EmailKind,
    Existing,
    Pairing,
    Profile,
    Program,
    Scope,
    Unmatched,
)
from mentorship.rounds import decisions, publishing, rounds
from mentorship.states import PairingState, ProfileState, RoundState


def test_a_pair_by_hand_is_made_and_the_rest_is_best_around_it(
    session: Session, program: Program, people: dict[str, Profile]
) -> None:
    round = propose(session, program)
    assert round.result is not None
    before = round.result["certificate"]
    assert ("b", "y") in pairs(session, round)
    assert round.candidates is not None
    change = Change("pair", str(people["b"].id), str(people["x"].id))
    effect = Effects(Candidates.from_bytes(round.candidates)).of(change)

    decide(session, round, people, "pair", "b", "x")
    assert decisions.pending(session, round)
    with pytest.raises(WrongState, match="decisions were made since the round was matched"):
        publishing.publish(session, round, "test")
    again(session, round)

    assert not decisions.pending(session, round)
    assert ("b", "x") in pairs(session, round)
    assert len(pairs(session, round)) == 2
    assert session.scalar(select(func.count()).select_from(Unmatched)) == 1
    assert round.result["certificate"]["value"] - before["value"] == effect.total
    assert effect.matched == 0
    assert round.result["free"] == {"value": before["value"], "covered": 2}
    assert round.result["certificate"]["is_optimal"]
    told = session.scalars(select(Email).where(Email.kind == EmailKind.ROUND_FINISHED)).all()
    assert len(told) == 1  # who decides is looking at the round


def test_who_is_kept_apart_or_left_out_is_matched_no_more(
    session: Session, program: Program, people: dict[str, Profile]
) -> None:
    round = propose(session, program)

    decide(session, round, people, "part", "b", "y")
    again(session, round)
    assert ("b", "y") not in pairs(session, round)

    decide(session, round, people, "leave_out", "x")
    decide(session, round, people, "leave_out", "a")
    again(session, round)
    assert pairs(session, round) == {("c", "y")}
    left = session.scalars(select(Unmatched).where(Unmatched.round_id == round.id))
    assert [each.profile.listed_id for each in left] == ["b"]

    for decision in decisions.in_force(session, round.id):
        decisions.undo(session, round, decision, "test")
    assert decisions.pending(session, round)
    again(session, round)
    assert ("b", "y") in pairs(session, round)
    assert len(decisions.of_round(session, round.id)) == 3


def test_a_later_decision_takes_back_what_it_contradicts(
    session: Session, program: Program, people: dict[str, Profile]
) -> None:
    round = propose(session, program)
    decide(session, round, people, "pair", "b", "x")
    decide(session, round, people, "pair", "b", "y")  # one mentor each
    decide(session, round, people, "part", "b", "y")
    decide(session, round, people, "part", "c", "x")
    decide(session, round, people, "pair", "c", "x")
    decide(session, round, people, "leave_out", "c")

    holding = decisions.in_force(session, round.id)
    assert [(each.kind, each.mentee and each.mentee.listed_id) for each in holding] == [
        (DecisionKind.PART, "b"),
        (DecisionKind.LEAVE_OUT, "c"),
    ]


def test_no_more_pairs_are_made_by_hand_than_a_mentor_has_places(
    session: Session, program: Program, people: dict[str, Profile]
) -> None:
    round = propose(session, program)
    decide(session, round, people, "pair", "b", "x")

    with pytest.raises(Invalid, match="has no free places"):
        decide(session, round, people, "pair", "c", "x")
    assert len(decisions.in_force(session, round.id)) == 1


@pytest.mark.parametrize("may", [False, True])
def test_a_rule_of_the_program_refuses_a_pair_unless_it_is_overridden(
    session: Session, may: bool
) -> None:
    program = factories.make_program(session, may_override=may)
    people = {
        "a": factories.make_mentee(session, program, mentee_id="a", languages=["es"]),
        "x": factories.make_mentor(session, program, mentor_id="x", languages=["en"]),
    }
    round = propose(session, program)

    decide(session, round, people, "pair", "a", "x")
    again(session, round)
    assert pairs(session, round) == set()
    (refused,) = decisions.in_force(session, round.id)
    assert refused.refused == ["language"]

    if not may:
        with pytest.raises(Invalid, match="settings don't allow overriding its rules"):
            decide(session, round, people, "pair", "a", "x", overrides=True)
        return
    decide(session, round, people, "pair", "a", "x", overrides=True)
    again(session, round)
    assert pairs(session, round) == {("a", "x")}


def test_what_people_require_is_never_overridden(session: Session) -> None:
    program = factories.make_program(session, may_override=True)
    people = {
        "a": factories.make_mentee(
            session, program, mentee_id="a", languages=["es", "en"], language_required="es"
        ),
        "x": factories.make_mentor(session, program, mentor_id="x", languages=["en"]),
    }
    round = propose(session, program)

    decide(session, round, people, "pair", "a", "x", overrides=True)
    again(session, round)

    assert pairs(session, round) == set()
    assert decisions.in_force(session, round.id)[0].refused == ["language"]


def test_matching_again_that_stops_or_fails_leaves_what_was_proposed(
    session: Session, program: Program, people: dict[str, Profile]
) -> None:
    round = propose(session, program)
    proposed = pairs(session, round)

    rounds.match_again(session, round, "test")
    rounds.cancel(session, round, "test")
    assert (round.state, pairs(session, round)) == (RoundState.PROPOSED, proposed)

    rounds.match_again(session, round, "test")
    claimed = rounds.claim(session, round.id, LEASE)
    assert claimed is not None
    rounds.fail(session, round.id, claimed.fence, "out of memory")
    assert (round.state, pairs(session, round)) == (RoundState.PROPOSED, proposed)
    assert round.failure == "out of memory"
    rounds.discard(session, round, "test")
    with pytest.raises(WrongState, match="can't be matched again"):
        rounds.match_again(session, round, "test")


def test_loads_count_the_mentees_whom_a_round_leaves_alone(
    session: Session, program: Program
) -> None:
    mentor = factories.make_mentor(session, program, capacity=2)
    factories.make_pairing(session, program, mentor=mentor)
    factories.make_mentee(session, program)

    round = propose(session, program, scope=Scope.UNMATCHED)

    assert round.result is not None
    assert round.result["measures"]["mentors_by_load"] == {"2": 1}


def test_who_is_left_out_from_the_start_is_not_matched_and_hears_nothing(
    session: Session, program: Program, people: dict[str, Profile]
) -> None:
    paired = factories.make_pairing(session, program)
    started, _ = rounds.start(session, program, requested_by="test", existing=Existing.AFRESH)
    address = people["c"].person.email.upper()
    text = f" b,\n{address}; {paired.mentor.listed_id}\n"

    found = decisions.named(session, program.id, text)
    assert set(found) == {people["b"], people["c"], paired.mentor}
    decisions.leave_out(session, started, found, "dana")
    round = match(session, started)

    assert pairs(session, round) == {("a", "x")}
    assert not decisions.pending(session, round)
    assert {each.made_by for each in decisions.in_force(session, round.id)} == {"dana"}
    alone = select(Unmatched.profile_id).where(Unmatched.round_id == round.id)
    assert set(session.scalars(alone)) == {people["y"].id}
    assert publishing.publish(session, round, "test")
    assert paired.state is PairingState.INTRODUCED
    told = set(session.scalars(select(Email.person_id).where(Email.program_id == program.id)))
    assert not told & {profile.person_id for profile in found}


def test_who_is_left_out_gets_no_one_else_though_their_pairing_has_to_end(
    session: Session, program: Program, people: dict[str, Profile]
) -> None:
    paired = factories.make_pairing(session, program)
    mentee = paired.mentee
    mentee.answers = mentee.answers | {"do_not_match": [paired.mentor.listed_id]}
    started, _ = rounds.start(session, program, requested_by="test")
    decisions.leave_out(session, started, [mentee], "dana")

    round = match(session, started)

    made = session.scalars(select(Pairing.mentee_id).where(Pairing.round_id == round.id))
    assert mentee.id not in set(made)


def test_who_is_not_here_cannot_be_left_out(
    session: Session, program: Program, people: dict[str, Profile]
) -> None:
    other = factories.make_mentee(session, factories.make_program(session))
    gone = people["c"]
    gone.state = ProfileState.LEFT
    session.flush()
    for name in ("nobody@example.org", other.person.email, gone.person.email, "b c"):
        with pytest.raises(Invalid, match="no one here has this address or ID"):
            decisions.named(session, program.id, f"b\n{name}")
    with pytest.raises(Invalid, match="at most 200"):
        decisions.named(session, program.id, "\n".join(f"x{k}" for k in range(201)))
    assert decisions.named(session, program.id, " \n,; ") == []
