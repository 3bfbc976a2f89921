"""States of a profile, a round, a pairing and an email, and the arrows between them.

docs/states.md draws them and names the one function for each arrow. A move is one conditional
update, so if two processes try at once, one succeeds.
"""

from __future__ import annotations

import enum
import uuid
from typing import Any

from sqlalchemy import CursorResult, Update, update
from sqlalchemy.orm import Session
from sqlalchemy.orm.util import identity_key

from mentorship.errors import WrongState
from mentorship.language import gettext


class ProfileState(enum.StrEnum):
    """Where a person is on their way into, through and out of a program."""

    DRAFT = "draft"
    UNCONFIRMED = "unconfirmed"
    AWAITING_APPROVAL = "awaiting_approval"
    READY = "ready"
    PAUSED = "paused"
    LEFT = "left"


class RoundState(enum.StrEnum):
    """Where a round is; the first three are open, and a program has at most one open round."""

    QUEUED = "queued"
    MATCHING = "matching"
    PROPOSED = "proposed"
    PUBLISHED = "published"
    CLOSED = "closed"
    DISCARDED = "discarded"
    CANCELLED = "cancelled"
    FAILED = "failed"


class PairingState(enum.StrEnum):
    """Where a pairing is; asked, introduced and active ones hold a place."""

    PROPOSED = "proposed"
    ASKED = "asked"
    INTRODUCED = "introduced"
    ACTIVE = "active"
    DECLINED = "declined"
    EXPIRED = "expired"
    ENDED = "ended"


class Ending(enum.StrEnum):
    """Why a pairing ended; a round that ends one adds its number."""

    DECLINED = "declined"
    NO_ANSWER = "no answer"
    STEPPED_OUT = "stepped out"
    NOT_FIT = "did not fit"
    FINISHED = "finished as planned"
    LEFT = "left the program"
    BY_ROUND = "ended by round"
    BY_COORDINATOR = "ended by a coordinator"
    CONCLUDED = "finished, says a coordinator"


class EmailState(enum.StrEnum):
    """Where an email is; whether it may have been sent twice is a column of its own."""

    READY = "ready"
    CLAIMED = "claimed"
    SUBMITTING = "submitting"
    SENT = "sent"
    FAILED = "failed"
    SUPERSEDED = "superseded"


OPEN_ROUND = (RoundState.QUEUED, RoundState.MATCHING, RoundState.PROPOSED)
LIVE_PAIRING = (PairingState.ASKED, PairingState.INTRODUCED, PairingState.ACTIVE)
#: In these a mentee and a mentor have been introduced, and meet.
MET_PAIRING = (PairingState.INTRODUCED, PairingState.ACTIVE)
#: In these an email has neither left nor been given up.
UNFINISHED_EMAIL = (EmailState.READY, EmailState.CLAIMED, EmailState.SUBMITTING)

_P, _R, _A, _E = ProfileState, RoundState, PairingState, EmailState
ARROWS: dict[type[enum.StrEnum], frozenset[tuple[str, str]]] = {
    ProfileState: frozenset(
        {
            (_P.DRAFT, _P.UNCONFIRMED),
            (_P.UNCONFIRMED, _P.AWAITING_APPROVAL),
            (_P.UNCONFIRMED, _P.READY),
            (_P.AWAITING_APPROVAL, _P.READY),
            (_P.READY, _P.PAUSED),
            (_P.PAUSED, _P.READY),
            *((state, _P.LEFT) for state in _P if state is not _P.LEFT),
        }
    ),
    RoundState: frozenset(
        {
            (_R.QUEUED, _R.MATCHING),
            (_R.MATCHING, _R.QUEUED),
            (_R.MATCHING, _R.PROPOSED),
            # Matched again, around decisions by hand; and back where that is stopped or fails.
            (_R.PROPOSED, _R.QUEUED),
            (_R.QUEUED, _R.PROPOSED),
            (_R.PROPOSED, _R.PUBLISHED),
            (_R.PROPOSED, _R.DISCARDED),
            (_R.PUBLISHED, _R.CLOSED),
            (_R.QUEUED, _R.CANCELLED),
            (_R.MATCHING, _R.CANCELLED),
            (_R.QUEUED, _R.FAILED),
            (_R.MATCHING, _R.FAILED),
        }
    ),
    PairingState: frozenset(
        {
            (_A.PROPOSED, _A.INTRODUCED),
            (_A.PROPOSED, _A.ASKED),
            (_A.ASKED, _A.ACTIVE),
            (_A.ASKED, _A.DECLINED),
            (_A.ASKED, _A.EXPIRED),
            (_A.INTRODUCED, _A.ACTIVE),
            (_A.INTRODUCED, _A.ENDED),
            (_A.ACTIVE, _A.ENDED),
        }
    ),
    EmailState: frozenset(
        {
            (_E.READY, _E.CLAIMED),
            (_E.CLAIMED, _E.SUBMITTING),
            (_E.CLAIMED, _E.READY),
            (_E.CLAIMED, _E.FAILED),
            (_E.SUBMITTING, _E.SENT),
            (_E.SUBMITTING, _E.READY),
            (_E.SUBMITTING, _E.FAILED),
            (_E.CLAIMED, _E.SENT),
            (_E.READY, _E.SUPERSEDED),
            (_E.CLAIMED, _E.SUPERSEDED),
            (_E.READY, _E.FAILED),
            (_E.READY, _E.SENT),
            (_E.FAILED, _E.READY),
            (_E.SENT, _E.READY),
        }
    ),
}


def moving(
    model: Any,
    id: uuid.UUID,
    sources: tuple[enum.StrEnum, ...],
    target: enum.StrEnum,
    *conditions: Any,
    **changes: Any,
) -> Update:
    """Return the statement that moves one row from any of `sources` to `target`.

    `conditions` must hold as well (a fence, a lease that ran out); `changes` are written with the
    state. Raises `ValueError` for an arrow that is not drawn.
    """
    drawn = ARROWS[type(target)]
    undrawn = [source for source in sources if (source, target) not in drawn]
    if undrawn:
        raise ValueError(f"no arrow leads from {undrawn[0]} to {target}")
    return (
        update(model)
        .where(model.id == id, model.state.in_(sources), *conditions)
        .values(state=target, **changes)
        .execution_options(synchronize_session=False)
    )


def move(
    session: Session,
    model: Any,
    id: uuid.UUID,
    sources: tuple[enum.StrEnum, ...],
    target: enum.StrEnum,
    *conditions: Any,
    **changes: Any,
) -> bool:
    """Move one row as `moving` says; return whether it was there to be moved."""
    result = session.execute(moving(model, id, sources, target, *conditions, **changes))
    assert isinstance(result, CursorResult)  # noqa: S101 - an update has a row count
    loaded = session.identity_map.get(identity_key(model, id))
    if loaded is not None:
        session.expire(loaded)
    return result.rowcount == 1


def move_or_refuse(
    session: Session,
    row: Any,
    sources: tuple[enum.StrEnum, ...],
    target: enum.StrEnum,
    refusal: str,
    **changes: Any,
) -> None:
    """Move a row as `moving` says.

    Raises `WrongState` where it is in none of `sources`, in the words of `refusal`: a message
    marked for translation, in which `%(state)s` is the state that it is in.
    """
    if not move(session, type(row), row.id, sources, target, **changes):
        raise WrongState(gettext(refusal, state=in_words(row.state), target=in_words(target)))


def in_words(state: enum.StrEnum) -> str:
    """Return a state as a sentence names it, in the language in use."""
    return gettext(plain_name(state))


def plain_name(state: enum.StrEnum) -> str:
    """Return a state as an English sentence names it, which is what translations go by."""
    # Tables keep the spelling that they were made with.
    return state.replace("_", " ").replace("cancelled", "canceled")
