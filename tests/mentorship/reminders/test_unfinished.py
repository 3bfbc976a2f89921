"""Reminders of profiles that are not finished: whom they reach, and how often."""

from __future__ import annotations

import datetime

import factories
import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session
from stories import body, read

from mentorship import database, outbox
from mentorship.emails import messages
from mentorship.models import AuditEntry, Email, EmailKind, Person, Profile, Program, Role
from mentorship.people import clock, persons, profiles
from mentorship.reminders import timing, unfinished
from mentorship.settings import Settings
from mentorship.states import EmailState, ProfileState

DAY = datetime.timedelta(days=1)


def begun(session: Session, program: Program, state: ProfileState, *, days: float = 30) -> Profile:
    """Someone who was invited, or began a profile, so many days ago."""
    answers = factories.mentee_answers()
    person = persons.know(session, answers["email"], answers["full_name"])
    profile = profiles.draft(
        session, program.id, person, Role.MENTEE, answers["mentee_id"], answers
    )
    if state is not ProfileState.DRAFT:
        profiles.submit(session, profile)
        outbox.owe(
            session, EmailKind.INVITATION, to=person.id, about=profile.id, program_id=program.id
        )
        session.flush()
        sent_at = database.now(session) - days * DAY
        session.execute(
            update(Email)
            .where(Email.cause_id == profile.id)
            .values(state=EmailState.SENT, sent_at=sent_at)
        )
    profile.updated_at = database.now(session) - days * DAY
    session.flush()
    return profile


def reminded(session: Session) -> list[Email]:
    kind = EmailKind.UNFINISHED_PROFILE
    return list(session.scalars(select(Email).where(Email.kind == kind).order_by(Email.number)))


def test_people_who_were_invited_are_reminded_once_in_two_weeks(
    session: Session, program: Program
) -> None:
    profile = begun(session, program, ProfileState.UNCONFIRMED)
    factories.make_mentee(session, program)
    assert unfinished.count(session, program) == 1

    assert unfinished.remind(session, program, "test") == 1
    assert unfinished.count(session, program) == 0
    assert unfinished.remind(session, program, "test") == 0
    [email] = reminded(session)
    assert (email.cause_id, email.person_id) == (profile.id, profile.person_id)
    assert clock.is_day(email.due_at, clock.zone_of(session, profile))
    actions = session.scalars(select(AuditEntry.action)).all()
    assert "people reminded" in actions
    for days, again in ((13, 0), (15, 1)):
        email.state, email.sent_at = EmailState.SENT, database.now(session) - days * DAY
        session.flush()
        assert unfinished.remind(session, program, "test") == again
    assert [each.number for each in reminded(session)] == [1, 2]


def test_an_invitation_of_late_is_reminder_enough(session: Session, program: Program) -> None:
    begun(session, program, ProfileState.UNCONFIRMED, days=13)

    assert unfinished.count(session, program) == 0


@pytest.mark.parametrize(
    "change", [{"wants_reminders": False}, {"address_problem": "550 5.1.1 unknown"}]
)
def test_people_who_opted_out_or_have_no_working_address_are_left_alone(
    session: Session, program: Program, change: dict[str, object]
) -> None:
    profile = begun(session, program, ProfileState.UNCONFIRMED)
    session.execute(update(Person).where(Person.id == profile.person_id).values(**change))

    assert unfinished.count(session, program) == unfinished.remind(session, program, "x") == 0


def test_a_small_number_of_unfinished_profiles_is_not_shown(
    session: Session, program: Program
) -> None:
    for _ in range(4):
        begun(session, program, ProfileState.DRAFT)
    assert unfinished.count(session, program) == 0
    begun(session, program, ProfileState.DRAFT, days=0.5)

    # Five began one; who is perhaps still at it is left alone.
    assert unfinished.remind(session, program, "test") == 4


def test_a_reminder_is_not_sent_once_the_profile_is_finished(
    session: Session, program: Program, settings: Settings
) -> None:
    drafts = [begun(session, program, ProfileState.DRAFT) for _ in range(5)]
    invited = begun(session, program, ProfileState.UNCONFIRMED)
    unfinished.remind(session, program, "test")
    by_cause = {email.cause_id: email for email in reminded(session)}
    written = {
        profile.id: body(
            read(messages.compose(session, by_cause[profile.id].id, settings).data), "plain"
        )
        for profile in (drafts[0], invited)
    }
    assert "Finish your profile" in written[drafts[0].id]
    assert "/invitations/" in written[invited.id]
    assert timing.still_wanted(session, by_cause[invited.id])
    profiles.confirm(session, invited, "test")
    session.flush()

    with pytest.raises(messages.contents.Outdated):
        messages.compose(session, by_cause[invited.id].id, settings)
