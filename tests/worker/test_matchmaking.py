"""From rows to a round and back: scopes, existing pairs, publishing, and who is told what."""

from __future__ import annotations

import json
import uuid
from collections import Counter

import factories
import pytest
from matched_rounds import LEASE, propose, publish
from sqlalchemy import Engine, select, update
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from matching import policy
from mentorship import database
from mentorship.coordination import review
from mentorship.errors import WrongState
from mentorship.models import (
    Email,
    EmailKind,
    Existing,
    Pairing,
    Person,
    Profile,
    Program,
    Scope,
    Unmatched,
)
from mentorship.pairings import pairings
from mentorship.people import profiles
from mentorship.programs import programs
from mentorship.rounds import publishing, rounds, snapshots
from mentorship.settings import Settings
from mentorship.states import EmailState, PairingState, RoundState
from worker import matchmaking, solver


def quiet(stage: str, done: int, total: int) -> None:
    """Progress that no one reads."""


def test_equals_are_drawn_by_the_id_of_the_round(session: Session, program: Program) -> None:
    """Four alike, one place: the order of profiles decides nothing, and a round can be repeated."""
    started, _ = rounds.start(session, program, requested_by="test")
    problem = snapshots.take(session, started)
    assert problem["seed"] == str(started.id)
    alike = [
        factories.mentee_answers(mentee_id=f"a{k}", email=f"a{k}@example.org") for k in range(4)
    ]
    mentor = factories.mentor_answers(mentor_id="x", email="x@example.org", capacity=1)
    winners = set()
    for people in (alike, alike[::-1]):
        answer = solver.solve(problem | {"mentees": people, "mentors": [mentor]}, quiet)
        winners |= {pair["mentee"] for pair in answer["pairs"]}

    assert len(winners) == 1


def couples(session: Session, *states: PairingState) -> set[tuple[str, str]]:
    """Who is paired with whom, by listed id."""
    found = session.scalars(select(Pairing).where(Pairing.state.in_(states)))
    return {(p.mentee.listed_id, p.mentor.listed_id) for p in found}


def owed(session: Session) -> Counter[tuple[str, str]]:
    """Which emails are owed to whom."""
    rows = session.execute(
        select(Email.kind, Person.email).join(Person, Email.person_id == Person.id)
    )
    return Counter((str(kind), address) for kind, address in rows)


def test_a_worker_matches_a_round_in_a_child_process(engine: Engine, settings: Settings) -> None:
    with database.transaction(engine) as session:
        program = factories.make_program(session)
        factories.make_mentee(session, program, mentee_id="a")
        factories.make_mentor(session, program, mentor_id="x")
        round, _ = rounds.start(session, program, requested_by="test")

    matchmaking.run(engine, settings, round.id)

    with database.reading(engine) as session:
        found = rounds.get(session, round.id)
        assert (found.state, found.starts, found.lease_until) == (RoundState.PROPOSED, 1, None)
        assert couples(session, PairingState.PROPOSED) == {("a", "x")}
        assert found.result is not None
        assert found.result["certificate"]["gap"] == 0
        assert [e.kind for e in session.scalars(select(Email))] == [EmailKind.ROUND_FINISHED]
        report = review.of_round(session, found)
    assert report["pairs"][0]["reasons"]
    matchmaking.run(engine, settings, round.id)  # a message that came twice does nothing


def test_a_cancelled_round_stops_its_child(engine: Engine, settings: Settings) -> None:
    with database.transaction(engine) as session:
        program = factories.make_program(session)
        factories.make_mentee(session, program)
        round, _ = rounds.start(session, program, requested_by="test")
        claimed = rounds.claim(session, round.id, LEASE)
        assert claimed is not None
        fence = claimed.fence
    with database.transaction(engine) as session:
        rounds.cancel(session, rounds.get(session, round.id), "test")

    with database.transaction(engine) as session:
        assert not rounds.extend_lease(session, round.id, fence, LEASE, None)
    child = solver.Solver(json.dumps({}))
    assert child.wait(lambda progress: False) is None


def test_a_child_that_fails_says_so(engine: Engine, settings: Settings) -> None:
    with pytest.raises(solver.SolverFailed, match="ended with code 1"):
        solver.Solver("{}").wait(lambda progress: True)


def test_people_who_cannot_be_meant_fail_a_round_with_what_is_wrong() -> None:
    """As after an update that dropped an entry of the taxonomy which someone still has."""
    problem = {
        "policy": policy.default().to_dict(),
        "mentees": [factories.mentee_answers(goals=["phrenology"])],
        "mentors": [],
        "existing": [],
        "mode": "keep",
        "keep_bonus": 0.1,
        "forbidden": [],
        "priority": {},
        "on": "2026-11-23",
    }

    with pytest.raises(
        solver.SolverFailed, match="row 0, goals: 'phrenology' is not the ID of a goal"
    ):
        solver.Solver(json.dumps(problem)).wait(lambda progress: True)


def test_a_round_without_anybody_is_proposed_without_pairs(
    session: Session, program: Program
) -> None:
    round = propose(session, program)

    assert review.of_round(session, round)["pairs"] == []
    assert publishing.publish(session, round, "test")


def test_publishing_begins_pairings_and_owes_each_person_one_email(
    session: Session, program: Program
) -> None:
    factories.make_mentee(session, program, mentee_id="a", email="a@example.org")
    factories.make_mentee(session, program, mentee_id="b", email="b@example.org")
    left = factories.make_mentee(session, program, email="c@example.org", languages=["es"])
    factories.make_mentor(session, program, mentor_id="x", email="x@example.org", capacity=2)
    factories.make_mentor(
        session, program, mentor_id="y", email="y@example.org", specialties=["urology"], topics=[]
    )

    round = publish(session, program)

    assert round.state is RoundState.PUBLISHED
    assert couples(session, PairingState.INTRODUCED) == {("a", "x"), ("b", "x")}
    coordinator = programs.coordinators(session, program.id)[0].person.email
    assert owed(session) == {
        ("mentee_introduction", "a@example.org"): 1,
        ("mentee_introduction", "b@example.org"): 1,
        ("mentor_introduction", "x@example.org"): 1,
        ("not_this_time", "c@example.org"): 1,
        ("no_mentee_this_time", "y@example.org"): 1,
        ("round_finished", coordinator): 1,
    }
    session.refresh(left)
    assert left.rounds_waiting == 1


def test_publishing_twice_gives_one_set_of_emails(session: Session, program: Program) -> None:
    factories.make_mentee(session, program)
    factories.make_mentor(session, program)
    round = publish(session, program)
    before = owed(session)

    assert not publishing.publish(session, round, "test")
    assert owed(session) == before


def test_two_starts_give_one_round(session: Session, program: Program) -> None:
    first, is_new = rounds.start(session, program, requested_by="one")
    second, is_new_too = rounds.start(session, program, requested_by="two")

    assert (first, is_new, is_new_too) == (second, True, False)


def test_a_dry_run_is_matched_and_never_published(session: Session, program: Program) -> None:
    factories.make_mentee(session, program)
    factories.make_mentor(session, program)
    round = propose(session, program, dry_run=True)

    with pytest.raises(WrongState, match="dry run"):
        publishing.publish(session, round, "test")
    assert owed(session) == {}
    rounds.discard(session, round, "test")


def test_a_round_that_is_not_proposed_cannot_be_published(
    session: Session, program: Program
) -> None:
    round, _ = rounds.start(session, program, requested_by="test")

    with pytest.raises(WrongState, match="is queued; only a proposed round"):
        publishing.publish(session, round, "test")


def test_people_who_changed_since_the_proposal_stop_its_publication(
    engine: Engine,
) -> None:
    with database.transaction(engine) as session:
        program = factories.make_program(session)
        factories.make_mentee(session, program)
        mentor = factories.make_mentor(session, program, mentor_id="x")
        round = propose(session, program)
        profiles.pause(session, mentor)

    with pytest.raises(WrongState, match="x is paused"), database.transaction(engine) as session:
        publishing.publish(session, rounds.get(session, round.id), "test")
    with database.reading(engine) as session:
        assert rounds.get(session, round.id).state is RoundState.PROPOSED
        assert couples(session, PairingState.PROPOSED)


def test_a_later_round_closes_the_earlier_and_keeps_its_pairings(
    session: Session, program: Program
) -> None:
    factories.make_mentee(session, program, mentee_id="a")
    factories.make_mentor(session, program, mentor_id="x")
    first = publish(session, program)
    factories.make_mentee(session, program, mentee_id="b")
    factories.make_mentor(session, program, mentor_id="y")

    second = publish(session, program)

    session.refresh(first)
    assert first.state is RoundState.CLOSED
    assert couples(session, PairingState.INTRODUCED) == {("a", "x"), ("b", "y")}
    kept = [p for p in review.of_round(session, second)["pairs"] if p["kept"]]
    assert len(kept) == 1
    kinds = Counter(kind for kind, _ in owed(session).elements())
    assert kinds["mentee_introduction"] == 2


def test_afresh_ends_what_it_breaks_and_tells_both(session: Session, program: Program) -> None:
    kidney = {"specialty_interests": ["nephrology"], "goals": ["research-start"]}
    nephrologist = {"specialties": ["nephrology"], "topics": ["research-start"]}
    factories.make_mentee(session, program, mentee_id="a", email="a@example.org", **kidney)
    factories.make_mentor(
        session, program, mentor_id="x", email="x@example.org", topics=["research-start"]
    )
    publish(session, program)
    assert couples(session, PairingState.INTRODUCED) == {("a", "x")}
    factories.make_mentor(session, program, mentor_id="y", email="y@example.org", **nephrologist)
    factories.make_mentee(
        session, program, mentee_id="b", email="b@example.org", career_stage="intern"
    )

    publish(session, program, existing=Existing.AFRESH)

    assert couples(session, PairingState.INTRODUCED) == {("a", "y"), ("b", "x")}
    assert couples(session, PairingState.ENDED) == {("a", "x")}
    places = {p.listed_id: p.places_taken for p in session.scalars(select(Profile)) if p.capacity}
    assert places == {"x": 1, "y": 1}
    assert owed(session)["mentee_introduction", "a@example.org"] == 2


def test_better_keeps_what_is_nearly_as_good(session: Session, program: Program) -> None:
    factories.make_mentee(session, program, mentee_id="a")
    factories.make_mentor(session, program, mentor_id="x")
    publish(session, program)
    factories.make_mentor(session, program, mentor_id="y", style_feedback="direct")

    publish(session, program, existing=Existing.BETTER)

    assert couples(session, PairingState.INTRODUCED) == {("a", "x")}


def test_unmatched_leaves_pairings_and_their_places_alone(
    session: Session, program: Program
) -> None:
    factories.make_mentee(session, program, mentee_id="a")
    factories.make_mentor(session, program, mentor_id="x")
    publish(session, program)
    factories.make_mentee(session, program, mentee_id="b")

    round = publish(session, program, scope=Scope.UNMATCHED, existing=Existing.AFRESH)

    assert couples(session, PairingState.INTRODUCED) == {("a", "x")}
    (left,) = session.scalars(select(Unmatched).where(Unmatched.round_id == round.id))
    assert left.profile.listed_id == "b"
    assert left.reason["cause"] == "rule"
    assert left.reason["rule"] == "capacity"


def test_affected_is_for_those_whose_pairing_ended_or_whose_mentor_pauses(
    session: Session, program: Program
) -> None:
    for name in ("a", "b", "c"):
        factories.make_mentee(session, program, mentee_id=name)
    mentors = {
        name: factories.make_mentor(session, program, mentor_id=name) for name in ("x", "y", "z")
    }
    publish(session, program)
    partner = {mentor: mentee for mentee, mentor in couples(session, PairingState.INTRODUCED)}
    gone = next(p for p in pairings.live(session, program.id) if p.mentor.listed_id == "x")
    pairings.end(session, gone, "moved away")
    profiles.leave(session, mentors["x"])
    profiles.pause(session, mentors["y"])
    factories.make_mentee(session, program, mentee_id="new")
    for name in ("u", "v"):
        factories.make_mentor(session, program, mentor_id=name)

    publish(session, program, scope=Scope.AFFECTED, existing=Existing.AFRESH)

    now = couples(session, PairingState.INTRODUCED)
    assert {mentee for mentee, _ in now} == {"a", "b", "c"}
    assert (partner["z"], "z") in now
    assert {mentor for _, mentor in now} == {"z", "u", "v"}


def test_those_who_ended_are_not_paired_again(session: Session, program: Program) -> None:
    factories.make_mentee(session, program, mentee_id="a")
    factories.make_mentor(session, program, mentor_id="x")
    publish(session, program)
    pairings.end(session, pairings.live(session, program.id)[0], "did not fit")

    round = propose(session, program)

    (left,) = (u for u in review.of_round(session, round)["unmatched"] if u["role"] == "mentee")
    assert left["cause"] == "rules"
    # With so few people, more would tell of each what no one may read.
    assert left["reason"] == "No participating mentor is a fit."


def test_whoever_waited_longer_comes_first(session: Session, program: Program) -> None:
    factories.make_mentee(session, program, mentee_id="new")
    waited = factories.make_mentee(session, program, mentee_id="waited", career_stage="intern")
    waited.rounds_waiting = 3
    factories.make_mentor(session, program, mentor_id="x")

    publish(session, program)

    assert couples(session, PairingState.INTRODUCED) == {("waited", "x")}
    session.refresh(waited)
    assert waited.rounds_waiting == 0


def test_lists_name_people_by_id_or_by_address(session: Session, program: Program) -> None:
    factories.make_mentee(
        session, program, mentee_id="a", do_not_match=["x", "y@example.org", "mr-9"]
    )
    factories.make_mentor(session, program, mentor_id="x")
    factories.make_mentor(session, program, mentor_id="y", email="y@example.org")
    factories.make_mentor(session, program, mentor_id="z", specialties=["nephrology"])

    publish(session, program)

    assert couples(session, PairingState.INTRODUCED) == {("a", "z")}


def test_a_silent_worker_loses_its_round_and_can_write_no_more(
    session: Session, program: Program
) -> None:
    factories.make_mentee(session, program)
    started, _ = rounds.start(session, program, requested_by="test")
    for starts in (1, 2, 3):
        claimed = rounds.claim(session, started.id, -LEASE)
        assert claimed is not None
        stale = claimed.fence
        rounds.take_back(session, most_starts=3)
        session.refresh(started)
        assert started.starts == starts

    assert started.state is RoundState.FAILED
    assert "3 times" in (started.failure or "")
    assert not rounds.propose(session, started.id, stale, pairings=[], unmatched=[], result={})
    assert [e.kind for e in session.scalars(select(Email))] == [EmailKind.ROUND_FINISHED]


def test_a_round_that_beats_is_not_taken_back(session: Session, program: Program) -> None:
    started, _ = rounds.start(session, program, requested_by="test")
    claimed = rounds.claim(session, started.id, LEASE)
    assert claimed is not None
    progress = {"stage": "scoring", "done": 0, "total": 1}
    assert rounds.extend_lease(session, claimed.id, claimed.fence, LEASE, progress)
    assert not rounds.extend_lease(session, claimed.id, claimed.fence - 1, LEASE, None)

    rounds.take_back(session, most_starts=3)

    session.refresh(started)
    assert (started.state, started.progress) == (RoundState.MATCHING, progress)
    assert rounds.claim(session, uuid.uuid4(), LEASE) is None


def test_whoever_leaves_ends_their_pairings_and_later_rounds_go_on(
    session: Session, program: Program
) -> None:
    factories.make_mentee(session, program, mentee_id="a", email="a@example.org")
    leaving = factories.make_mentor(session, program, mentor_id="x")
    publish(session, program)
    # Whoever was never introduced would not be told of an end.
    at = database.now(session)
    session.execute(update(Email).values(state=EmailState.SENT, sent_at=at))

    pairings.leave(session, leaving)

    assert couples(session, PairingState.ENDED) == {("a", "x")}
    assert owed(session)["pairing_ended", "a@example.org"] == 1
    factories.make_mentor(session, program, mentor_id="y")
    for existing in Existing:
        publish(session, program, existing=existing)
        assert couples(session, PairingState.INTRODUCED) == {("a", "y")}


@pytest.mark.parametrize("role", ["mentee", "mentor"])
def test_a_pairing_of_somebody_who_is_gone_blocks_no_round(
    session: Session, program: Program, role: str
) -> None:
    both = {
        "mentee": factories.make_mentee(session, program, mentee_id="a"),
        "mentor": factories.make_mentor(session, program, mentor_id="x"),
    }
    publish(session, program)
    profiles.leave(session, both[role])  # without ending the pairing, as a stored state may be
    factories.make_mentee(session, program, mentee_id="b")
    factories.make_mentor(session, program, mentor_id="y")

    publish(session, program)

    assert ("a", "x") not in couples(session, PairingState.INTRODUCED)
    assert couples(session, PairingState.ENDED) == {("a", "x")}
    places = {p.listed_id: p.places_taken for p in session.scalars(select(Profile)) if p.capacity}
    assert sum(places.values()) == len(couples(session, PairingState.INTRODUCED))


def test_a_mentee_who_pauses_keeps_whom_they_have(session: Session, program: Program) -> None:
    mentee = factories.make_mentee(session, program, mentee_id="a")
    factories.make_mentor(session, program, mentor_id="x")
    publish(session, program)
    profiles.pause(session, mentee)
    factories.make_mentee(session, program, mentee_id="b")

    round = publish(session, program, existing=Existing.AFRESH)

    assert couples(session, PairingState.INTRODUCED) == {("a", "x")}
    assert [u["cause"] for u in review.of_round(session, round)["unmatched"]] == ["rule"]


def test_better_keeps_the_mentee_of_a_mentor_who_pauses(session: Session, program: Program) -> None:
    factories.make_mentee(session, program, mentee_id="a")
    mentor = factories.make_mentor(session, program, mentor_id="x")
    publish(session, program)
    profiles.pause(session, mentor)

    publish(session, program, existing=Existing.BETTER)

    assert couples(session, PairingState.INTRODUCED) == {("a", "x")}


def test_affected_looks_again_at_what_troubles_even_where_pairings_are_kept(
    session: Session, program: Program
) -> None:
    for name in ("a", "b"):
        factories.make_mentee(session, program, mentee_id=name)
    mentor = factories.make_mentor(session, program, mentor_id="x", capacity=2, topics=["teaching"])
    publish(session, program)
    assert len(couples(session, PairingState.INTRODUCED)) == 2
    profiles.pause(session, mentor)
    # Of the two who take part, one suits both as x does, so that y is seen to suit them better.
    factories.make_mentor(session, program, mentor_id="w", topics=["teaching"])
    factories.make_mentor(session, program, mentor_id="y", career_stage="resident")

    publish(session, program, scope=Scope.AFFECTED)

    assert {mentor for _, mentor in couples(session, PairingState.INTRODUCED)} == {"x", "y"}


def test_a_mentor_who_has_mentees_is_not_told_that_there_is_none(
    session: Session, program: Program
) -> None:
    factories.make_mentee(session, program, mentee_id="a")
    factories.make_mentor(session, program, email="x@example.org", capacity=3)
    publish(session, program)
    factories.make_mentee(session, program, languages=["es"])

    publish(session, program, scope=Scope.UNMATCHED)

    assert owed(session)["no_mentee_this_time", "x@example.org"] == 0


def test_a_pair_that_was_ruled_out_since_the_proposal_is_not_introduced(engine: Engine) -> None:
    with database.transaction(engine) as session:
        program = factories.make_program(session)
        mentee = factories.make_mentee(session, program, mentee_id="a")
        factories.make_mentor(session, program, mentor_id="x")
        round = propose(session, program)
        mentee.answers = {**mentee.answers, "do_not_match": ["x"]}

    with (
        pytest.raises(WrongState, match="some pairs are no longer possible"),
        database.transaction(engine) as session,
    ):
        publishing.publish(session, rounds.get(session, round.id), "test")


def test_emails_that_are_no_longer_so_are_superseded(session: Session, program: Program) -> None:
    kidney = {"specialty_interests": ["nephrology"], "goals": ["research-start"]}
    factories.make_mentee(session, program, mentee_id="a", **kidney)
    factories.make_mentee(session, program, mentee_id="c", languages=["es"])
    factories.make_mentor(session, program, mentor_id="x", topics=["research-start"])
    publish(session, program)
    factories.make_mentor(
        session, program, mentor_id="y", specialties=["nephrology"], topics=["research-start"]
    )
    factories.make_mentor(session, program, mentor_id="z", languages=["es"])

    publish(session, program, existing=Existing.AFRESH)

    states = Counter((str(e.kind), str(e.state)) for e in session.scalars(select(Email)))
    assert states["not_this_time", "superseded"] == 1
    assert states["mentee_introduction", "superseded"] == 1
    assert states["mentee_introduction", "ready"] == 2


def test_somebody_who_left_before_publication_is_not_written_to(
    session: Session, program: Program
) -> None:
    left = factories.make_mentee(session, program, email="a@example.org")
    round = propose(session, program)
    pairings.leave(session, left)

    publishing.publish(session, round, "test")

    assert owed(session)["not_this_time", "a@example.org"] == 0


def test_a_database_that_is_away_for_a_moment_forgets_no_outcome(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = 0

    def work(session: Session) -> str:
        nonlocal calls
        calls += 1
        if calls < 3:
            raise OperationalError("SELECT", {}, Exception("it restarts"))
        return "kept"

    assert database.persist(engine, 5, work) == "kept"
    assert calls == 3
    calls = -100
    with pytest.raises(OperationalError):
        database.persist(engine, 0.6, work)


def test_a_solver_that_takes_too_long_is_stopped() -> None:
    with pytest.raises(solver.SolverFailed, match="LONGEST_MATCH_SECONDS"):
        solver.Solver("{}", longest=0).wait(lambda progress: True)
