"""Rounds that start by themselves: when, for whom, and what has to come of one.

They are proposed for review like others. One in which too few of those waiting would get a mentor
turns into a dry run. Where the service was down when it was time, one round starts late.
"""

from __future__ import annotations

import calendar
import dataclasses
import datetime
import uuid
import zoneinfo
from dataclasses import dataclass
from typing import Any

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from mentorship import audit, database
from mentorship.errors import Invalid
from mentorship.language import gettext as _
from mentorship.models import (
    Pairing,
    Profile,
    Program,
    Rhythm,
    Role,
    RoundSchedule,
    Scope,
    Skipped,
)
from mentorship.programs import programs
from mentorship.rounds import rounds
from mentorship.states import LIVE_PAIRING, ProfileState

#: A round for those affected by changes is a coordinator's answer to these changes.
SCOPES = (Scope.UNMATCHED, Scope.EVERYONE)
_WEEKS = {Rhythm.WEEKLY: 1, Rhythm.TWO_WEEKS: 2}


@dataclass(frozen=True)
class Schedule:
    """When rounds start, for whom, and percent of those waiting who must get a mentor.

    `time` is that of the clocks in `zone`. Raises `Invalid` with the fields that cannot be used.
    """

    rhythm: Rhythm
    first_on: datetime.date
    time: datetime.time
    zone: str
    scope: Scope = Scope.UNMATCHED
    least_coverage: int = 50
    is_paused: bool = False

    def __post_init__(self) -> None:
        problems = {}
        if self.first_on.year not in programs.YEARS:
            first, last = programs.YEARS[0], programs.YEARS[-1]
            problems["first_on"] = _(
                "choose a day from %(first)s to %(last)s", first=first, last=last
            )
        if self.zone not in zoneinfo.available_timezones():
            problems["zone"] = _("choose a time zone from the list")
        if self.scope not in SCOPES:
            problems["scope"] = _("choose everyone or only unmatched mentees")
        if not 1 <= self.least_coverage <= 100:
            problems["least_coverage"] = _("choose a number from 1 to %(most)s", most=100)
        if problems:
            raise Invalid("; ".join(problems.values()), fields=problems)

    def next_after(self, moment: datetime.datetime) -> datetime.datetime | None:
        """Return the first time after a moment, None where there is none.

        An hour that the clocks leave out comes an hour later, and one that comes twice the first
        time. Months without the day have it on their last.
        """
        zone = zoneinfo.ZoneInfo(self.zone)

        def at(number: int) -> datetime.datetime:
            day = self._day(number)
            return datetime.datetime.combine(day, self.time, zone).astimezone(datetime.UTC)

        if self.rhythm is Rhythm.ONCE:
            return at(0) if at(0) > moment else None
        number = self._number(moment.astimezone(zone).date())
        return next(when for k in (number, number + 1, number + 2) if (when := at(k)) > moment)

    def _number(self, day: datetime.date) -> int:
        """Return the number of the last time that may be on or before a day, 0 for the first."""
        if self.rhythm is Rhythm.MONTHLY:
            first = self.first_on
            return max(0, 12 * (day.year - first.year) + day.month - first.month - 1)
        return max(0, (day - self.first_on).days // (7 * _WEEKS[self.rhythm]))

    def _day(self, number: int) -> datetime.date:
        if self.rhythm is not Rhythm.MONTHLY:
            weeks = number * _WEEKS.get(self.rhythm, 0)
            return self.first_on + datetime.timedelta(weeks=weeks)
        year, month = divmod(12 * self.first_on.year + self.first_on.month - 1 + number, 12)
        last = calendar.monthrange(year, month + 1)[1]
        return datetime.date(year, month + 1, min(self.first_on.day, last))


def of_program(session: Session, program_id: uuid.UUID) -> RoundSchedule | None:
    """Return when a program's rounds start by themselves, None if they do not."""
    return session.scalar(select(RoundSchedule).where(RoundSchedule.program_id == program_id))


def change(session: Session, program: Program, schedule: Schedule | None, actor: str) -> None:
    """Set when a program's rounds start by themselves; None: never.

    Raises `Invalid` for a time that is past and does not come again.
    """
    session.refresh(program, with_for_update=True)
    row = of_program(session, program.id)
    if schedule is None:
        if row is not None:
            session.delete(row)
            _record(session, actor, "rounds no longer scheduled", program.id)
        return
    now = database.now(session)
    next_at = schedule.next_after(now)
    if row is not None and row.next_at is not None and row.next_at <= now:
        # Its round is late, and starts yet.
        next_at = row.next_at
    if next_at is None and not schedule.is_paused:
        past = _("choose a time in the future")
        raise Invalid(past, fields={"first_on": past})
    if row is None:
        row = RoundSchedule(program_id=program.id)
        session.add(row)
    for name, value in dataclasses.asdict(schedule).items():
        setattr(row, name, value)
    row.set_by = actor
    # What was missed during a pause is not made up for.
    row.next_at = None if schedule.is_paused else next_at
    session.flush()
    _record(session, actor, "rounds scheduled", program.id, **_stored(schedule))


def content(row: RoundSchedule) -> Schedule:
    """Return what a program's schedule says."""
    fields = dataclasses.fields(Schedule)
    return Schedule(**{field.name: getattr(row, field.name) for field in fields})


def start_due(session: Session) -> int:
    """Start the rounds whose time has come, and return how many.

    Any number of processes can do this at once: each time starts one round. Where none is started,
    because one is open or no one waits, the schedule says so. What fails for another reason is
    tried again, and holds up no other program.
    """
    at = database.now(session)
    is_due = RoundSchedule.next_at <= at
    # Programs are locked first, as by everyone who changes a schedule; what others hold is theirs.
    owned = session.scalars(
        select(Program.id)
        .join(RoundSchedule, RoundSchedule.program_id == Program.id)
        .where(is_due)
        .order_by(Program.id)
        .with_for_update(of=Program, skip_locked=True)
    ).all()
    started = 0
    for id in owned:
        with database.apart(session, f"starting the scheduled round of program {id}"):
            started += _start_due(session, session.get_one(Program, id), at)
    return started


def _start_due(session: Session, program: Program, at: datetime.datetime) -> bool:
    """Start a program's scheduled round if it is due, and return whether it was started."""
    # Read again: another process may have been quicker.
    row = session.scalar(
        select(RoundSchedule)
        .where(RoundSchedule.program_id == program.id, RoundSchedule.next_at <= at)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if row is None:
        return False
    row.skipped = _start(session, program, row)
    row.last_at, row.next_at = row.next_at, content(row).next_after(at)
    return row.skipped is None


def _start(session: Session, program: Program, row: RoundSchedule) -> Skipped | None:
    """Start a program's scheduled round, or return why none is started."""
    if not session.scalar(select(_someone_waits(program.id))):
        return Skipped.NO_ONE_WAITS
    _round, is_new = rounds.start(
        session,
        program,
        requested_by=row.set_by,
        scope=row.scope,
        least_coverage=row.least_coverage,
    )
    return None if is_new else Skipped.ROUND_OPEN


def _someone_waits(program_id: uuid.UUID) -> Any:
    has_mentor = exists().where(Pairing.mentee_id == Profile.id, Pairing.state.in_(LIVE_PAIRING))
    return exists().where(
        Profile.program_id == program_id,
        Profile.role == Role.MENTEE,
        Profile.state == ProfileState.READY,
        ~has_mentor,
    )


def _stored(schedule: Schedule) -> dict[str, Any]:
    return {
        name: value.isoformat() if isinstance(value, datetime.date | datetime.time) else value
        for name, value in dataclasses.asdict(schedule).items()
    }


def _record(
    session: Session, actor: str, action: str, program_id: uuid.UUID, **details: Any
) -> None:
    audit.record(session, actor, action, program_id=program_id, subject_id=program_id, **details)
