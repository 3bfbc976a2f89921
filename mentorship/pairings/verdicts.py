"""Verdicts: whether a pairing went well, as far as the two said so; its outcome.

| what is known | outcome |
|---|---|
| ended as finished | good |
| ended because one of them said that it did not fit, or stepped out | bad |
| lives, or ended otherwise: one said last that it goes well, and neither that it is slow | good |
| anything else | unknown |

What counts is each one's last answer to "how is it going?", once it has taken effect. "Slowly" is
about time as often as about fit, so it is no verdict. That someone left the program, that a round
or a coordinator ended the pairing, or that no one wrote says nothing about the two, and neither
does a "no" before they met. Comments are not read.
"""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Collection
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from mentorship.models import Pairing, Question, Reply
from mentorship.states import MET_PAIRING, Ending, PairingState

#: The two were introduced.
_BEGAN = (*MET_PAIRING, PairingState.ENDED)
_GOOD = (Ending.FINISHED,)
_BAD = (Ending.NOT_FIT, Ending.STEPPED_OUT)


def of_pairing(
    state: PairingState, ended_reason: str | None, pulses: Collection[str]
) -> bool | None:
    """Return whether a pairing went well, None where that is unknown.

    `pulses` are the last answers of the two to "how is it going?".
    """
    if state not in _BEGAN:
        return None
    if ended_reason in _BAD:
        return False
    if ended_reason in _GOOD:
        return True
    return True if "well" in pulses and "slow" not in pulses else None


def of_program(session: Session, program_id: uuid.UUID) -> list[dict[str, Any]]:
    """Return where each pairing with an outcome stood, and the outcome; no one's name or id.

    As `matching.learning.Outcome` has them, in no order that means anything. Pairings of before it
    was kept where they stood are left out.
    """
    last: dict[uuid.UUID, dict[uuid.UUID, str]] = defaultdict(dict)
    pulses = (
        select(Reply.pairing_id, Reply.person_id, Reply.choice)
        .join(Pairing, Reply.pairing_id == Pairing.id)
        .where(
            Pairing.program_id == program_id,
            Reply.question == Question.PULSE,
            Reply.applied_at.is_not(None),
        )
        .order_by(Reply.applied_at, Reply.id)
    )
    for pairing_id, person_id, choice in session.execute(pulses):
        last[pairing_id][person_id] = choice
    stood = select(Pairing.id, Pairing.state, Pairing.ended_reason, Pairing.standings).where(
        Pairing.program_id == program_id,
        Pairing.standings.is_not(None),
        Pairing.state.in_(_BEGAN),
    )
    found = [
        (standings, of_pairing(state, reason, last[id].values()))
        for id, state, reason, standings in session.execute(stood)
    ]
    return [
        {"standings": standings, "went_well": went_well}
        for standings, went_well in found
        if went_well is not None
    ]
