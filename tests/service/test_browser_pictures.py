"""The pictures of the coordinators' guide: a program's year, as a coordinator goes through it."""

from __future__ import annotations

import datetime
import os
import re
from pathlib import Path

import browsing
import pictures
import pytest
import spreadsheets
from browsing import Visitor
from patience import patient
from playwright.sync_api import Browser, Locator, expect
from services import ROOT, RunningService
from sqlalchemy import select
from sqlalchemy.orm import Session

from mentorship import database
from mentorship.models import Pairing, Program, Question, Reply
from mentorship.states import PairingState

GUIDE = ROOT / "docs" / "coordinators.md"
#: What a picture may weigh, in bytes.
MOST_BYTES = 100_000
DAY = datetime.timedelta(days=1)


class Camera:
    """Takes the pictures of a visitor's pages, with the next part of a page at the top."""

    def __init__(self, visitor: Visitor, folder: Path) -> None:
        self._page, self._folder = visitor.page, folder
        self._lab = visitor.context.new_page()
        self.names: list[str] = []

    def take(self, name: str, at_top: Locator | None = None) -> None:
        """Take a picture of what is seen, from a part of the page on."""
        if at_top is None:
            self._page.evaluate("scrollTo(0, 0)")
        else:
            # The bar at the top stays, so the part begins below it.
            at_top.evaluate("part => scrollTo(0, part.getBoundingClientRect().top + scrollY - 64)")
        shot = self._page.screenshot(animations="disabled", caret="hide")
        (self._folder / name).write_bytes(pictures.lighter(shot, self._lab))
        self.names.append(name)


def time_passes(session: Session, slug: str) -> None:
    """Seven weeks later: some have met and answered, some have not, some had a late start."""
    program = session.scalars(select(Program).where(Program.slug == slug)).one()
    at = database.now(session)
    begun = session.scalars(
        select(Pairing)
        .where(Pairing.program_id == program.id, Pairing.state == PairingState.INTRODUCED)
        .order_by(Pairing.score.desc(), Pairing.id)
    ).all()
    for place, pairing in enumerate(begun):
        turn = place % 8
        days = {5: 9, 6: 20}.get(turn, 49)
        pairing.introduced_at = at - days * DAY
        if turn < 5:
            pairing.met_at = pairing.meeting_at = at - (20 + turn) * DAY
            session.add(
                Reply(
                    pairing_id=pairing.id, person_id=pairing.mentee_person_id,
                    question=Question.PULSE, choice="slow" if turn == 4 else "well",
                    at=at - 5 * DAY, effective_at=at - 5 * DAY, applied_at=at - 5 * DAY,
                )
            )  # fmt: skip


def bring_in(visitor: Visitor, role: str, file: Path) -> None:
    """Upload a list, up to the page of its columns."""
    visitor.page.get_by_label(role, exact=True).check()
    visitor.page.get_by_label("The file").set_input_files(file)
    visitor.press("Upload file")
    visitor.page.wait_for_url(re.compile("/uploads/.+"))


def finish(visitor: Visitor, people: int) -> None:
    """Leave out what no one could guess, and import the people."""
    page = visitor.page
    if page.url.endswith("/columns"):
        for undecided in page.locator("tr.ask select").all():
            if undecided.input_value() == "?":
                undecided.select_option("")
        visitor.press(f"Check {people} people")
    page.get_by_label("Yes, they agreed").check()
    page.get_by_placeholder("application form").fill("sign-up form of October 2026")
    visitor.press(f"Import {people} people")
    assert visitor.sees("people added")


def shown() -> list[str]:
    """The names of the pictures that the guide shows."""
    return re.findall(r"\((guide-[\w-]+\.png)\)", GUIDE.read_text())


def test_the_guide_shows_its_pictures_and_says_what_is_seen() -> None:
    names = sorted(path.name for path in GUIDE.parent.glob("guide-*.png"))
    assert sorted(shown()) == names
    for name in names:
        picture = GUIDE.parent / name
        assert picture.read_bytes().startswith(b"\x89PNG")
        assert picture.stat().st_size <= MOST_BYTES, name
        said = re.search(rf"!\[([^\]]+)\]\({re.escape(name)}\)", GUIDE.read_text())
        assert said, f"{name} is not shown"
        assert len(said[1]) >= 40, f"{name}: say what is seen"


# The pages on the way are looked at by the other tests of browsers.
@pytest.mark.chaos_long
def test_the_pictures_of_the_coordinators_guide(
    sqlite_service: RunningService, chromium: Browser, tmp_path: Path
) -> None:
    """PICTURES=docs makes the guide's pictures again."""
    folder = Path(os.environ.get("PICTURES", tmp_path))
    (tmp_path / "sign-up form.csv").write_bytes(spreadsheets.form_export(60, 4))
    (tmp_path / "mentors 2026.xlsx").write_bytes(spreadsheets.list_by_hand(11, 5))
    link = sqlite_service.run("program", "creator", "lena.berg@example.org")["link"]
    with browsing.visiting(
        chromium, sqlite_service.site, axe=False, viewport={"width": 1200, "height": 800},
        locale="en-US", timezone_id="America/Detroit",
    ) as visitor:  # fmt: skip
        page, camera = visitor.page, Camera(visitor, folder)
        visitor.open(link)
        visitor.press("Sign in")
        page.get_by_label("Name of the program").fill("Lakeside Mentoring")
        camera.take("guide-create.png")
        visitor.press("Create program")
        page.wait_for_url(re.compile("/programs/(?!new)"))
        slug = page.url.split("/programs/")[1].split("/")[0]

        visitor.open(f"/programs/{slug}/uploads")
        bring_in(visitor, "Mentees", tmp_path / "sign-up form.csv")
        camera.take("guide-columns.png", page.locator("section[aria-labelledby=done]"))
        camera.take("guide-answers.png")
        finish(visitor, 60)
        visitor.open(f"/programs/{slug}/uploads")
        bring_in(visitor, "Mentors", tmp_path / "mentors 2026.xlsx")
        finish(visitor, 11)

        visitor.open(f"/programs/{slug}/desk")
        with sqlite_service.forecasting():
            expect(page.locator("table.gaps")).to_be_visible(timeout=patient(300_000))
            # The page reloads by itself; then nothing is computed anymore.
            expect(page.locator("[data-progress]")).to_have_count(0, timeout=patient(300_000))
        camera.take("guide-overview.png")

        visitor.open(f"/programs/{slug}/policy")
        page.get_by_role("spinbutton", name="Specialty").fill("40")
        page.get_by_role("spinbutton", name="Minimum score").fill("54")
        visitor.press("Try in a dry run")
        page.get_by_role("link", name=re.compile("changes and why")).wait_for()
        camera.take("guide-policy.png")

        visitor.open(f"/programs/{slug}/rounds")
        visitor.press("Start round")
        page.get_by_text("No one has been notified").wait_for()
        round_address = page.url
        page.locator("[data-pairs] tbody a").nth(2).click()
        page.locator(".panel").wait_for()
        camera.take("guide-review.png")
        visitor.open(f"{round_address}/publish")
        camera.take("guide-publish.png")
        visitor.open(round_address)
        held = page.get_by_role("link", name=re.compile("^Held back"))
        if held.count():
            held.click()
            visitor.press("Publish all of these with the round")
        visitor.open(f"{round_address}/publish")
        visitor.press("Publish round")
        assert visitor.sees("Published. The emails are being sent.")

        sqlite_service.act(lambda session: time_passes(session, slug))
        visitor.open(f"/programs/{slug}/pairings")
        assert visitor.sees("In trouble")
        camera.take("guide-pairings.png")
        visitor.open(f"/programs/{slug}/report")
        camera.take("guide-report.png")

    assert set(shown()) == set(camera.names)
