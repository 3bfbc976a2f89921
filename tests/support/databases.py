"""Databases that many tests use one after the other, each as if it were new."""

from __future__ import annotations

import itertools
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from unittest import mock

import psycopg
import pytest
import servers
from sqlalchemy import Dialect, Engine, QueuePool, event, make_url, text
from sqlalchemy.pool import ConnectionPoolEntry

from mentorship import database
from mentorship.models import Base

#: The name by which PostgreSQL knows connections that serve one test after the other.
SHARED = "shared by tests"


def fresh_database(request: pytest.FixtureRequest) -> str:
    """Return the address of a fresh, migrated database; a fixture's parameter says which kind."""
    kind = "postgres" if request.param == "postgresql" else "sqlite"
    return str(request.getfixturevalue(f"{kind}_url"))


class ReusedPostgres:
    """A migrated PostgreSQL database that is emptied, which takes a hundredth of making one."""

    #: Tables with all their columns, and the version of their migration.
    _SHAPE = (
        "SELECT array_agg((oid, relname, relnatts) ORDER BY oid)::text,"
        " (SELECT array_agg(version_num)::text FROM alembic_version)"
        " FROM pg_class WHERE relnamespace = 'public'::regnamespace"
    )
    _EMPTY = "; ".join(f'DELETE FROM "{t.name}"' for t in reversed(Base.metadata.sorted_tables))

    #: What a test left open could hold a lock, or write into the next one's rows.
    _END_OTHERS = (
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE datname = current_database() AND pid != pg_backend_pid()"
        f" AND NOT (application_name = '{SHARED}' AND state = 'idle')"
    )

    def __init__(self, server: servers.Postgres, template: str) -> None:
        self._server = server
        self._template = template
        self._numbers = itertools.count(1)
        self._make()

    @property
    def url(self) -> str:
        return self._server.url(self._name)

    def empty(self) -> None:
        """Remove all rows; recreate it where a test changed its tables."""
        self._connection.execute(self._END_OTHERS)
        if self._shape() == self._made:
            self._connection.execute(self._EMPTY)
        else:
            self._connection.close()
            self._server.drop_database(self._name)
            self._make()

    def close(self) -> None:
        """Close the connection; the database goes with its server."""
        self._connection.close()

    def _make(self) -> None:
        self._name = f"reused-{next(self._numbers)}"
        self._server.create_database(self._name, self._template)
        self._connection = self._server.connect(self._name)
        self._made = self._shape()

    def _shape(self) -> tuple[Any, ...] | None:
        try:
            return self._connection.execute(self._SHAPE).fetchone()
        except psycopg.errors.UndefinedTable:
            return None


@contextmanager
def waiting(engine: Engine) -> Iterator[Callable[[], bool]]:
    """Give a question: does another thread wait for a lock that this one holds?"""
    here, begun = threading.get_ident(), threading.Event()

    def note(connection: object, cursor: object, statement: str, *_: object) -> None:
        if threading.get_ident() != here and statement == "BEGIN IMMEDIATE":
            begun.set()

    def is_waiting() -> bool:
        if engine.dialect.name == "sqlite":
            # There is one lock, which every writer takes at the beginning.
            return begun.is_set()
        with engine.connect() as connection:
            return bool(connection.scalar(text("SELECT count(*) FROM pg_locks WHERE NOT granted")))

    event.listen(engine, "before_cursor_execute", note)
    try:
        yield is_waiting
    finally:
        event.remove(engine, "before_cursor_execute", note)


class SharedEngine:
    """One engine for many databases: what it has compiled for one test serves all others.

    It keeps its connections, too, which the service does on PostgreSQL alone.
    """

    def __init__(self, url: str) -> None:
        with mock.patch.object(database, "NullPool", QueuePool):
            self.engine = database.make_engine(url)
        self._url = ""
        event.listen(self.engine, "do_connect", self._lead)
        if self.engine.dialect.name == "sqlite":
            event.listen(self.engine, "connect", _forget_power_cuts)
            event.listen(self.engine, "checkin", _check_references)

    def lead_to(self, url: str) -> None:
        """Lead to this database from now on."""
        if url != self._url:
            self.engine.dispose()
        self._url = url
        self._words, self._options = self.engine.dialect.create_connect_args(make_url(url))
        if self.engine.dialect.name == "postgresql":
            self._options["application_name"] = SHARED

    def rest(self) -> None:
        """Close the connections of a test, but for those that the next one may go on with."""
        pool = self.engine.pool
        assert isinstance(pool, QueuePool)
        if self.engine.dialect.name == "sqlite" or pool.checkedout():
            # What a thread of the test still has comes back to this pool, which stays disposed.
            event.listen(pool, "checkin", _close)
            self.engine.dispose()

    def _lead(
        self, dialect: Dialect, record: object, words: list[Any], options: dict[str, Any]
    ) -> None:
        words[:] = self._words
        options.update(self._options)


def _close(connection: object, record: ConnectionPoolEntry) -> None:
    record.invalidate()


def _forget_power_cuts(connection: sqlite3.Connection, record: object) -> None:
    """Do not wait for the disk: no test cuts the power."""
    connection.execute("PRAGMA synchronous=OFF")


def _check_references(connection: sqlite3.Connection | None, record: object) -> None:
    """Undo what a migration does to its connection, which the service closes after it."""
    if connection is not None:
        connection.execute("PRAGMA foreign_keys=ON")
