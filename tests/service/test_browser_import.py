"""A new coordinator's first program, in a real browser: from three spreadsheets to a round."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import journeys
import pytest
import spreadsheets
from browsing import Visitor, visiting
from playwright.sync_api import Browser
from services import RunningService

from mentorship.models import Pairing, Profile, Program
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


def ask_for_shifts(rosa: Coordinator, slug: str, folder: Path) -> None:
    """Two lists say who works when: their column becomes a question of the program to both."""
    for role, stem, count, stage in (
        ("Mentees", "mentee{}.2", 100, "Medical student, clinical years"),
        ("Mentors", "mentor{}.1", 26, "Mid-career physician (6-15 years)"),
    ):
        rows = [("Name", "Email", "Shift")]
        rows += [
            (
                f"Person {chr(65 + k % 26)}",
                f"{stem.format(k)}@example.org",
                ("Early", "Late")[k % 2],
            )
            for k in range(count)
        ]
        file = folder / f"shifts-{role}.csv"
        file.write_bytes(spreadsheets.as_csv(rows))
        rosa.visitor.open(f"/programs/{slug}/uploads")
        rosa.page.get_by_label(role, exact=True).check()
        rosa.page.get_by_label("The file").set_input_files(file)
        rosa.press("Upload file")
        rosa.visitor.look(f"a-column-of-their-own-{role}")
        rosa.press("Make it a program question: Shift")
        assert rosa.visitor.sees("“Shift” becomes a question of your program")
        rosa.page.get_by_label("Career stage", exact=True).select_option(label=stage)
        rosa.press(f"Check {count} people")
        assert rosa.visitor.sees(f"{count} changed")
        rosa.page.get_by_label("Yes, they agreed").check()
        rosa.page.get_by_placeholder("application form").fill("the list of shifts")
        rosa.press(f"Import {count} people")
        assert rosa.visitor.sees(f"{count} updated")


def weigh_shifts(rosa: Coordinator, slug: str) -> None:
    """The question gets a weight, which a dry run tries before it is saved."""
    visitor = rosa.visitor
    visitor.open(f"/programs/{slug}/questions")
    assert visitor.sees("One choice · answered by mentees and mentors · read by coordinators")
    visitor.look_at_every_width_light_and_dark("questions")
    visitor.page.set_viewport_size({"width": 1280, "height": 900})
    visitor.follow("Add question")
    visitor.look_at_every_width_light_and_dark("question-to-add")
    visitor.page.set_viewport_size({"width": 1280, "height": 900})
    visitor.open(f"/programs/{slug}/questions")
    edit = visitor.page.locator('main a[href*="/questions/"]:not([href$="/new"])').first
    visitor.open(str(edit.get_attribute("href")))
    visitor.look_at_every_width_light_and_dark("question-to-edit")
    visitor.page.set_viewport_size({"width": 1280, "height": 900})
    visitor.open(f"/programs/{slug}/questions")
    visitor.follow("Change in policy")
    visitor.page.get_by_role("spinbutton", name="Shift").fill("80")
    rosa.press("Try in a dry run")
    visitor.page.get_by_text("It tried another policy for everyone").wait_for()
    visitor.look("dry-run-of-a-question")
    assert visitor.sees("Both answered “Shift” with")
    visitor.open(f"/programs/{slug}/policy")
    visitor.page.get_by_role("spinbutton", name="Shift").fill("80")
    rosa.press("Save as a new version")
    assert visitor.sees("Saved as version 2.")
    visitor.look("policy-with-a-question")


# On PostgreSQL only in the long form: its pages and what they write are tried there by the tests of
# the site, and a browser by test_browser_lists.py.
@pytest.mark.parametrize(
    "service",
    ["sqlite", pytest.param("postgresql", marks=pytest.mark.chaos_long)],
    indirect=True,
)
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
        ask_for_shifts(rosa, slug, tmp_path)
        weigh_shifts(rosa, slug)
        journeys.run_a_round(visitor, slug)
    assert before <= 25

    def everyone(session: Any) -> tuple[int, int]:
        program = session.query(Program).filter_by(slug=slug).one()
        made = session.query(Pairing).filter_by(program_id=program.id)
        reasons = [reason for pairing in made for reason in pairing.reasons]
        assert {"criterion": "q_shift", "shared": ["early"]} in reasons
        ready = session.query(Profile).filter_by(program_id=program.id, state=ProfileState.READY)
        introductions = sum(profile.places_taken for profile in ready)
        return ready.count(), introductions

    ready, taken = service.ask(everyone)
    assert ready == 131
    # Every mentee has a mentor, or every place is taken.
    assert taken >= min(105, 26 * 4)
