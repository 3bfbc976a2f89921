"""Mentors who offer a conversation, or a place in a group, to unmatched mentees."""

from __future__ import annotations

from sqlalchemy import case, select
from sqlalchemy.orm import Session, joinedload

from mentorship.language import gettext as _
from mentorship.models import Profile, Role
from mentorship.people import cards, conflicts, sight
from mentorship.people.sight import Viewer
from mentorship.states import ProfileState

#: The most mentors that one mentee is told of.
MOST = 3


def to(session: Session, mentee: Profile) -> list[str]:
    """Return one line for each of up to `MOST` mentors who offer this mentee some time.

    It names no one, and ends with a reference by which coordinators find the mentor.
    """
    offer = Profile.answers["one_off"].as_string()
    candidates = session.scalars(
        select(Profile)
        .options(joinedload(Profile.person))
        .where(
            Profile.program_id == mentee.program_id,
            Profile.role == Role.MENTOR,
            Profile.state == ProfileState.READY,
            Profile.person_id != mentee.person_id,
            offer.in_(("conversation", "group", "both")),
        )
        # Ids are random: each mentee sees different mentors, so that none is asked by all.
        .order_by(case((Profile.id > mentee.id, 0), else_=1), Profile.id)
        .limit(30)
    )
    wanted = set(mentee.answers.get("specialty_interests", []))
    languages = set(mentee.answers["languages"])
    suiting = [
        mentor
        for mentor in candidates
        if languages & set(mentor.answers["languages"])
        and not conflicts.either_excludes(mentee, mentor)
    ]
    suiting.sort(key=lambda mentor: -len(wanted & set(mentor.answers.get("specialties", []))))
    return [_line(mentor) for mentor in suiting[:MOST]]


def _line(mentor: Profile) -> str:
    card = cards.of_profile(mentor, Viewer.UNMATCHED)
    offered = {
        "conversation": _("a one-time, 30-minute conversation"),
        "group": _("a place in a group"),
        "both": _("a one-time, 30-minute conversation, or a place in a group"),
    }[sight.answers(mentor, Viewer.UNMATCHED)["one_off"]]
    return _(
        "%(background)s: %(offered)s (reference %(reference)s).",
        background=card.background,
        offered=offered,
        reference=sight.reference(mentor),
    )
