"""What does not die but falls silent: connections without a word, processes that are stopped."""

from __future__ import annotations

import logging
import signal
import time
import uuid
from collections.abc import Callable, Iterator

import faults
import pytest
import servers
from fleets import Fleet
from patience import wait_until
from sqlalchemy import select

from mentorship.models import Email, Pairing, Round


@pytest.fixture
def database_link(postgres: servers.Postgres) -> Iterator[faults.Link]:
    with faults.Link(postgres.socket) as link:
        yield link


log = logging.getLogger(__name__)


def round_of(fleet: Fleet, mentees: int = 4, mentors: int = 2) -> tuple[str, str]:
    slug = fleet.make_program(mentees, mentors)
    return slug, fleet.start_round(slug)


def finish(fleet: Fleet, slug: str, round_id: str) -> None:
    fleet.publish_round(round_id)
    fleet.wait_for_emails()
    assert fleet.check_books([slug])["given_up"] == 0


@pytest.mark.chaos_long
def test_redis_falls_silent_and_jobs_go_on(fleets: Callable[..., Fleet]) -> None:
    fleet = fleets(forecasts=False)
    with faults.Link(fleet.redis_socket) as link:
        through = {"REDIS_URL": f"redis://127.0.0.1:{link.port}/0"}
        fleet.add_worker("matching", "matching", **through)
        fleet.add_worker("mail", "mail", **through)
        finish(fleet, *round_of(fleet))
        assert link.freeze() > 0
        began = time.monotonic()

        finish(fleet, *round_of(fleet))

        log.info("from frozen to the last email: %.1f s", time.monotonic() - began)


def test_the_database_falls_silent_and_jobs_go_on(
    fleets: Callable[..., Fleet], postgres: servers.Postgres, database_link: faults.Link
) -> None:
    fleet = fleets(forecasts=False)
    name = fleet.engine.url.database
    through = {"DATABASE_URL": f"postgresql://postgres@127.0.0.1:{database_link.port}/{name}"}
    fleet.add_worker("matching", "matching", **through)
    fleet.add_worker("mail", "mail", **through)
    finish(fleet, *round_of(fleet))
    slug, round_id = round_of(fleet)
    fleet.wait_for(round_id, "matching")
    assert database_link.freeze() > 0
    began = time.monotonic()

    finish(fleet, slug, round_id)

    log.info("from frozen to the last email: %.1f s", time.monotonic() - began)


def findings(fleet: Fleet, round_id: str) -> tuple[object, ...]:
    """All that was written of a round: a stale worker must not change any of it."""
    id = uuid.UUID(round_id)
    found = fleet.asked(
        lambda session: (
            session.get_one(Round, id).state,
            session.get_one(Round, id).fence,
            session.get_one(Round, id).proposed_at,
            sorted(session.scalars(select(Pairing.id).where(Pairing.round_id == id)).all()),
        )
    )
    return tuple(found)


def test_a_matching_worker_that_slept_past_its_lease_writes_nothing(
    fleets: Callable[..., Fleet],
) -> None:
    fleet = fleets(forecasts=False)
    fleet.add_worker("sleeper", "matching")
    fleet.add_worker("mail", "mail")
    slug, round_id = round_of(fleet)
    fleet.wait_for(round_id, "matching")
    fleet.signal("sleeper", signal.SIGSTOP)
    fleet.add_worker("second", "matching")
    fleet.wait_for(round_id, "proposed")
    before = findings(fleet, round_id)
    assert before[1] == 2, "the second worker's is the second fence"

    fleet.signal("sleeper", signal.SIGCONT)
    said = f"round {round_id}: no longer ours"
    wait_until("the sleeper notices", lambda: said in fleet.log("sleeper"))

    assert findings(fleet, round_id) == before
    finish(fleet, slug, round_id)


@pytest.mark.parametrize("has_journal", [pytest.param(True, marks=pytest.mark.chaos_long), False])
def test_a_mail_worker_that_slept_while_the_relay_had_its_email(
    fleets: Callable[..., Fleet], has_journal: bool
) -> None:
    # The relay answers only when the worker is asleep.
    fleet = fleets(delay=0.7, settings={"SMTP_FINAL_SECONDS": "3"}, forecasts=False)
    journal = {"MAIL_JOURNAL": str(fleet.record.folder)} if has_journal else {}
    fleet.add_worker("matching", "matching")
    slug, round_id = round_of(fleet, 1, 1)
    fleet.publish_round(round_id)
    fleet.add_worker("sleeper", "mail", **journal)
    submitting = select(Email.id).where(Email.state == "submitting")
    (held,) = [
        wait_until("an email on its way", lambda: fleet.asked(lambda s: s.scalar(submitting)))
    ]
    fleet.signal("sleeper", signal.SIGSTOP)
    fleet.add_worker("second", "mail", **journal)
    fleet.wait_for_emails()

    def row() -> tuple[object, ...]:
        email = fleet.asked(lambda session: session.get_one(Email, held))
        return (email.state, email.fence, email.sent_at, email.doubt_since, email.message_id)

    before = row()
    assert before[3] is not None, "a doubt is listed"
    fleet.signal("sleeper", signal.SIGCONT)
    # Its one child sends these once it is done with what it held.
    fleet.remove("second")
    finish(fleet, *round_of(fleet, 1, 1))

    assert row() == before
    books = fleet.check_books([slug])
    assert books["doubled"] == (0 if has_journal else 1)
