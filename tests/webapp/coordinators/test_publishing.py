"""Publishing a round on its page, which says beforehand what goes to whom."""

from __future__ import annotations

from typing import Any

import factories
from sqlalchemy import Engine

from mentorship import database
from mentorship.models import Profile, Program


def test_publishing_says_what_goes_to_whom_and_then_does_so(
    engine: Engine, signed_in: Any, coordinated: Program
) -> None:
    from mentorship import outbox
    from mentorship.models import Pairing, Unmatched
    from mentorship.rounds import rounds
    from mentorship.states import PairingState, RoundState

    with database.transaction(engine) as session:
        program = session.merge(coordinated)
        mentee = factories.make_mentee(session, program, full_name="Ana Asks")
        mentor = factories.make_mentor(session, program, full_name="Max Mentor")
        left = factories.make_mentee(session, program, full_name="Lee Left")
        round, _ = rounds.start(session, program, requested_by="test")
        round.state = RoundState.PROPOSED
        round.result = {
            "broken": [], "kept": [], "certificate": {"is_optimal": True},
            "measures": {"matched": 1, "unmatched": 1, "mean": 0.5},
        }  # fmt: skip
        session.add(Pairing(
            program_id=program.id, round_id=round.id, mentee_id=mentee.id, mentor_id=mentor.id,
            mentee_person_id=mentee.person_id, mentor_person_id=mentor.person_id,
            state=PairingState.PROPOSED, score=500_000, contributions={}, reasons=[],
        ))  # fmt: skip
        session.add(Unmatched(round_id=round.id, profile_id=left.id, reason={"cause": "floor"}))
        round_id, mentor_profile = round.id, mentor.id
    path = f"/programs/{coordinated.slug}/rounds/{round_id}/publish"

    page = signed_in.get(path).text
    assert "3 emails will be sent</h2>" in page
    for words in ("Ana Asks", "Max Mentor", "Lee Left", "unmatched this time"):
        assert words in page
    assert signed_in.post(path).status_code == 303
    with database.reading(engine) as session:
        kinds = sorted(email.kind for email in outbox.of_program(session, coordinated.id))
        assert kinds == ["mentee_introduction", "mentor_introduction", "not_this_time"]
        assert session.get_one(Profile, mentor_profile).places_taken == 1
    assert "nothing to publish" in signed_in.get(path).text
    assert signed_in.post(path, on="/account").status_code == 303
    assert "Ana Asks" in signed_in.get(f"/programs/{coordinated.slug}/emails").text
