"""Previews: every kind can be seen at any time, and nothing is written or given away by it."""

from __future__ import annotations

import re
import threading

import factories
import pytest
from itsdangerous import BadSignature
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from mentorship import links
from mentorship.emails import made_up, previews, wordings
from mentorship.emails.kinds import SHOWN
from mentorship.errors import Invalid
from mentorship.models import Email, EmailKind, Pairing, Person
from mentorship.pairings import pairings
from mentorship.rounds import rounds
from mentorship.settings import Settings
from mentorship.states import PairingState, RoundState


@pytest.mark.parametrize("kind", SHOWN)
def test_every_kind_is_shown_with_examples_before_anybody_is_there(
    session: Session, settings: Settings, kind: EmailKind
) -> None:
    program = factories.make_program(session)
    before = session.scalar(select(func.count()).select_from(Person))

    preview = previews.of(session, program, kind, settings)

    assert preview.email.subject
    assert preview.email.sender == program.name
    assert preview.is_made_up
    if kind is not EmailKind.ROUND_FINISHED:
        assert "Example" in preview.email.text
    session.flush()
    assert session.scalar(select(func.count()).select_from(Person)) == before
    assert session.scalar(select(func.count()).select_from(Email)) == 0


def test_threads_of_the_site_show_examples_in_turn(session: Session, settings: Settings) -> None:
    """They share one database of made-up people, whichever thread made it."""
    program = factories.make_program(session)
    session.flush()
    # All are alive at once, so that no thread has the name of an earlier one.
    everyone = threading.Barrier(4)
    at_a_time = threading.Lock()
    shown: list[bool] = []

    def show() -> None:
        everyone.wait()
        with at_a_time:  # As the test's own session is for one thread at a time.
            shown.append(previews.of(session, program, EmailKind.WELCOME, settings).is_made_up)
        everyone.wait()

    made_up._engine.cache_clear()
    threads = [threading.Thread(target=show) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert shown == [True] * 4


def test_emails_with_a_code_are_not_shown(session: Session, settings: Settings) -> None:
    program = factories.make_program(session)

    with pytest.raises(Invalid, match="not shown"):
        previews.of(session, program, EmailKind.SIGN_IN, settings)


def test_real_people_are_shown_without_what_coordinators_must_not_read(
    session: Session, settings: Settings
) -> None:
    program = factories.make_program(session)
    mentee = factories.make_mentee(session, program, full_name="Ana Lindqvist")
    mentor = factories.make_mentor(session, program, full_name="Bo Haddad")
    round, _ = rounds.start(session, program, requested_by="test")
    round.state, round.result = RoundState.PUBLISHED, {"broken": []}
    reasons = [{
        "criterion": "help", "goals": ["burnout-wellbeing", "interview-practice"],
        "experiences": [], "first_wish": True,
    }]  # fmt: skip
    pairing = Pairing(
        program_id=program.id, round_id=round.id, mentee_id=mentee.id, mentor_id=mentor.id,
        mentee_person_id=mentee.person_id, mentor_person_id=mentor.person_id,
        state=PairingState.PROPOSED, score=1, contributions={}, reasons=reasons,
    )  # fmt: skip
    session.add(pairing)
    session.flush()
    pairings.introduce(session, round)

    for kind in (EmailKind.MENTEE_INTRODUCTION, EmailKind.MENTOR_INTRODUCTION):
        preview = previews.of(session, program, kind, settings)

        assert not preview.is_made_up
        assert "Lindqvist" in preview.email.text
        assert "Bo Haddad" in preview.email.text
        assert "interview practice" in preview.email.text
        assert "first choice" not in preview.email.text
        assert "burnout" not in preview.email.text + preview.email.html
        for token in re.findall(r"answers/([\w.-]+)", preview.email.text):
            with pytest.raises(BadSignature):
                links.read_answer_token(token, settings)
    assert pairing.reasons == reasons
    assert not session.dirty


def test_a_preview_has_the_words_of_the_program(session: Session, settings: Settings) -> None:
    program = factories.make_program(session)
    own = {"opening": "Welcome to us, {name}.", "closing": "See you in {program}.\n\n<b>Yours</b>"}
    wordings.change(session, program, "dana", EmailKind.WELCOME, own)

    email = previews.of(session, program, EmailKind.WELCOME, settings).email

    assert "Welcome to us, Example" in email.text
    assert f"See you in {program.name}.\n\n<b>Yours</b>" in email.text
    assert "&lt;b&gt;Yours&lt;/b&gt;" in email.html
