"""What a coordinator writes to people of their program, in words of their own."""

from __future__ import annotations

from sqlalchemy.orm import Session

from mentorship.emails import contents
from mentorship.emails.contents import Content, Outdated
from mentorship.emails.kind import Kind
from mentorship.language import mark
from mentorship.models import Email, EmailKind, Letter
from mentorship.people import sight
from mentorship.settings import Settings


def letter(session: Session, row: Email, settings: Settings) -> Content:
    written = session.get_one(Letter, row.cause_id)
    mine = sight.profiles_in(session, written.program_id, [row.person_id]).get(row.person_id)
    if mine is None or mine.state in sight.WITHDRAWN:
        raise Outdated("this person has left the program")
    return Content(
        {"written": written.text},
        {"subject": written.subject, "author": contents.coordinator_name(written.author)},
    )


KINDS: dict[EmailKind, Kind] = {
    EmailKind.LETTER: Kind(
        letter,
        label=mark("Message from a coordinator"),
        subject="{subject}",
        opening=mark("A message from {author} of {program}:"),
    ),
}
