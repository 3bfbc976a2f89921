"""The links in emails, which work signed out: whom each is for, and what it is about.

Each does what its email said and nothing else. Links that have ended are refused with the way on.
"""

from __future__ import annotations

import uuid

from flask import url_for
from itsdangerous import BadSignature
from sqlalchemy.orm import Session

from mentorship import database, links
from mentorship.errors import Gone, NotFound
from mentorship.language import gettext as _
from mentorship.links import Mailed, Purpose
from mentorship.models import Pairing, Person, Profile, Question
from mentorship.pairings import answers
from mentorship.pairings.answers import Inquiry
from mentorship.people import clock, profiles
from mentorship.states import LIVE_PAIRING
from webapp import gate, storage

_QUESTIONS = {Purpose(question.value): question for question in Question}
#: Whether two people have met is asked beside the page on which they note when they do.
_ASKED = _QUESTIONS | {Purpose.MEETING: Question.FIRST_MEETING}


def read(session: Session, token: str) -> tuple[uuid.UUID, uuid.UUID, Question]:
    """Return the pairing, person and question of an answer's link. Raises as `opened` does."""
    mailed = _read(token, *_QUESTIONS)
    person = _person(session, mailed)
    return mailed.about, person.id, _QUESTIONS[mailed.purpose]


def opened(session: Session, token: str, *purposes: Purpose) -> Inquiry:
    """Return where the person of an answer's link stands, in their language from now on.

    `purposes` are those that the page is for; none: any question's. Raises `NotFound` for a link
    that is not ours or is for something else, and `Gone` for one that has ended, alone or with its
    pairing.
    """
    mailed = _read(token, *(purposes or _QUESTIONS))
    person = _person(session, mailed)
    inquiry = answers.inquiry(session, mailed.about, person.id, _ASKED[mailed.purpose])
    zone = clock.Zones(session).look_up(inquiry.person, inquiry.pairing.program_id)
    gate.speak(inquiry.person.locale, str(zone))
    if inquiry.pairing.state not in LIVE_PAIRING:
        # Neither names nor places: the link may be in an old mailbox.
        raise Gone(
            _(
                "this pairing has ended, so there is nothing more to do here; for anything else, "
                "reply to any email from your program"
            )
        )
    return inquiry


def reader(session: Session, token: str, purpose: Purpose) -> Person:
    """Return the person of a link about their emails, in their language from now on.

    Raises `NotFound` for a link that is not ours or is for something else, and `Gone` for one that
    has ended.
    """
    person = _person(session, _read(token, purpose))
    gate.speak(person.locale, person.timezone)
    return person


def own(session: Session, token: str, purpose: Purpose, person_id: uuid.UUID) -> uuid.UUID:
    """Return what a link is about that works for its person alone, once they are signed in.

    Raises as `reader` does, and `NotFound` for a link of someone else.
    """
    mailed = _read(token, purpose)
    if mailed.person_id != person_id:
        raise NotFound(
            _(
                "this link is for another account; sign out, then sign in with the account that "
                "asked for it"
            )
        )
    _person(session, mailed)
    return mailed.about


def invited(session: Session, token: str) -> Profile:
    """Return the profile of an invitation's link. Raises as `reader` does."""
    mailed = _read(token, Purpose.INVITATION)
    profile = profiles.get(session, mailed.about)
    _check_current(session, mailed, profile.person)
    return profile


def about(session: Session, pairing: Pairing, person: Person) -> dict[str, str]:
    """Return the pages on which a person who is signed in answers about a pairing."""

    def token(purpose: Purpose) -> str:
        return links.token(purpose, person, pairing.id, database.now(session), storage.settings())

    met = token(Purpose.FIRST_MEETING)
    return {
        "ask": url_for("answers.show", token=token(Purpose.ASK)),
        "meeting": url_for("meetings.show", token=met),
        "met": url_for("answers.show", token=met, choice="met"),
        "no_contact": url_for("answers.show", token=met, choice="no_contact"),
        "not_fit": url_for("answers.show", token=met, choice="not_fit"),
    }


def _read(token: str, *purposes: Purpose) -> Mailed:
    try:
        return links.read(token, purposes, storage.settings())
    except BadSignature:
        raise _incomplete() from None


def _person(session: Session, mailed: Mailed) -> Person:
    person = session.get(Person, mailed.person_id)
    if person is None:
        raise _incomplete()
    _check_current(session, mailed, person)
    return person


def _check_current(session: Session, mailed: Mailed, person: Person) -> None:
    if not mailed.is_current(person, database.now(session).date()):
        raise Gone(
            _(
                "it has expired, or your account has changed since; use the link in your "
                "newest email, or sign in"
            )
        )


def _incomplete() -> NotFound:
    return NotFound(_("this link is incomplete; open it from the email once more"))
