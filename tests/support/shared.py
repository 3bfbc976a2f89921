"""Services and a browser that tests share: started for the first of them, ended with the last.

A service that no one uses goes on sweeping and giving signs of life, which took a tenth to a fifth
of a processor. So none outlives its tests.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from typing import Any

import browsing
import pytest
import servers
from playwright.sync_api import Browser, sync_playwright
from services import RunningService


class Shared:
    """What a group of tests shares, as `scheduling.py` puts them together."""

    def __init__(self, folders: pytest.TempPathFactory) -> None:
        self._folders = folders
        self._started: dict[str, Any] = {}
        self._ends = ExitStack()

    def on_sqlite(self) -> RunningService:
        """Return the service on SQLite."""
        return self._get("sqlite", self._service(None))  # type: ignore[no-any-return]

    def on_postgresql(self, postgres: servers.Postgres) -> RunningService:
        """Return the service on PostgreSQL."""
        return self._get("postgresql", self._service(postgres))  # type: ignore[no-any-return]

    def browser(self) -> Browser:
        """Return a real browser."""
        return self._get("browser", _browser())  # type: ignore[no-any-return]

    def end(self) -> None:
        """End what runs; it is restarted when it is needed again."""
        self._started.clear()
        self._ends.close()

    def _get(self, name: str, start: AbstractContextManager[Any]) -> Any:
        if name not in self._started:
            self._started[name] = self._ends.enter_context(start)
        return self._started[name]

    @contextmanager
    def _service(self, postgres: servers.Postgres | None) -> Iterator[RunningService]:
        url = None
        if postgres is not None:
            url = postgres.url(postgres.create_database(f"service-{uuid.uuid4().hex}"))
        service = RunningService(self._folders.mktemp("service"), url)
        try:
            yield service.start()
        finally:
            service.stop()


@contextmanager
def _browser() -> Iterator[Browser]:
    with sync_playwright() as playwright, browsing.launch(playwright) as browser:
        yield browser
