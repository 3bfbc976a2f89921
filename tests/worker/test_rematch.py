"""What changing existing pairs would gain, and rounds that change so many at most."""

from __future__ import annotations

import dataclasses
import datetime
import uuid
from typing import Any

import factories
import pytest
from matched_rounds import live, match, propose, publish
from sqlalchemy import select
from sqlalchemy.orm import Session

from mentorship import database
from mentorship.errors import NotFound
from mentorship.models import DecisionKind, Existing, Pairing, Profile, Program, Round, Scope
from mentorship.programs import policies
from mentorship.rounds import decisions, publishing, rematch, rounds
from mentorship.states import PairingState, RoundState

FIELDS = ("cardiology", "dermatology", "nephrology", "psychiatry")


@pytest.fixture
def crossed(session: Session, program: Program) -> list[Pairing]:
    """Four pairings in which everyone has the mentor who suits the next, but for the last two.

    They have been together for long, and each mentee suits one mentor best.
    """
    found = []
    mentees = [
        factories.make_mentee(session, program, mentee_id=field[:1], specialty_interests=[field])
        for field in FIELDS
    ]
    mentors = [
        factories.make_mentor(session, program, mentor_id=field[:1].upper(), specialties=[field])
        for field in FIELDS
    ]
    order = [mentors[1], mentors[0], mentors[2], mentors[3]]
    for mentee, mentor in zip(mentees, order, strict=True):
        pairing = factories.make_pairing(
            session, program, PairingState.ACTIVE, mentee=mentee, mentor=mentor
        )
        found.append(pairing)
    return found


def options(session: Session, program: Program, **more: Any) -> tuple[Round, list[dict[str, Any]]]:
    trial = propose(session, program, existing=Existing.BETTER, dry_run=True, **more)
    found = rematch.options(session, trial)
    assert found is not None
    assert found["is_complete"]
    return trial, found["points"]


def pairs(session: Session, round: Round) -> set[tuple[str, str]]:
    found = session.scalars(select(Pairing).where(Pairing.round_id == round.id))
    return {(pair.mentee.listed_id, pair.mentor.listed_id) for pair in found}


def test_options_say_what_changing_gains_and_one_is_a_rounds_setting(
    session: Session, program: Program, crossed: list[Pairing]
) -> None:
    trial, points = options(session, program)

    assert [(point["changed"], point["moved"], point["lost"]) for point in points] == [
        (0, 0, 0), (2, 2, 0),
    ]  # fmt: skip
    assert points[1]["gain"] > 0
    assert len(live(session)) == 4  # a dry run changes nothing

    round, is_new = rematch.start(session, program, trial, 2, "dana")

    assert is_new
    assert (round.existing, round.most_changed) == (Existing.BETTER, 2)
    assert not round.dry_run
    rounds.cancel(session, round, "dana")
    round = propose(
        session, program, existing=Existing.BETTER, keep_bonus=round.keep_bonus, most_changed=2
    )
    assert pairs(session, round) == {("c", "C"), ("d", "D")}
    assert round.result is not None
    assert round.result["changed"] == 2
    assert round.result["options"] is None
    assert publishing.publish(session, round, "dana")
    assert {mentee.upper() for mentee, _mentor in live(session)} == {
        mentor for _mentee, mentor in live(session)
    }


def test_the_option_that_keeps_all_keeps_all(
    session: Session, program: Program, crossed: list[Pairing]
) -> None:
    trial, _points = options(session, program)

    round, _is_new = rematch.start(session, program, trial, 0, "dana")

    assert (round.existing, round.most_changed, round.keep_bonus) == (Existing.KEEP, None, None)
    match(session, round)
    assert round.result is not None
    assert round.result["changed"] == 0
    with pytest.raises(NotFound, match="changes that many pairs"):
        rematch.start(session, program, trial, 1, "dana")


@pytest.mark.parametrize("most", [2, 3])
def test_a_round_changes_no_more_than_was_chosen_though_people_changed(
    session: Session, program: Program, crossed: list[Pairing], most: int
) -> None:
    """Since then the last two suit each other's mentors as well."""
    trial, points = options(session, program)
    bonus = round(points[1]["keep_bonus"] * 1_000_000)
    fields = {crossed[2].mentee: FIELDS[3], crossed[3].mentee: FIELDS[2]}
    for mentee, field in fields.items():
        mentee.answers = mentee.answers | {"specialty_interests": [field]}
    session.flush()
    _trial, points = options(session, program)
    assert [point["changed"] for point in points][-1] == 4

    made = propose(session, program, existing=Existing.BETTER, keep_bonus=bonus, most_changed=most)

    assert made.result is not None
    assert made.result["changed"] <= most
    assert made.result["certificate"]["is_optimal"]


def test_what_has_to_end_ends_though_fewer_were_chosen(
    session: Session, program: Program, crossed: list[Pairing]
) -> None:
    mentee, mentor = crossed[2].mentee, crossed[2].mentor
    mentee.answers = mentee.answers | {"do_not_match": [mentor.listed_id]}
    session.flush()

    made = propose(session, program, existing=Existing.BETTER, keep_bonus=500_000, most_changed=0)

    assert made.result is not None
    assert made.result["changed"] >= 1


def test_other_rounds_look_for_no_options(
    session: Session, program: Program, crossed: list[Pairing]
) -> None:
    for existing, dry_run, scope in (
        (Existing.BETTER, False, Scope.EVERYONE),
        (Existing.AFRESH, True, Scope.EVERYONE),
        (Existing.BETTER, True, Scope.UNMATCHED),
        (Existing.BETTER, True, Scope.AFFECTED),
    ):
        made = propose(session, program, existing=existing, dry_run=dry_run, scope=scope)
        assert rematch.options(session, made) is None
        if not dry_run:
            rounds.discard(session, made, "test")


def later(session: Session) -> datetime.datetime:
    return database.now(session) + datetime.timedelta(seconds=1)


def test_options_are_outdated_once_something_changed(
    session: Session, program: Program, crossed: list[Pairing]
) -> None:
    trial, _points = options(session, program)
    # What went before, in the same transaction, is dated alike.
    trial.created_at = later(session)
    session.flush()
    assert not rematch.is_outdated(session, trial)
    mentee = crossed[0].mentee
    mentee.updated_at = trial.created_at + datetime.timedelta(seconds=1)
    session.flush()

    assert rematch.is_outdated(session, trial)


def test_another_policy_outdates_options_and_another_dry_run_does_not(
    session: Session, program: Program, crossed: list[Pairing]
) -> None:
    trial, _points = options(session, program)
    options(session, program)
    trial.created_at = later(session)
    session.flush()
    assert not rematch.is_outdated(session, trial)
    newest = policies.current(session, program.id)
    tried = policies.content(newest)

    policies.change(
        session, program, "test", dataclasses.replace(tried, floor=0.1), seen=newest.version
    )

    assert rematch.is_outdated(session, trial)


def test_a_round_that_is_published_outdates_options(
    session: Session, program: Program, crossed: list[Pairing]
) -> None:
    trial, _points = options(session, program)
    before = database.now(session) - datetime.timedelta(seconds=1)
    factories.make_mentee(session, program)
    factories.make_mentor(session, program)
    for profile in session.scalars(select(Profile)):
        profile.updated_at = before
    session.flush()

    published = publish(session, program)

    assert published.state is RoundState.PUBLISHED
    assert rematch.is_outdated(session, trial)


def test_what_a_dry_run_was_matched_around_holds_in_the_round(
    session: Session, program: Program, crossed: list[Pairing]
) -> None:
    trial, _points = options(session, program)
    left_out, mentor = crossed[3].mentee, crossed[2].mentor
    decisions.leave_out(session, trial, [left_out], "ann")
    decisions.make(
        session, trial, DecisionKind.PART, mentee=crossed[0].mentee, mentor=mentor, by="ben",
        why="They know each other.",
    )  # fmt: skip
    rounds.match_again(session, trial, "ann")
    match(session, trial)
    # Of this the options know nothing.
    decisions.make(
        session, trial, DecisionKind.LEAVE_OUT, mentee=crossed[2].mentee, mentor=None, by="ann"
    )
    found = rematch.options(session, trial)
    assert found is not None

    for point in found["points"]:
        started, is_new = rematch.start(session, program, trial, point["changed"], "cy")

        assert is_new
        taken_over = [
            (each.kind, each.mentee_id, each.mentor_id, each.why, each.made_by)
            for each in decisions.in_force(session, started.id)
        ]
        assert taken_over == [
            (DecisionKind.LEAVE_OUT, left_out.id, None, "", "ann"),
            (
                DecisionKind.PART, crossed[0].mentee_id, mentor.id, "They know each other.", "ben",
            ),
        ]  # fmt: skip
        rounds.cancel(session, started, "cy")


def test_a_pair_by_hand_takes_a_place_whatever_may_change(
    session: Session, program: Program, crossed: list[Pairing]
) -> None:
    """Two pairs by hand end two that were; no one gets a second mentor, or a place too many."""
    trial, points = options(session, program)
    assert points[0]["keep_bonus"] is None
    first, second = crossed[0], crossed[1]
    for mentee, mentor in ((first.mentee, second.mentor), (second.mentee, first.mentor)):
        decisions.make(session, trial, DecisionKind.PAIR, mentee=mentee, mentor=mentor, by="ann")
    rounds.match_again(session, trial, "ann")
    match(session, trial)

    found = rematch.options(session, trial)

    assert found is not None
    assert all(point["keep_bonus"] is not None for point in found["points"])
    assert all(point["changed"] >= 2 for point in found["points"])
    # Even where fewer may change than were displaced by hand.
    made, _is_new = rounds.start(
        session, program, requested_by="ann", existing=Existing.BETTER, keep_bonus=500_000,
        most_changed=1,
    )  # fmt: skip
    decisions.adopt(session, made, decisions.in_force(session, trial.id))
    match(session, made)
    assert made.result is not None
    kept = {entry["pairing"] for entry in made.result["kept"]}
    assert kept == {str(crossed[2].id), str(crossed[3].id)}
    assert publishing.publish(session, made, "ann")


def test_a_pair_kept_apart_by_hand_is_no_change_that_was_not_chosen(
    session: Session, program: Program, crossed: list[Pairing]
) -> None:
    made, _is_new = rounds.start(
        session, program, requested_by="ann", existing=Existing.BETTER, keep_bonus=500_000,
        most_changed=0,
    )  # fmt: skip
    match(session, made)
    apart = crossed[2]
    decisions.make(
        session, made, DecisionKind.PART, mentee=apart.mentee, mentor=apart.mentor, by="ann"
    )
    rounds.match_again(session, made, "ann")
    match(session, made)

    assert made.result is not None
    assert made.result["changed"] == 0
    assert apart.id in {uuid.UUID(id) for id in made.result["broken"]}
