"""A new coordinator's first program, in a real browser: from spreadsheets to a started round."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import journeys
import pytest
import spreadsheets
from browsing import Visitor, visiting
from long_forms import first_of
from patience import patient
from playwright.sync_api import Browser, expect
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

    def create(self, link: str, name: str) -> str:
        """Sign in by the link of an email and create a program; return its slug."""
        self.visitor.open(link)
        self.press("Sign in")
        self.visitor.look("create-program")
        self.page.get_by_label("Name of the program").fill(name)
        self.actions += 1
        self.press("Create program")
        self.page.wait_for_url(re.compile("/programs/(?!new)"))
        return str(self.page.url.split("/programs/")[1].split("/")[0])

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
        assert rosa.visitor.sees("“Shift” becomes a program question")
        rosa.page.get_by_label("Career stage", exact=True).select_option(label=stage)
        rosa.press(f"Check {count} people")
        assert rosa.visitor.sees(f"{count} changed")
        rosa.page.get_by_label("Yes, they agreed").check()
        rosa.page.get_by_placeholder("application form").fill("the list of shifts")
        rosa.press(f"Import {count} people")
        assert rosa.visitor.sees(f"{count} updated")


def weigh_shifts(rosa: Coordinator, slug: str) -> None:
    """The question gets a weight, which a dry run beside the form tries before it is saved."""
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
    trial = visitor.page.locator("#trial")
    expect(trial).to_contain_text("Shift 0 → 80")
    # What is typed while it is matched is not lost when its result comes.
    visitor.page.get_by_role("spinbutton", name="Minimum score").fill("20")
    all_changes = trial.get_by_role("link", name=re.compile("^See all \\d+ changes and why"))
    all_changes.wait_for()
    expect(visitor.page.get_by_role("spinbutton", name="Minimum score")).to_have_value("20")
    visitor.look_at_every_width_light_and_dark("policy-with-a-dry-run")
    visitor.page.set_viewport_size({"width": 1280, "height": 900})
    named = trial.locator("li").count()
    assert 1 <= named <= 12
    address = visitor.page.url
    all_changes.click()
    assert visitor.sees("Have another mentor")
    expect(visitor.page.get_by_label("Compare with")).to_contain_text("policy version 1")
    visitor.look("changes-by-a-policy")
    assert visitor.page.locator("tbody tr").count() >= named
    visitor.follow("See it beside the policy, and save it")
    visitor.page.wait_for_url(address)
    visitor.page.get_by_label("Reason for the change").first.fill("Shifts have to match")
    rosa.press("Save as a new version")
    assert visitor.sees("Saved as version 2.")
    versions = visitor.page.get_by_role("region", name="Versions")
    expect(versions).to_contain_text("Shift 0 → 80")
    expect(versions).to_contain_text("“Shifts have to match”")
    visitor.look("policy-with-a-question")


def see_readiness(rosa: Coordinator, slug: str) -> None:
    """Overview says what to do and where places are short, by itself once that is computed."""
    visitor = rosa.visitor
    visitor.open(f"/programs/{slug}/desk")
    tasks = visitor.page.get_by_role("region", name="What to do now")
    expect(tasks).to_contain_text("105 mentees are waiting")
    short = visitor.page.locator("#where")
    expect(short.locator("table.gaps")).to_be_visible(timeout=patient(300_000))
    visitor.look("overview-of-a-new-program")
    expect(tasks).to_contain_text(re.compile(r"A round now would match \d+ of them"))
    # A bar's figure leads to its people.
    waiting = short.locator("table.gaps tbody tr").first.get_by_role("link").first
    number = waiting.inner_text()
    waiting.click()
    visitor.page.wait_for_url(re.compile("/people"))
    expect(visitor.page.get_by_role("main")).to_contain_text(number)
    visitor.look("people-behind-a-bar")
    visitor.open(f"/programs/{slug}/desk")
    visitor.page.get_by_role("link", name="Start a round for them").click()
    visitor.page.wait_for_url(re.compile("/rounds"))


#: Spreadsheets of a pair: mentors, mentees. Those that are left to the long form are read by tests
#: of the library, and one pair of them below.
PAIRS = {
    "two-forms": (spreadsheets.form_of_mentors, spreadsheets.form_export, "csv"),
    "a-list-and-a-form": (spreadsheets.list_by_hand, spreadsheets.form_export, "csv"),
    "two-lists": (spreadsheets.list_by_hand, spreadsheets.mentees_by_hand, "xlsx"),
}


@pytest.mark.parametrize("pair", first_of(PAIRS))
def test_two_spreadsheets_lead_to_a_started_round_in_few_steps(
    sqlite_service: RunningService,
    chromium: Browser,
    tmp_path: Path,
    record_property: Callable[[str, object], None],
    pair: str,
) -> None:
    """26 mentors and 100 mentees, from the sign-in link to a round that is proposed."""
    make_mentors, make_mentees, kind = PAIRS[pair]
    (tmp_path / "mentors.xlsx").write_bytes(make_mentors(26, 1))
    (tmp_path / f"mentees.{kind}").write_bytes(make_mentees(100, 2))
    address = f"rosa.{pair}@example.org"
    link = sqlite_service.run("program", "creator", address)["link"]
    began = time.monotonic()
    with visiting(chromium, sqlite_service.site, axe=False) as visitor:
        rosa = Coordinator(visitor)
        slug = rosa.create(link, f"Program of {pair}")
        rosa.bring_in("Mentors", tmp_path / "mentors.xlsx", "26 people")
        visitor.follow("Import people")
        rosa.actions += 1
        rosa.bring_in("Mentees", tmp_path / f"mentees.{kind}", "100 people")
        visitor.follow("Rounds")
        rosa.actions += 1
        rosa.press("Start round")
        visitor.page.get_by_text("No one has been notified").wait_for()
    record_property("actions", rosa.actions)
    record_property("minutes", round((time.monotonic() - began) / 60, 1))
    assert rosa.actions <= 25

    def fields(session: Any) -> dict[str, float]:
        """Return the share of people of whom each of these answers is known."""
        program = session.query(Program).filter_by(slug=slug).one()
        people = session.query(Profile).filter_by(program_id=program.id).all()
        assert len(people) == 126
        wanted = ("career_stage", "specialties", "specialty_interests", "goals", "topics")
        counts = {name: sum(bool(each.answers.get(name)) for each in people) for name in wanted}
        return {
            "career_stage": counts["career_stage"] / 126,
            "fields": (counts["specialties"] + counts["specialty_interests"]) / 126,
            "help": (counts["goals"] + counts["topics"]) / 126,
        }

    # Few actions are worth something only if people's answers arrived.
    known = sqlite_service.ask(fields)
    assert min(known.values()) > 0.95, known


# On PostgreSQL only in the long form: the same forms are tried there by the tests of the site.
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
        slug = rosa.create(link, "Great Lakes Mentoring")
        rosa.bring_in("Mentors", tmp_path / "mentors.xlsx", "26 people")
        visitor.open(f"/programs/{slug}/uploads")
        rosa.bring_in("Mentees", tmp_path / "form.csv", "100 people")
        visitor.open(f"/programs/{slug}/uploads")
        rosa.bring_in("Mentees", tmp_path / "survey.csv", "5 people")
        with service.forecasting():
            see_readiness(rosa, slug)
        ask_for_shifts(rosa, slug, tmp_path)
        weigh_shifts(rosa, slug)
        journeys.run_a_round(visitor, slug)

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
