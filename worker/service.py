"""What a worker process has: settings, database, relay, bounce mailbox, and timers."""

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

from mentorship import database, sent_forms
from mentorship.accounts import sessions, sign_in_links, strangers
from mentorship.coordination import correspondence
from mentorship.delivery import bounces, sending
from mentorship.delivery.bounce_mailbox import BounceMailbox
from mentorship.delivery.smtp import SMTPSender
from mentorship.errors import Unavailable
from mentorship.pairings import answers, expiry
from mentorship.people import enrollment
from mentorship.reminders import schedule
from mentorship.rounds import publishing_times, schedules
from mentorship.service import heartbeats, queue
from mentorship.settings import Settings

log = logging.getLogger(__name__)


@functools.cache
def settings() -> Settings:
    """Return this process's settings. Raises `Invalid` if one is missing."""
    return Settings.read(os.environ).require("database_url", "redis_url", "smtp_url")


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


def give_back_connections() -> None:
    """Close this process's connection to the relay when it has no work, without end."""
    while True:
        time.sleep(1)
        with _going_on("giving a connection back"):
            sender().give_back()


def sweep(app: Celery) -> None:
    """Sweep once; if something cannot be reached, the next sweep tries again."""
    with _going_on("a sweep"):
        queue.sweep(engine(), app, settings())


def do_chores() -> None:
    """Let answers take effect, publish and queue what is due, forget what is old, read bounces.

    Several workers can do it at once, and what fails is done the next time.
    """
    for chore in (
        answers.apply_due,
        expiry.expire_unanswered,
        publishing_times.publish_due,
        schedules.start_due,
        schedule.owe_due,
        strangers.forget,
        sign_in_links.forget_old,
        sessions.forget_old,
        sent_forms.forget_old,
        enrollment.forget_old,
        correspondence.forget_old,
    ):
        name = f"{chore.__module__}.{chore.__name__}"
        with _going_on(name):
            with database.transaction(engine()) as session:
                done = chore(session)
            if done:
                log.info("%s: %s", name, done)
    with _going_on("reading returned emails"):
        bounces.run(engine(), bounce_mailbox(), settings())


def keep_doing_chores(kinds: Sequence[str]) -> None:
    """Do the chores, without end; processes that send emails also test a relay that was down."""
    while True:
        do_chores()
        if "mail" in kinds:
            with _going_on("trying the relay"):
                sending.try_relay(engine(), settings())
        time.sleep(settings().chore_seconds)


def keep_time(app: Celery, kinds: Sequence[str]) -> None:
    """Sweep, do the chores and give signs of life of these kinds, without end."""
    threading.Thread(target=give_signs_of_life, args=(kinds,), daemon=True).start()
    threading.Thread(target=keep_doing_chores, args=(kinds,), daemon=True).start()
    while True:
        sweep(app)
        time.sleep(settings().sweep_seconds)


def give_signs_of_life(kinds: Sequence[str]) -> None:
    """Give signs of life of these kinds, without end."""
    while True:
        with _going_on("a sign of life"), database.transaction(engine()) as session:
            for kind in kinds:
                heartbeats.record(session, kind)
        time.sleep(settings().heartbeat_seconds)


@contextmanager
def _going_on(what: str) -> Iterator[None]:
    """Log what fails within, so that the loop around it goes on and tries again."""
    try:
        yield
    except (Unavailable, SQLAlchemyError) as error:
        # Another worker was quicker, or something cannot be reached.
        log.warning("%s will be tried again: %s", what, error)
    except Exception:
        # A dead thread goes unnoticed, so log anything and carry on.
        log.exception("%s failed and will be tried again", what)
