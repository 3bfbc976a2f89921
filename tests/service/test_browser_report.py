"""The report as a real browser prints it: one page of A4 or Letter, with its sources."""

from __future__ import annotations

import datetime

import browsing
import factories
import pdfs
import pytest
from playwright.sync_api import Browser, expect
from services import RunningService
from shared import Shared
from sqlalchemy import select
from sqlalchemy.orm import Session

from matching.profiles import taxonomy
from mentorship import database
from mentorship.models import Program, Question, Reply, Round
from mentorship.states import RoundState


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
    """A program with as many rounds, stages and fields as a report can hold."""
    slug = service.new_program()
    service.act(lambda session: fill(session, slug))
    return slug


def fill(session: Session, slug: str) -> None:
    program = session.scalars(select(Program).where(Program.slug == slug)).one()
    stages, fields = (taxonomy.load().ids(kind) for kind in ("stage", "specialty"))
    at, first = database.now(session), None
    for number in range(8):
        for place in range(14):
            pairing = factories.make_pairing(
                session, program,
                mentee=factories.make_mentee(
                    session, program, email=f"mentee-{slug}-{number}-{place}@example.org",
                    career_stage=stages[place % 8], specialty_interests=[fields[place % 9]],
                ),
                mentor=factories.make_mentor(
                    session, program, email=f"mentor-{slug}-{number}-{place}@example.org",
                    career_stage=stages[-1 - place % 8], specialties=[fields[place % 9]],
                ),
            )  # fmt: skip
            round = session.get_one(Round, pairing.round_id)
            if place and first is not None:
                # All of one round: each pairing was given one of its own.
                pairing.round_id = first.id
                session.flush()
                session.delete(round)
            else:
                first = round
                round.state, round.published_at = RoundState.CLOSED, at
            pairing.met_at = at
            answer = Reply(
                pairing_id=pairing.id, person_id=pairing.mentee_person_id, question=Question.PULSE,
                choice="well" if place % 3 else "slow", at=at, effective_at=at, applied_at=at,
            )  # fmt: skip
            session.add(answer)
            session.flush()


@pytest.mark.parametrize("paper", ["A4", "Letter"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_report_is_one_page_with_its_figures_and_sources_and_no_buttons(
    service: RunningService, chromium: Browser, slug: str, paper: str, scheme: str
) -> None:
    with browsing.visiting(chromium, service.site, color_scheme=scheme) as coordinator:
        page = coordinator.page
        coordinator.open(service.coordinator_link(slug))
        coordinator.press("Sign in")
        coordinator.open(f"/programs/{slug}/report")
        coordinator.look("report")
        expect(page.get_by_role("button", name="Print or save as PDF")).to_be_visible()

        edges = dict.fromkeys(("top", "right", "bottom", "left"), "10mm")
        printed = page.pdf(format=paper, margin=edges)

    assert pdfs.pages(printed) == 1
    words = pdfs.text(printed)
    for part in (
        "Outcomes", "Mentees112112100%", "Round8", "Menteesbycareerstage",
        "Mentorsbyspecialty", "Allothers", "Wherethesefigurescomefrom",
        "shownifatleast10did", str(datetime.datetime.now(datetime.UTC).year),
    ):  # fmt: skip
        assert part in words
    for part in ("Overview", "PrintorsaveasPDF", "Export", "Show", "Skiptothecontent"):
        assert part not in words
