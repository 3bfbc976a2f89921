"""What a worker does beside its jobs goes on, whatever fails."""

from __future__ import annotations

import datetime
import logging
from pathlib import Path
from typing import Any

import factories
import pytest
from celery import Celery
from sqlalchemy import Engine, select

from matching.mapping.decisions import Decisions
from mentorship import database
from mentorship.delivery import bounces, sending
from mentorship.delivery.bounce_mailbox import BounceMailbox
from mentorship.models import Role, Upload, WorkerPulse
from mentorship.pairings import answers
from mentorship.people import enrollment
from mentorship.reminders import schedule
from mentorship.service import heartbeats, queue
from mentorship.settings import Settings
from worker import service

ROOT = Path(__file__).parents[2]


class Done(BaseException):
    """Ends a loop that goes on forever."""


@pytest.fixture(autouse=True)
def process(engine: Engine, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let this process be a worker on the test's database."""
    monkeypatch.setattr(service, "engine", lambda: engine)
    monkeypatch.setattr(service, "settings", lambda: settings)
    monkeypatch.setattr(service, "bounce_mailbox", lambda: BounceMailbox(settings))


def broken(*args: Any) -> int:
    raise KeyError("a defect")


def test_a_chore_that_fails_keeps_no_other_from_being_done(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    done: list[str] = []
    monkeypatch.setattr(answers, "apply_due", broken)
    monkeypatch.setattr(schedule, "owe_due", lambda session: done.append("owe"))
    monkeypatch.setattr(bounces, "run", lambda *needed: done.append("bounces"))

    with caplog.at_level(logging.ERROR):
        service.do_chores()

    assert done == ["owe", "bounces"]
    assert "a defect" in caplog.text


def test_what_is_old_is_forgotten(
    engine: Engine, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    with database.transaction(engine) as session:
        program = factories.make_program(session)
        for name, days in (("new.csv", 0), ("old.csv", 2)):
            upload = enrollment.keep(session, program, Role.MENTEE, name, b"", b"", Decisions())
            upload.created_at -= datetime.timedelta(days=days)

    service.do_chores()

    with database.reading(engine) as session:
        assert session.scalars(select(Upload.name)).all() == ["new.csv"]

    # All that forget what is old are among the chores.
    forgetful = [
        str(file.relative_to(ROOT).with_suffix("")).replace("/", ".")
        for file in (ROOT / "mentorship").rglob("*.py")
        if "\ndef forget_old(" in file.read_text()
    ]
    done: list[str] = []
    for name in forgetful:
        monkeypatch.setattr(f"{name}.forget_old", lambda session, name=name: done.append(name))
    service.do_chores()
    assert sorted(done) == sorted(forgetful)
    assert len(done) == 5


@pytest.mark.parametrize(("kinds", "tried"), [(["mail", "matching"], 1), (["matching"], 0)])
def test_only_processes_that_send_emails_try_the_relay(
    monkeypatch: pytest.MonkeyPatch, kinds: list[str], tried: int
) -> None:
    tries: list[Any] = []

    def nap(seconds: float) -> None:
        raise Done

    monkeypatch.setattr("worker.service.time.sleep", nap)
    monkeypatch.setattr(service, "do_chores", lambda: None)
    monkeypatch.setattr(sending, "try_relay", lambda *args: tries.append(args))
    with pytest.raises(Done):
        service.keep_doing_chores(kinds)

    assert len(tries) == tried


def test_no_failure_ends_the_sweeps_or_the_signs_of_life(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    beat = heartbeats.record
    naps: list[float] = []

    def nap(seconds: float) -> None:
        naps.append(seconds)
        monkeypatch.setattr(heartbeats, "record", beat)
        if len(naps) == 2:
            raise Done

    monkeypatch.setattr("worker.service.time.sleep", nap)
    monkeypatch.setattr(heartbeats, "record", broken)
    with pytest.raises(Done):
        service.give_signs_of_life(["mail"])
    with database.reading(engine) as session:
        assert session.scalars(select(WorkerPulse.kind)).all() == ["mail"]

    monkeypatch.setattr(queue, "sweep", broken)
    service.sweep(Celery())
