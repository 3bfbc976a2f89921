"""Signing in, sent forms, the audit log, and signs of life of the service's parts."""

from __future__ import annotations

import datetime
import uuid
from typing import Any

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from mentorship.models.base import Base, Identified
from mentorship.models.person import Person


class SignInLink(Identified, Base):
    """A link, and a code for the browser that asked, that sign a person in once.

    Only hashes of the secrets are kept. A request for an address that no one has is a row that
    stays without a person, so that it behaves like any other.
    """

    __tablename__ = "sign_in_links"
    __table_args__ = (
        Index("ix_sign_in_links_address_created_at", "address", "created_at"),
        Index("ix_sign_in_links_origin_hash_created_at", "origin_hash", "created_at"),
    )

    person_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("people.id"), index=True)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    #: What the asking browser keeps; none for a link from the command line, which any may use.
    browser_hash: Mapped[str | None] = mapped_column(String(64), unique=True)
    code_hash: Mapped[str | None] = mapped_column(String(64))
    #: After too many wrong codes the right one is refused as well.
    wrong_codes: Mapped[int] = mapped_column(default=0)
    #: The address it was asked for, by which requests are counted.
    address: Mapped[str | None] = mapped_column(String(320))
    #: Where it was asked from, by which emails are counted: hashed with the installation's key, as
    #: there are too few network addresses for a plain hash to hide one.
    origin_hash: Mapped[str | None] = mapped_column(String(64))
    #: Whether an email is sent; without one, the codes of other requests for the address are good.
    is_emailed: Mapped[bool] = mapped_column(default=True)
    #: Whether an unknown address may sign in, as it may to join a program.
    for_joining: Mapped[bool] = mapped_column(default=False)
    #: The page to show after signing in.
    then: Mapped[str] = mapped_column(String(200), default="/")
    #: `Person.access_revision` when the person was found; a later one ends the link.
    access_revision: Mapped[int] = mapped_column(default=0)
    #: Whether the address was looked up, and the email queued if it is known.
    is_answered: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime.datetime]
    expires_at: Mapped[datetime.datetime]
    used_at: Mapped[datetime.datetime | None]

    person: Mapped[Person | None] = relationship()


class BrowserSession(Identified, Base):
    """A browser in which a person is signed in; only a hash of its cookie is kept."""

    __tablename__ = "browser_sessions"

    person_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("people.id"), index=True)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    #: `Person.access_revision` when the session began; a later one ends it.
    access_revision: Mapped[int] = mapped_column(default=0)
    user_agent: Mapped[str] = mapped_column(String(200))
    created_at: Mapped[datetime.datetime]
    expires_at: Mapped[datetime.datetime]
    ended_at: Mapped[datetime.datetime | None]

    person: Mapped[Person] = relationship()


class SentForm(Base):
    """A form that was acted on, so that sending it again does nothing."""

    __tablename__ = "sent_forms"

    #: A hash of the form's key and of what was filled in.
    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    #: The page that answered it.
    location: Mapped[str] = mapped_column(String(500))
    at: Mapped[datetime.datetime] = mapped_column(index=True)


class AuditEntry(Identified, Base):
    """One action: who did it, and to what. Ids only, never names or answers."""

    __tablename__ = "audit_entries"
    __table_args__ = (
        Index("ix_audit_entries_program_id_at", "program_id", "at"),
        # A person's page shows what happened to them.
        Index("ix_audit_entries_subject_id", "subject_id"),
    )

    at: Mapped[datetime.datetime]
    #: A person's id, or the part of the service that acted.
    actor: Mapped[str] = mapped_column(String(64))
    action: Mapped[str] = mapped_column(String(64))
    program_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("programs.id"))
    subject_id: Mapped[uuid.UUID | None]
    details: Mapped[dict[str, Any]]


class WorkerPulse(Base):
    """When a part of the service last gave a sign of life."""

    __tablename__ = "worker_pulses"

    #: Kind, host and process.
    name: Mapped[str] = mapped_column(String(255), primary_key=True)
    #: What it does: matching, mail or beat.
    kind: Mapped[str] = mapped_column(String(32))
    seen_at: Mapped[datetime.datetime]
