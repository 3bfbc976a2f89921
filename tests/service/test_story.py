"""The story by command line, against real web, worker, Redis and SMTP; and what may go wrong."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import threading
import time
import urllib.request
from typing import Any

import servers
from services import RunningService, is_alive


def wait_for_emails(service: RunningService, slug: str, seconds: float = 60) -> None:
    servers.wait_until(f"the emails of {slug}", lambda: service.all_sent(slug), seconds)


def start(service: RunningService, slug: str, *options: str) -> str:
    return str(service.run("round", "start", "--program", slug, *options)["id"])


def wait_for_state(service: RunningService, round_id: str, state: str, seconds: float = 60) -> None:
    servers.wait_until(
        f"round {state}", lambda: service.run("round", "show", round_id)["state"] == state, seconds
    )


def test_people_are_imported_matched_and_each_gets_one_email(service: RunningService) -> None:
    slug = service.new_program()
    service.run("coordinator", "add", f"coordinator.{slug}@example.org", "--program", slug)
    service.import_people(slug)

    round_id = start(service, slug, "--wait")
    assert service.run("round", "show", round_id)["certificate"]["gap"] == 0
    assert [e["kind"] for e in service.outbox(slug)] == ["round_finished"]
    assert service.run("round", "publish", round_id)["published_now"]

    wait_for_emails(service, slug)
    outbox = service.outbox(slug)
    assert not any(email["in_doubt"] for email in outbox)
    coordinator = [m for m in service.emails() if f"coordinator.{slug}@" in m["To"]]
    assert len(coordinator) == 1
    service.check_emails(slug, round_id)


def test_invited_people_take_part_once_they_say_yes(service: RunningService) -> None:
    slug = service.new_program()
    path = service.folder / f"{slug}.csv"
    path.write_text(
        "mentee_id,full_name,email,career_stage,timezone,languages\n"
        f"me-1,Ana,{slug}.ana@example.org,resident,Europe/London,en\n"
    )
    service.run("import", str(path), "--as", "mentee", "--program", slug)
    wait_for_emails(service, slug)

    (message,) = (m for m in service.emails() if f"{slug}.ana@" in m["To"])
    text = message.get_body(("plain",))
    assert text is not None
    (link,) = (w for w in text.get_content().split() if "/invitations/" in w)
    with urllib.request.urlopen(link) as page:
        assert "Will you take part" in page.read().decode()


def test_two_starts_at_once_give_one_round(service: RunningService) -> None:
    slug = service.new_program()
    service.import_people(slug, 5, 3)
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
    slug = service.new_program()
    service.import_people(slug)
    round_id = start(service, slug, "--wait")
    found: list[Any] = []

    def click() -> None:
        found.append(service.run("round", "publish", round_id))

    clicks = [threading.Thread(target=click) for _ in range(3)]
    for thread in clicks:
        thread.start()
    for thread in clicks:
        thread.join()

    assert sum(answer["published_now"] for answer in found) == 1
    wait_for_emails(service, slug)
    service.check_emails(slug, round_id)


def test_a_worker_killed_in_a_round_delays_it(service: RunningService) -> None:
    slug = service.new_program()
    service.import_people(slug)
    round_id = start(service, slug)
    solver = service.stop_solver()
    wait_for_state(service, round_id, "matching")

    service.kill("--queues=matching")

    servers.wait_until("the solver's end", lambda: not is_alive(solver), 5)
    wait_for_state(service, round_id, "proposed")
    assert "worker-matching ended: killed by SIGKILL. It is started again." in service.output()


def test_a_mail_worker_killed_while_sending_sends_each_email_once(service: RunningService) -> None:
    slug = service.new_program()
    service.import_people(slug, 120, 50)
    round_id = start(service, slug, "--wait")
    service.run("round", "publish", round_id)
    for number in range(1, 4):
        _wait_for_emails_beyond(service, len(service.emails()) + 10)
        service.kill("--queues=mail")
        _wait_for_deaths(service, "worker-mail", number)

    wait_for_emails(service, slug, 90)
    service.check_emails(slug, round_id)


def test_redis_killed_and_emptied_delays_a_round_and_its_emails(service: RunningService) -> None:
    slug = service.new_program()
    service.import_people(slug)
    round_id = start(service, slug)
    service.kill("redis.sock")
    wait_for_state(service, round_id, "proposed")

    service.run("round", "publish", round_id)
    for _ in range(3):
        time.sleep(0.5)
        service.kill("redis.sock")
        servers.wait_until("Redis again", lambda: _has(service, "redis.sock"))

    wait_for_emails(service, slug, 90)
    service.check_emails(slug, round_id)


def test_redis_that_hangs_while_a_round_starts_only_delays_it(service: RunningService) -> None:
    slug = service.new_program()
    service.import_people(slug, 5, 3)
    redis = service.part("redis.sock")
    os.kill(redis, signal.SIGSTOP)
    try:
        round_id = start(service, slug)
        time.sleep(2)
        assert service.run("round", "show", round_id)["state"] == "queued"
    finally:
        os.kill(redis, signal.SIGCONT)

    wait_for_state(service, round_id, "proposed", 90)


def test_a_mail_server_that_hangs_while_a_round_is_published_only_delays_its_emails(
    service: RunningService,
) -> None:
    slug = service.new_program()
    service.import_people(slug, 12, 5)
    round_id = start(service, slug, "--wait")
    relay = service.part("mentorship.service.catcher")
    os.kill(relay, signal.SIGSTOP)
    try:
        service.run("round", "publish", round_id)
        servers.wait_until(
            "a failed attempt", lambda: any(e["last_error"] for e in service.outbox(slug))
        )
    finally:
        os.kill(relay, signal.SIGCONT)

    wait_for_emails(service, slug, 120)
    service.check_emails(slug, round_id)


def test_a_round_can_be_cancelled_while_it_is_matched(service: RunningService) -> None:
    slug = service.new_program()
    service.import_people(slug)
    round_id = start(service, slug)
    solver = service.stop_solver()

    assert service.run("round", "cancel", round_id)["state"] == "cancelled"
    servers.wait_until("the solver's end", lambda: not is_alive(solver), 3)
    service.run("round", "publish", round_id, code=4)

    second = service.run("round", "start", "--program", slug, "--wait")
    assert second["state"] == "proposed"


def test_the_doctor_finds_everything_in_order(service: RunningService) -> None:
    found = servers.wait_until("all parts alive", lambda: _healthy(service))

    assert {finding["check"] for finding in found["findings"]} == {
        "secrets", "database", "clock", "redis", "workers", "mail", "bounces", "address", "proxy",
    }  # fmt: skip
    assert service.run("sweep")["rung"] >= 0


def test_redis_holds_no_name_and_no_address(service: RunningService) -> None:
    slug = service.new_program()
    service.import_people(slug)
    socket_path = service.data / "redis.sock"
    watcher = servers.RedisMonitor(str(socket_path))
    with watcher:
        round_id = start(service, slug, "--wait")
        service.run("round", "publish", round_id)
        wait_for_emails(service, slug)

    heard = watcher.heard
    assert round_id in heard
    assert "example.org" not in heard
    assert "example.com" not in heard
    report = service.run("round", "show", round_id)
    assert not [
        p for p in report["pairs"] if p["mentee_name"] in heard or p["mentor_name"] in heard
    ]


def _wait_for_emails_beyond(service: RunningService, number: int) -> None:
    servers.wait_until(f"email {number}", lambda: len(service.emails()) > number)


def _wait_for_deaths(service: RunningService, name: str, number: int) -> None:
    notice = f"{name} ended: killed by SIGKILL"
    servers.wait_until(notice, lambda: service.output().count(notice) >= number)


def _has(service: RunningService, words: str) -> bool:
    try:
        service.part(words)
    except AssertionError:
        return False
    return True


def _healthy(service: RunningService) -> Any:
    done: subprocess.CompletedProcess[str] = service.command("doctor", "--json")
    return json.loads(done.stdout) if done.returncode == 0 else None
