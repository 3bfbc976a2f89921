"""Pages that belong to no area."""

from __future__ import annotations

from flask import Blueprint, render_template

from mentorship import programs
from webapp import access, storage

bp = Blueprint("pages", __name__)


@bp.get("/")
@access.public
def home() -> str:
    """Say what this is, and lead those who are signed in to their programs."""
    person = access.me()
    coordinated = []
    if person is not None:
        with storage.reading() as session:
            coordinated = list(programs.coordinated_by(session, person.id))
    return render_template("pages/home.html", person=person, programs=coordinated)
