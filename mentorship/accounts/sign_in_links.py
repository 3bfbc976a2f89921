"""Signing in: links and codes that work once.

No one has a password. The secrets of an emailed link are made from its id with the installation's
key, so that the email can be written later without anything having been kept. Only hashes are
stored.
"""

from __future__ import annotations

import datetime
import hmac
import secrets
import uuid
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
#: Requests for one address within `EMAILED_LIVES`, from one place and from all; more are answered
#: alike and send nothing. The second is so high that no one is kept out by another's requests.
MOST_REQUESTS = 5
MOST_REQUESTS_IN_ALL = 50
MOST_WRONG_CODES = 5
#: How long expired links are kept.
FORGOTTEN = datetime.timedelta(days=1)


@dataclass(frozen=True)
class SignedIn:
    """A browser that was just signed in: its cookie, its lifetime, and the page to show next."""

    cookie: str
    lives: datetime.timedelta
    then: str


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
) -> str | None:
    """Ask for an email with a link and a code; return the secret that the asking browser keeps.

    Nothing here depends on whether anyone has this address: `answer_requests` looks for them
    afterwards. `origin` is the network address of the browser. None where too many requests for
    this address are under way.
    """
    at = database.now(session)
    address = addresses.address_key(address)
    recent = SignInLink.address == address, SignInLink.created_at > at - EMAILED_LIVES
    from_here = func.count().filter(SignInLink.origin_hash == sessions.hashed(origin))
    asked, in_all = session.execute(select(from_here, func.count()).where(*recent)).one()
    if asked >= MOST_REQUESTS or in_all >= MOST_REQUESTS_IN_ALL:
        return None
    id, browser = uuid.uuid4(), secrets.token_urlsafe(32)
    link, code = links.sign_in_secrets(id, settings)
    session.add(
        SignInLink(
            id=id,
            token_hash=sessions.hashed(link),
            code_hash=sessions.hashed(f"{id} {code}"),
            browser_hash=sessions.hashed(browser),
            address=address,
            origin_hash=sessions.hashed(origin),
            for_joining=for_joining,
            then=then,
            created_at=at,
            expires_at=at + EMAILED_LIVES,
        )
    )
    return browser


def answer_requests(session: Session) -> None:
    """Queue the emails that were asked for, to addresses that are known or that may join."""
    asked = select(SignInLink).where(~SignInLink.is_answered).with_for_update()
    for link in session.scalars(asked).all():
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


def is_bound_to(link: SignInLink, browser: str | None) -> bool:
    """Return whether a browser, known by the secret it kept, may use a link."""
    return link.browser_hash is None or (
        browser is not None and hmac.compare_digest(link.browser_hash, sessions.hashed(browser))
    )


def use_link(
    session: Session, secret: str, browser: str | None, user_agent: str
) -> SignedIn | None:
    """Sign a browser in by a link, which works once; None if it is not valid for this browser."""
    link = find_link(session, secret)
    if link is None or not is_bound_to(link, browser):
        return None
    return _use(session, link, user_agent)


def use_code(session: Session, browser: str, code: str, user_agent: str) -> SignedIn | None:
    """Sign the browser that asked in by its emailed code; None, and counted, if it is wrong."""
    link = session.scalar(
        select(SignInLink)
        .where(SignInLink.browser_hash == sessions.hashed(browser), *_usable(session))
        .with_for_update()
    )
    if link is None or link.wrong_codes >= MOST_WRONG_CODES:
        return None
    plain = "".join(code.upper().split()).replace("-", "")
    is_right = hmac.compare_digest(link.code_hash or "", sessions.hashed(f"{link.id} {plain}"))
    if not is_right or link.person_id is None:
        link.wrong_codes += 1
        audit.record(session, "service", "wrong sign-in code", subject_id=link.id)
        return None
    return _use(session, link, user_agent)


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


def forget_old(session: Session) -> None:
    """Remove links that expired long ago."""
    before = database.now(session) - FORGOTTEN
    session.execute(delete(SignInLink).where(SignInLink.expires_at < before))
