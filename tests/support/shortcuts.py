"""What commands do, done in the tests' own process: a command costs a second of processor."""

from __future__ import annotations

import csv
import io
import uuid
from importlib import resources
from typing import Any

from sqlalchemy.orm import Session

from mentorship.accounts import coordinators, sign_in_links
from mentorship.coordination import review
from mentorship.models import Role
from mentorship.people import enrollment, imports
from mentorship.programs import programs
from mentorship.rounds import publishing, rounds
from mentorship.settings import Settings


def add_program(
    session: Session, slug: str, mentees: int, mentors: int, name: str | None = None
) -> None:
    """Create a program with the first people of the sample."""
    program = programs.add(session, slug, programs.Settings(name=name or f"Program {slug}"))
    for role, number in ((Role.MENTEE, mentees), (Role.MENTOR, mentors)):
        if not number:
            continue
        report = imports.read(sample(role, number, slug).encode(), role, f"{role}s.csv")
        enrollment.apply(
            session, program, report, actor="test", consented="a test", are_made_up=True
        )


def sample(role: Role, number: int, slug: str) -> str:
    """Return a list of the first people of the sample, with addresses of this program's own."""
    file = resources.files("mentorship").joinpath("sample", f"{role}s.csv")
    rows = list(csv.DictReader(io.StringIO(file.read_text(encoding="utf-8"))))[:number]
    output = io.StringIO()
    writer = csv.DictWriter(output, list(rows[0]))
    writer.writeheader()
    writer.writerows(row | {"email": f"{slug}.{row['email']}"} for row in rows)
    return output.getvalue()


def start_round(session: Session, slug: str) -> str:
    """Start a round, and return its id."""
    round, _ = rounds.start(session, programs.get(session, slug), requested_by="test")
    return str(round.id)


def shown_round(session: Session, round_id: str) -> dict[str, Any]:
    """Return what `round show` tells of a round."""
    return review.of_round(session, rounds.get(session, uuid.UUID(round_id)))


def coordinator_link(session: Session, slug: str, settings: Settings) -> str:
    """Add a coordinator to a program; a link that signs them in."""
    program = programs.get(session, slug)
    person = coordinators.appoint(session, program, f"coordinator.{slug}@example.org", "test")
    return sign_in_links.make_link(session, person, settings)


def publish_round(session: Session, round_id: str) -> None:
    """Publish a proposed round, with the pairs that are held back."""
    round = rounds.get(session, uuid.UUID(round_id))
    publishing.publish(session, round, "test")
    publishing.publish_held(session, round, "test")
