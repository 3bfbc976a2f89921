"""The doorbell: which jobs there are, which rows are due, and how Celery is told of them.

The row is the job. A message carries ids and may be lost, doubled or late: the worker that
receives it claims the rows, and a later sweep rings again for a row that no one claimed.
"""

from __future__ import annotations

import datetime
import enum
import ssl
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from celery import Celery
from kombu import Connection, Queue
from kombu.exceptions import OperationalError
from redis.exceptions import RedisError, ResponseError
from sqlalchemy import ColumnElement, Engine, or_, select, update
from sqlalchemy.orm import InstrumentedAttribute, Session

from mentorship import database
from mentorship.accounts import sign_in_links
from mentorship.delivery import claims, relays
from mentorship.errors import Unavailable
from mentorship.models import Email, EmailKind, Forecast, Lesson, Round, Trait
from mentorship.programs import lessons
from mentorship.rounds import forecasts, rounds
from mentorship.service import broker
from mentorship.settings import Settings
from mentorship.states import EmailState, RoundState

#: How many messages may wait in Redis; a longer backlog waits in the database.
MOST_UNHEARD = 100
#: How many emails share a message: Celery's own work for one is as much as sending an email.
EMAILS_A_BELL = 10
#: Priorities of messages. Redis hands out 0 before 9, and the oldest first of those that are alike.
AT_ONCE, LATER = 0, 9


class Job(enum.StrEnum):
    """The jobs, by the name that messages carry; chosen once, never renamed."""

    MATCH_ROUND = "preceptor.match-round"
    FORECAST = "preceptor.forecast"
    LEARN = "preceptor.learn"
    SEND_EMAIL = "preceptor.send-email"
    SWEEP = "preceptor.sweep"


def make_celery(settings: Settings) -> Celery:
    """Return the Celery application that sends messages to workers and receives them there.

    There is no result backend, no pickle, no Celery retry, no countdown: rows say what is to be
    done and who is doing it. docs/decisions.md gives the reason for each setting.
    """
    broker.install()
    # Redis's own clients and Celery's write the address of a socket differently.
    app = Celery("preceptor", broker=settings.redis_url.replace("unix://", "redis+socket://", 1))
    if settings.redis_url.startswith("rediss:"):
        # kombu takes any certificate unless it is told not to; what the address says goes first.
        app.conf.broker_use_ssl = {"ssl_cert_reqs": ssl.CERT_REQUIRED}
    app.conf.update(
        # Nothing waits for results, and reading them is where Celery has hung for days.
        task_ignore_result=True,
        # Write access to Redis must not mean running code here.
        task_serializer="json",
        accept_content=["json"],
        # Two queues, so that a long round does not sit on emails.
        task_queues=[Queue("matching"), Queue("mail")],
        task_default_queue="mail",
        task_routes={
            job.value: {"queue": "matching"} for job in (Job.MATCH_ROUND, Job.FORECAST, Job.LEARN)
        },
        # Once more and no longer: the next sweep rings again. (No retry at all takes longer still.)
        task_publish_retry_policy={"max_retries": 1, "interval_start": 0.05},
        # Sweeps share two connections; one that waits for a third gives up.
        broker_pool_limit=2,
        broker_pool_acquire_timeout=5,
        broker_transport_options={
            # Redis may be shared with other programs.
            "global_keyprefix": "preceptor:",
            # Without these a connection that died silently would block a worker.
            "socket_timeout": 5,
            "socket_connect_timeout": 3,
            "socket_keepalive": True,
            "health_check_interval": 10,
            # Only messages that no worker has begun are concerned, so looking often is cheap.
            "unacked_restore_interval": 10,
            "unacked_restore_throttle": 1,
        },
    )
    return app


def sweep(engine: Engine, app: Celery, settings: Settings) -> int:
    """Take back what silent workers held, ring for everything that is due, and count the rows.

    Raises `Unavailable` where Redis cannot be reached or refuses; the rows are due again at once.
    """
    with database.transaction(engine) as session:
        rounds.take_back(session, settings.most_starts)
        forecasts.take_back(session, settings.most_starts)
        claims.take_back(session, settings)
    with database.transaction(engine) as session:
        sign_in_links.answer_requests(session)
        forecasts.note_changes(session)
    try:
        with app.connection_for_write() as connection:
            unheard = _unheard(connection, "mail")
    except (OperationalError, RedisError, OSError) as error:
        raise Unavailable(f"workers cannot be notified: {_why(error)}") from None
    with database.transaction(engine) as session:
        again_after = datetime.timedelta(seconds=settings.ring_again_seconds)
        allowed = relays.most_to_try(session, MOST_UNHEARD * EMAILS_A_BELL, settings)
        room = EMAILS_A_BELL * max(0, MOST_UNHEARD - unheard)
        bells = _due(session, again_after, allowed, room, settings.most_starts)
    rung = 0
    try:
        with app.producer_pool.acquire(block=True, timeout=5) as producer:
            for bell in bells:
                args = [str(id) for id in bell.ids]
                app.send_task(bell.job.value, args=args, producer=producer, priority=bell.priority)
                rung += 1
    except (OperationalError, RedisError, OSError) as error:
        with database.transaction(engine) as session:
            _forget(session, bells[rung:])
        raise Unavailable(f"workers cannot be notified: {_why(error)}") from None
    return sum(len(bell.ids) for bell in bells)


def _why(error: Exception) -> str:
    # kombu wraps what Redis said.
    said = error.__cause__ or error
    if isinstance(said, ResponseError):
        return f"Redis refuses: {said}"
    return f"Redis cannot be reached: {error}"


def _unheard(connection: Connection, queue: str) -> int:
    """Return how many messages of a queue no worker has taken yet."""
    channel: Any = connection.default_channel
    return int(channel.queue_declare(queue).message_count)


@dataclass(frozen=True)
class Bell:
    """One message: there is a job for these rows."""

    job: Job
    ids: tuple[uuid.UUID, ...]
    priority: int = AT_ONCE


def _due(
    session: Session, again_after: datetime.timedelta, allowed: int, room: int, most_starts: int
) -> list[Bell]:
    """Return messages for what waits to be claimed and was not rung for lately; note that they go.

    `allowed` is how many emails the relay may be given; except for those that a person waits for at
    a page, there must also be `room` in Redis.
    """
    at = database.now(session)
    long_ago = at - again_after
    waiting = Round.state == RoundState.QUEUED
    oldest = Round.created_at
    matching = _note_rung(session, Round, oldest, MOST_UNHEARD, long_ago, at, waiting)
    to_renew = forecasts.is_due(at)
    foretold = _note_rung(session, Forecast, Forecast.due_at, 1, long_ago, at, to_renew)
    news = lessons.is_due(most_starts)
    learning = _note_rung(session, Lesson, Lesson.id, MOST_UNHEARD, long_ago, at, news)
    due = (Email.state == EmailState.READY, Email.due_at <= at)
    awaited = Email.kind.in_(EmailKind.having(Trait.AWAITED))
    urgent = _note_rung(session, Email, Email.due_at, allowed, long_ago, at, *due, awaited)
    most = min(allowed - len(urgent), room)
    others = _note_rung(session, Email, Email.due_at, most, long_ago, at, *due, ~awaited)
    return [
        *(Bell(Job.MATCH_ROUND, (id,)) for id in matching),
        # Rounds that someone waits for come first.
        *(Bell(Job.FORECAST, (id,), priority=LATER) for id in foretold),
        *(Bell(Job.LEARN, (id,), priority=LATER) for id in learning),
        *(Bell(Job.SEND_EMAIL, (id,)) for id in urgent),
        *(
            Bell(Job.SEND_EMAIL, tuple(others[start : start + EMAILS_A_BELL]), priority=LATER)
            for start in range(0, len(others), EMAILS_A_BELL)
        ),
    ]


def _forget(session: Session, bells: Sequence[Bell]) -> None:
    """Undo the note for messages that could not be sent, so that the next sweep tries again."""
    jobs = (
        (Round, Job.MATCH_ROUND), (Forecast, Job.FORECAST), (Lesson, Job.LEARN),
        (Email, Job.SEND_EMAIL),
    )  # fmt: skip
    for model, job in jobs:
        ids = [id for bell in bells if bell.job is job for id in bell.ids]
        session.execute(update(model).where(model.id.in_(ids)).values(rung_at=None))


def _note_rung(
    session: Session,
    model: type[Round] | type[Forecast] | type[Lesson] | type[Email],
    oldest: InstrumentedAttribute[Any],
    most: int,
    long_ago: datetime.datetime,
    at: datetime.datetime,
    *due: ColumnElement[bool],
) -> Sequence[uuid.UUID]:
    silent = or_(model.rung_at.is_(None), model.rung_at <= long_ago)
    some = select(model.id).where(*due, silent).order_by(oldest).limit(most)
    # Locked first, in a statement of its own, so that a second sweep at the same time skips them.
    # As part of the update, PostgreSQL may evaluate it more than once and exceed `most`.
    ids = session.scalars(some.with_for_update(skip_locked=True)).all()
    if ids:
        session.execute(update(model).where(model.id.in_(ids)).values(rung_at=at))
    return ids
