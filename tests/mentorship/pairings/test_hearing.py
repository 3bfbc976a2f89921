"""Who has heard of what, where rounds and departures overtake emails that have not left."""

from __future__ import annotations

import datetime
import threading
import uuid
from collections.abc import Callable, Iterator

import databases
import factories
import pytest
import servers
from patience import wait_until
from sqlalchemy import Engine, select, update
from sqlalchemy.orm import Session

from mentorship import database, outbox
from mentorship.delivery import sending
from mentorship.delivery.smtp import SMTPSender
from mentorship.emails import messages
from mentorship.models import (
    Email,
    EmailKind,
    Pairing,
    Profile,
    Program,
    Question,
    Role,
    Round,
    Scope,
    Unmatched,
)
from mentorship.pairings import answers, meetings, pairings
from mentorship.rounds import publishing, rounds
from mentorship.settings import Settings
from mentorship.states import EmailState, PairingState, RoundState


@pytest.fixture
def sender(settings: Settings, relay: servers.Relay) -> Iterator[SMTPSender]:
    sender = SMTPSender(settings.replace(smtp_url=relay.url))
    yield sender
    sender.close()


def owed(session: Session) -> set[tuple[str, str]]:
    """What waits to be sent: the kind, and to whom."""
    session.flush()
    waiting = select(Email).where(Email.state == EmailState.READY)
    return {(email.kind.value, email.person.full_name) for email in session.scalars(waiting)}


def text(session: Session, settings: Settings, kind: EmailKind, name: str) -> str:
    """The words of the one email of a kind that waits for someone."""
    waiting = select(Email).where(Email.state == EmailState.READY, Email.kind == kind)
    (email,) = [each for each in session.scalars(waiting) if each.person.full_name == name]
    return messages.render(session, email, settings).text


def all_leave(session: Session) -> None:
    session.flush()
    sent = {"state": EmailState.SENT, "sent_at": database.now(session)}
    session.execute(update(Email).where(Email.state == EmailState.READY).values(sent))


def a_round(
    session: Session, program: Program, *, broken: list[Pairing], scope: Scope = Scope.EVERYONE
) -> Round:
    round, _is_new = rounds.start(session, program, requested_by="test", scope=scope)
    round.state = RoundState.PROPOSED
    round.result = {"broken": [str(pairing.id) for pairing in broken]}
    session.flush()
    return round


def pair(session: Session, round: Round, mentee: Profile, mentor: Profile) -> Pairing:
    pairing = Pairing(
        program_id=round.program_id, round_id=round.id, mentee_id=mentee.id, mentor_id=mentor.id,
        mentee_person_id=mentee.person_id, mentor_person_id=mentor.person_id, score=1,
        state=PairingState.PROPOSED, contributions={}, reasons=[],
    )  # fmt: skip
    session.add(pairing)
    session.flush()
    return pairing


def leave_alone(session: Session, round: Round, *profiles: Profile) -> None:
    for profile in profiles:
        cause = "places" if profile.role is Role.MENTEE else "demand"
        reason = {"cause": cause, "suitable": 1}
        session.add(Unmatched(round_id=round.id, profile_id=profile.id, reason=reason))
    session.flush()


def publish(session: Session, round: Round) -> None:
    publishing.publish(session, round, "test")
    session.flush()
    session.expire_all()


def test_a_round_promises_the_emails_about_meetings_that_it_calls_off(
    session: Session, settings: Settings, program: Program
) -> None:
    old = factories.make_pairing(session, program, days=60)
    at = database.now(session) + datetime.timedelta(days=3)
    meetings.agree(session, settings, old, old.mentee_person_id, at=at, minutes=30, where="")
    session.flush()
    agreed = select(Email).where(Email.kind == EmailKind.MEETING_AGREED)
    for email in session.scalars(agreed):
        email.state, email.sent_at = EmailState.SENT, at
    round = a_round(session, program, broken=[old])
    pair(session, round, old.mentee, factories.make_mentor(session, program))
    both = {old.mentee_person_id, old.mentor_person_id}
    promised = publishing.owed_by(session, round)
    called_off = EmailKind.MEETING_CALLED_OFF
    assert {owed.reader.person_id for owed in promised if owed.kind is called_off} == both

    publish(session, round)

    told = session.scalars(select(Email.person_id).where(Email.kind == called_off)).all()
    assert set(told) == both
    assert len(told) == 2


def test_a_round_that_overtakes_an_introduction_names_no_one_who_was_never_heard_of(
    session: Session, settings: Settings, program: Program
) -> None:
    mentee = factories.make_mentee(session, program, full_name="Ana")
    known, unheard, third = (
        factories.make_mentor(session, program, full_name=name)
        for name in ("Known", "Unheard", "Third")
    )
    old = factories.make_pairing(session, program, mentee=mentee, mentor=known, days=60)
    first = a_round(session, program, broken=[old])
    overtaken = pair(session, first, mentee, unheard)
    publish(session, first)
    assert "Known" in text(session, settings, EmailKind.MENTEE_INTRODUCTION, "Ana")

    second = a_round(session, program, broken=[overtaken])
    pair(session, second, mentee, third)
    publish(session, second)

    assert owed(session) == {
        ("mentee_introduction", "Ana"),
        ("mentor_introduction", "Third"),
        ("pairing_ended", "Ana"),
        ("pairing_ended", "Known"),
    }
    assert "Unheard" not in text(session, settings, EmailKind.MENTEE_INTRODUCTION, "Ana")
    told = text(session, settings, EmailKind.PAIRING_ENDED, "Ana")
    assert "Known" in told
    assert "We look for someone" not in told


def test_a_result_waits_though_a_later_round_is_published_that_is_silent_on_them(
    session: Session, settings: Settings, program: Program
) -> None:
    mentee = factories.make_mentee(session, program, full_name="Ana")
    both = factories.make_mentee(session, program, full_name="Bo")
    mentor = factories.make_mentor(session, program, full_name="Cy")
    former = factories.make_mentor(session, program, full_name="Former")
    old = factories.make_pairing(session, program, mentee=mentee, mentor=former, days=60)
    first = a_round(session, program, broken=[old])
    leave_alone(session, first, mentee, both, mentor)
    publish(session, first)

    second = a_round(session, program, broken=[], scope=Scope.AFFECTED)
    pair(session, second, both, former)
    publish(session, second)

    assert {("not_this_time", "Ana"), ("no_mentee_this_time", "Cy")} <= owed(session)
    assert ("not_this_time", "Bo") not in owed(session)
    assert "Former" in text(session, settings, EmailKind.NOT_THIS_TIME, "Ana")


def test_a_result_that_is_replaced_hands_on_what_it_told_of(
    session: Session, settings: Settings, program: Program
) -> None:
    mentee = factories.make_mentee(session, program, full_name="Ana")
    former, new = (
        factories.make_mentor(session, program, full_name=name) for name in ("Former", "New")
    )
    old = factories.make_pairing(session, program, mentee=mentee, mentor=former, days=60)
    first = a_round(session, program, broken=[old])
    leave_alone(session, first, mentee)
    publish(session, first)
    second = a_round(session, program, broken=[])
    pair(session, second, mentee, new)
    publish(session, second)

    assert {kind for kind, name in owed(session) if name == "Ana"} == {
        "mentee_introduction",
        "pairing_ended",
    }
    assert "Former" in text(session, settings, EmailKind.PAIRING_ENDED, "Ana")


def test_people_who_said_yes_hear_that_it_did_not_come_about(
    session: Session, settings: Settings, program: Program
) -> None:
    asked = factories.make_pairing(session, program, PairingState.ASKED, days=2)
    both = (asked.mentee_person_id, asked.mentor_person_id)
    for person_id in both:
        outbox.owe(
            session, EmailKind.PAIRING_QUESTION, to=person_id, about=asked.id, program_id=program.id
        )
    all_leave(session)
    for person_id in both:
        answer = answers.give(session, settings, asked.id, person_id, Question.ASK, "yes")
        answer.effective_at = database.now(session) - datetime.timedelta(seconds=1)
    session.flush()
    assert answers.apply_due(session) == 2
    session.expire_all()
    name = asked.mentee.person.full_name
    assert ("mentee_introduction", name) in owed(session)

    pairings.leave(session, asked.mentor)

    assert owed(session) == {("pairing_ended", name)}


def test_a_mentor_who_is_a_mentee_too_has_heard_of_their_own_mentor(
    session: Session, program: Program
) -> None:
    mentee = factories.make_mentee(session, program, full_name="Both")
    same = factories.make_mentor(session, program, email=mentee.person.email, full_name="Both")
    as_mentee = factories.make_pairing(session, program, mentee=mentee)
    as_mentor = factories.make_pairing(session, program, mentor=same)
    as_mentor.round_id = as_mentee.round_id
    person_id, round_id = mentee.person_id, as_mentee.round_id
    outbox.owe(
        session,
        EmailKind.MENTEE_INTRODUCTION,
        to=person_id,
        about=as_mentee.id,
        program_id=program.id,
    )
    all_leave(session)
    outbox.owe(
        session, EmailKind.MENTOR_INTRODUCTION, to=person_id, about=round_id, program_id=program.id
    )

    pairings.leave(session, as_mentee.mentor)

    assert owed(session) == {("mentor_introduction", "Both"), ("pairing_ended", "Both")}


def a_mentor_of_two(engine: Engine) -> tuple[uuid.UUID, uuid.UUID, bytes, bytes]:
    """Their introduction, the mentee who will leave, and the addresses of both, that one first."""
    with database.transaction(engine) as session:
        program = factories.make_program(session)
        mentor = factories.make_mentor(session, program, capacity=2)
        gone = factories.make_pairing(session, program, mentor=mentor)
        stays = factories.make_pairing(session, program, mentor=mentor)
        stays.round_id = gone.round_id
        kind = EmailKind.MENTOR_INTRODUCTION
        outbox.owe(session, kind, to=mentor.person_id, about=gone.round_id, program_id=program.id)
        session.flush()
        email_id = session.scalars(select(Email.id)).one()
        leaver, other = (each.mentee.person.email.encode() for each in (gone, stays))
        return email_id, gone.mentee_id, leaver, other


def kinds(engine: Engine) -> list[str]:
    with database.reading(engine) as session:
        return sorted(session.scalars(select(Email.kind)))


def test_no_first_email_leaves_while_someone_is_leaving(
    engine: Engine, sender: SMTPSender, settings: Settings, relay: servers.Relay
) -> None:
    email_id, leaver, address, other = a_mentor_of_two(engine)
    worker = threading.Thread(
        target=sending.deliver, args=(engine, sender, email_id, settings), daemon=True
    )

    with database.transaction(engine) as session:
        pairings.leave(session, session.get_one(Profile, leaver))
        session.flush()
        with databases.waiting(engine) as is_waiting:
            worker.start()
            wait_until("the worker to wait for the person who is leaving", is_waiting)
        assert relay.taken == []
    worker.join()

    assert len(relay.taken) == 1
    assert address not in relay.taken[0][1]
    assert other in relay.taken[0][1]
    assert kinds(engine) == ["mentor_introduction"]


@pytest.mark.parametrize("when", ["before", "while the relay is greeted"])
def test_only_people_who_read_of_a_pairing_read_of_its_end(
    engine: Engine, sender: SMTPSender, settings: Settings, relay: servers.Relay,
    monkeypatch: pytest.MonkeyPatch, when: str,
) -> None:  # fmt: skip
    email_id, leaver, address, other = a_mentor_of_two(engine)

    def leave() -> None:
        with database.transaction(engine) as session:
            pairings.leave(session, session.get_one(Profile, leaver))

    begin: Callable[..., None] = sender.begin

    def begin_slowly(*addresses: str) -> None:
        begin(*addresses)
        leave()

    if when == "before":
        sending.deliver(engine, sender, email_id, settings)
        leave()
        assert address in relay.taken[0][1]
        assert kinds(engine) == ["mentor_introduction", "pairing_ended"]
    else:
        monkeypatch.setattr(sender, "begin", begin_slowly)
        sending.deliver(engine, sender, email_id, settings)
        assert relay.taken == []
        assert kinds(engine) == ["mentor_introduction"]
        monkeypatch.undo()
        sending.deliver(engine, sender, email_id, settings)
        assert len(relay.taken) == 1
        assert address not in relay.taken[0][1]
        assert other in relay.taken[0][1]


@pytest.mark.parametrize(("days", "is_named"), [(-1, False), (0, False), (1, True)])
def test_a_round_on_its_day_is_not_announced_as_the_next(
    session: Session, settings: Settings, program: Program, days: int, is_named: bool
) -> None:
    mentee = factories.make_mentee(session, program, full_name="Ana")
    day = database.now(session).date() + datetime.timedelta(days=days)
    program.next_round_on = day
    session.flush()
    round = a_round(session, program, broken=[])
    leave_alone(session, round, mentee)
    publish(session, round)

    assert (program.next_round_on == day) is is_named
    told = text(session, settings, EmailKind.NOT_THIS_TIME, "Ana")
    assert ("The next round is on" in told) is is_named
