"""Commands about the service itself: up, migrate, doctor, healthy, sweep, backup, restored."""

from __future__ import annotations

import datetime
import os
import socket
import sys
from pathlib import Path

import click
from sqlalchemy import Engine, select

from mentorship import database, migrations
from mentorship.accounts import sign_in_links
from mentorship.commands.frame import FAILED, Output, command, open_engine, telling_errors
from mentorship.models import Person, Program
from mentorship.programs import programs
from mentorship.service import backups, doctor, heartbeats, queue, sample, up
from mentorship.settings import Settings, installation


@click.command("up")
@click.option(
    "--port",
    type=click.IntRange(1, 65535),
    default=8000,
    show_default=True,
    help="Port of the site on this machine.",
)
@click.option("--data", type=click.Path(path_type=Path), help="Folder for all data (./data).")
def up_(port: int, data: Path | None) -> None:
    """Run the whole service in the foreground; Ctrl-C stops it."""
    with telling_errors():
        settings, folder = installation(data, os.environ)
        click.echo(f"Preceptor keeps its data in {folder}")
        service = up.prepare(settings, folder, port, click.echo)
        engine = database.make_engine(settings.database_url)
        migrations.upgrade(engine)
        link = _first_program(engine, service.settings)

        def announce() -> None:
            click.echo(f"The site:     {service.settings.base_url}")
            if service.mailbox_port:
                click.echo(f"The mailbox:  http://localhost:{service.mailbox_port}")
            if link:
                click.echo(f"Sign in once: {link}")
            click.echo("Ctrl-C stops it.")

        service.run(announce)
        click.echo("Stopped.")


def _first_program(engine: Engine, settings: Settings) -> str | None:
    """Load the sample into an empty database; return a link for the sample's coordinator."""
    address = "coordinator@example.org"
    with database.transaction(engine) as session:
        if session.scalar(select(Program.id).limit(1)) is None:
            today = database.now(session).date()
            program = programs.add(
                session,
                "sample",
                programs.Settings(
                    name="Sample Mentoring Program",
                    next_round_on=today + datetime.timedelta(days=90),
                ),
            )
            programs.add_coordinator(session, program, address)
            sample.load(session, program)
        person = session.scalar(select(Person).where(Person.email_key == address))
        return sign_in_links.make_link(session, person, settings) if person else None


@click.command()
@click.option("--back-to", help="Take the tables back to an earlier revision, such as 0003.")
@command
def migrate(settings: Settings, out: Output, back_to: str | None) -> None:
    """Bring the database's tables up to this version, or back to an earlier one's."""
    url = settings.require("database_url").database_url
    if url.startswith("sqlite:///"):
        Path(url.removeprefix("sqlite:///")).parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    engine = database.make_engine(url)
    if back_to is None:
        migrations.upgrade(engine)
        out.line("The tables are current.")
    else:
        migrations.downgrade(engine, back_to)
        out.line(f"The tables are those of revision {back_to}.")
    out.result({"migrated": True})


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@command
def backup(settings: Settings, out: Output, file: Path) -> None:
    """Copy the SQLite database of a service, which may be running, into a new FILE."""
    backups.copy(settings.require("database_url").database_url, file)
    out.line(f"The copy is in {file}. Keep it, and the secret key, where nobody else reads them.")
    out.result({"file": str(file)})


@click.command()
@command
def restored(settings: Settings, out: Output) -> None:
    """After a backup was put back, before anything is started: send nothing twice."""
    with database.transaction(open_engine(settings)) as session:
        found = backups.restored(session, settings)
    if settings.mail_journal:
        out.line(f"{found} emails leave only if the relay's journal does not have them.")
    else:
        out.line(f"{found} emails may have been sent since the backup; they are kept as failed.")
    out.result({"emails": found})


@click.command("doctor")
@command
def doctor_(settings: Settings, out: Output) -> None:
    """Check address, proxy, mail, database, clock, workers and secrets, and say what to mend."""
    findings = doctor.examine(settings)
    for finding in findings:
        out.line(f"{'ok  ' if finding.ok else 'MEND'} {finding.check}: {finding.seen}")
        if finding.mend:
            out.line(f"     {finding.mend}")
    ok = all(finding.ok for finding in findings)
    out.result({"ok": ok, "findings": [vars(finding) for finding in findings]})
    if not ok:
        sys.exit(FAILED)


@click.command()
@click.argument("kind", type=click.Choice(heartbeats.KINDS))
@command
def healthy(settings: Settings, out: Output, kind: str) -> None:
    """Tell whether a part that runs on this host gave a sign of life lately."""
    host = socket.gethostname()
    with database.reading(open_engine(settings)) as session:
        silence = heartbeats.silence_here(session, kind)
    if silence is None:
        out.line(f"{kind} on {host} has given no sign of life yet.")
    else:
        out.line(f"{kind} on {host} gave a sign of life {silence.total_seconds():.0f} s ago.")
    ok = silence is not None and silence < heartbeats.SILENT
    seconds = None if silence is None else silence.total_seconds()
    out.result({"kind": kind, "host": host, "healthy": ok, "silent_seconds": seconds})
    if not ok:
        sys.exit(FAILED)


@click.command()
@command
def sweep(settings: Settings, out: Output) -> None:
    """Ring the workers for everything that is due, once."""
    settings.require("redis_url")
    rung = queue.sweep(open_engine(settings), settings, queue.make_celery(settings))
    out.line(f"The bell was rung for {rung} jobs.")
    out.result({"rung": rung})
