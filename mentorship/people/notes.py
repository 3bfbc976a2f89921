"""Notes about someone, for the coordinators of a program alone: no email or page of others has one.

Nor does the person read them there. But they are about the person: someone given all that is
kept about them gets their text too, though not who wrote it; and they go with the profile.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from mentorship import audit, database
from mentorship.errors import Invalid, NotFound
from mentorship.language import gettext as _
from mentorship.models import Note, Profile
from mentorship.people import sight
from mentorship.people.sight import Viewer

LONGEST = 2_000


def may_keep(profile: Profile, reader_id: uuid.UUID) -> bool:
    """Return whether a coordinator reads and writes notes about someone: not about themselves."""
    return profile.person_id != reader_id and not sight.is_hidden(profile, Viewer.COORDINATOR)


def of_profile(session: Session, profile: Profile, reader_id: uuid.UUID) -> Sequence[Note]:
    """Return the notes about someone that a coordinator may read, the newest first."""
    if not may_keep(profile, reader_id):
        return []
    return session.scalars(
        select(Note)
        .where(Note.profile_id == profile.id)
        .options(joinedload(Note.author))
        .order_by(Note.at.desc(), Note.id)
    ).all()


def author(note: Note) -> str:
    """Return the name of who wrote a note, for other coordinators."""
    return note.author.full_name or note.author.email


def write(session: Session, profile: Profile, author_id: uuid.UUID, text: str) -> None:
    """Keep a note. Raises `Invalid` for an empty or a long one, `NotFound` where none is kept."""
    if not may_keep(profile, author_id):
        raise NotFound(_("no notes are kept here"))
    text = text.strip()
    problem = None
    if not text:
        problem = _("write something first")
    elif len(text) > LONGEST:
        problem = _(
            "the note has %(length)s characters; shorten it to %(limit)s",
            length=len(text),
            limit=LONGEST,
        )
    if problem:
        raise Invalid(problem, fields={"text": problem})
    note = Note(profile_id=profile.id, author_id=author_id, text=text, at=database.now(session))
    session.add(note)
    session.flush()
    _record(session, profile, author_id, "note written")


def delete(session: Session, profile: Profile, author_id: uuid.UUID, note_id: uuid.UUID) -> None:
    """Delete the reader's own note. Raises `NotFound` for any other."""
    note = session.get(Note, note_id)
    is_theirs = note is not None and (note.profile_id, note.author_id) == (profile.id, author_id)
    if note is None or not is_theirs:
        raise NotFound(_("this note doesn't exist, or isn't yours"))
    session.delete(note)
    session.flush()
    _record(session, profile, author_id, "note deleted")


def _record(session: Session, profile: Profile, actor: uuid.UUID, action: str) -> None:
    audit.record(session, str(actor), action, program_id=profile.program_id, subject_id=profile.id)
