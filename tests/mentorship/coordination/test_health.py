"""How pairings are doing, by what their two people did and said."""

from __future__ import annotations

import datetime
import uuid
from collections.abc import Callable
from typing import Any

import factories
import pytest
from sqlalchemy.orm import Session

from mentorship import database
from mentorship.coordination import health
from mentorship.coordination.health import Finding, Health
from mentorship.models import Email, EmailKind, Pairing, Program, Question, Reply
from mentorship.people import persons
from mentorship.programs import programs
from mentorship.states import EmailState, PairingState

DAY = datetime.timedelta(days=1)
NOBODY = uuid.UUID(int=0)


def reply(session: Session, pairing: Pairing, choice: str, days: float, **more: Any) -> Reply:
    """An answer of the mentee so many days ago, which has taken effect."""
    at = database.now(session) - days * DAY
    values = {"question": Question.PULSE, "at": at, "effective_at": at, "applied_at": at} | more
    given = Reply(
        pairing_id=pairing.id, person_id=pairing.mentee_person_id, choice=choice, **values
    )
    session.add(given)
    if given.applied_at is not None:
        pairing.met_at = min(pairing.met_at or at, at)
        pairing.heard_at = max(pairing.heard_at or at, at)
    session.flush()
    return given


def pulse(
    session: Session, pairing: Pairing, days: float, kind: EmailKind = EmailKind.MENTEE_PULSE
) -> None:
    """The question how it goes, sent so many days ago."""
    at = database.now(session) - days * DAY
    is_mentee = kind is EmailKind.MENTEE_PULSE
    session.add(
        Email(
            kind=kind, program_id=pairing.program_id, state=EmailState.SENT, number=1,
            person_id=pairing.mentee_person_id if is_mentee else pairing.mentor_person_id,
            cause_id=pairing.id if is_mentee else pairing.mentor_id,
            due_at=at, created_at=at, sent_at=at,
        )
    )  # fmt: skip
    session.flush()


def met(session: Session, pairing: Pairing, days: float) -> None:
    pairing.met_at = database.now(session) - days * DAY
    session.flush()


def told_apart(session: Session, pairing: Pairing, days: float) -> None:
    pairing.no_contact_at = database.now(session) - days * DAY
    session.flush()


def meets(session: Session, pairing: Pairing, days: float) -> None:
    pairing.meeting_at = database.now(session) + days * DAY
    session.flush()


def fails(session: Session, pairing: Pairing) -> None:
    persons.flag_address(session, pairing.mentor_person_id, "550 5.1.1 unknown")


Change = Callable[[Session, Pairing], Any]
#: How long ago the two were introduced, what happened since, and what is known of them then.
CASES: list[tuple[float, list[Change], Finding]] = [
    (13.9, [], Finding.NEW),
    (14.1, [], Finding.SILENT),
    (27.9, [], Finding.SILENT),
    (28.1, [], Finding.NEVER),
    (3, [lambda s, p: told_apart(s, p, 1)], Finding.NO_CONTACT),
    (60, [lambda s, p: told_apart(s, p, 50), lambda s, p: met(s, p, 2)], Finding.FINE),
    (60, [lambda s, p: met(s, p, 50), lambda s, p: told_apart(s, p, 2)], Finding.NO_CONTACT),
    (2, [fails], Finding.UNREACHED),
    (20, [fails, lambda s, p: met(s, p, 3)], Finding.FINE),
    (20, [lambda s, p: meets(s, p, 9)], Finding.FINE),
    (60, [lambda s, p: met(s, p, 55)], Finding.FINE),
    (60, [lambda s, p: met(s, p, 55), lambda s, p: pulse(s, p, 13)], Finding.FINE),
    (60, [lambda s, p: met(s, p, 55), lambda s, p: pulse(s, p, 15)], Finding.NO_ANSWER),
    (
        60,
        [
            lambda s, p: met(s, p, 55),
            lambda s, p: pulse(s, p, 15),
            lambda s, p: reply(s, p, "well", 14),
        ],
        Finding.FINE,
    ),
    (
        60,
        [
            lambda s, p: met(s, p, 55),
            lambda s, p: pulse(s, p, 15, EmailKind.MENTOR_PULSE),
        ],
        Finding.NO_ANSWER,
    ),
    # A question of the mentor's that was asked before the two knew each other.
    (
        20,
        [lambda s, p: met(s, p, 19), lambda s, p: pulse(s, p, 25, EmailKind.MENTOR_PULSE)],
        Finding.FINE,
    ),
    (100, [lambda s, p: met(s, p, 91)], Finding.LONG),
    (100, [lambda s, p: met(s, p, 89)], Finding.FINE),
    # One that can still be undone is no sign.
    (20, [lambda s, p: reply(s, p, "well", 1, applied_at=None)], Finding.SILENT),
    (
        40,
        [lambda s, p: reply(s, p, "slow", 1, comment="We never find a day", is_shared=True)],
        Finding.SLOW,
    ),
    (
        40,
        [
            lambda s, p: reply(s, p, "slow", 5, comment="We never find a day", is_shared=True),
            lambda s, p: reply(s, p, "slow", 1),
        ],
        Finding.FINE,
    ),
]


@pytest.mark.parametrize(("days", "changes", "finding"), CASES)
def test_what_happened_says_how_a_pairing_is_doing(
    session: Session, program: Program, days: float, changes: list[Change], finding: Finding
) -> None:
    pairing = factories.make_pairing(session, program, days=days)
    for change in changes:
        change(session, pairing)

    assert health.findings(session, [pairing], NOBODY) == {pairing.id: finding}
    assert health.counts(session, program.id, NOBODY)[finding.health] == 1
    assert sum(health.counts(session, program.id, NOBODY).values()) == 1
    for state in Health:
        found = health.survey(session, program.id, NOBODY, 1, state).page.items
        assert list(health.every(session, program.id, NOBODY, state)) == list(found)
        assert list(found) == ([(pairing, finding)] if state is finding.health else [])


@pytest.mark.parametrize("days", [2, 20, 40, 100])
@pytest.mark.parametrize("before", [[], [lambda s, p: met(s, p, 1)], [fails]])
def test_an_answer_in_private_tells_coordinators_nothing_of_what_it_says(
    session: Session, program: Program, days: float, before: list[Change]
) -> None:
    """Whatever is chosen of what tells of contact, with or without private words."""
    found = set()
    for choice, comment in (("well", None), ("slow", None), ("slow", "kept"), ("well", "kept")):
        pairing = factories.make_pairing(session, program, days=days)
        for change in before:
            change(session, pairing)
        reply(session, pairing, choice, 0.5, comment=comment)
        found |= set(health.findings(session, [pairing], NOBODY).values())

    assert len(found) == 1


def test_those_in_trouble_come_first_then_the_quiet_ones_and_the_ended_are_asked_for(
    session: Session, program: Program
) -> None:
    states = {
        "fine": factories.make_pairing(session, program, days=40),
        "new": factories.make_pairing(session, program, days=1),
        "asked": factories.make_pairing(session, program, PairingState.ASKED, days=2),
        "quiet": factories.make_pairing(session, program, days=15),
        "older trouble": factories.make_pairing(session, program, days=50),
        "trouble": factories.make_pairing(session, program, days=29),
    }
    met(session, states["fine"], 1)
    ended = factories.make_pairing(session, program, PairingState.ENDED)
    factories.make_pairing(session, program, PairingState.PROPOSED)
    factories.make_pairing(session, program, PairingState.DECLINED)
    factories.make_pairing(session, factories.make_program(session), days=90)
    names = {pairing.id: name for name, pairing in states.items()}

    survey = health.survey(session, program.id, NOBODY, 1)
    found = survey.page

    assert [names[pairing.id] for pairing, _finding in found.items] == [
        "older trouble", "trouble", "quiet", "new", "asked", "fine",
    ]  # fmt: skip
    of_ended = health.survey(session, program.id, NOBODY, 1, Health.ENDED).page
    assert list(of_ended.items) == [(ended, Finding.ENDED)]
    assert (found.total, of_ended.total) == (6, 1)
    assert list(health.every(session, program.id, NOBODY)) == list(found.items)
    assert survey.counts == health.counts(session, program.id, NOBODY) == {
        Health.TROUBLE: 2, Health.QUIET: 1, Health.FIRST: 1, Health.ASKED: 1, Health.ON_TRACK: 1,
        Health.ENDED: 1,
    }  # fmt: skip


def test_coordinators_do_not_look_after_pairings_of_their_own(
    session: Session, program: Program
) -> None:
    pairing = factories.make_pairing(session, program, days=40)
    reply(session, pairing, "slow", 1, comment="About my mentor", is_shared=True)
    mentor_id = pairing.mentor_person_id
    programs.add_coordinator(session, program, pairing.mentor.person.email)

    assert health.findings(session, [pairing], mentor_id) == {}
    assert not any(health.counts(session, program.id, mentor_id).values())
    assert list(health.every(session, program.id, mentor_id)) == []


def test_months_count_who_was_in_touch_soon_of_those_who_could_be(
    session: Session, program: Program
) -> None:
    now = database.now(session)
    first = now.replace(day=1) - DAY
    long_ago = (now - (first.replace(day=1) - 40 * DAY)).days
    soon, late, parted = (factories.make_pairing(session, program, days=long_ago) for _ in range(3))
    soon.met_at = soon.introduced_at + 29 * DAY
    late.met_at = late.introduced_at + 31 * DAY
    parted.state, parted.meeting_at = PairingState.ENDED, parted.introduced_at + DAY
    answering = factories.make_pairing(session, program, days=long_ago)
    reply(session, answering, "slow", long_ago - 20)
    factories.make_pairing(session, program)
    session.flush()

    this_month, before = health.months(session, program.id)

    assert (this_month.introduced, this_month.due, this_month.soon) == (1, 0, 0)
    assert (before.introduced, before.due, before.soon) == (4, 4, 3)
    assert (before.live, before.ended) == (3, 1)
