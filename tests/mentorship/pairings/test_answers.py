"""Buttons in emails: what can be chosen and taken back, and when it takes effect."""

from __future__ import annotations

import datetime
import uuid

import factories
import pytest
from replies import emails, give, pass_time, say
from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from mentorship.errors import Invalid, NotFound, WrongState
from mentorship.models import AuditEntry, Pairing, Profile, Program, Question, Reply, Role
from mentorship.pairings import answers, pairings
from mentorship.pairings.choices import CHOICES
from mentorship.settings import Settings
from mentorship.states import PairingState


def test_nothing_happens_before_the_ten_minutes_are_over(
    session: Session, settings: Settings, met: Pairing
) -> None:
    answer = give(session, settings, met, "mentee", Question.STEP_OUT, "step_out")

    assert answer.effective_at - answer.at == datetime.timedelta(minutes=10)
    assert answers.apply_due(session) == 0
    session.refresh(met)
    assert met.state == "introduced"
    assert emails(session) == set()
    found = answers.inquiry(session, met.id, met.mentee_person_id, Question.STEP_OUT)
    assert found.pending is answer
    assert found.last is None


def test_an_answer_taken_back_at_the_last_moment_has_no_effect(
    session: Session, settings: Settings, met: Pairing
) -> None:
    answer = give(session, settings, met, "mentee", Question.STEP_OUT, "step_out")
    pass_time(session)

    answers.undo(session, answer)
    answers.undo(session, answer)

    assert answers.apply_due(session) == 0
    session.refresh(met)
    assert met.state == "introduced"
    assert answers.inquiry(session, met.id, met.mentee_person_id, Question.STEP_OUT).choices


def test_what_took_effect_cannot_be_taken_back(
    session: Session, settings: Settings, met: Pairing
) -> None:
    answer = give(session, settings, met, "mentee", Question.STEP_OUT, "step_out")
    pass_time(session)
    answers.apply_due(session)

    with pytest.raises(WrongState, match="has taken effect"):
        answers.undo(session, answer)
    assert met.state == "ended"


def test_a_changed_answer_replaces_the_first_and_starts_the_time_again(
    session: Session, settings: Settings, met: Pairing
) -> None:
    give(session, settings, met, "mentee", Question.FIRST_MEETING, "not_fit", comment="so loud")
    pass_time(session)
    answer = give(session, settings, met, "mentee", Question.FIRST_MEETING, "met")

    assert answers.apply_due(session) == 0
    assert answer.comment is None
    pass_time(session)
    assert answers.apply_due(session) == 1
    session.refresh(met)
    assert met.state == "active"
    assert session.scalar(select(func.count()).select_from(Reply)) == 1


def test_the_same_answer_twice_is_one_and_does_not_put_it_off(
    session: Session, settings: Settings, met: Pairing
) -> None:
    first = give(session, settings, met, "mentee", Question.FIRST_MEETING, "met")
    until = first.effective_at
    again = give(
        session, settings, met, "mentee", Question.FIRST_MEETING, "met",
        comment="  we had coffee ", is_shared=True,
    )  # fmt: skip

    assert again is first
    assert again.effective_at == until
    assert (again.comment, again.is_shared) == ("we had coffee", True)
    say(session, settings, met, "mentee", Question.FIRST_MEETING, "met")
    assert give(session, settings, met, "mentee", Question.FIRST_MEETING, "met") is first


def test_words_that_come_late_are_kept_with_the_answer(
    session: Session, settings: Settings, met: Pairing
) -> None:
    say(session, settings, met, "mentee", Question.PULSE, "slow")
    say(session, settings, met, "mentee", Question.STEP_OUT, "step_out")

    for question, choice in ((Question.PULSE, "slow"), (Question.STEP_OUT, "step_out")):
        late = give(
            session, settings, met, "mentee", question, choice, comment="why", is_shared=True
        )
        assert (late.comment, late.is_shared) == ("why", True)
        assert late.applied_at is not None
    assert session.scalar(select(func.count()).select_from(Reply)) == 2


def test_coordinators_read_what_is_shared_and_final_and_not_about_them(
    session: Session, settings: Settings, met: Pairing
) -> None:
    def read(reader_id: uuid.UUID) -> list[str | None]:
        return [answer.comment for answer, _ in answers.shared(session, met.mentee, reader_id)]

    other = uuid.uuid4()
    give(session, settings, met, "mentee", Question.PULSE, "slow", comment="busy", is_shared=True)
    give(session, settings, met, "mentor", Question.PULSE, "well", comment="mine", is_shared=True)
    assert read(other) == []
    pass_time(session)
    answers.apply_due(session)

    assert read(other) == ["busy"]
    assert read(met.mentor_person_id) == []
    give(session, settings, met, "mentee", Question.PULSE, "slow", comment="private")
    assert read(other) == []


def test_an_answer_that_changes_while_it_is_about_to_take_effect_can_be_undone_again(
    session: Session, settings: Settings, met: Pairing, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer = give(session, settings, met, "mentee", Question.FIRST_MEETING, "met")
    pass_time(session)
    lock = pairings.lock

    def change_first(session: Session, of: ColumnElement[bool]) -> dict[uuid.UUID, Profile]:
        give(session, settings, met, "mentee", Question.FIRST_MEETING, "not_fit")
        return lock(session, of)

    monkeypatch.setattr(pairings, "lock", change_first)

    assert answers.apply_due(session) == 0
    session.refresh(met)
    assert (met.state, answer.applied_at) == ("introduced", None)


@pytest.mark.parametrize(
    ("state", "days", "question", "role", "choices", "closed"),
    [
        ("asked", 13.9, "ask", Role.MENTEE, ("yes", "no"), None),
        ("asked", 15.1, "ask", Role.MENTEE, (), "time to answer is over"),
        ("asked", 1, "step_out", Role.MENTEE, (), "haven't been introduced yet"),
        ("asked", 1, "pulse", Role.MENTOR, (), "haven't been introduced yet"),
        ("introduced", 13.9, "step_out", Role.MENTOR, ("step_out",), None),
        ("active", 15.1, "step_out", Role.MENTOR, (), "coordinator"),
        ("introduced", 1, "ask", Role.MENTOR, (), "both said yes"),
        ("introduced", 1, "first_meeting", Role.MENTEE, ("met", "no_contact", "not_fit"), None),
        ("introduced", 1, "first_meeting", Role.MENTOR, ("met", "not_fit"), None),
        ("active", 300, "pulse", Role.MENTOR, ("well", "slow", "not_fit", "finished"), None),
        ("ended", 1, "pulse", Role.MENTOR, (), "has ended"),
        ("declined", 1, "ask", Role.MENTOR, (), "has ended"),
        ("expired", 1, "ask", Role.MENTEE, (), "has ended"),
    ],
)
def test_each_question_is_open_in_its_time(
    session: Session, settings: Settings, program: Program,
    state: str, days: float, question: str, role: Role, choices: tuple[str, ...],
    closed: str | None,
) -> None:  # fmt: skip
    pairing = factories.make_pairing(session, program, PairingState(state), days=days)
    person_id = pairing.mentee_person_id if role is Role.MENTEE else pairing.mentor_person_id

    found = answers.inquiry(session, pairing.id, person_id, Question(question))

    assert (found.role, found.choices) == (role, choices)
    if closed is None:
        assert found.closed is None
        return
    assert closed in str(found.closed)
    choice = next(iter(CHOICES[Question(question)]))
    with pytest.raises(WrongState, match=closed):
        answers.give(session, settings, pairing.id, person_id, Question(question), choice)


def test_what_is_no_answer_is_refused(
    session: Session, settings: Settings, program: Program, met: Pairing
) -> None:
    proposed = factories.make_pairing(
        session, factories.make_program(session), PairingState.PROPOSED
    )
    with pytest.raises(Invalid, match="not one of the answers"):
        give(session, settings, met, "mentee", Question.PULSE, "yes")
    with pytest.raises(Invalid, match="shorten it to 2000"):
        give(session, settings, met, "mentee", Question.PULSE, "well", comment="x" * 2001)
    for pairing_id, person_id in (
        (met.id, proposed.mentee_person_id),
        (uuid.uuid4(), met.mentee_person_id),
        (proposed.id, proposed.mentee_person_id),
    ):
        with pytest.raises(NotFound):
            answers.inquiry(session, pairing_id, person_id, Question.PULSE)
        with pytest.raises(NotFound):
            answers.give(session, settings, pairing_id, person_id, Question.PULSE, "well")


def test_an_answer_whose_pairing_ended_meanwhile_is_closed_without_effect(
    session: Session, settings: Settings, met: Pairing
) -> None:
    answer = give(session, settings, met, "mentee", Question.FIRST_MEETING, "met")
    pairings.leave(session, met.mentor)

    pass_time(session)
    assert answers.apply_due(session) == 0
    session.refresh(answer)
    assert answer.applied_at is None
    assert answer.undone_at is not None
    assert emails(session) == {("pairing_ended", "mentee")}


def test_the_record_holds_ids_and_no_comment(
    session: Session, settings: Settings, met: Pairing
) -> None:
    comment = "Mentee 1 wrote this"
    give(session, settings, met, "mentee", Question.PULSE, "not_fit", comment=comment)
    pass_time(session)
    answers.apply_due(session)

    entries = session.scalars(select(AuditEntry).where(AuditEntry.action.like("answer %"))).all()
    assert [entry.action for entry in entries] == ["answer given", "answer applied"]
    assert all(set(entry.details) == {"answer", "question"} for entry in entries)
