"""What tests of several files need."""

from __future__ import annotations

import factories
import pytest
from sqlalchemy.orm import Session

from mentorship.models import Profile, Program


@pytest.fixture
def people(session: Session, program: Program) -> dict[str, Profile]:
    """Three mentees and two mentors with a place each: a and x, b and y fit best."""
    fields = {"a": "cardiology", "b": "dermatology", "c": "cardiology"}
    found = {
        name: factories.make_mentee(session, program, mentee_id=name, specialty_interests=[field])
        for name, field in fields.items()
    }
    for name, field in {"x": "cardiology", "y": "dermatology"}.items():
        found[name] = factories.make_mentor(session, program, mentor_id=name, specialties=[field])
    return found
