"""The story in a real browser, on each database: join, approve, match, publish, meet."""

from __future__ import annotations

import journeys
import pytest
from playwright.sync_api import Browser
from services import RunningService


# The forms that it fills in are tried on PostgreSQL by the tests of the site, rounds and emails by
# test_story.py and by chaos.
@pytest.mark.parametrize(
    "service",
    ["sqlite", pytest.param("postgresql", marks=pytest.mark.chaos_long)],
    indirect=True,
)
def test_the_whole_story(service: RunningService, chromium: Browser) -> None:
    slug = service.new_program()
    link = service.coordinator_link(slug)
    # The pages are the same on both databases.
    axe = service.database_url.startswith("sqlite")

    journeys.tell_the_story(chromium, service.site, service.emails, slug, link, axe)

    service.wait_for_emails(slug)
    assert not any(email.doubt_since for email in service.outbox(slug))
