"""Death at every commit: before it and after it, once at each, from the start of a round on."""

from __future__ import annotations

import logging
import random
from collections.abc import Callable

import pytest
from fleets import Fleet
from patience import patiently, wait_until

log = logging.getLogger(__name__)

#: What a round passes through from its start to its last email, at the least.
ROUTE = (
    "mentorship.commands.rounds.round_start",
    "mentorship.commands.rounds.round_publish",
    "webapp.sign_in.enter",
    "webapp.coordinators.rounds.start",
    "webapp.coordinators.rounds.publish",
    "mentorship.service.queue.sweep",
    "worker.matchmaking.run",
    "mentorship.delivery.sending.deliver",
    "mentorship.delivery.sending._record",
    "worker.service.give_signs_of_life",
)
#: A lease is extended only where sending takes longer than a heartbeat, and no round has to.
BY_THE_CLOCK = "mentorship.delivery.leases.kept."


def whole_round(fleet: Fleet) -> str:
    """From people to the last email; the slug of the program."""
    slug = fleet.make_program()
    visitor = fleet.visitor(slug)
    rounds = f"/programs/{slug}/rounds"
    form = visitor.form(rounds)
    place = patiently(
        lambda: visitor.send(rounds, form, scope="everyone", existing="keep", dry_run="no")
    )
    round_id = place.rpartition("/")[2]
    # Starting it again can only mean the same round.
    assert fleet.run("round", "start", "--program", slug)["id"] == round_id
    fleet.wait_for(round_id, "proposed")
    publish = f"{place}/publish"
    form = visitor.form(publish)
    patiently(lambda: visitor.send(publish, form))
    fleet.run("round", "publish", "--held", round_id)
    fleet.wait_for_emails()
    return slug


def start(fleets: Callable[..., Fleet]) -> Fleet:
    fleet = fleets(has_crash_points=True)
    fleet.add_worker("matching", "matching")
    fleet.add_worker("mail", "mail", 2)
    fleet.add_beat()
    fleet.add_web()
    return fleet


def points(fleet: Fleet) -> list[str]:
    """The crash points of a round on which no one died."""
    whole_round(fleet)
    found = sorted(path.name for path in (fleet.folder / "crash" / "passed").iterdir())
    for function in ROUTE:
        assert any(point.startswith(f"{function}:") for point in found), (function, found)
    return found


def die_at(fleet: Fleet, chosen: list[str]) -> None:
    slugs = []
    for point in chosen:
        log.info("a death at %s", point)
        armed = fleet.folder / "crash" / "armed" / point
        armed.touch()
        slugs.append(whole_round(fleet))
        if point.startswith(BY_THE_CLOCK):
            armed.unlink(missing_ok=True)
        else:
            wait_until(f"a death at {point}", lambda armed=armed: not armed.exists())
    books = fleet.check_books(slugs)
    log.info("seed %s: %s", fleet.seed, books)
    assert books["given_up"] == 0, "one death is no reason to give up"


def test_a_round_survives_a_death_at_some_commits(
    fleets: Callable[..., Fleet], chance: random.Random
) -> None:
    fleet = start(fleets)
    found = points(fleet)
    of_domain = [point for point in found if not point.startswith("worker.service")]

    die_at(fleet, chance.sample(of_domain, 3))


@pytest.mark.chaos_long
@pytest.mark.timeout(1800)
def test_a_round_survives_a_death_at_every_commit(fleets: Callable[..., Fleet]) -> None:
    fleet = start(fleets)

    die_at(fleet, points(fleet))
