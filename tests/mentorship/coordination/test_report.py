"""The report: who joined, was matched, met and is satisfied, and nothing about few people."""

from __future__ import annotations

import datetime

import factories
import pytest
from sqlalchemy.orm import Session

from mentorship import database, outbox
from mentorship.coordination import report
from mentorship.coordination.report import Group, Outcome
from mentorship.models import EmailKind, Pairing, Profile, Program, Question, Reply, Role, Round
from mentorship.people.gaps import Dimension
from mentorship.states import PairingState, ProfileState


def answer(session: Session, pairing: Pairing, by: Profile, choice: str, **changes: object) -> None:
    at = database.now(session)
    values = {"at": at, "effective_at": at, "applied_at": at, "question": Question.PULSE}
    session.add(
        Reply(pairing_id=pairing.id, person_id=by.person_id, choice=choice, **(values | changes))
    )
    session.flush()


def pair(
    session: Session, program: Program, state: PairingState = PairingState.ACTIVE, **mentee: object
) -> Pairing:
    pairing = factories.make_pairing(
        session, program, state, mentee=factories.make_mentee(session, program, **mentee)
    )
    round = session.get_one(Round, pairing.round_id)
    round.published_at = database.now(session)
    session.flush()
    return pairing


def test_people_are_counted_from_joining_to_being_satisfied(
    session: Session, program: Program
) -> None:
    met = pair(session, program)
    met.met_at = database.now(session)
    answer(session, met, met.mentee, "well")
    ended = pair(session, program)
    ended.state, ended.met_at = PairingState.ENDED, database.now(session)
    answer(session, ended, ended.mentee, "finished")
    answer(session, ended, ended.mentor, "slow")
    pair(session, program)
    factories.make_mentee(session, program)
    # None of these is a person who joined, a match or an answer that has taken effect.
    for state in (ProfileState.DRAFT, ProfileState.UNCONFIRMED, ProfileState.AWAITING_APPROVAL):
        factories.make_mentee(session, program).state = state
    refused = factories.make_mentee(session, program)
    refused.state = ProfileState.LEFT
    outbox.owe(
        session, EmailKind.NOT_ADMITTED, to=refused.person_id, about=refused.id,
        program_id=program.id,
    )  # fmt: skip
    asked = pair(session, program, PairingState.ASKED)
    pair(session, program, PairingState.PROPOSED)
    undone = pair(session, program)
    answer(session, undone, undone.mentee, "well", applied_at=None)
    answer(session, undone, undone.mentor, "met", question=Question.FIRST_MEETING)
    elsewhere = factories.make_program(session)
    pair(session, elsewhere)
    assert asked.introduced_at is None

    found = report.of_program(session, program)

    assert found.people[Role.MENTEE] == Outcome(joined=7, matched=4, met=2, answered=2, satisfied=2)
    assert found.people[Role.MENTOR] == Outcome(joined=6, matched=4, met=2, answered=1, satisfied=0)
    assert found.pairings == 4


def test_of_several_answers_the_last_counts_and_of_several_pairings_the_one_that_goes_well(
    session: Session, program: Program
) -> None:
    first, second = pair(session, program), pair(session, program)
    mentor = first.mentor
    mentor.capacity, mentor.places_taken = 2, 2
    second.mentor_id, second.mentor_person_id = mentor.id, mentor.person_id
    now = database.now(session)
    answer(session, first, mentor, "well", at=now - datetime.timedelta(days=60))
    answer(session, first, mentor, "slow", at=now)
    session.flush()
    session.refresh(second)
    assert report.of_program(session, program).people[Role.MENTOR].satisfied == 0

    answer(session, second, mentor, "well")

    found = report.of_program(session, program).people[Role.MENTOR]
    assert (found.matched, found.answered, found.satisfied) == (1, 1, 1)


def test_people_who_left_are_counted_but_in_no_group(session: Session, program: Program) -> None:
    for _ in range(5):
        factories.make_mentee(session, program)
    for _ in range(2):
        factories.make_mentee(session, program).state = ProfileState.LEFT
    session.flush()

    found = report.of_program(session, program)

    assert found.people[Role.MENTEE].joined == 7
    assert found.left == 2
    assert found.groups[Role.MENTEE, Dimension.STAGE] == [
        Group("medical-student-clinical", Outcome(joined=5))
    ]


def test_people_are_grouped_by_stage_and_by_the_field_they_name_first(
    session: Session, program: Program
) -> None:
    for _ in range(5):
        factories.make_mentee(
            session, program, career_stage="resident",
            specialty_interests=["dermatology", "cardiology"],
        )  # fmt: skip
        factories.make_mentee(session, program, specialty_interests=None)
        factories.make_mentor(session, program, specialties=["neurosurgery"])

    groups = report.of_program(session, program).groups

    five = Outcome(joined=5)
    assert groups[Role.MENTEE, Dimension.STAGE] == [
        Group("medical-student-clinical", five), Group("resident", five),
    ]  # fmt: skip
    assert groups[Role.MENTEE, Dimension.FIELD] == [Group("", five), Group("dermatology", five)]
    assert groups[Role.MENTOR, Dimension.FIELD] == [Group("neurosurgery", five)]


def test_a_time_holds_those_who_joined_in_it_and_its_rounds(
    session: Session, program: Program
) -> None:
    now = database.now(session)
    old, new = pair(session, program), pair(session, program)
    for pairing, days in ((old, 400), (new, 10)):
        then = now - datetime.timedelta(days=days)
        pairing.mentee.created_at = pairing.mentor.created_at = then
        session.get_one(Round, pairing.round_id).published_at = then
    session.flush()
    a_year_ago = now - datetime.timedelta(days=365)

    numbers = [
        (found.people[Role.MENTEE].joined, [row.number for row in found.rounds])
        for found in (
            report.of_program(session, program),
            report.of_program(session, program, since=a_year_ago),
            report.of_program(session, program, until=a_year_ago),
            report.of_program(session, program, since=now),
        )
    ]

    assert numbers == [(2, [2, 1]), (1, [2]), (1, [1]), (0, [])]


def test_a_round_s_pairs_are_counted_with_what_both_of_them_said(
    session: Session, program: Program
) -> None:
    pairing = pair(session, program)
    pairing.met_at = pairing.ended_at = database.now(session)
    answer(session, pairing, pairing.mentee, "well")
    answer(session, pairing, pairing.mentor, "slow")

    (row,) = report.of_program(session, program).rounds

    assert (row.pairs, row.ended) == (Outcome(1, 1, 1, answered=2, satisfied=1), 1)


@pytest.mark.parametrize(
    ("sizes", "told"),
    [
        ({}, []),
        ({"a": 4}, []),
        ({"a": 5}, [("a", 5)]),
        ({"a": 4, "b": 4}, [(None, 8)]),
        # Two could be worked out from the sum of all, so the next larger group hides them.
        ({"a": 9, "b": 6, "c": 2}, [("a", 9), (None, 8)]),
        ({"a": 9, "c": 2}, [(None, 11)]),
        ({"a": 9, "b": 3, "c": 2}, [("a", 9), (None, 5)]),
        (
            dict.fromkeys("abcdefgh", 10),
            [*((name, 10) for name in "abcde"), (None, 30)],
        ),
        ({"a": 10, "b": 10, "c": 10, "d": 10, "e": 10, "f": 5, "g": 1}, [
            *((name, 10) for name in "abcde"), (None, 6),
        ]),
    ],
)  # fmt: skip
def test_no_group_of_few_is_told_or_can_be_worked_out(
    sizes: dict[str, int], told: list[tuple[str | None, int]]
) -> None:
    rows = report.told({name: Outcome(joined=number) for name, number in sizes.items()})

    assert [(row.id, row.outcome.joined) for row in rows] == told
    # Everyone is in a row, or no one is: nothing is left to be worked out.
    assert sum(row.outcome.joined for row in rows) in (0, sum(sizes.values()))


@pytest.mark.parametrize(
    ("satisfied", "answered", "share"),
    [(9, 9, None), (0, 0, None), (10, 10, 0.95), (0, 10, 0.05), (38, 42, 0.9), (7, 12, 0.6)],
)
def test_what_people_answered_is_told_of_many_and_never_of_all_alike(
    satisfied: int, answered: int, share: float | None
) -> None:
    told = Outcome(answered=answered, satisfied=satisfied).share_satisfied

    assert told == (None if share is None else pytest.approx(share))


def test_shares_of_few_are_not_told() -> None:
    few = Outcome(joined=4, matched=4, met=4)
    many = Outcome(joined=10, matched=5, met=1)

    assert (few.share_matched, few.share_met) == (None, None)
    assert (many.share_matched, many.share_met) == (0.5, 0.2)
