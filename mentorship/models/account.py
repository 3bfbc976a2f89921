"""How people enter: one-time links, sessions, and the record of what was done."""

from __future__ import annotations

import datetime
import uuid
from typing import Any

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from mentorship.models.base import Base, Identified
from mentorship.models.person import Person


class SignInLink(Identified, Base):
    """A link that signs somebody in once; only a hash of its secret is kept."""

    __tablename__ = "sign_in_links"

    person_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("people.id"), index=True)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    expires_at: Mapped[datetime.datetime]
    used_at: Mapped[datetime.datetime | None]

    person: Mapped[Person] = relationship()


class BrowserSession(Identified, Base):
    """A browser in which somebody is signed in; only a hash of its cookie is kept."""

    __tablename__ = "browser_sessions"

    person_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("people.id"), index=True)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    user_agent: Mapped[str] = mapped_column(String(200))
    created_at: Mapped[datetime.datetime]
    expires_at: Mapped[datetime.datetime]
    ended_at: Mapped[datetime.datetime | None]

    person: Mapped[Person] = relationship()


class AuditEntry(Identified, Base):
    """That something was done, by whom and to what; ids only, never names or answers."""

    __tablename__ = "audit_entries"
    __table_args__ = (Index("ix_audit_entries_program_id_at", "program_id", "at"),)

    at: Mapped[datetime.datetime]
    #: A person's id, or the part of the service that acted.
    actor: Mapped[str] = mapped_column(String(64))
    action: Mapped[str] = mapped_column(String(64))
    program_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("programs.id"))
    subject_id: Mapped[uuid.UUID | None]
    details: Mapped[dict[str, Any]]


class WorkerPulse(Base):
    """That a part of the service was alive a moment ago."""

    __tablename__ = "worker_pulses"

    #: Its place: kind, host and process.
    name: Mapped[str] = mapped_column(String(255), primary_key=True)
    #: What it does: matching, mail or beat.
    kind: Mapped[str] = mapped_column(String(32))
    seen_at: Mapped[datetime.datetime]
