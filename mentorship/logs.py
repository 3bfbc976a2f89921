"""How every part logs: lines of text or of JSON, with ids and without anything about people.

A line carries the ids of what is being worked on (`about`): a round, an email, a request. Messages
are written without names; addresses, personal links, query strings and rows of the database, which
come in with the words of other programs, are struck out of every line, tracebacks included.
"""

from __future__ import annotations

import contextvars
import logging
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from pythonjsonlogger.json import JsonFormatter

from mentorship import links
from mentorship.settings import Settings

_about: contextvars.ContextVar[tuple[tuple[str, str], ...]] = contextvars.ContextVar(
    "about", default=()
)
_ADDRESS = re.compile(r"[^\s<>\"'(),:;\[\]\\/]+@[^\s<>\"'(),:;\[\]\\/]+")
_QUERY = re.compile(r"(?<=[\w/])\?[\w.~%+-]*=[^\s\"']*")
#: PostgreSQL quotes the whole row that it refuses. What people wrote there may have lines of its
#: own, so all is cut up to what SQLAlchemy or a traceback goes on with.
_DETAIL = re.compile(
    r"DETAIL:.*?(?=\n\[SQL: |\n\nThe above exception |\n\nDuring handling of |\Z)", re.DOTALL
)
#: What a line of JSON may hold; whatever else a library adds to its lines is left out.
_FIELDS = frozenset(
    {
        "time", "level", "logger", "message", "exc_info", "stack_info", "round", "email", "request",
        "method", "route", "status", "milliseconds",
    }
)  # fmt: skip


def set_up(settings: Settings) -> None:
    """Let this process log to its standard error as the settings say, whatever logged before."""
    handler = logging.StreamHandler(sys.stderr)
    handler.addFilter(_add_ids)
    handler.setFormatter(_Lines() if settings.log_format == "json" else _Text())
    logging.basicConfig(level=settings.log_level, handlers=[handler], force=True)


@contextmanager
def about(**ids: str) -> Iterator[None]:
    """Add ids to every line that is logged as long as this lasts."""
    token = _about.set((*_about.get(), *ids.items()))
    try:
        yield
    finally:
        _about.reset(token)


def discreet(text: str) -> str:
    """Return a text without addresses, personal links, query strings and rows of the database."""
    text = _DETAIL.sub("DETAIL: …", text)
    return _QUERY.sub("?…", links.hidden(_ADDRESS.sub("…@…", text)))


def _add_ids(record: logging.LogRecord) -> bool:
    for name, id in _about.get():
        setattr(record, name, id)
    return True


class _Text(logging.Formatter):
    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s %(message)s")

    def format(self, record: logging.LogRecord) -> str:
        return discreet(super().format(record))


class _Lines(JsonFormatter):
    """One JSON object a line; the ids stand beside the message."""

    def __init__(self) -> None:
        super().__init__(
            "%(levelname)s %(name)s %(message)s",
            rename_fields={"levelname": "level", "name": "logger"},
            timestamp="time",
            json_ensure_ascii=False,
        )

    def process_log_record(self, log_data: dict[str, Any]) -> dict[str, Any]:
        # Before it is written as JSON, where an escape may stand beside what is struck out.
        return {
            name: discreet(value) if isinstance(value, str) else value
            for name, value in log_data.items()
            if name in _FIELDS
        }
