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
    out.line(f"Their address is now {result['email']}. Emails that failed can be sent again.")
    out.result(result)
