"""What matching everyone who waits in a program would come to; the row is the job."""

from __future__ import annotations

import datetime
import uuid
from typing import Any

from sqlalchemy import ForeignKey, Text
from sqlalchemy.orm import Mapped, mapped_column

from mentorship.models.base import Base, Identified


class Forecast(Identified, Base):
    """A program's forecast, with the advice that follows from it, renewed after changes."""

    __tablename__ = "forecasts"

    program_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("programs.id"), unique=True)
    #: From when a worker may recompute it; None while nothing has changed.
    due_at: Mapped[datetime.datetime | None]
    #: How often a worker has claimed it since then; raised with `fence`, as of rounds.
    starts: Mapped[int] = mapped_column(default=0)
    fence: Mapped[int] = mapped_column(default=0)
    lease_until: Mapped[datetime.datetime | None]
    rung_at: Mapped[datetime.datetime | None]
    #: When the people were read whom `result` and `failure` are about.
    taken_at: Mapped[datetime.datetime | None]
    #: How long computing it took, in seconds: the longer, the less often it is renewed.
    seconds: Mapped[float] = mapped_column(default=0.0)
    #: As `forecasts.record` writes it; the last one stays until there is another.
    result: Mapped[dict[str, Any] | None]
    #: Why it could not be computed.
    failure: Mapped[str | None] = mapped_column(Text)
