"""Forms that two people have open at once: what changed in between is seen, and nothing is lost.

A form that edits what is stored carries a stamp: a hash of each stored value that it was opened
with. Where one of them is another by now, the form is not acted on: it comes back with both
versions beside each other, what its sender changed as they sent it, and all else as it is stored.
"""

from __future__ import annotations

import datetime
import enum
import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from flask import request

from mentorship import language
from mentorship.language import gettext as _
from webapp.forms import Form

#: The name of the field that holds the stamp.
FIELD = "seen"


@dataclass(frozen=True)
class Difference:
    """One thing that was saved since a form was opened: its name, and both versions in words."""

    label: str
    sent: str
    stored: str
    #: Whether the sender had changed it too, so that they have to choose.
    is_conflict: bool


def stamp(stored: Mapping[str, Any]) -> str:
    """Return the stamp of a form that is opened with these values."""
    return " ".join(f"{name}:{_hash(value)}" for name, value in sorted(stored.items()))


def sent_stamp() -> str:
    """Return the stamp of the form that is sent, for its page to keep where something is wrong."""
    return request.form.get(FIELD, "")


def changed(stored: Mapping[str, Any], sent: Mapping[str, Any]) -> dict[str, bool]:
    """Return what was stored since the form that is sent was opened, by name.

    The value says whether its sender had changed that too. A form without a stamp has seen nothing.
    """
    parts = (part.rpartition(":") for part in sent_stamp().split())
    seen = {name: digest for name, _colon, digest in parts}
    return {
        name: _hash(sent.get(name)) != seen.get(name)
        for name, value in stored.items()
        if _hash(value) != seen.get(name) and _hash(value) != _hash(sent.get(name))
    }


def overtaken(form: Form, stored: Mapping[str, Any]) -> list[Difference]:
    """Return what was stored since a form was opened, and fill in what its sender left alone.

    `stored` has a value for each field. An empty list means that the form can be acted on.
    """
    found = []
    for name, is_conflict in changed(stored, form.data).items():
        field = form[name]
        words = in_words(field.data), in_words(stored[name])
        found.append(Difference(_(field.label.text), *words, is_conflict))
        if not is_conflict:
            field.data, field.raw_data = stored[name], None
    return found


def in_words(value: Any, shown: Callable[[Any], str] = str) -> str:
    """Return a value of a form as people read it; `shown` words what is no plain value."""
    if value in (None, "", [], ()):
        return _("nothing")
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, datetime.date):
        return language.date(value)
    if isinstance(value, enum.StrEnum):
        return value.replace("_", " ")
    return (
        language.listed([str(each) for each in value])
        if isinstance(value, (list, tuple))
        else (shown(value))
    )


def _hash(value: Any) -> str:
    text = json.dumps("" if value in (None, [], ()) else value, default=str, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:12]
