"""Previews: every kind can be seen at any time, and nothing is written or given away by it."""

from __future__ import annotations

import re
import threading

import factories
import pytest
from itsdangerous import BadSignature
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from mentorship import database, links
from mentorship.emails import made_up, previews, wordings
from mentorship.emails.kinds import SHOWN
from mentorship.errors import Invalid
from mentorship.links import Purpose
from mentorship.models import Email, EmailKind, Pairing, Person, Program, Trait
from mentorship.settings import Settings
from mentorship.states import PairingState, ProfileState


@pytest.fixture(params=["sqlite", "postgres"], ids=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> str:
    """What is shown is looked up, which each database does in its own way."""
    return str(request.getfixturevalue(f"{request.param}_url"))


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


def introduced(session: Session, program: Program) -> Pairing:
    """Two real people who meet, and what only they may read."""
    mentee = factories.make_mentee(
        session, program, full_name="Ana Lindqvist", statement="I dread the wards.",
        goals=["burnout-wellbeing"],
    )  # fmt: skip
    mentor = factories.make_mentor(session, program, full_name="Bo Haddad")
    pairing = factories.make_pairing(session, program, mentee=mentee, mentor=mentor, days=8)
    pairing.meeting_at, pairing.meeting_minutes = database.now(session), 30
    pairing.meeting_where, pairing.meeting_number = "https://call.example/ana-and-bo", 1
    pairing.reasons = [
        {"criterion": "help", "goals": ["burnout-wellbeing"], "experiences": [], "first_wish": True}
    ]
    session.flush()
    return pairing


@pytest.mark.parametrize("kind", EmailKind.having(Trait.PRIVATE))
@pytest.mark.parametrize("state", PairingState)
def test_what_is_for_two_people_alone_is_shown_with_made_up_ones(
    session: Session, settings: Settings, kind: EmailKind, state: PairingState
) -> None:
    program = factories.make_program(session)
    introduced(session, program).state = state
    session.flush()

    preview = previews.of(session, program, kind, settings)

    assert preview.is_made_up
    shown = preview.email.subject + preview.email.text + preview.email.html
    for secret in ("Lindqvist", "Haddad", "call.example", "dread", "burnout"):
        assert secret not in shown


@pytest.mark.parametrize("kind", [EmailKind.MENTEE_PULSE, EmailKind.FIRST_MEETING])
def test_what_coordinators_may_read_is_shown_with_real_people(
    session: Session, settings: Settings, kind: EmailKind
) -> None:
    program = factories.make_program(session)
    introduced(session, program)

    preview = previews.of(session, program, kind, settings)

    assert not preview.is_made_up
    assert "Bo Haddad" in preview.email.text
    assert "burnout" not in preview.email.text
    for token in re.findall(r"answers/([\w.-]+)", preview.email.text):
        with pytest.raises(BadSignature):
            links.read(token, list(Purpose), settings)
    assert not session.dirty


@pytest.mark.parametrize("state", [ProfileState.DRAFT, ProfileState.LEFT])
@pytest.mark.parametrize("kind", [kind for kind in SHOWN if Trait.PRIVATE not in kind.traits])
def test_people_of_whom_coordinators_read_nothing_are_in_no_preview(
    session: Session, settings: Settings, kind: EmailKind, state: ProfileState
) -> None:
    program = factories.make_program(session)
    pairing = introduced(session, program)
    for profile in (pairing.mentee, pairing.mentor):
        profile.state = state
    session.flush()

    shown = previews.of(session, program, kind, settings).email

    assert not re.search("Lindqvist|Haddad", shown.subject + shown.text + shown.html)


def test_a_preview_has_the_words_of_the_program(session: Session, settings: Settings) -> None:
    program = factories.make_program(session)
    own = {"opening": "Welcome to us, {name}.", "closing": "See you in {program}.\n\n<b>Yours</b>"}
    wordings.change(session, program, "dana", EmailKind.WELCOME, own)

    email = previews.of(session, program, EmailKind.WELCOME, settings).email

    assert "Welcome to us, Example" in email.text
    assert f"See you in {program.name}.\n\n<b>Yours</b>" in email.text
    assert "&lt;b&gt;Yours&lt;/b&gt;" in email.html
