"""What comes due after a round, to whom, and how often."""

from __future__ import annotations

import threading

import factories
import pytest
from owed import DAY, make_older, owe, send_all, set_person
from sqlalchemy import Engine, select, update
from sqlalchemy.orm import Session

from mentorship import database, outbox
from mentorship.models import Email, EmailKind, Program
from mentorship.pairings import pairings
from mentorship.reminders import schedule
from mentorship.states import EmailState, PairingState


@pytest.mark.parametrize(
    ("days", "owed"),
    [
        (6.9, []),
        (7.1, [("first_meeting", "mentee", 1)]),
        (13.9, [("first_meeting", "mentee", 1)]),
        (14.1, [("first_meeting", "mentee", 2)]),
        (29.9, [("first_meeting", "mentee", 2)]),
        (30.1, [("mentee_pulse", "mentee", 1), ("mentor_pulse", "mentor", 1)]),
        (89.9, [("mentee_pulse", "mentee", 1), ("mentor_pulse", "mentor", 1)]),
        (90.1, [("mentee_pulse", "mentee", 2), ("mentor_pulse", "mentor", 1)]),
        (151, [("mentee_pulse", "mentee", 3), ("mentor_pulse", "mentor", 1)]),
        # Six months are over on day 183: the pulse of day 210 is the last.
        (211, [("mentee_pulse", "mentee", 4), ("mentor_pulse", "mentor", 1)]),
        (271, []),
    ],
)
def test_each_comes_on_its_day_and_of_those_missed_only_the_newest(
    session: Session, program: Program, days: float, owed: list[tuple[str, str, int]]
) -> None:
    factories.make_pairing(session, program, days=days)

    assert owe(session) == owed
    assert owe(session) == []
    send_all(session, days_ago=20)
    assert owe(session) == []


# Each of its days is tried on both databases above.
@pytest.mark.parametrize(
    "database_url",
    ["sqlite", pytest.param("postgresql", marks=pytest.mark.chaos_long)],
    indirect=True,
)
def test_a_pairing_is_followed_to_its_end(session: Session, program: Program) -> None:
    pairing = factories.make_pairing(session, program)
    seen = []
    for day in range(1, 281):
        make_older(session, pairing, 1)
        seen += [(day, *email) for email in owe(session)]
        send_all(session)

    assert seen == [
        (7, "first_meeting", "mentee", 1),
        # Not on day 14: there are 14 days between two of them, and a little more.
        (21, "first_meeting", "mentee", 2),
        (30, "mentor_pulse", "mentor", 1),
        (35, "mentee_pulse", "mentee", 1),
        (90, "mentee_pulse", "mentee", 2),
        (90, "mentor_pulse", "mentor", 2),
        (150, "mentee_pulse", "mentee", 3),
        (150, "mentor_pulse", "mentor", 3),
        (210, "mentee_pulse", "mentee", 4),
        (210, "mentor_pulse", "mentor", 4),
    ]


def test_people_who_have_met_are_not_asked_whether_they_did(
    session: Session, program: Program
) -> None:
    pairing = factories.make_pairing(session, program, days=8)
    pairings.note_met(session, pairing)

    assert owe(session) == []


@pytest.mark.parametrize("state", ["ended", "declined", "expired", "proposed"])
def test_what_does_not_live_is_not_asked_about(
    session: Session, program: Program, state: str
) -> None:
    pairing = factories.make_pairing(session, program, PairingState(state))
    pairing.introduced_at = pairing.asked_at = database.now(session) - 35 * DAY
    pairing.no_contact_at = database.now(session)

    assert owe(session) == []


def test_a_mentor_gets_one_question_about_all_mentees_and_hears_of_silence(
    session: Session, program: Program
) -> None:
    mentor = factories.make_mentor(session, program, capacity=3)
    for days in (31, 40, 50):
        factories.make_pairing(session, program, days=days, mentor=mentor)
    owed = owe(session)

    assert [email for email in owed if email[1] == "mentor"] == [("mentor_pulse", "mentor", 1)]
    cause = select(Email.cause_id).where(Email.kind == EmailKind.MENTOR_PULSE)
    assert session.scalars(cause).all() == [mentor.id]


def test_a_mentor_is_asked_again_though_the_oldest_pairing_ended(
    session: Session, program: Program
) -> None:
    mentor = factories.make_mentor(session, program, capacity=3)
    old = factories.make_pairing(session, program, days=91, mentor=mentor)
    young = factories.make_pairing(session, program, days=25, mentor=mentor)
    assert ("mentor_pulse", "mentor", 1) in owe(session)
    send_all(session)

    pairings.end(session, old, "moved")
    make_older(session, young, 15)

    assert ("mentor_pulse", "mentor", 1) not in owe(session)
    session.execute(update(Email).values(created_at=Email.created_at, sent_at=None, state="ready"))
    send_all(session, days_ago=50)
    assert ("mentor_pulse", "mentor", 2) in owe(session)


def test_the_mentor_hears_of_no_contact_once(session: Session, program: Program) -> None:
    pairing = factories.make_pairing(session, program, days=3)
    pairing.no_contact_at = database.now(session)
    assert owe(session) == [("no_contact_yet", "mentor", 0)]

    send_all(session, days_ago=15)
    pairing.no_contact_at = database.now(session)
    assert owe(session) == []


def test_fourteen_days_lie_between_two_over_all_programs(
    session: Session, program: Program
) -> None:
    pairing = factories.make_pairing(session, program, days=31)
    elsewhere = factories.make_program(session)
    answers_there = {"email": pairing.mentee.person.email}
    there = factories.make_mentee(session, elsewhere, **answers_there)
    assert there.person_id == pairing.mentee_person_id
    other = factories.make_pairing(session, elsewhere, days=8, mentee=there)

    # The more useful one comes first, and while it waits to be sent nothing else does.
    assert ("first_meeting", "mentee", 1) in owe(session)
    assert owe(session) == []
    pairings.note_met(session, other)
    # It became pointless before it was sent, so it counts for nothing.
    assert owe(session) == [("mentee_pulse", "mentee", 1)]


@pytest.mark.parametrize(("days_ago", "comes"), [(13.9, False), (14.1, True)])
@pytest.mark.parametrize("kind", [EmailKind.FIRST_MEETING, EmailKind.MENTEE_INTRODUCTION])
def test_only_reminders_count(
    session: Session, program: Program, kind: EmailKind, days_ago: float, comes: bool
) -> None:
    pairing = factories.make_pairing(session, program, days=31)
    outbox.owe(
        session,
        kind,
        to=pairing.mentee_person_id,
        about=pairing.id,
        program_id=program.id,
        number=1,
    )
    session.flush()
    send_all(session, days_ago)

    owed = ("mentee_pulse", "mentee", 1) in owe(session)

    assert owed == (comes or kind is EmailKind.MENTEE_INTRODUCTION)


def test_a_reminder_that_failed_does_not_stand_in_the_way(
    session: Session, program: Program
) -> None:
    pairing = factories.make_pairing(session, program, days=15)
    assert owe(session) == [("first_meeting", "mentee", 2)]
    session.execute(update(Email).values(state=EmailState.FAILED))
    make_older(session, pairing, 16)

    assert ("mentee_pulse", "mentee", 1) in owe(session)


@pytest.mark.parametrize("barrier", ["no_reminders", "address_problem", "quiet"])
def test_no_one_is_reminded_who_opted_out_or_cannot_be_reached(
    session: Session, program: Program, barrier: str
) -> None:
    pairing = factories.make_pairing(session, program, days=8)
    today = database.now(session).date()
    changes: dict[str, dict[str, object]] = {
        "no_reminders": {"wants_reminders": False},
        "address_problem": {"address_problem": "550 no such user"},
        "quiet": {"quiet_from": today - DAY, "quiet_until": today + 2 * DAY},
    }
    person = pairing.mentee.person
    set_person(session, person, **changes[barrier])
    assert owe(session) == []

    # Not never: once the barrier is gone, it comes.
    gone = {"wants_reminders": True, "address_problem": None, "quiet_from": None}
    set_person(session, person, **gone)
    assert owe(session) == [("first_meeting", "mentee", 1)]


def test_past_and_future_quiet_weeks_hold_nothing_back(session: Session, program: Program) -> None:
    for start, end in ((-10, -2), (4, 10)):
        pairing = factories.make_pairing(session, program, days=8)
        today = database.now(session).date()
        quiet = {"quiet_from": today + start * DAY, "quiet_until": today + end * DAY}
        set_person(session, pairing.mentee.person, **quiet)

    assert len(owe(session)) == 2


def test_several_workers_at_once_owe_each_once(engine: Engine) -> None:
    with database.transaction(engine) as session:
        program = factories.make_program(session)
        for _ in range(5):
            factories.make_pairing(session, program, days=8)
    counts: list[int] = []
    start = threading.Barrier(4)

    def run() -> None:
        start.wait()
        with database.transaction(engine) as session:
            counts.append(schedule.owe_due(session))

    threads = [threading.Thread(target=run) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(counts) == [0, 0, 0, 5]
