"""What a worker process has: its settings, its database, its relay, and a sense of time."""

from __future__ import annotations

import functools
import logging
import os
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from celery import Celery
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from mentorship import database
from mentorship.delivery import bounces, sending
from mentorship.delivery.bounce_mailbox import BounceMailbox
from mentorship.delivery.smtp import SMTPSender
from mentorship.errors import Unavailable
from mentorship.pairings import answers, expiry
from mentorship.reminders import schedule
from mentorship.service import heartbeats, queue
from mentorship.settings import Settings

log = logging.getLogger(__name__)


@functools.cache
def settings() -> Settings:
    """Return this process's settings. Raises `Invalid` where one is missing."""
    found = Settings.read(os.environ)
    return found.require("database_url", "redis_url", "smtp_url", "secret_key")


@functools.cache
def engine() -> Engine:
    """Return this process's own database connections."""
    return database.make_engine(settings().database_url)


@functools.cache
def sender() -> SMTPSender:
    """Return this process's own connection to the relay."""
    return SMTPSender(settings())


@functools.cache
def bounce_mailbox() -> BounceMailbox:
    """Return this process's own way into the mailbox of returned emails."""
    return BounceMailbox(settings())


def sweep(app: Celery) -> None:
    """Sweep once; what cannot be reached now is tried by the next sweep."""
    with _going_on("a sweep"):
        queue.sweep(engine(), app, settings())


def do_chores() -> None:
    """Let answers take effect, owe what has become due, and read what came back undelivered.

    Each is harmless to do in several workers at once, and what fails now is done the next time.
    """
    for chore in (answers.apply_due, expiry.expire_unanswered, schedule.owe_due):
        with _going_on(chore.__name__):
            with database.transaction(engine()) as session:
                done = chore(session)
            if done:
                log.info("%s: %s", chore.__name__, done)
    with _going_on("reading returned emails"):
        bounces.run(engine(), bounce_mailbox())


def keep_house(kinds: Sequence[str]) -> None:
    """Do the chores, for ever, and whoever sends emails also sees whether the relay is back."""
    while True:
        do_chores()
        if "mail" in kinds:
            with _going_on("trying the relay"):
                sending.try_relay(engine(), settings())
        time.sleep(settings().chore_seconds)


def keep_time(app: Celery, kinds: Sequence[str]) -> None:
    """Sweep, do the chores and give signs of life of these kinds, for ever."""
    threading.Thread(target=keep_pulse, args=(kinds,), daemon=True).start()
    threading.Thread(target=keep_house, args=(kinds,), daemon=True).start()
    while True:
        sweep(app)
        time.sleep(settings().sweep_seconds)


def keep_pulse(kinds: Sequence[str]) -> None:
    """Give signs of life of these kinds, for ever."""
    while True:
        with _going_on("a sign of life"), database.transaction(engine()) as session:
            for kind in kinds:
                heartbeats.beat(session, kind)
        time.sleep(settings().heartbeat_seconds)


@contextmanager
def _going_on(what: str) -> Iterator[None]:
    """Log what fails in a loop, which tries it again and does the rest meanwhile."""
    try:
        yield
    except (Unavailable, SQLAlchemyError) as error:
        # Another worker was quicker, or something is away.
        log.warning("%s is tried again: %s", what, error)
    except Exception:
        # Whatever it is, a thread that ended of it would do nothing any more, and nobody would see.
        log.exception("%s failed and is tried again", what)
