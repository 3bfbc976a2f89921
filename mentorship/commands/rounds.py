"""`preceptor round`: start, show, publish or cancel a round."""

from __future__ import annotations

import dataclasses
import datetime
import sys
import time
import uuid
from typing import Any

import click
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from mentorship import database
from mentorship.commands.frame import FAILED, Output, command, in_program, open_engine
from mentorship.coordination import review
from mentorship.errors import Invalid, Unavailable
from mentorship.models import Existing, Rhythm, Round, RoundSchedule, Scope
from mentorship.programs import programs
from mentorship.rounds import decisions, publishing, rounds, schedules
from mentorship.service import heartbeats
from mentorship.settings import Settings
from mentorship.states import RoundState


@click.group("round")
def round_() -> None:
    """Manage rounds of matching."""


@round_.command("start")
@in_program
@click.option(
    "--scope", type=click.Choice([s.value for s in Scope]), default="everyone", show_default=True
)
@click.option(
    "--existing", type=click.Choice([e.value for e in Existing]), default="keep", show_default=True
)
@click.option("--dry-run", is_flag=True, help="Match, but never publish.")
@click.option("--leave-out", multiple=True, help="Email address or ID of someone to leave out.")
@click.option("--wait", is_flag=True, help="Show progress until the round is matched.")
@command
def round_start(
    settings: Settings,
    out: Output,
    slug: str,
    scope: str,
    existing: str,
    dry_run: bool,
    leave_out: tuple[str, ...],
    wait: bool,
) -> None:
    """Start a round, or show the one that is already open."""
    engine = open_engine(settings)
    with database.transaction(engine) as session:
        program = programs.get(session, slug)
        left_out = decisions.named(session, program.id, "\n".join(leave_out))
        started, is_new = rounds.start(
            session,
            program,
            requested_by="command",
            scope=Scope(scope),
            existing=Existing(existing),
            dry_run=dry_run,
        )
        if is_new:
            decisions.leave_out(session, started, left_out, "command")
        round_id = started.id
    what = "is queued" if is_new else "is open already"
    out.line(f"Round {round_id} {what}.")
    state = _wait(engine, out, round_id) if wait else started.state
    out.result({"id": str(round_id), "state": state.value, "created": is_new})
    if state in (RoundState.FAILED, RoundState.CANCELLED):
        sys.exit(FAILED)


def _wait(engine: Engine, out: Output, round_id: uuid.UUID) -> RoundState:
    """Show progress until a round is matched. Raises `Unavailable` if no worker is alive."""
    began = time.monotonic()
    last = ""
    while True:
        with database.reading(engine) as session:
            round = rounds.get(session, round_id)
            state, progress, failure = round.state, round.progress, round.failure
            is_worked_on = heartbeats.is_alive(session, "matching")
        shown = (progress or {}).get("stage", state.value)
        if shown != last:
            out.line(f"  {time.monotonic() - began:5.1f} s  {shown}")
            last = shown
        if state not in (RoundState.QUEUED, RoundState.MATCHING):
            if failure:
                click.echo(f"preceptor: {failure}", err=True)
            return state
        if not is_worked_on and time.monotonic() - began > heartbeats.SILENT.total_seconds():
            raise Unavailable(
                f"no worker has responded for {heartbeats.SILENT.total_seconds():.0f} s; "
                "start one to continue the round"
            )
        time.sleep(0.2)


def _round(session: Session, round_id: str) -> Round:
    try:
        return rounds.get(session, uuid.UUID(round_id))
    except ValueError:
        raise Invalid(f"{round_id!r} is not the ID of a round") from None


@round_.command("show")
@click.argument("round_id", metavar="ID")
@command
def round_show(settings: Settings, out: Output, round_id: str) -> None:
    """Show a round: its pairs, unmatched people, reasons, and proof."""
    with database.reading(open_engine(settings)) as session:
        report = review.of_round(session, _round(session, round_id))
    out.line(f"Round {report['number']}: {report['state']}")
    for why in (report["failure"], report["shortfall"]):
        if why:
            out.line(why)
    for note in report["notes"]:
        out.line(f"Note: {note}")
    for pair in report["pairs"]:
        out.line(f"{pair['score'] / 10_000:4.0f}  {pair['mentee']} with {pair['mentor']}")
        for reason in pair["reasons"]:
            out.line(f"      {reason}")
    for person in report["unmatched"]:
        out.line(f"   -  {person['person']} ({person['role']}): {person['reason']}")
    if report["certificate"]:
        proof = report["certificate"]
        out.line(
            f"Value {proof['value']:,}, upper bound {proof['upper_bound']:,}, "
            f"gap {proof['gap']:,}: "
            f"{'proved optimal' if proof['is_optimal'] else 'not proved optimal'}"
        )
    out.result(report)


@round_.command("schedule")
@in_program
@click.option("--rhythm", type=click.Choice([r.value for r in Rhythm]))
@click.option(
    "--first", type=click.DateTime(["%Y-%m-%dT%H:%M"]), help="Day and time of the first round."
)
@click.option("--zone", help="Time zone of that time, such as Europe/London.")
@click.option(
    "--scope",
    type=click.Choice([s.value for s in schedules.SCOPES]),
    default="unmatched",
    show_default=True,
)
@click.option(
    "--at-least",
    type=click.IntRange(1, 100),
    default=50,
    show_default=True,
    help="Percent of waiting mentees who must get a mentor for the round to be proposed.",
)
@click.option("--pause/--resume", default=None, help="Pause or resume the schedule.")
@click.option("--never", is_flag=True, help="Remove the schedule.")
@command
def round_schedule(
    settings: Settings,
    out: Output,
    slug: str,
    rhythm: str | None,
    first: datetime.datetime | None,
    zone: str | None,
    scope: str,
    at_least: int,
    pause: bool | None,
    never: bool,
) -> None:
    """Schedule rounds, or show the schedule."""
    with database.transaction(open_engine(settings)) as session:
        program = programs.get(session, slug)
        row = schedules.of_program(session, program.id)
        if never:
            schedules.change(session, program, None, "command")
        elif rhythm is not None:
            if first is None or zone is None:
                raise Invalid("--rhythm needs --first and --zone, too")
            schedule = schedules.Schedule(
                Rhythm(rhythm),
                first.date(),
                first.time(),
                zone,
                Scope(scope),
                at_least,
                bool(pause),
            )
            schedules.change(session, program, schedule, "command")
        elif pause is not None:
            if row is None:
                raise Invalid("no rounds are scheduled; --rhythm schedules them")
            changed = dataclasses.replace(schedules.content(row), is_paused=pause)
            schedules.change(session, program, changed, "command")
        row = schedules.of_program(session, program.id)
        result = _schedule_in_json(row) if row else None
    if result is None:
        out.line("No rounds are scheduled.")
    else:
        out.line("Rounds are paused." if result["paused"] else f"Next round: {result['next_at']}")
    out.result({"schedule": result})


def _schedule_in_json(row: RoundSchedule) -> dict[str, Any]:
    return {
        "rhythm": row.rhythm.value,
        "first_on": row.first_on.isoformat(),
        "time": row.time.isoformat("minutes"),
        "zone": row.zone,
        "scope": row.scope.value,
        "at_least": row.least_coverage,
        "paused": row.is_paused,
        "next_at": row.next_at.isoformat() if row.next_at else None,
        "last_at": row.last_at.isoformat() if row.last_at else None,
        "skipped": row.skipped.value if row.skipped else None,
    }


@round_.command("publish")
@click.argument("round_id", metavar="ID")
@click.option("--held", is_flag=True, help="Publish pairs that are held back, too.")
@command
def round_publish(settings: Settings, out: Output, round_id: str, held: bool) -> None:
    """Publish a proposed round: pairings begin, and everyone gets an email."""
    with database.transaction(open_engine(settings)) as session:
        round = _round(session, round_id)
        is_new = publishing.publish(session, round, "command")
        if held and review.held(session, round.id):
            is_new = publishing.publish_held(session, round, "command") > 0
        left = review.held(session, round.id)
    out.line("Published. The emails are being sent." if is_new else "It was published already.")
    if left:
        out.line(f"Pairs that are held back: {left}. `--held` publishes them.")
    out.result({"id": round_id, "state": "published", "published_now": is_new, "held": left})


@round_.command("cancel")
@click.argument("round_id", metavar="ID")
@command
def round_cancel(settings: Settings, out: Output, round_id: str) -> None:
    """Cancel a round that is not matched yet, or discard one that is not published."""
    with database.transaction(open_engine(settings)) as session:
        round = _round(session, round_id)
        if round.state is RoundState.PROPOSED:
            rounds.discard(session, round, "command")
        else:
            rounds.cancel(session, round, "command")
        state = round.state
    out.line(f"The round is {state}.")
    out.result({"id": round_id, "state": state.value})
