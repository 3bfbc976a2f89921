"""The pages in a real browser: a coordinator's way, at two widths, light and dark, with axe."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import servers
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, sync_playwright
from services import RunningService


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningService]:
    """A service on SQLite with a published round."""
    running = RunningService(tmp_path_factory.mktemp("browser"), None)
    try:
        running.start()
        round_id = running.run("round", "start", "--program", "sample", "--wait")["id"]
        running.run("round", "publish", round_id)
        running.run("round", "start", "--program", "sample", "--dry-run")
        yield running
    finally:
        running.stop()


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """Debian's Chromium, headless."""
    path = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
    if path is None:
        servers.missing("Chromium", "apt-get install chromium, or name one in CHROMIUM")
    quiet = [
        "--no-sandbox",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
    ]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=quiet)
        yield browser
        browser.close()


def look(page: Page, complaints: list[str], name: str) -> None:
    """Look at a page as a machine can: axe, overflow, and nothing said on the console."""
    found = Axe().run(page)
    assert found.violations_count == 0, f"{name}: {found.generate_report()}"
    width = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
    assert width <= 0, f"{name} is {width} px wider than the window"
    assert complaints == [], name
    if folder := os.environ.get("SCREENSHOTS"):
        page.screenshot(path=Path(folder) / f"{name}.png")


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_coordinator_finds_the_way_from_the_link_to_the_reasons(
    service: RunningService, chromium: Browser, width: int, scheme: Any
) -> None:
    link = service.run("coordinator", "add", "coordinator@example.org", "--program", "sample")[
        "link"
    ]
    context = chromium.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)
    page = context.new_page()
    complaints: list[str] = []
    hosts: set[str] = set()
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("request", lambda request: hosts.add(request.url.split("/")[2]))
    site = f"http://localhost:{service.port}"
    name = f"{width}-{scheme}"

    page.goto(site)
    look(page, complaints, f"{name}-home")
    page.get_by_role("link", name="Sign in").click()
    look(page, complaints, f"{name}-sign-in")
    page.goto(link)
    look(page, complaints, f"{name}-link")
    page.get_by_role("main").get_by_role("button", name="Sign in").click()
    page.wait_for_url(f"{site}/")
    look(page, complaints, f"{name}-programs")
    page.get_by_role("link", name="Sample Mentoring Program").click()
    look(page, complaints, f"{name}-rounds")
    page.get_by_role("link", name="Round 1").click()
    assert page.get_by_text("Optimal").is_visible()
    look(page, complaints, f"{name}-round")
    assert hosts == {f"localhost:{service.port}"}

    page.get_by_role("button", name="Sign out").click()
    assert page.get_by_role("link", name="Sign in").is_visible()
    page.goto(f"{site}/programs/sample/rounds")
    assert page.url == f"{site}/sign-in"
    complaints.clear()
    page.goto(link)
    assert page.get_by_role("heading", name="This link no longer works").is_visible()
    assert all("410" in complaint for complaint in complaints)
    complaints.clear()
    look(page, complaints, f"{name}-used-link")
    context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_emails_are_seen_as_their_readers_see_them(
    service: RunningService, chromium: Browser, scheme: Any
) -> None:
    mailbox = service.output().split("The mailbox:  ")[1].split()[0]
    servers.wait_until(
        "an introduction", lambda: any("is your mentor" in m["Subject"] for m in service.emails())
    )
    context = chromium.new_context(viewport={"width": 390, "height": 900}, color_scheme=scheme)
    page = context.new_page()
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))

    page.goto(f"{mailbox}/?to=is+your+mentor")
    look(page, complaints, f"mailbox-{scheme}")
    page.locator("td a").first.click()
    letter = page.frame_locator("iframe")
    assert letter.get_by_role("heading", name="is your mentor").is_visible()
    assert letter.get_by_text("What to do now").is_visible()
    frame = page.frames[1].url
    page.goto(frame)
    # Scripts are barred from the letter, axe's too, so only what CSS can show is looked at.
    assert page.locator("h1").inner_text().endswith("is your mentor")
    context.close()
