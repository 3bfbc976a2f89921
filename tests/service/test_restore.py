"""Backups that are put back, and releases that come and go, with a service that really runs."""

from __future__ import annotations

import contextlib
import datetime
import json
import shutil
import sqlite3
import subprocess
import uuid
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest
import servers
import sqlalchemy as sa
from patience import wait_until
from services import RunningService
from sqlalchemy import Engine

from mentorship import database, migrations
from mentorship.people.identity import COLUMNS as IDENTITY

RELEASES = Path(__file__).parent / "releases"


@pytest.fixture(params=["sqlite", "postgresql"])
def stopped(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[RunningService]:
    """A service that is not running yet."""
    url = None
    if request.param == "postgresql":
        postgres: servers.Postgres = request.getfixturevalue("postgres")
        url = postgres.url(postgres.create_database(f"restore-{uuid.uuid4().hex}"))
    service = RunningService(tmp_path, url)
    service.data.mkdir()
    yield service
    if service.was_started:
        service.stop()


#: With PostgreSQL only in the long form: what is put back there is tried in the tests' own process,
#: and so is the way up and back.
RUNNING = pytest.mark.parametrize(
    "stopped",
    ["sqlite", pytest.param("postgresql", marks=pytest.mark.chaos_long)],
    indirect=True,
)


def url(service: RunningService) -> str:
    return service.environment.get("DATABASE_URL") or f"sqlite:///{service.data}/preceptor.db"


def by_reader(service: RunningService) -> Counter[str]:
    return Counter(str(message["To"]) + message["Message-ID"] for message in service.emails())


def back_up(service: RunningService, target: Path) -> None:
    if url(service).startswith("sqlite"):
        service.run("backup", str(target))
        return
    dump = [servers.postgres_binaries() / "pg_dump", "--format=custom", f"--file={target}"]
    subprocess.run([*dump, url(service)], check=True, capture_output=True)


def put_back(service: RunningService, source: Path) -> None:
    if url(service).startswith("sqlite"):
        for file in service.data.glob("preceptor.db*"):
            file.unlink()
        shutil.copy(source, service.data / "preceptor.db")
        return
    restore = [servers.postgres_binaries() / "pg_restore", "--clean", "--exit-on-error"]
    subprocess.run([*restore, f"--dbname={url(service)}", source], check=True, capture_output=True)


@RUNNING
def test_a_backup_made_while_emails_leave_loses_nothing_and_sends_nothing_twice(
    stopped: RunningService, tmp_path: Path
) -> None:
    service = stopped.start()
    slug = service.new_program(40, 15)
    round_id = service.propose_round(slug)
    service.publish_round(round_id)
    wait_until("some emails", lambda: len(service.emails()) > 5)
    # On SQLite a command makes it, and all could have left before that has begun.
    is_sqlite = url(service).startswith("sqlite")
    with service.paused("--queues=mail") if is_sqlite else contextlib.nullcontext():
        back_up(service, tmp_path / "backup")
    service.wait_for_emails(slug)
    before = service.shown_round(round_id)
    service.stop()

    put_back(service, tmp_path / "backup")
    service.environment["MAIL_JOURNAL"] = str(service.data / "mailbox")
    assert service.run("restored")["emails"] > 0
    service.start()

    service.wait_for_emails(slug)
    assert service.shown_round(round_id)["pairs"] == before["pairs"]
    service.check_emails(slug, round_id)
    assert set(by_reader(service).values()) == {1}


@RUNNING
def test_the_previous_release_goes_up_sends_what_it_owed_and_back_again(
    stopped: RunningService,
) -> None:
    engine = load(stopped, "0.1.0", "0003")
    before = rows(engine)
    owed = {row["id"] for row in before["emails"] if row["state"] != "sent"}
    assert owed
    service = stopped.start()
    service.wait_for_emails("p2")
    service.stop()

    assert len(service.emails()) == len(owed), "what was sent before is not sent again"
    assert set(by_reader(service).values()) == {1}
    service.run("migrate", "--back-to", "0003")
    after = rows(engine)
    check_kept(before, after)
    assert {row["state"] for row in after["emails"]} == {"sent"}
    service.run("migrate")
    with engine.connect() as connection:
        assert migrations.is_current(connection)
    engine.dispose()


def test_the_rows_of_the_previous_release_go_up_and_back_again(stopped: RunningService) -> None:
    engine = load(stopped, "0.1.0", "0003")
    before = rows(engine)

    migrations.upgrade(engine)
    migrations.downgrade(engine, "0003")

    after = rows(engine)
    check_kept(before, after)
    assert [row["state"] for row in after["emails"]] == [row["state"] for row in before["emails"]]
    migrations.upgrade(engine)
    with engine.connect() as connection:
        assert migrations.is_current(connection)
    engine.dispose()


def check_kept(before: dict[str, list[dict[str, Any]]], after: dict[str, list[Any]]) -> None:
    """Check that nothing of a release's rows is lost, but for what becomes of its emails."""
    assert after.keys() == before.keys()
    for table in ("people", "pairings", "rounds", "unmatched", "policies"):
        assert after[table] == before[table], table
    # Its programs give identity no weight, so what it had kept of it is gone.
    assert any(IDENTITY & row["answers"].keys() for row in before["profiles"])
    assert by_id(after["profiles"]) == by_id(map(without_identity, before["profiles"]))
    assert [without_fate(row) for row in after["emails"]] == [
        without_fate(row) for row in before["emails"]
    ]


def by_id(rows: Iterable[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    return {str(row["id"]): row for row in rows}


def without_identity(row: dict[str, Any]) -> dict[str, Any]:
    kept = {name: value for name, value in row["answers"].items() if name not in IDENTITY}
    return row | {"answers": kept}


def without_fate(row: dict[str, Any]) -> dict[str, Any]:
    kept = ("id", "kind", "cause_id", "person_id", "program_id", "created_at")
    return {name: row[name] for name in kept}


def rows(engine: Engine) -> dict[str, list[dict[str, Any]]]:
    """All rows of all tables, by table and in one order."""
    tables = sa.MetaData()
    tables.reflect(engine)
    with engine.connect() as connection:
        return {
            table.name: sorted(
                (dict(row._mapping) for row in connection.execute(sa.select(table))), key=repr
            )
            for table in tables.sorted_tables
            if table.name not in ("alembic_version", "worker_pulses", "sign_in_links")
        }


def load(service: RunningService, release: str, revision: str) -> Engine:
    """Put the database of an earlier release in place: SQLite as it was, PostgreSQL row by row."""
    text = (RELEASES / f"{release}.sql").read_text(encoding="utf-8")
    if url(service).startswith("sqlite"):
        file = sqlite3.connect(service.data / "preceptor.db")
        file.executescript(text)
        file.close()
        return database.make_engine(url(service))
    engine = database.make_engine(url(service))
    migrations.upgrade(engine, revision)
    source = sqlite3.connect(":memory:")
    source.executescript(text)
    source.row_factory = sqlite3.Row
    tables = sa.MetaData()
    tables.reflect(engine)
    with engine.begin() as connection:
        for table in tables.sorted_tables:
            found = source.execute(f'SELECT * FROM "{table.name}"').fetchall()  # noqa: S608
            values = [
                {column.name: typed(column.type, row[column.name]) for column in table.c}
                for row in found
            ]
            if values and table.name != "alembic_version":
                connection.execute(table.insert(), values)
    source.close()
    return engine


def typed(kind: sa.types.TypeEngine[Any], value: Any) -> Any:
    """What SQLite keeps as text, as PostgreSQL keeps it."""
    if value is None:
        return None
    if isinstance(kind, sa.Uuid):
        return uuid.UUID(value)
    if isinstance(kind, sa.DateTime):
        return datetime.datetime.fromisoformat(value).replace(tzinfo=datetime.UTC)
    if isinstance(kind, sa.Date):
        return datetime.date.fromisoformat(value)
    if isinstance(kind, sa.JSON):
        return json.loads(value)
    return bool(value) if isinstance(kind, sa.Boolean) else value
