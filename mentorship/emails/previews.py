"""Emails as they would look, for coordinators: of real people where there are some, else made up.

Nothing is written, and no link in a preview works: someone who looks at it must not be able to
answer in another's name.
"""

from __future__ import annotations

import dataclasses
import secrets
import uuid
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import set_committed_value

from mentorship.emails import contents, made_up, messages
from mentorship.emails.kinds import KINDS
from mentorship.errors import Invalid
from mentorship.language import gettext as _
from mentorship.models import EmailKind, Pairing, Program
from mentorship.pairings import reasons
from mentorship.settings import Settings


@dataclass(frozen=True)
class Preview:
    """An email as someone would get it."""

    reader: str
    #: Whether the people in it are examples, because the program has none yet whom it would fit.
    is_made_up: bool
    email: messages.Rendered


def of(session: Session, program: Program, kind: EmailKind, settings: Settings) -> Preview:
    """Return what an email of a kind looks like in a program, and write nothing.

    Sensitive goals are left out, since coordinators do not read of them. Raises `Invalid` for
    emails about an account, such as those with a code to sign in.
    """
    example = KINDS[kind].example
    if example is None:
        raise Invalid(_("emails about an account are not shown"))
    # Links are signed with a key that no one knows, so that none of them works.
    settings = dataclasses.replace(settings, secret_key=secrets.token_hex(32))
    row = example.newest(session, program, kind)
    if row is not None:
        held = _without_sensitive(session, row.person_id)
        try:
            rendered = messages.render(session, row, settings)
            return Preview(row.person.full_name, False, rendered)
        except (contents.Outdated, messages.Unsendable):
            pass  # What there is does not fit, such as a person who has answered since.
        finally:
            for pairing in held:
                session.expire(pairing, ["reasons"])
    with made_up.cast(session, program) as (examples, cast):
        row = example.posed(cast, kind)
        examples.flush()
        return Preview(row.person.full_name, True, messages.render(examples, row, settings))


def _without_sensitive(session: Session, person_id: uuid.UUID) -> list[Pairing]:
    """Leave sensitive goals out of the reasons that are held in memory, and return whose."""
    mine = (Pairing.mentee_person_id == person_id) | (Pairing.mentor_person_id == person_id)
    held = list(session.scalars(select(Pairing).where(mine)))
    for pairing in held:
        set_committed_value(pairing, "reasons", reasons.without_sensitive(pairing.reasons))
    return held
