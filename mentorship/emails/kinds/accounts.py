"""What emails about an account say: a new address, becoming a coordinator or ceasing to be."""

from __future__ import annotations

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from mentorship import links
from mentorship.accounts import own_address
from mentorship.emails import contents
from mentorship.emails.contents import Content, Outdated
from mentorship.emails.kind import Kind
from mentorship.language import mark
from mentorship.links import Purpose
from mentorship.models import Email, EmailKind, Profile, Program
from mentorship.programs import programs
from mentorship.settings import Settings


def address_confirmation(session: Session, row: Email, settings: Settings) -> Content:
    if not own_address.is_open(session, row):
        raise Outdated("it is too old, or the person asked for another address since")
    hours = int(own_address.LIVES.total_seconds()) // 3600
    return Content({"link": contents.link(row, Purpose.ADDRESS, row.id, settings), "hours": hours})


def address_replaced(session: Session, row: Email, settings: Settings) -> Content:
    return Content({})


def address_changed(session: Session, row: Email, settings: Settings) -> Content:
    return Content({"link": links.to("account", settings)})


def coordinator_added(session: Session, row: Email, settings: Settings) -> Content:
    if not _runs_it(session, row):
        raise Outdated("this person no longer coordinates the program")
    program = session.get_one(Program, row.cause_id)
    takes_part = exists().where(Profile.person_id == row.person_id)
    return Content(
        {
            "link": links.to(f"programs/{program.slug}/desk", settings),
            # Others were never signed in anywhere.
            "was_signed_out": session.scalar(select(takes_part)),
        }
    )


def coordinator_removed(session: Session, row: Email, settings: Settings) -> Content:
    if _runs_it(session, row):
        raise Outdated("this person coordinates the program again")
    return Content({})


def _runs_it(session: Session, row: Email) -> bool:
    coordinators = programs.coordinators(session, row.cause_id)
    return row.person_id in {each.person_id for each in coordinators}


KINDS: dict[EmailKind, Kind] = {
    EmailKind.ADDRESS_CONFIRMATION: Kind(
        address_confirmation,
        label=mark("Address to confirm"),
        subject=mark("Confirm your new email address"),
        opening=mark(
            "Someone, most likely you, wants to use this address for their mentoring account: to "
            "sign in, and for emails from their programs."
        ),
    ),
    EmailKind.ADDRESS_REPLACED: Kind(
        address_replaced,
        label=mark("Address changed, to the old one"),
        subject=mark("You can no longer sign in with this address"),
        opening=mark(
            "The email address of your mentoring account was changed. You can no longer sign in "
            "with this address, and emails from your programs go to the new one."
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
            "You're now a coordinator of {program}: you can import people, run rounds, and "
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
