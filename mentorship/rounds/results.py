"""What a round found for one person."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, exists, or_, select
from sqlalchemy.orm import Session

from mentorship.models import Pairing, Profile, Round, Unmatched
from mentorship.pairings import why_unmatched
from mentorship.pairings.sentences import Reader
from mentorship.people import questions
from mentorship.states import RoundState


def has_result(profile_id: Any, of: ColumnElement[bool]) -> ColumnElement[bool]:
    """Say that a round that is `of` some kind has a result for a profile: a match, or why none."""
    paired = or_(Pairing.mentee_id == profile_id, Pairing.mentor_id == profile_id)
    alone = Unmatched.profile_id == profile_id
    return or_(
        exists().where(paired, ~Pairing.held, Pairing.round_id == Round.id, of),
        exists().where(alone, Unmatched.round_id == Round.id, of),
    )


def last_reason(session: Session, profile: Profile) -> str | None:
    """Return why the last published round found no one for a person, for their own eyes."""
    row = session.execute(
        select(Unmatched.reason)
        .join(Round, Unmatched.round_id == Round.id)
        .where(Unmatched.profile_id == profile.id, Round.state == RoundState.PUBLISHED)
    ).first()
    asked = questions.of_profile(profile)
    return why_unmatched.in_words(row[0], Reader(profile.role), asked) if row else None
