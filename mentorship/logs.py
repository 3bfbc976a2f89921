"""Logging: lines of text or JSON, with ids and without anything about people.

A line carries the ids of what is being worked on (`about`): a round, an email, a request. Our
own messages contain no names. Addresses, personal links, query strings and database rows, which
other programs' messages bring in, are removed from every line, tracebacks included.
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
#: PostgreSQL quotes the whole row that it refuses. What people wrote in it may span lines, so
#: everything up to where SQLAlchemy or a traceback continues is cut.
_DETAIL = re.compile(
    r"DETAIL:.*?(?=\n\[SQL: |\n\nThe above exception |\n\nDuring handling of |\Z)", re.DOTALL
)
#: What a line of JSON may hold; anything else that a library adds is left out.
_FIELDS = frozenset(
    {
        "time", "level", "logger", "message", "exc_info", "stack_info", "round", "email", "request",
        "method", "route", "status", "milliseconds",
    }
)  # fmt: skip


def set_up(settings: Settings) -> None:
    """Let this process log to standard error as the settings say, and nowhere else."""
    handler = logging.StreamHandler(sys.stderr)
    handler.addFilter(_add_ids)
    handler.setFormatter(_Lines() if settings.log_format == "json" else _Text())
    logging.basicConfig(level=settings.log_level, handlers=[handler], force=True)
    # It logs the emails that it reads at DEBUG, and every connection that it closes at INFO.
    quiet = max(logging.WARNING, logging.getLogger().level)
    logging.getLogger("imapclient").setLevel(quiet)


@contextmanager
def about(**ids: str) -> Iterator[None]:
    """Add ids to every line that is logged as long as this lasts."""
    token = _about.set((*_about.get(), *ids.items()))
    try:
        yield
    finally:
        _about.reset(token)


def discreet(text: str) -> str:
    """Return `text` without addresses, personal links, query strings and database rows."""
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
        # Before it is written as JSON, where an escape may adjoin what is removed.
        return {
            name: discreet(value) if isinstance(value, str) else value
            for name, value in log_data.items()
            if name in _FIELDS
        }
