"""`preceptor backup` and `preceptor restored`: copying the database, and restoring it."""

from __future__ import annotations

from pathlib import Path

import click

from mentorship import database
from mentorship.commands.frame import Output, command, open_engine
from mentorship.service import backups
from mentorship.settings import Settings


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@command
def backup(settings: Settings, out: Output, file: Path) -> None:
    """Copy a service's SQLite database, running or not, into a new FILE."""
    backups.copy(settings.require("database_url").database_url, file)
    out.line(f"The copy is in {file}. Keep it and the secret key where no one else can read them.")
    out.result({"file": str(file)})


@click.command()
@command
def restored(settings: Settings, out: Output) -> None:
    """Make a restored backup safe to start, so that nothing is sent twice.

    Run it after restoring a backup and before starting anything.
    """
    with database.transaction(open_engine(settings)) as session:
        held = backups.restored(session, settings)
    if settings.mail_journal:
        out.line(f"{held} emails will be sent only if the relay's journal does not have them.")
    else:
        out.line(f"{held} emails may have been sent since the backup; they are marked as failed.")
    out.result({"emails": held})
