"""The outbox: one row is one message to one person for one cause."""

from __future__ import annotations

import datetime
import enum
import uuid

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from mentorship.models.base import Base, Identified, one_of
from mentorship.models.person import Person
from mentorship.states import EmailState


class EmailKind(enum.StrEnum):
    """What an email is about; each has a template of the same name. In brackets, its cause."""

    INVITATION = "invitation"  # [profile]
    MENTEE_INTRODUCTION = "mentee_introduction"  # [pairing]
    MENTOR_INTRODUCTION = "mentor_introduction"  # [round]
    PAIRING_ENDED = "pairing_ended"  # [pairing]
    NOT_THIS_TIME = "not_this_time"  # [round]
    NO_MENTEE_THIS_TIME = "no_mentee_this_time"  # [round]
    ROUND_FINISHED = "round_finished"  # [round]
    SIGN_IN = "sign_in"  # [sign-in link]
    WELCOME = "welcome"  # [profile]
    NOT_ADMITTED = "not_admitted"  # [profile]


class Email(Identified, Base):
    """One email, from the moment it is owed to somebody until the relay has it."""

    __tablename__ = "emails"
    __table_args__ = (
        # One email a cause and person: publishing twice cannot write it twice.
        UniqueConstraint("kind", "cause_id", "person_id"),
        CheckConstraint(
            "(state IN ('claimed', 'submitting')) = (lease_until IS NOT NULL)",
            name="lease_while_sending",
        ),
        CheckConstraint("state <> 'sent' OR sent_at IS NOT NULL", name="sent_has_time"),
        Index("ix_emails_state_due_at", "state", "due_at"),
        Index("ix_emails_program_id", "program_id"),
    )

    #: None for an email about a person's account, which belongs to no program.
    program_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("programs.id"))
    person_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("people.id"), index=True)
    kind: Mapped[EmailKind] = mapped_column(one_of(EmailKind, "kind"))
    cause_id: Mapped[uuid.UUID]
    state: Mapped[EmailState] = mapped_column(one_of(EmailState, "state"))
    #: Not before this; moved on when the relay asks to try again later.
    due_at: Mapped[datetime.datetime]
    rung_at: Mapped[datetime.datetime | None]
    fence: Mapped[int] = mapped_column(default=0)
    lease_until: Mapped[datetime.datetime | None]
    #: How often the relay was asked to take it.
    attempts: Mapped[int] = mapped_column(default=0)
    #: Since when it may have been sent without our knowing. Never cleared: it stays listed.
    doubt_since: Mapped[datetime.datetime | None]
    #: The whole message, rendered once: every attempt sends the same bytes.
    message: Mapped[bytes | None]
    message_id: Mapped[str | None] = mapped_column(String(255))
    last_error: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[datetime.datetime]
    sent_at: Mapped[datetime.datetime | None]

    person: Mapped[Person] = relationship()
