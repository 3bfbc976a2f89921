"""Answers of several people, workers and rounds at the same moment."""

from __future__ import annotations

import uuid

import factories
from replies import at_once, give, pass_time
from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session

from mentorship import database
from mentorship.errors import WrongState
from mentorship.models import Email, EmailKind, Pairing, Question, Reply
from mentorship.pairings import answers, pairings
from mentorship.rounds import publishing, rounds
from mentorship.settings import Settings
from mentorship.states import PairingState, RoundState


def test_two_who_apply_at_once_apply_each_answer_once(engine: Engine, settings: Settings) -> None:
    with database.transaction(engine) as session:
        program = factories.make_program(session)
        for _ in range(6):
            pairing = factories.make_pairing(session, program)
            give(session, settings, pairing, "mentee", Question.STEP_OUT, "step_out")
        pass_time(session)

    results = at_once(engine, *[answers.apply_due] * 4)

    assert [r for r in results if isinstance(r, Exception)] == []
    assert sum(results) == 6  # type: ignore[arg-type]
    with database.transaction(engine) as session:
        ended = select(func.count()).where(Email.kind == EmailKind.PAIRING_ENDED)
        assert session.scalar(ended) == 6


def test_clicks_at_once_leave_one_answer(engine: Engine, settings: Settings) -> None:
    with database.transaction(engine) as session:
        pairing = factories.make_pairing(session, factories.make_program(session))

    def click(session: Session) -> uuid.UUID:
        return give(session, settings, pairing, "mentee", Question.FIRST_MEETING, "met").id

    results = at_once(engine, *[click] * 5)

    assert len(set(results)) == 1
    assert isinstance(results[0], uuid.UUID)


def test_of_taking_back_and_taking_effect_at_once_one_wins(
    engine: Engine, settings: Settings
) -> None:
    with database.transaction(engine) as session:
        pairing = factories.make_pairing(session, factories.make_program(session))
        answer = give(session, settings, pairing, "mentee", Question.STEP_OUT, "step_out")
        pass_time(session)

    def undo(session: Session) -> None:
        answers.undo(session, session.get_one(Reply, answer.id))

    applied, undone = at_once(engine, answers.apply_due, undo)

    with database.transaction(engine) as session:
        ended = session.get_one(Pairing, pairing.id).state is PairingState.ENDED
    assert ended == (applied == 1) == isinstance(undone, WrongState)


def test_leaving_while_an_answer_takes_effect_ends_it_once(
    engine: Engine, settings: Settings
) -> None:
    with database.transaction(engine) as session:
        program = factories.make_program(session)
        mentor = factories.make_mentor(session, program, capacity=3)
        for _ in range(3):
            pairing = factories.make_pairing(session, program, mentor=mentor)
            give(session, settings, pairing, "mentee", Question.STEP_OUT, "step_out")
        pass_time(session)

    def leave(session: Session) -> None:
        pairings.leave(session, session.get_one(type(mentor), mentor.id))

    results = at_once(engine, answers.apply_due, leave)

    assert [r for r in results if isinstance(r, Exception)] == []
    with database.transaction(engine) as session:
        assert session.get_one(type(mentor), mentor.id).places_taken == 0
        assert set(session.scalars(select(Pairing.state))) == {PairingState.ENDED}


def test_two_yes_at_once_introduce_once(engine: Engine, settings: Settings) -> None:
    with database.transaction(engine) as session:
        program = factories.make_program(session)
        pairing = factories.make_pairing(session, program, PairingState.ASKED)
        for who in ("mentee", "mentor"):
            give(session, settings, pairing, who, Question.ASK, "yes")
        pass_time(session)

    assert sum(at_once(engine, answers.apply_due, answers.apply_due)) == 2  # type: ignore[arg-type]

    with database.transaction(engine) as session:
        assert session.get_one(Pairing, pairing.id).state is PairingState.ACTIVE
        assert session.scalar(select(func.count()).select_from(Email)) == 2


def test_rounds_and_answers_at_once_do_not_wait_for_each_other(
    engine: Engine, settings: Settings
) -> None:
    with database.transaction(engine) as session:
        program = factories.make_program(session)
        old = [factories.make_pairing(session, program) for _ in range(5)]
        for pairing in old:
            give(session, settings, pairing, "mentor", Question.STEP_OUT, "step_out")
        pass_time(session)
        new = [
            factories.make_pairing(session, program, PairingState.PROPOSED, mentee=pairing.mentee)
            for pairing in old
        ]
        round = rounds.get(session, new[0].round_id)
        assert round.state is RoundState.PROPOSED
        round.result = {"broken": [str(pairing.id) for pairing in reversed(old)]}

    def publish_it(session: Session) -> bool:
        return publishing.publish(session, rounds.get(session, round.id), "test")

    results = at_once(engine, publish_it, answers.apply_due)

    assert results[0] is True
    assert isinstance(results[1], int)
    with database.transaction(engine) as session:
        states = session.scalars(select(Pairing.state)).all()
        assert sorted(states) == ["ended"] * 5 + ["introduced"] * 5
