"""Whether a pairing went well: by its end, by the last answers of the two, or unknown."""

from __future__ import annotations

import datetime
from typing import Any

import factories
import pytest
from sqlalchemy.orm import Session

from mentorship import database
from mentorship.models import Lesson, Pairing, Program, Question, Reply
from mentorship.pairings import answers, pairings, verdicts
from mentorship.pairings.choices import CHOICES
from mentorship.settings import Settings
from mentorship.states import Ending, PairingState

STANDINGS: dict[str, Any] = {"help": {"similarity": 0.5, "mean": 0.25, "usual": 0.2, "spread": 0.2}}


def make(session: Session, program: Program, **changes: Any) -> Pairing:
    """A pairing of which it is known where it stood."""
    pairing = factories.make_pairing(session, program)
    for name, value in ({"standings": STANDINGS} | changes).items():
        setattr(pairing, name, value)
    session.flush()
    return pairing


def say(
    session: Session,
    pairing: Pairing,
    who: str,
    choice: str,
    *,
    days: int = 0,
    applied: bool = True,
) -> None:
    """Store an answer to "how is it going?" of so many days ago."""
    at = database.now(session) - datetime.timedelta(days=days)
    person_id = pairing.mentee_person_id if who == "mentee" else pairing.mentor_person_id
    session.add(
        Reply(
            pairing_id=pairing.id, person_id=person_id, question=Question.PULSE, choice=choice,
            comment="We talk about everything.", is_shared=True, at=at, effective_at=at,
            applied_at=at if applied else None,
        )
    )  # fmt: skip
    session.flush()


def of(session: Session, program: Program) -> list[bool]:
    found = verdicts.of_program(session, program.id)
    # Nothing else is known of it: no name, no id, no comment.
    assert all(set(each) == {"standings", "went_well"} for each in found)
    assert all(each["standings"] == STANDINGS for each in found)
    return [each["went_well"] for each in found]


@pytest.mark.parametrize(
    ("reason", "pulses", "went_well"),
    [
        (Ending.FINISHED, [], True),
        (Ending.FINISHED, ["slow"], True),
        (Ending.NOT_FIT, [], False),
        (Ending.NOT_FIT, ["well"], False),
        (Ending.STEPPED_OUT, [], False),
        (Ending.LEFT, [], None),
        (Ending.LEFT, ["well"], True),
        (f"{Ending.BY_ROUND} 7", [], None),
        (f"{Ending.BY_ROUND} 7", ["well", "well"], True),
        (None, [], None),
        (None, ["well"], True),
        (None, ["slow"], None),
        (None, ["slow", "well"], None),
    ],
)
def test_an_outcome_is_by_the_end_or_by_the_last_answers(
    reason: str | None, pulses: list[str], went_well: bool | None
) -> None:
    for state in PairingState:
        expected = went_well if state in ("introduced", "active", "ended") else None
        assert verdicts.of_pairing(state, reason, pulses) is expected


def test_every_way_to_end_and_every_answer_is_good_bad_or_unknown() -> None:
    """A new ending or choice has to be thought about here."""
    ended = {ending: verdicts.of_pairing(PairingState.ENDED, ending, ()) for ending in Ending}
    assert ended == {
        Ending.DECLINED: None, Ending.NO_ANSWER: None, Ending.STEPPED_OUT: False,
        Ending.NOT_FIT: False, Ending.FINISHED: True, Ending.LEFT: None, Ending.BY_ROUND: None,
        Ending.BY_COORDINATOR: None, Ending.CONCLUDED: None,
    }  # fmt: skip
    assert set(CHOICES[Question.PULSE]) == {"well", "slow", "not_fit", "finished"}


def test_the_last_answer_of_each_counts_once_it_has_taken_effect(
    session: Session, program: Program
) -> None:
    pairing = make(session, program)
    say(session, pairing, "mentee", "well", applied=False)
    assert of(session, program) == []

    say(session, pairing, "mentee", "slow", days=60)
    assert of(session, program) == []
    say(session, pairing, "mentee", "well", days=1)
    assert of(session, program) == [True]
    say(session, pairing, "mentor", "slow", days=2)
    assert of(session, program) == []
    say(session, pairing, "mentor", "well")
    assert of(session, program) == [True]


def test_pairings_of_before_and_of_other_programs_are_left_out(
    session: Session, program: Program
) -> None:
    other = factories.make_program(session)
    for where, standings in ((program, None), (other, STANDINGS)):
        pairing = factories.make_pairing(session, where)
        if standings:
            pairing.standings = standings
        session.flush()
        say(session, pairing, "mentee", "well")
    pairings.end(session, make(session, program), Ending.NOT_FIT)

    assert of(session, program) == [False]
    assert of(session, other) == [True]


def test_an_answer_that_takes_effect_is_news_for_its_program_alone(
    session: Session, settings: Settings, program: Program
) -> None:
    other = factories.make_program(session)
    pairing = make(session, program)
    reply = answers.give(
        session, settings, pairing.id, pairing.mentee_person_id, Question.PULSE, "well"
    )
    answers.apply_due(session)
    assert {lesson.changes for lesson in session.query(Lesson)} == {0}

    reply.effective_at = database.now(session) - datetime.timedelta(seconds=1)
    session.flush()
    assert answers.apply_due(session) == 1
    session.expire_all()

    changes = {lesson.program_id: lesson.changes for lesson in session.query(Lesson)}
    assert changes == {program.id: 1, other.id: 0}
