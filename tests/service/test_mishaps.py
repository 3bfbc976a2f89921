"""What may go wrong while people work, and that it only delays them: on SQLite.

On PostgreSQL, tests/chaos proves the same and more: crowds of starts and publishes at once, workers
killed at every commit and in storms, Redis killed and emptied again and again, names nowhere.
"""

from __future__ import annotations

import os
import signal
import threading
from typing import Any

import pytest
import servers
from patience import wait_until
from services import RunningService, is_alive


@pytest.fixture
def service(sqlite_service: RunningService) -> RunningService:
    return sqlite_service


def test_two_starts_at_once_give_one_round(service: RunningService) -> None:
    slug = service.new_program(5, 3)
    found: list[Any] = []

    def click() -> None:
        found.append(service.run("round", "start", "--program", slug))

    clicks = [threading.Thread(target=click) for _ in range(4)]
    for thread in clicks:
        thread.start()
    for thread in clicks:
        thread.join()

    assert len({round["id"] for round in found}) == 1
    assert sum(round["created"] for round in found) == 1


def test_two_publishes_at_once_give_one_set_of_emails(service: RunningService) -> None:
    slug = service.new_program(12, 5)
    round_id = service.propose_round(slug)
    found: list[Any] = []

    def click() -> None:
        found.append(service.run("round", "publish", "--held", round_id))

    clicks = [threading.Thread(target=click) for _ in range(3)]
    for thread in clicks:
        thread.start()
    for thread in clicks:
        thread.join()

    assert sum(answer["published_now"] for answer in found) == 1
    service.wait_for_emails(slug)
    service.check_emails(slug, round_id)


def test_a_worker_killed_in_a_round_delays_it(service: RunningService) -> None:
    slug = service.new_program(40, 15)
    with service.solvers_waiting():
        round_id = service.start_round(slug)
        solver = service.solver()
        service.wait_for_state(round_id, "matching")

        service.kill("--queues=matching")

        wait_until("the solver's end", lambda: not is_alive(solver))
    service.wait_for_state(round_id, "proposed")
    assert "worker-matching stopped: killed by SIGKILL. It is being restarted." in service.output()


def test_a_mail_worker_killed_while_sending_sends_each_email_once(service: RunningService) -> None:
    slug = service.new_program(60, 25)
    round_id = service.propose_round(slug)
    relay = service.part("mentorship.service.catcher")
    for number in range(1, 4):
        # While the mail server is stopped, its worker is in the middle of an email.
        os.kill(relay, signal.SIGSTOP)
        try:
            if number == 1:
                service.publish_round(round_id)
            wait_until("an email on its way", lambda: _is_sending(service, slug))
            service.kill("--queues=mail")
            _wait_for_deaths(service, "worker-mail", number)
        finally:
            os.kill(relay, signal.SIGCONT)
        _wait_for_more_emails(service, slug)

    service.wait_for_emails(slug)
    service.check_emails(slug, round_id)


def test_redis_killed_and_emptied_delays_a_round_and_its_emails(service: RunningService) -> None:
    slug = service.new_program(40, 15)
    round_id = service.start_round(slug)
    service.kill("redis.sock")
    service.wait_for_state(round_id, "proposed")

    service.publish_round(round_id)
    for _ in range(3):
        _wait_for_more_emails(service, slug)
        service.kill("redis.sock")
        wait_until("Redis again", lambda: _has(service, "redis.sock"))

    service.wait_for_emails(slug)
    service.check_emails(slug, round_id)


def test_redis_that_hangs_while_a_round_starts_only_delays_it(service: RunningService) -> None:
    slug = service.new_program(5, 3)
    redis, before = service.part("redis.sock"), failed_sweeps(service)
    os.kill(redis, signal.SIGSTOP)
    try:
        round_id = str(service.run("round", "start", "--program", slug)["id"])
        # By then, each worker would have been told.
        wait_until("two sweeps to fail", lambda: failed_sweeps(service) > before + 1)
        assert service.run("round", "show", round_id)["state"] == "queued"
    finally:
        os.kill(redis, signal.SIGCONT)

    service.wait_for_state(round_id, "proposed")


def test_a_mail_server_that_hangs_while_a_round_is_published_only_delays_its_emails(
    service: RunningService,
) -> None:
    slug = service.new_program(12, 5)
    round_id = service.propose_round(slug)
    relay = service.part("mentorship.service.catcher")
    os.kill(relay, signal.SIGSTOP)
    try:
        service.publish_round(round_id)
        wait_until("a failed attempt", lambda: any(e.last_error for e in service.outbox(slug)))
    finally:
        os.kill(relay, signal.SIGCONT)

    service.wait_for_emails(slug)
    service.check_emails(slug, round_id)


def test_a_round_can_be_cancelled_while_it_is_matched(service: RunningService) -> None:
    slug = service.new_program(40, 15)
    with service.solvers_waiting():
        round_id = service.start_round(slug)
        solver = service.solver()

        assert service.run("round", "cancel", round_id)["state"] == "cancelled"
        wait_until("the solver's end", lambda: not is_alive(solver))
    service.run("round", "publish", "--held", round_id, code=4)

    second = service.run("round", "start", "--program", slug, "--wait")
    assert second["state"] == "proposed"


@pytest.mark.chaos_long
def test_redis_holds_no_name_and_no_address(service: RunningService) -> None:
    slug = service.new_program(12, 5)
    socket_path = service.data / "redis.sock"
    watcher = servers.RedisMonitor(str(socket_path))
    with watcher:
        round_id = service.propose_round(slug)
        service.publish_round(round_id)
        service.wait_for_emails(slug)

    heard = watcher.heard
    assert round_id in heard
    assert "example.org" not in heard
    assert "example.com" not in heard
    report = service.shown_round(round_id)
    assert not [
        p for p in report["pairs"] if p["mentee_name"] in heard or p["mentor_name"] in heard
    ]


def failed_sweeps(service: RunningService) -> int:
    """Return how often a worker could tell no one what is due."""
    logs = (service.data / "logs").glob("worker-*.log")
    return sum(log.read_text().count("a sweep will be tried again") for log in logs)


def _wait_for_more_emails(service: RunningService, slug: str) -> None:
    before = len(service.emails())
    wait_until("more emails", lambda: len(service.emails()) > before + 10 or service.all_sent(slug))


def _is_sending(service: RunningService, slug: str) -> bool:
    """Return whether a worker holds an email; all are sent where it was too quick for us."""
    return service.all_sent(slug) or any(
        email.state in ("claimed", "submitting") for email in service.outbox(slug)
    )


def _wait_for_deaths(service: RunningService, name: str, number: int) -> None:
    notice = f"{name} stopped: killed by SIGKILL"
    wait_until(notice, lambda: service.output().count(notice) >= number)


def _has(service: RunningService, words: str) -> bool:
    try:
        service.part(words)
    except AssertionError:
        return False
    return True
