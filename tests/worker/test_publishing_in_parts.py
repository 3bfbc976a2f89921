"""Rounds that are published in parts, with pairs held back, or at a time that was set."""

from __future__ import annotations

import uuid

import factories
import pytest
from matched_rounds import again, decide, live, pairs, propose
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from mentorship import database
from mentorship.emails.kinds import introductions
from mentorship.errors import WrongState
from mentorship.models import Email, EmailKind, Pairing, Profile, Program
from mentorship.pairings import hearing
from mentorship.rounds import publishing
from mentorship.settings import Settings
from mentorship.states import EmailState, RoundState


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
def test_no_one_is_told_twice_within_the_interval_that_they_are_unmatched(
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
