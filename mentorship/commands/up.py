"""`preceptor up`: the whole service in the foreground."""

from __future__ import annotations

import contextlib
import datetime
import os
from pathlib import Path

import click
from sqlalchemy import Engine, select

from mentorship import database, migrations
from mentorship.accounts import sign_in_links
from mentorship.commands.frame import telling_errors
from mentorship.models import Person, Program
from mentorship.programs import programs
from mentorship.service import folder, installation, sample, up


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
    with telling_errors(), folder.private():
        settings, place = installation.find(data, os.environ)
        click.echo(f"Preceptor keeps its data in {place}")
        if str(place) not in settings.database_url:
            click.echo("and all rows in the database that DATABASE_URL names")
        service = up.prepare(place, port, settings)
        with contextlib.ExitStack() as running:
            supervisor = running.enter_context(service.supervisor(click.echo))
            supervisor.stop_at_signals()
            running.enter_context(installation.announced(place, service.settings))
            # These load while the tables are looked at.
            service.start_helpers(supervisor)
            engine = database.make_engine(settings.database_url)
            migrations.upgrade(engine)
            # Ctrl-C during this leaves the rest undone.
            if not supervisor.stopping:
                link = _first_program(engine, service)
                service.start(supervisor)
                supervisor.run(lambda: _announce(service, link))
            engine.dispose()
        click.echo("Stopped.")


def _announce(service: up.Service, link: str | None) -> None:
    click.echo(f"The site:     {service.settings.base_url}")
    if service.mailbox:
        click.echo(f"The mailbox:  {service.mailbox}")
    if link:
        click.echo(f"Sign in once: {link}")
    click.echo("Ctrl-C stops it.")


def _first_program(engine: Engine, service: up.Service) -> str | None:
    """Load the sample into an empty database; return a link for the sample's coordinator.

    Not if SMTP_URL names a relay: a button would email other people's addresses.
    """
    address = "coordinator@example.org"
    with database.transaction(engine) as session:
        if session.scalar(select(Program.id).limit(1)) is None:
            if not service.smtp_port:
                click.echo(
                    "There is no program yet. The sample is not loaded, because SMTP_URL names a "
                    "relay that sends emails. Next: preceptor program add SLUG --name NAME"
                )
                return None
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
        return sign_in_links.make_link(session, person, service.settings) if person else None
