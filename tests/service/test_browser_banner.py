"""What coordinators read in a real browser while a part of the service is silent."""

from __future__ import annotations

import contextlib
import datetime
from collections.abc import Iterator

import pytest
from browsing import Visitor, visiting
from patience import wait_until
from playwright.sync_api import Browser, expect
from services import BEAT, RunningService
from sqlalchemy import select
from sqlalchemy.orm import Session

from mentorship.models import WorkerPulse


@pytest.fixture
def service(sqlite_service: RunningService) -> RunningService:
    """A service on SQLite; pages are the same on PostgreSQL."""
    return sqlite_service


@contextlib.contextmanager
def coordinating(service: RunningService, chromium: Browser) -> Iterator[Visitor]:
    """A coordinator who looks at their desk, where everything works.

    No fixture: the browser of the last test ends before the fixtures of that test do.
    """
    slug = service.new_program()
    with visiting(chromium, service.site) as coordinator:
        coordinator.open(service.coordinator_link(slug))
        coordinator.press("Sign in")
        # Other tests may have paused parts of the service.
        wait_until("no banner", lambda: not has_banner(coordinator))
        yield coordinator


def has_banner(coordinator: Visitor) -> bool:
    """Return whether the page, opened again, says that something does not work."""
    coordinator.page.reload()
    return coordinator.page.locator(".banner").count() > 0


def age_sign_of_beat(session: Session) -> None:
    """Make beat's last sign of life half a minute older."""
    sign = session.scalars(select(WorkerPulse).where(WorkerPulse.kind == "beat")).one()
    sign.seen_at -= datetime.timedelta(seconds=30)


def test_when_beat_stops_a_banner_says_so(service: RunningService, chromium: Browser) -> None:
    with coordinating(service, chromium) as coordinator, service.paused(BEAT):
        service.act(age_sign_of_beat)
        # Pages look at the database every few seconds.
        wait_until("the banner", lambda: has_banner(coordinator))
        expect(coordinator.page.get_by_text("The scheduler has stopped")).to_be_visible()
        coordinator.look("banner")
        # Whoever reads the report on paper can do nothing about it.
        coordinator.page.emulate_media(media="print")
        expect(coordinator.page.locator(".banner").first).to_be_hidden()


@pytest.mark.chaos_long
def test_a_banner_says_within_a_minute_that_beat_stopped(
    service: RunningService, chromium: Browser
) -> None:
    """The promise itself; above, beat's last sign of life is made half a minute old."""
    with coordinating(service, chromium) as coordinator, service.paused(BEAT):
        wait_until("the banner", lambda: has_banner(coordinator), 60)
        expect(coordinator.page.get_by_text("The scheduler has stopped")).to_be_visible()
