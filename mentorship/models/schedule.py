"""When a program's rounds start by themselves; the row is the job."""

from __future__ import annotations

import datetime
import enum
import uuid

from sqlalchemy import CheckConstraint, Date, ForeignKey, String, Time
from sqlalchemy.orm import Mapped, mapped_column

from mentorship.models.base import Base, Identified, one_of
from mentorship.models.round import Scope


class Rhythm(enum.StrEnum):
    """How often rounds start by themselves."""

    ONCE = "once"
    WEEKLY = "weekly"
    TWO_WEEKS = "two_weeks"
    MONTHLY = "monthly"


class Skipped(enum.StrEnum):
    """Why no round started though it was time."""

    ROUND_OPEN = "round_open"
    NO_ONE_WAITS = "no_one_waits"


class RoundSchedule(Identified, Base):
    """When a program's rounds start by themselves, for whom, and how much must come of one."""

    __tablename__ = "round_schedules"
    __table_args__ = (CheckConstraint("least_coverage BETWEEN 1 AND 100", name="least_coverage"),)

    program_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("programs.id"), unique=True)
    rhythm: Mapped[Rhythm] = mapped_column(one_of(Rhythm, "rhythm"))
    #: The first day; all others follow from it. The time of day is that of the clocks in `zone`.
    first_on: Mapped[datetime.date] = mapped_column(Date)
    time: Mapped[datetime.time] = mapped_column(Time)
    zone: Mapped[str] = mapped_column(String(64))
    scope: Mapped[Scope] = mapped_column(one_of(Scope, "scope"))
    #: Percent; as `Round.least_coverage`.
    least_coverage: Mapped[int]
    is_paused: Mapped[bool] = mapped_column(default=False)
    #: None while it is paused, and once the only time is past.
    next_at: Mapped[datetime.datetime | None]
    set_by: Mapped[str] = mapped_column(String(320))
    #: When it was last time, and why no round started then.
    last_at: Mapped[datetime.datetime | None]
    skipped: Mapped[Skipped | None] = mapped_column(one_of(Skipped, "skipped"))
