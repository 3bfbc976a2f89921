"""The history of the tables, and the functions that walk it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import Connection, Engine, text

#: Any number that nothing else in the database locks.
_LOCK = 7_301_984


def upgrade(engine: Engine, revision: str = "head") -> None:
    """Bring the database up to `revision`; processes that try at once wait for each other."""
    with _changing(engine) as connection:
        command.upgrade(_config(connection), revision)


def downgrade(engine: Engine, revision: str) -> None:
    """Take the database down to `revision`; "base" empties it."""
    with _changing(engine) as connection:
        command.downgrade(_config(connection), revision)


def is_current(connection: Connection) -> bool:
    """Return whether the database has the tables that this version expects."""
    context = MigrationContext.configure(connection)
    head = ScriptDirectory.from_config(_config(connection)).get_current_head()
    return context.get_current_revision() == head


def _config(connection: Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config


@contextmanager
def _changing(engine: Engine) -> Iterator[Connection]:
    """Open the one transaction in which the tables are changed, or nothing is."""
    with engine.connect() as connection:
        is_sqlite = connection.dialect.name == "sqlite"
        if is_sqlite:
            # SQLite changes a table by copying and dropping it, which would count as deleting rows
            # that others refer to. This has no effect once a transaction has begun.
            connection.connection.cursor().execute("PRAGMA foreign_keys=OFF")
        with connection.begin():
            if not is_sqlite:  # SQLite's transaction holds the write lock from its start.
                # Changing big tables may take longer than any statement of the service should.
                connection.execute(text("SET LOCAL statement_timeout = 0"))
                connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
            yield connection
            if is_sqlite and (broken := connection.execute(text("PRAGMA foreign_key_check")).all()):
                raise CommandError(f"rows of {broken[0][0]} would refer to nothing")
