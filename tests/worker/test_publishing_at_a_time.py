"""A round published at a time that a coordinator chose."""

from __future__ import annotations

import datetime
import uuid
from collections.abc import Sequence

import factories
import pytest
from matched_rounds import live, propose
from sqlalchemy import select
from sqlalchemy.orm import Session

from mentorship import database
from mentorship.accounts import coordinators
from mentorship.emails import contents
from mentorship.emails.kinds import results
from mentorship.errors import Invalid
from mentorship.models import Email, EmailKind, Pairing, Profile, Program, Round
from mentorship.pairings import pairings
from mentorship.programs import programs
from mentorship.rounds import publishing_times
from mentorship.settings import Settings
from mentorship.states import PairingState, RoundState


def a_coordinator(session: Session, program: Program) -> str:
    return str(programs.coordinators(session, program.id)[0].person_id)


def due_round(session: Session, program: Program) -> Round:
    """A round of one pair whose time to be published has come."""
    for make in (factories.make_mentee, factories.make_mentor):
        make(session, program)
    round = propose(session, program)
    later = database.now(session) + datetime.timedelta(hours=1)
    publishing_times.schedule(session, round, later, a_coordinator(session, program))
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
        publishing_times.schedule(session, round, now, "test")

    me = a_coordinator(session, program)
    publishing_times.schedule(session, round, now + datetime.timedelta(hours=1), me)
    assert publishing_times.publish_due(session) == 0
    round.publish_at = now
    session.flush()
    assert publishing_times.publish_due(session) == 1
    assert round.state is RoundState.PUBLISHED
    assert (round.publish_at, round.publish_by) == (None, None)


def test_a_round_that_cannot_be_published_in_time_says_why(
    session: Session, program: Program, people: dict[str, Profile], settings: Settings
) -> None:
    round = propose(session, program)
    later = database.now(session) + datetime.timedelta(hours=1)
    publishing_times.schedule(session, round, later, a_coordinator(session, program))
    people["x"].capacity = 0
    round.publish_at = database.now(session)
    session.flush()

    assert publishing_times.publish_due(session) == 0

    assert round.state is RoundState.PROPOSED
    assert "has too few free places (0 free, 1 needed)" in (round.failure or "")
    assert round.publish_at is None
    assert live(session) == set()
    states = set(session.scalars(select(Pairing.state)))
    assert states == {PairingState.PROPOSED}
    ((headline, told),) = told_of(session, round, settings)
    assert headline == f"Round {round.number} of {program.name} was not published"
    assert "has too few free places (0 free, 1 needed)" in told


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
        assert publishing_times.publish_due(session) == 0

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
    publishing_times.schedule(
        session, round, database.now(session) + datetime.timedelta(hours=1), str(other.id)
    )
    with pytest.raises(contents.Outdated):
        told_of(session, round, settings)
    round.publish_at = database.now(session)
    session.flush()
    assert publishing_times.publish_due(session) == 1


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

    assert publishing_times.publish_due(session) == 2

    session.expire_all()
    for round in due:
        is_broken = round is broken
        assert (round.state is RoundState.PROPOSED) is is_broken
        assert (round.publish_at is not None) is is_broken, "it is tried again"
    assert len(live(session)) == 2
    assert f"publishing round {broken.id} failed and is tried again" in caplog.text
    monkeypatch.setattr(pairings, "introduce", begin)
    assert publishing_times.publish_due(session) == 1
    assert len(live(session)) == 3


@pytest.mark.parametrize("moved", [None, datetime.timedelta(days=7)])
def test_a_time_that_is_changed_while_others_are_published_counts(
    session: Session,
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
    moved: datetime.timedelta | None,
) -> None:
    due = [due_round(session, factories.make_program(session)) for _program in range(2)]
    first, second = sorted(due, key=lambda round: round.id)
    begin = pairings.introduce

    def beginning(session: Session, round: Round) -> Sequence[Pairing]:
        at = database.now(session) + moved if moved else None
        publishing_times.schedule(session, second, at, a_coordinator(session, second.program))
        return begin(session, round)

    monkeypatch.setattr(pairings, "introduce", beginning)

    assert publishing_times.publish_due(session) == 1

    assert first.state is RoundState.PUBLISHED
    assert second.state is RoundState.PROPOSED
    assert second.failure is None
    assert (second.publish_at is None) is (moved is None)
    assert told_of(session, second, settings) == []
