"""A coordinator's round in a real browser: reviewed, changed by hand, sent in parts, taken back."""

from __future__ import annotations

import re

from browsing import Visitor, visiting
from patience import wait_until
from playwright.sync_api import Browser, expect
from services import RunningService

from mentorship.models import Pairing, Round
from mentorship.states import LIVE_PAIRING, PairingState


def pairs(service: RunningService, *states: PairingState) -> int:
    return service.ask(lambda s: s.query(Pairing).filter(Pairing.state.in_(states)).count())


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


def test_a_round_is_reviewed_changed_by_hand_and_sent_in_parts(
    service: RunningService, chromium: Browser
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

        # One is swapped, and one who has no mentor gets one by hand.
        visitor.open(first)
        choose(visitor, re.compile("^Swap in "))
        visitor.open(f"{address}?view=unmatched")
        look(visitor, "unmatched")
        visitor.leave_by(page.get_by_role("link", name=re.compile("^See options")).first)
        page.get_by_role("heading", name="What costs the round least").wait_for()
        look(visitor, "options")
        choose(visitor, re.compile("^Pair with "))
        assert visitor.sees("3 decisions by hand")
        visitor.press("Match again around them")
        assert visitor.sees("proved best given 3 decisions by hand")
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
        proposed = pairs(service, PairingState.PROPOSED)
        visitor.press("Publish round")
        wait_until("the first part", lambda: pairs(service, *LIVE_PAIRING) == proposed - 2)
        visitor.open(address)
        page.get_by_role("button", name="Publish 2 pairs held back").click()
        visitor.press("Publish pairs")
        assert visitor.sees("2 pairs published.")
        assert pairs(service, *LIVE_PAIRING) == proposed

        # One pairing is taken back, and both are told once their introduction has gone out.
        service.wait_for_emails(slug)
        visitor.open(address)
        visitor.leave_by(page.locator("[data-pairs] tbody a").first)
        page.get_by_role("button", name="Take this pairing back").click()
        visitor.press("Take back")
        wait_until("one to end", lambda: pairs(service, PairingState.ENDED) == 1)

        # The next round says what is different from this one, person by person.
        later = start(visitor, slug)
        visitor.open(f"{later}/compare")
        assert visitor.sees("Unchanged")
        expect(page.locator("#with option")).to_have_text("Compared with round 1")
        look(visitor, "compare")

    rounds = service.ask(lambda s: [r.number for r in s.query(Round).filter_by(dry_run=False)])
    assert len(rounds) >= 2
