"""`preceptor coordinator`: who runs a program."""

from __future__ import annotations

import click

from mentorship import database
from mentorship.accounts import coordinators, sign_in_links
from mentorship.commands.frame import Output, command, in_program, open_engine
from mentorship.people import persons
from mentorship.programs import programs
from mentorship.settings import Settings


@click.group()
def coordinator() -> None:
    """Manage coordinators."""


@coordinator.command("add")
@click.argument("email")
@in_program
@command
def coordinator_add(settings: Settings, out: Output, email: str, slug: str) -> None:
    """Make EMAIL a coordinator of a program, and print a link that signs them in once."""
    with database.transaction(open_engine(settings)) as session:
        person = coordinators.appoint(session, programs.get(session, slug), email, "command")
        link = sign_in_links.make_link(session, person, settings)
        address = person.email
    minutes = int(sign_in_links.LINK_LIVES.total_seconds() // 60)
    out.line(f"{address} coordinates {slug}. To sign in once, within {minutes} minutes:\n{link}")
    out.result({"email": address, "program": slug, "link": link})


@coordinator.command("remove")
@click.argument("email")
@in_program
@command
def coordinator_remove(settings: Settings, out: Output, email: str, slug: str) -> None:
    """Remove EMAIL from a program's coordinators, and sign them out everywhere."""
    with database.transaction(open_engine(settings)) as session:
        person = persons.get(session, email)
        coordinators.dismiss(session, programs.get(session, slug), person.id, "command")
        address = person.email
    out.line(f"{address} no longer coordinates {slug}, and was signed out everywhere.")
    out.result({"email": address, "program": slug})
