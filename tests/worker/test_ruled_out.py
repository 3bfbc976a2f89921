"""Pairs that a rule excludes since they were made, in rounds that keep existing pairs."""

from __future__ import annotations

import json
from typing import Any

import factories
import pytest
from matched_rounds import live, propose
from sqlalchemy import select
from sqlalchemy.orm import Session

from mentorship.coordination import review
from mentorship.models import Existing, Pairing, Profile, Program, Scope
from mentorship.rounds import publishing


@pytest.fixture
def pair(session: Session, program: Program) -> tuple[Profile, Profile]:
    """A mentee and a mentor who are paired."""
    people = (
        factories.make_mentee(session, program, mentee_id="a"),
        factories.make_mentor(session, program, mentor_id="x"),
    )
    publishing.publish(session, propose(session, program), "test")
    assert live(session) == {("a", "x")}
    return people


@pytest.mark.parametrize("side", [0, 1])
def test_a_pair_that_one_of_them_ruled_out_since_ends_with_a_round_that_keeps(
    session: Session, program: Program, pair: tuple[Profile, Profile], side: int
) -> None:
    one, other = pair[side], pair[1 - side]
    one.answers = {**one.answers, "do_not_match": [other.person.email_key]}
    factories.make_mentor(session, program, mentor_id="y")

    round = propose(session, program, existing=Existing.KEEP)

    shown = review.of_round(session, round)
    assert shown["parted"] == 1
    assert [(p["kept"], p["excluded_by"]) for p in shown["pairs"]] == [(False, [])]
    # Whose requirement it is stays private.
    assert "do_not_match" not in json.dumps(shown)
    publishing.publish(session, round, "test")
    assert live(session) == {("a", "y")}


def test_a_pair_that_a_rule_of_the_program_excludes_by_now_stays_and_is_named(
    session: Session, program: Program, pair: tuple[Profile, Profile]
) -> None:
    mentee = pair[0]
    mentee.answers = {**mentee.answers, "languages": ["es"]}

    round = propose(session, program, existing=Existing.KEEP)

    shown = review.of_round(session, round)
    assert shown["parted"] == 0
    assert [(p["kept"], p["excluded_by"]) for p in shown["pairs"]] == [
        (True, ["The shared-language rule"])
    ]
    publishing.publish(session, round, "test")
    assert live(session) == {("a", "x")}


def test_people_who_ruled_each_other_out_are_affected_by_a_change(
    session: Session, program: Program, pair: tuple[Profile, Profile]
) -> None:
    mentee, mentor = pair
    mentor.answers = {**mentor.answers, "do_not_match": [mentee.listed_id.upper()]}
    factories.make_mentor(session, program, mentor_id="y")
    looked = propose(session, program, scope=Scope.UNMATCHED, dry_run=True)
    assert review.of_round(session, looked)["notes"] == [
        "Some pairings that this round won't change are now ruled out by one of the two "
        "people. A round for everyone, or for people affected by changes, would end them."
    ]

    round = propose(session, program, scope=Scope.AFFECTED)

    assert review.of_round(session, round)["notes"] == []
    publishing.publish(session, round, "test")
    assert live(session) == {("a", "y")}


@pytest.mark.parametrize(
    ("says", "heard"),
    [
        (
            {"institution": "St Mary's", "exclude_own_institution": "yes"},
            {"institution": "ST. MARY’S"},
        ),
        ({"do_not_match": ["MR–0012."]}, {}),
        ({"do_not_match": ["mailto:Zoe@Bücher.example"]}, {}),
        ({"do_not_match": ["Zoe <zoe@xn--bcher-kva.example.>"]}, {}),
    ],
)
def test_a_rule_holds_in_a_round_however_it_was_written(
    session: Session, program: Program, says: dict[str, Any], heard: dict[str, Any]
) -> None:
    factories.make_mentee(session, program, **says)
    factories.make_mentor(
        session, program, mentor_id="mr-0012", email="zoe@xn--bcher-kva.example", **heard
    )

    propose(session, program)

    assert session.scalars(select(Pairing)).all() == []


def test_exclusions_of_no_one_are_counted_and_picks_of_no_one_are_named(
    session: Session, program: Program
) -> None:
    factories.make_mentee(
        session, program, full_name="Mina Example", mentor_picks=["mr-12", "mr-0012"],
        do_not_match=["mr-0012", "secret@example.org", "none"],
    )  # fmt: skip
    factories.make_mentor(session, program, mentor_id="mr-0012", do_not_match=["me-secret"])
    factories.make_mentor(session, program, mentor_id="mr-0013", do_not_match=[])

    notes = review.of_round(session, propose(session, program))["notes"]

    assert len(notes) == 2
    assert notes[0].startswith(
        "Some people rule out someone by an ID or address that no one here has,"
    )
    assert "secret" not in "".join(notes)
    assert notes[1] == (
        "A pick by Mina Example has no effect. 'mr-12' is not the ID or address of any mentor; "
        "did you mean 'mr-0012'?"
    )
