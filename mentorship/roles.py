"""What someone may be in a program."""

from __future__ import annotations

import enum


class Role(enum.StrEnum):
    """What a profile is for."""

    MENTEE = "mentee"
    MENTOR = "mentor"
