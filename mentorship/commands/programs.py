"""`preceptor program`: the programs of an installation."""

from __future__ import annotations

import datetime

import click

from mentorship import database
from mentorship.commands.frame import Output, command, open_engine
from mentorship.programs import programs
from mentorship.settings import Settings


@click.group()
def program() -> None:
    """Manage programs."""


@program.command("add")
@click.argument("slug")
@click.option("--name", required=True, help="Its name, as people see it.")
@click.option("--next-round", type=click.DateTime(["%Y-%m-%d"]), help="Day of the next round.")
@command
def program_add(
    settings: Settings, out: Output, slug: str, name: str, next_round: datetime.datetime | None
) -> None:
    """Add a program; SLUG is its short name."""
    with database.transaction(open_engine(settings)) as session:
        day = next_round.date() if next_round else None
        made = programs.add(session, slug, programs.Settings(name=name.strip(), next_round_on=day))
        result = {"id": str(made.id), "slug": made.slug, "name": made.name}
    out.line(f"Program {slug} added. Next: preceptor coordinator add EMAIL --program {slug}")
    out.result(result)
