"""Signing in: links and codes that work once.

No one has a password. The secrets of an emailed link are made from its id with the installation's
key, so that the email can be written later without anything having been kept. Only hashes are
stored.
"""

from __future__ import annotations

import dataclasses
import datetime
import enum
import hmac
import secrets
import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, delete, exists, func, select, update
from sqlalchemy.orm import Session

from mentorship import audit, database, links, outbox
from mentorship.accounts import sessions
from mentorship.models import EmailKind, Person, SignInLink
from mentorship.people import addresses, persons
from mentorship.settings import Settings

#: A link printed on the operator's terminal.
LINK_LIVES = datetime.timedelta(hours=1)
EMAILED_LIVES = datetime.timedelta(minutes=10)
#: Emails to one address within `EMAILED_LIVES`. Later requests send none, and the codes of the
#: others are good for them too: strangers cannot keep anyone out by asking in their name.
MOST_EMAILS = 5
#: Emails that are asked for at one place within `PLACE_COUNTS`: enough for a hospital.
MOST_FROM_PLACE = 600
PLACE_COUNTS = datetime.timedelta(hours=1)
MOST_WRONG_CODES = 5
#: Wrong codes for one address within `EMAILED_LIVES` after which only a browser's own code is good.
MOST_WRONG_IN_ALL = 500
#: How long expired links are kept.
FORGOTTEN = datetime.timedelta(days=1)


@dataclass(frozen=True)
class SignedIn:
    """A browser that was just signed in: its cookie, its lifetime, and the page to show next."""

    cookie: str
    lives: datetime.timedelta
    then: str


class Sending(enum.StrEnum):
    """The outcome of a request for an email; the same for known and unknown addresses."""

    EMAILED = "emailed"
    ENOUGH_FOR_ADDRESS = "enough for this address"
    ENOUGH_FROM_PLACE = "enough from this place"


@dataclass(frozen=True)
class Asked:
    """A request: the secret that the asking browser keeps, and whether an email is sent."""

    browser: str
    sending: Sending


def make_link(session: Session, person: Person, settings: Settings) -> str:
    """Return a link that signs a person in once, in any browser, within `LINK_LIVES`."""
    secret = secrets.token_urlsafe(32)
    at = database.now(session)
    session.add(
        SignInLink(
            person_id=person.id,
            token_hash=sessions.hashed(secret),
            access_revision=person.access_revision,
            is_answered=True,
            created_at=at,
            expires_at=at + LINK_LIVES,
        )
    )
    session.flush()
    return links.to(f"sign-in/{secret}", settings)


def ask(
    session: Session,
    address: str,
    settings: Settings,
    *,
    origin: str,
    then: str = "/",
    for_joining: bool,
    browser: str | None = None,
) -> Asked:
    """Ask for an email with a link and a code.

    Nothing here depends on whether anyone has this address: `answer_requests` looks for them
    afterwards. `origin` is the place that asks, `browser` what the browser kept of an earlier
    request, which stays open where no other email may leave.
    """
    at = database.now(session)
    address = addresses.address_key(address)
    origin_hash = _keyed(f"place {origin}", settings)
    sending = _sending(session, at, address, origin_hash)
    if sending is not Sending.EMAILED and browser is not None:
        earlier = _of_browser(session, browser)
        if earlier is not None and earlier.address == address:
            return Asked(browser, sending)
    id, browser = uuid.uuid4(), secrets.token_urlsafe(32)
    link, code = links.sign_in_secrets(id, settings)
    session.add(
        SignInLink(
            id=id,
            token_hash=sessions.hashed(link),
            code_hash=sessions.hashed(f"{id} {code}"),
            browser_hash=sessions.hashed(browser),
            address=address,
            origin_hash=origin_hash,
            is_emailed=sending is Sending.EMAILED,
            for_joining=for_joining,
            then=then,
            created_at=at,
            expires_at=at + EMAILED_LIVES,
        )
    )
    return Asked(browser, sending)


def _sending(session: Session, at: datetime.datetime, address: str, origin_hash: str) -> Sending:
    def emailed(since: datetime.timedelta, *conditions: ColumnElement[bool]) -> int:
        query = select(func.count()).select_from(SignInLink)
        query = query.where(SignInLink.created_at > at - since, SignInLink.is_emailed, *conditions)
        return session.scalar(query) or 0

    # Both are counted whatever the first says, so that every answer takes equally long.
    to_address = emailed(EMAILED_LIVES, SignInLink.address == address)
    from_place = emailed(PLACE_COUNTS, SignInLink.origin_hash == origin_hash)
    if to_address >= MOST_EMAILS:
        return Sending.ENOUGH_FOR_ADDRESS
    return Sending.ENOUGH_FROM_PLACE if from_place >= MOST_FROM_PLACE else Sending.EMAILED


def answer_requests(session: Session) -> None:
    """Queue the emails that were asked for, to addresses that are known or that may join."""
    asked = select(SignInLink).where(~SignInLink.is_answered, SignInLink.is_emailed)
    for link in session.scalars(asked.with_for_update()).all():
        link.is_answered = True
        address = link.address or ""
        person = persons.find(session, address)
        if person is None and link.for_joining:
            person = persons.know(session, address, full_name="")
        if person is not None:
            link.person_id = person.id
            link.access_revision = person.access_revision
            outbox.owe(session, EmailKind.SIGN_IN, to=person.id, about=link.id, program_id=None)


def find_link(session: Session, secret: str) -> SignInLink | None:
    """Return the link of this secret if it can still be used; changes nothing."""
    return session.scalar(
        select(SignInLink).where(
            SignInLink.token_hash == sessions.hashed(secret), *_usable(session)
        )
    )


def is_usable(session: Session, link: SignInLink) -> bool:
    """Return whether a link can still be used."""
    usable = select(SignInLink.id).where(SignInLink.id == link.id, *_usable(session))
    return session.scalar(usable) is not None


def is_bound_to(session: Session, link: SignInLink, browser: str | None) -> bool:
    """Return whether a browser, known by the secret it kept, may use a link.

    It may if it asked for this link, or for another one to the same address.
    """
    if link.browser_hash is None:
        return True
    asked = None if browser is None else _of_browser(session, browser)
    return asked is not None and asked.address == link.address


def _of_browser(session: Session, browser: str) -> SignInLink | None:
    """Return the open request of a browser."""
    return session.scalar(
        select(SignInLink).where(
            SignInLink.browser_hash == sessions.hashed(browser), *_usable(session)
        )
    )


def use_link(
    session: Session, secret: str, browser: str | None, user_agent: str
) -> SignedIn | None:
    """Sign a browser in by a link, which works once; None if it is not valid for this browser."""
    link = find_link(session, secret)
    if link is None or not is_bound_to(session, link, browser):
        return None
    return _use(session, link, user_agent)


def use_code(session: Session, browser: str, code: str, user_agent: str) -> SignedIn | None:
    """Sign in the browser that asked, by an emailed code; None, and counted, if it is wrong.

    The code may be that of any open request for the same address: a stranger who asks in a
    person's name only sends them more emails, each with a code that is good here.
    """
    asked = session.scalar(
        select(SignInLink)
        .where(SignInLink.browser_hash == sessions.hashed(browser), *_usable(session))
        .with_for_update()
    )
    if asked is None or asked.wrong_codes >= MOST_WRONG_CODES:
        return None
    plain = "".join(code.upper().split()).replace("-", "")
    for link in _with_codes(session, asked):
        hash = sessions.hashed(f"{link.id} {plain}")
        if hmac.compare_digest(link.code_hash or "", hash) and link.person_id is not None:
            signed_in = _use(session, link, user_agent)
            if signed_in is not None:
                asked.used_at = asked.used_at or database.now(session)
                return dataclasses.replace(signed_in, then=asked.then)
    asked.wrong_codes += 1
    audit.record(session, "service", "wrong sign-in code", subject_id=asked.id)
    return None


def _with_codes(session: Session, asked: SignInLink) -> Sequence[SignInLink]:
    """Return the requests whose codes work in a browser that has asked."""
    to_address = SignInLink.address == asked.address, *_usable(session)
    wrong = session.scalar(select(func.sum(SignInLink.wrong_codes)).where(*to_address)) or 0
    good = SignInLink.id == asked.id
    if wrong < MOST_WRONG_IN_ALL:
        good = good | SignInLink.is_emailed
    return session.scalars(select(SignInLink).where(*to_address, good)).all()


def _usable(session: Session) -> tuple[ColumnElement[bool], ...]:
    return (
        SignInLink.used_at.is_(None),
        SignInLink.expires_at > database.now(session),
        # Until someone is found who has the address, there is no access that could have ended.
        SignInLink.person_id.is_(None) | _is_current,
    )


_is_current = exists().where(
    Person.id == SignInLink.person_id, Person.access_revision == SignInLink.access_revision
)


def _use(session: Session, link: SignInLink, user_agent: str) -> SignedIn | None:
    at = database.now(session)
    # The conditions are repeated here, so that of two who use it at once, one is signed in.
    used = update(SignInLink).where(SignInLink.id == link.id, *_usable(session)).values(used_at=at)
    person_id = session.scalar(used.returning(SignInLink.person_id))
    if person_id is None:
        return None
    person = session.get_one(Person, person_id)
    cookie, lives = sessions.begin(session, person, user_agent)
    audit.record(session, str(person_id), "signed in")
    if link.address is not None:
        # A link or code from an email was used, so mail arrives; a printed link proves nothing.
        persons.clear_address(session, person, str(person_id))
    return SignedIn(cookie, lives, link.then)


def _keyed(text: str, settings: Settings) -> str:
    """Return a hash that takes the installation's key to compute."""
    key = settings.require("secret_key").secret_key.encode()
    return hmac.digest(key, text.encode(), "sha256").hex()


def forget_old(session: Session) -> None:
    """Remove links that expired long ago."""
    before = database.now(session) - FORGOTTEN
    session.execute(delete(SignInLink).where(SignInLink.expires_at < before))
