"""A mentor's capacity: how many places they offer, and how many are taken."""

from __future__ import annotations

from sqlalchemy.orm import Session

from mentorship import database
from mentorship.models import Profile


def change(session: Session, profile: Profile, capacity: int) -> None:
    """Set a mentor's capacity; places taken beyond it are flagged as excess."""
    session.refresh(profile, with_for_update=True)
    profile.capacity = capacity
    profile.excess = max(0, profile.places_taken - capacity)
    profile.updated_at = database.now(session)
    session.flush()


def free_place(session: Session, profile: Profile) -> None:
    """Free one of a mentor's places."""
    session.refresh(profile, with_for_update=True)
    profile.places_taken -= 1
    profile.excess = max(0, profile.places_taken - (profile.capacity or 0))
    profile.updated_at = database.now(session)
    session.flush()
