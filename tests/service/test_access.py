"""Access that is given and taken back while a browser is signed in, at a running service."""

from __future__ import annotations

import datetime
import re
import uuid

import pytest
from patience import patient, wait_until
from services import RunningService
from sqlalchemy import func, select
from visitors import Visitor

from mentorship.models import BrowserSession, Person, Profile, Program, SignInLink

TO_SIGN_IN = "/sign-in?then="


def enter_by_code(service: RunningService, address: str) -> Visitor:
    """Sign in a new browser with the code of an email."""
    visitor = Visitor(service.port)
    before = len(codes(service, address))
    where = visitor.send("/sign-in", visitor.form("/sign-in"), email=address)
    wait_until("the code", lambda: len(codes(service, address)) > before)
    visitor.send(where, visitor.form(where), code=codes(service, address)[-1])
    return visitor


def codes(service: RunningService, address: str) -> list[str]:
    """The codes that an address was sent, in the order of their emails."""
    mine = [m for m in service.emails() if m["To"].addresses[0].addr_spec == address]
    mine.sort(key=lambda message: message["Date"].datetime)
    subjects = [str(message["Subject"]) for message in mine]
    return [subject[:9] for subject in subjects if "is your sign-in code" in subject]


def enter_by_link(service: RunningService, link: str) -> Visitor:
    visitor, path = Visitor(service.port), link.removeprefix(service.site)
    visitor.send(path, visitor.form(path))
    return visitor


def lives(service: RunningService, person_id: uuid.UUID) -> datetime.timedelta:
    """How long the newest session of a person may last."""
    newest = (
        select(BrowserSession)
        .where(BrowserSession.person_id == person_id)
        .order_by(BrowserSession.created_at.desc())
        .limit(1)
    )
    session = service.ask(lambda s: s.scalars(newest).one())
    return session.expires_at - session.created_at


@pytest.mark.timeout(patient(300))
def test_people_whose_rights_change_are_signed_out(
    sqlite_service: RunningService,
) -> None:
    service = sqlite_service
    slug = service.new_program(mentees=1, mentors=1)
    theirs = select(Person).join(Profile).join(Program).where(Program.slug == slug)
    person = service.ask(lambda s: s.scalars(theirs.where(Profile.role == "mentee")).one())
    desk = f"/programs/{slug}/desk"

    as_mentee = enter_by_code(service, person.email)
    assert as_mentee.status("/account") == (200, "")
    assert as_mentee.status(desk)[0] == 404
    assert lives(service, person.id) == datetime.timedelta(days=30)

    link = service.run("coordinator", "add", person.email, "--program", slug)["link"]
    status, location = as_mentee.status("/account")
    assert (status, location.partition("/account")[0]) == (302, TO_SIGN_IN), "a new sign-in first"
    assert as_mentee.status(desk) == (302, f"{TO_SIGN_IN}{desk}")

    as_coordinator = enter_by_link(service, link)
    assert as_coordinator.status(desk)[0] == 200
    assert lives(service, person.id) == datetime.timedelta(hours=12)

    service.coordinator_link(slug)  # A program keeps one.
    service.run("coordinator", "remove", person.email, "--program", slug)
    assert as_coordinator.status(desk) == (302, f"{TO_SIGN_IN}{desk}")
    again = enter_by_code(service, person.email)
    assert again.status(desk)[0] == 404
    assert again.status("/account")[0] == 200

    service.run("person", "sign-out", person.email)
    assert again.status("/account")[0] == 302


@pytest.mark.timeout(patient(300))
def test_people_change_their_own_address(sqlite_service: RunningService) -> None:
    service = sqlite_service
    slug = service.new_program(mentees=1, mentors=1)
    theirs = select(Person).join(Profile).join(Program).where(Program.slug == slug)
    person = service.ask(lambda s: s.scalars(theirs.where(Profile.role == "mentee")).one())
    old, new = person.email, f"new.{slug}@example.org"
    here, elsewhere = enter_by_code(service, old), enter_by_code(service, old)

    here.send("/account/address", here.form("/account"), email=new)
    link = wait_until("the link", lambda: links_to(service, new))[0]
    stranger = Visitor(service.port)
    assert stranger.status(link) == (302, f"{TO_SIGN_IN}{link}"), "the mailbox alone is no use"
    where = elsewhere.send(link, elsewhere.form(link))

    assert where == "/sign-in"
    for browser in (here, elsewhere):
        assert browser.status("/account")[0] == 302
    told = {
        "You can no longer sign in with this address": old,
        "You now sign in with this address": new,
    }
    wait_until("both addresses told", lambda: told.items() <= subjects(service).items())
    again = enter_by_code(service, new)
    assert again.status("/account")[0] == 200
    assert again.status(link)[0] == 410, "it worked once"
    unanswered = select(func.count(SignInLink.id)).where(
        ~SignInLink.is_answered, SignInLink.is_emailed
    )
    old_browser = Visitor(service.port)
    old_browser.send("/sign-in", old_browser.form("/sign-in"), email=old)
    wait_until("the request looked up", lambda: service.ask(lambda s: s.scalar(unanswered)) == 0)
    wait_until("no email to be sent", service.has_no_email_to_send)
    assert len(codes(service, old)) == 2, "no further code goes there"


def links_to(service: RunningService, address: str) -> list[str]:
    """The paths of the links by which an address is confirmed."""
    found = []
    for message in service.emails():
        text = message.get_body(("plain",))
        if message["To"].addresses[0].addr_spec == address and text is not None:
            found += re.findall(r"/account/address/[\w.~-]+", text.get_content())
    return found


def subjects(service: RunningService) -> dict[str, str]:
    """The addresses to which emails went, by their subject."""
    return {str(m["Subject"]): m["To"].addresses[0].addr_spec for m in service.emails()}
