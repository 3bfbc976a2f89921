"""Rounds that start by themselves: when, once, and only where enough would come of them."""

from __future__ import annotations

import dataclasses
import datetime
import threading
import zoneinfo
from typing import Any

import factories
import pytest
from matched_rounds import match
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from mentorship import database
from mentorship.emails import contents
from mentorship.emails.kinds import results
from mentorship.errors import Invalid
from mentorship.models import (
    Email,
    EmailKind,
    Profile,
    Program,
    Rhythm,
    Role,
    Round,
    RoundSchedule,
    Scope,
    Skipped,
)
from mentorship.pairings import pairings
from mentorship.rounds import rounds, schedules
from mentorship.rounds.schedules import Schedule
from mentorship.settings import Settings
from mentorship.states import PairingState, RoundState

MONDAY = Schedule(Rhythm.WEEKLY, datetime.date(2026, 3, 2), datetime.time(9), "America/New_York")


def utc(text: str) -> datetime.datetime:
    return datetime.datetime.fromisoformat(text).replace(tzinfo=datetime.UTC)


@pytest.mark.parametrize(
    ("changes", "moment", "expected"),
    [
        ({}, "2026-01-01 00:00", "2026-03-02 14:00"),
        ({}, "2026-03-02 13:59", "2026-03-02 14:00"),
        # The clocks go forward on March 8: nine o'clock comes an hour earlier.
        ({}, "2026-03-02 14:00", "2026-03-09 13:00"),
        ({}, "2026-10-31 00:00", "2026-11-02 14:00"),
        ({"rhythm": Rhythm.TWO_WEEKS}, "2026-03-02 14:00", "2026-03-16 13:00"),
        ({"rhythm": Rhythm.TWO_WEEKS}, "2026-03-16 13:00", "2026-03-30 13:00"),
        ({"rhythm": Rhythm.ONCE}, "2026-03-02 14:00", None),
        ({"rhythm": Rhythm.ONCE}, "2026-03-01 14:00", "2026-03-02 14:00"),
        ({"rhythm": Rhythm.MONTHLY, "first_on": datetime.date(2026, 1, 31)},
         "2026-01-31 14:00", "2026-02-28 14:00"),
        ({"rhythm": Rhythm.MONTHLY, "first_on": datetime.date(2026, 1, 31)},
         "2026-02-28 14:00", "2026-03-31 13:00"),
        ({"rhythm": Rhythm.MONTHLY, "first_on": datetime.date(2026, 1, 31)},
         "2027-12-31 14:00", "2028-01-31 14:00"),
        # Half past two is left out on March 8, and comes twice on November 1.
        ({"first_on": datetime.date(2026, 3, 8), "time": datetime.time(2, 30)},
         "2026-03-07 00:00", "2026-03-08 07:30"),
        ({"first_on": datetime.date(2026, 11, 1), "time": datetime.time(1, 30)},
         "2026-10-30 00:00", "2026-11-01 05:30"),
        ({"first_on": datetime.date(2026, 11, 1), "time": datetime.time(1, 30)},
         "2026-11-01 05:30", "2026-11-08 06:30"),
        # East of Greenwich the day there is another one than in UTC.
        ({"zone": "Pacific/Auckland", "first_on": datetime.date(2026, 6, 1)},
         "2026-06-07 20:59", "2026-06-07 21:00"),
    ],
)  # fmt: skip
def test_when_the_next_round_is(
    changes: dict[str, object], moment: str, expected: str | None
) -> None:
    schedule = dataclasses.replace(MONDAY, **changes)  # type: ignore[arg-type]

    assert schedule.next_after(utc(moment)) == (utc(expected) if expected else None)


@pytest.mark.parametrize("rhythm", list(Rhythm))
def test_times_follow_each_other_by_the_clocks_of_the_zone(rhythm: Rhythm) -> None:
    schedule = dataclasses.replace(MONDAY, rhythm=rhythm)
    moment, times = utc("2026-01-01 00:00"), []
    while len(times) < 60 and (following := schedule.next_after(moment)):
        assert following > moment
        times.append(following)
        # Any moment until then leads to the same.
        middle = moment + (following - moment) / 2
        assert schedule.next_after(middle) == following
        moment = following
    local = [time.astimezone(zoneinfo.ZoneInfo(MONDAY.zone)) for time in times]
    assert {(time.hour, time.minute) for time in local} == {(9, 0)}
    if rhythm in (Rhythm.WEEKLY, Rhythm.TWO_WEEKS):
        assert {time.weekday() for time in local} == {0}


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"zone": "Mars/Olympus"}, "zone"),
        ({"zone": "../etc/passwd"}, "zone"),
        ({"scope": Scope.AFFECTED}, "scope"),
        ({"least_coverage": 0}, "least_coverage"),
        ({"least_coverage": 101}, "least_coverage"),
        ({"first_on": datetime.date(1, 1, 1)}, "first_on"),
    ],
)
def test_a_schedule_that_cannot_be_says_which_field(changes: dict[str, object], field: str) -> None:
    with pytest.raises(Invalid) as caught:
        dataclasses.replace(MONDAY, **changes)  # type: ignore[arg-type]
    assert list(caught.value.fields) == [field]


def due(session: Session, program: Program, **changes: object) -> RoundSchedule:
    """A schedule whose time came three weeks ago, while the service was down."""
    now = database.now(session)
    first = (now - datetime.timedelta(days=60)).date()
    schedule = dataclasses.replace(MONDAY, first_on=first, **changes)  # type: ignore[arg-type]
    schedules.change(session, program, schedule, "dana")
    row = schedules.of_program(session, program.id)
    assert row is not None
    row.next_at = now - datetime.timedelta(days=21)
    session.flush()
    return row


def test_what_was_missed_starts_one_round_late(session: Session, program: Program) -> None:
    factories.make_mentee(session, program)
    row = due(session, program, least_coverage=70)
    missed, now = row.next_at, database.now(session)

    assert schedules.start_due(session) == 1
    assert schedules.start_due(session) == 0

    round = session.scalars(select(Round)).one()
    assert (round.state, round.scope, round.dry_run) == (
        RoundState.QUEUED, Scope.UNMATCHED, False,
    )  # fmt: skip
    assert (round.least_coverage, round.requested_by) == (70, "dana")
    assert (row.last_at, row.skipped) == (missed, None)
    assert row.next_at is not None
    assert now < row.next_at <= now + datetime.timedelta(days=7)


def test_a_round_that_is_late_starts_though_its_schedule_is_saved_again(
    session: Session, program: Program
) -> None:
    factories.make_mentee(session, program)
    row = due(session, program)

    again = dataclasses.replace(schedules.content(row), least_coverage=30)
    schedules.change(session, program, again, "dana")

    assert schedules.start_due(session) == 1
    assert session.scalars(select(Round)).one().least_coverage == 30
    assert row.next_at is not None
    assert row.next_at > database.now(session)


def test_no_round_starts_where_no_one_waits(session: Session, program: Program) -> None:
    factories.make_pairing(session, program, PairingState.ACTIVE)
    row = due(session, program)

    assert schedules.start_due(session) == 0

    assert row.skipped is Skipped.NO_ONE_WAITS
    assert len(session.scalars(select(Round)).all()) == 1  # that of the pairing
    factories.make_mentee(session, program)
    row.next_at = database.now(session)
    assert schedules.start_due(session) == 1
    assert row.skipped is None


def test_no_round_starts_while_one_is_open(session: Session, program: Program) -> None:
    factories.make_mentee(session, program)
    rounds.start(session, program, requested_by="test")
    row = due(session, program)

    assert schedules.start_due(session) == 0

    assert row.skipped is Skipped.ROUND_OPEN
    assert len(session.scalars(select(Round)).all()) == 1


def test_a_pause_starts_nothing_and_is_not_made_up_for(session: Session, program: Program) -> None:
    factories.make_mentee(session, program)
    row = due(session, program)
    paused = dataclasses.replace(schedules.content(row), is_paused=True)

    schedules.change(session, program, paused, "dana")
    assert schedules.start_due(session) == 0
    schedules.change(session, program, dataclasses.replace(paused, is_paused=False), "dana")
    assert schedules.start_due(session) == 0

    assert row.next_at is not None
    assert row.next_at > database.now(session)


def test_a_single_time_comes_once_and_cannot_be_past(session: Session, program: Program) -> None:
    factories.make_mentee(session, program)
    once = dataclasses.replace(MONDAY, rhythm=Rhythm.ONCE, first_on=datetime.date(2020, 1, 1))
    with pytest.raises(Invalid, match="in the future"):
        schedules.change(session, program, once, "dana")
    schedules.change(
        session, program, dataclasses.replace(once, first_on=datetime.date(2099, 1, 1)), "dana"
    )
    row = schedules.of_program(session, program.id)
    assert row is not None
    row.first_on, row.next_at = once.first_on, database.now(session)
    session.flush()

    assert schedules.start_due(session) == 1
    assert row.next_at is None

    schedules.change(session, program, None, "dana")
    assert schedules.of_program(session, program.id) is None


def crowd(session: Session, program: Program, mentees: int, places: int) -> None:
    for _ in range(mentees):
        factories.make_mentee(session, program)
    for _ in range(places):
        factories.make_mentor(session, program)


def headline(session: Session, round: Round, settings: Settings) -> tuple[str, str]:
    row = session.scalars(select(Email).where(Email.kind == EmailKind.ROUND_FINISHED)).one()
    fields = results.round_finished(session, row, settings).fields
    return fields["headline"], fields["told"]


@pytest.mark.parametrize(("least", "is_proposed"), [(66, True), (67, False)])
def test_a_round_below_its_cutoff_is_kept_as_a_dry_run(
    session: Session, program: Program, settings: Settings, least: int, is_proposed: bool
) -> None:
    """Two of three would get a mentor; those who have one do not count."""
    factories.make_pairing(session, program, PairingState.ACTIVE)
    crowd(session, program, 3, 2)
    due(session, program, least_coverage=least, scope=Scope.EVERYONE)
    assert schedules.start_due(session) == 1

    round = match(session, session.scalars(select(Round).order_by(Round.number.desc())).first())  # type: ignore[arg-type]

    assert round.state is RoundState.PROPOSED
    assert round.dry_run is not is_proposed
    assert round.result is not None
    assert round.result["waiting"] == {"mentees": 3, "matched": 2}
    words, told = headline(session, round, settings)
    if is_proposed:
        assert words.endswith("is ready for your review")
        return
    assert words == f"Round {round.number} of {program.name} was not proposed"
    assert told == (
        "2 of 3 waiting mentees would get a mentor: 66%, and your cutoff is 67%. It is kept as a "
        "dry run, and no one was notified."
    )
    # It is not in the way of a round by hand.
    _other, is_new = rounds.start(session, program, requested_by="test")
    assert is_new


def test_a_round_that_no_one_waits_for_any_longer_is_not_proposed(
    session: Session, program: Program, settings: Settings
) -> None:
    crowd(session, program, 1, 1)
    due(session, program, scope=Scope.EVERYONE)
    schedules.start_due(session)
    round = session.scalars(select(Round)).one()
    mentee = session.scalars(select(Profile).where(Profile.role == Role.MENTEE)).one()
    pairings.leave(session, mentee)

    match(session, round)

    assert round.dry_run
    assert "No one was still waiting" in headline(session, round, settings)[1]
    rounds.discard(session, round, "test")
    with pytest.raises(contents.Outdated):
        headline(session, round, settings)


def test_one_program_in_trouble_holds_up_no_round_of_another(
    session: Session, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    made = [factories.make_program(session) for _program in range(3)]
    for program in made:
        factories.make_mentee(session, program)
        due(session, program)
    broken = sorted(made, key=lambda program: program.id)[1]
    start = rounds.start

    def failing(session: Session, program: Program, **options: Any) -> Any:
        found = start(session, program, **options)
        if program.id == broken.id:
            raise RuntimeError("something that no one thought of")
        return found

    monkeypatch.setattr(rounds, "start", failing)

    assert schedules.start_due(session) == 2

    started = set(session.scalars(select(Round.program_id)))
    assert started == {program.id for program in made} - {broken.id}
    assert f"round of program {broken.id} failed and is tried again" in caplog.text
    monkeypatch.setattr(rounds, "start", start)
    assert schedules.start_due(session) == 1


def test_several_schedulers_at_once_start_one_round(engine: Engine) -> None:
    with database.transaction(engine) as session:
        for _ in range(3):
            program = factories.make_program(session)
            factories.make_mentee(session, program)
            due(session, program)
    barrier, started = threading.Barrier(4), []

    def chore() -> None:
        barrier.wait()
        for _ in range(3):
            with database.transaction(engine) as session:
                started.append(schedules.start_due(session))

    threads = [threading.Thread(target=chore) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sum(started) == 3
    with database.reading(engine) as session:
        assert len(session.scalars(select(Round)).all()) == 3
        found = session.scalars(select(RoundSchedule)).all()
        assert {row.skipped for row in found} == {None}
        assert all(row.next_at and row.next_at > database.now(session) for row in found)
