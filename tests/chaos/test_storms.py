"""Everything is killed at random while people work; what was acknowledged to them holds."""

from __future__ import annotations

import logging
import random
import time
from collections import Counter
from collections.abc import Callable

import faults
import pytest
import servers
from fleets import Fleet
from patience import patient
from storms import load

log = logging.getLogger(__name__)

WORKERS = ("matching", "mail", "mail2")


def kill_at_random(
    fleet: Fleet, postgres: servers.Postgres, chance: random.Random, seconds: float
) -> Counter[str]:
    """Kill one thing after the other, in an order that the seed decides."""

    def stop_database() -> None:
        chance.choice((postgres.stop_at_once, postgres.kill))()
        time.sleep(chance.random())
        postgres.start()

    deaths: dict[str, Callable[[], object]] = {
        "child of a pool": lambda: fleet.kill_child(chance.choice(WORKERS), chance),
        "worker": lambda: fleet.kill(chance.choice(WORKERS)),
        "beat": lambda: fleet.kill("beat"),
        "web": lambda: fleet.kill("web"),
        "child of web": lambda: fleet.kill_child("web", chance),
        "redis": lambda: fleet.kill("redis"),
        "flushall": lambda: fleet.redis("FLUSHALL"),
        "relay": lambda: fleet.kill("relay"),
        "database": stop_database,
    }
    died: Counter[str] = Counter()
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        # Everything once in each turn, so that a short storm has met everything.
        for name in chance.sample(sorted(deaths), len(deaths)):
            time.sleep(chance.uniform(0.2, 2))
            deaths[name]()
            died[name] += 1
    return died


def storm(
    fleets: Callable[..., Fleet],
    postgres: servers.Postgres,
    chance: random.Random,
    seconds: float,
) -> None:
    rates = {name: rate for name, rate in faults.FAULTS.items() if "hang" not in name}
    fleet = fleets(database_url=postgres.url("postgres"), rates=rates)
    with load(fleet, chance):
        died = kill_at_random(fleet, postgres, chance, seconds)
    log.info("died: %s", dict(died))


def test_a_storm(
    frail_postgres: servers.Postgres, fleets: Callable[..., Fleet], chance: random.Random
) -> None:
    storm(fleets, frail_postgres, chance, 1)


@pytest.mark.chaos_long
@pytest.mark.timeout(900)
def test_a_long_storm(
    frail_postgres: servers.Postgres, fleets: Callable[..., Fleet], chance: random.Random
) -> None:
    storm(fleets, frail_postgres, chance, 300)


def empty_redis(fleets: Callable[..., Fleet], chance: random.Random, times: int) -> None:
    fleet = fleets()
    with load(fleet, chance) as found:
        for _ in range(times):
            time.sleep(5)
            fleet.redis("FLUSHALL")
            fleet.kill("redis")
    assert found["given_up"] == 0
    assert max(found["longest_match"], found["longest_email"]) <= patient(90)


def test_redis_is_killed_and_emptied_again_and_again(
    fleets: Callable[..., Fleet], chance: random.Random
) -> None:
    empty_redis(fleets, chance, 2)


@pytest.mark.chaos_long
@pytest.mark.timeout(900)
def test_redis_is_killed_and_emptied_for_five_minutes(
    fleets: Callable[..., Fleet], chance: random.Random
) -> None:
    empty_redis(fleets, chance, 60)
