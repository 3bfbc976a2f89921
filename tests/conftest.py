"""Databases, programs and people for every test, on SQLite and on PostgreSQL."""

from __future__ import annotations

import itertools
import os
import shutil
import uuid
from collections.abc import Iterator
from pathlib import Path

import factories
import hypothesis
import pytest
import servers
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from mentorship import database, migrations
from mentorship.models import Program
from mentorship.settings import Settings

# The same examples everywhere and no deadline, whether CI is set or not: a test that fails does so
# again, and a slow machine fails none. `--hypothesis-profile=default` looks for new examples.
hypothesis.settings.load_profile("ci")


@pytest.fixture(autouse=True)
def _names_do_not_depend_on_earlier_tests(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(factories, "_numbers", itertools.count(1))


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[servers.Postgres]:
    """A PostgreSQL server of our own."""
    binaries = servers.postgres_binaries()
    if binaries is None:
        servers.missing("PostgreSQL", "apt-get install postgresql")
    with servers.Postgres(binaries, tmp_path_factory.mktemp("postgres")) as server:
        yield server


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated, empty database file to copy."""
    path = tmp_path_factory.mktemp("sqlite") / "template.db"
    migrations.upgrade(database.make_engine(f"sqlite:///{path}"))
    return path


@pytest.fixture(scope="session")
def postgres_template(postgres: servers.Postgres) -> str:
    """The name of a migrated, empty database to copy."""
    name = postgres.create_database("template")
    engine = database.make_engine(postgres.url(name))
    migrations.upgrade(engine)
    engine.dispose()
    return name


@pytest.fixture
def sqlite_url(sqlite_template: Path, tmp_path: Path) -> str:
    """The address of a fresh, migrated SQLite database."""
    path = tmp_path / "test.db"
    shutil.copy(sqlite_template, path)
    return f"sqlite:///{path}"


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> str:
    """The address of a fresh, migrated database of each kind."""
    if request.param == "sqlite":
        return str(request.getfixturevalue("sqlite_url"))
    server = request.getfixturevalue("postgres")
    template = request.getfixturevalue("postgres_template")
    return str(server.url(server.create_database(f"t_{uuid.uuid4().hex}", template)))


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    """A fresh, migrated database."""
    engine = database.make_engine(database_url)
    yield engine
    engine.dispose()


@pytest.fixture
def session(engine: Engine) -> Iterator[Session]:
    """A session on a fresh database, committed at the end of the test."""
    with database.transaction(engine) as session:
        yield session


@pytest.fixture
def program(session: Session) -> Program:
    """A program with a coordinator."""
    return factories.make_program(session)


@pytest.fixture
def settings(database_url: str) -> Settings:
    """Settings in which everything that is not set explains itself when it is used."""
    return Settings(
        database_url=database_url,
        redis_url="redis://this-test-did-not-ask-for-redis.invalid",
        smtp_url="smtp://this-test-did-not-ask-for-a-relay.invalid",
        secret_key="made up for the tests, and long enough to be one",
        smtp_seconds=5,
        smtp_final_seconds=5,
    )


@pytest.fixture
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the hostile import files."""
    return servers.hostile_files(tmp_path_factory.getbasetemp())


def pytest_report_header() -> str:
    """Say what was found, so that a skipped test is no surprise."""
    return f"CI={os.environ.get('CI', '')} postgresql={servers.postgres_binaries()}"
