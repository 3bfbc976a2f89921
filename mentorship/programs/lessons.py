"""Lessons: what outcomes say about a program's weights, noted as due and learned by a worker."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from typing import Any

from sqlalchemy import ColumnElement, select, update
from sqlalchemy.orm import Session

from mentorship.models import Lesson


def add(session: Session, program_id: uuid.UUID) -> None:
    """Give a new program its lesson, in which nothing is to be learned yet."""
    session.add(Lesson(program_id=program_id))
    session.flush()


def note(session: Session, program_ids: Iterable[uuid.UUID]) -> None:
    """Note that something changed for these programs, so that a worker learns again."""
    # Locked in one order, so that two who note for several programs cannot wait for each other.
    locked = select(Lesson.id).where(Lesson.program_id.in_(set(program_ids))).order_by(Lesson.id)
    ids = session.scalars(locked.with_for_update()).all()
    session.execute(
        update(Lesson)
        .where(Lesson.id.in_(ids))
        .values(changes=Lesson.changes + 1, starts=0)
        .execution_options(synchronize_session=False)
    )


def is_due(most_starts: int) -> ColumnElement[bool]:
    """Match lessons that a worker should learn; not those that ended workers too often."""
    return (Lesson.changes > Lesson.learned) & (Lesson.starts < most_starts)


def begin(session: Session, lesson_id: uuid.UUID, most_starts: int) -> Lesson | None:
    """Count a start and return the lesson, None if it is no longer due."""
    lesson = session.get(Lesson, lesson_id, with_for_update=True)
    if lesson is None or lesson.changes <= lesson.learned or lesson.starts >= most_starts:
        return None
    lesson.starts += 1
    session.flush()
    return lesson


def record(session: Session, lesson_id: uuid.UUID, changes: int, found: dict[str, Any]) -> bool:
    """Store what was learned from so many changes; False if more is known already."""
    lesson = session.get(Lesson, lesson_id, with_for_update=True)
    if lesson is None or lesson.learned >= changes:
        return False
    lesson.learned, lesson.found = changes, found
    session.flush()
    return True
