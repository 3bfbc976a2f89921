"""Databases, programs and people for every test, on SQLite and on PostgreSQL."""

from __future__ import annotations

import difflib
import gc
import itertools
import os
import shutil
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Any

import factories
import hypothesis
import joblib
import pytest
import scheduling
import servers
import stalls
import watchdog
from databases import ReusedPostgres, SharedEngine, fresh_database
from patience import patient
from sqlalchemy import Engine, make_url
from sqlalchemy.orm import Session
from xdist.remote import Producer

from mentorship import database, migrations
from mentorship.models import Program
from mentorship.settings import Settings

# The same examples everywhere and no deadline, whether CI is set or not: a test that fails does so
# again, and a slow machine fails none. `--hypothesis-profile=default` looks for new examples.
hypothesis.settings.load_profile("ci")

stalls.install(os.environ)

WATCHDOG = pytest.StashKey[watchdog.Watchdog]()


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Keep everything that the run makes in one folder, which is removed however it ends."""
    is_worker_of_xdist = hasattr(config, "workerinput")
    if not is_worker_of_xdist:
        config.stash[WATCHDOG] = watchdog.Watchdog()


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, exitstatus: pytest.ExitCode
) -> None:
    """Keep the files of failed tests, if they have any, and say where they are."""
    dog = terminalreporter.config.stash[WATCHDOG]
    has_failed = exitstatus == pytest.ExitCode.TESTS_FAILED
    dog.keep = has_failed and any(path.is_file() for path in dog.folder.rglob("*"))
    if dog.keep:
        terminalreporter.write_line(f"The files of failed tests are in {dog.folder}.")


def pytest_unconfigure(config: pytest.Config) -> None:
    """Clear everything else away."""
    if WATCHDOG in config.stash:
        config.stash[WATCHDOG].finish()


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """Return how many processes `-n auto` starts: none for a file or two.

    Two more than there are processors, because a third of the time some test waits for something.
    """
    files = [word for word in config.args if word.partition("::")[0].endswith(".py")]
    if len(files) == len(config.args) <= 2:
        return 0
    return int(joblib.cpu_count()) + 2


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> scheduling.Scheduling:
    """Keep tests that share a service in one process."""
    return scheduling.Scheduling(config, log)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_collection() -> Generator[None, object, object]:
    """Collect without looking for garbage: thousands of tests and their modules stay.

    Looking took a third of the time of collecting, in each process, and a tenth of that of tests.
    """
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Put together what shares something; let the time for each test grow with `PATIENCE`."""
    scheduling.put_together(items)
    usual = float(config.getini("timeout"))
    for item in items:
        mark = item.get_closest_marker("timeout")
        seconds = mark.args[0] if mark else usual
        item.add_marker(pytest.mark.timeout(patient(seconds)), append=False)


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


@pytest.fixture(scope="session")
def reused_postgres(postgres: servers.Postgres, postgres_template: str) -> Iterator[ReusedPostgres]:
    """A PostgreSQL database for one test after the other."""
    reused = ReusedPostgres(postgres, postgres_template)
    yield reused
    reused.close()


@pytest.fixture
def postgres_url(reused_postgres: ReusedPostgres) -> Iterator[str]:
    """The address of an empty, migrated PostgreSQL database."""
    yield reused_postgres.url
    reused_postgres.empty()


@pytest.fixture
def searched(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The words for which a similar one was searched so far."""
    words: list[str] = []
    search = difflib.get_close_matches

    def noted(word: str, *args: Any, **options: Any) -> list[str]:
        words.append(word)
        return search(word, *args, **options)

    monkeypatch.setattr(difflib, "get_close_matches", noted)
    return words


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> str:
    """The address of a fresh, migrated database of each kind."""
    return fresh_database(request)


@pytest.fixture(scope="session")
def shared_engines() -> Iterator[dict[str, SharedEngine]]:
    """The engine of each kind of database, by kind."""
    engines: dict[str, SharedEngine] = {}
    yield engines
    for shared in engines.values():
        shared.engine.dispose()


@pytest.fixture
def engine(database_url: str, shared_engines: dict[str, SharedEngine]) -> Iterator[Engine]:
    """A fresh, migrated database."""
    kind = make_url(database_url).get_backend_name()
    if kind not in shared_engines:
        shared_engines[kind] = SharedEngine(database_url)
    shared = shared_engines[kind]
    shared.lead_to(database_url)
    yield shared.engine
    shared.rest()


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
        smtp_seconds=patient(10),
        smtp_final_seconds=patient(10),
    )


@pytest.fixture
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the hostile import files."""
    return servers.hostile_files(tmp_path_factory.getbasetemp())


def pytest_report_header() -> str:
    """Say what was found, so that a skipped test is no surprise."""
    return f"CI={os.environ.get('CI', '')} postgresql={servers.postgres_binaries()}"
