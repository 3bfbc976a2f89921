"""The banner that tells coordinators on every page what has stopped."""

from __future__ import annotations

import time
from dataclasses import dataclass

from flask import Flask, current_app
from sqlalchemy.exc import SQLAlchemyError

from mentorship import language
from mentorship.language import gettext as _
from mentorship.service import alarms
from mentorship.service.alarms import Alarm, Part
from webapp import gate, storage

#: So long one look at the database is good for all pages of a process.
SECONDS = 5.0


@dataclass(frozen=True)
class Notice:
    """What a coordinator reads of one part that has stopped."""

    title: str
    text: str


def init_app(app: Flask) -> None:
    """Let every page ask what has stopped."""
    app.extensions["alarms"] = (0.0, [])
    app.add_template_global(notices, "alarms")


def notices() -> list[Notice]:
    """Return what has stopped, for coordinators; for anybody else nothing."""
    if not gate.coordinated():
        return []
    return [Notice(_title(alarm), _text(alarm)) for alarm in _raised()]


def _raised() -> list[Alarm]:
    until, found = current_app.extensions["alarms"]
    if time.monotonic() < until:
        return list(found)
    try:
        with storage.reading() as session:
            found = alarms.raised(session, storage.settings())
    except SQLAlchemyError:
        # A page that can be shown is shown; what was found before stands for a moment longer.
        current_app.logger.warning("the database did not say what has stopped")
    current_app.extensions["alarms"] = (time.monotonic() + SECONDS, found)
    return list(found)


def _title(alarm: Alarm) -> str:
    names = {
        Part.MATCHING: _("Matching has stopped"),
        Part.MAIL: _("No emails are being sent"),
        Part.BEAT: _("The clock of the service has stopped"),
        Part.RELAY: _("The mail server takes no emails"),
        Part.EMAILS: _("Emails are late"),
    }
    if alarm.since is None:
        return names[alarm.part]
    since = language.time(alarm.since)
    return _("%(what)s, since %(time)s", what=names[alarm.part], time=since)


def _text(alarm: Alarm) -> str:
    meaning = {
        Part.MATCHING: _("A round that you start waits until it runs again. Nothing is lost."),
        Part.MAIL: _(
            "Nobody gets introductions, reminders or codes to sign in. Every email is kept and "
            "goes out once it runs again; you need not do anything twice."
        ),
        Part.BEAT: _(
            "Rounds and emails still go out, but reminders and other things that depend on the "
            "time may come late. Nothing is lost."
        ),
        Part.RELAY: _(
            "Nobody gets introductions, reminders or codes to sign in. Every email is kept and "
            "goes out once the server works again; you need not do anything twice."
        ),
        Part.EMAILS: _(
            "People may wait for introductions, reminders and codes to sign in. Every email is "
            "kept; you need not do anything twice."
        ),
    }[alarm.part]
    tell = {
        Part.MATCHING: _("Please tell whoever runs this service: the matching worker is silent."),
        Part.MAIL: _("Please tell whoever runs this service: the mail worker is silent."),
        Part.BEAT: _("Please tell whoever runs this service: beat is silent."),
        Part.RELAY: _("Please tell whoever runs this service: the mail relay does not work."),
        Part.EMAILS: _("If it lasts, please tell whoever runs this service: emails wait."),
    }[alarm.part]
    said = [_("It says: %(words)s", words=alarm.words)] if alarm.words else []
    return " ".join([meaning, tell, *said])
