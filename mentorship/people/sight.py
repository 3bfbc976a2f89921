"""Who sees what of a person: one table, by field and by how the reader stands to them.

Pages, emails, previews, searches and lists print a field of someone only as a function here
returns it. The audience of an answer stands in its row of `matching.profiles.columns`, or with its
program's own question; this module adds what is no answer, and what the state of a pairing or of a
profile means for its readers.
"""

from __future__ import annotations

import enum
import re
import uuid
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, String, cast, exists, or_, select
from sqlalchemy.orm import Session, aliased

from matching.profiles import taxonomy
from matching.profiles.columns import COLUMNS, Audience
from mentorship.language import gettext as _
from mentorship.models import Pairing, Person, Profile, Role
from mentorship.people import questions
from mentorship.people.questions import ProgramQuestion
from mentorship.states import PairingState, ProfileState


class Viewer(enum.StrEnum):
    """How the reader of a field stands to the person whom it is about."""

    SELF = "me"
    UNMATCHED = "mentees without a mentor to whom I offer something"
    ASKED = "my match when asked"
    MATCH = "my match once introduced"
    FORMER = "my match once it has ended"
    COORDINATOR = "coordinators"


_V = Viewer
_AUDIENCES: Mapping[Audience, frozenset[Viewer]] = {
    Audience.NOBODY: frozenset({_V.SELF}),
    Audience.REASONS: frozenset({_V.SELF}),
    Audience.COORDINATORS: frozenset({_V.SELF, _V.COORDINATOR}),
    Audience.OFFER: frozenset({_V.SELF, _V.UNMATCHED, _V.COORDINATOR}),
    Audience.MATCH: frozenset({_V.SELF, _V.MATCH, _V.COORDINATOR}),
    Audience.ASKED: frozenset({_V.SELF, _V.ASKED, _V.MATCH, _V.COORDINATOR}),
}
#: What an answer is shown to beyond its audience.
_ALSO: Mapping[str, frozenset[Viewer]] = {
    # People who met go on knowing each other's name.
    "full_name": frozenset({_V.FORMER}),
    "preferred_name": frozenset({_V.FORMER}),
    # What stands beside an offer, as its question says.
    "career_stage": frozenset({_V.UNMATCHED}),
    "specialties": frozenset({_V.UNMATCHED}),
}
#: What is no answer of its own: goals that the taxonomy marks as sensitive, where and when two
#: people meet, and words beside a reply.
PRIVATE_GOALS, MEETING, COMMENT, SHARED_COMMENT = (
    "private_goals", "meeting", "comment", "shared_comment",
)  # fmt: skip

#: Every field, and who reads it.
TABLE: Mapping[str, frozenset[Viewer]] = {
    **{
        column.name: _AUDIENCES[column.audience] | _ALSO.get(column.name, frozenset())
        for column in COLUMNS
    },
    PRIVATE_GOALS: frozenset({_V.SELF, _V.MATCH}),
    MEETING: frozenset({_V.SELF, _V.MATCH}),
    COMMENT: frozenset({_V.SELF}),
    SHARED_COMMENT: frozenset({_V.SELF, _V.COORDINATOR}),
}

#: What the state of a pairing makes of its two people. Before it is published, neither knows of it.
_IN_PAIRING: Mapping[PairingState, Viewer] = {
    PairingState.ASKED: Viewer.ASKED,
    PairingState.DECLINED: Viewer.ASKED,
    PairingState.EXPIRED: Viewer.ASKED,
    PairingState.INTRODUCED: Viewer.MATCH,
    PairingState.ACTIVE: Viewer.MATCH,
    PairingState.ENDED: Viewer.FORMER,
}
#: A number of people smaller than this is not told where it rests on what no one may read.
FEW = 5
#: How many letters of an id a reference has; a program has no two mentors alike in them.
_REFERENCE = 8
#: In these a profile is its person's alone: not sent in yet, or left.
WITHDRAWN = (ProfileState.DRAFT, ProfileState.LEFT)


def in_pairing(pairing: Pairing) -> Viewer:
    """Return how each of the two stands to the other. Raises `LookupError` before they know."""
    return _IN_PAIRING[pairing.state]


def sees(viewer: Viewer, field: str) -> bool:
    """Return whether a viewer may read a field of someone who takes part."""
    return viewer in TABLE[field]


def sees_answers(viewer: Viewer, question: ProgramQuestion) -> bool:
    """Return whether a viewer may read what someone answered to a program's own question."""
    return viewer in _AUDIENCES[question.readers]


def is_hidden(profile: Profile, viewer: Viewer) -> bool:
    """Return whether a viewer may read nothing of a person, whatever the field."""
    return viewer is Viewer.COORDINATOR and profile.state in WITHDRAWN


def answers(profile: Profile, viewer: Viewer) -> dict[str, Any]:
    """Return the answers of a profile that a viewer may read, by column."""
    if is_hidden(profile, viewer):
        return {}
    return visible(profile.answers, viewer, questions.of_profile(profile))


def visible(
    answers: Mapping[str, Any], viewer: Viewer, asked: Sequence[ProgramQuestion] = ()
) -> dict[str, Any]:
    """Return those of someone's answers that a viewer may read.

    `asked` are the own questions of the program; without them, no answer to one is returned.
    """
    own = {question.name for question in asked if sees_answers(viewer, question)}
    shown = {
        name: value
        for name, value in answers.items()
        if viewer in TABLE.get(name, ()) or name in own
    }
    if "goals" in shown and not sees(viewer, PRIVATE_GOALS):
        entries = taxonomy.load().entries["goal"]
        shown["goals"] = [id for id in shown["goals"] if not entries[id].get("sensitive")]
    return shown


def name(profile: Profile, viewer: Viewer) -> str:
    """Return a person's full name, or the words that stand for it, as they stand in a sentence."""
    if is_hidden(profile, viewer) or not sees(viewer, "full_name"):
        return _nameless(profile, viewer)
    return profile.full_name


def title(profile: Profile, viewer: Viewer) -> str:
    """Return a person's full name, or the words that stand for it, as they stand alone."""
    words = name(profile, viewer)
    return words if words == profile.full_name else words[:1].upper() + words[1:]


def called(profile: Profile, viewer: Viewer) -> str:
    """Return what a viewer may call a person inside a sentence."""
    if is_hidden(profile, viewer) or not sees(viewer, "preferred_name"):
        return _nameless(profile, viewer)
    return profile.called


def address(profile: Profile, viewer: Viewer) -> str:
    """Return a person's email address, or nothing where a viewer may not read it."""
    if is_hidden(profile, viewer) or not sees(viewer, "email"):
        return ""
    return profile.person.email


def _nameless(profile: Profile, viewer: Viewer) -> str:
    if viewer is Viewer.COORDINATOR:
        if profile.state is ProfileState.DRAFT:
            return _("someone who hasn't sent in a profile")
        return _("someone who has left")
    if viewer is Viewer.UNMATCHED:
        return _("a mentor")
    return _("your possible mentor") if profile.role is Role.MENTOR else _("your possible mentee")


def is_listed(profile: type[Profile] = Profile) -> ColumnElement[bool]:
    """Match profiles of which coordinators may read more than that there was one."""
    return profile.state.not_in(WITHDRAWN)


def is_found(text: str) -> ColumnElement[bool]:
    """Match profiles that a coordinator finds by part of name or address, or by a reference."""
    in_name = Profile.full_name.icontains(text, autoescape=True)
    theirs = aliased(Person)
    in_address = theirs.email_key.contains(text.casefold(), autoescape=True)
    found = or_(in_name, Profile.person_id.in_(select(theirs.id).where(in_address)))
    if re.fullmatch(rf"[0-9a-f]{{{_REFERENCE}}}", text.lower()):
        found |= cast(Profile.id, String).startswith(text.lower())
    return is_listed() & found


def reference(profile: Profile) -> str:
    """Return letters by which coordinators find someone whom a text does not name."""
    return profile.id.hex[:_REFERENCE]


def takes_part(program_id: uuid.UUID) -> ColumnElement[bool]:
    """Match persons with a profile in a program of which its coordinators may read."""
    theirs = aliased(Profile)
    return exists().where(
        theirs.person_id == Person.id, theirs.program_id == program_id, is_listed(theirs)
    )


def profiles_in(
    session: Session, program_id: uuid.UUID, person_ids: Collection[uuid.UUID]
) -> dict[uuid.UUID, Profile]:
    """Return a program's profile of each of some persons; of two, the one that can be listed."""
    found = session.scalars(
        select(Profile)
        .where(Profile.program_id == program_id, Profile.person_id.in_(person_ids))
        .order_by(is_listed(), Profile.role)
    )
    return {profile.person_id: profile for profile in found}
