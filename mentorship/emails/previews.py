"""Emails as they would look, for coordinators: of real people where they may read it, else made up.

Nothing is written, and no link in a preview works: someone who looks at it must not be able to
answer in another's name.
"""

from __future__ import annotations

import dataclasses
import secrets
import uuid
from dataclasses import dataclass

from sqlalchemy.orm import Session

from mentorship.coordination import ledger
from mentorship.emails import contents, made_up, messages
from mentorship.emails.kinds import KINDS
from mentorship.errors import Invalid
from mentorship.language import gettext as _
from mentorship.models import Email, EmailKind, Letter, Person, Program, Trait
from mentorship.settings import Settings
from mentorship.states import EmailState


@dataclass(frozen=True)
class Preview:
    """An email as someone would get it."""

    reader: str
    #: Whether the people in it are examples, because the program has none yet whom it would fit.
    is_made_up: bool
    email: messages.Rendered


def of(session: Session, program: Program, kind: EmailKind, settings: Settings) -> Preview:
    """Return what an email of a kind looks like in a program, and write nothing.

    Of a kind that is for two people alone, which the ledger withholds too, people are made up.
    Raises `Invalid` for emails about an account, such as those with a code to sign in.
    """
    example = KINDS[kind].example
    if example is None:
        raise Invalid(_("emails of this kind are not shown"))
    settings = _harmless(settings)
    row = None if Trait.PRIVATE in kind.traits else example.newest(session, program, kind)
    if row is not None:
        try:
            rendered = messages.render(session, row, settings)
            words = f"{rendered.subject}\n{rendered.text}\n{rendered.html}"
            if not ledger.is_about_someone_hidden(session, program.id, row, words):
                return Preview(rendered.reader, False, rendered)
        except (contents.Outdated, messages.Unsendable):
            pass  # What there is does not fit, such as a person who has answered since.
    with made_up.cast(session, program) as (examples, cast):
        row = example.posed(cast, kind)
        examples.flush()
        rendered = messages.render(examples, row, settings)
        return Preview(rendered.reader, True, rendered)


def of_letter(
    session: Session, letter: Letter, reader_id: uuid.UUID, settings: Settings
) -> messages.Rendered:
    """Return a coordinator's message as one of its readers gets it, and write nothing.

    Raises `contents.Outdated` if the reader has left.
    """
    row = Email(
        id=uuid.uuid4(), kind=EmailKind.LETTER, program_id=letter.program_id, person_id=reader_id,
        person=session.get_one(Person, reader_id), cause_id=letter.id, number=0,
        state=EmailState.READY, created_at=letter.created_at,
    )  # fmt: skip
    return messages.render(session, row, _harmless(settings))


def _harmless(settings: Settings) -> Settings:
    """Return settings with which no link works: they are signed with a key that no one knows."""
    return dataclasses.replace(settings, secret_key=secrets.token_hex(32))
