"""People and their profiles."""

from __future__ import annotations

import datetime
import uuid
from typing import Any

from sqlalchemy import (
    CheckConstraint,
    Date,
    ForeignKey,
    Index,
    LargeBinary,
    String,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship, validates

from mentorship.models.base import Base, Identified, Name, one_of
from mentorship.roles import Role
from mentorship.states import ProfileState


class Person(Identified, Base):
    """One human with one email address, however many programs and roles."""

    __tablename__ = "people"
    __table_args__ = (
        # Few have a problem, and pages count them.
        Index(
            "ix_people_address_problem",
            "id",
            postgresql_where=text("address_problem IS NOT NULL"),
            sqlite_where=text("address_problem IS NOT NULL"),
        ),
    )

    #: The address as it was entered, used for sending.
    email: Mapped[str] = mapped_column(String(320))
    #: The address in the form used for comparing: `addresses.address_key`.
    email_key: Mapped[str] = mapped_column(String(320), unique=True)
    full_name: Mapped[str] = mapped_column(Name(200))
    preferred_name: Mapped[str | None] = mapped_column(Name(200))
    pronouns: Mapped[str | None] = mapped_column(Name(200))
    #: IANA name of the zone in which this person reads times.
    timezone: Mapped[str | None] = mapped_column(String(64))
    #: Language in which this person reads pages, such as `en_GB`; None: as their browser asks.
    locale: Mapped[str | None] = mapped_column(String(16))
    #: Whether they may create programs; coordinators may without it.
    creates_programs: Mapped[bool] = mapped_column(default=False)
    #: Whether this person wants reminders, which they did not ask for by doing something.
    wants_reminders: Mapped[bool] = mapped_column(default=True)
    #: The first and the last day of a time without reminders.
    quiet_from: Mapped[datetime.date | None] = mapped_column(Date)
    quiet_until: Mapped[datetime.date | None] = mapped_column(Date)
    #: Why mail does not reach the address, in the words of the server that refused it.
    address_problem: Mapped[str | None] = mapped_column(Text)
    address_problem_at: Mapped[datetime.datetime | None]
    #: Raised when everything that gave access to this person must stop working: sessions, requests
    #: to sign in and links in emails hold the revision of their day.
    access_revision: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime.datetime]

    @property
    def called(self) -> str:
        """Return what emails and pages call this person."""
        return self.preferred_name or self.full_name


class Profile(Identified, Base):
    """A person as mentee or as mentor in one program."""

    __tablename__ = "profiles"
    __table_args__ = (
        UniqueConstraint("program_id", "person_id", "role"),
        UniqueConstraint("program_id", "role", "listed_id"),
        # Lets a pairing hold profile and person together, so that the two cannot disagree.
        UniqueConstraint("id", "person_id"),
        CheckConstraint("(role = 'mentor') = (capacity IS NOT NULL)", name="capacity_of_mentors"),
        CheckConstraint("capacity >= 0", name="capacity"),
        CheckConstraint("excess >= 0", name="excess"),
        CheckConstraint("places_taken >= 0", name="places_taken"),
        CheckConstraint(
            "capacity IS NULL OR places_taken <= capacity + excess", name="places_within_capacity"
        ),
        CheckConstraint("rounds_waiting >= 0", name="rounds_waiting"),
        # With the id, so that people who are in no list of others are counted by it alone, and with
        # all that places are counted by.
        Index(
            "ix_profiles_program_id_role_state_id",
            "program_id",
            "role",
            "state",
            "id",
            "capacity",
            "places_taken",
            "excess",
        ),
        # Lists by name are read in it, and names searched, without a look at what people answered.
        Index(
            "ix_profiles_program_id_full_name",
            "program_id",
            "full_name",
            "id",
            "role",
            "state",
            "person_id",
        ),
        # Tells when anyone last changed, without reading them all.
        Index("ix_profiles_program_id_updated_at", "program_id", "updated_at"),
    )

    program_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("programs.id"))
    person_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("people.id"), index=True)
    role: Mapped[Role] = mapped_column(one_of(Role, "role"))
    state: Mapped[ProfileState] = mapped_column(one_of(ProfileState, "state"))
    #: What this program calls the person: as its list did until they answer here themselves, then
    #: as they do. Both are kept beside `answers`, for lists and searches.
    full_name: Mapped[str] = mapped_column(Name(200), default="")
    preferred_name: Mapped[str | None] = mapped_column(Name(200))
    #: When the person first answered in this program; None while only its list has.
    answered_at: Mapped[datetime.datetime | None]
    #: The id in the coordinator's own list; do-not-match lists and picks refer to it.
    listed_id: Mapped[str] = mapped_column(String(64))
    #: What was answered, by column of `matching.profiles.columns`; empty answers are left out.
    answers: Mapped[dict[str, Any]]
    #: The columns that the person answered themselves: lists leave them alone unless told not to.
    own_answers: Mapped[list[Any]] = mapped_column(default=list)
    #: Places offered by a mentor; None for a mentee.
    capacity: Mapped[int | None]
    #: Places held by published pairings.
    places_taken: Mapped[int] = mapped_column(default=0)
    #: Places held beyond a capacity that was lowered; a coordinator decides which to end.
    excess: Mapped[int] = mapped_column(default=0)
    #: Rounds in a row in which a mentee stayed unmatched.
    rounds_waiting: Mapped[int] = mapped_column(default=0)
    #: Where this person agreed to take part; None until they have.
    consent: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[datetime.datetime]
    #: When answers or places last changed; moves to another state are in the audit log.
    updated_at: Mapped[datetime.datetime]

    person: Mapped[Person] = relationship()
    #: A `Program`; its module knows this one, so that its name is all that can stand here.
    program: Mapped[Any] = relationship("Program")

    @property
    def called(self) -> str:
        """Return what emails and pages of this program call the person."""
        return self.preferred_name or self.full_name

    @validates("answers")
    def _keep_names(self, _key: str, answers: dict[str, Any]) -> dict[str, Any]:
        self.full_name = answers.get("full_name", "")
        self.preferred_name = answers.get("preferred_name")
        return answers


class Note(Identified, Base):
    """What a coordinator wrote down about someone in a program, for its coordinators alone.

    It is about the person all the same: it is theirs to ask for, and goes with their profile.
    """

    __tablename__ = "notes"

    profile_id: Mapped[uuid.UUID] = mapped_column(
        ForeignKey("profiles.id", ondelete="CASCADE"), index=True
    )
    author_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("people.id"), index=True)
    text: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime.datetime]

    author: Mapped[Person] = relationship()


class Upload(Identified, Base):
    """A list that a coordinator uploaded and has not decided about yet."""

    __tablename__ = "uploads"

    program_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("programs.id"), index=True)
    role: Mapped[Role] = mapped_column(one_of(Role, "role"))
    name: Mapped[str] = mapped_column(String(200))
    file: Mapped[bytes] = mapped_column(LargeBinary, deferred=True)
    #: What was decided about its columns and answers: `matching.mapping.decisions.Decisions`.
    decisions: Mapped[dict[str, Any]] = mapped_column(default=dict)
    #: Questions that importing it adds to the program, or changes: `[ProgramQuestion.to_dict()]`.
    questions: Mapped[list[Any]] = mapped_column(default=list)
    #: What was read in it: `mentorship.people.stored_reports`.
    content: Mapped[bytes] = mapped_column(LargeBinary, deferred=True)
    created_at: Mapped[datetime.datetime] = mapped_column(index=True)

    program: Mapped[Any] = relationship("Program")
