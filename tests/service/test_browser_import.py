"""A new coordinator's first program, in a real browser: from three spreadsheets to a round."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import browsing
import spreadsheets
from browsing import Visitor, visiting
from playwright.sync_api import Browser
from services import RunningService

from mentorship.models import Profile, Program
from mentorship.states import ProfileState


class Coordinator:
    """A coordinator at a browser, whose clicks and entries are counted."""

    def __init__(self, visitor: Visitor) -> None:
        self.visitor, self.page = visitor, visitor.page
        self.actions = 0

    def press(self, name: str) -> None:
        self.actions += 1
        self.visitor.press(name)

    def bring_in(self, role: str, file: Path, count: str) -> None:
        """Bring a spreadsheet in: all guesses are taken, and what has none is left out."""
        self.page.get_by_label(role, exact=True).check()
        self.page.get_by_label("The file").set_input_files(file)
        self.actions += 2
        self.press("Upload file")
        if self.page.url.endswith("/columns"):
            self.visitor.look(f"columns-{file.stem}")
            for undecided in self.page.locator("tr.ask select").all():
                if undecided.input_value() == "?":
                    undecided.select_option("")
                    self.actions += 1
            self.press(f"Check {count}")
        self.visitor.look(f"check-{file.stem}")
        self.page.get_by_label("Yes, they agreed").check()
        self.page.get_by_placeholder("application form").fill("sign-up form of October 2026")
        self.actions += 2
        self.press(f"Import {count}")
        assert self.visitor.sees("people added")


def test_from_three_spreadsheets_to_a_round(
    service: RunningService, chromium: Browser, tmp_path: Path
) -> None:
    files = {
        "mentors.xlsx": spreadsheets.list_by_hand(26, 1),
        "form.csv": spreadsheets.form_export(100, 2),
        "survey.csv": spreadsheets.survey_export(5, 3),
    }
    for name, content in files.items():
        (tmp_path / name).write_bytes(content)
    link = service.run("program", "creator", "rosa@example.org")["link"]
    axe = service.database_url.startswith("sqlite")
    with visiting(chromium, service.site, axe=axe) as visitor:
        rosa = Coordinator(visitor)
        visitor.open(link)
        rosa.press("Sign in")
        visitor.look("create-program")
        visitor.page.get_by_label("Name of the program").fill("Great Lakes Mentoring")
        rosa.press("Create program")
        slug = visitor.page.url.split("/programs/")[1].split("/")[0]
        rosa.bring_in("Mentors", tmp_path / "mentors.xlsx", "26 people")
        visitor.open(f"/programs/{slug}/uploads")
        rosa.bring_in("Mentees", tmp_path / "form.csv", "100 people")
        before = rosa.actions
        visitor.open(f"/programs/{slug}/uploads")
        rosa.bring_in("Mentees", tmp_path / "survey.csv", "5 people")
        visitor.open(f"/programs/{slug}/desk")
        visitor.look("overview-of-a-new-program")
        browsing.run_a_round(visitor, slug)
    assert before <= 25

    def everyone(session: Any) -> tuple[int, int]:
        program = session.query(Program).filter_by(slug=slug).one()
        ready = session.query(Profile).filter_by(program_id=program.id, state=ProfileState.READY)
        introductions = sum(profile.places_taken for profile in ready)
        return ready.count(), introductions

    ready, taken = service.ask(everyone)
    assert ready == 131
    # Every mentee has a mentor, or every place is taken.
    assert taken >= min(105, 26 * 4)
