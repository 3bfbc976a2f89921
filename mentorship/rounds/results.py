"""What a round found for one person."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, exists, or_

from mentorship.models import (
    Pairing,
    Round,
    Unmatched,
)


def has_result(profile_id: Any, of: ColumnElement[bool]) -> ColumnElement[bool]:
    """Whether one of some rounds has a result for somebody: whom they meet, or why nobody."""
    paired = or_(Pairing.mentee_id == profile_id, Pairing.mentor_id == profile_id)
    alone = Unmatched.profile_id == profile_id
    return or_(
        exists().where(paired, Pairing.round_id == Round.id, of),
        exists().where(alone, Unmatched.round_id == Round.id, of),
    )
