"""What coordinators do for a pairing: send the introduction again, or end it kindly."""

from __future__ import annotations

from sqlalchemy import Select, exists, or_, select
from sqlalchemy.orm import Session, aliased

from mentorship import audit, outbox
from mentorship.errors import Invalid, WrongState
from mentorship.language import gettext as _
from mentorship.models import Email, EmailKind, Pairing
from mentorship.pairings import pairings
from mentorship.programs import lessons
from mentorship.states import LIVE_PAIRING, MET_PAIRING, Ending

#: Actions of audit entries; the first is of reminders that coordinators ask for.
REMINDED, RESENT, ENDED = "pair reminded", "introduction resent", "pairing ended for them"
#: Why coordinators can end a pairing.
ENDINGS = (Ending.CONCLUDED, Ending.BY_COORDINATOR)


def end(session: Session, pairing: Pairing, actor: str, reason: Ending) -> None:
    """End a pairing, or close the question about it; both are told, and the place is free.

    Raises `Invalid` for a reason that is not a coordinator's, and `WrongState` for a pairing that
    has ended.
    """
    if reason not in ENDINGS:
        raise Invalid(_("choose why it ends"))
    pairings.part(session, pairing, reason, by=None)
    record(session, pairing, actor, ENDED)
    # Last, since others wait for these locks.
    lessons.note(session, [pairing.program_id])


def resend_introduction(session: Session, pairing: Pairing, actor: str) -> int:
    """Send the emails that introduced the two again, and return how many.

    A mentor's may name several mentees: where one of them is no longer theirs, it stays away.
    Raises `WrongState` where there is none to send.
    """
    if pairing.state not in MET_PAIRING:
        raise WrongState(_("only two people who have been introduced get it again"))
    found = session.scalars(_introductions(pairing).order_by(Email.id).with_for_update()).all()
    if not found:
        raise WrongState(_("there is no introduction to resend; it may still be on its way"))
    for email in found:
        outbox.resend(session, email, actor, _("A coordinator resent the introduction."))
    record(session, pairing, actor, RESENT)
    return len(found)


def record(session: Session, pairing: Pairing, actor: str, action: str) -> None:
    """Write into the audit log what was done for a pairing."""
    audit.record(session, actor, action, program_id=pairing.program_id, subject_id=pairing.id)


def _introductions(pairing: Pairing) -> Select[Email]:
    other = aliased(Pairing)
    names_another = exists().where(
        other.round_id == pairing.round_id,
        other.part == pairing.part,
        other.mentor_id == pairing.mentor_id,
        other.ended_at.is_not(None),
        other.state.not_in(LIVE_PAIRING),
    )
    of_round = (
        (Email.cause_id == pairing.round_id) & (Email.number == pairing.part) & ~names_another
    )
    return select(Email).where(
        Email.state.in_(outbox.RESENDABLE),
        or_(
            (Email.kind == EmailKind.MENTEE_INTRODUCTION) & (Email.cause_id == pairing.id),
            (Email.kind == EmailKind.MENTOR_INTRODUCTION)
            & (Email.person_id == pairing.mentor_person_id)
            & ((Email.cause_id == pairing.id) | of_round),
        ),
    )
