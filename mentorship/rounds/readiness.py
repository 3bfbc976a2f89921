"""What a coordinator should know of a round: exclusions and picks that have no effect in it."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from matching.profiles.references import Names, NoOne
from mentorship import language
from mentorship.language import gettext as _
from mentorship.language import ngettext
from mentorship.models import Pairing, Profile, Role
from mentorship.people import conflicts, sight
from mentorship.people.conflicts import DO_NOT_MATCH
from mentorship.people.sight import Viewer
from mentorship.states import ProfileState

#: How many picks of no one are named; the others are counted.
_MOST_NAMED = 5


def look(
    profiles: Mapping[uuid.UUID, Profile], ready: set[uuid.UUID], held: Iterable[Pairing]
) -> dict[str, Any]:
    """Return what has no effect in a round with these people, as plain data for `in_words`.

    `held` are the pairings that the round leaves as they are.
    """
    picks: list[list[str | None]] = []
    excluding = 0
    for role, other in ((Role.MENTEE, Role.MENTOR), (Role.MENTOR, Role.MENTEE)):
        # Of a form that was not sent in, no one learns that it is there.
        others = (
            profile
            for profile in profiles.values()
            if profile.role is other and profile.state is not ProfileState.DRAFT
        )
        names = Names(name for profile in others for name in conflicts.names_of(profile))
        for id in sorted(ready):
            if profiles[id].role is role:
                no_ones = list(names.no_ones(role.value, profiles[id].answers))
                excluding += any(each.column == DO_NOT_MATCH for each in no_ones)
                picks += [
                    [str(id), each.name, each.alike]
                    for each in no_ones
                    if each.column != DO_NOT_MATCH
                ]
    ruled_out = sum(
        conflicts.either_excludes(profiles[pairing.mentee_id], profiles[pairing.mentor_id])
        for pairing in held
    )
    return {
        "excluding_no_one": excluding,
        "picks_of_no_one": len(picks),
        "picks": picks[:_MOST_NAMED],
        "held_and_ruled_out": ruled_out,
    }


def in_words(session: Session, found: Mapping[str, Any]) -> list[str]:
    """Return sentences for coordinators on what `look` found; none for earlier rounds.

    Exclusions are not named, and few are not counted: no one may read who ruled out whom. Picks
    they may see.
    """
    told = []
    if ruled_out := found.get("held_and_ruled_out"):
        told.append(
            _(
                "%(number)s that this round won't change are now ruled out by one of the two "
                "people. A round for everyone, or for people affected by changes, would end "
                "them.",
                number=_many(_("%(n)s pairings"), ruled_out) or _("Some pairings"),
            )
        )
    if excluding := found.get("excluding_no_one"):
        told.append(
            _(
                "%(number)s rule out someone by an ID or address that no one here has, so "
                "these exclusions have no effect. If they come from your list, import it "
                "again to see the rows before you confirm.",
                number=_many(_("%(n)s people"), excluding) or _("Some people"),
            )
        )
    picks = found.get("picks", [])
    names = _names(session, [uuid.UUID(id) for id, _pick, _alike in picks]) if picks else {}
    told += [
        _(
            "A pick by %(name)s has no effect. %(problem)s",
            name=names.get(uuid.UUID(id), ""),
            problem=language.sentence(NoOne("mentor_picks", pick, alike).told("mentee")),
        )
        for id, pick, alike in picks
    ]
    if (more := found.get("picks_of_no_one", 0) - len(picks)) > 0:
        told.append(
            ngettext(
                "%(n)s more pick matches no one here.", "%(n)s more picks match no one here.", more
            )
        )
    return told


def _many(words: str, number: int) -> str:
    return words % {"n": language.number(number)} if number >= sight.FEW else ""


def _names(session: Session, profile_ids: list[uuid.UUID]) -> dict[uuid.UUID, str]:
    profiles = session.scalars(select(Profile).where(Profile.id.in_(profile_ids)))
    return {profile.id: sight.name(profile, Viewer.COORDINATOR) for profile in profiles}
