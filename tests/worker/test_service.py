"""What a worker does beside its jobs goes on, whatever fails."""

from __future__ import annotations

import logging
from typing import Any

import pytest
from celery import Celery
from sqlalchemy import Engine, select

from mentorship import database
from mentorship.delivery import bounces, sending
from mentorship.delivery.bounce_mailbox import BounceMailbox
from mentorship.models import WorkerPulse
from mentorship.pairings import answers
from mentorship.reminders import schedule
from mentorship.service import heartbeats, queue
from mentorship.settings import Settings
from worker import service


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
