"""`preceptor program`: the programs of an installation."""

from __future__ import annotations

import datetime

import click

from matching.profiles.columns import MOST_WANTED
from mentorship import database
from mentorship.accounts import coordinators, sign_in_links
from mentorship.commands.frame import Output, command, open_engine
from mentorship.models import Fill
from mentorship.programs import programs
from mentorship.settings import Settings


@click.group()
def program() -> None:
    """Manage programs."""


@program.command("creator")
@click.argument("email")
@command
def program_creator(settings: Settings, out: Output, email: str) -> None:
    """Let EMAIL create programs on the site, and print a link that signs them in once."""
    with database.transaction(open_engine(settings)) as session:
        person = coordinators.let_create(session, email)
        link = sign_in_links.make_link(session, person, settings)
        address = person.email
    minutes = int(sign_in_links.LINK_LIVES.total_seconds() // 60)
    out.line(f"{address} can create programs. To sign in once, within {minutes} minutes:\n{link}")
    out.result({"email": address, "link": link})


@program.command("add")
@click.argument("slug")
@click.option("--name", required=True, help="The name that people see.")
@click.option("--next-round", type=click.DateTime(["%Y-%m-%d"]), help="Day of the next round.")
@click.option(
    "--most-mentors",
    type=click.IntRange(1, MOST_WANTED),
    default=1,
    show_default=True,
    help="How many mentors a mentee can ask for.",
)
@click.option(
    "--fill",
    type=click.Choice([way.value for way in Fill]),
    default=Fill.FIRST.value,
    show_default=True,
    help="What comes before scores: a first mentor for each mentee, or all that they ask for.",
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
