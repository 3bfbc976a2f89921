"""`preceptor migrate`: the tables of this version."""

from __future__ import annotations

from pathlib import Path

import click

from mentorship import database, migrations
from mentorship.commands.frame import Output, command
from mentorship.service import folder
from mentorship.settings import Settings


@click.command()
@click.option("--back-to", help="Take the tables back to an earlier revision, such as 0003.")
@command
def migrate(settings: Settings, out: Output, back_to: str | None) -> None:
    """Bring the database's tables up to this version, or back to an earlier one."""
    url = settings.require("database_url").database_url
    with folder.private():
        if url.startswith("sqlite:///"):
            file = Path(url.removeprefix("sqlite:///"))
            file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        engine = database.make_engine(url)
        if back_to is None:
            migrations.upgrade(engine)
            out.line("The tables are current.")
        else:
            migrations.downgrade(engine, back_to)
            out.line(f"The tables are those of revision {back_to}.")
    out.result({"migrated": True})
