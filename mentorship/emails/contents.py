"""What an email holds, and what emails of several kinds look up."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from matching.profiles import names
from mentorship import links
from mentorship.emails.mime import Attachment
from mentorship.language import gettext as _
from mentorship.links import Purpose
from mentorship.models import Email, Pairing, Person, Profile, Program, Role
from mentorship.pairings import hearing, pairings
from mentorship.people import cards, questionnaire, sight
from mentorship.people.cards import Card
from mentorship.settings import Settings
from mentorship.states import MET_PAIRING


class Outdated(Exception):
    """What an email would say is no longer true; the message says what."""


@dataclass(frozen=True)
class Content:
    """What one email holds, in the language in use."""

    #: For its template.
    shown: dict[str, Any]
    #: For the named fields of its wording.
    fields: dict[str, str] = field(default_factory=dict)
    #: Who gets a reply; None: the coordinator does.
    partner: Profile | None = None
    attachments: tuple[Attachment, ...] = ()


#: The first part of the page that a mailed link leads to; the others lead to a question's.
_PAGES = {
    Purpose.MEETING: "meetings",
    Purpose.INVITATION: "invitations",
    Purpose.PREFERENCES: "preferences",
    Purpose.UNSUBSCRIBE: "unsubscribe",
    Purpose.ADDRESS: "account/address",
}


def link(row: Email, purpose: Purpose, about: uuid.UUID, settings: Settings) -> str:
    """Return a link for the reader of an email, for one purpose."""
    token = links.token(purpose, row.person, about, row.created_at, settings)
    return links.to(f"{_PAGES.get(purpose, 'answers')}/{token}", settings)


def with_people() -> Any:
    """Select pairings together with both profiles and persons."""
    return select(Pairing).options(*pairings.WITH_PEOPLE)


def pairing_of(session: Session, row: Email) -> Pairing:
    """Return the pairing that an email is about."""
    pairing: Pairing = session.scalars(with_people().where(Pairing.id == row.cause_id)).one()
    return pairing


def met_pairing(session: Session, row: Email) -> Pairing:
    """Return the pairing that an email is about. Raises `Outdated` if the two do not meet."""
    pairing = pairing_of(session, row)
    if pairing.state not in MET_PAIRING:
        raise Outdated("the pairing that it is about has ended, or was never made")
    return pairing


def sides(pairing: Pairing, row: Email) -> tuple[Profile, Profile]:
    """Return the reader's profile and the other one's."""
    return pairing.side(row.person_id), pairing.other(row.person_id)


def card(other: Profile, pairing: Pairing) -> Card:
    """Return what one of the two of a pairing is shown of the other, as it stands now."""
    return cards.of_profile(other, sight.in_pairing(pairing))


def own_answers(other: Profile, pairing: Pairing) -> list[str]:
    """Return what the other answered to the program's own questions, a line for each."""
    told = questionnaire.told_to_program(other, sight.in_pairing(pairing))
    return [f"{question.rstrip('?: ')}: {answer}" for question, answer in told]


def name(other: Profile, pairing: Pairing) -> str:
    """Return the other's full name, where the two have been introduced."""
    return sight.name(other, sight.in_pairing(pairing))


def fields_of_other(other: Profile, pairing: Pairing) -> dict[str, str]:
    """Return the fields of a wording that name the other of the two."""
    return {"other": name(other, pairing), "other_role": role_name(other.role)}


def role_name(role: Role) -> str:
    """Return what a role is called inside a sentence."""
    return _("mentee") if role is Role.MENTEE else _("mentor")


def coordinator_name(person: Person) -> str:
    """Return what a coordinator is called, or the words for one who has given no name."""
    # Someone who has never given a name is listed under the first part of their address.
    is_named = person.called not in ("", names.shown(person.email.split("@")[0]))
    return person.called if is_named else _("the coordinator")


def program_of(session: Session, pairing: Pairing) -> Program:
    """Return the program of a pairing."""
    return session.get_one(Program, pairing.program_id)


def other_mentors(session: Session, pairing: Pairing) -> list[str]:
    """Return the names of the other mentors that the mentee of a pairing has in its program."""
    return [
        name(each.mentor, each)
        for each in pairings.of_profile(session, pairing.mentee)
        if each.state in MET_PAIRING and each.id != pairing.id
    ]


def ended_by_round(
    session: Session, round_id: uuid.UUID, person_id: uuid.UUID, role: Role
) -> list[str]:
    """Return the names of those with whom this round ended a person's pairings."""
    ended = hearing.ended_by(session, round_id, person_id, role)
    return [
        name(pairing.mentor if role is Role.MENTEE else pairing.mentee, pairing)
        for pairing in ended
    ]
