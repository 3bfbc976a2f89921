"""The story by command line, against real web, worker, Redis and SMTP.

On SQLite only in the long form: test_browser_story.py tells it there.
"""

from __future__ import annotations

import json
import subprocess
import urllib.request
from collections import Counter
from typing import Any

import pytest
import shortcuts
from patience import wait_until
from services import RunningService

from mentorship.models import Role

pytestmark = pytest.mark.parametrize(
    "service",
    [pytest.param("sqlite", marks=pytest.mark.chaos_long), "postgresql"],
    indirect=True,
)


def test_people_are_imported_matched_and_each_gets_one_email(service: RunningService) -> None:
    slug = "story"
    service.run("program", "add", slug, "--name", "Program of a story")
    service.run("coordinator", "add", f"coordinator.{slug}@example.org", "--program", slug)
    for role, number in ((Role.MENTEE, 40), (Role.MENTOR, 15)):
        file = service.folder / f"{role}s.csv"
        file.write_text(shortcuts.sample(role, number, slug), encoding="utf-8")
        service.run("import", str(file), "--as", role, "--program", slug, "--consented", "a test")

    round_id = str(service.run("round", "start", "--program", slug, "--wait")["id"])
    assert service.run("round", "show", round_id)["certificate"]["gap"] == 0
    before = Counter(email.kind.value for email in service.outbox(slug))
    assert before == {"enrolled": 55, "round_finished": 1, "coordinator_added": 1}
    assert service.run("round", "publish", "--held", round_id)["published_now"]

    service.wait_for_emails(slug)
    outbox = service.outbox(slug)
    assert not any(email.doubt_since for email in outbox)
    coordinator = [m for m in service.emails() if f"coordinator.{slug}@" in m["To"]]
    assert len(coordinator) == 2
    service.check_emails(slug, round_id)


def test_invited_people_take_part_once_they_say_yes(service: RunningService) -> None:
    slug = service.new_program()
    path = service.folder / f"{slug}.csv"
    path.write_text(
        "mentee_id,full_name,email,career_stage,timezone,languages\n"
        f"me-1,Ana,{slug}.ana@example.org,resident,Europe/London,en\n"
    )
    service.run("import", str(path), "--as", "mentee", "--program", slug)
    service.wait_for_emails(slug)

    (message,) = (m for m in service.emails() if f"{slug}.ana@" in m["To"])
    text = message.get_body(("plain",))
    assert text is not None
    (link,) = (w for w in text.get_content().split() if "/invitations/" in w)
    with urllib.request.urlopen(link) as page:
        assert "Will you take part" in page.read().decode()


def test_the_doctor_finds_everything_in_order(service: RunningService) -> None:
    found = wait_until("all parts alive", lambda: _healthy(service))

    assert {finding["check"] for finding in found["findings"]} == {
        "packages", "secrets", "database", "clock", "redis", "workers", "mail", "bounces",
        "address", "proxy",
    }  # fmt: skip
    assert service.run("sweep")["rung"] >= 0


def _healthy(service: RunningService) -> Any:
    done: subprocess.CompletedProcess[str] = service.command("doctor", "--json")
    return json.loads(done.stdout) if done.returncode == 0 else None
