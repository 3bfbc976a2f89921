"""What each kind of email says: gathered from the rows that it is about, for one reader.

One function a kind. It raises `Outdated` where what the email would say is no longer so.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import and_, select
from sqlalchemy.orm import Session, joinedload

from mentorship import database, links
from mentorship.coordination import digest
from mentorship.emails import buttons, first_messages
from mentorship.emails.mime import Attachment
from mentorship.language import listed
from mentorship.models import (
    Email,
    EmailKind,
    Pairing,
    Profile,
    Program,
    Question,
    Role,
    Round,
    SignInLink,
    Unmatched,
)
from mentorship.pairings import calendars, hearing, offers, pairings, reasons
from mentorship.pairings.reasons import Reader
from mentorship.people import cards, clock
from mentorship.rounds import results
from mentorship.settings import Settings
from mentorship.states import MET_PAIRING, PairingState, ProfileState, RoundState

DAYS_TO_WRITE = 7


class Outdated(Exception):
    """What an email would say is no longer so; the message says what."""


@dataclass(frozen=True)
class Content:
    """What one email holds."""

    #: For its template.
    shown: dict[str, Any]
    #: For the named fields of its wording.
    fields: dict[str, str] = field(default_factory=dict)
    #: The one partner who gets an answer; none: the coordinator does.
    partner: Profile | None = None
    attachments: tuple[Attachment, ...] = ()


def of(session: Session, row: Email, settings: Settings) -> Content:
    """Return what an email says. Raises `Outdated`, and `LookupError` for a cause that is gone."""
    return _OF_KIND[row.kind](session, row, settings)


def _invitation(session: Session, row: Email, settings: Settings) -> Content:
    profile = session.get_one(Profile, row.cause_id)
    if profile.state is not ProfileState.UNCONFIRMED:
        raise Outdated("the invitation was answered, or is no longer open")
    token = links.invitation_token(profile.id, settings)
    return Content({"link": links.to(f"invitations/{token}", settings)}, {"role": profile.role})


def _sign_in(session: Session, row: Email, settings: Settings) -> Content:
    link = session.get(SignInLink, row.cause_id)
    if link is None or link.used_at is not None or link.expires_at < database.now(session):
        raise Outdated("the request to sign in was used, or is too old")
    secret, letters = links.sign_in_secrets(link.id, settings)
    code = f"{letters[:4]} {letters[4:]}"
    what = "sign in or to join a program" if link.for_joining else "sign in"
    return Content(
        {
            "link": links.to(f"sign-in/{secret}", settings),
            "code": code,
            "minutes": round((link.expires_at - link.created_at).total_seconds() / 60),
        },
        {"code": code, "what": what},
    )


def _admission(session: Session, row: Email, settings: Settings) -> Content:
    profile = session.get_one(Profile, row.cause_id)
    if row.kind is EmailKind.WELCOME and profile.state is ProfileState.LEFT:
        raise Outdated("this person has left the program")
    role = profile.role
    return Content({"role": role, "link": links.to("", settings)}, {"role": role})


def _mentee_introduction(session: Session, row: Email, settings: Settings) -> Content:
    pairing = _met_pairing(session, row)
    write_by = clock.in_words(
        clock.date_after(session, pairing.introduced_at, pairing.mentee, DAYS_TO_WRITE)
    )
    return Content(
        {
            "mentor": cards.of_profile(pairing.mentor),
            "reasons": reasons.of_pairing(pairing, Reader.MENTEE),
            "write_by": write_by,
            "draft": first_messages.of_mentee(pairing, _program(session, pairing)),
            **_promise(session, pairing, pairing.mentee),
            "ways_out": [
                *buttons.to_step_out([pairing], row, settings),
                *buttons.of(pairing, row, Question.FIRST_MEETING, settings, [buttons.NO_CONTACT]),
            ],
            "ended": []
            if pairing.asked_at
            else _ended(session, pairing.round_id, row.person_id, Role.MENTEE),
        },
        {"mentor": pairing.mentor.person.full_name, "write_by": write_by},
        partner=pairing.mentor,
    )


def _mentor_introduction(session: Session, row: Email, settings: Settings) -> Content:
    found = session.scalars(
        _with_people()
        .where(
            (Pairing.round_id == row.cause_id) | (Pairing.id == row.cause_id),
            Pairing.mentor_person_id == row.person_id,
            Pairing.state.in_(MET_PAIRING),
        )
        .order_by(Pairing.score.desc(), Pairing.id)
    ).all()
    if not found:
        raise Outdated("every pairing that it would have announced has ended")
    first = found[0]
    mentees = [
        {
            **cards.of_profile(pairing.mentee),
            "reasons": reasons.of_pairing(pairing, Reader.MENTOR),
            "hopes": pairing.mentee.answers.get("statement"),
        }
        for pairing in found
    ]
    write_by = clock.in_words(
        clock.date_after(session, first.introduced_at, first.mentor, DAYS_TO_WRITE)
    )
    return Content(
        {
            "mentees": mentees,
            "write_by": write_by,
            "ways_out": buttons.to_step_out(found, row, settings),
            **_promise(session, first, first.mentor),
            "ended": []
            if first.asked_at
            else _ended(session, first.round_id, row.person_id, Role.MENTOR),
        },
        {
            "mentees": listed([pairing.mentee.person.full_name for pairing in found]),
            "new_mentees": f"Your new mentee {found[0].mentee.person.full_name}"
            if len(found) == 1
            else f"Your {len(found)} new mentees",
            "write_by": write_by,
        },
        partner=first.mentee if len(found) == 1 else None,
    )


def _pairing_question(session: Session, row: Email, settings: Settings) -> Content:
    pairing = _pairing(session, row)
    if pairing.state is not PairingState.ASKED:
        raise Outdated("the question was answered, or is no longer open")
    me, other = _sides(pairing, row)
    if pairing.agreed_at(me.role):
        raise Outdated("this person has answered")
    answer_by = clock.in_words(
        clock.date_after(session, pairing.asked_at, me, clock.DAYS_TO_ANSWER)
    )
    # How to reach each other is told only once both have said yes.
    card = cards.of_profile(other) | {"email": None}
    return Content(
        {
            "other": card,
            "reasons": reasons.of_pairing(pairing, Reader(me.role)),
            "answer_by": answer_by,
            "choices": buttons.of(pairing, row, Question.ASK, settings, buttons.ASK),
            "others": buttons.of_other_questions(session, pairing, row, settings),
        },
        {**_other(other), "answer_by": answer_by},
    )


def _pairing_not_made(session: Session, row: Email, settings: Settings) -> Content:
    pairing = _pairing(session, row)
    me, other = _sides(pairing, row)
    if me.state is ProfileState.LEFT:
        raise Outdated("this person has left the program")
    expired = pairing.state is PairingState.EXPIRED
    return Content({"expired": expired, "as_mentor": me.role is Role.MENTOR}, _other(other))


def _pairing_ended(session: Session, row: Email, settings: Settings) -> Content:
    pairing = _pairing(session, row)
    me, other = _sides(pairing, row)
    cause = reasons.of_ending(pairing.ended_reason or "", other.person.called)
    shown = {
        "as_mentor": me.role is Role.MENTOR,
        "cause": cause,
        "stays": me.state is not ProfileState.LEFT,
        "goes_on": bool(pairings.of_profile(session, me)),
    }
    return Content(shown, _other(other))


def _meeting_agreed(session: Session, row: Email, settings: Settings) -> Content:
    pairing = _met_pairing(session, row)
    if pairing.meeting_at is None or pairing.meeting_number != row.number:
        raise Outdated("the two have agreed on another time since")
    me, other = _sides(pairing, row)
    zone = clock.zone_of(session, me)
    start = pairing.meeting_at.astimezone(zone)
    when = f"{clock.in_words(start.date())}, {start:%H:%M}"
    program = _program(session, pairing)
    file = calendars.of_meeting(pairing, program, settings, row.created_at)
    facts = [f"{when} ({zone.key.replace('_', ' ')} time)", f"{pairing.meeting_minutes} minutes"]
    if pairing.meeting_where:
        facts.append(pairing.meeting_where)
    return Content(
        {"other": cards.of_profile(other), "facts": facts, "replaces": pairing.meeting_number > 1},
        {**_other(other), "when": when},
        partner=other,
        attachments=(
            Attachment("meeting.ics", "text/calendar; method=PUBLISH", file.decode("utf-8")),
        ),
    )


def _first_meeting(session: Session, row: Email, settings: Settings) -> Content:
    pairing = _met_pairing(session, row)
    if pairing.met_at is not None:
        raise Outdated("the two have met")
    return Content(
        {
            "mentor": cards.of_profile(pairing.mentor),
            "has_agreed": pairing.meeting_at is not None,
            "draft": first_messages.of_mentee(pairing, _program(session, pairing)),
            "choices": buttons.of(
                pairing, row, Question.FIRST_MEETING, settings, buttons.FIRST_MEETING
            ),
        },
        {
            "mentor": pairing.mentor.person.full_name,
            "weeks_ago": "A week or two ago" if row.number <= 1 else "Some weeks ago",
        },
    )


def _no_contact_yet(session: Session, row: Email, settings: Settings) -> Content:
    pairing = _met_pairing(session, row)
    if pairing.met_at is not None or pairing.no_contact_at is None:
        raise Outdated("the two are in touch")
    return Content(
        {
            "mentee": cards.of_profile(pairing.mentee),
            "draft": first_messages.of_mentor(pairing, _program(session, pairing)),
            "choices": buttons.of(
                pairing, row, Question.FIRST_MEETING, settings, [buttons.NOT_FIT]
            ),
        },
        {"mentee": pairing.mentee.person.full_name},
        partner=pairing.mentee,
    )


def _mentee_pulse(session: Session, row: Email, settings: Settings) -> Content:
    pairing = _met_pairing(session, row)
    return Content(
        {"choices": buttons.of(pairing, row, Question.PULSE, settings, buttons.PULSE)},
        {"mentor": pairing.mentor.person.full_name},
    )


def _mentor_pulse(session: Session, row: Email, settings: Settings) -> Content:
    found = session.scalars(
        _with_people()
        .where(Pairing.mentor_id == row.cause_id, Pairing.state.in_(MET_PAIRING))
        .order_by(Pairing.introduced_at, Pairing.id)
    ).all()
    if not found:
        raise Outdated("this mentor has no mentee now")
    names = [pairing.mentee.person.full_name for pairing in found]
    mentees = [
        {
            "full_name": pairing.mentee.person.full_name,
            "choices": buttons.of(pairing, row, Question.PULSE, settings, buttons.PULSE),
        }
        for pairing in found
    ]
    return Content({"mentees": mentees}, {"mentees": listed(names)})


def _left_over(session: Session, row: Email, settings: Settings) -> Content:
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
            "ended": _ended(session, row.cause_id, row.person_id, role),
            "offers": offers.to(session, profile) if role is Role.MENTEE else [],
        }
    )


def _round_finished(session: Session, row: Email, settings: Settings) -> Content:
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


def _coordinator_digest(session: Session, row: Email, settings: Settings) -> Content:
    program = session.get_one(Program, row.cause_id)
    sections = digest.of_program(session, program)
    if not sections:
        raise Outdated("nothing needs the coordinators this week")
    return Content(
        {"sections": sections, "link": links.to(f"programs/{program.slug}", settings)},
        {"in_short": "; ".join(section.title.lower() for section in sections)},
    )


_OF_KIND: dict[EmailKind, Callable[[Session, Email, Settings], Content]] = {
    EmailKind.INVITATION: _invitation,
    EmailKind.MENTEE_INTRODUCTION: _mentee_introduction,
    EmailKind.MENTOR_INTRODUCTION: _mentor_introduction,
    EmailKind.PAIRING_ENDED: _pairing_ended,
    EmailKind.PAIRING_QUESTION: _pairing_question,
    EmailKind.PAIRING_QUESTION_REMINDER: _pairing_question,
    EmailKind.PAIRING_NOT_MADE: _pairing_not_made,
    EmailKind.MEETING_AGREED: _meeting_agreed,
    EmailKind.FIRST_MEETING: _first_meeting,
    EmailKind.NO_CONTACT_YET: _no_contact_yet,
    EmailKind.MENTEE_PULSE: _mentee_pulse,
    EmailKind.MENTOR_PULSE: _mentor_pulse,
    EmailKind.NOT_THIS_TIME: _left_over,
    EmailKind.NO_MENTEE_THIS_TIME: _left_over,
    EmailKind.ROUND_FINISHED: _round_finished,
    EmailKind.COORDINATOR_DIGEST: _coordinator_digest,
    EmailKind.SIGN_IN: _sign_in,
    EmailKind.WELCOME: _admission,
    EmailKind.NOT_ADMITTED: _admission,
}


def _with_people() -> Any:
    """Return the query for pairings with both sides, read in one go."""
    return select(Pairing).options(
        joinedload(Pairing.mentee).joinedload(Profile.person),
        joinedload(Pairing.mentor).joinedload(Profile.person),
    )


def _pairing(session: Session, row: Email) -> Pairing:
    found: Pairing = session.scalars(_with_people().where(Pairing.id == row.cause_id)).one()
    return found


def _met_pairing(session: Session, row: Email) -> Pairing:
    pairing = _pairing(session, row)
    if pairing.state not in MET_PAIRING:
        raise Outdated("the pairing that it is about has ended, or was never made")
    return pairing


def _sides(pairing: Pairing, row: Email) -> tuple[Profile, Profile]:
    """Return the reader's profile and the other one's."""
    return pairing.side(row.person_id), pairing.other(row.person_id)


def _other(other: Profile) -> dict[str, str]:
    return {"other": other.person.full_name, "other_role": other.role}


def _program(session: Session, pairing: Pairing) -> Program:
    return session.get_one(Program, pairing.program_id)


def _promise(session: Session, pairing: Pairing, reader: Profile) -> dict[str, Any]:
    """Return how often and until when the program asks the two to meet, or to step out."""
    program = _program(session, pairing)
    return {
        "meetings_per_month": program.meetings_per_month,
        "length_months": program.length_months,
        "ends": clock.in_words(
            clock.date_after(
                session,
                pairing.introduced_at,
                reader,
                round(program.length_months * clock.DAYS_A_MONTH),
            )
        ),
        "step_out_by": clock.in_words(
            clock.date_after(session, pairing.introduced_at, reader, clock.DAYS_TO_STEP_OUT)
        ),
    }


def _ended(session: Session, round_id: uuid.UUID, person_id: uuid.UUID, role: Role) -> list[str]:
    """Return with whom this round ended somebody's pairings."""
    ended = hearing.ended_by(session, round_id, person_id, role)
    others = [each.mentor if role is Role.MENTEE else each.mentee for each in ended]
    return [other.person.full_name for other in others]
