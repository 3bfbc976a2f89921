"""Decisions by hand: what they change when a round is matched again, and when they are refused."""

from __future__ import annotations

import datetime
import uuid
from collections.abc import Sequence

import factories
import pytest
from matched_rounds import LEASE, live, match, propose
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from matching.candidates import Candidates
from matching.effects import Change, Effects
from mentorship import database
from mentorship.accounts import coordinators
from mentorship.emails import contents, introductions, results
from mentorship.errors import Invalid, WrongState
from mentorship.models import (
    DecisionKind,
    Email,
    EmailKind,
    Existing,
    Pairing,
    Profile,
    Program,
    Round,
    Scope,
    Unmatched,
)
from mentorship.pairings import hearing, pairings
from mentorship.programs import programs
from mentorship.rounds import decisions, publishing, rounds
from mentorship.settings import Settings
from mentorship.states import EmailState, PairingState, ProfileState, RoundState


@pytest.fixture
def people(session: Session, program: Program) -> dict[str, Profile]:
    """Three mentees and two mentors with a place each: a and x, b and y fit best."""
    fields = {"a": "cardiology", "b": "dermatology", "c": "cardiology"}
    found = {
        name: factories.make_mentee(session, program, mentee_id=name, specialty_interests=[field])
        for name, field in fields.items()
    }
    for name, field in {"x": "cardiology", "y": "dermatology"}.items():
        found[name] = factories.make_mentor(session, program, mentor_id=name, specialties=[field])
    return found


def pairs(session: Session, round: Round) -> set[tuple[str, str]]:
    found = session.scalars(select(Pairing).where(Pairing.round_id == round.id))
    return {(pair.mentee.listed_id, pair.mentor.listed_id) for pair in found}


def decide(
    session: Session, round: Round, people: dict[str, Profile], kind: str, *names: str, **more: bool
) -> None:
    of = {people[name].role.value: people[name] for name in names}
    decisions.make(
        session,
        round,
        DecisionKind(kind),
        mentee=of.get("mentee"),
        mentor=of.get("mentor"),
        by="test",
        **more,
    )


def again(session: Session, round: Round) -> Round:
    rounds.match_again(session, round, "test")
    return match(session, round)


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


def introduced(session: Session) -> set[uuid.UUID]:
    kinds = (EmailKind.MENTEE_INTRODUCTION, EmailKind.MENTOR_INTRODUCTION)
    return set(session.scalars(select(Email.person_id).where(Email.kind.in_(kinds))))


def test_a_round_is_published_in_two_parts(
    session: Session, program: Program, people: dict[str, Profile]
) -> None:
    round = propose(session, program)
    held = session.scalars(select(Pairing).where(Pairing.mentee_id == people["b"].id)).one()
    publishing.hold(session, round, [held.id], held=True)

    assert publishing.publish(session, round, "test")
    assert ("b", "y") not in live(session)
    assert people["b"].person_id not in introduced(session)
    assert people["y"].places_taken == 0
    with pytest.raises(WrongState, match="no longer proposed"):
        publishing.hold(session, round, [held.id], held=False)

    assert publishing.publish_held(session, round, "test") == 1
    assert ("b", "y") in live(session)
    assert {people["b"].person_id, people["y"].person_id} <= introduced(session)
    assert publishing.publish_held(session, round, "test") == 0


def test_a_mentor_is_introduced_to_the_mentees_of_each_part_once(
    session: Session, program: Program, settings: Settings
) -> None:
    for name in "abc":
        factories.make_mentee(session, program, mentee_id=name)
    mentor = factories.make_mentor(session, program, mentor_id="x", capacity=3)
    round = propose(session, program)
    first, *others = session.scalars(select(Pairing).order_by(Pairing.id)).all()
    publishing.hold(session, round, [pairing.id for pairing in others], held=True)

    publishing.publish(session, round, "test")
    publishing.publish_held(session, round, "test")

    told = select(Email).where(
        Email.kind == EmailKind.MENTOR_INTRODUCTION, Email.person_id == mentor.person_id
    )
    emails = session.scalars(told.order_by(Email.number)).all()
    assert [email.number for email in emails] == [0, 1]
    shown = [introductions.of_mentor(session, email, settings).shown for email in emails]
    named = [{mentee["card"].title for mentee in each["mentees"]} for each in shown]
    assert named[0] == {first.mentee.full_name}
    assert named[1] == {pairing.mentee.full_name for pairing in others}
    assert hearing.unaware(session, others[0]) >= {mentor.person_id}


def test_a_held_pairing_leaves_the_one_in_whose_place_it_comes(
    session: Session, program: Program, people: dict[str, Profile]
) -> None:
    publishing.publish(session, propose(session, program), "test")
    round = propose(session, program)
    decide(session, round, people, "part", "b", "y")
    decide(session, round, people, "leave_out", "a")
    decide(session, round, people, "leave_out", "c")
    people["y"].capacity = 2
    z = factories.make_mentor(session, program, mentor_id="z", specialties=["dermatology"])
    again(session, round)
    assert pairs(session, round) == {("b", "z")}
    held = session.scalars(select(Pairing).where(Pairing.mentor_id == z.id)).one()
    publishing.hold(session, round, [held.id], held=True)

    publishing.publish(session, round, "test")
    assert ("b", "y") in live(session)
    publishing.publish_held(session, round, "test")

    assert ("b", "z") in live(session)
    assert ("b", "y") not in live(session)


@pytest.mark.parametrize(("days", "told"), [(0, 2), (30, 1)])
def test_nobody_is_told_twice_within_the_interval_that_they_are_unmatched(
    session: Session, days: int, told: int
) -> None:
    program = factories.make_program(session, days_between_results=days)
    left = factories.make_mentee(session, program, languages=["es"])
    factories.make_mentor(session, program, languages=["en"])
    emails = select(func.count()).where(
        Email.person_id == left.person_id, Email.kind == EmailKind.NOT_THIS_TIME
    )
    for number in (1, 2):
        publishing.publish(session, propose(session, program), "test")
        for email in session.scalars(select(Email)):
            email.state, email.sent_at = EmailState.SENT, database.now(session)
        session.flush()
        assert session.scalar(emails) == min(number, told)
    session.refresh(left)
    assert left.rounds_waiting == 2


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


def a_coordinator(session: Session, program: Program) -> str:
    return str(programs.coordinators(session, program.id)[0].person_id)


def due_round(session: Session, program: Program) -> Round:
    """A round of one pair whose time to be published has come."""
    for make in (factories.make_mentee, factories.make_mentor):
        make(session, program)
    round = propose(session, program)
    later = database.now(session) + datetime.timedelta(hours=1)
    publishing.schedule(session, round, later, a_coordinator(session, program))
    round.publish_at = database.now(session)
    session.flush()
    return round


def told_of(session: Session, round: Round, settings: Settings) -> list[tuple[str, str]]:
    """What coordinators are told of a round's publication: headlines, and the sentence below."""
    rows = session.scalars(
        select(Email)
        .where(Email.kind == EmailKind.ROUND_FINISHED, Email.cause_id == round.id, Email.number > 0)
        .order_by(Email.number)
    )
    fields = [results.round_finished(session, row, settings).fields for row in rows]
    return [(each["headline"], each["told"]) for each in fields]


def test_a_round_is_published_when_its_time_has_come(
    session: Session, program: Program, people: dict[str, Profile]
) -> None:
    round = propose(session, program)
    now = database.now(session)
    with pytest.raises(Invalid, match="in the future"):
        publishing.schedule(session, round, now, "test")

    me = a_coordinator(session, program)
    publishing.schedule(session, round, now + datetime.timedelta(hours=1), me)
    assert publishing.publish_due(session) == 0
    round.publish_at = now
    session.flush()
    assert publishing.publish_due(session) == 1
    assert round.state is RoundState.PUBLISHED
    assert (round.publish_at, round.publish_by) == (None, None)


def test_a_round_that_cannot_be_published_in_time_says_why(
    session: Session, program: Program, people: dict[str, Profile], settings: Settings
) -> None:
    round = propose(session, program)
    later = database.now(session) + datetime.timedelta(hours=1)
    publishing.schedule(session, round, later, a_coordinator(session, program))
    people["x"].capacity = 0
    round.publish_at = database.now(session)
    session.flush()

    assert publishing.publish_due(session) == 0

    assert round.state is RoundState.PROPOSED
    assert "has 0 places for 1 mentees" in (round.failure or "")
    assert round.publish_at is None
    assert live(session) == set()
    states = set(session.scalars(select(Pairing.state)))
    assert states == {PairingState.PROPOSED}
    ((headline, told),) = told_of(session, round, settings)
    assert headline == f"Round {round.number} of {program.name} was not published"
    assert "has 0 places for 1 mentees" in told


def test_a_round_waits_if_the_one_who_chose_its_time_has_been_removed(
    session: Session, program: Program, settings: Settings
) -> None:
    round = due_round(session, program)
    other = coordinators.appoint(session, program, "other@example.org", "test")
    coordinators.dismiss(session, program, uuid.UUID(round.publish_by), "test")
    # Whoever else they coordinate now has nothing to do with it.
    programs.add_coordinator(
        session, factories.make_program(session), "coordinator-elsewhere@example.org"
    )

    for _time in range(2):
        assert publishing.publish_due(session) == 0

    assert round.state is RoundState.PROPOSED
    assert live(session) == set()
    assert (round.publish_at, round.publish_by) == (None, None)
    assert "no longer coordinates the program" in (round.failure or "")
    ((headline, told),) = told_of(session, round, settings)
    assert headline == f"Round {round.number} of {program.name} was not published"
    assert told == (
        "The person who scheduled this no longer coordinates the program; publish the round "
        "yourself, or choose another time."
    )
    readers = session.scalars(
        select(Email.person_id).where(
            Email.kind == EmailKind.ROUND_FINISHED, Email.cause_id == round.id, Email.number > 0
        )
    ).all()
    assert readers == [other.id]
    publishing.schedule(
        session, round, database.now(session) + datetime.timedelta(hours=1), str(other.id)
    )
    with pytest.raises(contents.Outdated):
        told_of(session, round, settings)
    round.publish_at = database.now(session)
    session.flush()
    assert publishing.publish_due(session) == 1


def test_one_program_in_trouble_holds_up_no_publication_of_another(
    session: Session, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    due = [due_round(session, factories.make_program(session)) for _program in range(3)]
    broken = sorted(due, key=lambda round: round.id)[1]
    begin = pairings.introduce

    def failing(session: Session, round: Round) -> Sequence[Pairing]:
        begun = begin(session, round)
        if round.id == broken.id:
            raise RuntimeError("something that no one thought of")
        return begun

    monkeypatch.setattr(pairings, "introduce", failing)

    assert publishing.publish_due(session) == 2

    session.expire_all()
    for round in due:
        is_broken = round is broken
        assert (round.state is RoundState.PROPOSED) is is_broken
        assert (round.publish_at is not None) is is_broken, "it is tried again"
    assert len(live(session)) == 2
    assert f"publishing round {broken.id} failed and is tried again" in caplog.text
    monkeypatch.setattr(pairings, "introduce", begin)
    assert publishing.publish_due(session) == 1
    assert len(live(session)) == 3


def test_a_pair_without_a_reason_that_the_two_may_read_is_held_back(
    session: Session, program: Program
) -> None:
    nothing = {"specialty_interests": None, "goals": None}
    factories.make_mentee(session, program, mentee_id="a", **nothing)
    factories.make_mentor(session, program, mentor_id="x", specialties=None, topics=None)

    round = propose(session, program)

    pairing = session.scalars(select(Pairing)).one()
    assert pairing.held == (not pairing.reasons)
    assert round.state is RoundState.PROPOSED
