"""Programs that ask both people before they introduce them."""

from __future__ import annotations

import datetime
import re
import uuid

import factories
import pytest
from replies import emails, give, pass_time, say
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from mentorship import database, links, outbox
from mentorship.emails import messages
from mentorship.errors import WrongState
from mentorship.links import Purpose
from mentorship.models import (
    Email,
    EmailKind,
    Introduction,
    Pairing,
    Profile,
    Program,
    Question,
    Reply,
)
from mentorship.pairings import answers, pairings
from mentorship.rounds import publishing, rounds
from mentorship.settings import Settings
from mentorship.states import EmailState, PairingState

DAY = datetime.timedelta(days=1)


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


def test_a_program_that_asks_first_asks_both_and_introduces_no_one(
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


def test_people_not_asked_yet_hear_nothing_of_a_no(
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


def test_someone_who_is_asked_holds_a_place_that_no_other_round_can_give_away(
    session: Session, program: Program, asking: Pairing
) -> None:
    publish(session, asking)
    second = factories.make_pairing(session, program, PairingState.PROPOSED, mentor=asking.mentor)

    with pytest.raises(WrongState, match=r"too few free places \(0 free, 1 needed\)"):
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
def test_someone_who_is_asked_may_leave(session: Session, asking: Pairing, who: str) -> None:
    publish(session, asking)
    session.execute(update(Email).values(state=EmailState.SENT, sent_at=database.now(session)))

    pairings.leave(session, getattr(asking, who))

    other = "mentor" if who == "mentee" else "mentee"
    assert (asking.state, asking.ended_reason) == ("declined", "left the program")
    assert emails(session) == {("pairing_not_made", other)}


# Two asks at once to one mentor come as one.


@pytest.fixture
def several(session: Session, program: Program, asking: Pairing) -> list[Pairing]:
    """Two pairings of one mentor and one of another, proposed by one round."""
    asking.mentor.capacity = 3
    asking.mentee.full_name = "Ana First"
    asking.mentee.answers = asking.mentee.answers | {"career_stage": "resident"}
    second = factories.make_mentee(session, program, full_name="Bea Second")
    third = factories.make_mentee(session, program, full_name="Cleo Third")
    other = factories.make_mentor(session, program)
    return [
        asking,
        in_round_of(session, asking, second, asking.mentor),
        in_round_of(session, asking, third, other),
    ]


def in_round_of(
    session: Session, asking: Pairing, mentee: Profile, mentor: Profile, *, held: bool = False
) -> Pairing:
    pairing = Pairing(
        program_id=asking.program_id, round_id=asking.round_id, mentee_id=mentee.id,
        mentor_id=mentor.id, mentee_person_id=mentee.person_id, held=held,
        mentor_person_id=mentor.person_id, state=PairingState.PROPOSED, score=1,
        contributions={}, reasons=[],
    )  # fmt: skip
    session.add(pairing)
    session.flush()
    return pairing


def questions_to(session: Session, person_id: uuid.UUID, *states: EmailState) -> list[Email]:
    session.flush()
    return list(
        session.scalars(
            select(Email)
            .where(
                Email.kind == EmailKind.PAIRING_QUESTION,
                Email.person_id == person_id,
                Email.state.in_(states or tuple(EmailState)),
            )
            .order_by(Email.number)
            .execution_options(populate_existing=True)
        )
    )


def asked_about(session: Session, row: Email, settings: Settings) -> tuple[str, set[uuid.UUID]]:
    """The words of an email, and the pairings that its buttons answer."""
    email = messages.render(session, row, settings)
    for each in (email.text, email.html):
        form = each.replace(row.person.full_name, "")
        # Not within a word: a link has letters by chance.
        assert not re.search(r"\b(Ana|First|Bea|Second|Cleo|Third|mentee\d+)\b", form)
    tokens = re.findall(r"answers/([^?\s]+)\?choice=yes", email.text)
    about = {links.read(token, [Purpose.ASK], settings).about for token in tokens}
    return f"{email.subject}\n{email.text}", about


def test_two_asks_at_once_to_one_mentor_come_as_one(
    session: Session, settings: Settings, several: list[Pairing]
) -> None:
    first, second, third = several
    publish(session, first)

    (row,) = questions_to(session, first.mentor_person_id)
    words, about = asked_about(session, row, settings)
    assert about == {first.id, second.id}
    assert "Would you like to meet 2 mentees in" in words
    assert "2 people who could be good mentees for you" in " ".join(words.split())
    assert "Yes, I'd like to: Resident" in words
    for pairing in several:
        (row,) = questions_to(session, pairing.mentee_person_id)
        words, about = asked_about(session, row, settings)
        assert about == {pairing.id}
        assert "Would you like to meet a mentor in" in words
    (row,) = questions_to(session, third.mentor_person_id)
    words, about = asked_about(session, row, settings)
    assert about == {third.id}
    assert "Would you like to meet a mentee in" in words


@pytest.mark.parametrize("choice", ["yes", "no"])
def test_what_is_answered_is_not_asked_again_in_the_same_email(
    session: Session, settings: Settings, several: list[Pairing], choice: str
) -> None:
    """By the mentor's own page, before the email has left."""
    first, second, _third = several
    publish(session, first)
    (row,) = questions_to(session, first.mentor_person_id)
    row.state, row.lease_until = EmailState.CLAIMED, database.now(session) + DAY
    session.flush()

    say(session, settings, first, "mentor", Question.ASK, choice)

    (row,) = questions_to(session, first.mentor_person_id)
    if choice == "no":
        # A worker that has written both puts it back.
        assert row.state is EmailState.READY
    assert asked_about(session, row, settings)[1] == {second.id}
    assert "a mentee in" in asked_about(session, row, settings)[0]


def test_an_email_about_several_goes_once_none_is_asked_about(
    session: Session, settings: Settings, several: list[Pairing]
) -> None:
    first, second, third = several
    publish(session, first)
    for pairing in (first, second):
        say(session, settings, pairing, "mentee", Question.ASK, "no")

    (row,) = questions_to(session, first.mentor_person_id)
    assert row.state is EmailState.SUPERSEDED
    # Who was never asked hears nothing of it; others are still asked.
    told = select(Email.person_id).where(Email.kind == EmailKind.PAIRING_NOT_MADE)
    assert set(session.scalars(told)) == set()
    assert questions_to(session, third.mentor_person_id, EmailState.READY)


def test_a_mentor_asked_about_several_hears_of_the_one_that_is_not_made(
    session: Session, settings: Settings, several: list[Pairing]
) -> None:
    first, second, _third = several
    publish(session, first)
    session.execute(update(Email).values(state=EmailState.SENT, sent_at=database.now(session)))

    say(session, settings, first, "mentee", Question.ASK, "no")

    session.refresh(second)
    assert second.state == "asked"
    rows = session.scalars(select(Email).where(Email.kind == EmailKind.PAIRING_NOT_MADE)).all()
    assert [(row.person_id, row.cause_id) for row in rows] == [(first.mentor_person_id, first.id)]


def test_a_later_part_is_asked_about_in_an_email_of_its_own(
    session: Session, settings: Settings, program: Program, several: list[Pairing]
) -> None:
    first, second, _third = several
    later = in_round_of(
        session, first, factories.make_mentee(session, program), first.mentor, held=True
    )
    publish(session, first)
    round = rounds.get(session, first.round_id)

    assert publishing.publish_held(session, round, "test") == 1

    early, late = questions_to(session, first.mentor_person_id)
    assert asked_about(session, early, settings)[1] == {first.id, second.id}
    assert asked_about(session, late, settings)[1] == {later.id}
