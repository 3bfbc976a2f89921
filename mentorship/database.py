"""The database: how it is opened, and the transaction that every edge opens around its work."""

from __future__ import annotations

import datetime
import logging
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

from sqlalchemy import (
    ColumnElement,
    Connection,
    DateTime,
    Dialect,
    Engine,
    Interval,
    NullPool,
    TypeDecorator,
    create_engine,
    event,
    func,
    literal,
    select,
    type_coerce,
)
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.orm import Session

log = logging.getLogger(__name__)

T = TypeVar("T")
_MOMENT = "moment"

SQLITE_BUSY_MS = 10_000

#: What `now` asks: written once, because it is asked several times for a page.
_SQLITE_NOW = select(func.strftime("%Y-%m-%dT%H:%M:%f+00:00", "now"))
_POSTGRESQL_NOW = select(func.clock_timestamp(type_=DateTime(timezone=True)))


class UTCDateTime(TypeDecorator[datetime.datetime]):
    """An aware time, kept and returned in UTC; a naive one is refused."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(
        self, value: datetime.datetime | None, dialect: Dialect
    ) -> datetime.datetime | None:
        """Turn a time to UTC for the database. Raises `ValueError` for a naive one."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"{value} has no time zone")
        return value.astimezone(datetime.UTC)

    def process_result_value(
        self, value: datetime.datetime | None, dialect: Dialect
    ) -> datetime.datetime | None:
        """Return a time of the database as UTC (SQLite keeps none)."""
        if value is None:
            return None
        return (value if value.tzinfo else value.replace(tzinfo=datetime.UTC)).astimezone(
            datetime.UTC
        )


def make_engine(url: str) -> Engine:
    """Return an engine for `url`, set up so that a saved row is on disk."""
    if not url.startswith("sqlite"):
        return create_engine(
            url,
            # An error must not carry what people wrote into a log.
            hide_parameters=True,
            pool_pre_ping=True,
            connect_args={
                "connect_timeout": 5,
                # A database without an encoding of its own would give bytes instead of text.
                "client_encoding": "utf8",
                # Without these a connection that is cut silently would be waited for without end.
                "keepalives_idle": 5,
                "keepalives_interval": 5,
                "keepalives_count": 2,
                "tcp_user_timeout": 10_000,
                # A statement takes this long only by mistake, and would block its worker.
                "options": "-c lock_timeout=10s -c idle_in_transaction_session_timeout=60s"
                # Parts of a time, such as its month, are those of UTC, as on SQLite.
                " -c statement_timeout=120s -c timezone=UTC",
            },
        )
    engine = create_engine(
        url,
        hide_parameters=True,
        poolclass=NullPool,
        connect_args={"timeout": SQLITE_BUSY_MS / 1000},
    )
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(connection: sqlite3.Connection, record: Any) -> None:
    # The driver must not begin transactions on its own: see _begin_sqlite.
    connection.isolation_level = None
    for pragma in (
        f"busy_timeout={SQLITE_BUSY_MS}",
        "journal_mode=WAL",
        "synchronous=FULL",
        "foreign_keys=ON",
    ):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: Connection) -> None:
    # A transaction that reads first and writes later fails at once when another one wrote in
    # between; taking the write lock at the start makes it wait instead.
    read_only = connection.get_execution_options().get("read_only", False)
    connection.exec_driver_sql("BEGIN" if read_only else "BEGIN IMMEDIATE")


@contextmanager
def transaction(bind: Engine | Connection) -> Iterator[Session]:
    """Open a session that is committed at the end, or rolled back by an exception."""
    with Session(bind, join_transaction_mode="create_savepoint", expire_on_commit=False) as session:
        yield session
        session.commit()


@contextmanager
def reading(engine: Engine) -> Iterator[Session]:
    """Open a session that only reads: it never waits for a writer, nor makes one wait."""
    bind = engine.execution_options(read_only=True)
    with Session(bind, expire_on_commit=False) as session:
        yield session


def persist(engine: Engine, seconds: float, work: Callable[[Session], T]) -> T:
    """Do some work in a transaction, trying for `seconds` while the database cannot be reached.

    For outcomes that are known and must not be lost: an email that was accepted, a round that was
    matched. `work` must be safe to repeat: a commit may have succeeded without our hearing of it.
    """
    deadline = time.monotonic() + seconds
    while True:
        try:
            with transaction(engine) as session:
                return work(session)
        except OperationalError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.5)


@contextmanager
def apart(session: Session, what: str) -> Iterator[None]:
    """Do one of several things in a transaction: where it fails, it is undone and the others go on.

    What fails is logged, whatever it is. Only a lost connection is raised: nothing can go on then.
    """
    try:
        with session.begin_nested():
            yield
    except Exception as error:
        if isinstance(error, DBAPIError) and error.connection_invalidated:
            raise
        log.exception("%s failed and is tried again", what)


@contextmanager
def one_moment(session: Session) -> Iterator[None]:
    """Let `now` stand still within this block, where it is asked for each of thousands of rows."""
    session.info[_MOMENT] = now(session)
    try:
        yield
    finally:
        del session.info[_MOMENT]


def now(session: Session) -> datetime.datetime:
    """Return the time on the database's clock, the one that leases are measured by."""
    if (moment := session.info.get(_MOMENT)) is not None:
        assert isinstance(moment, datetime.datetime)  # noqa: S101 - put there by `one_moment`
        return moment
    if session.get_bind().dialect.name == "sqlite":
        return datetime.datetime.fromisoformat(str(session.scalar(_SQLITE_NOW)))
    at = session.scalar(_POSTGRESQL_NOW)
    assert isinstance(at, datetime.datetime)  # noqa: S101 - the database's own clock
    return at


def clock(
    session: Session, plus: datetime.timedelta = datetime.timedelta()
) -> ColumnElement[datetime.datetime]:
    """Return the time on the database's clock as an expression, for use inside a statement."""
    is_sqlite = session.get_bind().dialect.name == "sqlite"
    return later(session, "now" if is_sqlite else func.clock_timestamp(), plus)


def later(session: Session, moment: Any, by: datetime.timedelta) -> ColumnElement[Any]:
    """Return a moment of a statement, later by some time, as an expression."""
    if session.get_bind().dialect.name == "sqlite":
        modifier = f"{by.total_seconds():+.3f} seconds"
        text = func.strftime("%Y-%m-%d %H:%M:%f000", moment, modifier)
        return type_coerce(text, UTCDateTime())
    at = type_coerce(moment, DateTime(timezone=True))
    return type_coerce(at + literal(by, Interval()), UTCDateTime())
