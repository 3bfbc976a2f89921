"""What people answer who are asked how it is going."""

from __future__ import annotations

import factories
import pytest
from replies import emails, give, say
from sqlalchemy.orm import Session

from mentorship import outbox
from mentorship.errors import WrongState
from mentorship.models import EmailKind, Pairing, Program, Question
from mentorship.pairings import answers
from mentorship.reminders import schedule
from mentorship.settings import Settings
from mentorship.states import PairingState


def test_no_contact_is_noted_for_the_mentor_to_hear_later(
    session: Session, settings: Settings, met: Pairing
) -> None:
    say(session, settings, met, "mentee", Question.FIRST_MEETING, "no_contact")

    assert met.no_contact_at is not None
    assert met.state == "introduced"


def test_having_met_is_kept_and_makes_the_question_pointless(
    session: Session, settings: Settings, program: Program, met: Pairing
) -> None:
    outbox.owe(
        session,
        EmailKind.FIRST_MEETING,
        to=met.mentee_person_id,
        about=met.id,
        program_id=program.id,
        number=1,
    )

    say(session, settings, met, "mentor", Question.FIRST_MEETING, "met")

    assert met.met_at is not None
    assert emails(session) == set()
    found = answers.inquiry(session, met.id, met.mentee_person_id, Question.FIRST_MEETING)
    assert found.choices == ("not_fit",)
    with pytest.raises(WrongState, match="You've met since then"):
        give(session, settings, met, "mentee", Question.FIRST_MEETING, "no_contact")


@pytest.mark.parametrize(
    ("choice", "state", "reason", "waits", "owed"),
    [
        ("well", "active", None, 0, set()),
        ("slow", "active", None, 0, set()),
        ("not_fit", "ended", "did not fit", 1, {("pairing_ended", "mentor")}),
        ("finished", "ended", "finished as planned", 0, {("pairing_ended", "mentor")}),
    ],
)
def test_a_pulse_does_what_it_says(
    session: Session, settings: Settings, met: Pairing,
    choice: str, state: str, reason: str | None, waits: int, owed: set[tuple[str, str]],
) -> None:  # fmt: skip
    say(session, settings, met, "mentee", Question.PULSE, choice)

    session.refresh(met.mentee)
    assert (met.state, met.ended_reason, met.mentee.rounds_waiting) == (state, reason, waits)
    assert emails(session) == owed


@pytest.mark.parametrize("choice", ["well", "slow"])
def test_nothing_that_others_see_or_get_tells_which_of_two_was_answered(
    session: Session, settings: Settings, met: Pairing, choice: str
) -> None:
    """Whatever is not the answer itself is the same after both."""
    met.no_contact_at = met.introduced_at
    met.met_at, met.state = None, PairingState.INTRODUCED
    session.flush()

    say(session, settings, met, "mentee", Question.PULSE, choice)

    assert (met.state, met.met_at is None, met.heard_at is None) == ("active", False, False)
    asked = answers.inquiry(session, met.id, met.mentor_person_id, Question.FIRST_MEETING)
    assert asked.choices == ("not_fit",)
    schedule.owe_due(session)
    assert emails(session) == set(), "no one is reminded of a first meeting"


def test_a_mentee_with_another_mentor_does_not_wait(
    session: Session, settings: Settings, program: Program, met: Pairing
) -> None:
    factories.make_pairing(session, program, mentee=met.mentee)

    say(session, settings, met, "mentee", Question.PULSE, "not_fit")

    session.refresh(met.mentee)
    assert met.mentee.rounds_waiting == 0
