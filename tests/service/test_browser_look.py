"""How pages look and feel in a real browser: the bar, long lists, and the hours of a week."""

from __future__ import annotations

import re

import browsing
import journeys
import pytest
from browsing import Visitor
from playwright.sync_api import Browser, expect
from services import RunningService
from shared import Shared

#: Returns of each row of the week its hour, where its words end, on how many lines they stand, and
#: where its boxes begin.
_HOURS = """[...document.querySelectorAll(".week tbody tr")].map(row => {
    const words = document.createRange();
    words.selectNodeContents(row.querySelector("th"));
    const box = row.querySelector("input").getBoundingClientRect();
    const end = words.getBoundingClientRect().right;
    return [words.toString(), end, words.getClientRects().length, box.left];
})"""
PHONE = {"width": 390, "height": 844}


@pytest.fixture(scope="module")
def service(shared: Shared) -> RunningService:
    """A service on SQLite; pages are the same on PostgreSQL."""
    return shared.on_sqlite()


@pytest.fixture(scope="module")
def chromium(shared: Shared) -> Browser:
    """A real browser."""
    return shared.browser()


@pytest.fixture(scope="module")
def slug(service: RunningService) -> str:
    """A program that people can join."""
    return service.new_program(4, 2)


@pytest.fixture(scope="module")
def joining(service: RunningService, chromium: Browser, slug: str) -> Visitor:
    """A mentee who reads American English and has filled in the first page of four."""
    visitor = Visitor(chromium, service.site, axe=False, locale="en-US")
    page = visitor.page
    visitor.open(f"/programs/{slug}/join/mentee")
    journeys.sign_in(visitor, service.emails, f"looks.{slug}@example.org")
    page.get_by_label("Full name").fill("Lena Looks")
    page.get_by_label("Where are you in your career?").select_option("resident")
    page.get_by_label("Time zone").select_option("Europe/London")
    visitor.choose("Languages you can meet in", "english")
    visitor.press("Save and continue")
    # It goes with the browser, which ends before this module's fixtures do.
    return visitor


def at(visitor: Visitor, section: str) -> None:
    """Open a section of the form."""
    profile = re.search("/profiles/[0-9a-f-]{36}", visitor.page.url)
    assert profile
    visitor.open(f"{profile[0]}/{section}")


def test_one_bar_holds_program_tabs_and_account_and_the_current_tab_is_in_sight(
    service: RunningService, chromium: Browser, slug: str
) -> None:
    with browsing.visiting(chromium, service.site, axe=False) as coordinator:
        page = coordinator.page
        coordinator.open(service.coordinator_link(slug))
        coordinator.press("Sign in")
        for place, tab in (
            ("desk", "Overview"), ("people", "People"), ("uploads", "People"),
            ("rounds", "Rounds"), ("emails", "Emails"), ("wording", "Emails"),
            ("policy", "Policy"), ("settings", "Settings"), ("coordinators", "Settings"),
        ):  # fmt: skip
            page.set_viewport_size({"width": 1280, "height": 800})
            coordinator.open(f"/programs/{slug}/{place}")
            bar = page.locator("header").bounding_box()
            assert bar
            assert bar["height"] == 48
            current = page.locator("header [aria-current]")
            expect(current).to_have_text(tab)
            page.set_viewport_size(PHONE)
            coordinator.open(f"/programs/{slug}/{place}")
            expect(current).to_be_in_viewport()
            box = current.bounding_box()
            assert box
            assert box["x"] >= 0, (place, box)
            assert box["x"] + box["width"] <= PHONE["width"], (place, box)


def test_enter_makes_a_chip_of_the_best_fit(joining: Visitor) -> None:
    at(joining, "hopes")
    fields = joining.page.locator("fieldset", has_text="Specialties you're interested in")
    search, chips = fields.get_by_role("combobox"), fields.locator(".chosen label")
    search.fill("peds")
    expect(fields.get_by_role("option").first).to_contain_text(re.compile("^Pediatrics"))
    search.press("Enter")
    expect(search).to_have_value("")
    search.press_sequentially("anes")
    second = fields.get_by_role("option").nth(1)
    search.press("ArrowDown")
    expect(second).to_have_attribute("aria-selected", "true")
    name = second.locator("span").first.inner_text()
    search.press("Enter")
    expect(chips).to_have_text(["Pediatrics", name])
    search.fill("OB/GYN; no such field")
    search.press("Enter")
    expect(chips).to_have_count(3)
    expect(search).to_have_value("no such field")
    expect(fields.get_by_text("No matches")).to_be_visible()

    # Every entry can be seen, with its tick, and taken back by its chip.
    search.fill("")
    fields.get_by_role("button", name=re.compile("See all")).click()
    expect(fields.get_by_label("Cardiology", exact=True)).to_be_visible()
    chips.first.click()
    expect(chips.filter(has_text="Pediatrics")).to_have_count(0)
    box = fields.get_by_label("Pediatrics", exact=True)
    expect(box).to_be_visible()
    expect(box).not_to_be_checked()


def test_what_was_typed_and_not_chosen_is_not_lost(joining: Visitor) -> None:
    at(joining, "hopes")
    page = joining.page
    topics = page.locator("fieldset", has_text="What do you want help with?")
    topics.get_by_role("combobox").fill("interview")
    fields = page.locator("fieldset", has_text="Specialties you're interested in")
    fields.get_by_role("combobox").fill("flying")
    page.get_by_label("What are you hoping for").fill("To find my way.")
    joining.press("Save and continue")
    # The page comes again: one was understood, the other is named beside its field.
    expect(fields.locator(".error")).to_be_visible()
    expect(fields.get_by_role("combobox")).to_have_value("flying")
    expect(topics.get_by_role("combobox")).to_have_value("interview")
    expect(page.get_by_label("What are you hoping for")).to_have_value("To find my way.")


def test_a_long_list_is_a_few_stops_of_the_keyboard(joining: Visitor) -> None:
    at(joining, "hopes")
    page = joining.page
    page.get_by_role("combobox").first.focus()
    stops = []
    while "Save and continue" not in stops:
        page.keyboard.press("Tab")
        stops.append(page.evaluate("document.activeElement.textContent"))
        assert len(stops) <= 12, stops


@pytest.mark.parametrize("percent", [100, 200])
def test_hours_do_not_run_into_their_grid(joining: Visitor, percent: int) -> None:
    joining.page.set_viewport_size(PHONE)
    at(joining, "meeting")
    joining.page.evaluate(f"document.documentElement.style.fontSize = '{percent}%'")
    rows = joining.page.evaluate(_HOURS)
    assert any("10:00" in hour for hour, *_ in rows)
    for hour, right, lines, left in rows:
        assert right <= left, (hour, right, left)
        assert lines == 1, hour
    joining.page.set_viewport_size({"width": 1280, "height": 800})
