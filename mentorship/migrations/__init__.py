"""Migrations: the history of the tables, and the functions that change them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, Engine, inspect, text

from mentorship import database
from mentorship.errors import Unavailable

# Alembic is imported where the tables change: every start, every command and every check of the
# site's health asks whether they are current, which needs none of it.
if TYPE_CHECKING:
    from alembic.config import Config

_FOLDER = Path(__file__).parent
#: Any number that nothing else in the database locks.
_LOCK = 7_301_984


def upgrade(engine: Engine, revision: str = "head") -> None:
    """Bring the database up to `revision`; processes that try at once wait for each other.

    Raises `Unavailable` if there is no way from its tables to those.
    """
    if revision == "head":
        with database.reading(engine) as session:
            if is_current(session.connection()):
                return
    from alembic import command

    with _changing(engine) as connection:
        command.upgrade(_config(connection), revision)


def downgrade(engine: Engine, revision: str) -> None:
    """Take the database down to `revision`; "base" empties it. Raises `Unavailable` likewise."""
    from alembic import command

    with _changing(engine) as connection:
        command.downgrade(_config(connection), revision)


def newest() -> str:
    """Return the revision that this version expects: the number of the last file of versions."""
    return max(file.name[:4] for file in (_FOLDER / "versions").glob("[0-9]*.py"))


def is_current(connection: Connection) -> bool:
    """Return whether the database has the tables that this version expects."""
    if not inspect(connection).has_table("alembic_version"):
        return False
    revisions = connection.scalars(text("SELECT version_num FROM alembic_version")).all()
    return revisions == [newest()]


def _config(connection: Connection) -> Config:
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(_FOLDER))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config


@contextmanager
def _changing(engine: Engine) -> Iterator[Connection]:
    """Open the one transaction in which the tables are changed, or nothing is."""
    from alembic.util import CommandError

    with engine.connect() as connection:
        is_sqlite = connection.dialect.name == "sqlite"
        if is_sqlite:
            # SQLite changes a table by copying and dropping it, which would count as deleting rows
            # that others refer to. This has no effect once a transaction has begun.
            connection.connection.cursor().execute("PRAGMA foreign_keys=OFF")
        try:
            with connection.begin():
                if not is_sqlite:  # SQLite's transaction holds the write lock from its start.
                    # Changing big tables may take longer than any statement of the service should.
                    connection.execute(text("SET LOCAL statement_timeout = 0"))
                    connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
                yield connection
                if is_sqlite:
                    _check_references(connection)
        except CommandError as error:
            raise Unavailable(f"the tables cannot be changed: {error}") from None


def _check_references(connection: Connection) -> None:
    if broken := connection.execute(text("PRAGMA foreign_key_check")).all():
        raise Unavailable(
            f"the tables cannot be changed: rows of {broken[0][0]} would refer to nothing"
        )
