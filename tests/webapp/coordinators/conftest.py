"""What tests of several files of the desk need."""

from __future__ import annotations

from typing import Any

import factories
import matched_rounds
import pytest
from desks import Desk
from sqlalchemy import Engine

from mentorship import database
from mentorship.models import Program


@pytest.fixture
def desk(engine: Engine, signed_in: Any, coordinated: Program) -> Desk:
    fields = {"ama": "cardiology", "ben": "dermatology", "cleo": "cardiology"}
    with database.transaction(engine) as session:
        program = session.merge(coordinated)
        ids = {}
        for name, wanted in fields.items():
            ids[name] = factories.make_mentee(
                session, program, mentee_id=name, full_name=name.title(),
                specialty_interests=[wanted],
            ).id  # fmt: skip
        for name, offered in {"xavier": "cardiology", "yara": "dermatology"}.items():
            ids[name] = factories.make_mentor(
                session, program, mentor_id=name, full_name=name.title(), specialties=[offered]
            ).id
        round = matched_rounds.propose(session, program)
        address = f"/programs/{program.slug}/rounds/{round.id}"
        desk = Desk(engine, signed_in, address, round.id, ids)
    return desk
