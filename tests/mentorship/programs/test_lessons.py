"""Lessons: due with news, learned once, given up after too many starts; and what they advise."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from matching import policy
from mentorship.errors import WrongState
from mentorship.models import Lesson, Program
from mentorship.programs import advice, lessons, policies
from mentorship.programs.advice import Advice

MOST = 3
WEIGHTS = policy.default().weights
OTHERS = {**WEIGHTS, "help": 40.0, "specialty": 10.0}


def found(weights: Any = WEIGHTS, **changes: Any) -> dict[str, Any]:
    """What a worker stores."""
    learned: dict[str, Any] = {
        "outcomes": 300, "well": 200, "leave": 0.4, "weights": dict(weights), "version": 1,
        "intervals": {"help": [20.0, 45.0], "specialty": [5.0, 15.0]},
    }  # fmt: skip
    return learned | changes


def lesson_of(session: Session, program: Program) -> Lesson:
    return session.scalars(select(Lesson).where(Lesson.program_id == program.id)).one()


def due(session: Session) -> int:
    return len(session.scalars(select(Lesson.id).where(lessons.is_due(MOST))).all())


def read(session: Session, program: Program) -> Advice:
    session.expire_all()
    return advice.of_program(session, program, MOST)


def test_a_new_program_has_nothing_to_learn(session: Session, program: Program) -> None:
    assert due(session) == 0
    assert read(session, program) == Advice(
        number=0, outcomes=0, well=0, leave=None, suggested=None, intervals={}, is_due=False,
        failed=False,
    )  # fmt: skip


def test_news_is_learned_once_and_later_news_again(session: Session, program: Program) -> None:
    lessons.note(session, [program.id])
    assert due(session) == 1
    lesson = lessons.begin(session, lesson_of(session, program).id, MOST)
    assert lesson is not None
    seen = lesson.changes
    lessons.note(session, [program.id, program.id])

    assert lessons.record(session, lesson.id, seen, found())
    assert due(session) == 1
    assert read(session, program).is_due
    assert lessons.record(session, lesson.id, seen + 1, found(outcomes=301))
    assert due(session) == 0
    assert lessons.begin(session, lesson.id, MOST) is None
    # A slower worker comes with what it saw before.
    assert not lessons.record(session, lesson.id, seen, found())
    assert read(session, program).outcomes == 301


def test_a_lesson_that_ends_workers_rests_until_there_is_news(
    session: Session, program: Program
) -> None:
    lessons.note(session, [program.id])
    id = lesson_of(session, program).id
    for _ in range(MOST):
        assert lessons.begin(session, id, MOST)

    assert lessons.begin(session, id, MOST) is None
    assert due(session) == 0
    advised = read(session, program)
    assert (advised.failed, advised.is_due) == (True, False)
    lessons.note(session, [program.id])
    assert due(session) == 1
    assert not read(session, program).failed


def learn(session: Session, program: Program, what: dict[str, Any]) -> None:
    lessons.note(session, [program.id])
    lesson = lesson_of(session, program)
    session.refresh(lesson)
    assert lessons.record(session, lesson.id, lesson.changes, what)


def test_what_is_too_little_or_not_clear_suggests_nothing(
    session: Session, program: Program
) -> None:
    learn(session, program, found(intervals={}, outcomes=12, leave=0.5))
    advised = read(session, program)
    assert (advised.outcomes, advised.leave, advised.suggested) == (12, None, None)

    learn(session, program, found())
    advised = read(session, program)
    assert (advised.leave, advised.suggested) == (0.4, None)


def test_other_weights_are_suggested_and_nothing_else_of_the_policy(
    session: Session, program: Program
) -> None:
    learn(session, program, found(OTHERS, leave=0.01))

    advised = read(session, program)

    assert advised.suggested is not None
    assert advised.suggested.to_dict() == policy.default().to_dict() | {
        "weights": {**WEIGHTS, "help": 40, "specialty": 10}
    }
    # Nothing is changed by itself.
    assert policies.current(session, program.id).version == 1
    assert advice.suggestion(session, program, MOST, number=advised.number) == advised.suggested
    for number in (None, advised.number - 1, advised.number + 1):
        with pytest.raises(WrongState, match="suggest something else by now"):
            advice.suggestion(session, program, MOST, number=number)


def test_what_was_learned_of_another_version_says_nothing_of_this_one(
    session: Session, program: Program
) -> None:
    learn(session, program, found(OTHERS, leave=0.01))
    changed = policy.Policy.from_dict(policy.default().to_dict() | {"floor": 0.45})
    assert policies.change(session, program, "test", changed, seen=1)

    advised = read(session, program)

    assert (advised.suggested, advised.leave, advised.intervals) == (None, None, {})
    assert (advised.outcomes, advised.is_due) == (300, True)
    with pytest.raises(WrongState):
        advice.suggestion(session, program, MOST, number=advised.number)
