"""The rounds of a program, to be read by those who coordinate it."""

from __future__ import annotations

import uuid

from flask import Blueprint, render_template

from mentorship import reports, rounds
from mentorship.errors import NotFound
from webapp import access, storage

bp = Blueprint("rounds", __name__, url_prefix="/programs/<slug>/rounds")


@bp.get("")
@access.signed_in
def index(slug: str) -> str:
    """List a program's rounds."""
    with storage.reading() as session:
        program = access.coordinated_program(session, slug)
        found = rounds.of_program(session, program.id)
        return render_template("rounds/index.html", program=program, rounds=found)


@bp.get("/<uuid:round_id>")
@access.signed_in
def show(slug: str, round_id: uuid.UUID) -> str:
    """Show one round with its pairs and the people it left without one."""
    with storage.reading() as session:
        program = access.coordinated_program(session, slug)
        round = rounds.get(session, round_id)
        if round.program_id != program.id:
            raise NotFound(f"there is no round {round_id}")
        report = reports.of_round(session, round)
        return render_template("rounds/show.html", program=program, round=round, report=report)
