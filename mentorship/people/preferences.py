"""Whether a person wants reminders, and when not."""

from __future__ import annotations

import datetime

from sqlalchemy.orm import Session

from mentorship import audit, database
from mentorship.errors import Invalid
from mentorship.language import gettext as _
from mentorship.models import Person

#: The longest quiet time; for more, people turn reminders off.
LONGEST_QUIET = datetime.timedelta(weeks=26)
#: How far from today a quiet time may be.
FURTHEST = datetime.timedelta(days=2 * 365)


def change(
    session: Session,
    person: Person,
    *,
    wants_reminders: bool,
    quiet_from: datetime.date | None,
    quiet_until: datetime.date | None,
) -> None:
    """Set whether a person wants reminders, and the first and last day of a quiet time.

    Raises `Invalid` for a quiet time that has no start or end, ends before it starts, or is
    longer than `LONGEST_QUIET`.
    """
    if (quiet_from is None) != (quiet_until is None):
        raise Invalid(_("give both the first and the last quiet day, or neither"))
    if quiet_from is not None and quiet_until is not None:
        today = database.now(session).date()
        if any(abs(day - today) > FURTHEST for day in (quiet_from, quiet_until)):
            raise Invalid(_("choose days within two years of today"))
        if quiet_until < quiet_from:
            raise Invalid(_("the last quiet day is before the first; swap them"))
        if quiet_until - quiet_from >= LONGEST_QUIET:
            raise Invalid(
                _(
                    "a quiet time can be at most 26 weeks long; for longer, turn reminders off "
                    "instead"
                )
            )
    person.wants_reminders = wants_reminders
    person.quiet_from, person.quiet_until = quiet_from, quiet_until
    audit.record(session, str(person.id), "email preferences changed", subject_id=person.id)
    session.flush()


def unsubscribe(session: Session, person: Person) -> None:
    """Turn reminders and invitations off; doing so twice changes nothing.

    Emails about results and those that sign in still come. What waits is looked at when it would
    be sent, so that a person who changes their mind before then gets it.
    """
    if person.wants_reminders:
        person.wants_reminders = False
        audit.record(session, str(person.id), "unsubscribed", subject_id=person.id)
        session.flush()
