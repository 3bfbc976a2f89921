"""Programs, who coordinates them, and their policies."""

from __future__ import annotations

import datetime
import enum
import uuid
from typing import Any

from sqlalchemy import CheckConstraint, Date, ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from matching.profiles.columns import MOST_WANTED
from mentorship.models.base import Base, Identified, one_of
from mentorship.models.person import Person


class Introduction(enum.StrEnum):
    """How two people whom a round matched are introduced."""

    AT_ONCE = "at_once"
    ASK_FIRST = "ask_first"


class Fill(enum.StrEnum):
    """What comes first where mentees may wish for several mentors; as `matching.Wishes` has it."""

    FIRST = "first"
    ALL = "all"


class Program(Identified, Base):
    """One mentoring program with its people, policy and rounds."""

    __tablename__ = "programs"
    __table_args__ = (
        CheckConstraint("length_months BETWEEN 1 AND 60", name="length"),
        CheckConstraint("meetings_per_month BETWEEN 1 AND 8", name="meetings"),
        CheckConstraint("days_between_results BETWEEN 0 AND 365", name="days_between_results"),
        CheckConstraint(f"most_mentors BETWEEN 1 AND {MOST_WANTED}", name="most_mentors"),
    )

    #: The name in URLs and commands: lowercase letters, digits and hyphens.
    slug: Mapped[str] = mapped_column(String(64), unique=True)
    name: Mapped[str] = mapped_column(String(200))
    #: What emails promise: how long a pairing lasts and how often it meets.
    length_months: Mapped[int] = mapped_column(default=6)
    meetings_per_month: Mapped[int] = mapped_column(default=1)
    #: The day of the next round, where it is known.
    next_round_on: Mapped[datetime.date | None] = mapped_column(Date)
    #: Who runs it, and what it is, as its front page says.
    organizer: Mapped[str] = mapped_column(String(200), default="")
    about: Mapped[str] = mapped_column(Text, default="")
    #: Whether people may register themselves; those invited or imported always may join.
    registration_open: Mapped[bool] = mapped_column(default=True)
    #: Whether its front page shows a coordinator's address, to everyone, while people may register.
    shows_contact: Mapped[bool] = mapped_column(default=False)
    #: Domains whose addresses need no coordinator's approval.
    email_domains: Mapped[list[Any]] = mapped_column(default=list)
    #: Whether mentors who register themselves need approval whatever their domain.
    approve_mentors: Mapped[bool] = mapped_column(default=True)
    #: Whether emails introduce both at once, or ask each of them first.
    introduction: Mapped[Introduction] = mapped_column(
        one_of(Introduction, "introduction"), default=Introduction.AT_ONCE
    )
    #: How many mentors a mentee may wish for, and what comes before scores where it is several.
    most_mentors: Mapped[int] = mapped_column(default=1)
    fill: Mapped[Fill] = mapped_column(one_of(Fill, "fill"), default=Fill.FIRST)
    #: Unmatched people are told so once in so many days, however many rounds; 0 is always.
    days_between_results: Mapped[int] = mapped_column(default=0)
    #: Whether coordinators may pair people by hand whom the program's own rules keep apart.
    may_override: Mapped[bool] = mapped_column(default=False)
    #: The program's own words: `{kind of email: {passage: text}}`, as `wordings.check` allows.
    wordings: Mapped[dict[str, Any]] = mapped_column(default=dict)
    #: What was decided about lists of each role: `{role: Decisions.to_dict()}`.
    mappings: Mapped[dict[str, Any]] = mapped_column(default=dict)
    #: The program's own questions, in order: `[ProgramQuestion.to_dict()]`.
    questions: Mapped[list[Any]] = mapped_column(default=list)
    created_at: Mapped[datetime.datetime]

    @property
    def has_public_contact(self) -> bool:
        """Return whether strangers may read a coordinator's address."""
        return self.shows_contact and self.registration_open

    def upcoming_round(self, today: datetime.date) -> datetime.date | None:
        """Return the day of the next round, if it is known and not past."""
        day = self.next_round_on
        return day if day and day >= today else None


class Coordinator(Identified, Base):
    """A person who runs a program."""

    __tablename__ = "coordinators"
    __table_args__ = (UniqueConstraint("program_id", "person_id"),)

    program_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("programs.id"))
    person_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("people.id"), index=True)
    created_at: Mapped[datetime.datetime]

    person: Mapped[Person] = relationship()
    program: Mapped[Program] = relationship()


class Policy(Identified, Base):
    """One version of a program's policy, never changed once it is written."""

    __tablename__ = "policies"
    __table_args__ = (UniqueConstraint("program_id", "version"),)

    program_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("programs.id"))
    version: Mapped[int]
    #: As `matching.policy.Policy.to_dict` gives it.
    body: Mapped[dict[str, Any]]
    #: Why it was saved, in a coordinator's words; often empty.
    note: Mapped[str] = mapped_column(String(300), default="")
    created_at: Mapped[datetime.datetime]
