"""A proposed round on the desk, and what coordinators do on its pages."""

from __future__ import annotations

import html
import uuid
from dataclasses import dataclass, field
from typing import Any

import matched_rounds
from sqlalchemy import Engine, select

from mentorship import database
from mentorship.models import Pairing, Round
from mentorship.states import PairingState


@dataclass
class Desk:
    """A round of three mentees and two mentors with a place each, and its pages."""

    engine: Engine
    browser: Any
    address: str
    round_id: uuid.UUID
    ids: dict[str, uuid.UUID] = field(default_factory=dict)

    def get(self, path: str = "") -> str:
        answer = self.browser.get(self.address + path)
        assert answer.status_code == 200, answer.status_code
        return html.unescape(answer.text)

    def post(self, path: str, **fields: str) -> Any:
        return self.browser.post(self.address + path, **fields)

    def decide(self, kind: str, *names: str, **fields: str) -> str:
        choice = ":".join([kind, *(str(self.ids[name]) for name in names)])
        answer = self.post("/decisions", choice=choice, **fields)
        assert answer.status_code == 303, answer.text
        return html.unescape(self.browser.get(answer.location).text)

    def match_again(self) -> None:
        assert self.post("/match-again").status_code == 303
        with database.transaction(self.engine) as session:
            matched_rounds.match(session, session.get_one(Round, self.round_id))

    def pair(self, mentee: str, mentor: str) -> str:
        return f"/pairs/{self.ids[mentee]}/{self.ids[mentor]}"

    def pairs(self) -> set[tuple[str, str]]:
        with database.reading(self.engine) as session:
            found = session.scalars(select(Pairing).where(Pairing.round_id == self.round_id))
            return {(p.mentee.listed_id, p.mentor.listed_id) for p in found}


def taken(desk: Desk) -> str:
    """Who of Ama and Cleo, who are alike, got Xavier."""
    return next(mentee for mentee, mentor in desk.pairs() if mentor == "xavier")


def states(desk: Desk) -> dict[str, PairingState]:
    """The states of the round's pairings, by their mentees."""
    with database.reading(desk.engine) as session:
        found = session.scalars(select(Pairing).where(Pairing.round_id == desk.round_id))
        return {pairing.mentee.listed_id: pairing.state for pairing in found}
