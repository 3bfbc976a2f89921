"""A fleet on a database of its own, and the seed by which a storm can be had again."""

from __future__ import annotations

import logging
import os
import random
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import servers
from fleets import Fleet

from mentorship import database, migrations

log = logging.getLogger(__name__)

#: `CHAOS_SEED=…` repeats a run; without it, every run is another one.
SEED = int(os.environ.get("CHAOS_SEED", "").lstrip("0") or time.time_ns() % 1_000_000)


def pytest_report_header() -> str:
    return f"CHAOS_SEED={SEED}"


@pytest.fixture
def seed() -> int:
    """The seed of this run."""
    log.info("CHAOS_SEED=%s", SEED)  # Shown with a failure.
    return SEED


@pytest.fixture
def chance(seed: int) -> random.Random:
    return random.Random(seed)


@pytest.fixture
def frail_postgres(tmp_path: Path) -> Iterator[servers.Postgres]:
    """A PostgreSQL server of one test's own, to be killed."""
    binaries = servers.postgres_binaries()
    if binaries is None:
        servers.missing("PostgreSQL", "apt-get install postgresql")
    with servers.Postgres(binaries, tmp_path, durable=True) as server:
        engine = database.make_engine(server.url("postgres"))
        migrations.upgrade(engine)
        engine.dispose()
        yield server


@pytest.fixture
def fleets(
    tmp_path: Path, postgres: servers.Postgres, postgres_template: str, seed: int
) -> Iterator[Callable[..., Fleet]]:
    """Makes fleets on PostgreSQL, and ends them with the test."""
    started: list[Fleet] = []

    def start(**wishes: Any) -> Fleet:
        number = len(started)
        if "database_url" not in wishes:
            name = postgres.create_database(f"chaos_{uuid.uuid4().hex}", postgres_template)
            wishes["database_url"] = postgres.url(name)
        fleet = Fleet(tmp_path / f"fleet{number}", seed=seed, **wishes)
        started.append(fleet)
        return fleet.__enter__()

    yield start
    for fleet in started:
        fleet.__exit__()
    for fleet in started:
        fleet.check_logs()
        fleet.engine.dispose()
