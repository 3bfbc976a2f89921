"""The history of the tables, and the functions that walk it."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, text

#: Any number that nothing else in the database locks.
_LOCK = 7_301_984


def upgrade(engine: Engine, revision: str = "head") -> None:
    """Bring the database up to `revision`; processes that try at once wait for each other."""
    with engine.begin() as connection:
        _wait_for_others(connection)
        command.upgrade(_config(connection), revision)


def downgrade(engine: Engine, revision: str) -> None:
    """Take the database down to `revision`; "base" empties it."""
    with engine.begin() as connection:
        _wait_for_others(connection)
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


def _wait_for_others(connection: Connection) -> None:
    # SQLite's transaction holds the write lock from its start.
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
