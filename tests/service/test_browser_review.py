"""A coordinator's round in a real browser, from its review to the report about what came of it."""

from __future__ import annotations

import datetime
import re
from email.message import EmailMessage
from pathlib import Path

import office
import openpyxl
import pytest
from browsing import Visitor, text_of, visiting
from patience import wait_until
from playwright.sync_api import Browser, expect
from services import RunningService
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from mentorship.models import Pairing, Program
from mentorship.states import LIVE_PAIRING, PairingState


def pairs(service: RunningService, slug: str, *states: PairingState) -> int:
    """Return how many pairings of a program are in one of some states."""
    found = (
        select(func.count(Pairing.id))
        .join(Program, Pairing.program_id == Program.id)
        .where(Program.slug == slug, Pairing.state.in_(states))
    )
    return service.ask(lambda session: session.scalar(found)) or 0


def look(visitor: Visitor, name: str) -> None:
    """Look at a page at every width, light and dark, where anyone looks by machine."""
    visitor.look_at_every_width_light_and_dark(name)
    visitor.page.emulate_media(color_scheme="light")
    visitor.page.set_viewport_size({"width": 1280, "height": 800})


def start(visitor: Visitor, slug: str) -> str:
    visitor.open(f"/programs/{slug}/rounds")
    visitor.press("Start round")
    visitor.page.locator("[data-pairs]").wait_for()
    visitor.page.wait_for_load_state()
    return visitor.page.url.split("?")[0]


def choose(visitor: Visitor, name: str | re.Pattern[str]) -> None:
    """Press a button of the open pair, and read what it says would change."""
    visitor.leave_by(visitor.page.get_by_role("button", name=name).first)
    expect(visitor.page.locator(".said")).not_to_be_empty()


# On PostgreSQL only in the long form: decisions, parts and messages are tried there by the tests of
# the site and of workers.
@pytest.mark.parametrize(
    "service",
    ["sqlite", pytest.param("postgresql", marks=pytest.mark.chaos_long)],
    indirect=True,
)
def test_a_round_is_reviewed_changed_by_hand_sent_in_parts_and_followed_up(
    service: RunningService, chromium: Browser, tmp_path: Path
) -> None:
    slug = service.new_program(30, 10)
    axe = service.database_url.startswith("sqlite")
    with visiting(chromium, service.site, axe=axe) as visitor:
        page = visitor.page
        visitor.open(service.coordinator_link(slug))
        visitor.press("Sign in")
        address = start(visitor, slug)
        look(visitor, "pairs")

        # By keyboard: the first pair, the next, and keep those two apart.
        with page.expect_navigation():
            page.keyboard.press("ArrowDown")
        page.locator(".panel").wait_for()
        first = page.url
        look(visitor, "pair")
        with page.expect_navigation():
            page.keyboard.press("ArrowDown")
        assert page.url != first
        assert "/pairs/" in page.url
        apart = page.url
        with page.expect_navigation():
            page.keyboard.press("f")
        assert visitor.sees("Kept apart.")
        visitor.look("kept-apart")
        with page.expect_navigation():
            page.keyboard.press("ArrowDown")
        with page.expect_navigation():
            page.keyboard.press("p")
        assert visitor.sees("Pinned.")

        # One is swapped, and one who has no mentor gets one by hand.
        visitor.open(first)
        choose(visitor, re.compile("^Swap in "))
        visitor.open(f"{address}?view=unmatched")
        look(visitor, "unmatched")
        visitor.leave_by(page.get_by_role("link", name=re.compile("^See options")).first)
        page.get_by_role("heading", name="Smallest cost to the round").wait_for()
        look(visitor, "options")
        choose(visitor, re.compile("^Pair with "))
        assert visitor.sees("4 decisions by hand")
        visitor.press("Match again around them")
        assert visitor.sees("proved best given 4 decisions by hand")
        visitor.open(apart)
        assert "/pairs/" not in page.url  # they are no pair any more

        # Two are held back; the others are sent first.
        visitor.open(address)
        for _time in range(2):
            others = page.locator("[data-pairs] tbody tr", has_not_text="Held back")
            visitor.leave_by(others.locator("a").first)
            choose(visitor, "Hold back from publishing")
            visitor.open(address)
        visitor.follow("Review and publish")
        assert visitor.sees("2 pairs are held back.")
        look(visitor, "publish-in-parts")
        proposed = pairs(service, slug, PairingState.PROPOSED)
        visitor.press("Publish round")
        wait_until("the first part", lambda: pairs(service, slug, *LIVE_PAIRING) == proposed - 2)
        visitor.open(address)
        page.get_by_role("button", name="Publish 2 pairs held back").click()
        visitor.press("Publish pairs")
        assert visitor.sees("2 pairs published.")
        assert pairs(service, slug, *LIVE_PAIRING) == proposed

        # One pairing is taken back, and both are told once their introduction has gone out.
        service.wait_for_emails(slug)
        visitor.open(address)
        visitor.leave_by(page.locator("[data-pairs] tbody a").first)
        page.get_by_role("button", name="Take this pairing back").click()
        visitor.press("Take back")
        wait_until("one to end", lambda: pairs(service, slug, PairingState.ENDED) == 1)

        look_after(visitor, service, slug)
        write_to_mentors(visitor, service, slug)
        take_away(visitor, slug, tmp_path)

        # Matched afresh, the next round says what is different from this one, person by person.
        visitor.open(f"/programs/{slug}/rounds")
        page.get_by_label("Start over").check()
        visitor.press("Start round")
        page.locator("[data-pairs]").wait_for()
        visitor.open(f"{page.url.split('?')[0]}/compare")
        assert visitor.sees("Unchanged")
        expect(page.locator("#with option")).to_have_text("Compared with round 1")
        look(visitor, "compare")


def look_after(visitor: Visitor, service: RunningService, slug: str) -> None:
    """Find two who were not heard of for three weeks, remind them, and see the months."""

    def let_pass(session: Session) -> None:
        quiet = session.scalars(
            select(Pairing)
            .join(Program, Pairing.program_id == Program.id)
            .where(Program.slug == slug, Pairing.state == PairingState.INTRODUCED)
        ).first()
        assert quiet
        quiet.introduced_at -= datetime.timedelta(days=21)

    service.act(let_pass)
    page = visitor.page
    visitor.open(f"/programs/{slug}/desk")
    visitor.follow("Pairings")
    expect(page.locator("tbody tr").first).to_contain_text("Quiet")
    look(visitor, "pairings")
    visitor.leave_by(page.get_by_role("link", name=re.compile("^Quiet")))
    expect(page.locator("tbody tr")).to_have_count(1)
    visitor.press("Remind both")
    assert visitor.sees("will get an email, during the day where they live.")
    visitor.follow("Trends")
    assert visitor.sees("too early")
    look(visitor, "trends")


def write_to_mentors(visitor: Visitor, service: RunningService, slug: str) -> None:
    """Write to all mentors once, however often the button is pressed, and find what was sent."""

    def messages() -> list[EmailMessage]:
        return [m for m in service.emails() if str(m["Subject"]) == "The workshop moves"]

    page = visitor.page
    visitor.open(f"/programs/{slug}/people?role=mentor")
    visitor.follow("Write to 10 people")
    page.get_by_label("Subject").fill("The workshop moves")
    page.get_by_label("Message", exact=True).fill("It is on Friday:\nhttps://example.org/x?y=1")
    visitor.press("Preview message")
    letter = page.frame_locator("iframe.letter")
    expect(letter.get_by_role("link", name="https://example.org/x?y=1")).to_be_visible()
    assert not messages()
    page.get_by_role("button", name="Send to 10 people").dblclick()
    assert visitor.sees("The message is being sent to 10 people.")
    wait_until("ten messages", lambda: len(messages()) >= 10)
    sent = messages()
    assert len({str(message["To"]) for message in sent}) == len(sent) == 10
    assert all("https://example.org/x?y=1" in text_of(message) for message in sent)
    assert all(message["List-Unsubscribe"] for message in sent)

    # Found by keyboard alone, from wherever one is.
    page.keyboard.press("/")
    name = page.locator("tbody th").first.inner_text()
    page.keyboard.type(name)
    with page.expect_navigation():
        page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Emails")).to_be_visible()
    expect(page.get_by_role("link", name="Message from a coordinator")).to_be_visible()


def take_away(visitor: Visitor, slug: str, folder: Path) -> None:
    """Export a list, as a spreadsheet program opens it, and read the report."""
    page = visitor.page
    visitor.open(f"/programs/{slug}/people?role=mentee")
    page.get_by_role("button", name="Export").click()
    with page.expect_download() as download:
        page.get_by_role("link", name="Excel workbook").click()
    file = folder / "list.xlsx"
    download.value.save_as(file)
    if office.is_here():
        file.write_bytes(office.read(file, folder))
    sheet = openpyxl.load_workbook(file).active
    assert sheet is not None
    assert sheet.max_row == 1 + 30

    visitor.open(f"/programs/{slug}/report")
    expect(page.locator("tbody tr", has_text="Mentees").first).to_contain_text("30")
    look(visitor, "report")
