"""Mentees who want several mentors: in rounds, beside what they have, and in emails."""

from __future__ import annotations

from collections import Counter
from typing import Any

import factories
import pytest
from matched_rounds import live, propose, publish
from sqlalchemy import select
from sqlalchemy.orm import Session
from stories import body, read

from matching import policy
from mentorship.coordination import review
from mentorship.emails import messages
from mentorship.errors import WrongState
from mentorship.models import (
    Email,
    EmailKind,
    Existing,
    Fill,
    Introduction,
    Pairing,
    Program,
    Round,
    Scope,
    Unmatched,
)
from mentorship.pairings import pairings
from mentorship.people import profiles
from mentorship.programs import policies
from mentorship.rounds import publishing
from mentorship.settings import Settings
from mentorship.states import LIVE_PAIRING, EmailState
from webapp.coordinators import figures


@pytest.fixture
def program(session: Session) -> Program:
    return factories.make_program(session, most_mentors=3)


def mentors_of(session: Session) -> Counter[str]:
    return Counter(mentee for mentee, _mentor in live(session))


def measured(session: Session, round: Round) -> dict[str, Any]:
    found = review.found_by(session, round.id)
    assert found is not None
    return found.measures


@pytest.mark.parametrize(
    ("most", "wanted", "found"), [(1, 3, 1), (2, 3, 2), (3, 3, 3), (3, None, 1)]
)
def test_a_mentee_gets_as_many_mentors_as_wished_for_and_allowed(
    session: Session, program: Program, most: int, wanted: int | None, found: int
) -> None:
    program.most_mentors = most
    factories.make_mentee(session, program, mentee_id="a", mentors_wanted=wanted)
    for _mentor in range(4):
        factories.make_mentor(session, program)

    publish(session, program)

    assert mentors_of(session) == {"a": found}


@pytest.mark.parametrize(
    ("scope", "existing"),
    [
        (Scope.EVERYONE, Existing.KEEP),
        # A round that is about mentors who are lacking ends nothing, whatever was chosen beside it.
        (Scope.UNMATCHED, Existing.KEEP),
        (Scope.UNMATCHED, Existing.BETTER),
        (Scope.UNMATCHED, Existing.AFRESH),
    ],
)
def test_a_mentee_with_one_of_two_mentors_gets_one_more(
    session: Session, program: Program, scope: Scope, existing: Existing
) -> None:
    factories.make_mentee(session, program, mentee_id="a", mentors_wanted=2)
    factories.make_mentor(session, program, mentor_id="x", topics=["teaching"], specialties=[])
    first = publish(session, program)
    assert live(session) == {("a", "x")}
    assert measured(session, first)["wanting_more"] == {"1": 1}
    assert session.scalars(select(Unmatched)).all() == []
    factories.make_mentor(session, program, mentor_id="y")
    factories.make_mentor(session, program, mentor_id="z")

    second = publish(session, program, scope=scope, existing=existing)

    assert mentors_of(session) == {"a": 2}
    assert ("a", "x") in live(session)
    assert measured(session, second)["wanting_more"] == {}
    kinds = Counter(session.scalars(select(Email.kind)))
    assert kinds[EmailKind.MENTEE_INTRODUCTION] == 2
    assert kinds[EmailKind.NOT_THIS_TIME] == kinds[EmailKind.PAIRING_ENDED] == 0


def test_a_mentee_who_wants_one_more_is_not_unmatched_and_gets_no_refusal(
    session: Session, program: Program
) -> None:
    factories.make_mentee(session, program, mentee_id="a", mentors_wanted=2)
    factories.make_mentor(session, program, mentor_id="x")
    publish(session, program)

    second = publish(session, program)

    assert session.scalars(select(Unmatched)).all() == []
    assert measured(session, second)["unmatched"] == 0
    assert measured(session, second)["open_demand"] == 1
    assert EmailKind.NOT_THIS_TIME not in set(session.scalars(select(Email.kind)))


@pytest.mark.parametrize("scope", [Scope.EVERYONE, Scope.UNMATCHED])
def test_a_first_mentor_comes_before_a_second(
    session: Session, program: Program, scope: Scope
) -> None:
    program.fill = Fill.ALL
    factories.make_mentee(session, program, mentee_id="a", mentors_wanted=3)
    factories.make_mentor(session, program, mentor_id="x")
    publish(session, program)
    factories.make_mentee(session, program, mentee_id="b", goals=None, specialty_interests=None)
    factories.make_mentor(session, program, mentor_id="y")

    publish(session, program, scope=scope)

    assert live(session) == {("a", "x"), ("b", "y")}


def test_those_with_all_they_wish_for_are_left_alone(session: Session, program: Program) -> None:
    factories.make_mentee(session, program, mentee_id="a", mentors_wanted=2)
    for name in ("x", "y"):
        factories.make_mentor(session, program, mentor_id=name)
    publish(session, program)
    assert mentors_of(session) == {"a": 2}
    factories.make_mentor(session, program, mentor_id="z")
    program.most_mentors = 1

    for existing in (Existing.KEEP, Existing.BETTER):
        publish(session, program, existing=existing)
        assert live(session) == {("a", "x"), ("a", "y")}, "a setting that is lowered ends nothing"


@pytest.mark.parametrize("existing", [Existing.KEEP, Existing.BETTER, Existing.AFRESH])
def test_a_mentee_who_lost_one_of_two_mentors_is_affected_and_keeps_the_other(
    session: Session, program: Program, existing: Existing
) -> None:
    factories.make_mentee(session, program, mentee_id="a", mentors_wanted=2)
    factories.make_mentee(session, program, mentee_id="b")
    for name in ("x", "y", "w"):
        factories.make_mentor(session, program, mentor_id=name, topics=["teaching"])
    publish(session, program)
    assert mentors_of(session) == {"a": 2, "b": 1}
    lost, kept = [p for p in pairings.live(session, program.id) if p.mentee.listed_id == "a"]
    profiles.leave(session, lost.mentor)
    pairings.end(session, lost, "moved away")
    others = live(session)
    for name in ("z", "v"):
        factories.make_mentor(session, program, mentor_id=name)

    round = publish(session, program, scope=Scope.AFFECTED, existing=existing)

    assert others < live(session)
    assert mentors_of(session) == {"a": 2, "b": 1}
    assert [p.mentee.listed_id for p in session.scalars(
        select(Pairing).where(Pairing.round_id == round.id)
    )] == ["a"]  # fmt: skip
    assert kept.state in LIVE_PAIRING


@pytest.mark.parametrize(
    ("most", "fill", "objective", "expected"),
    [
        (2, Fill.FIRST, "coverage", False),
        (2, Fill.ALL, "coverage", True),
        (2, Fill.ALL, "fair", True),
        # Nothing comes before scores there, and the library would refuse it.
        (2, Fill.ALL, "total", False),
        (1, Fill.ALL, "coverage", False),
    ],
)
def test_what_comes_first_is_as_the_program_says(
    session: Session, program: Program, most: int, fill: Fill, objective: str, expected: bool
) -> None:
    program.most_mentors, program.fill = most, fill
    changed = policy.default().to_dict() | {"objective": objective}
    policies.adopt(session, program, policy.Policy.from_dict(changed))
    factories.make_mentee(session, program, mentors_wanted=2)
    factories.make_mentor(session, program)

    round = propose(session, program)

    found = review.found_by(session, round.id)
    assert found is not None
    assert found.fills is expected
    (_proved, bound) = figures.proof_of(found)
    assert ("with as many pairs" in bound) is expected


@pytest.mark.parametrize("change", ["answer", "setting"])
def test_more_mentors_than_are_wished_for_by_now_are_not_published(
    session: Session, program: Program, change: str
) -> None:
    mentee = factories.make_mentee(session, program, mentee_id="a", mentors_wanted=2)
    for name in ("x", "y"):
        factories.make_mentor(session, program, mentor_id=name)
    round = propose(session, program)
    if change == "answer":
        mentee.answers = mentee.answers | {"mentors_wanted": 1}
    else:
        program.most_mentors = 1

    with pytest.raises(WrongState, match="a can have up to 1 mentors but would have 2"):
        publishing.publish(session, round, "test")


def letters(session: Session, settings: Settings, kind: EmailKind) -> dict[str, str]:
    """Return the text of the emails of a kind by their subject, in one line."""
    found = {}
    for row in session.scalars(select(Email).where(Email.kind == kind)):
        message = read(messages.compose(session, row.id, settings).data)
        found[str(message["Subject"])] = " ".join(body(message, "plain").split())
    return found


def test_two_mentors_are_introduced_by_two_emails_that_name_both(
    session: Session, program: Program, settings: Settings
) -> None:
    factories.make_mentee(session, program, mentors_wanted=2)
    for name in ("Xenia Ray", "Yan Lu"):
        factories.make_mentor(session, program, full_name=name)
    publish(session, program)

    told = letters(session, settings, EmailKind.MENTEE_INTRODUCTION)

    assert set(told) == {
        f"{name} is your mentor in {program.name}" for name in ("Xenia Ray", "Yan Lu")
    }
    for subject, text in told.items():
        other = "Yan Lu" if "Xenia" in subject else "Xenia Ray"
        assert f"{other} is also your mentor in {program.name}." in text
    for text in letters(session, settings, EmailKind.MENTOR_INTRODUCTION).values():
        assert "also your mentor" not in text


def test_one_of_two_mentors_who_leaves_is_told_with_the_other_named_as_staying(
    session: Session, program: Program, settings: Settings
) -> None:
    factories.make_mentee(session, program, mentors_wanted=2)
    for _mentor in range(2):
        factories.make_mentor(session, program)
    publish(session, program)
    for row in session.scalars(select(Email)):
        row.state, row.sent_at = EmailState.SENT, row.created_at
    session.flush()
    lost = pairings.live(session, program.id)[0]

    pairings.leave(session, lost.mentor)

    (text,) = letters(session, settings, EmailKind.PAIRING_ENDED).values()
    assert "You have another mentor now, and nothing changes there." in text
    assert lost.mentee.rounds_waiting == 0


def test_a_mentor_who_is_only_asked_is_not_said_to_be_there(
    session: Session, program: Program, settings: Settings
) -> None:
    program.introduction = Introduction.ASK_FIRST
    factories.make_mentee(session, program, mentee_id="a", mentors_wanted=2)
    for name in ("x", "y"):
        factories.make_mentor(session, program, mentor_id=name)
    publish(session, program)
    first, second = pairings.live(session, program.id)
    for row in session.scalars(select(Email)):
        row.state, row.sent_at = EmailState.SENT, row.created_at
    session.flush()
    pairings.part(session, first, "declined", by=first.mentor_person_id)

    (text,) = letters(session, settings, EmailKind.PAIRING_NOT_MADE).values()
    assert "You stay on the list" in text
    pairings.accept(session, second)
    (text,) = letters(session, settings, EmailKind.PAIRING_NOT_MADE).values()
    assert "Nothing changes with the mentor you have." in text
    assert "You stay on the list" not in text


def test_what_a_round_ended_is_told_by_the_introduction_that_still_leaves(
    session: Session, program: Program, settings: Settings
) -> None:
    """Of two introductions one is withdrawn before it leaves: the other one tells, once."""
    factories.make_mentee(session, program, mentee_id="a")
    factories.make_mentor(
        session, program, mentor_id="x", full_name="Xenia Ray", topics=["teaching"]
    )
    publish(session, program)
    for row in session.scalars(select(Email)):
        row.state, row.sent_at = EmailState.SENT, row.created_at
    mentee = pairings.live(session, program.id)[0].mentee
    mentee.answers = mentee.answers | {"mentors_wanted": 2, "do_not_match": ["x"]}
    for name in ("y", "z"):
        factories.make_mentor(session, program, mentor_id=name)
    publish(session, program)
    one, _other = pairings.live(session, program.id)
    assert live(session) == {("a", "y"), ("a", "z")}

    pairings.part(session, one, "left", by=one.mentor_person_id)

    ended = select(Email).where(
        Email.kind == EmailKind.PAIRING_ENDED, Email.person_id == mentee.person_id
    )
    assert session.scalars(ended).all() == []
    unsent = select(Email).where(
        Email.kind == EmailKind.MENTEE_INTRODUCTION, Email.state == EmailState.READY
    )
    (left,) = session.scalars(unsent)
    text = body(read(messages.compose(session, left.id, settings).data), "plain")
    assert "replaces your pairing with Xenia Ray" in " ".join(text.split())
