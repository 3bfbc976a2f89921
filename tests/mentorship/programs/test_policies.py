"""Versions of a policy: adopted once, never changed, and never over someone else's unseen."""

from __future__ import annotations

import dataclasses
import threading
from typing import Any

import factories
import pytest
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from matching.policy import Policy, default
from mentorship import database
from mentorship.errors import NotFound, WrongState
from mentorship.models import AuditEntry, Program
from mentorship.programs import policies
from mentorship.rounds import rounds
from mentorship.states import RoundState


def changed(**changes: Any) -> Policy:
    return dataclasses.replace(default(), **changes)


def numbers(session: Session, program: Program) -> list[int]:
    return [version.number for version in policies.versions(session, program.id)]


def test_a_change_is_a_new_version_and_the_earlier_one_stays(
    session: Session, program: Program
) -> None:
    policies.change(session, program, "somebody", changed(floor=0.5), seen=1)

    assert numbers(session, program) == [2, 1]
    assert policies.content(policies.get(session, program.id, 1)) == default()
    assert policies.content(policies.current(session, program.id)).floor == 0.5


def test_who_changed_which_entries_is_recorded(session: Session, program: Program) -> None:
    weights = dict(default().weights) | {"identity": 5}
    rules = dict(default().rules) | {"hours_apart": 4}
    adopted = policies.change(
        session, program, "somebody", changed(weights=weights, rules=rules, floor=0.5), seen=1
    )
    assert adopted

    entry = session.scalars(select(AuditEntry).where(AuditEntry.action == "policy adopted")).one()
    assert (entry.actor, entry.program_id, entry.subject_id) == (
        "somebody", program.id, adopted.id,
    )  # fmt: skip
    assert entry.details == {
        "version": 2, "entries": ["weights.identity", "rules.hours_apart", "floor"],
    }  # fmt: skip


@pytest.mark.parametrize("seen", [1, None, 7])
def test_what_changes_nothing_makes_no_version(
    session: Session, program: Program, seen: int | None
) -> None:
    assert policies.change(session, program, "somebody", changed(), seen=seen) is None
    assert numbers(session, program) == [1]


@pytest.mark.parametrize("seen", [1, None, 3])
def test_a_version_that_was_not_seen_is_not_replaced(
    session: Session, program: Program, seen: int | None
) -> None:
    policies.change(session, program, "first", changed(floor=0.5), seen=1)
    with pytest.raises(WrongState, match="version 2"):
        policies.change(session, program, "second", changed(floor=0.6), seen=seen)
    assert numbers(session, program) == [2, 1]

    policies.change(session, program, "second", changed(floor=0.6), seen=2)
    assert numbers(session, program) == [3, 2, 1]


def test_of_two_who_save_at_once_one_is_told(engine: Engine) -> None:
    with database.transaction(engine) as session:
        program_id = factories.make_program(session).id
    outcomes: list[str] = []

    def save(floor: float) -> None:
        try:
            with database.transaction(engine) as session:
                program = session.get_one(Program, program_id)
                policies.change(session, program, "somebody", changed(floor=floor), seen=1)
            outcomes.append("saved")
        except WrongState:
            outcomes.append("told")

    threads = [threading.Thread(target=save, args=(floor,)) for floor in (0.5, 0.6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(outcomes) == ["saved", "told"]


def test_rounds_are_counted_with_the_version_that_they_began_with(
    session: Session, program: Program
) -> None:
    for _ in range(2):
        round, _is_new = rounds.start(session, program, requested_by="test", dry_run=True)
    policies.change(session, program, "somebody", changed(floor=0.5), seen=1)
    later, _is_new = rounds.start(session, program, requested_by="test", dry_run=True)

    assert round.state is RoundState.QUEUED
    assert (round.policy.version, later.policy.version) == (1, 2)
    assert [(v.number, v.rounds) for v in policies.versions(session, program.id)] == [
        (2, 1), (1, 2),
    ]  # fmt: skip


def test_versions_are_those_of_the_program(session: Session, program: Program) -> None:
    other = factories.make_program(session)
    policies.change(session, other, "somebody", changed(floor=0.5), seen=1)

    assert numbers(session, program) == [1]
    with pytest.raises(NotFound, match="no version 2"):
        policies.get(session, program.id, 2)
