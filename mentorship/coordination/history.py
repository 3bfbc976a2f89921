"""What happened to someone in a program, by whom, in plain words: from the audit log and pairings.

It leaves out what is no coordinator's business: signing in, preferences for email, what people
answer about each other, and when they meet.
"""

from __future__ import annotations

import datetime
import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from mentorship import language
from mentorship.language import gettext as _
from mentorship.language import mark
from mentorship.models import AuditEntry, Pairing, Profile
from mentorship.pairings import care
from mentorship.people import on_behalf, persons, questionnaire, sight
from mentorship.people.sight import Viewer
from mentorship.states import Ending, PairingState, ProfileState

#: The most that a page shows.
MOST = 30
_ACTIONS: Mapping[str, str] = {
    f"profile {ProfileState.UNCONFIRMED}": mark("Invited"),
    f"profile {ProfileState.AWAITING_APPROVAL}": mark("Submitted, waiting for approval"),
    f"profile {ProfileState.READY}": mark("Taking part"),
    f"profile {ProfileState.PAUSED}": mark("Paused"),
    f"profile {ProfileState.LEFT}": mark("Left the program"),
    "profile admitted": mark("Approved"),
    "profile turned away": mark("Declined"),
    "address changed": mark("Email address changed"),
    "address cleared": mark("Bounce flag cleared"),
    "note written": mark("Note written"),
    "note deleted": mark("Note deleted"),
    on_behalf.ACTION: mark("Changed for them: %(what)s"),
    care.REMINDED: mark("Reminded about %(other)s"),
    care.RESENT: mark("Introduction to %(other)s resent"),
    care.ENDED: mark("Pairing with %(other)s ended"),
}
_STATES = {ProfileState.PAUSED: mark("paused"), ProfileState.READY: mark("takes part again")}
#: Why a pairing ended, so that it accuses neither of the two.
_ENDINGS: Mapping[str, str] = {
    Ending.FINISHED: mark("finished as planned"),
    Ending.LEFT: mark("one of them left the program"),
    Ending.NO_ANSWER: mark("no answer in time"),
    Ending.BY_COORDINATOR: mark("ended by a coordinator"),
    Ending.CONCLUDED: mark("finished, according to a coordinator"),
}


@dataclass(frozen=True)
class Event:
    """One thing that happened; `by` is who did it, empty where the service or the person did."""

    at: datetime.datetime
    words: str
    by: str = ""


def of_profile(session: Session, profile: Profile, pairings: Sequence[Pairing]) -> list[Event]:
    """Return what happened to someone and to their pairings, which are given, the newest first."""
    others = {pairing.id: pairing.other(profile.person_id) for pairing in pairings}
    subjects = [profile.id, profile.person_id, *others]
    entries = session.scalars(
        select(AuditEntry)
        .where(
            AuditEntry.subject_id.in_(subjects),
            AuditEntry.action.in_(_ACTIONS),
            or_(AuditEntry.program_id.is_(None), AuditEntry.program_id == profile.program_id),
        )
        .order_by(AuditEntry.at.desc(), AuditEntry.id)
        .limit(2 * MOST)
    ).all()
    names = _names(session, profile, entries)
    events = [
        Event(entry.at, _words(entry, others), names.get(entry.actor, ""))
        for entry in _once_each(entries, names)
    ]
    for pairing in pairings:
        events += _of_pairing(pairing, others[pairing.id], {e.subject_id for e in entries})
    return sorted(events, key=lambda event: event.at, reverse=True)[:MOST]


def _names(session: Session, profile: Profile, entries: Sequence[AuditEntry]) -> dict[str, str]:
    """Return the names of the coordinators who acted, by what the entries call them."""
    return persons.names(session, {entry.actor for entry in entries} - {str(profile.person_id)})


def _once_each(entries: Sequence[AuditEntry], names: Mapping[str, str]) -> Iterator[AuditEntry]:
    """Yield entries without those that the service added to what someone did at that moment."""
    done = {(entry.subject_id, entry.at) for entry in entries if entry.actor in names}
    for entry in entries:
        if entry.actor in names or (entry.subject_id, entry.at) not in done:
            yield entry


def _words(entry: AuditEntry, others: Mapping[uuid.UUID, Profile]) -> str:
    what = ""
    if entry.action == on_behalf.ACTION:
        titles = [questionnaire.title(name) for name in entry.details.get("columns", ())]
        if "state" in entry.details:
            titles.append(_(_STATES[ProfileState(entry.details["state"])]))
        what = language.listed(titles)
    other = others.get(entry.subject_id) if entry.subject_id else None
    name = sight.name(other, Viewer.COORDINATOR) if other else ""
    return _(_ACTIONS[entry.action], what=what, other=name)


def _of_pairing(pairing: Pairing, other: Profile, told: set[uuid.UUID | None]) -> Iterator[Event]:
    name = sight.name(other, Viewer.COORDINATOR)
    if pairing.asked_at:
        yield Event(pairing.asked_at, _("Asked about %(other)s", other=name))
    if pairing.introduced_at:
        yield Event(pairing.introduced_at, _("Introduced to %(other)s", other=name))
    reason = pairing.ended_reason or ""
    by_hand = reason in (Ending.BY_COORDINATOR, Ending.CONCLUDED)
    if pairing.ended_at and not (by_hand and pairing.id in told):
        why = ending(pairing)
        yield Event(
            pairing.ended_at, _("Pairing with %(other)s ended: %(why)s", other=name, why=why)
        )


def ending(pairing: Pairing) -> str:
    """Return why a pairing ended, in words that accuse neither of the two."""
    reason = pairing.ended_reason or ""
    if reason.startswith(Ending.BY_ROUND):
        return _("changed by round %(number)s", number=reason.removeprefix(Ending.BY_ROUND).strip())
    if pairing.state in (PairingState.DECLINED, PairingState.EXPIRED):
        return _("it wasn't made")
    return _(_ENDINGS.get(reason, mark("it wasn't the right match")))
