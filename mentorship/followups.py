"""What is owed to people after a round as time goes by: nudges, questions and a weekly digest."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy.orm import Session

from mentorship.models import Email, Program
from mentorship.settings import Settings


@dataclass(frozen=True)
class Listed:
    """How many there are, and the names of the first few."""

    count: int
    names: tuple[str, ...]


@dataclass(frozen=True)
class Digest:
    """What a coordinator should know of a program this week."""

    #: Pairings with no sign of contact, as "mentee and mentor".
    silent: Listed
    #: Emails that could not be delivered lately, by recipient.
    failed: Listed
    #: People whose address does not take mail.
    flagged: Listed
    #: Mentees who wait for a mentor.
    waiting: Listed

    def __bool__(self) -> bool:
        """Return whether there is anything to say."""
        return any(part.count for part in (self.silent, self.failed, self.flagged, self.waiting))


def owe_due(session: Session, settings: Settings) -> int:
    """Write the emails that have become due, and return how many."""
    raise NotImplementedError


def still_wanted(session: Session, email: Email) -> bool:
    """Return whether an email that is about to be sent is still of use to whoever gets it."""
    raise NotImplementedError


def digest(session: Session, program: Program) -> Digest:
    """Return what a coordinator should know of a program this week."""
    raise NotImplementedError
