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
    # [round], with all its mentees; [pairing] where both were asked first and said yes
    MENTOR_INTRODUCTION = "mentor_introduction"
    PAIRING_ENDED = "pairing_ended"  # [pairing]
    PAIRING_QUESTION = "pairing_question"  # [pairing] ask first: would you like to meet?
    PAIRING_QUESTION_REMINDER = "pairing_question_reminder"  # [pairing] after 7 days
    PAIRING_NOT_MADE = "pairing_not_made"  # [pairing] ask first: no answer, or a no
    MEETING_AGREED = "meeting_agreed"  # [pairing] number: the how-manieth agreement
    FIRST_MEETING = "first_meeting"  # [pairing] to the mentee, number 1 and 2: day 7 and 14
    NO_CONTACT_YET = "no_contact_yet"  # [pairing] to the mentor, as the mentee said
    MENTEE_PULSE = "mentee_pulse"  # [pairing] number 1, 2, …: day 30, then every 60
    MENTOR_PULSE = "mentor_pulse"  # [profile] one for all mentees, numbered alike
    NOT_THIS_TIME = "not_this_time"  # [round]
    NO_MENTEE_THIS_TIME = "no_mentee_this_time"  # [round]
    ROUND_FINISHED = "round_finished"  # [round] to coordinators, also where it failed
    COORDINATOR_DIGEST = "coordinator_digest"  # [program] number: the week, such as 202648
    SIGN_IN = "sign_in"  # [sign-in link]
    WELCOME = "welcome"  # [profile]
    NOT_ADMITTED = "not_admitted"  # [profile]


#: What nobody asked for by doing something: by day, in no quiet weeks, and but for the digest at
#: most one in 14 days.
REMINDERS = frozenset(
    {
        EmailKind.PAIRING_QUESTION_REMINDER, EmailKind.FIRST_MEETING, EmailKind.NO_CONTACT_YET,
        EmailKind.MENTEE_PULSE, EmailKind.MENTOR_PULSE, EmailKind.COORDINATOR_DIGEST,
    }
)  # fmt: skip
#: What can be turned off by one click: all that is neither a result nor asked for.
UNSUBSCRIBABLE = REMINDERS | {EmailKind.INVITATION}


class EmailEventKind(enum.StrEnum):
    """What happened to an email."""

    PUT_OFF = "put_off"  # the relay asked to come again
    IN_DOUBT = "in_doubt"  # the relay may have it
    TAKEN_BACK = "taken_back"  # the worker that had it fell silent
    SENT = "sent"
    FOUND_SENT = "found_sent"  # it was in doubt, and the relay's journal has it
    FAILED = "failed"
    SUPERSEDED = "superseded"
    RESENT = "resent"  # somebody asked for it by hand
    BOUNCED = "bounced"  # a report came back


class Email(Identified, Base):
    """One email, from the moment it is owed to somebody until the relay has it."""

    __tablename__ = "emails"
    __table_args__ = (
        # One email a cause and person: publishing twice cannot write it twice.
        UniqueConstraint("kind", "cause_id", "person_id", "number"),
        CheckConstraint(
            "(state IN ('claimed', 'submitting')) = (lease_until IS NOT NULL)",
            name="lease_while_sending",
        ),
        CheckConstraint("state <> 'sent' OR sent_at IS NOT NULL", name="sent_has_time"),
        Index("ix_emails_state_due_at", "state", "due_at"),
        Index("ix_emails_message_id", "message_id"),
        Index("ix_emails_program_id", "program_id"),
    )

    #: None for an email about a person's account, which belongs to no program.
    program_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("programs.id"))
    person_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("people.id"), index=True)
    kind: Mapped[EmailKind] = mapped_column(one_of(EmailKind, "kind"))
    cause_id: Mapped[uuid.UUID]
    #: Tells emails of one kind and cause apart that come again: pulses, digests.
    number: Mapped[int] = mapped_column(default=0)
    state: Mapped[EmailState] = mapped_column(one_of(EmailState, "state"))
    #: Not before this; moved on when the relay asks to try again later.
    due_at: Mapped[datetime.datetime]
    rung_at: Mapped[datetime.datetime | None]
    fence: Mapped[int] = mapped_column(default=0)
    lease_until: Mapped[datetime.datetime | None]
    #: How often the relay gave a verdict on it, or should have.
    attempts: Mapped[int] = mapped_column(default=0)
    #: How often a worker stopped without a word while it wrote this email.
    crashes: Mapped[int] = mapped_column(default=0)
    #: Its turn, where the relay or the recipient's domain takes only so many a minute.
    slot_at: Mapped[datetime.datetime | None]
    #: Since when it may have been sent without our knowing. Never cleared: it stays listed.
    doubt_since: Mapped[datetime.datetime | None]
    #: The whole message, rendered once: every attempt sends the same bytes.
    message: Mapped[bytes | None]
    message_id: Mapped[str | None] = mapped_column(String(255))
    last_error: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[datetime.datetime]
    sent_at: Mapped[datetime.datetime | None]

    person: Mapped[Person] = relationship()


class EmailEvent(Identified, Base):
    """One thing that happened to an email, in the words of whoever said it."""

    __tablename__ = "email_events"

    email_id: Mapped[uuid.UUID] = mapped_column(
        ForeignKey("emails.id", ondelete="CASCADE"), index=True
    )
    at: Mapped[datetime.datetime]
    kind: Mapped[EmailEventKind] = mapped_column(one_of(EmailEventKind, "kind"))
    #: What the relay, a report or a person said.
    words: Mapped[str] = mapped_column(Text, default="")


class Relay(Base):
    """Whether the relay works: while it does not, no email is tried but one now and then."""

    __tablename__ = "relays"

    #: Its host and port.
    name: Mapped[str] = mapped_column(String(255), primary_key=True)
    #: Failures in a row that said nothing about any one email.
    failures: Mapped[int] = mapped_column(default=0)
    paused_until: Mapped[datetime.datetime | None]
    down_since: Mapped[datetime.datetime | None]
    reason: Mapped[str] = mapped_column(Text, default="")


class MailSlot(Base):
    """When the next email may go to the relay, or to one domain."""

    __tablename__ = "mail_slots"

    #: A domain, or `*` for the relay.
    name: Mapped[str] = mapped_column(String(255), primary_key=True)
    next_at: Mapped[datetime.datetime]
