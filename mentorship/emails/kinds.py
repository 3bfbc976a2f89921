"""What each kind of email says, one row a kind."""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy.orm import Session

from mentorship.emails import checkins, introductions, invitations, results
from mentorship.emails.contents import Content
from mentorship.models import Email, EmailKind
from mentorship.settings import Settings


def content(session: Session, row: Email, settings: Settings) -> Content:
    """Return what an email says. Raises `Outdated`, and `LookupError` for a cause that is gone."""
    return _OF_KIND[row.kind](session, row, settings)


_OF_KIND: dict[EmailKind, Callable[[Session, Email, Settings], Content]] = {
    EmailKind.INVITATION: invitations.invitation,
    EmailKind.MENTEE_INTRODUCTION: introductions.of_mentee,
    EmailKind.MENTOR_INTRODUCTION: introductions.of_mentor,
    EmailKind.PAIRING_ENDED: results.pairing_ended,
    EmailKind.PAIRING_QUESTION: introductions.question,
    EmailKind.PAIRING_QUESTION_REMINDER: introductions.question,
    EmailKind.PAIRING_NOT_MADE: results.pairing_not_made,
    EmailKind.MEETING_AGREED: checkins.meeting_agreed,
    EmailKind.FIRST_MEETING: checkins.first_meeting,
    EmailKind.NO_CONTACT_YET: checkins.no_contact_yet,
    EmailKind.MENTEE_PULSE: checkins.mentee_pulse,
    EmailKind.MENTOR_PULSE: checkins.mentor_pulse,
    EmailKind.NOT_THIS_TIME: results.left_over,
    EmailKind.NO_MENTEE_THIS_TIME: results.left_over,
    EmailKind.ROUND_FINISHED: results.round_finished,
    EmailKind.COORDINATOR_DIGEST: results.coordinator_digest,
    EmailKind.SIGN_IN: invitations.sign_in,
    EmailKind.WELCOME: invitations.admission,
    EmailKind.NOT_ADMITTED: invitations.admission,
}
