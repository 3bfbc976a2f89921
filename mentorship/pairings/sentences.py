"""What all sentences about pairings share: their reader, and labels as they stand in a sentence."""

from __future__ import annotations

import enum
from collections.abc import Mapping, Sequence
from typing import Any

from matching.profiles import taxonomy
from mentorship.language import gettext as _
from mentorship.language import listed

Reason = Mapping[str, Any]


class Reader(enum.StrEnum):
    """Whom a sentence is for."""

    MENTEE = "mentee"
    MENTOR = "mentor"
    COORDINATOR = "coordinator"


def label(kind: str, id: str) -> str:
    """Return a label as it stands inside a sentence: a capital only where the word needs it."""
    words = _(taxonomy.load().label(kind, id))
    return words[0].lower() + words[1:] if words[1:2].islower() else words


def labels(kind: str, ids: Sequence[str]) -> str:
    """Return labels as a list inside a sentence."""
    return listed([label(kind, id) for id in ids])
