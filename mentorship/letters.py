"""The words of emails: from a row of the outbox to the bytes that are sent.

A letter is a text and an HTML template of the same name in `emails/`, and a function here that
gathers what they say. The text's first line is the subject.
"""

from __future__ import annotations

import datetime
import email.policy
import functools
import logging
import re
import uuid
import zoneinfo
from dataclasses import dataclass
from email.headerregistry import Address
from email.message import EmailMessage
from email.parser import BytesHeaderParser
from typing import Any
from urllib.parse import urlsplit

import css_inline
import jinja2
from sqlalchemy import select
from sqlalchemy.exc import NoResultFound
from sqlalchemy.orm import Session

from mentorship import cards, database, links, programs, sentences
from mentorship.models import (
    Email,
    EmailKind,
    Pairing,
    Profile,
    Program,
    Role,
    Round,
    SignInLink,
    Unmatched,
)
from mentorship.sentences import Reader
from mentorship.settings import Settings
from mentorship.states import LIVE_PAIRING, PairingState, ProfileState

log = logging.getLogger(__name__)

#: Exactly these headers leave, each once. Anything else was smuggled in by a name or a subject.
HEADERS = (
    "From", "To", "Reply-To", "Subject", "Date", "Message-ID", "Auto-Submitted", "MIME-Version",
    "Content-Type",
)  # fmt: skip
DAYS_TO_WRITE = 7
#: Who writes where no program does.
SERVICE = "Preceptor"


class Unsendable(Exception):
    """A letter that must not be sent as it came out; the message says why."""


class Outdated(Unsendable):
    """What a letter would say is no longer so; the message says what."""


@dataclass(frozen=True)
class Letter:
    """One message, ready for the relay."""

    sender: str
    recipient: str
    message_id: str
    message: bytes


def compose(session: Session, email_id: uuid.UUID, settings: Settings) -> Letter:
    """Return the letter of an outbox row: the stored bytes where there are any, else a new one.

    Raises `Unsendable` where what came out is not exactly one message to exactly one person.
    """
    row = session.get_one(Email, email_id)
    address = row.person.email
    if row.kind is EmailKind.SIGN_IN:
        _check_usable(session, row)
    if row.message is not None and row.message_id is not None:
        return Letter(settings.mail_from, address, row.message_id, row.message)
    program = session.get(Program, row.program_id) if row.program_id else None
    coordinators = programs.coordinators(session, program.id) if program else []
    contact = coordinators[0].person.email if coordinators else settings.mail_from
    sender = program.name if program else SERVICE
    try:
        context = _CONTEXTS[row.kind](session, row, settings)
    except (LookupError, NoResultFound, zoneinfo.ZoneInfoNotFoundError) as error:
        log.exception("email %s has lost what it is about", row.id)
        raise Unsendable(f"what it is about is gone: {type(error).__name__}") from error
    said = {
        "person": row.person,
        "program": program,
        "sender": sender,
        "contact": contact,
        **context,
    }
    try:
        subject, _, text = _templates().get_template(f"{row.kind}.txt").render(said).partition("\n")
        html = _inlined(_templates().get_template(f"{row.kind}.html").render(said))
    except Exception as error:
        log.exception("email %s cannot be rendered", row.id)
        raise Unsendable(f"it cannot be rendered: {type(error).__name__}") from error
    text = re.sub(r"\n{3,}", "\n\n", text).strip() + "\n"
    host = urlsplit(settings.base_url).hostname or "localhost"
    headers = {
        "Subject": _plain(subject.removeprefix("Subject: ")),
        "Date": database.now(session),
        "Message-ID": f"<{row.id}@{host}>",
        "Reply-To": Address(addr_spec=contact),
        "Auto-Submitted": "auto-generated",
    }
    names = (_plain(sender), _plain(row.person.full_name))
    for sender_name, reader_name in (names, ("", "")):
        from_to = {
            "From": Address(sender_name, addr_spec=settings.mail_from),
            "To": Address(reader_name, addr_spec=address),
        }
        data = _assembled(from_to | headers, text, html)
        if data is not None and _is_exact(data, address):
            return Letter(settings.mail_from, address, str(headers["Message-ID"]), data)
        # Python folds some long names with commas or brackets so that they read as several
        # addresses. Such a person gets the letter under their bare address.
    raise Unsendable("its headers do not come out as one message to one person")


def _assembled(headers: dict[str, Any], text: str, html: str) -> bytes | None:
    """Return the bytes of a message, None where Python cannot write its headers."""
    message = EmailMessage(policy=email.policy.SMTP)
    try:
        for name, value in headers.items():
            message[name] = value
        # Quoted-printable keeps every line short and plain, whatever relay it passes through.
        message.set_content(text, cte="quoted-printable")
        message.add_alternative(html, subtype="html", cte="quoted-printable")
        return message.as_bytes()
    except (ValueError, LookupError, AttributeError):
        return None


def _is_exact(data: bytes, recipient: str) -> bool:
    """Read a message as a relay would; a name or a subject must not have made it another."""
    try:
        found = BytesHeaderParser(policy=email.policy.SMTP).parsebytes(data)
        recipients = [address.addr_spec for address in found["To"].addresses]
    except (ValueError, LookupError, AttributeError):
        return False
    return sorted(found.keys()) == sorted(HEADERS) and recipients == [recipient]


def _invitation(session: Session, row: Email, settings: Settings) -> dict[str, Any]:
    profile = session.get_one(Profile, row.cause_id)
    token = links.invitation_token(profile.id, settings)
    return {
        "role": profile.role,
        "link": links.to(f"invitations/{token}", settings),
    }


def _check_usable(session: Session, row: Email) -> None:
    """Raise `Unsendable` for a code that would arrive too late to be of use."""
    link = session.get(SignInLink, row.cause_id)
    if link is None or link.used_at is not None or link.expires_at < database.now(session):
        raise Unsendable("the request to sign in was used, or is too old")


def _sign_in(session: Session, row: Email, settings: Settings) -> dict[str, Any]:
    link = session.get_one(SignInLink, row.cause_id)
    secret, code = links.sign_in_secrets(link.id, settings)
    return {
        "link": links.to(f"sign-in/{secret}", settings),
        "code": f"{code[:4]} {code[4:]}",
        "minutes": round((link.expires_at - link.created_at).total_seconds() / 60),
        "joins": link.for_joining,
    }


def _welcome(session: Session, row: Email, settings: Settings) -> dict[str, Any]:
    profile = session.get_one(Profile, row.cause_id)
    return {
        "role": profile.role,
        "next_round": _format(session.get_one(Program, row.program_id).upcoming_round_on),
        "link": links.to("", settings),
    }


def _not_admitted(session: Session, row: Email, settings: Settings) -> dict[str, Any]:
    return {"role": session.get_one(Profile, row.cause_id).role}


def _mentee_introduction(session: Session, row: Email, settings: Settings) -> dict[str, Any]:
    pairing = session.get_one(Pairing, row.cause_id)
    if pairing.state not in LIVE_PAIRING:
        raise Unsendable("the pairing that it would have announced has ended")
    return {
        "mentor": cards.of_profile(pairing.mentor),
        "reasons": _reasons(pairing, Reader.MENTEE),
        "write_by": _day(pairing.introduced_at, pairing.mentee, DAYS_TO_WRITE),
        **_promise(session, pairing, pairing.mentee),
        "ended": _ended(session, pairing.round_id, row.person_id, Role.MENTEE),
    }


def _mentor_introduction(session: Session, row: Email, settings: Settings) -> dict[str, Any]:
    found = session.scalars(
        select(Pairing)
        .where(
            Pairing.round_id == row.cause_id,
            Pairing.mentor_person_id == row.person_id,
            Pairing.state.in_(LIVE_PAIRING),
        )
        .order_by(Pairing.score.desc(), Pairing.id)
    ).all()
    if not found:
        raise Unsendable("every pairing that it would have announced has ended")
    first = found[0]
    mentees = [
        {
            **cards.of_profile(pairing.mentee),
            "reasons": _reasons(pairing, Reader.MENTOR),
            "hopes": pairing.mentee.answers.get("statement"),
        }
        for pairing in found
    ]
    return {
        "mentees": mentees,
        "write_by": _day(first.introduced_at, first.mentor, DAYS_TO_WRITE),
        **_promise(session, first, first.mentor),
        "ended": _ended(session, row.cause_id, row.person_id, Role.MENTOR),
    }


def _pairing_ended(session: Session, row: Email, settings: Settings) -> dict[str, Any]:
    pairing = session.get_one(Pairing, row.cause_id)
    as_mentor = pairing.mentor_person_id == row.person_id
    other = pairing.mentee if as_mentor else pairing.mentor
    return {
        "other": other.person.full_name,
        "as_mentor": as_mentor,
        "other_left": other.state is ProfileState.LEFT,
    }


def _left_over(session: Session, row: Email, settings: Settings) -> dict[str, Any]:
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
    return {
        "reason": sentences.of_unmatched(unmatched.reason, Reader(role)),
        "rounds_waiting": profile.rounds_waiting,
        "next_round": _format(session.get_one(Program, row.program_id).upcoming_round_on),
        "ended": _ended(session, row.cause_id, row.person_id, role),
    }


def _round_finished(session: Session, row: Email, settings: Settings) -> dict[str, Any]:
    round = session.get_one(Round, row.cause_id)
    result = round.result or {}
    return {
        "round": round,
        "measures": result.get("measures"),
        "certificate": result.get("certificate"),
        "link": links.to(f"programs/{round.program.slug}/rounds/{round.id}", settings),
    }


_CONTEXTS = {
    EmailKind.INVITATION: _invitation,
    EmailKind.MENTEE_INTRODUCTION: _mentee_introduction,
    EmailKind.MENTOR_INTRODUCTION: _mentor_introduction,
    EmailKind.PAIRING_ENDED: _pairing_ended,
    EmailKind.NOT_THIS_TIME: _left_over,
    EmailKind.NO_MENTEE_THIS_TIME: _left_over,
    EmailKind.ROUND_FINISHED: _round_finished,
    EmailKind.SIGN_IN: _sign_in,
    EmailKind.WELCOME: _welcome,
    EmailKind.NOT_ADMITTED: _not_admitted,
}


def _reasons(pairing: Pairing, reader: Reader) -> list[str]:
    names = pairing.mentee.person.called, pairing.mentor.person.called
    return sentences.of_pair(pairing.reasons, reader, *names)


def _promise(session: Session, pairing: Pairing, reader: Profile) -> dict[str, Any]:
    """Return how often and until when the program asks the two to meet."""
    program = session.get_one(Program, pairing.program_id)
    return {
        "meetings_per_month": program.meetings_per_month,
        "length_months": program.length_months,
        "ends": _day(pairing.introduced_at, reader, round(program.length_months * 30.44)),
    }


def _ended(session: Session, round_id: uuid.UUID, person_id: uuid.UUID, role: Role) -> list[str]:
    """Return with whom this round ended somebody's pairings."""
    round = session.get_one(Round, round_id)
    mine, other = (
        (Pairing.mentee_person_id, "mentor")
        if role is Role.MENTEE
        else (Pairing.mentor_person_id, "mentee")
    )
    broken = [uuid.UUID(id) for id in (round.result or {}).get("broken", [])]
    ended = session.scalars(
        select(Pairing)
        .where(Pairing.id.in_(broken), mine == person_id, Pairing.state == PairingState.ENDED)
        .order_by(Pairing.id)
    )
    return [getattr(pairing, other).person.full_name for pairing in ended]


def _day(start: datetime.datetime | None, reader: Profile, days: int) -> str:
    """Return the day so many days on, on the reader's calendar."""
    if start is None:
        raise Unsendable("the pairing has not been introduced")
    zone = zoneinfo.ZoneInfo(reader.answers["timezone"])
    return _format((start.astimezone(zone) + datetime.timedelta(days=days)).date()) or ""


def _format(day: datetime.date | None) -> str | None:
    return f"{day:%A}, {day.day} {day:%B %Y}" if day else None


@functools.cache
def _templates() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("mentorship", "emails"),
        # A text template is shown as it is; an HTML one never takes a name for markup.
        autoescape=jinja2.select_autoescape(["html"], default=False),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["count"] = sentences.count
    return environment


@functools.cache
def _inliner() -> css_inline.CSSInliner:
    return css_inline.CSSInliner(keep_at_rules=True, load_remote_stylesheets=False)


def _inlined(html: str) -> str:
    return _inliner().inline(html)


def _plain(text: str) -> str:
    """Return text for a header: one line, without sequences that some readers would decode."""
    return " ".join(text.split()).replace("=?", "= ?")
