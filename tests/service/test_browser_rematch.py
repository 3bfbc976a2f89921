"""Rounds that start by themselves, and a rematch chosen from a picture, in a real browser."""

from __future__ import annotations

import datetime
import re
from typing import Any

import pytest
from browsing import Visitor, visiting
from patience import wait_until
from playwright.sync_api import Browser
from services import RunningService
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from mentorship import database
from mentorship.models import Pairing, Profile, Program, Role, Round, RoundSchedule
from mentorship.states import LIVE_PAIRING, RoundState


def look(visitor: Visitor, name: str) -> None:
    """Look at a page at every width, light and dark, where anyone looks by machine."""
    visitor.look_at_every_width_light_and_dark(name)
    visitor.page.emulate_media(color_scheme="light")
    visitor.page.set_viewport_size({"width": 1280, "height": 800})


def schedule(visitor: Visitor, slug: str, least: str) -> None:
    """Have a round start every week from tomorrow on."""
    page = visitor.page
    visitor.open(f"/programs/{slug}/rounds/schedule")
    page.get_by_label("Every week").check()
    tomorrow = datetime.datetime.now(datetime.UTC) + datetime.timedelta(days=1)
    page.get_by_label("First day", exact=True).fill(tomorrow.date().isoformat())
    page.get_by_label("Time", exact=True).fill("09:00")
    page.get_by_label("Time zone", exact=True).select_option("America/New_York")
    page.get_by_label("Percent of waiting mentees").fill(least)
    visitor.press("Save schedule")


def time_comes(session: Session, slug: str) -> None:
    of_program = select(Program.id).where(Program.slug == slug).scalar_subquery()
    session.execute(
        update(RoundSchedule)
        .where(RoundSchedule.program_id == of_program)
        .values(next_at=database.now(session) - datetime.timedelta(days=9))
    )


def give_places(session: Session, slug: str) -> None:
    """Mentors can take two more mentees each, so that others suit some better."""
    of_program = select(Program.id).where(Program.slug == slug).scalar_subquery()
    session.execute(
        update(Profile)
        .where(Profile.program_id == of_program, Profile.role == Role.MENTOR)
        .values(capacity=Profile.capacity + 2)
    )


def found(service: RunningService, slug: str, number: int) -> Any:
    """A round's state and kind, None before it is there."""
    query = (
        select(Round.state, Round.dry_run, Round.id)
        .join(Program, Program.id == Round.program_id)
        .where(Program.slug == slug, Round.number == number)
    )
    return service.ask(lambda session: session.execute(query).first())


def subjects(service: RunningService, slug: str) -> str:
    """What the emails to a program's coordinator are about; other programs have rounds too."""
    mine = [m for m in service.emails() if f"coordinator.{slug}@" in m["To"]]
    return "\n".join(str(message["Subject"]) for message in mine)


# On PostgreSQL only in the long form: schedules and rematches are tried there by tests of workers
# and of the site.
@pytest.mark.parametrize(
    "service",
    ["sqlite", pytest.param("postgresql", marks=pytest.mark.chaos_long)],
    indirect=True,
)
def test_rounds_start_by_themselves_and_a_rematch_is_chosen_from_a_picture(
    service: RunningService, chromium: Browser
) -> None:
    slug = service.new_program(30, 10)
    axe = service.database_url.startswith("sqlite")
    with visiting(chromium, service.site, axe=axe) as visitor:
        page = visitor.page
        visitor.open(service.coordinator_link(slug))
        visitor.press("Sign in")

        # Not enough places: the first one that starts by itself is not proposed, and says why.
        schedule(visitor, slug, "100")
        assert visitor.sees("Next round: ")
        look(visitor, "scheduled")
        service.act(lambda session: time_comes(session, slug))
        wait_until("a round", lambda: (r := found(service, slug, 1)) and r.state == "proposed")
        first = found(service, slug, 1)
        assert first.dry_run
        visitor.open(f"/programs/{slug}/rounds/{first.id}")
        assert visitor.sees("Round 1 was not proposed")
        assert visitor.sees("and your cutoff is 100%")
        look(visitor, "not-proposed")
        wait_until("an email", lambda: "Round 1 of" in subjects(service, slug))
        assert re.search("Round 1 of .* was not proposed", subjects(service, slug))

        # A lower cutoff: the next one waits for review.
        schedule(visitor, slug, "10")
        service.act(lambda session: time_comes(session, slug))
        wait_until("a round", lambda: (r := found(service, slug, 2)) and r.state == "proposed")
        second = found(service, slug, 2)
        assert not second.dry_run
        visitor.open(f"/programs/{slug}/rounds/{second.id}")
        assert visitor.sees("No one has been notified yet.")
        visitor.open(f"/programs/{slug}/rounds/schedule")
        look(visitor, "schedule")
        page.get_by_label("Paused").check()
        visitor.press("Save schedule")
        assert visitor.sees("Paused")
        service.publish_round(str(second.id))

        # Mentors take more: what moving people would gain is a picture, and one is chosen.
        service.act(lambda session: give_places(session, slug))
        visitor.open(f"/programs/{slug}/rounds")
        look(visitor, "rounds")
        visitor.press("Compare options")
        page.locator("svg[role=img] circle").first.wait_for()
        assert visitor.sees("Each option is proved best")
        look(visitor, "options-of-a-rematch")
        rows = page.locator("tbody tr")
        assert rows.count() > 1
        title = rows.last.locator("th").inner_text()
        chosen = int(re.sub(r"\D", "", title))
        assert chosen > 0
        visitor.leave_by(rows.last.get_by_role("button", name="Start this round"))
        page.locator("[data-pairs]").wait_for()
        page.wait_for_load_state()
        look(visitor, "rematch")

    def outcome(session: Session) -> tuple[int | None, Any]:
        round = session.scalars(
            select(Round).where(Round.most_changed.is_not(None), Round.state == RoundState.PROPOSED)
        ).one()
        return round.most_changed, (round.result or {})["changed"]

    assert service.ask(outcome) == (chosen, chosen)
    live = service.ask(lambda s: s.query(Pairing).filter(Pairing.state.in_(LIVE_PAIRING)).count())
    assert live > 0
