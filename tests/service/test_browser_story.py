"""The story in a real browser, on each database: join, approve, match, publish, meet."""

from __future__ import annotations

import browsing
import servers
from playwright.sync_api import Browser
from services import RunningService


def test_the_whole_story(service: RunningService, chromium: Browser) -> None:
    slug = service.new_program()
    link = service.coordinator_link(slug)

    browsing.tell_the_story(chromium, service.site, service.emails, slug, link, slug)

    servers.wait_until("the emails", lambda: service.all_sent(slug), 60)
    assert not any(email["in_doubt"] for email in service.outbox(slug))
