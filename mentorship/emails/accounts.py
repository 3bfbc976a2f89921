"""What emails about an account say: a new address, and becoming a coordinator or ceasing to be."""

from __future__ import annotations

from sqlalchemy.orm import Session

from mentorship import links
from mentorship.emails.contents import Content, Outdated
from mentorship.emails.kind import Kind
from mentorship.language import mark
from mentorship.models import Email, EmailKind, Program
from mentorship.programs import programs
from mentorship.settings import Settings


def address_replaced(session: Session, row: Email, settings: Settings) -> Content:
    return Content({})


def address_changed(session: Session, row: Email, settings: Settings) -> Content:
    return Content({"link": links.to("account", settings)})


def coordinator_added(session: Session, row: Email, settings: Settings) -> Content:
    if not _runs_it(session, row):
        raise Outdated("this person no longer coordinates the program")
    program = session.get_one(Program, row.cause_id)
    return Content({"link": links.to(f"programs/{program.slug}/desk", settings)})


def coordinator_removed(session: Session, row: Email, settings: Settings) -> Content:
    if _runs_it(session, row):
        raise Outdated("this person coordinates the program again")
    return Content({})


def _runs_it(session: Session, row: Email) -> bool:
    coordinators = programs.coordinators(session, row.cause_id)
    return row.person_id in {each.person_id for each in coordinators}


KINDS: dict[EmailKind, Kind] = {
    EmailKind.ADDRESS_REPLACED: Kind(
        address_replaced,
        label=mark("Address changed, to the old one"),
        subject=mark("This address no longer signs you in"),
        opening=mark(
            "The email address of your mentoring account was changed. This address no longer signs "
            "you in, and emails from your programs go to the new one."
        ),
    ),
    EmailKind.ADDRESS_CHANGED: Kind(
        address_changed,
        label=mark("Address changed, to the new one"),
        subject=mark("You now sign in with this address"),
        opening=mark(
            "The email address of your mentoring account was changed to this one. From now on you "
            "sign in with it, and emails from your programs come here."
        ),
    ),
    EmailKind.COORDINATOR_ADDED: Kind(
        coordinator_added,
        label=mark("Coordinator added"),
        subject=mark("You now coordinate {program}"),
        opening=mark(
            "You were made a coordinator of {program}: you can import people, run rounds and "
            "publish them."
        ),
    ),
    EmailKind.COORDINATOR_REMOVED: Kind(
        coordinator_removed,
        label=mark("Coordinator removed"),
        subject=mark("You no longer coordinate {program}"),
        opening=mark("You were removed as a coordinator of {program}."),
    ),
}
