"""What became of a program's people: who joined, was matched, met and is satisfied, by group.

It is for those who support a program, such as a dean: no figure in it is about fewer people than
`sight.FEW`, and what people answered about each other is told in steps of five percent.
"""

from __future__ import annotations

import datetime
import uuid
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import ColumnElement, exists, select
from sqlalchemy.orm import Session

from mentorship.models import Email, EmailKind, Pairing, Profile, Program, Question, Reply, Round
from mentorship.people import sight
from mentorship.people.gaps import Dimension
from mentorship.roles import Role
from mentorship.states import ProfileState, RoundState

#: Groups that are told by name, and rounds; the rest of the groups are told together.
MOST_GROUPS, MOST_ROUNDS = 5, 5
#: How many must have answered before a share of them is told, and in which steps it is.
LEAST_ANSWERS, STEP = 2 * sight.FEW, 0.05
#: Answers to "how is it going" that count as satisfied.
SATISFIED = frozenset({"well", "finished"})
_JOINED = (ProfileState.READY, ProfileState.PAUSED, ProfileState.LEFT)


@dataclass
class Outcome:
    """How many people joined; of them were matched; of those met; answered; and are satisfied."""

    joined: int = 0
    matched: int = 0
    met: int = 0
    answered: int = 0
    satisfied: int = 0

    def add(self, other: Outcome) -> None:
        """Count those of another as well."""
        self.joined += other.joined
        self.matched += other.matched
        self.met += other.met
        self.answered += other.answered
        self.satisfied += other.satisfied

    @property
    def share_matched(self) -> float | None:
        """Return the share of those who joined that were matched, None of few."""
        return self.matched / self.joined if self.joined >= sight.FEW else None

    @property
    def share_met(self) -> float | None:
        """Return the share of those matched that met, None of few."""
        return self.met / self.matched if self.matched >= sight.FEW else None

    @property
    def share_satisfied(self) -> float | None:
        """Return the share of those who answered that are satisfied, None of few.

        In steps, and never all or none: it would tell what each of them answered.
        """
        if self.answered < LEAST_ANSWERS:
            return None
        share = round(self.satisfied / self.answered / STEP) * STEP
        return min(max(share, STEP), 1 - STEP)


@dataclass(frozen=True)
class Group:
    """People who have something in common; `id` is None for those of all smaller groups."""

    id: str | None
    outcome: Outcome


@dataclass(frozen=True)
class OfRound:
    """What became of the pairs of a round, which count as joined and matched."""

    number: int
    published_at: datetime.datetime
    pairs: Outcome
    ended: int


@dataclass(frozen=True)
class Report:
    """A program over a time; `left` are those among the people who have left since."""

    people: dict[Role, Outcome]
    left: int
    #: By role, and by what people have in common, of those who take part now.
    groups: dict[tuple[Role, Dimension], list[Group]]
    #: The newest first.
    rounds: list[OfRound]
    pairings: int


@dataclass
class _Heard:
    """The last answer of each person about each of their pairings."""

    last: dict[uuid.UUID, dict[uuid.UUID, str]] = field(default_factory=dict)

    def outcome(self, pairing_id: uuid.UUID) -> Outcome:
        answers = self.last.get(pairing_id, {}).values()
        return Outcome(answered=len(answers), satisfied=sum(a in SATISFIED for a in answers))


def of_program(
    session: Session,
    program: Program,
    since: datetime.datetime | None = None,
    until: datetime.datetime | None = None,
) -> Report:
    """Return what became of those who joined a program in a time, and of its rounds in that time.

    People count once in each role. Who applied and was not admitted has not joined.
    """
    pairings = session.execute(
        select(
            Pairing.id, Pairing.round_id, Pairing.mentee_id, Pairing.mentor_id,
            Pairing.mentee_person_id, Pairing.mentor_person_id, Pairing.met_at, Pairing.ended_at,
        ).where(Pairing.program_id == program.id, Pairing.introduced_at.is_not(None))
    ).all()  # fmt: skip
    heard = _heard(session, program.id)
    fates: dict[uuid.UUID, Outcome] = defaultdict(Outcome)
    for pairing in pairings:
        answers = heard.last.get(pairing.id, {})
        for profile_id, person_id in (
            (pairing.mentee_id, pairing.mentee_person_id),
            (pairing.mentor_id, pairing.mentor_person_id),
        ):
            fate = fates[profile_id]
            fate.matched = 1
            fate.met = max(fate.met, int(pairing.met_at is not None))
            if answer := answers.get(person_id):
                # Of several pairings, one that goes well is enough.
                fate.answered = 1
                fate.satisfied = max(fate.satisfied, int(answer in SATISFIED))
    people: dict[Role, Outcome] = {role: Outcome() for role in Role}
    grouped: dict[tuple[Role, Dimension], dict[str, Outcome]] = {
        (role, dimension): defaultdict(Outcome)
        for role in Role
        for dimension in (Dimension.STAGE, Dimension.FIELD)
    }
    left = 0
    for row in session.execute(_joined(program.id, since, until)):
        outcome = Outcome(joined=1)
        if row.id in fates:
            outcome.add(fates[row.id])
        people[row.role].add(outcome)
        if row.state is ProfileState.LEFT:
            left += 1
            continue
        grouped[row.role, Dimension.STAGE][row.stage or ""].add(outcome)
        field = row.works_in if row.role is Role.MENTOR else row.drawn_to
        grouped[row.role, Dimension.FIELD][field or ""].add(outcome)
    return Report(
        people=people,
        left=left,
        groups={key: told(groups) for key, groups in grouped.items()},
        rounds=_rounds(
            session, program.id, pairings, heard, _within(Round.published_at, since, until)
        ),
        pairings=len(pairings),
    )


def told(groups: dict[str, Outcome]) -> list[Group]:
    """Return groups as they may be told, the largest first, and last all smaller ones together.

    A group of few joins those, and if they are few even so, the next larger one does too: none can
    be worked out from the sum of all. There are none if everyone together is few.
    """
    ordered = sorted(groups.items(), key=lambda item: (-item[1].joined, item[0]))
    shown = [item for item in ordered if item[1].joined >= sight.FEW][:MOST_GROUPS]
    rest = Outcome()
    for _id, outcome in ordered[len(shown) :]:
        rest.add(outcome)
    while 0 < rest.joined < sight.FEW and shown:
        rest.add(shown.pop()[1])
    rows = [Group(id, outcome) for id, outcome in shown]
    return [*rows, Group(None, rest)] if rest.joined >= sight.FEW else rows


def _joined(
    program_id: uuid.UUID, since: datetime.datetime | None, until: datetime.datetime | None
) -> Any:
    was_refused = exists().where(Email.cause_id == Profile.id, Email.kind == EmailKind.NOT_ADMITTED)
    return select(
        Profile.id,
        Profile.role,
        Profile.state,
        Profile.answers["career_stage"].as_string().label("stage"),
        Profile.answers["specialties"][0].as_string().label("works_in"),
        Profile.answers["specialty_interests"][0].as_string().label("drawn_to"),
    ).where(
        Profile.program_id == program_id,
        Profile.state.in_(_JOINED),
        Profile.consent.is_not(None),
        ~was_refused,
        *_within(Profile.created_at, since, until),
    )


def _within(
    column: Any, since: datetime.datetime | None, until: datetime.datetime | None
) -> list[ColumnElement[bool]]:
    return [
        *([column >= since] if since is not None else []),
        *([column < until] if until is not None else []),
    ]


def _heard(session: Session, program_id: uuid.UUID) -> _Heard:
    heard = _Heard()
    answers = session.execute(
        select(Reply.pairing_id, Reply.person_id, Reply.choice)
        .join(Pairing, Reply.pairing_id == Pairing.id)
        .where(
            Pairing.program_id == program_id,
            Reply.question == Question.PULSE,
            Reply.applied_at.is_not(None),
        )
        .order_by(Reply.at, Reply.id)
    )
    for pairing_id, person_id, choice in answers:
        heard.last.setdefault(pairing_id, {})[person_id] = choice
    return heard


def _rounds(
    session: Session,
    program_id: uuid.UUID,
    pairings: Iterable[Any],
    heard: _Heard,
    within: Sequence[ColumnElement[bool]],
) -> list[OfRound]:
    published = session.execute(
        select(Round.id, Round.number, Round.published_at)
        .where(
            Round.program_id == program_id,
            Round.state.in_((RoundState.PUBLISHED, RoundState.CLOSED)),
            Round.published_at.is_not(None),
            *within,
        )
        .order_by(Round.number.desc())
        .limit(MOST_ROUNDS)
    ).all()
    pairs: dict[uuid.UUID, Outcome] = defaultdict(Outcome)
    ended: dict[uuid.UUID, int] = defaultdict(int)
    for pairing in pairings:
        outcome = Outcome(1, 1, int(pairing.met_at is not None))
        outcome.add(heard.outcome(pairing.id))
        pairs[pairing.round_id].add(outcome)
        ended[pairing.round_id] += int(pairing.ended_at is not None)
    return [
        OfRound(row.number, row.published_at, pairs[row.id], ended[row.id])
        for row in published
        if row.published_at is not None
    ]
