"""All kinds of email: subject and opening of each stand in its family, beside what gathers it.

A further kind is a row of `KINDS` in one of these files, one in
`mentorship.models.email.EmailKind`, and a template of its body in `mentorship/emails/bodies/`,
whose first line names the file of its row.
"""

from __future__ import annotations

from mentorship.emails.kind import Kind
from mentorship.emails.kinds import (
    accounts,
    changes,
    checkins,
    from_coordinators,
    introductions,
    invitations,
    results,
)
from mentorship.language import gettext as _
from mentorship.models import EmailKind

KINDS: dict[EmailKind, Kind] = (
    accounts.KINDS
    | invitations.KINDS
    | changes.KINDS
    | introductions.KINDS
    | checkins.KINDS
    | results.KINDS
    | from_coordinators.KINDS
)

#: The kinds with an example: all but those about an account, and what coordinators write
#: themselves, which they look at before they send it.
SHOWN = tuple(kind for kind in EmailKind if KINDS[kind].example is not None)


def label(kind: EmailKind) -> str:
    """Return what a kind of email is called, for coordinators."""
    return _(KINDS[kind].label)
