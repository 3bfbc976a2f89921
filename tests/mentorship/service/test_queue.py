"""The sweep: what it rings for, once, and what it does where Redis is away."""

from __future__ import annotations

import itertools
import json
import subprocess
import sys
import tempfile
import uuid
from collections.abc import Iterator
from pathlib import Path

import factories
import pytest
import servers
from patience import patient
from refusals import Refuser
from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session

from mentorship import database, outbox
from mentorship.errors import Unavailable
from mentorship.models import Email, EmailKind, Lesson, Program, Round
from mentorship.programs import lessons
from mentorship.rounds import rounds
from mentorship.service import queue
from mentorship.settings import Settings


@pytest.fixture
def redis_url(tmp_path: Path) -> Iterator[str]:
    with servers.Redis(tmp_path) as url:
        yield url


@pytest.fixture
def settings(settings: Settings, redis_url: str) -> Settings:
    return settings.replace(redis_url=redis_url, ring_again_seconds=3600)


def owe(session: Session, program: Program, number: int) -> None:
    mentee = factories.make_mentee(session, program)
    for _ in range(number):
        outbox.owe(
            session,
            EmailKind.NOT_THIS_TIME,
            to=mentee.person_id,
            about=uuid.uuid4(),
            program_id=program.id,
        )


def test_each_due_row_is_rung_for_once(engine: Engine, settings: Settings) -> None:
    with database.transaction(engine) as session:
        program = factories.make_program(session)
        rounds.start(session, program, requested_by="test")
        owe(session, program, 3)
    app = queue.make_celery(settings)

    assert queue.sweep(engine, app, settings) == 4
    assert queue.sweep(engine, app, settings) == 0
    again = settings.replace(ring_again_seconds=0)
    assert queue.sweep(engine, app, again) == 4


def test_news_for_a_lesson_is_rung_for_among_the_rounds_until_it_is_learned(
    engine: Engine, settings: Settings
) -> None:
    with database.transaction(engine) as session:
        program = factories.make_program(session)
        lessons.note(session, [program.id])
        lesson_id = session.scalars(select(Lesson.id)).one()
    app = queue.make_celery(settings)
    again = settings.replace(ring_again_seconds=0)

    assert queue.sweep(engine, app, settings) == 1
    assert queue.sweep(engine, app, settings) == 0
    with app.connection_for_read() as connection, connection.SimpleQueue("matching") as waiting:
        message = waiting.get(timeout=patient(30))
        assert message.headers["task"] == "preceptor.learn"
        assert message.payload[0] == [str(lesson_id)]
        message.ack()
    assert queue.sweep(engine, app, again) == 1
    with database.transaction(engine) as session:
        assert lessons.record(session, lesson_id, 1, {})
    assert queue.sweep(engine, app, again) == 0


def test_a_long_backlog_waits_in_the_database_and_not_in_redis(
    engine: Engine, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queue, "MOST_UNHEARD", 2)
    monkeypatch.setattr(queue, "EMAILS_A_BELL", 3)
    with database.transaction(engine) as session:
        owe(session, factories.make_program(session), 12)
    app = queue.make_celery(settings)

    rung = [queue.sweep(engine, app, settings.replace(ring_again_seconds=0)) for _ in range(4)]

    assert rung == [6, 0, 0, 0]
    with app.connection_for_read() as connection, connection.SimpleQueue("mail") as waiting:
        messages = [waiting.get(timeout=patient(30)) for _ in range(2)]
        assert [len(message.payload[0]) for message in messages] == [3, 3]
        for message in messages:
            message.ack()


def test_an_email_to_sign_in_overtakes_a_backlog(
    engine: Engine, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queue, "MOST_UNHEARD", 2)
    monkeypatch.setattr(queue, "EMAILS_A_BELL", 3)
    app = queue.make_celery(settings)
    with database.transaction(engine) as session:
        program = factories.make_program(session)
        owe(session, program, 12)
    assert queue.sweep(engine, app, settings) == 6
    with database.transaction(engine) as session:
        mentee = factories.make_mentee(session, program)
        outbox.owe(
            session, EmailKind.SIGN_IN, to=mentee.person_id, about=uuid.uuid4(), program_id=None
        )
        session.flush()
        wanted = session.scalars(select(Email.id).where(Email.kind == EmailKind.SIGN_IN)).one()

    assert queue.sweep(engine, app, settings) == 1

    with app.connection_for_read() as connection, connection.SimpleQueue("mail") as waiting:
        first = waiting.get(timeout=patient(30))
        assert str(wanted) in str(first.payload)
        first.ack()


def test_sweeps_that_come_faster_than_they_are_done_keep_no_email_waiting(
    engine: Engine, settings: Settings, redis_url: str
) -> None:
    environment = {"DATABASE_URL": "sqlite://", "REDIS_URL": redis_url, "SMTP_URL": "smtps://x"}
    code = "import json; from worker.app import app; print(json.dumps(app.conf.beat_schedule))"
    command = [sys.executable, "-c", code]
    printed = subprocess.run(command, env=environment, capture_output=True, check=True).stdout
    beat = json.loads(printed)["sweep"]
    app = queue.make_celery(settings)

    def ring(sweeps: int) -> None:
        for _ in range(sweeps):
            app.send_task(beat["task"], **beat["options"])

    ring(3)
    with database.transaction(engine) as session:
        owe(session, factories.make_program(session), 1)
    assert queue.sweep(engine, app, settings) == 1
    ring(3)

    with app.connection_for_read() as connection, connection.SimpleQueue("mail") as waiting:
        messages = [waiting.get(timeout=patient(30)) for _ in range(7)]
        assert [message.headers["task"] for message in messages] == [
            *(["preceptor.sweep"] * 3), "preceptor.send-email", *(["preceptor.sweep"] * 3),
        ]  # fmt: skip
        for message in messages:
            message.ack()


def test_without_redis_everything_stays_due(engine: Engine, settings: Settings) -> None:
    with database.transaction(engine) as session:
        program = factories.make_program(session)
        rounds.start(session, program, requested_by="test")
        owe(session, program, 1)
    away = settings.replace(redis_url="unix:///no/such/socket")

    with pytest.raises(Unavailable, match="Redis cannot be reached"):
        queue.sweep(engine, queue.make_celery(away), away)

    with database.reading(engine) as session:
        assert session.scalar(select(func.count(Round.rung_at))) == 0
        assert session.scalar(select(func.count(Email.rung_at))) == 0
    assert queue.sweep(engine, queue.make_celery(settings), settings) == 2


def test_what_redis_refused_in_the_middle_of_ringing_is_rung_for_by_the_next_sweep(
    engine: Engine, settings: Settings
) -> None:
    with database.transaction(engine) as session:
        program = factories.make_program(session)
        rounds.start(session, program, requested_by="test")
        owe(session, program, 1)
    redis = Path(settings.redis_url.removeprefix("unix://"))
    pushes = itertools.count(1)
    with tempfile.TemporaryDirectory() as folder, Refuser(redis, Path(folder, "redis")) as refuser:
        through = settings.replace(redis_url=refuser.url)
        app = queue.make_celery(through)
        refuser.words = "READONLY You can't write against a read only replica."
        refuser.refuses = lambda name: name == "LPUSH" and next(pushes) > 1

        with pytest.raises(
            Unavailable, match="workers cannot be notified: Redis refuses: .*read only"
        ):
            queue.sweep(engine, app, through)

        assert refuser.refused > 0
        with database.reading(engine) as session:
            assert session.scalar(select(func.count(Round.rung_at))) == 1, "the first went through"
            assert session.scalar(select(func.count(Email.rung_at))) == 0
        refuser.words = None
        assert queue.sweep(engine, app, through) == 1
