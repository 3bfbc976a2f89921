"""A running service on each database and a real browser, shared by tests in a row."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import scheduling
import servers
from playwright.sync_api import Browser
from services import RunningService
from shared import Shared

SHARED = pytest.StashKey[Shared]()


@pytest.fixture(scope="session")
def shared(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Shared]:
    """What tests share; it ends with the last of them, so request it in each test or module."""
    request.session.stash[SHARED] = shared = Shared(tmp_path_factory)
    yield shared
    # Where a run ends before its time.
    shared.end()


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_teardown(item: pytest.Item, nextitem: pytest.Item | None) -> None:
    """End what is shared after the last of its tests, and before the database that it uses."""
    if SHARED in item.session.stash and scheduling.is_last_of_group(item, nextitem):
        item.session.stash[SHARED].end()


@pytest.fixture
def chromium(shared: Shared) -> Browser:
    """A real browser."""
    return shared.browser()


@pytest.fixture
def sqlite_service(shared: Shared) -> RunningService:
    """A service on SQLite."""
    return shared.on_sqlite()


@pytest.fixture
def postgresql_service(shared: Shared, postgres: servers.Postgres) -> RunningService:
    """A service on PostgreSQL."""
    return shared.on_postgresql(postgres)


@pytest.fixture(params=["sqlite", "postgresql"])
def service(request: pytest.FixtureRequest) -> RunningService:
    """A service on each database."""
    return request.getfixturevalue(f"{request.param}_service")  # type: ignore[no-any-return]
