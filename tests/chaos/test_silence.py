"""What does not die but falls silent: connections without a word, processes that are stopped."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import faults
import pytest
import servers
from fleets import Fleet
from sqlalchemy import func, select, text

from mentorship import database
from mentorship.models import Email, Pairing, Round
from services import family


@pytest.fixture
def database_link(
    postgres: servers.Postgres,
) -> Iterator[faults.Link]:
    with faults.Link(postgres.socket) as link:
        yield link


def round_of(fleet: Fleet, mentees: int = 4, mentors: int = 2) -> tuple[str, str]:
    slug = fleet.make_program(mentees, mentors)
    return slug, str(fleet.run("round", "start", "--program", slug)["id"])


def finish(fleet: Fleet, slug: str, round_id: str, seconds: float = 60) -> None:
    fleet.wait_for(round_id, "proposed", seconds)
    fleet.run("round", "publish", round_id)
    fleet.wait_for_emails(seconds)
    fleet.check_books([slug])


def test_redis_falls_silent_and_jobs_go_on(fleets: Callable[..., Fleet]) -> None:
    fleet = fleets()
    with faults.Link(fleet.redis_socket) as link:
        through = {"REDIS_URL": f"redis://127.0.0.1:{link.port}/0"}
        fleet.add_worker("matching", "matching", **through)
        fleet.add_worker("mail", "mail", **through)
        finish(fleet, *round_of(fleet))
        assert link.freeze() > 0
        began = time.monotonic()

        finish(fleet, *round_of(fleet), seconds=60)

        print(f"from frozen to the last email: {time.monotonic() - began:.1f} s")


def test_the_database_falls_silent_and_jobs_go_on(
    fleets: Callable[..., Fleet], postgres: servers.Postgres, database_link: faults.Link
) -> None:
    fleet = fleets()
    name = fleet.engine.url.database
    through = {"DATABASE_URL": f"postgresql://postgres@127.0.0.1:{database_link.port}/{name}"}
    fleet.add_worker("matching", "matching", **through)
    fleet.add_worker("mail", "mail", **through)
    finish(fleet, *round_of(fleet))
    slug, round_id = round_of(fleet)
    fleet.wait_for(round_id, "matching")
    assert database_link.freeze() > 0
    began = time.monotonic()

    finish(fleet, slug, round_id, seconds=60)

    print(f"from frozen to the last email: {time.monotonic() - began:.1f} s")
