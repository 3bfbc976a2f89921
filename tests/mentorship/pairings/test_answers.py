"""Buttons in emails: what can be chosen, taken back, and what it does once it takes effect."""

from __future__ import annotations

import datetime
import threading
import uuid
from collections.abc import Callable

import factories
import pytest
from sqlalchemy import ColumnElement, Engine, func, select, update
from sqlalchemy.orm import Session

from mentorship import database, outbox
from mentorship.emails import messages, mime
from mentorship.errors import Invalid, NotFound, WrongState
from mentorship.models import (
    AuditEntry,
    Email,
    EmailKind,
    Introduction,
    Pairing,
    Profile,
    Program,
    Question,
    Reply,
    Role,
)
from mentorship.pairings import answers, pairings
from mentorship.pairings.choices import CHOICES
from mentorship.rounds import publishing, rounds
from mentorship.settings import Settings
from mentorship.states import EmailState, PairingState, RoundState

DAY = datetime.timedelta(days=1)


def emails(session: Session, *states: EmailState) -> set[tuple[str, str]]:
    """What is owed: the kind, and mentee or mentor."""
    session.flush()
    people = {}
    for pairing in session.scalars(select(Pairing)):
        people[pairing.mentee_person_id] = "mentee"
        people[pairing.mentor_person_id] = "mentor"
    wanted = states or (EmailState.READY,)
    found = session.scalars(select(Email).where(Email.state.in_(wanted))).all()
    return {(email.kind.value, people.get(email.person_id, "other")) for email in found}


def give(
    session: Session,
    settings: Settings,
    pairing: Pairing,
    who: str,
    question: Question,
    choice: str,
    **more: object,
) -> Reply:
    person_id = pairing.mentee_person_id if who == "mentee" else pairing.mentor_person_id
    return answers.give(session, settings, pairing.id, person_id, question, choice, **more)  # type: ignore[arg-type]


def pass_time(session: Session) -> None:
    """Let the ten minutes pass of all answers that can still be undone."""
    past = database.now(session) - datetime.timedelta(seconds=1)
    session.execute(update(Reply).where(Reply.applied_at.is_(None)).values(effective_at=past))


def say(
    session: Session,
    settings: Settings,
    pairing: Pairing,
    who: str,
    question: Question,
    choice: str,
) -> None:
    """Answer, and let it take effect."""
    give(session, settings, pairing, who, question, choice)
    pass_time(session)
    assert answers.apply_due(session) == 1
    session.refresh(pairing)


@pytest.fixture
def met(session: Session, program: Program) -> Pairing:
    """A pairing that was introduced yesterday."""
    return factories.make_pairing(session, program, days=1)


@pytest.fixture
def asked(session: Session, program: Program) -> Pairing:
    """A pairing about which both were asked yesterday."""
    return factories.make_pairing(session, program, PairingState.ASKED, days=1)


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


def test_stepping_out_ends_it_and_tells_the_other_alone(
    session: Session, settings: Settings, program: Program, met: Pairing
) -> None:
    outbox.owe(
        session,
        EmailKind.MENTEE_INTRODUCTION,
        to=met.mentee_person_id,
        about=met.id,
        program_id=program.id,
    )
    session.flush()
    session.execute(update(Email).values(state=EmailState.SENT, sent_at=database.now(session)))
    mentor, round = met.mentor_person_id, met.round_id
    outbox.owe(
        session, EmailKind.MENTOR_INTRODUCTION, to=mentor, about=round, program_id=program.id
    )

    say(session, settings, met, "mentor", Question.STEP_OUT, "step_out")

    assert (met.state, met.ended_reason) == ("ended", "stepped out")
    assert emails(session) == {("pairing_ended", "mentee")}
    assert emails(session, EmailState.SUPERSEDED) == {("mentor_introduction", "mentor")}
    session.refresh(met.mentor)
    session.refresh(met.mentee)
    assert met.mentor.places_taken == 0
    assert met.mentee.rounds_waiting == 1


def test_a_mentor_who_keeps_another_new_mentee_is_still_introduced(
    session: Session, settings: Settings, program: Program
) -> None:
    mentor = factories.make_mentor(session, program, capacity=2)
    first = factories.make_pairing(session, program, mentor=mentor)
    second = factories.make_pairing(session, program, mentor=mentor)
    second.round_id = first.round_id
    kind = EmailKind.MENTOR_INTRODUCTION
    outbox.owe(session, kind, to=mentor.person_id, about=first.round_id, program_id=program.id)

    say(session, settings, first, "mentee", Question.STEP_OUT, "step_out")

    assert ("mentor_introduction", "mentor") in emails(session)


@pytest.mark.parametrize("cause", ["round_id", "id"])
@pytest.mark.parametrize("who", ["mentee", "mentor"])
def test_whoever_was_not_introduced_yet_hears_nothing_of_the_end(
    session: Session, settings: Settings, program: Program, met: Pairing, who: str, cause: str
) -> None:
    outbox.owe(
        session,
        EmailKind.MENTEE_INTRODUCTION,
        to=met.mentee_person_id,
        about=met.id,
        program_id=program.id,
    )
    kind, mentor = EmailKind.MENTOR_INTRODUCTION, met.mentor_person_id
    outbox.owe(session, kind, to=mentor, about=getattr(met, cause), program_id=program.id)

    pairings.leave(session, getattr(met, who))

    assert emails(session) == set()


@pytest.mark.parametrize("trace", ["doubt_since", "sent_at"])
def test_whoever_may_have_been_introduced_hears_of_the_end(
    session: Session, program: Program, met: Pairing, trace: str
) -> None:
    kind, mentor = EmailKind.MENTOR_INTRODUCTION, met.mentor_person_id
    outbox.owe(session, kind, to=mentor, about=met.round_id, program_id=program.id)
    session.flush()
    session.execute(update(Email).values({trace: database.now(session)}))

    pairings.leave(session, met.mentee)

    assert ("pairing_ended", "mentor") in emails(session)


@pytest.mark.parametrize(
    ("state", "trace", "kept"),
    [
        (EmailState.READY, None, False),
        (EmailState.CLAIMED, None, False),
        (EmailState.SUBMITTING, None, False),
        (EmailState.READY, "doubt_since", True),
        (EmailState.READY, "sent_at", True),
    ],
)
def test_an_introduction_that_the_relay_put_off_is_written_anew_without_who_has_gone(
    session: Session, settings: Settings, program: Program, state: EmailState, trace: str | None,
    kept: bool,
) -> None:  # fmt: skip
    mentor = factories.make_mentor(session, program, capacity=2)
    gone = factories.make_pairing(session, program, mentor=mentor)
    stays = factories.make_pairing(session, program, mentor=mentor)
    stays.round_id = gone.round_id
    kind = EmailKind.MENTOR_INTRODUCTION
    outbox.owe(session, kind, to=mentor.person_id, about=gone.round_id, program_id=program.id)
    session.flush()
    row = session.scalars(select(Email)).one()
    first = messages.compose(session, row.id, settings)
    gone_address, stays_address = (p.mentee.person.email.encode() for p in (gone, stays))
    assert gone_address in first.data
    at = database.now(session)
    row.message, row.message_id, row.state = first.data, first.message_id, state
    row.lease_until = None if state is EmailState.READY else at
    if trace:
        setattr(row, trace, at)
    session.flush()
    session.expunge_all()

    pairings.leave(session, session.get_one(Profile, gone.mentee_id))
    session.expunge_all()

    again = messages.compose(session, row.id, settings)
    assert again.message_id == first.message_id
    assert mime.date_of(again.data) == mime.date_of(first.data)
    assert (again.data == first.data) is kept
    assert (gone_address in again.data) is kept
    assert stays_address in again.data


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


def test_a_changed_answer_replaces_the_first_and_starts_the_time_anew(
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


def at_once(engine: Engine, *work: Callable[[Session], object]) -> list[object]:
    """Do several things, each in a transaction of its own, at the same moment."""
    start = threading.Barrier(len(work))
    results: list[object] = [None] * len(work)

    def run(place: int) -> None:
        start.wait()
        try:
            with database.transaction(engine) as session:
                results[place] = work[place](session)
        except Exception as error:
            results[place] = error

    threads = [threading.Thread(target=run, args=(place,)) for place in range(len(work))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


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


def test_no_contact_is_noted_for_the_mentor_to_hear_later(
    session: Session, settings: Settings, met: Pairing
) -> None:
    say(session, settings, met, "mentee", Question.FIRST_MEETING, "no_contact")

    assert met.no_contact_at is not None
    assert met.state == "introduced"


def test_having_met_is_kept_and_makes_the_question_pointless(
    session: Session, settings: Settings, program: Program, met: Pairing
) -> None:
    outbox.owe(
        session,
        EmailKind.FIRST_MEETING,
        to=met.mentee_person_id,
        about=met.id,
        program_id=program.id,
        number=1,
    )

    say(session, settings, met, "mentor", Question.FIRST_MEETING, "met")

    assert met.met_at is not None
    assert emails(session) == set()
    found = answers.inquiry(session, met.id, met.mentee_person_id, Question.FIRST_MEETING)
    assert found.choices == ("not_fit",)
    with pytest.raises(WrongState, match="You have met by now"):
        give(session, settings, met, "mentee", Question.FIRST_MEETING, "no_contact")


@pytest.mark.parametrize(
    ("choice", "state", "reason", "waits", "owed"),
    [
        ("well", "active", None, 0, set()),
        ("slow", "introduced", None, 0, set()),
        ("not_fit", "ended", "did not fit", 1, {("pairing_ended", "mentor")}),
        ("finished", "ended", "finished as planned", 0, {("pairing_ended", "mentor")}),
    ],
)
def test_a_pulse_does_what_it_says(
    session: Session, settings: Settings, met: Pairing,
    choice: str, state: str, reason: str | None, waits: int, owed: set[tuple[str, str]],
) -> None:  # fmt: skip
    say(session, settings, met, "mentee", Question.PULSE, choice)

    session.refresh(met.mentee)
    assert (met.state, met.ended_reason, met.mentee.rounds_waiting) == (state, reason, waits)
    assert emails(session) == owed


def test_a_mentee_with_another_mentor_does_not_wait(
    session: Session, settings: Settings, program: Program, met: Pairing
) -> None:
    factories.make_pairing(session, program, mentee=met.mentee)

    say(session, settings, met, "mentee", Question.PULSE, "not_fit")

    session.refresh(met.mentee)
    assert met.mentee.rounds_waiting == 0


def test_two_yes_introduce_both_to_each_other(
    session: Session, settings: Settings, asked: Pairing
) -> None:
    asked.mentee.rounds_waiting = 2
    say(session, settings, asked, "mentee", Question.ASK, "yes")
    assert asked.state == "asked"
    assert emails(session) == set()

    say(session, settings, asked, "mentor", Question.ASK, "yes")

    assert asked.state == "active"
    assert asked.introduced_at is not None
    assert emails(session) == {
        ("mentee_introduction", "mentee"), ("mentor_introduction", "mentor"),
    }  # fmt: skip
    assert set(session.scalars(select(Email.cause_id))) == {asked.id}
    session.refresh(asked.mentee)
    assert asked.mentee.rounds_waiting == 0
    found = answers.inquiry(session, asked.id, asked.mentee_person_id, Question.ASK)
    assert "both said yes" in str(found.closed)


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


@pytest.mark.parametrize("before", [None, "yes"])
def test_a_no_frees_the_place_and_tells_the_other(
    session: Session, settings: Settings, asked: Pairing, before: str | None
) -> None:
    asked.mentee.rounds_waiting = 2
    if before:
        say(session, settings, asked, "mentee", Question.ASK, before)
    give(session, settings, asked, "mentee", Question.ASK, "yes")

    give(session, settings, asked, "mentor", Question.ASK, "no")
    past = database.now(session) - DAY
    session.execute(update(Reply).where(Reply.choice == "no").values(effective_at=past))
    answers.apply_due(session)

    session.refresh(asked)
    assert (asked.state, asked.ended_reason) == ("declined", "declined")
    assert emails(session) == {("pairing_not_made", "mentee")}
    session.refresh(asked.mentor)
    session.refresh(asked.mentee)
    assert asked.mentor.places_taken == 0
    assert asked.mentee.rounds_waiting == 3
    # What the other had chosen meanwhile is closed with it.
    pending = select(Reply).where(Reply.applied_at.is_(None), Reply.undone_at.is_(None))
    assert session.scalars(pending).all() == []


def test_whoever_was_not_asked_yet_hears_nothing_of_a_no(
    session: Session, settings: Settings, program: Program, asked: Pairing
) -> None:
    kind = EmailKind.PAIRING_QUESTION
    outbox.owe(session, kind, to=asked.mentor_person_id, about=asked.id, program_id=program.id)

    say(session, settings, asked, "mentee", Question.ASK, "no")

    assert emails(session) == set()
    assert emails(session, EmailState.SUPERSEDED) == {("pairing_question", "mentor")}


def test_a_yes_can_become_a_no_until_both_agreed(
    session: Session, settings: Settings, asked: Pairing
) -> None:
    say(session, settings, asked, "mentee", Question.ASK, "yes")
    say(session, settings, asked, "mentee", Question.ASK, "no")

    assert asked.state == "declined"


@pytest.mark.parametrize(
    ("state", "days", "question", "role", "choices", "closed"),
    [
        ("asked", 13.9, "ask", Role.MENTEE, ("yes", "no"), None),
        ("asked", 15.1, "ask", Role.MENTEE, (), "time to answer is over"),
        ("asked", 1, "step_out", Role.MENTEE, (), "not been introduced yet"),
        ("asked", 1, "pulse", Role.MENTOR, (), "not been introduced yet"),
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


# Asking first, from publishing on.


@pytest.fixture
def asking(session: Session, program: Program) -> Pairing:
    """A proposed pairing in a program that asks first."""
    program.introduction = Introduction.ASK_FIRST
    pairing = factories.make_pairing(session, program, PairingState.PROPOSED)
    pairing.mentee.rounds_waiting = 2
    return pairing


def publish(session: Session, pairing: Pairing) -> None:
    round = rounds.get(session, pairing.round_id)
    promised = [
        (owed.kind, owed.reader.person_id, owed.cause_id)
        for owed in publishing.owed_by(session, round)
    ]
    before = set(session.scalars(select(Email.id)))
    assert publishing.publish(session, round, "test")
    session.flush()
    written = session.scalars(select(Email).where(Email.id.not_in(before))).all()
    assert sorted(promised) == sorted((e.kind, e.person_id, e.cause_id) for e in written)
    session.refresh(pairing)


def test_a_program_that_asks_first_asks_both_and_introduces_nobody(
    session: Session, asking: Pairing
) -> None:
    publish(session, asking)

    assert asking.state == "asked"
    assert asking.asked_at is not None
    assert asking.introduced_at is None
    assert emails(session) == {("pairing_question", "mentee"), ("pairing_question", "mentor")}
    session.refresh(asking.mentor)
    session.refresh(asking.mentee)
    assert asking.mentor.places_taken == 1
    # Nothing is certain yet, so they have waited as long as before.
    assert asking.mentee.rounds_waiting == 2


def test_somebody_who_is_asked_holds_a_place_that_no_other_round_can_give_away(
    session: Session, program: Program, asking: Pairing
) -> None:
    publish(session, asking)
    second = factories.make_pairing(session, program, PairingState.PROPOSED, mentor=asking.mentor)

    with pytest.raises(WrongState, match="has 0 places for 1 mentees"):
        pairings.ask(session, rounds.get(session, second.round_id))


def test_a_program_may_change_how_it_introduces_between_rounds(
    session: Session, settings: Settings, program: Program, asking: Pairing
) -> None:
    publish(session, asking)
    program.introduction = Introduction.AT_ONCE
    later = factories.make_pairing(session, program, PairingState.PROPOSED)
    publish(session, later)

    assert later.state == "introduced"
    assert asking.state == "asked"
    say(session, settings, asking, "mentee", Question.ASK, "yes")
    say(session, settings, asking, "mentor", Question.ASK, "yes")
    assert asking.state == "active"
    causes = select(Email.cause_id).where(Email.kind == EmailKind.MENTOR_INTRODUCTION)
    assert set(session.scalars(causes)) == {asking.id, later.round_id}


def test_a_later_round_may_end_what_is_being_asked(
    session: Session, settings: Settings, program: Program, asking: Pairing
) -> None:
    publish(session, asking)
    session.execute(update(Email).values(state=EmailState.SENT, sent_at=database.now(session)))
    give(session, settings, asking, "mentee", Question.ASK, "yes")
    later = factories.make_pairing(session, program, PairingState.PROPOSED, mentee=asking.mentee)
    rounds.get(session, later.round_id).result = {"broken": [str(asking.id)]}

    publish(session, later)

    session.refresh(asking)
    assert asking.state == "declined"
    session.refresh(asking.mentor)
    assert asking.mentor.places_taken == 0
    told = select(Email.person_id).where(Email.kind == EmailKind.PAIRING_NOT_MADE)
    assert set(session.scalars(told)) == {asking.mentee_person_id, asking.mentor_person_id}
    pass_time(session)
    assert answers.apply_due(session) == 0


def test_a_round_that_introduces_at_once_tells_of_what_was_being_asked(
    session: Session, program: Program, asking: Pairing
) -> None:
    publish(session, asking)
    session.execute(update(Email).values(state=EmailState.SENT, sent_at=database.now(session)))
    program.introduction = Introduction.AT_ONCE
    later = factories.make_pairing(session, program, PairingState.PROPOSED, mentee=asking.mentee)
    rounds.get(session, later.round_id).result = {"broken": [str(asking.id)]}

    publish(session, later)

    told = select(Email.person_id).where(Email.kind == EmailKind.PAIRING_NOT_MADE)
    assert set(session.scalars(told)) == {asking.mentee_person_id, asking.mentor_person_id}


@pytest.mark.parametrize("introduction", list(Introduction))
def test_a_round_ends_nothing_for_those_who_never_heard_of_it(
    session: Session, program: Program, asking: Pairing, introduction: Introduction
) -> None:
    program.introduction = introduction
    publish(session, asking)
    later = factories.make_pairing(session, program, PairingState.PROPOSED, mentee=asking.mentee)
    rounds.get(session, later.round_id).result = {"broken": [str(asking.id)]}

    publish(session, later)

    assert {kind for kind, _who in emails(session)} & {"pairing_ended", "pairing_not_made"} == set()


@pytest.mark.parametrize("who", ["mentee", "mentor"])
def test_somebody_who_is_asked_may_leave(session: Session, asking: Pairing, who: str) -> None:
    publish(session, asking)
    session.execute(update(Email).values(state=EmailState.SENT, sent_at=database.now(session)))

    pairings.leave(session, getattr(asking, who))

    other = "mentor" if who == "mentee" else "mentee"
    assert (asking.state, asking.ended_reason) == ("declined", "left the program")
    assert emails(session) == {("pairing_not_made", other)}


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
