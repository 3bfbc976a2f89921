"""Rounds in a real browser: watched, cancelled, started by a double click, and without scripts."""

from __future__ import annotations

import re

import journeys
import pytest
from browsing import visiting
from playwright.sync_api import Browser, expect
from services import RunningService


@pytest.fixture
def service(sqlite_service: RunningService) -> RunningService:
    """A service on SQLite; pages are the same on PostgreSQL."""
    return sqlite_service


def test_everything_works_without_scripts(service: RunningService, chromium: Browser) -> None:
    slug = service.new_program()
    address = f"plain.{slug}@example.org"
    with visiting(chromium, service.site, java_script_enabled=False) as visitor:
        page = visitor.page
        visitor.open(f"/programs/{slug}/join/mentor")
        journeys.sign_in(visitor, service.emails, address)
        page.get_by_label("Full name").fill("Petra Plain")
        page.get_by_label("Where are you in your career?").select_option("early-career-physician")
        page.get_by_label("Time zone").select_option("Europe/London")
        page.get_by_label("Search in: Languages").fill("English; Spanish")
        page.get_by_label("Search in: Specialties you work in").fill("peds; OB/GYN")
        visitor.leave_by(page.get_by_role("button", name="Add").nth(1))
        expect(page.get_by_label("Pediatrics", exact=True)).to_be_checked()
        expect(page.get_by_label("Obstetrics and gynecology", exact=True)).to_be_checked()
        visitor.press("Save and continue")
        visitor.follow("Skip this step")
        page.get_by_label("I am 18 or older").check()
        visitor.press("Submit form")
        assert visitor.sees("Submitted, waiting for approval")
        visitor.look("plain-sent")
    with visiting(chromium, service.site, java_script_enabled=False) as coordinator:
        coordinator.open(service.coordinator_link(slug))
        coordinator.press("Sign in")
        coordinator.open(f"/programs/{slug}/people?state=awaiting_approval")
        coordinator.leave_by(coordinator.page.locator("tbody a").first)
        coordinator.press("Decline")  # Opens a question, by the browser itself.
        coordinator.press("Decline registration")
        assert coordinator.sees("Declined. They'll get an email.")
        coordinator.open(f"/programs/{slug}/rounds")
        coordinator.press("Start round")
        assert coordinator.sees("No one has been notified")
        coordinator.press("Discard")
        coordinator.press("Discard round")
        assert coordinator.sees("Discarded. No one was notified.")


def test_a_round_is_watched_and_cancelled(service: RunningService, chromium: Browser) -> None:
    slug = service.new_program(40, 15)
    with visiting(chromium, service.site) as coordinator:
        coordinator.open(service.coordinator_link(slug))
        coordinator.press("Sign in")
        coordinator.open(f"/programs/{slug}/rounds")
        with service.solvers_waiting():
            coordinator.press("Start round")
            service.solver()
            coordinator.page.locator("[data-progress]").wait_for()
            coordinator.look("round-matching")
            coordinator.press("Cancel round")
            coordinator.look("round-cancel-question")
            coordinator.press("Cancel round 1")
            assert coordinator.sees("It was stopped before it finished")
        coordinator.look("round-cancelled")


def test_a_double_click_and_the_back_button_start_one_round(
    service: RunningService, chromium: Browser
) -> None:
    slug = service.new_program(5, 3)
    with visiting(chromium, service.site) as coordinator:
        coordinator.open(service.coordinator_link(slug))
        coordinator.press("Sign in")
        coordinator.open(f"/programs/{slug}/rounds")
        coordinator.page.get_by_role("button", name="Start round").dblclick()
        coordinator.page.wait_for_url(re.compile(r"/rounds/[0-9a-f-]{36}$"))
        coordinator.page.go_back()
        coordinator.page.get_by_role("button", name="Start round").click()
        coordinator.page.wait_for_url(re.compile(r"/rounds/[0-9a-f-]{36}$"))
        coordinator.open(f"/programs/{slug}/rounds")
        expect(coordinator.page.locator("tbody tr")).to_have_count(1)
