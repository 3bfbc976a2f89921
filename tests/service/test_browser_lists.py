"""A coordinator at a real browser writes to a list, searches by keyboard, and takes a list away."""

from __future__ import annotations

from email.message import EmailMessage
from pathlib import Path

import openpyxl
from browsing import text_of, visiting
from patience import wait_until
from playwright.sync_api import Browser, expect
from services import RunningService


def messages(service: RunningService) -> list[EmailMessage]:
    return [m for m in service.emails() if str(m["Subject"]) == "The workshop moves"]


def test_a_list_is_written_to_searched_and_taken_away(
    service: RunningService, chromium: Browser, tmp_path: Path
) -> None:
    slug = service.new_program(12, 5)
    with visiting(chromium, service.site) as coordinator:
        page = coordinator.page
        coordinator.open(service.coordinator_link(slug))
        coordinator.press("Sign in")

        coordinator.open(f"/programs/{slug}/people?role=mentor")
        coordinator.follow("Write to these 5")
        page.get_by_label("Subject").fill("The workshop moves")
        page.get_by_label("Message", exact=True).fill("It is on Friday:\nhttps://example.org/x?y=1")
        coordinator.press("Preview message")
        letter = page.frame_locator("iframe.letter")
        expect(letter.get_by_role("link", name="https://example.org/x?y=1")).to_be_visible()
        assert not messages(service)
        page.get_by_role("button", name="Send to 5 people").dblclick()
        assert coordinator.sees("The message is being sent to 5 people.")
        wait_until("five messages", lambda: len(messages(service)) >= 5)

        # By keyboard alone, from wherever one is.
        page.keyboard.press("/")
        name = page.locator("tbody th").first.inner_text()
        page.keyboard.type(name)
        with page.expect_navigation():
            page.keyboard.press("Enter")
        expect(page.get_by_role("heading", name="Emails")).to_be_visible()
        expect(page.get_by_role("link", name="Message from a coordinator")).to_be_visible()

        coordinator.open(f"/programs/{slug}/people?role=mentee")
        page.get_by_role("button", name="Export").click()
        with page.expect_download() as download:
            page.get_by_role("link", name="Excel workbook").click()
        download.value.save_as(tmp_path / "list.xlsx")

    sheet = openpyxl.load_workbook(tmp_path / "list.xlsx").active
    assert sheet is not None
    assert sheet.max_row == 13
    sent = messages(service)
    assert len({str(message["To"]) for message in sent}) == len(sent) == 5
    assert all("https://example.org/x?y=1" in text_of(message) for message in sent)
    assert all(message["List-Unsubscribe"] for message in sent)
