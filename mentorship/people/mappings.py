"""What is known about the lists of a program before a file is read, and kept for the next one."""

from __future__ import annotations

import zoneinfo
from collections import Counter

from sqlalchemy import select
from sqlalchemy.orm import Session

from matching.mapping.decisions import Decisions
from matching.profiles import taxonomy
from mentorship import language
from mentorship.models import Profile, Program
from mentorship.roles import Role
from mentorship.states import ProfileState


def remembered(program: Program, role: Role) -> Decisions:
    """Return what was decided about the earlier lists of a role."""
    return Decisions.from_dict(program.mappings.get(role.value, {}))


def remember(program: Program, role: Role, decisions: Decisions) -> None:
    """Keep what was decided about a list for the later ones of a role."""
    program.mappings = {**program.mappings, role.value: decisions.remembered().to_dict()}


def beginning(program: Program, role: Role, timezone: str | None) -> Decisions:
    """Return what holds for a new file: what is remembered, and answers for people without any.

    `timezone` is the coordinator's, or their browser's; their language is the one in which they
    read.
    """
    spoken = language.current().locale.get_language_name("en") or ""
    defaults = {"languages": spoken} if taxonomy.load().knows("language", spoken) else {}
    if timezone in zoneinfo.available_timezones():
        defaults["timezone"] = str(timezone)
    return Decisions(defaults=defaults).and_then(remembered(program, role))


def people_by_name(session: Session, program: Program, role: Role) -> dict[str, str]:
    """Return the ids of the people of the *other* role by their folded names.

    Names that two people share are left out: they name no one.
    """
    others = session.execute(
        select(Profile.full_name, Profile.listed_id).where(
            Profile.program_id == program.id,
            Profile.role != role,
            Profile.state.not_in((ProfileState.DRAFT, ProfileState.LEFT)),
        )
    ).all()
    folded = [(taxonomy.fold(name), id) for name, id in others]
    times = Counter(name for name, _id in folded)
    return {name: id for name, id in folded if name and times[name] == 1}
