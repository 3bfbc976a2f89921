"""The outbox: one row is one message to one person for one cause."""

from __future__ import annotations

import datetime
import enum
import uuid

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from mentorship.models.base import Base, Identified, one_of
from mentorship.models.person import Person
from mentorship.states import EmailState


class Cause(enum.StrEnum):
    """The table of the row that an email is about."""

    LETTER = "letter"
    PAIRING = "pairing"
    PERSON = "person"
    PROFILE = "profile"
    PROGRAM = "program"
    ROUND = "round"
    SIGN_IN_LINK = "sign_in_link"


class Trait(enum.Flag):
    """What holds for every email of a kind."""

    NONE = 0
    #: It is the first to tell its reader of the pairing.
    TELLS_FIRST = enum.auto()
    #: It is withdrawn when the pairing ends.
    WHILE_PAIRED = enum.auto()
    #: It tells two people where they meet or why they were matched, sensitive goals included.
    #: Coordinators read none of these: leaving out only some would tell whose match rests on a
    #: goal like that.
    PRIVATE = enum.auto()
    #: Its reader can turn it off by one click, being neither a result nor asked for.
    OPTIONAL = enum.auto()
    #: No one asked for it by doing something: it comes by day, in no quiet weeks, and at most once
    #: in 14 days for each person. Of several that are due, the kind that is listed first goes out.
    REMINDER = enum.auto()
    #: A reminder that comes once a week whatever else does: it neither waits for other reminders
    #: nor delays them, and quiet weeks drop it.
    WEEKLY = enum.auto()
    #: Its reader waits for it at a page: it goes before others, and no limit a minute delays it.
    AWAITED = enum.auto()


_MEETING = Trait.WHILE_PAIRED | Trait.PRIVATE
_REMINDER = Trait.REMINDER | Trait.OPTIONAL


class EmailKind(enum.StrEnum):
    """What an email is about, and what holds for all of its kind.

    Each also has a row of `KINDS` in the file of its family in `mentorship.emails`, and a template
    of the same name.
    """

    _value_: str
    cause: Cause
    traits: Trait

    INVITATION = "invitation", Cause.PROFILE, Trait.OPTIONAL
    # To someone who was invited, or began a profile: number 1, 2, …, as coordinators ask for it.
    UNFINISHED_PROFILE = "unfinished_profile", Cause.PROFILE, _REMINDER
    MENTEE_INTRODUCTION = "mentee_introduction", Cause.PAIRING, _MEETING | Trait.TELLS_FIRST
    # Names all mentees of the round; where both were asked first, its cause is the pairing.
    MENTOR_INTRODUCTION = "mentor_introduction", Cause.ROUND, _MEETING | Trait.TELLS_FIRST
    PAIRING_ENDED = "pairing_ended", Cause.PAIRING
    # Where both are asked first: would you like to meet? A mentor is asked about all mentees of a
    # round at once, which is the cause then.
    PAIRING_QUESTION = "pairing_question", Cause.PAIRING, _MEETING | Trait.TELLS_FIRST
    PAIRING_QUESTION_REMINDER = "pairing_question_reminder", Cause.PAIRING, _MEETING | _REMINDER
    # One of them answered no, or not at all.
    PAIRING_NOT_MADE = "pairing_not_made", Cause.PAIRING
    # Their numbers count together, from 1: `Pairing.meeting_number` as it was then.
    MEETING_AGREED = "meeting_agreed", Cause.PAIRING, _MEETING
    MEETING_CALLED_OFF = "meeting_called_off", Cause.PAIRING, Trait.PRIVATE
    # To the mentee, number 1 and 2, on day 7 and 14: have you met?
    FIRST_MEETING = "first_meeting", Cause.PAIRING, Trait.WHILE_PAIRED | _REMINDER
    # To the mentor, as the mentee said.
    NO_CONTACT_YET = "no_contact_yet", Cause.PAIRING, Trait.WHILE_PAIRED | _REMINDER
    # Number 1, 2, …: on day 30, then every 60 days.
    MENTEE_PULSE = "mentee_pulse", Cause.PAIRING, Trait.WHILE_PAIRED | _REMINDER
    # One for all mentees of a mentor, numbered alike.
    MENTOR_PULSE = "mentor_pulse", Cause.PROFILE, _REMINDER
    NOT_THIS_TIME = "not_this_time", Cause.ROUND
    NO_MENTEE_THIS_TIME = "no_mentee_this_time", Cause.ROUND
    # To coordinators, also where the round failed.
    ROUND_FINISHED = "round_finished", Cause.ROUND
    # Its number is the year and week, such as 202648.
    COORDINATOR_DIGEST = "coordinator_digest", Cause.PROGRAM, _REMINDER | Trait.WEEKLY
    SIGN_IN = "sign_in", Cause.SIGN_IN_LINK, Trait.AWAITED
    WELCOME = "welcome", Cause.PROFILE
    # To someone who was imported as having agreed.
    ENROLLED = "enrolled", Cause.PROFILE
    NOT_ADMITTED = "not_admitted", Cause.PROFILE
    # Tells of what coordinators changed for someone: number 1, 2, …, as audit entries name it.
    PROFILE_CHANGED = "profile_changed", Cause.PROFILE
    # What a coordinator writes in words of their own.
    LETTER = "letter", Cause.LETTER, Trait.OPTIONAL
    # To the address that a person wants, with a link; numbered by person.
    ADDRESS_CONFIRMATION = "address_confirmation", Cause.PERSON, Trait.AWAITED
    # Their number is the person's revision of access.
    ADDRESS_REPLACED = "address_replaced", Cause.PERSON  # to the old address
    ADDRESS_CHANGED = "address_changed", Cause.PERSON  # to the new one
    COORDINATOR_ADDED = "coordinator_added", Cause.PROGRAM
    COORDINATOR_REMOVED = "coordinator_removed", Cause.PROGRAM

    # A look-up such as `EmailKind("welcome")` does not come here; only type checkers think so.
    def __new__(
        cls, value: str, cause: Cause | None = None, traits: Trait = Trait.NONE
    ) -> EmailKind:
        if cause is None:
            raise TypeError(f"the kind of email {value} names no cause")
        kind = str.__new__(cls, value)
        kind._value_, kind.cause, kind.traits = value, cause, traits
        return kind

    @classmethod
    def having(cls, trait: Trait) -> list[EmailKind]:
        """Return the kinds that have a trait, in the order in which they are listed."""
        return [kind for kind in cls if trait in kind.traits]


class EmailEventKind(enum.StrEnum):
    """What happened to an email."""

    PUT_OFF = "put_off"  # the relay asked to come again
    IN_DOUBT = "in_doubt"  # the relay may have it
    TAKEN_BACK = "taken_back"  # the worker that had it fell silent
    SENT = "sent"
    FOUND_SENT = "found_sent"  # it was in doubt, and the relay's journal has it
    FAILED = "failed"
    SUPERSEDED = "superseded"
    RESENT = "resent"  # someone asked for it by hand
    BOUNCED = "bounced"  # a report came back


class Email(Identified, Base):
    """One email, from the moment it is queued until the relay has it."""

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
        Index("ix_emails_person_id_program_id", "person_id", "program_id"),
        # What a program asked, about whom and when, is looked up without reading the emails.
        Index("ix_emails_program_id", "program_id", "kind", "cause_id", "sent_at"),
        # Few come back, and pages count them.
        Index(
            "ix_emails_came_back",
            "program_id",
            postgresql_where=text("came_back_at IS NOT NULL"),
            sqlite_where=text("came_back_at IS NOT NULL"),
        ),
    )

    #: None for an email about a person's account, which belongs to no program.
    program_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("programs.id"))
    person_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("people.id"))
    kind: Mapped[EmailKind] = mapped_column(one_of(EmailKind, "kind"))
    #: Where it goes, if not to the person's present address.
    address: Mapped[str | None] = mapped_column(String(320))
    cause_id: Mapped[uuid.UUID]
    #: Tells emails of one kind and cause apart that come again: pulses, digests.
    number: Mapped[int] = mapped_column(default=0)
    state: Mapped[EmailState] = mapped_column(one_of(EmailState, "state"))
    #: Not before this; moved on when the relay asks to try again later.
    due_at: Mapped[datetime.datetime]
    rung_at: Mapped[datetime.datetime | None]
    fence: Mapped[int] = mapped_column(default=0)
    lease_until: Mapped[datetime.datetime | None]
    #: How often the relay accepted or refused it, or should have.
    attempts: Mapped[int] = mapped_column(default=0)
    #: How often a worker died while it wrote this email.
    crashes: Mapped[int] = mapped_column(default=0)
    #: Its turn, if the relay or the recipient's domain limits emails per minute.
    slot_at: Mapped[datetime.datetime | None]
    #: Since when it may have been sent without our knowing. Never cleared: it stays listed.
    doubt_since: Mapped[datetime.datetime | None]
    #: The whole message as the latest attempt rendered it; sent again byte by byte once the relay
    #: may have it, and rewritten while it cannot.
    message: Mapped[bytes | None]
    message_id: Mapped[str | None] = mapped_column(String(255))
    last_error: Mapped[str | None] = mapped_column(Text)
    #: What it has in common with others that failed or came back for the same cause; it names no
    #: one.
    failure: Mapped[str | None] = mapped_column(String(200))
    #: When a report said that it did not arrive; None again once it is sent again.
    came_back_at: Mapped[datetime.datetime | None]
    created_at: Mapped[datetime.datetime]
    sent_at: Mapped[datetime.datetime | None]

    person: Mapped[Person] = relationship()

    @property
    def recipient(self) -> str:
        """Return the address that it goes to."""
        return self.address or self.person.email


class EmailEvent(Identified, Base):
    """One thing that happened to an email, in the words of the relay, a report or a person."""

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


class MailboxHealth(Base):
    """Whether the bounce mailbox can be read, and what is in it that no one understood."""

    __tablename__ = "mailbox_health"

    #: Its host and folder.
    name: Mapped[str] = mapped_column(String(255), primary_key=True)
    read_at: Mapped[datetime.datetime | None]
    failing_since: Mapped[datetime.datetime | None]
    reason: Mapped[str] = mapped_column(Text, default="")
    #: How many reports in it could not be read.
    not_understood: Mapped[int] = mapped_column(default=0)


class MailSlot(Base):
    """When the next email may go to the relay, or to one domain."""

    __tablename__ = "mail_slots"

    #: A domain, or `*` for the relay.
    name: Mapped[str] = mapped_column(String(255), primary_key=True)
    next_at: Mapped[datetime.datetime]
