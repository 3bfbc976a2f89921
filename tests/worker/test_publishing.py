"""Publishing a round: when it is refused, which pairings begin, and who is told what."""

from __future__ import annotations

from collections import Counter

import factories
import pytest
from matched_rounds import couples, owed, propose, publish
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from mentorship import database
from mentorship.errors import WrongState
from mentorship.models import Email, Existing, Program, Scope
from mentorship.pairings import pairings
from mentorship.people import profiles
from mentorship.programs import programs
from mentorship.rounds import publishing, rounds
from mentorship.states import PairingState, RoundState


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


def test_someone_who_left_before_publication_is_not_written_to(
    session: Session, program: Program
) -> None:
    left = factories.make_mentee(session, program, email="a@example.org")
    round = propose(session, program)
    pairings.leave(session, left)

    publishing.publish(session, round, "test")

    assert owed(session)["not_this_time", "a@example.org"] == 0
