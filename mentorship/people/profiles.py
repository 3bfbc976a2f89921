"""Profiles: a person as mentee or mentor in one program, from the draft to the end."""

from __future__ import annotations

import uuid
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from mentorship import audit, database
from mentorship.errors import NotFound
from mentorship.language import gettext as _
from mentorship.language import mark
from mentorship.models import Person, Profile, Role
from mentorship.people import capacity, persons
from mentorship.states import ProfileState, move_or_refuse


def get(session: Session, profile_id: uuid.UUID) -> Profile:
    """Return a profile. Raises `NotFound`."""
    profile = session.get(Profile, profile_id)
    if profile is None:
        raise NotFound(_("this profile doesn't exist"))
    return profile


def draft(
    session: Session,
    program_id: uuid.UUID,
    person: Person,
    role: Role,
    listed_id: str,
    answers: dict[str, Any],
) -> Profile:
    """Create a profile as a draft, which no round uses before it is confirmed."""
    values = row(session, program_id, person.id, role, listed_id, answers)
    profile = Profile(**values, person=person, state=ProfileState.DRAFT)
    session.add(profile)
    session.flush()
    return profile


def row(
    session: Session,
    program_id: uuid.UUID,
    person_id: uuid.UUID,
    role: Role,
    listed_id: str,
    answers: dict[str, Any],
) -> dict[str, Any]:
    """Return the values of a new profile's row, without its state."""
    at = database.now(session)
    return {
        "id": uuid.uuid4(),
        "program_id": program_id,
        "person_id": person_id,
        "role": role,
        "listed_id": listed_id,
        "answers": answers,
        "full_name": answers.get("full_name", ""),
        "preferred_name": answers.get("preferred_name"),
        "capacity": answers["capacity"] if role is Role.MENTOR else None,
        "rounds_waiting": answers.get("rounds_waiting", 0),
        "created_at": at,
        "updated_at": at,
    }


def submit(session: Session, profile: Profile) -> None:
    """draft -> unconfirmed: everything is filled in, and the person has yet to agree."""
    _move(session, profile, (ProfileState.DRAFT,), ProfileState.UNCONFIRMED)


def confirm(session: Session, profile: Profile, where: str) -> None:
    """unconfirmed -> ready: the person agreed, `where` says how we know."""
    _move(session, profile, (ProfileState.UNCONFIRMED,), ProfileState.READY, consent=where)


def await_approval(session: Session, profile: Profile, where: str) -> None:
    """unconfirmed -> awaiting approval: the person agreed; approval is pending."""
    target = ProfileState.AWAITING_APPROVAL
    _move(session, profile, (ProfileState.UNCONFIRMED,), target, consent=where)


def approve(session: Session, profile: Profile) -> None:
    """awaiting approval -> ready: a coordinator approves them."""
    _move(session, profile, (ProfileState.AWAITING_APPROVAL,), ProfileState.READY)


def pause(session: Session, profile: Profile) -> None:
    """ready -> paused: no new matches for now."""
    _move(session, profile, (ProfileState.READY,), ProfileState.PAUSED)


def resume(session: Session, profile: Profile) -> None:
    """paused -> ready: new matches are welcome again."""
    _move(session, profile, (ProfileState.PAUSED,), ProfileState.READY)


def leave(session: Session, profile: Profile) -> None:
    """any -> left: the person no longer takes part."""
    before = tuple(state for state in ProfileState if state is not ProfileState.LEFT)
    _move(session, profile, before, ProfileState.LEFT)


def change_own_answers(session: Session, profile: Profile, answers: dict[str, Any]) -> None:
    """Replace a profile's answers by those of the person, who says here what they are called.

    That holds in the other programs in which they have answered too.
    """
    before = profile.answers
    answered(session, profile)
    changed = {n for n in {**before, **answers} if before.get(n) != answers.get(n)}
    profile.own_answers = sorted({*profile.own_answers, *changed})
    change_answers(session, profile, answers)
    persons.call(profile.person, before, answers)
    named = {n: answers[n] for n in persons.NAMES if n in answers}
    dropped = {n for n in persons.NAMES if n in before and n not in answers}
    if named.items() <= before.items() and not dropped:
        return
    others = select(Profile).where(
        Profile.person_id == profile.person_id,
        Profile.id != profile.id,
        Profile.answered_at.is_not(None),
        Profile.state != ProfileState.LEFT,
    )
    for other in session.scalars(others.order_by(Profile.id).with_for_update()):
        other.answers = {n: v for n, v in other.answers.items() if n not in dropped} | named


def answered(session: Session, profile: Profile) -> None:
    """Note that the person has answered in this program themselves."""
    profile.answered_at = profile.answered_at or database.now(session)


def change_answers(session: Session, profile: Profile, answers: dict[str, Any]) -> None:
    """Replace a profile's answers."""
    profile.answers = answers
    profile.updated_at = database.now(session)
    if profile.role is Role.MENTOR and profile.capacity != answers["capacity"]:
        capacity.change(session, profile, answers["capacity"])


def _move(
    session: Session,
    profile: Profile,
    sources: tuple[ProfileState, ...],
    target: ProfileState,
    **changes: Any,
) -> None:
    refusal = mark("the profile is %(state)s, so it cannot become %(target)s")
    move_or_refuse(session, profile, sources, target, refusal, **changes)
    audit.record(
        session,
        "service",
        f"profile {target}",
        program_id=profile.program_id,
        subject_id=profile.id,
    )
