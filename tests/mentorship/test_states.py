"""The drawn states are those of the code, and each arrow is one function that takes it."""

from __future__ import annotations

import datetime
import importlib
import re
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import factories
import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

import mentorship
from mentorship import outbox
from mentorship.delivery import claims, outcomes
from mentorship.delivery.refusals import Fault
from mentorship.errors import WrongState
from mentorship.models import Email, EmailKind, Pairing, Profile, Program, Round
from mentorship.pairings import pairings
from mentorship.people import capacity, profiles
from mentorship.rounds import rounds
from mentorship.settings import Settings
from mentorship.states import (
    ARROWS,
    EmailState,
    PairingState,
    ProfileState,
    RoundState,
    move,
)

PACKAGE = Path(mentorship.__file__).parent
DRAWING = PACKAGE.parent / "docs" / "states.md"
#: Modules of the domain by their bare name, as the drawing calls them.
MODULES = {
    file.stem: ".".join(file.relative_to(PACKAGE.parent).with_suffix("").parts)
    for file in PACKAGE.rglob("*.py")
    if "commands" not in file.parts
}
MINUTE = datetime.timedelta(minutes=1)


def drawn() -> dict[str, dict[tuple[str, str], str]]:
    """The arrows of each drawing, with the function named on them."""
    found: dict[str, dict[tuple[str, str], str]] = {}
    for section in DRAWING.read_text().split("\n## ")[1:]:
        arrows = re.findall(r"^    (\w+) --> (\w+): (\w+\.\w+)$", section, re.M)
        found[section.split("\n")[0]] = {(a, b): function for a, b, function in arrows}
    return found


@pytest.mark.parametrize(
    ("title", "states"),
    [
        ("Round", RoundState),
        ("Pairing", PairingState),
        ("Email", EmailState),
        ("Profile", ProfileState),
    ],
)
def test_the_drawing_shows_every_arrow_and_functions_that_exist(title: str, states: Any) -> None:
    arrows = drawn()[title]

    assert {(str(a), str(b)) for a, b in ARROWS[states]} == set(arrows)
    assert {state.value for state in states} == {state for arrow in arrows for state in arrow}
    for function in arrows.values():
        module, name = function.split(".")
        assert callable(getattr(importlib.import_module(MODULES[module]), name))


def test_an_arrow_that_is_not_drawn_is_a_mistake(session: Session) -> None:
    with pytest.raises(ValueError, match="no arrow leads from closed to queued"):
        move(session, Round, uuid.uuid4(), (RoundState.CLOSED,), RoundState.QUEUED)


@pytest.mark.parametrize(
    ("before", "act", "after"),
    [
        ("draft", profiles.submit, "unconfirmed"),
        ("unconfirmed", lambda s, p: profiles.confirm(s, p, "form"), "ready"),
        ("unconfirmed", lambda s, p: profiles.await_approval(s, p, "form"), "awaiting_approval"),
        ("awaiting_approval", profiles.approve, "ready"),
        ("ready", profiles.pause, "paused"),
        ("paused", profiles.resume, "ready"),
        *[(state, profiles.leave, "left") for state in ProfileState if state != "left"],
    ],
)
def test_a_profile_takes_this_arrow_and_no_other_from_elsewhere(
    session: Session,
    program: Program,
    before: str,
    act: Callable[[Session, Profile], None],
    after: str,
) -> None:
    profile = factories.make_mentee(session, program)
    profile.state = ProfileState(before)
    session.flush()

    act(session, profile)

    assert profile.state == after
    with pytest.raises(WrongState, match=f"is {after.replace('_', ' ')}"):
        act(session, profile)


@pytest.fixture
def pairing(session: Session, program: Program) -> Pairing:
    """A proposed pairing of a mentor with one place."""
    mentee, mentor = (
        factories.make_mentee(session, program),
        factories.make_mentor(session, program),
    )
    round, _ = rounds.start(session, program, requested_by="test")
    round.state = RoundState.PROPOSED
    pairing = Pairing(
        program_id=program.id,
        round_id=round.id,
        mentee_id=mentee.id,
        mentor_id=mentor.id,
        mentee_person_id=mentee.person_id,
        mentor_person_id=mentor.person_id,
        state=PairingState.PROPOSED,
        score=1,
        contributions={},
        reasons=[],
    )
    session.add(pairing)
    session.flush()
    return pairing


def introduce(session: Session, pairing: Pairing) -> None:
    pairings.introduce(session, rounds.get(session, pairing.round_id))
    session.refresh(pairing)


def ask(session: Session, pairing: Pairing) -> None:
    pairings.ask(session, rounds.get(session, pairing.round_id))
    session.refresh(pairing)


@pytest.mark.parametrize(
    ("steps", "after", "places"),
    [
        ([introduce], "introduced", 1),
        ([introduce, pairings.begin], "active", 1),
        ([introduce, lambda s, p: pairings.end(s, p, "moved")], "ended", 0),
        ([introduce, pairings.begin, lambda s, p: pairings.end(s, p, "done")], "ended", 0),
        ([ask], "asked", 1),
        ([ask, pairings.accept], "active", 1),
        ([ask, pairings.decline], "declined", 0),
        ([ask, pairings.expire], "expired", 0),
    ],
)
def test_a_pairing_takes_its_arrows_and_holds_a_place_while_it_lives(
    session: Session, pairing: Pairing, steps: list[Any], after: str, places: int
) -> None:
    for step in steps:
        step(session, pairing)

    assert pairing.state == after
    session.refresh(pairing.mentor)
    assert pairing.mentor.places_taken == places
    if steps[-1] not in (introduce, ask):
        with pytest.raises(WrongState):
            steps[-1](session, pairing)


def test_a_place_that_is_gone_cannot_be_taken(session: Session, pairing: Pairing) -> None:
    capacity.change(session, pairing.mentor, 0)

    with pytest.raises(WrongState, match=r"too few free places \(0 free, 1 needed\)"):
        ask(session, pairing)
    with pytest.raises(WrongState, match=r"too few free places \(0 free, 1 needed\)"):
        introduce(session, pairing)


def test_capacity_below_what_is_held_leaves_a_flagged_excess(
    session: Session, pairing: Pairing
) -> None:
    introduce(session, pairing)
    mentor = pairing.mentor
    capacity.change(session, mentor, 0)
    assert (mentor.places_taken, mentor.excess) == (1, 1)

    pairings.end(session, pairing, "too many")
    assert (mentor.places_taken, mentor.excess) == (0, 0)


@pytest.fixture
def email(session: Session, program: Program) -> Email:
    """An email that is owed."""
    mentee = factories.make_mentee(session, program)
    outbox.owe(
        session,
        EmailKind.NOT_THIS_TIME,
        to=mentee.person_id,
        about=program.id,
        program_id=program.id,
    )
    session.flush()
    return session.scalars(select(Email)).one()


MESSAGE = (b"text", "<1@example.org>")


def claim(session: Session, email: Email, settings: Settings) -> None:
    assert claims.claim(session, email.id, settings) is email


def resend(session: Session, email: Email, settings: Settings) -> None:
    outbox.resend(session, email, "somebody", "they deleted it")


def submit(session: Session, email: Email, settings: Settings) -> None:
    assert claims.submit(session, email, *MESSAGE, settings)


@pytest.mark.parametrize(
    ("steps", "after"),
    [
        ([claim], "claimed"),
        ([claim, submit], "submitting"),
        ([claim, submit, lambda s, e, _: outcomes.sent(s, e, "250 OK")], "sent"),
        ([claim, lambda s, e, _: outcomes.found_sent(s, e)], "sent"),
        ([claim, lambda s, e, conf: outcomes.try_again(s, e, "busy", conf)], "ready"),
        ([claim, submit, lambda s, e, conf: outcomes.try_again(s, e, "busy", conf)], "ready"),
        ([claim, lambda s, e, _: outcomes.give_up(s, e, "unknown")], "failed"),
        ([claim, submit, lambda s, e, _: outcomes.give_up(s, e, "spam")], "failed"),
        ([claim, submit, lambda s, e, conf: outcomes.doubt(s, e, "cut", conf)], "ready"),
        ([claim, lambda s, e, conf: outcomes.rest(s, e, "down", conf)], "ready"),
        ([claim, submit, lambda s, e, conf: outcomes.rest(s, e, "down", conf)], "ready"),
        (
            [claim, submit, lambda s, e, conf: outcomes.refuse(s, e, "x", Fault.ADDRESS, conf)],
            "failed",
        ),
        ([claim, lambda s, e, _: outcomes.withdraw(s, e, "ended")], "superseded"),
        ([lambda s, e, _: outbox.supersede(s, [e.cause_id], e.kind)], "superseded"),
        ([claim, lambda s, e, _: outcomes.give_up(s, e, "x"), resend], "ready"),
        ([claim, submit, lambda s, e, _: outcomes.sent(s, e, "250 OK"), resend], "ready"),
    ],
)
def test_an_email_takes_its_arrows(
    session: Session, email: Email, settings: Settings, steps: list[Any], after: str
) -> None:
    for step in steps:
        step(session, email, settings)

    assert email.state == after


def test_a_worker_that_was_overtaken_changes_nothing(
    session: Session, email: Email, settings: Settings
) -> None:
    claimed = claims.claim(session, email.id, settings)
    assert claimed is not None
    stale = Email(id=email.id, fence=claimed.fence - 1, attempts=1)

    assert not claims.submit(session, stale, *MESSAGE, settings)
    outcomes.sent(session, stale, "250 OK")
    assert email.state == "claimed"


def test_an_email_is_claimed_once_and_not_before_it_is_due(
    session: Session, email: Email, settings: Settings
) -> None:
    email.due_at += MINUTE
    session.flush()
    assert claims.claim(session, email.id, settings) is None

    email.due_at -= 2 * MINUTE
    session.flush()
    assert claims.claim(session, email.id, settings) is not None
    assert claims.claim(session, email.id, settings) is None
