"""Replies: what people answer by a button in an email."""

from __future__ import annotations

import datetime
import enum
import uuid

from sqlalchemy import ForeignKey, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from mentorship.models.base import Base, Identified, one_of
from mentorship.models.person import Person
from mentorship.models.round import Pairing

_PENDING = text("applied_at IS NULL AND undone_at IS NULL")


class Question(enum.StrEnum):
    """What an email asks; `mentorship.pairings.choices.CHOICES` lists the choices of each."""

    ASK = "ask"  # would you like to meet?
    STEP_OUT = "step_out"  # does this not fit?
    FIRST_MEETING = "first_meeting"  # did you meet?
    PULSE = "pulse"  # how is it going?


class Reply(Identified, Base):
    """One person's reply about one pairing; it takes effect a while later, so it can be undone."""

    __tablename__ = "answers"
    __table_args__ = (
        # Of two clicks at once, the second finds the first one's reply.
        Index(
            "uq_answers_one_pending", "pairing_id", "person_id", "question", unique=True,
            postgresql_where=_PENDING, sqlite_where=_PENDING,
        ),
        Index("ix_answers_effective_at", "effective_at"),
    )  # fmt: skip

    pairing_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("pairings.id"), index=True)
    person_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("people.id"), index=True)
    question: Mapped[Question] = mapped_column(one_of(Question, "question"))
    choice: Mapped[str] = mapped_column(String(32))
    #: What they wrote with it; coordinators read it only if it is shared.
    comment: Mapped[str | None] = mapped_column(Text)
    is_shared: Mapped[bool] = mapped_column(default=False)
    at: Mapped[datetime.datetime]
    #: Until then it can be undone; then it takes effect.
    effective_at: Mapped[datetime.datetime]
    applied_at: Mapped[datetime.datetime | None]
    undone_at: Mapped[datetime.datetime | None]

    pairing: Mapped[Pairing] = relationship()
    person: Mapped[Person] = relationship()


#: Of a reply: it has not taken effect and can still be undone.
PENDING_REPLY = Reply.applied_at.is_(None) & Reply.undone_at.is_(None)
