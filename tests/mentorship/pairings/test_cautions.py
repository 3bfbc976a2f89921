"""What coordinators are told to look at before a pair meets."""

from __future__ import annotations

from typing import Any

import pytest
from factories import make_pairing
from sqlalchemy.orm import Session

from mentorship.models import Program
from mentorship.pairings import cautions
from mentorship.states import PairingState, ProfileState

REASON = {"criterion": "specialty", "shared": ["cardiology"]}
NO_REASON = "There is no reason that can be shared with the two."


@pytest.mark.parametrize(
    ("caution", "words"),
    [
        ({"criterion": "hours"}, "No free time in common in a usual week."),
        (
            {"criterion": "distance", "seniority": "near-peer", "further": True},
            "Further ahead than requested: the mentee asked for someone only a little "
            "further along.",
        ),
        (
            {"criterion": "distance", "seniority": "senior", "further": False},
            "Not as far ahead as requested: the mentee asked for someone far along in their "
            "career.",
        ),
        (
            {"criterion": "specialty", "apart": ["cardiology", "psychiatry"]},
            "Specialties far apart: cardiology and psychiatry.",
        ),
        (
            {"criterion": "score"},
            "A weak pair: a poorer fit than is typical in this program.",
        ),
    ],
)
@pytest.mark.parametrize("state", [PairingState.PROPOSED, PairingState.ACTIVE])
def test_each_is_a_sentence(
    session: Session, program: Program, state: PairingState, caution: dict[str, Any], words: str
) -> None:
    pairing = make_pairing(session, program, state)
    pairing.reasons, pairing.cautions = [REASON], [caution]

    assert cautions.of_pairing(pairing) == [words]


@pytest.mark.parametrize(
    ("reasons", "told"),
    [
        ([REASON], []),
        ([], [NO_REASON]),
        # Nothing of the mentor's or the mentee's hides behind it: it has no sentence at all.
        ([{"criterion": "stage"}], [NO_REASON]),
    ],
)
def test_a_pair_without_a_reason_that_may_be_told_is_marked(
    session: Session, program: Program, reasons: list[dict[str, Any]], told: list[str]
) -> None:
    pairing = make_pairing(session, program, PairingState.PROPOSED)
    pairing.reasons = reasons

    assert cautions.of_pairing(pairing) == told


def test_nothing_is_told_of_someone_who_left(session: Session, program: Program) -> None:
    pairing = make_pairing(session, program, PairingState.ENDED)
    pairing.cautions = [{"criterion": "hours"}]
    pairing.mentee.state = ProfileState.LEFT

    assert cautions.of_pairing(pairing) == []
