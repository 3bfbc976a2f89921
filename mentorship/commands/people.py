"""`preceptor person`: people, in all their programs."""

from __future__ import annotations

import click

from mentorship import database
from mentorship.commands.frame import Output, command, open_engine
from mentorship.people import persons
from mentorship.settings import Settings


@click.group()
def person() -> None:
    """Manage people."""


@person.command("address")
@click.argument("old")
@click.argument("new")
@command
def person_address(settings: Settings, out: Output, old: str, new: str) -> None:
    """Change a person's address from OLD to NEW, in all their programs."""
    with database.transaction(open_engine(settings)) as session:
        changed = persons.change_address(session, old, new, "command")
        result = {"id": str(changed.id), "email": changed.email}
    out.line(
        f"Their address is now {result['email']}. Both addresses are notified, and they were "
        "signed out everywhere. Emails that failed can be resent."
    )
    out.result(result)


@person.command("sign-out")
@click.argument("email")
@command
def person_sign_out(settings: Settings, out: Output, email: str) -> None:
    """Sign a person out everywhere; links in emails they already have stop working."""
    with database.transaction(open_engine(settings)) as session:
        found = persons.get(session, email)
        persons.end_access(session, found, "command")
        result = {"id": str(found.id), "email": found.email}
    out.line(
        f"{result['email']} was signed out everywhere. Links in earlier emails no longer work."
    )
    out.result(result)
