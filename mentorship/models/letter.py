"""Messages that coordinators write in their own words to people of their program."""

from __future__ import annotations

import datetime
import uuid
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from mentorship.models.base import Base, Identified
from mentorship.models.person import Person


class Letter(Identified, Base):
    """One message; a draft until it is sent, when each of its readers is owed one email."""

    __tablename__ = "letters"
    __table_args__ = (Index("ix_letters_program_id_sent_at", "program_id", "sent_at"),)

    program_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("programs.id"))
    author_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("people.id"))
    #: For whom it is: `mentorship.coordination.roster.Sought.to_stored`.
    sought: Mapped[dict[str, Any]]
    subject: Mapped[str] = mapped_column(String(150))
    #: Paragraphs and lines, as they were written.
    text: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime.datetime]
    sent_at: Mapped[datetime.datetime | None]
    #: To how many people it was sent.
    readers: Mapped[int | None]

    author: Mapped[Person] = relationship()
