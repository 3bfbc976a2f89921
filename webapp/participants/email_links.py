"""The links in emails, which work signed out: whom each is for, and what it is about."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import TypeVar

from flask import url_for
from itsdangerous import BadSignature
from sqlalchemy.orm import Session

from mentorship import links
from mentorship.errors import NotFound
from mentorship.language import gettext as _
from mentorship.models import Pairing, Person, Profile, Question
from mentorship.pairings import answers
from mentorship.pairings.answers import Inquiry
from mentorship.people import clock, profiles
from mentorship.settings import Settings
from webapp import gate, storage

T = TypeVar("T")


def read(token: str) -> tuple[uuid.UUID, uuid.UUID, Question]:
    """Return the pairing, person and question of an answer's link. Raises `NotFound`."""
    return _checked(links.read_answer_token, token)


def opened(session: Session, token: str) -> Inquiry:
    """Return where the person of an answer's link stands, in their language from now on.

    Raises `NotFound` for a link that is not ours, or that leads to nothing.
    """
    pairing_id, person_id, question = read(token)
    inquiry = answers.inquiry(session, pairing_id, person_id, question)
    zone = clock.Zones(session).look_up(inquiry.person, inquiry.pairing.program_id)
    gate.speak(inquiry.person.locale, str(zone))
    return inquiry


def reader(session: Session, token: str) -> Person:
    """Return the person of an unsubscribe link, in their language from now on.

    Raises `NotFound` for a link that is not ours.
    """
    person = session.get(Person, _checked(links.read_unsubscribe_token, token))
    if person is None:
        raise _incomplete()
    gate.speak(person.locale, person.timezone)
    return person


def invited(session: Session, token: str) -> Profile:
    """Return the profile of an invitation's link. Raises `NotFound`."""
    return profiles.get(session, _checked(links.read_invitation_token, token))


def about(pairing: Pairing, person_id: uuid.UUID) -> dict[str, str]:
    """Return the pages on which a person who is signed in answers about a pairing."""

    def token(question: Question) -> str:
        return links.answer_token(pairing.id, person_id, question, storage.settings())

    met = token(Question.FIRST_MEETING)
    return {
        "ask": url_for("answers.show", token=token(Question.ASK)),
        "meeting": url_for("meetings.show", token=met),
        "met": url_for("answers.show", token=met, choice="met"),
        "not_fit": url_for("answers.show", token=met, choice="not_fit"),
    }


def _checked(read: Callable[[str, Settings], T], token: str) -> T:
    try:
        return read(token, storage.settings())
    except BadSignature:
        raise _incomplete() from None


def _incomplete() -> NotFound:
    return NotFound(_("this link is incomplete; open it from the email once more"))
