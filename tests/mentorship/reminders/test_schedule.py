"""What comes due after a round, to whom, how often and at which hour."""

from __future__ import annotations

import datetime
import threading
import uuid
import zoneinfo
from collections.abc import Iterator

import factories
import pytest
from sqlalchemy import Engine, select, update
from sqlalchemy.orm import Session

from mentorship import database, outbox
from mentorship.coordination import digest
from mentorship.emails.contents import Outdated
from mentorship.emails.kinds import KINDS
from mentorship.models import (
    Email,
    EmailKind,
    MailboxHealth,
    Pairing,
    Person,
    Profile,
    Program,
    Question,
)
from mentorship.pairings import answers, expiry, pairings
from mentorship.people import clock, persons, preferences
from mentorship.programs import programs
from mentorship.reminders import schedule, timing
from mentorship.settings import Settings
from mentorship.states import EmailState, PairingState, ProfileState

DAY = datetime.timedelta(days=1)
UTC = datetime.UTC


@pytest.fixture(autouse=True)
def no_digest(monkeypatch: pytest.MonkeyPatch) -> None:
    """On whichever weekday the tests run; the digest's own tests choose theirs."""
    monkeypatch.setattr(schedule, "DIGEST_WEEKDAYS", ())


def owe(session: Session) -> list[tuple[str, str, int]]:
    """Owe what is due, and return what is new: kind, called, number."""
    known = set(session.scalars(select(Email.id)))
    count = schedule.owe_due(session)
    session.expire_all()
    new = session.scalars(select(Email).where(Email.id.not_in(known))).all()
    assert len(new) == count
    return sorted((email.kind.value, who(session, email), email.number) for email in new)


def who(session: Session, email: Email) -> str:
    for pairing in session.scalars(select(Pairing)):
        if email.person_id == pairing.mentee_person_id:
            return "mentee"
        if email.person_id == pairing.mentor_person_id:
            return "mentor"
    return "coordinator"


def send_all(session: Session, days_ago: float = 0) -> None:
    """Let everything that waits have been sent so long ago."""
    at = database.now(session) - days_ago * DAY
    waiting = update(Email).where(Email.state == EmailState.READY)
    session.execute(waiting.values(state=EmailState.SENT, sent_at=at, created_at=at))


def make_older(session: Session, pairing: Pairing, days: float) -> None:
    """Let so many days pass for a pairing and for all emails."""
    for name in ("asked_at", "introduced_at"):
        if getattr(pairing, name):
            setattr(pairing, name, getattr(pairing, name) - days * DAY)
    for email in session.scalars(select(Email)):
        email.created_at -= days * DAY
        email.sent_at = email.sent_at and email.sent_at - days * DAY
    session.flush()


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


def test_whoever_has_met_is_not_asked_whether_they_did(session: Session, program: Program) -> None:
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


# Asking first.


def test_whoever_is_silent_is_reminded_once_on_day_seven(
    session: Session, settings: Settings, program: Program
) -> None:
    pairing = factories.make_pairing(session, program, PairingState.ASKED, days=6.9)
    assert owe(session) == []
    make_older(session, pairing, 0.2)
    pairing.mentee_agreed_at = database.now(session)

    assert owe(session) == [("pairing_question_reminder", "mentor", 0)]
    send_all(session, days_ago=20)
    assert owe(session) == []


def test_an_answer_that_can_still_be_undone_is_an_answer(
    session: Session, settings: Settings, program: Program
) -> None:
    pairing = factories.make_pairing(session, program, PairingState.ASKED, days=8)
    mentee, ask = pairing.mentee_person_id, Question.ASK
    answers.give(session, settings, pairing.id, mentee, ask, "yes")

    assert owe(session) == [("pairing_question_reminder", "mentor", 0)]


def test_a_question_without_an_answer_is_closed_on_day_fourteen(
    session: Session, program: Program
) -> None:
    pairing = factories.make_pairing(session, program, PairingState.ASKED, days=13.9)
    mentor = pairing.mentor_person_id
    kind = EmailKind.PAIRING_QUESTION_REMINDER
    outbox.owe(session, kind, to=mentor, about=pairing.id, program_id=program.id)
    assert expiry.expire_unanswered(session) == 0
    make_older(session, pairing, 1.2)

    assert expiry.expire_unanswered(session) == 1
    assert expiry.expire_unanswered(session) == 0

    session.refresh(pairing)
    session.refresh(pairing.mentor)
    session.refresh(pairing.mentee)
    assert (pairing.state, pairing.ended_reason) == ("expired", "no answer")
    assert pairing.mentor.places_taken == 0
    assert pairing.mentee.rounds_waiting == 1
    found = session.scalars(select(Email).where(Email.state == EmailState.READY)).all()
    assert {(email.kind.value, email.person_id) for email in found} == {
        ("pairing_not_made", pairing.mentee_person_id),
        ("pairing_not_made", pairing.mentor_person_id),
    }


def test_the_last_day_is_open_to_its_end(
    session: Session, settings: Settings, program: Program
) -> None:
    pairing = factories.make_pairing(session, program, PairingState.ASKED, days=14.01)
    hour = database.now(session).hour
    for profile in (pairing.mentee, pairing.mentor):
        set_person(session, profile.person, timezone=f"Etc/GMT{hour - 12:+d}")

    assert expiry.expire_unanswered(session) == 0
    mentee, ask = pairing.mentee_person_id, Question.ASK
    assert answers.inquiry(session, pairing.id, mentee, ask).closed is None
    answers.give(session, settings, pairing.id, mentee, ask, "yes")


def test_a_yes_in_the_last_minute_takes_effect_before_the_question_is_closed(
    session: Session, settings: Settings, program: Program
) -> None:
    pairing = factories.make_pairing(session, program, PairingState.ASKED, days=13.999)
    pairing.mentor_agreed_at = database.now(session)
    mentee, ask = pairing.mentee_person_id, Question.ASK
    answer = answers.give(session, settings, pairing.id, mentee, ask, "yes")
    make_older(session, pairing, 1.1)

    assert expiry.expire_unanswered(session) == 0
    answer.effective_at = database.now(session) - DAY
    assert answers.apply_due(session) == 1
    session.refresh(pairing)
    assert pairing.state == "active"


# What people bear.


def set_person(session: Session, person: Person, **changes: object) -> None:
    for name, value in changes.items():
        setattr(person, name, value)
    session.flush()


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
def test_nobody_is_reminded_who_does_not_want_it_or_cannot_be_reached(
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


def test_quiet_weeks_that_are_over_or_yet_to_come_keep_nobody_quiet(
    session: Session, program: Program
) -> None:
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


# Hours.

NOBODY = uuid.UUID(int=0)  # whose spread is 0


@pytest.mark.parametrize(
    ("zone", "at", "comes"),
    [
        # London: summer time began on 29 March 2026 and ends on 25 October 2026.
        ("Europe/London", "2026-03-28 17:59", "2026-03-28 17:59"),
        ("Europe/London", "2026-03-28 18:00", "2026-03-29 07:00"),
        ("Europe/London", "2026-03-29 00:30", "2026-03-29 07:00"),
        ("Europe/London", "2026-10-24 17:00", "2026-10-25 08:00"),
        ("Europe/London", "2026-10-25 07:59", "2026-10-25 08:00"),
        ("America/New_York", "2026-03-08 05:00", "2026-03-08 12:00"),
        ("America/New_York", "2026-11-01 05:30", "2026-11-01 13:00"),
        ("Asia/Tokyo", "2026-06-01 08:59", "2026-06-01 08:59"),
        ("Asia/Tokyo", "2026-06-01 09:00", "2026-06-01 23:00"),
        ("Asia/Kathmandu", "2026-06-01 00:00", "2026-06-01 02:15"),
        ("Pacific/Kiritimati", "2026-06-01 12:00", "2026-06-01 18:00"),
        # Clocks go forward at midnight there, so that day has no 0:00.
        ("America/Santiago", "2026-09-06 02:00", "2026-09-06 11:00"),
    ],
)
def test_reminders_come_by_day_whatever_the_clocks_do(zone: str, at: str, comes: str) -> None:
    moment = datetime.datetime.fromisoformat(f"{at}+00:00")

    found = clock.daytime(moment, zoneinfo.ZoneInfo(zone), NOBODY)

    assert found == datetime.datetime.fromisoformat(f"{comes}+00:00")


def moments() -> Iterator[datetime.datetime]:
    first = datetime.datetime(2026, 3, 27, tzinfo=UTC)
    return (first + quarter * datetime.timedelta(minutes=15) for quarter in range(4 * 24 * 4))


@pytest.mark.parametrize("zone", ["Europe/London", "America/New_York", "Australia/Lord_Howe"])
def test_everybody_gets_theirs_within_the_hours_and_a_day(zone: str) -> None:
    there = zoneinfo.ZoneInfo(zone)
    for moment in moments():
        for spread in (0, 7, 59):
            found = clock.daytime(moment, there, uuid.UUID(int=spread))
            assert 8 <= found.astimezone(there).hour < 18
            assert moment <= found <= moment + datetime.timedelta(hours=16)


@pytest.mark.parametrize(
    ("own", "profile", "coordinator", "zone"),
    [
        ("Asia/Tokyo", "Europe/London", "Europe/Paris", "Asia/Tokyo"),
        (None, "Europe/London", "Europe/Paris", "Europe/London"),
        ("Mars/Olympus", "../etc/passwd", "Europe/Paris", "Europe/Paris"),
        (None, "", None, "UTC"),
    ],
)
def test_the_zone_is_the_persons_else_the_profiles_else_the_programs(
    session: Session, program: Program,
    own: str | None, profile: str, coordinator: str | None, zone: str,
) -> None:  # fmt: skip
    mentee = factories.make_mentee(session, program)
    mentee.answers = mentee.answers | {"timezone": profile}
    mentee.person.timezone = own
    programs.coordinators(session, program.id)[0].person.timezone = coordinator
    session.flush()

    assert str(clock.Zones(session).look_up(mentee.person, program.id)) == zone
    factories.make_pairing(session, program, days=8, mentee=mentee)
    schedule.owe_due(session)
    due_at = session.scalars(select(Email.due_at)).one()
    assert 8 <= due_at.astimezone(zoneinfo.ZoneInfo(zone)).hour < 18


# Whether a reminder that waited is still of use.


def the_email(session: Session) -> Email:
    return session.scalars(
        select(Email).where(Email.state == EmailState.READY).order_by(Email.created_at)
    ).one()


def wanted(session: Session, settings: Settings, email: Email) -> bool:
    session.flush()
    session.expire_all()
    if not timing.still_wanted(session, email):
        return False
    try:
        KINDS[email.kind].gather(session, email, settings)
    except Outdated:
        return False
    return True


def test_a_reminder_is_wanted_until_something_changes(
    session: Session, settings: Settings, program: Program
) -> None:
    pairing = factories.make_pairing(session, program, days=8)
    owe(session)
    email = the_email(session)
    person = pairing.mentee.person
    assert wanted(session, settings, email)

    for change, back in (
        ({"wants_reminders": False}, {"wants_reminders": True}),
        ({"address_problem": "550"}, {"address_problem": None}),
    ):
        set_person(session, person, **change)
        assert not wanted(session, settings, email)
        set_person(session, person, **back)
        assert wanted(session, settings, email)

    other = factories.make_pairing(session, program, mentee=pairing.mentee)
    outbox.owe(session, EmailKind.MENTEE_PULSE, to=person.id, about=other.id, program_id=program.id)
    session.flush()
    pulse = update(Email).where(Email.kind == EmailKind.MENTEE_PULSE)
    session.execute(pulse.values(state=EmailState.SENT, sent_at=database.now(session)))
    assert not wanted(session, settings, email)
    session.execute(pulse.values(state=EmailState.FAILED, sent_at=None, doubt_since=None))
    assert wanted(session, settings, email)
    session.execute(pulse.values(doubt_since=database.now(session)))
    assert not wanted(session, settings, email)
    # What the relay may have had is sent to its end.
    email.message = b"written"
    assert wanted(session, settings, email)
    pairing.met_at = database.now(session)
    assert not wanted(session, settings, email)


def test_a_reminder_that_meets_quiet_weeks_waits_for_their_end(
    session: Session, settings: Settings, program: Program
) -> None:
    pairing = factories.make_pairing(session, program, days=3)
    pairing.no_contact_at = database.now(session)
    owe(session)
    email = the_email(session)
    today = database.now(session).date()
    quiet = {"quiet_from": today - DAY, "quiet_until": today + 3 * DAY, "timezone": "UTC"}
    set_person(session, pairing.mentor.person, **quiet)

    assert wanted(session, settings, email)
    until = timing.put_off(session, email)
    assert until is not None
    assert (until.date(), until.hour) == (today + 4 * DAY, 8)


def test_a_reminder_that_may_have_arrived_counts_like_one_that_did(
    session: Session, program: Program
) -> None:
    pairing = factories.make_pairing(session, program, days=8)
    factories.make_pairing(session, program, mentee=pairing.mentee, days=31)
    assert "mentee" in {who for _, who, _ in owe(session)}
    at = database.now(session)
    session.execute(update(Email).values(state=EmailState.SUPERSEDED, doubt_since=at))
    pairing.met_at = at

    assert "mentee" not in {who for _, who, _ in owe(session)}
    session.execute(update(Email).values(doubt_since=at - 15 * DAY))
    assert "mentee" in {who for _, who, _ in owe(session)}


def test_a_reminder_that_was_held_up_into_the_night_waits_for_the_morning(
    session: Session, program: Program
) -> None:
    pairing = factories.make_pairing(session, program, days=8)
    owe(session)
    email = the_email(session)
    hour = database.now(session).hour
    # Zones in which it is about noon now, and about midnight; they count the other way round.
    noon, midnight = f"Etc/GMT{hour - 12:+d}", f"Etc/GMT{hour - 24 if hour > 11 else hour:+d}"
    set_person(session, pairing.mentee.person, timezone=noon)
    assert timing.put_off(session, email) is None

    set_person(session, pairing.mentee.person, timezone=midnight)
    until = timing.put_off(session, email)
    assert until is not None
    assert until.astimezone(zoneinfo.ZoneInfo(midnight)).hour == 8
    email.kind = EmailKind.PAIRING_ENDED
    assert timing.put_off(session, email) is None


def test_results_are_always_wanted_and_invitations_by_whoever_wants_them(
    session: Session, program: Program
) -> None:
    mentee = factories.make_mentee(session, program)
    mentee.person.wants_reminders = False
    for kind in (EmailKind.NOT_THIS_TIME, EmailKind.INVITATION):
        outbox.owe(session, kind, to=mentee.person_id, about=mentee.id, program_id=program.id)
    session.flush()

    emails = session.scalars(select(Email))
    assert {email.kind: timing.still_wanted(session, email) for email in emails} == {
        EmailKind.NOT_THIS_TIME: True,
        EmailKind.INVITATION: False,
    }


@pytest.mark.parametrize("kind", ["mentee_pulse", "mentor_pulse", "pairing_question_reminder"])
def test_a_reminder_about_a_pairing_that_is_over_is_not_wanted(
    session: Session, settings: Settings, program: Program, kind: str
) -> None:
    state = PairingState.ASKED if "question" in kind else PairingState.ACTIVE
    pairing = factories.make_pairing(session, program, state, days=31)
    pulse = kind == "mentor_pulse"
    cause, person = (
        (pairing.mentor_id, pairing.mentor_person_id)
        if pulse
        else (pairing.id, pairing.mentee_person_id)
    )
    outbox.owe(session, EmailKind(kind), to=person, about=cause, program_id=program.id, number=1)
    session.flush()
    email = the_email(session)
    assert wanted(session, settings, email)

    pairing.state = PairingState.ENDED
    assert not wanted(session, settings, email)


# The weekly digest.


@pytest.fixture
def any_day(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(schedule, "DIGEST_WEEKDAYS", tuple(range(7)))


def of_coordinators(session: Session) -> list[tuple[str, str, int]]:
    return [email for email in owe(session) if email[1] == "coordinator"]


@pytest.mark.usefixtures("any_day")
def test_coordinators_hear_once_a_week_and_only_where_there_is_something(
    session: Session, program: Program
) -> None:
    programs.add_coordinator(session, program, "second@example.org")
    assert of_coordinators(session) == []

    mentee = factories.make_mentee(session, program)
    mentee.rounds_waiting = 1
    owed = of_coordinators(session)

    year, week, _ = database.now(session).isocalendar()
    assert owed == [("coordinator_digest", "coordinator", year * 100 + week)] * 2
    assert of_coordinators(session) == []
    # A week later there is a new one: reminders 14 days apart are for everyone else.
    session.execute(update(Email).values(number=Email.number - 1))
    send_all(session, days_ago=7)
    assert len(of_coordinators(session)) == 2


@pytest.mark.usefixtures("any_day")
def test_a_digest_is_not_wanted_once_all_is_well_or_they_run_the_program_no_more(
    session: Session, settings: Settings, program: Program
) -> None:
    mentee = factories.make_mentee(session, program)
    mentee.rounds_waiting = 1
    of_coordinators(session)
    email = the_email(session)
    assert wanted(session, settings, email)

    mentee.rounds_waiting = 0
    assert not wanted(session, settings, email)
    mentee.rounds_waiting = 1
    session.delete(programs.coordinators(session, program.id)[0])
    assert not wanted(session, settings, email)


def test_the_digest_comes_on_its_weekdays(
    session: Session, program: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    factories.make_mentee(session, program).rounds_waiting = 1
    today = database.now(session).weekday()

    monkeypatch.setattr(schedule, "DIGEST_WEEKDAYS", tuple(set(range(7)) - {today}))
    assert of_coordinators(session) == []
    monkeypatch.setattr(schedule, "DIGEST_WEEKDAYS", (today,))
    assert len(of_coordinators(session)) == 1


def titles(session: Session, program: Program) -> list[tuple[str, list[str]]]:
    session.flush()
    return [(section.title, section.lines) for section in digest.of_program(session, program)]


def test_the_digest_lists_what_needs_somebody(session: Session, program: Program) -> None:
    assert titles(session, program) == []
    silent = factories.make_pairing(session, program, days=15)
    factories.make_pairing(session, program, days=13)
    met = factories.make_pairing(session, program, days=15)
    pairings.note_met(session, met)
    planned = factories.make_pairing(session, program, days=15)
    planned.meeting_at = database.now(session)
    flagged = met.mentor.person
    persons.flag_address(session, flagged.id, "550 no such user")
    outbox.owe(
        session, EmailKind.WELCOME, to=flagged.id, about=met.mentor_id, program_id=program.id
    )
    session.flush()
    session.execute(update(Email).values(state=EmailState.FAILED))
    waiting = [factories.make_mentee(session, program) for _ in range(12)]
    for number, profile in enumerate(waiting):
        profile.rounds_waiting = 20 - number
    met.mentee.rounds_waiting = 1  # has a mentor
    waits = factories.make_mentee(session, program)
    waits.state = ProfileState.AWAITING_APPROVAL

    found = titles(session, program)

    pair = f"{silent.mentee.person.full_name} with {silent.mentor.person.full_name}"
    assert found == [
        ("1 pair isn't in touch", [pair]),
        ("1 person didn't get an email", [flagged.full_name]),
        ("1 address doesn't accept email", [flagged.full_name]),
        ("1 person is waiting for approval", [waits.person.full_name]),
        (
            "12 mentees have no mentor yet",
            [*(profile.person.full_name for profile in waiting[:10]), "and 2 more"],
        ),
    ]
    assert titles(session, factories.make_program(session)) == []


def test_the_digest_tells_of_emails_that_came_back_and_of_a_mailbox_that_fails(
    session: Session, program: Program
) -> None:
    at = database.now(session)
    mentee = factories.make_mentee(session, program)
    outbox.owe(
        session, EmailKind.WELCOME, to=mentee.person_id, about=mentee.id, program_id=program.id
    )
    session.flush()
    session.execute(update(Email).values(state=EmailState.SENT, sent_at=at, came_back_at=at))
    health = MailboxHealth(name="mail.example.org", failing_since=at - DAY, reason="no")
    session.add(health)

    found = titles(session, program)
    assert [title for title, _ in found] == [
        "Bounced emails aren't being detected", "An email to 1 person bounced"
    ]  # fmt: skip
    assert found[1][1] == [mentee.person.full_name]
    health.failing_since = at
    session.execute(update(Email).values(came_back_at=at - 11 * DAY))
    assert titles(session, program) == []


def test_somebody_who_said_it_goes_slowly_is_in_touch(
    session: Session, settings: Settings, program: Program
) -> None:
    pairing = factories.make_pairing(session, program, days=31)
    mentee, pulse = pairing.mentee_person_id, Question.PULSE
    answer = answers.give(session, settings, pairing.id, mentee, pulse, "slow")
    answer.effective_at = database.now(session) - DAY
    session.flush()
    assert len(titles(session, program)) == 1

    answers.apply_due(session)
    assert titles(session, program) == []


def test_nobody_is_reminded_after_unsubscribing(
    session: Session, settings: Settings, program: Program
) -> None:
    pairing = factories.make_pairing(session, program, days=8)
    owe(session)
    email = the_email(session)

    preferences.unsubscribe(session, pairing.mentee.person)

    assert not wanted(session, settings, email)
    profile = session.get_one(Profile, pairing.mentee_id)
    assert not profile.person.wants_reminders
    assert owe(session) == []
