"""What may need a program's coordinators this week, for the weekly email to them."""

from __future__ import annotations

import datetime
import re
import uuid
from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Select, exists, func, select
from sqlalchemy.orm import Session, aliased

from matching.profiles.names import shown
from mentorship import database, language
from mentorship.coordination import health
from mentorship.language import gettext as _
from mentorship.language import isolated, ngettext
from mentorship.models import Email, MailboxHealth, Pairing, Person, Profile, Program, Role
from mentorship.people import sight
from mentorship.states import LIVE_PAIRING, EmailState, ProfileState

#: Failed emails are listed until they are this old: a week, and three days of trying.
FAILED = datetime.timedelta(days=10)
#: How long the mailbox for returned emails may fail before coordinators are told.
MAILBOX_FAILS = datetime.timedelta(hours=1)
_NAME = func.coalesce(Profile.full_name, Person.full_name)
#: How many names a section lists before it counts the rest.
MOST_LINES = 10


@dataclass(frozen=True)
class Section:
    """One thing to look at: how much of it, what to do, and whom it is about."""

    title: str
    advice: str
    lines: list[str]


def of_program(session: Session, program: Program, reader_id: uuid.UUID) -> list[Section]:
    """Return what needs a program's coordinators, in the language in use; [] if all is well.

    The reader's own pairings are for the other coordinators to look after.
    """
    sections = (
        _section(
            session,
            _out_of_touch(session, program, reader_id),
            lambda n: ngettext("%(n)s pair isn't in touch", "%(n)s pairs aren't in touch", n),
            _(
                "The mentee says that no one wrote, emails to one of them bounce, or no one has "
                "told us that they met. A quick call to one of them often helps."
            ),
        ),
        _section(
            session,
            _once_each(_people(program).where(_failed(session, program))),
            lambda n: ngettext(
                "%(n)s person didn't get an email", "%(n)s people didn't get an email", n
            ),
            _("The list of emails shows why. Fix the address, then resend the email there."),
        ),
        _section(
            session,
            _once_each(_people(program).where(_undelivered(session, program))),
            lambda n: ngettext(
                "An email to %(n)s person bounced", "Emails to %(n)s people bounced", n
            ),
            _(
                "They haven't read it, and another try often succeeds. The list of emails "
                "shows why, and can resend all that bounced for the same reason."
            ),
        ),
        _section(
            session,
            _once_each(
                _people(program).where(Person.address_problem.is_not(None), Profile.id.is_not(None))
            ),
            lambda n: ngettext(
                "%(n)s email address doesn't work", "%(n)s email addresses don't work", n
            ),
            _("No reminders are sent there. Ask for another address, or clear the bounce flag."),
        ),
        _section(
            session,
            _people(program).where(Profile.state == ProfileState.AWAITING_APPROVAL),
            lambda n: ngettext(
                "%(n)s person is waiting for approval", "%(n)s people are waiting for approval", n
            ),
            _("Once approved, they'll be included in the next round."),
        ),
        _section(
            session,
            _waiting(program),
            lambda n: ngettext(
                "%(n)s mentee has no mentor yet", "%(n)s mentees have no mentor yet", n
            ),
            _("A round for unmatched mentees may help once mentors have free places."),
        ),
    )
    return [section for section in (_mailbox(session), *sections) if section]


def _mailbox(session: Session) -> Section | None:
    """Return that emails which come back are not noticed, if the mailbox for them fails."""
    at = database.now(session)
    failing = MailboxHealth.failing_since < at - MAILBOX_FAILS
    since = session.scalar(select(MailboxHealth.failing_since).where(failing))
    if since is None:
        return None
    return Section(
        _("Bounced emails aren't being detected"),
        _(
            "The mailbox that bounced emails return to can't be read. Please tell the "
            "operator of this service; reports waiting there will be read later."
        ),
        [_("Since %(day)s", day=language.date(since.date()))],
    )


def _section(
    session: Session,
    names: Select[str] | Select[str, str],
    title: Callable[[int], str],
    advice: str,
) -> Section | None:
    """Return a section on the selected people, or pairs of a mentee and a mentor, if any."""
    count = session.scalar(select(func.count()).select_from(names.order_by(None).subquery())) or 0
    if not count:
        return None
    lines = [_line(*row) for row in session.execute(names.limit(MOST_LINES))]
    if count > MOST_LINES:
        lines.append(ngettext("and %(n)s more", "and %(n)s more", count - MOST_LINES))
    return Section(title(count), advice, lines)


def _line(name: str, mentor: str | None = None) -> str:
    if mentor is not None:
        return _("%(mentee)s with %(mentor)s", mentee=_shown(name), mentor=_shown(mentor))
    return str(isolated(_shown(name)))


def _shown(name: str) -> str:
    # It comes past the column's type, since it may be an address, which is shown as it is.
    return name if re.fullmatch(r"\S+@\S+", name) else shown(name)


def _out_of_touch(session: Session, program: Program, reader_id: uuid.UUID) -> Select[str, str]:
    """Select the names in pairs that are out of touch, the oldest pairs first."""
    mentee, mentor = aliased(Profile), aliased(Profile)
    return (
        select(mentee.full_name.label("mentee"), mentor.full_name.label("mentor"))
        .select_from(Pairing)
        .join(mentee, mentee.id == Pairing.mentee_id)
        .join(mentor, mentor.id == Pairing.mentor_id)
        .where(Pairing.id.in_(health.out_of_touch(session, program.id, reader_id)))
        .order_by(Pairing.introduced_at, Pairing.id)
    )


def _failed(session: Session, program: Program) -> ColumnElement[bool]:
    return exists().where(
        Email.person_id == Person.id,
        Email.program_id == program.id,
        Email.state == EmailState.FAILED,
        Email.created_at > database.now(session) - FAILED,
    )


def _undelivered(session: Session, program: Program) -> ColumnElement[bool]:
    return exists().where(
        Email.person_id == Person.id,
        Email.program_id == program.id,
        Email.state == EmailState.SENT,
        Email.came_back_at > database.now(session) - FAILED,
    )


def _waiting(program: Program) -> Select[str]:
    """Select mentees whom a round left unmatched, those who have waited longest first."""
    is_paired = exists().where(Pairing.mentee_id == Profile.id, Pairing.state.in_(LIVE_PAIRING))
    waiting = (
        Profile.role == Role.MENTEE,
        Profile.state == ProfileState.READY,
        Profile.rounds_waiting > 0,
        ~is_paired,
    )
    by_wait = (Profile.rounds_waiting.desc(), Profile.full_name, Person.id)
    return _people(program).where(*waiting).order_by(None).order_by(*by_wait)


def _people(program: Program) -> Select[str]:
    """Select the names of the people of a program, and of others to whom it writes.

    Of those who take part in both roles, each is selected twice.
    """
    theirs = (Profile.person_id == Person.id) & (Profile.program_id == program.id)
    return (
        select(_NAME)
        .select_from(Person)
        .outerjoin(Profile, theirs)
        .where(Profile.id.is_(None) | sight.is_listed())
        .order_by(_NAME, Person.id)
    )


def _once_each(people: Select[str]) -> Select[str]:
    return people.group_by(_NAME, Person.id)
