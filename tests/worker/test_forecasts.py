"""Forecasts: what rounds then come to, when they are renewed, and who computes them."""

from __future__ import annotations

import datetime
import uuid
from dataclasses import replace
from typing import Any

import crowds
import factories
import foretold
import matched_rounds
import pytest
from foretold import LEASE, foretell, make_due
from patience import patient
from sqlalchemy import Engine, select, update
from sqlalchemy.orm import Session

from mentorship import audit, database
from mentorship.models import AuditEntry, Forecast, Profile, Program, Role, Round, Scope
from mentorship.pairings import pairings
from mentorship.people import joining, profiles
from mentorship.programs import policies
from mentorship.rounds import forecasts, rounds
from mentorship.settings import Settings
from mentorship.states import Ending, ProfileState, RoundState
from worker import forecasting

HOUR = datetime.timedelta(hours=1)


def fill(session: Session, program: Program, seed: int) -> None:
    """People at random, and a policy under which not everyone is matched."""
    mentees, mentors = crowds.make(14, 7, seed)
    for mentee in mentees:
        factories.make_mentee(session, program, **mentee)
    for mentor in mentors:
        status = mentor.pop("status")
        profile = factories.make_mentor(session, program, **mentor)
        if status == "paused":
            profiles.pause(session, profile)
    # Some have registered themselves and wait for approval.
    for make in (factories.make_mentee, factories.make_mentor, factories.make_mentor):
        made = crowds.make(1, 1, seed + 1000)[make is factories.make_mentor][0]
        keys = {"mentee_id", "mentor_id", "email", "full_name", "status"}
        waits = make(session, program, **{k: v for k, v in made.items() if k not in keys})
        waits.state = ProfileState.AWAITING_APPROVAL
    policy = policies.content(policies.current(session, program.id))
    rules = {"stage": True, "language": True, "hours_apart": 5}
    policies.adopt(session, program, replace(policy, floor=0.53, rules=rules))
    session.flush()


def matched(session: Session, program: Program) -> int:
    """How many mentees a dry run for the unmatched matches now."""
    round = matched_rounds.propose(session, program, scope=Scope.UNMATCHED, dry_run=True)
    assert round.result is not None
    return int(round.result["measures"]["matched"])


def follow(session: Session, program: Program, advice: dict[str, Any]) -> None:
    """Do what an advice says, as coordinators and mentors do it."""
    change = advice["change"]
    policy = policies.content(policies.current(session, program.id))
    if advice["kind"] == "floor":
        policies.adopt(session, program, replace(policy, floor=change["floor"]))
    elif advice["kind"] == "rule":
        rules = {**policy.rules, change["rule"]: change["value"]}
        policies.adopt(session, program, replace(policy, rules=rules))
    elif advice["kind"] == "places":
        for id in change["mentors"]:
            mentor = session.get_one(Profile, uuid.UUID(id))
            more = mentor.answers | {"capacity": (mentor.capacity or 0) + 1}
            profiles.change_answers(session, mentor, more)
    elif advice["kind"] in ("approve", "resume"):
        assert change["number"] == len(change["people"])
        for id in change["people"]:
            profile = session.get_one(Profile, uuid.UUID(id))
            if advice["kind"] == "approve":
                joining.admit(session, profile, "test")
            else:
                profiles.resume(session, profile)
    else:
        answers = {k: v for k, v in change["answers"].items() if k != "mentor_id"}
        alone = dict.fromkeys(("topics", "timezone", "languages"))
        factories.make_mentor(session, program, **(alone | answers))
    session.flush()


def roster_of(
    session: Session, program: Program, state: ProfileState, role: Role | None = None
) -> list[str]:
    query = select(Profile).where(Profile.program_id == program.id, Profile.state == state)
    return [str(each.id) for each in session.scalars(query) if role in (None, each.role)]


#: Programs in which approving helps, and resuming helps some and not others.
@pytest.mark.parametrize("seed", [0, 1, 2, 5])
def test_advice_comes_true_in_the_program_itself(
    session: Session, program: Program, seed: int
) -> None:
    fill(session, program, seed)
    if seed % 2:
        matched_rounds.publish(session, program)
        gone = pairings.live(session, program.id)[0]
        pairings.end(session, gone, Ending.FINISHED)
    result = foretell(session, program)

    assert result["matched"] == matched(session, program) < result["waiting"]
    assert result["advice"]
    # Of those who could join, exactly those are advised who would help.
    for kind, people in (
        ("approve", roster_of(session, program, ProfileState.AWAITING_APPROVAL)),
        ("resume", roster_of(session, program, ProfileState.PAUSED, Role.MENTOR)),
    ):
        told = [each for each in result["advice"] if each["kind"] == kind]
        with session.begin_nested() as undone:
            them = {"people": people, "number": len(people)}
            follow(session, program, {"kind": kind, "change": them})
            gain = matched(session, program) - result["matched"]
            undone.rollback()
        session.expire_all()
        assert [each["gain"] for each in told] == [gain] * (gain > 0), kind
    for advice in result["advice"]:
        with session.begin_nested() as undone:
            follow(session, program, advice)
            assert matched(session, program) == result["matched"] + advice["gain"], advice
            undone.rollback()
        session.expire_all()


def test_a_worker_computes_a_forecast_in_a_child_process(
    engine: Engine, settings: Settings
) -> None:
    with database.transaction(engine) as session:
        program = factories.make_program(session)
        for _ in range(2):
            factories.make_mentee(session, program)
        mentor = factories.make_mentor(session, program)
        forecast = make_due(session, program)

    forecasting.run(engine, settings, forecast.id)

    with database.reading(engine) as session:
        found = session.get_one(Forecast, forecast.id)
        assert (found.due_at, found.lease_until, found.starts, found.failure) == (None,) * 2 + (
            0,
            None,
        )
        assert found.result is not None
        assert (found.result["waiting"], found.result["matched"]) == (2, 1)
        kinds = {each["kind"]: each["change"] for each in found.result["advice"]}
        assert kinds["places"] == {"mentors": [str(mentor.id)]}
        assert found.result["gaps"]["field"] == {"cardiology": [2, 1]}
    forecasting.run(engine, settings, forecast.id)  # a message that came twice does nothing


def test_people_who_cannot_be_matched_as_they_are_fail_a_forecast_and_not_the_last_one(
    engine: Engine, settings: Settings
) -> None:
    with database.transaction(engine) as session:
        program = factories.make_program(session)
        mentee = factories.make_mentee(session, program)
        factories.make_mentor(session, program)
        before = foretell(session, program)
        mentee.answers = mentee.answers | {"career_stage": "of-an-earlier-version"}
        forecast = make_due(session, program)

    forecasting.run(engine, settings, forecast.id)

    with database.reading(engine) as session:
        found = session.get_one(Forecast, forecast.id)
        assert "cannot be matched as they are" in (found.failure or "")
        assert (found.due_at, found.result) == (None, before)


def test_a_forecast_waits_for_rounds_and_gives_way_to_one(
    session: Session, program: Program
) -> None:
    forecast = make_due(session, program) if _people(session, program) else None
    assert forecast is not None
    fence = forecasts.claim(session, forecast.id, LEASE)
    assert fence is not None
    assert forecasts.extend_lease(session, forecast.id, fence, LEASE)
    assert forecasts.claim(session, forecast.id, LEASE) is None, "another worker has it"
    elsewhere = factories.make_program(session)
    _people(session, elsewhere)
    second = make_due(session, elsewhere)
    assert forecasts.claim(session, second.id, LEASE) is None, "one at a time"

    rounds.start(session, program, requested_by="test", dry_run=True)

    assert not forecasts.extend_lease(session, forecast.id, fence, LEASE)
    forecasts.give_way(session, forecast.id, fence)
    assert forecasts.claim(session, forecast.id, LEASE) is None
    session.execute(update(Round).values(state=RoundState.CANCELLED))
    assert forecasts.claim(session, forecast.id, LEASE) == fence + 1
    session.refresh(forecast)
    assert forecast.starts == 1, "to give way is no failure"


def _people(session: Session, program: Program) -> Profile:
    factories.make_mentee(session, program)
    return factories.make_mentor(session, program)


def test_what_a_silent_worker_held_is_taken_back_and_set_aside_in_the_end(
    session: Session, program: Program
) -> None:
    _people(session, program)
    forecast = make_due(session, program)
    for start in (1, 2):
        fence = forecasts.claim(session, forecast.id, -HOUR)
        assert fence == start
        forecasts.take_back(session, 2)
        problem = forecasts.take(session, forecast.id)
        nothing = {"ruled_out": [], "advice": []}
        assert not forecasts.record(session, forecast.id, fence, problem, nothing, 1.0)
    session.refresh(forecast)

    assert (forecast.due_at, forecast.result) == (None, None)
    assert "stopped responding 2 times" in (forecast.failure or "")
    assert forecasts.note_changes(session) == 0, "until something changes"


def renewed(session: Session, program: Program, taken: datetime.timedelta) -> bool:
    """Whether a forecast is renewed whose people were read so long ago."""
    at = database.now(session)
    session.execute(update(Forecast).values(due_at=None, taken_at=at - taken))
    session.expire_all()
    return forecasts.note_changes(session) == 1


def age(session: Session, by: datetime.timedelta) -> None:
    """Let everything that happened be so much older."""
    at = database.now(session) - by
    session.execute(update(AuditEntry).values(at=at))
    session.execute(update(Profile).values(updated_at=at))


def test_a_program_gets_a_forecast_once_it_has_mentees_and_mentors(
    session: Session, program: Program
) -> None:
    factories.make_mentee(session, program)
    assert forecasts.note_changes(session) == 0
    factories.make_mentor(session, program)

    assert forecasts.note_changes(session) == 1
    assert forecasts.note_changes(session) == 0
    forecast = forecasts.of_program(session, program.id)
    assert forecast is not None
    assert forecasts.claim(session, forecast.id, LEASE) is None, "there may be more changes"


def test_changes_put_a_forecast_out_of_date(session: Session, program: Program) -> None:
    mentor = _people(session, program)
    pairing = factories.make_pairing(session, program)
    session.execute(update(Round).values(state=RoundState.CLOSED))
    foretell(session, program)

    def answer() -> None:
        profiles.change_answers(session, mentor, mentor.answers | {"capacity": 3})

    def change_policy() -> None:
        content = policies.content(policies.current(session, program.id))
        policies.change(session, program, "test", replace(content, floor=0.6), seen=1)

    for change in (
        answer,
        lambda: profiles.pause(session, mentor),
        change_policy,
        lambda: (
            pairings.run_out(session, pairing)
            if pairing.asked_at
            else pairings.end(session, pairing, "x")
        ),
    ):
        age(session, HOUR)
        assert not renewed(session, program, HOUR / 2)
        change()
        session.flush()
        assert renewed(session, program, HOUR / 2), change


def test_a_change_that_was_perhaps_committed_too_late_to_be_read_is_looked_at_once_more(
    session: Session, program: Program
) -> None:
    _people(session, program)
    foretell(session, program)
    minute = datetime.timedelta(minutes=1)
    age(session, 10 * minute)

    assert not renewed(session, program, 2 * minute)
    assert renewed(session, program, 9 * minute), "it was dated a minute before"
    age(session, 2 * minute)
    assert not renewed(session, program, minute), "it may still be written"
    assert renewed(session, program, datetime.timedelta(days=1, minutes=1)), "clocks change"


def test_a_forecast_that_takes_long_is_renewed_seldom(session: Session, program: Program) -> None:
    _people(session, program)
    foretell(session, program)
    session.execute(update(Forecast).values(seconds=60.0))
    audit.record(session, "test", "something", program_id=program.id)
    session.flush()
    at = database.now(session)

    assert renewed(session, program, HOUR)
    due_at = session.scalars(select(Forecast.due_at)).one()
    assert due_at is not None
    assert abs(due_at - at - 4 * datetime.timedelta(minutes=1)).total_seconds() < patient(10)


def test_of_many_low_pairs_the_lowest_are_kept_and_all_are_counted(
    session: Session, program: Program
) -> None:
    _people(session, program)
    forecast = make_due(session, program)
    fence = forecasts.claim(session, forecast.id, LEASE)
    assert fence is not None
    pairs = [["a", "x", score] for score in range(200, 0, -1)]
    answer = {
        "waiting": 200, "matched": 0, "ruled_out": [["a", {}]] * 300,
        "advice": [{"kind": "floor", "gain": 200, "change": {"floor": 0.1, "pairs": pairs}}],
    }  # fmt: skip
    problem = forecasts.take(session, forecast.id)
    assert forecasts.record(session, forecast.id, fence, problem, answer, 1.0)
    session.refresh(forecast)

    assert forecast.result is not None
    [advice] = forecast.result["advice"]
    assert advice["change"]["number"] == 200
    assert [score for _a, _x, score in advice["change"]["pairs"]] == list(range(1, 51))
    assert (len(forecast.result["ruled_out"]), forecast.result["kept_from_all"]) == (200, 300)


def test_where_few_mentors_take_part_no_advice_tells_a_rule_from_a_score(
    session: Session, program: Program
) -> None:
    fill(session, program, 2)
    assert {each["kind"] for each in foretell(session, program)["advice"]} >= {"floor", "rule"}
    mentors = session.scalars(select(Profile).where(Profile.capacity.is_not(None))).all()
    for mentor in mentors[4:]:
        if mentor.state.value == "ready":
            profiles.pause(session, mentor)

    result = foretell(session, program)

    assert result["few"]
    # Whether people who could join would help tells neither.
    assert {each["kind"] for each in result["advice"]} <= {"places", "mentor", "approve", "resume"}


def test_a_mentor_with_too_many_mentees_is_not_asked_for_more(
    session: Session, program: Program
) -> None:
    factories.make_mentee(session, program)
    mentor = factories.make_mentor(session, program, capacity=1)
    factories.make_pairing(session, program, mentor=mentor)
    session.execute(update(Round).values(state=RoundState.CLOSED))
    session.refresh(mentor)
    assert [each["change"] for each in foretold.foretell(session, program)["advice"][:1]]
    profiles.change_answers(session, mentor, mentor.answers | {"capacity": 0})

    kinds = {each["kind"] for each in foretell(session, program)["advice"]}
    assert "places" not in kinds
