"""What emails say about the result of a round, the end of a pairing and a program's week."""

from __future__ import annotations

from sqlalchemy import and_, exists, select
from sqlalchemy.orm import Session

from mentorship import links
from mentorship.coordination import digest
from mentorship.emails import contents
from mentorship.emails.contents import Content, Outdated
from mentorship.models import (
    Coordinator,
    Email,
    EmailKind,
    Profile,
    Program,
    Role,
    Round,
    Unmatched,
)
from mentorship.pairings import offers, pairings, reasons
from mentorship.pairings.reasons import Reader
from mentorship.rounds import results
from mentorship.settings import Settings
from mentorship.states import PairingState, ProfileState, RoundState


def left_over(session: Session, row: Email, settings: Settings) -> Content:
    role = Role.MENTEE if row.kind is EmailKind.NOT_THIS_TIME else Role.MENTOR
    unmatched = session.scalars(
        select(Unmatched)
        .join(Profile, Unmatched.profile_id == Profile.id)
        .where(
            Unmatched.round_id == row.cause_id,
            Profile.person_id == row.person_id,
            Profile.role == role,
        )
    ).one()
    profile = unmatched.profile
    if profile.state is ProfileState.LEFT:
        raise Outdated("this person has left the program")
    round = session.get_one(Round, row.cause_id)
    later = and_(
        Round.program_id == round.program_id,
        Round.number > round.number,
        Round.state.in_((RoundState.PUBLISHED, RoundState.CLOSED)),
    )
    if session.scalar(select(results.has_result(profile.id, later))):
        raise Outdated("a later round has another result for this person")
    return Content(
        {
            "reason": reasons.of_unmatched(unmatched.reason, Reader(role)),
            "rounds_waiting": profile.rounds_waiting,
            "waiting_counts": round.policy.body["waiting_bonus"] > 0,
            "ended": contents.ended_by_round(session, row.cause_id, row.person_id, role),
            "offers": offers.to(session, profile) if role is Role.MENTEE else [],
        }
    )


def pairing_not_made(session: Session, row: Email, settings: Settings) -> Content:
    pairing = contents.pairing_of(session, row)
    me, other = contents.sides(pairing, row)
    if me.state is ProfileState.LEFT:
        raise Outdated("this person has left the program")
    expired = pairing.state is PairingState.EXPIRED
    return Content(
        {"expired": expired, "as_mentor": me.role is Role.MENTOR}, contents.fields_of_other(other)
    )


def pairing_ended(session: Session, row: Email, settings: Settings) -> Content:
    pairing = contents.pairing_of(session, row)
    me, other = contents.sides(pairing, row)
    cause = reasons.of_ending(pairing.ended_reason or "", other.person.called)
    shown = {
        "as_mentor": me.role is Role.MENTOR,
        "cause": cause,
        "stays": me.state is not ProfileState.LEFT,
        "goes_on": bool(pairings.of_profile(session, me)),
    }
    return Content(shown, contents.fields_of_other(other))


def round_finished(session: Session, row: Email, settings: Settings) -> Content:
    round = session.get_one(Round, row.cause_id)
    result = round.result or {}
    if round.state is RoundState.PROPOSED:
        outcome, told = "is ready for you", "is told before you publish it"
    elif round.state in (RoundState.PUBLISHED, RoundState.CLOSED):
        outcome, told = "has been published", "was told before it was published"
    elif round.state is RoundState.FAILED:
        outcome, told = "could not be matched", "was told anything"
    else:
        raise Outdated("the round was discarded")
    return Content(
        {
            "round": round,
            "measures": result.get("measures"),
            "certificate": result.get("certificate"),
            "link": links.to(f"programs/{round.program.slug}/rounds/{round.id}", settings),
        },
        {
            "number": str(round.number),
            "outcome": outcome,
            "told": told,
        },
    )


def coordinator_digest(session: Session, row: Email, settings: Settings) -> Content:
    program = session.get_one(Program, row.cause_id)
    coordinates = exists().where(
        Coordinator.program_id == program.id, Coordinator.person_id == row.person_id
    )
    if not session.scalar(select(coordinates)):
        raise Outdated("this person no longer coordinates the program")
    sections = digest.of_program(session, program)
    if not sections:
        raise Outdated("nothing needs the coordinators this week")
    return Content(
        {"sections": sections, "link": links.to(f"programs/{program.slug}", settings)},
        {"in_short": "; ".join(section.title.lower() for section in sections)},
    )
