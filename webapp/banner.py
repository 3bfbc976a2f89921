"""The banner that tells coordinators on every page what has stopped."""

from __future__ import annotations

import time
from dataclasses import dataclass

from flask import Flask, current_app
from sqlalchemy.exc import SQLAlchemyError

from mentorship import language
from mentorship.language import gettext as _
from mentorship.language import mark
from mentorship.service import alarms
from mentorship.service.alarms import Alarm, Part
from webapp import gate, storage

#: Seconds for which a process reuses what it read.
SECONDS = 5.0


@dataclass(frozen=True)
class _Words:
    """What coordinators are told about a part that has stopped."""

    title: str
    meaning: str
    request: str


_WORDS = {
    Part.MATCHING: _Words(
        mark("Matching has stopped"),
        mark("Rounds you start will wait until it's running again. Nothing is lost."),
        mark("Please tell the operator of this service: the matching worker isn't responding."),
    ),
    Part.MAIL: _Words(
        mark("No emails are being sent"),
        mark(
            "No one gets introductions, reminders, or sign-in codes. Every email is kept and "
            "goes out once it's running again; you don't need to do anything twice."
        ),
        mark("Please tell the operator of this service: the mail worker isn't responding."),
    ),
    Part.BEAT: _Words(
        mark("The scheduler has stopped"),
        mark(
            "Rounds and emails still work, but reminders and other scheduled tasks may be "
            "late. Nothing is lost."
        ),
        mark("Please tell the operator of this service: the scheduler (beat) isn't responding."),
    ),
    Part.RELAY: _Words(
        mark("The mail server isn't accepting emails"),
        mark(
            "No one gets introductions, reminders, or sign-in codes. Every email is kept and "
            "goes out once the server works again; you don't need to do anything twice."
        ),
        mark("Please tell the operator of this service: the mail relay isn't working."),
    ),
    Part.BOUNCES: _Words(
        mark("Bounced emails aren't being detected"),
        mark(
            "Emails still go out, but no one is told when one isn't delivered. Reports "
            "waiting in the mailbox will be read once it works again."
        ),
        mark("Please tell the operator of this service: the bounce mailbox can't be read."),
    ),
    Part.EMAILS: _Words(
        mark("Emails are late"),
        mark(
            "People may have to wait for introductions, reminders, and sign-in codes. Every "
            "email is kept; you don't need to do anything twice."
        ),
        mark("If this continues, please tell the operator of this service: emails are waiting."),
    ),
}


@dataclass(frozen=True)
class Notice:
    """The banner about a part that has stopped."""

    title: str
    text: str


def init_app(app: Flask) -> None:
    """Let templates ask what has stopped."""
    app.extensions["alarms"] = (0.0, [])
    app.add_template_global(notices, "alarms")


def notices() -> list[Notice]:
    """Return what has stopped, for coordinators; for other visitors nothing."""
    if not gate.coordinated():
        return []
    return [_notice(alarm) for alarm in _raised()]


def _raised() -> list[Alarm]:
    until, raised = current_app.extensions["alarms"]
    if time.monotonic() < until:
        return list(raised)
    try:
        with storage.reading() as session:
            raised = alarms.raised(session, storage.settings())
    except SQLAlchemyError:
        # A page that can be shown is shown; what was read before stands for a moment longer.
        current_app.logger.warning("the database did not say what has stopped")
    current_app.extensions["alarms"] = (time.monotonic() + SECONDS, raised)
    return list(raised)


def _notice(alarm: Alarm) -> Notice:
    words = _WORDS[alarm.part]
    title = _(words.title)
    if alarm.since is not None:
        title = _("%(what)s, since %(time)s", what=title, time=language.time(alarm.since))
    sentences = [_(words.meaning), _(words.request)]
    if alarm.words:
        sentences.append(_("It says: %(words)s", words=alarm.words))
    return Notice(title, " ".join(sentences))
