"""What emails say about the result of a round, the end of a pairing and a program's week."""

from __future__ import annotations

from sqlalchemy import and_, exists, select
from sqlalchemy.orm import Session

from mentorship import language, links
from mentorship.coordination import digest
from mentorship.emails import contents
from mentorship.emails.contents import Content, Outdated
from mentorship.emails.examples import OfCoordinator, OfPairing, OfUnmatched
from mentorship.emails.kind import Kind
from mentorship.language import gettext as _
from mentorship.language import mark
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
from mentorship.pairings import offers, reasons, why_unmatched
from mentorship.pairings.sentences import Reader
from mentorship.people import questions, sight
from mentorship.rounds import coverage, results
from mentorship.settings import Settings
from mentorship.states import OPEN_ROUND, PairingState, ProfileState, RoundState


def not_this_time(session: Session, row: Email, settings: Settings) -> Content:
    return _unmatched(session, row, Role.MENTEE)


def no_mentee_this_time(session: Session, row: Email, settings: Settings) -> Content:
    return _unmatched(session, row, Role.MENTOR)


def _unmatched(session: Session, row: Email, role: Role) -> Content:
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
            "reason": why_unmatched.in_words(
                unmatched.reason, Reader(role), questions.of_profile(profile)
            ),
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
    return Content(
        {
            "expired": pairing.state is PairingState.EXPIRED,
            "as_mentor": me.role is Role.MENTOR,
            "has_mentor": me.role is Role.MENTEE and bool(contents.other_mentors(session, pairing)),
            "background": contents.card(other, pairing).background,
        },
        {"other_role": contents.role_name(other.role)},
    )


def pairing_ended(session: Session, row: Email, settings: Settings) -> Content:
    pairing = contents.pairing_of(session, row)
    me, other = contents.sides(pairing, row)
    called = sight.called(other, sight.in_pairing(pairing))
    cause = reasons.of_ending(pairing.ended_reason or "", called)
    shown = {
        "as_mentor": me.role is Role.MENTOR,
        "cause": cause,
        "stays": me.state is not ProfileState.LEFT,
        "goes_on": me.role is Role.MENTEE and bool(contents.other_mentors(session, pairing)),
    }
    return Content(shown, contents.fields_of_other(other, pairing))


def round_finished(session: Session, row: Email, settings: Settings) -> Content:
    round = session.get_one(Round, row.cause_id)
    result = round.result or {}
    about = {"number": language.number(round.number), "program": round.program.name}
    short = coverage.shortfall(round, result.get("waiting"))
    if row.number:
        if round.state is not RoundState.PROPOSED or not round.failure:
            raise Outdated("what kept the round from being published has been dealt with")
        headline = _("Round %(number)s of %(program)s was not published", **about)
        told = language.sentence(round.failure)
    elif short and round.state in OPEN_ROUND:
        headline = _("Round %(number)s of %(program)s was not proposed", **about)
        told = _("%(why)s It is kept as a dry run, and no one was notified.", why=short)
    elif round.state in OPEN_ROUND:
        # One that is matched again has its pairs meanwhile.
        headline = _("Round %(number)s of %(program)s is ready for your review", **about)
        told = _("No one is notified until you publish it.")
    elif round.state in (RoundState.PUBLISHED, RoundState.CLOSED):
        headline = _("Round %(number)s of %(program)s has been published", **about)
        told = _("No one was notified before it was published.")
    elif round.state is RoundState.FAILED:
        headline = _("Round %(number)s of %(program)s could not be matched", **about)
        told = _("No one was notified.")
    else:
        raise Outdated("the round was discarded")
    return Content(
        {
            "round": round,
            "measures": result.get("measures"),
            "certificate": result.get("certificate"),
            "link": links.to(f"programs/{round.program.slug}/rounds/{round.id}", settings),
        },
        {"headline": headline, "told": told},
    )


def coordinator_digest(session: Session, row: Email, settings: Settings) -> Content:
    program = session.get_one(Program, row.cause_id)
    coordinates = exists().where(
        Coordinator.program_id == program.id, Coordinator.person_id == row.person_id
    )
    if not session.scalar(select(coordinates)):
        raise Outdated("this person no longer coordinates the program")
    sections = digest.of_program(session, program, row.person_id)
    if not sections:
        raise Outdated("nothing needs the coordinators this week")
    return Content(
        {"sections": sections, "link": links.to(f"programs/{program.slug}", settings)},
        {"in_short": "; ".join(section.title for section in sections)},
    )


KINDS: dict[EmailKind, Kind] = {
    EmailKind.PAIRING_ENDED: Kind(
        pairing_ended,
        label=mark("A pairing ended"),
        subject=mark("A change to your mentoring in {program}"),
        opening=mark("Your pairing with your {other_role} {other} ends today."),
        fields=("other", "other_role"),
        example=OfPairing(Role.MENTEE, (PairingState.ENDED,)),
    ),
    EmailKind.PAIRING_NOT_MADE: Kind(
        pairing_not_made,
        label=mark("A pairing wasn't made"),
        subject=mark("An introduction in {program} isn't going ahead"),
        opening=mark(
            "We asked you if you'd like to meet a {other_role}. It isn't going ahead this time."
        ),
        fields=("other_role",),
        example=OfPairing(Role.MENTEE, (PairingState.EXPIRED, PairingState.DECLINED)),
    ),
    EmailKind.NOT_THIS_TIME: Kind(
        not_this_time,
        label=mark("To a mentee: unmatched this time"),
        subject=mark("No mentor this time in {program}, and what happens next"),
        opening=mark(
            "We looked for a mentor for you and didn't find one this time. We'd rather tell "
            "you than keep you waiting."
        ),
        fields=(),
        example=OfUnmatched(Role.MENTEE),
    ),
    EmailKind.NO_MENTEE_THIS_TIME: Kind(
        no_mentee_this_time,
        label=mark("To a mentor: no new mentee this time"),
        subject=mark("No new mentee for you this time in {program}"),
        opening=mark(
            "Thank you for offering your time. There is no new mentee for you this round."
        ),
        fields=(),
        example=OfUnmatched(Role.MENTOR),
    ),
    EmailKind.ROUND_FINISHED: Kind(
        round_finished,
        label=mark("To coordinators: a round is ready"),
        subject="{headline}",
        opening="{told}",
        example=OfCoordinator(),
    ),
    EmailKind.COORDINATOR_DIGEST: Kind(
        coordinator_digest,
        label=mark("To coordinators: weekly summary"),
        subject=mark("{program} this week: {in_short}"),
        opening=mark("Here is what may need your attention this week in {program}."),
        example=OfCoordinator(),
    ),
}
