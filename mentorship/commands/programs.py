"""`preceptor program`: the programs of an installation."""

from __future__ import annotations

import datetime

import click

from matching.profiles.columns import MOST_WANTED
from mentorship import database
from mentorship.commands.frame import Output, command, open_engine
from mentorship.models import Fill
from mentorship.programs import programs
from mentorship.settings import Settings


@click.group()
def program() -> None:
    """Manage programs."""


@program.command("add")
@click.argument("slug")
@click.option("--name", required=True, help="Its name, as people see it.")
@click.option("--next-round", type=click.DateTime(["%Y-%m-%d"]), help="Day of the next round.")
@click.option(
    "--most-mentors",
    type=click.IntRange(1, MOST_WANTED),
    default=1,
    show_default=True,
    help="How many mentors a mentee may wish for.",
)
@click.option(
    "--fill",
    type=click.Choice([way.value for way in Fill]),
    default=Fill.FIRST.value,
    show_default=True,
    help="What comes before scores: a first mentor for each mentee, or all that they wish for.",
)
@command
def program_add(
    settings: Settings,
    out: Output,
    slug: str,
    name: str,
    next_round: datetime.datetime | None,
    most_mentors: int,
    fill: str,
) -> None:
    """Add a program; SLUG is its short name."""
    with database.transaction(open_engine(settings)) as session:
        day = next_round.date() if next_round else None
        chosen = programs.Settings(
            name=name.strip(), next_round_on=day, most_mentors=most_mentors, fill=Fill(fill)
        )
        made = programs.add(session, slug, chosen)
        result = {"id": str(made.id), "slug": made.slug, "name": made.name}
    out.line(f"Program {slug} added. Next: preceptor coordinator add EMAIL --program {slug}")
    out.result(result)
