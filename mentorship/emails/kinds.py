"""The kinds of email, one row each: what it gathers, its usual words, and an example of it.

A further kind is a row here, one in `mentorship.models.email.EmailKind`, and a template.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy.orm import Session

from mentorship.emails import checkins, introductions, invitations, results
from mentorship.emails.contents import Content
from mentorship.emails.examples import (
    Example,
    OfCoordinator,
    OfPairing,
    OfProfile,
    OfUnmatched,
)
from mentorship.language import gettext as _
from mentorship.language import mark
from mentorship.models import Email, EmailKind, Role
from mentorship.settings import Settings
from mentorship.states import PairingState, ProfileState


@dataclass(frozen=True)
class Kind:
    """One kind of email; words are translated where they are used."""

    #: Returns what an email says; raises `Outdated` where that is no longer so.
    gather: Callable[[Session, Email, Settings], Content]
    #: What it is called in lists that coordinators read.
    label: str
    #: Wordings, with fields in braces, which a program may replace.
    subject: str
    opening: str
    #: The fields that they may name beside those of every kind; None: no program can word it.
    fields: tuple[str, ...] | None = None
    #: How to show one to coordinators; None: it is not shown.
    example: Example | None = None


KINDS: dict[EmailKind, Kind] = {
    EmailKind.INVITATION: Kind(
        invitations.invitation,
        label=mark("Invitation"),
        subject=mark("Will you take part in {program} as a {role}?"),
        opening=mark(
            "{contact} put you forward as a {role} in {program}, a mentoring program in "
            "medicine. You take part only if you say yes."
        ),
        fields=("role",),
        example=OfProfile((ProfileState.UNCONFIRMED,)),
    ),
    EmailKind.MENTEE_INTRODUCTION: Kind(
        introductions.of_mentee,
        label=mark("To a mentee: meet your mentor"),
        subject=mark("{mentor} is your mentor in {program}"),
        opening=mark("We've found a mentor for you."),
        fields=("mentor", "write_by"),
        example=OfPairing(Role.MENTEE),
    ),
    EmailKind.MENTOR_INTRODUCTION: Kind(
        introductions.of_mentor,
        label=mark("To a mentor: meet your mentees"),
        subject=mark("{new_mentees} in {program}"),
        opening=mark("Thank you for being a mentor. Meet {mentees}."),
        fields=("mentees", "new_mentees", "write_by"),
        example=OfPairing(Role.MENTOR),
    ),
    EmailKind.PAIRING_ENDED: Kind(
        results.pairing_ended,
        label=mark("A pairing ended"),
        subject=mark("A change to your mentoring in {program}"),
        opening=mark("Your pairing with your {other_role} {other} ends today."),
        fields=("other", "other_role"),
        example=OfPairing(Role.MENTEE, (PairingState.ENDED,)),
    ),
    EmailKind.PAIRING_QUESTION: Kind(
        introductions.question,
        label=mark("Would you like to meet?"),
        subject=mark("Would you like to meet {other}?"),
        opening=mark(
            "We think {other} would be a good {other_role} for you in {program}. We'll "
            "introduce you only if you both say yes."
        ),
        fields=("other", "other_role", "answer_by"),
        example=OfPairing(Role.MENTEE, (PairingState.ASKED,), times=("asked_at",)),
    ),
    EmailKind.PAIRING_QUESTION_REMINDER: Kind(
        introductions.reminder,
        label=mark("Reminder: would you like to meet?"),
        subject=mark("Please answer by {answer_by}: {other}"),
        opening=mark(
            "Some days ago we asked if you'd like to meet {other}, who could be your "
            "{other_role}. We'll introduce you only if you both say yes. After {answer_by}, "
            "we'll look for someone else."
        ),
        fields=("other", "other_role", "answer_by"),
        example=OfPairing(Role.MENTEE, (PairingState.ASKED,), times=("asked_at",)),
    ),
    EmailKind.PAIRING_NOT_MADE: Kind(
        results.pairing_not_made,
        label=mark("A pairing did not come about"),
        subject=mark("No introduction to {other} this time"),
        opening=mark(
            "We asked you and {other} if you'd like to meet. It isn't going ahead this time."
        ),
        fields=("other", "other_role"),
        example=OfPairing(Role.MENTEE, (PairingState.EXPIRED, PairingState.DECLINED)),
    ),
    EmailKind.MEETING_AGREED: Kind(
        checkins.meeting_agreed,
        label=mark("A meeting was scheduled"),
        subject=mark("Your meeting with {other}: {when}"),
        opening=mark("You and {other} have set a time to meet."),
        fields=("other", "other_role", "when"),
        example=OfPairing(Role.MENTEE, times=("meeting_at",)),
    ),
    EmailKind.FIRST_MEETING: Kind(
        checkins.first_meeting,
        label=mark("To a mentee: have you met?"),
        subject=mark("Have you met {mentor} yet?"),
        opening=mark("{weeks_ago} we introduced you to {mentor}. Have you two been in touch?"),
        fields=("mentor", "weeks_ago"),
        example=OfPairing(Role.MENTEE, no_times=("met_at",)),
    ),
    EmailKind.NO_CONTACT_YET: Kind(
        checkins.no_contact_yet,
        label=mark("To a mentor: your mentee hasn't heard from you"),
        subject=mark("Could you write to {mentee}?"),
        opening=mark("{mentee} tells us that the two of you haven't been in touch yet."),
        fields=("mentee",),
        example=OfPairing(Role.MENTOR, times=("no_contact_at",), no_times=("met_at",)),
    ),
    EmailKind.MENTEE_PULSE: Kind(
        checkins.mentee_pulse,
        label=mark("To a mentee: how is it going?"),
        subject=mark("How is it going with {mentor}?"),
        opening=mark("One question about you and {mentor}: how is it going?"),
        fields=("mentor",),
        example=OfPairing(Role.MENTEE),
    ),
    EmailKind.MENTOR_PULSE: Kind(
        checkins.mentor_pulse,
        label=mark("To a mentor: how is it going?"),
        subject=mark("How is it going with {mentees}?"),
        opening=mark("One question about your mentoring: how is it going?"),
        fields=("mentees",),
        example=OfPairing(Role.MENTOR),
    ),
    EmailKind.NOT_THIS_TIME: Kind(
        results.not_this_time,
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
        results.no_mentee_this_time,
        label=mark("To a mentor: no new mentee this time"),
        subject=mark("No new mentee for you this time in {program}"),
        opening=mark(
            "Thank you for offering your time. There is no new mentee for you this round."
        ),
        fields=(),
        example=OfUnmatched(Role.MENTOR),
    ),
    EmailKind.ROUND_FINISHED: Kind(
        results.round_finished,
        label=mark("To coordinators: a round is done"),
        subject="{headline}",
        opening="{told}",
        example=OfCoordinator(),
    ),
    EmailKind.COORDINATOR_DIGEST: Kind(
        results.coordinator_digest,
        label=mark("To coordinators: the week"),
        subject=mark("{program} this week: {in_short}"),
        opening=mark("Here is what may need your attention this week in {program}."),
        example=OfCoordinator(),
    ),
    EmailKind.SIGN_IN: Kind(
        invitations.sign_in,
        label=mark("Sign-in code"),
        subject=mark("{code} is your code to sign in"),
        opening=mark("{asked} Your code, for the page on which you asked:"),
    ),
    EmailKind.WELCOME: Kind(
        invitations.welcome,
        label=mark("Welcome"),
        subject=mark("Welcome to {program}"),
        opening=mark("You now take part in {program} as a {role}."),
        fields=("role",),
        example=OfProfile(),
    ),
    EmailKind.NOT_ADMITTED: Kind(
        invitations.not_admitted,
        label=mark("Registration declined"),
        subject=mark("About your registration for {program}"),
        opening=mark(
            "Thank you for your interest in {program} as a {role}. The coordinators have "
            "looked at your registration and can't offer you a place."
        ),
        fields=("role",),
        example=OfProfile(tuple(ProfileState)),
    ),
}


def label(kind: EmailKind) -> str:
    """Return what a kind of email is called, for coordinators."""
    return _(KINDS[kind].label)
