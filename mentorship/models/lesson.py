"""What the outcomes of a program's pairings say about its weights."""

from __future__ import annotations

import datetime
import uuid
from typing import Any

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from mentorship.models.base import Base, Identified


class Lesson(Identified, Base):
    """What is learned of one program; the row is the job, and due while `changes` are ahead."""

    __tablename__ = "lessons"

    program_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("programs.id"), unique=True)
    #: How often something changed that it depends on, and how much of that it knows.
    changes: Mapped[int] = mapped_column(default=0)
    learned: Mapped[int] = mapped_column(default=0)
    #: How often a worker has begun since the last change.
    starts: Mapped[int] = mapped_column(default=0)
    rung_at: Mapped[datetime.datetime | None]
    #: As `matching.learning.Lesson`, and the version of the policy that it is about.
    found: Mapped[dict[str, Any] | None]
