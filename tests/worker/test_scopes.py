"""Whom a round is for, and what becomes of the pairings that exist already."""

from __future__ import annotations

from collections import Counter

import factories
import pytest
from matched_rounds import couples, owed, propose, publish
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from mentorship import database
from mentorship.coordination import review
from mentorship.models import Email, Existing, Profile, Program, Scope, Unmatched
from mentorship.pairings import pairings
from mentorship.people import profiles
from mentorship.states import EmailState, PairingState, RoundState


def test_a_later_round_closes_the_earlier_and_keeps_its_pairings(
    session: Session, program: Program
) -> None:
    factories.make_mentee(session, program, mentee_id="a")
    factories.make_mentor(session, program, mentor_id="x")
    first = publish(session, program)
    factories.make_mentee(session, program, mentee_id="b")
    factories.make_mentor(session, program, mentor_id="y")

    second = publish(session, program)

    session.refresh(first)
    assert first.state is RoundState.CLOSED
    assert couples(session, PairingState.INTRODUCED) == {("a", "x"), ("b", "y")}
    kept = [p for p in review.of_round(session, second)["pairs"] if p["kept"]]
    assert len(kept) == 1
    kinds = Counter(kind for kind, _ in owed(session).elements())
    assert kinds["mentee_introduction"] == 2


def test_afresh_ends_what_it_breaks_and_tells_both(session: Session, program: Program) -> None:
    kidney = {"specialty_interests": ["nephrology"], "goals": ["research-start"]}
    nephrologist = {"specialties": ["nephrology"], "topics": ["research-start"]}
    factories.make_mentee(session, program, mentee_id="a", email="a@example.org", **kidney)
    factories.make_mentor(
        session, program, mentor_id="x", email="x@example.org", topics=["research-start"]
    )
    publish(session, program)
    assert couples(session, PairingState.INTRODUCED) == {("a", "x")}
    factories.make_mentor(session, program, mentor_id="y", email="y@example.org", **nephrologist)
    factories.make_mentee(
        session, program, mentee_id="b", email="b@example.org", career_stage="intern"
    )

    publish(session, program, existing=Existing.AFRESH)

    assert couples(session, PairingState.INTRODUCED) == {("a", "y"), ("b", "x")}
    assert couples(session, PairingState.ENDED) == {("a", "x")}
    places = {p.listed_id: p.places_taken for p in session.scalars(select(Profile)) if p.capacity}
    assert places == {"x": 1, "y": 1}
    assert owed(session)["mentee_introduction", "a@example.org"] == 2


def test_better_keeps_what_is_nearly_as_good(session: Session, program: Program) -> None:
    factories.make_mentee(session, program, mentee_id="a")
    factories.make_mentor(session, program, mentor_id="x")
    publish(session, program)
    factories.make_mentor(session, program, mentor_id="y", style_feedback="direct")

    publish(session, program, existing=Existing.BETTER)

    assert couples(session, PairingState.INTRODUCED) == {("a", "x")}


def test_unmatched_leaves_pairings_and_their_places_alone(
    session: Session, program: Program
) -> None:
    factories.make_mentee(session, program, mentee_id="a")
    factories.make_mentor(session, program, mentor_id="x")
    publish(session, program)
    factories.make_mentee(session, program, mentee_id="b")

    round = publish(session, program, scope=Scope.UNMATCHED, existing=Existing.AFRESH)

    assert couples(session, PairingState.INTRODUCED) == {("a", "x")}
    (left,) = session.scalars(select(Unmatched).where(Unmatched.round_id == round.id))
    assert left.profile.listed_id == "b"
    assert left.reason["cause"] == "rule"
    assert left.reason["rule"] == "capacity"


def test_affected_is_for_those_whose_pairing_ended_or_whose_mentor_pauses(
    session: Session, program: Program
) -> None:
    for name in ("a", "b", "c"):
        factories.make_mentee(session, program, mentee_id=name)
    mentors = {
        name: factories.make_mentor(session, program, mentor_id=name) for name in ("x", "y", "z")
    }
    publish(session, program)
    partner = {mentor: mentee for mentee, mentor in couples(session, PairingState.INTRODUCED)}
    gone = next(p for p in pairings.live(session, program.id) if p.mentor.listed_id == "x")
    pairings.end(session, gone, "moved away")
    profiles.leave(session, mentors["x"])
    profiles.pause(session, mentors["y"])
    factories.make_mentee(session, program, mentee_id="new")
    for name in ("u", "v"):
        factories.make_mentor(session, program, mentor_id=name)

    publish(session, program, scope=Scope.AFFECTED, existing=Existing.AFRESH)

    now = couples(session, PairingState.INTRODUCED)
    assert {mentee for mentee, _ in now} == {"a", "b", "c"}
    assert (partner["z"], "z") in now
    assert {mentor for _, mentor in now} == {"z", "u", "v"}


def test_those_who_ended_are_not_paired_again(session: Session, program: Program) -> None:
    factories.make_mentee(session, program, mentee_id="a")
    factories.make_mentor(session, program, mentor_id="x")
    publish(session, program)
    pairings.end(session, pairings.live(session, program.id)[0], "did not fit")

    round = propose(session, program)

    (left,) = (u for u in review.of_round(session, round)["unmatched"] if u["role"] == "mentee")
    assert left["cause"] == "rules"
    # With so few people, more would tell of each what no one may read.
    assert left["reason"] == "No participating mentor is a fit."


def test_people_who_waited_longer_come_first(session: Session, program: Program) -> None:
    factories.make_mentee(session, program, mentee_id="new")
    waited = factories.make_mentee(session, program, mentee_id="waited", career_stage="intern")
    waited.rounds_waiting = 3
    factories.make_mentor(session, program, mentor_id="x")

    publish(session, program)

    assert couples(session, PairingState.INTRODUCED) == {("waited", "x")}
    session.refresh(waited)
    assert waited.rounds_waiting == 0


def test_lists_name_people_by_id_or_by_address(session: Session, program: Program) -> None:
    factories.make_mentee(
        session, program, mentee_id="a", do_not_match=["x", "y@example.org", "mr-9"]
    )
    factories.make_mentor(session, program, mentor_id="x")
    factories.make_mentor(session, program, mentor_id="y", email="y@example.org")
    factories.make_mentor(session, program, mentor_id="z", specialties=["nephrology"])

    publish(session, program)

    assert couples(session, PairingState.INTRODUCED) == {("a", "z")}


def test_leaving_ends_a_persons_pairings_and_later_rounds_go_on(
    session: Session, program: Program
) -> None:
    factories.make_mentee(session, program, mentee_id="a", email="a@example.org")
    leaving = factories.make_mentor(session, program, mentor_id="x")
    publish(session, program)
    # People who were never introduced would not be told of an end.
    at = database.now(session)
    session.execute(update(Email).values(state=EmailState.SENT, sent_at=at))

    pairings.leave(session, leaving)

    assert couples(session, PairingState.ENDED) == {("a", "x")}
    assert owed(session)["pairing_ended", "a@example.org"] == 1
    factories.make_mentor(session, program, mentor_id="y")
    for existing in Existing:
        publish(session, program, existing=existing)
        assert couples(session, PairingState.INTRODUCED) == {("a", "y")}


@pytest.mark.parametrize("role", ["mentee", "mentor"])
def test_a_pairing_of_someone_who_is_gone_blocks_no_round(
    session: Session, program: Program, role: str
) -> None:
    both = {
        "mentee": factories.make_mentee(session, program, mentee_id="a"),
        "mentor": factories.make_mentor(session, program, mentor_id="x"),
    }
    publish(session, program)
    profiles.leave(session, both[role])  # without ending the pairing, as a stored state may be
    factories.make_mentee(session, program, mentee_id="b")
    factories.make_mentor(session, program, mentor_id="y")

    publish(session, program)

    assert ("a", "x") not in couples(session, PairingState.INTRODUCED)
    assert couples(session, PairingState.ENDED) == {("a", "x")}
    places = {p.listed_id: p.places_taken for p in session.scalars(select(Profile)) if p.capacity}
    assert sum(places.values()) == len(couples(session, PairingState.INTRODUCED))


def test_a_mentee_who_pauses_keeps_whom_they_have(session: Session, program: Program) -> None:
    mentee = factories.make_mentee(session, program, mentee_id="a")
    factories.make_mentor(session, program, mentor_id="x")
    publish(session, program)
    profiles.pause(session, mentee)
    factories.make_mentee(session, program, mentee_id="b")

    round = publish(session, program, existing=Existing.AFRESH)

    assert couples(session, PairingState.INTRODUCED) == {("a", "x")}
    assert [u["cause"] for u in review.of_round(session, round)["unmatched"]] == ["rule"]


def test_better_keeps_the_mentee_of_a_mentor_who_pauses(session: Session, program: Program) -> None:
    factories.make_mentee(session, program, mentee_id="a")
    mentor = factories.make_mentor(session, program, mentor_id="x")
    publish(session, program)
    profiles.pause(session, mentor)

    publish(session, program, existing=Existing.BETTER)

    assert couples(session, PairingState.INTRODUCED) == {("a", "x")}


def test_affected_looks_again_at_what_troubles_even_where_pairings_are_kept(
    session: Session, program: Program
) -> None:
    for name in ("a", "b"):
        factories.make_mentee(session, program, mentee_id=name)
    mentor = factories.make_mentor(session, program, mentor_id="x", capacity=2, topics=["teaching"])
    publish(session, program)
    assert len(couples(session, PairingState.INTRODUCED)) == 2
    profiles.pause(session, mentor)
    # Of the two who take part, one suits both as x does, so that y is seen to suit them better.
    factories.make_mentor(session, program, mentor_id="w", topics=["teaching"])
    factories.make_mentor(session, program, mentor_id="y", career_stage="resident")

    publish(session, program, scope=Scope.AFFECTED)

    assert {mentor for _, mentor in couples(session, PairingState.INTRODUCED)} == {"x", "y"}
