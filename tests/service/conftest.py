"""A running service on each database, shared by the tests of a module."""

from __future__ import annotations

import uuid
from collections.abc import Iterator

import browsing
import pytest
from playwright.sync_api import Browser, sync_playwright
from services import RunningService


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """A real browser."""
    with sync_playwright() as playwright:
        browser = browsing.launch(playwright)
        yield browser
        browser.close()


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def service(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[RunningService]:
    """A service that runs while the tests of a module use it."""
    url = None
    if request.param == "postgresql":
        server = request.getfixturevalue("postgres")
        url = server.url(server.create_database(f"service-{uuid.uuid4().hex}"))
    running = RunningService(tmp_path_factory.mktemp("service"), url)
    try:
        yield running.start()
    finally:
        running.stop()
