"""How people join a program on their own, page by page, or accept an invitation to it.

People who join are signed in, so their address is confirmed before anything is kept.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from matching.profiles.columns import of_role
from mentorship import audit, outbox
from mentorship.errors import Invalid, NotFound, WrongState
from mentorship.language import gettext as _
from mentorship.models import EmailKind, Person, Profile, Program, Role
from mentorship.people import profiles, questionnaire, suggestions
from mentorship.people.suggestions import Suggestion
from mentorship.states import ProfileState, in_words


def profiles_of(session: Session, person_id: uuid.UUID) -> Sequence[Profile]:
    """Return all profiles of a person, the oldest first."""
    return session.scalars(
        select(Profile)
        .where(Profile.person_id == person_id)
        .order_by(Profile.created_at, Profile.id)
    ).all()


def begin(session: Session, program: Program, person: Person, role: Role) -> Profile:
    """Return a person's profile in a program, a new draft if need be.

    Raises `WrongState` if the program takes only people it invites.
    """
    # A first page that is sent twice at once waits here, and then finds the profile.
    session.refresh(person, with_for_update=True)
    profile = session.scalar(
        select(Profile).where(
            Profile.program_id == program.id, Profile.person_id == person.id, Profile.role == role
        )
    )
    if profile is not None:
        return profile
    if not program.registration_open:
        raise WrongState(
            _(
                "%(name)s is by invitation only; if you were invited, open the link in that email",
                name=program.name,
            )
        )
    listed_id = f"self-{uuid.uuid4().hex[:12]}"
    answers = {f"{role}_id": listed_id, "email": person.email} | known(person, role)
    return profiles.draft(session, program.id, person, role, listed_id, answers)


def known(person: Person, role: Role) -> dict[str, Any]:
    """Return what is known of a person before they answer, and the default of each question."""
    answers: dict[str, Any] = {name: column.default for name, column in of_role(role.value).items()}
    answers |= {"full_name": person.full_name, "timezone": person.timezone}
    return {name: value for name, value in answers.items() if value not in (None, "")}


def save(
    session: Session, profile: Profile, names: Collection[str], answers: Mapping[str, Any]
) -> None:
    """Replace the answers to the questions of these names; an empty answer is removed."""
    kept = {name: value for name, value in profile.answers.items() if name not in names}
    profiles.change_own_answers(session, profile, kept | dict(answers))


def add(session: Session, profile: Profile, suggestion: Suggestion) -> None:
    """Add to a person's answers what was suggested to them. Raises `NotFound` for anything else."""
    if suggestion not in suggestions.of_answers(profile.role, profile.answers):
        raise NotFound(_("this is no longer suggested to you"))
    answers = suggestions.added(profile.answers, [suggestion])
    save(session, profile, {suggestion.column}, {suggestion.column: answers[suggestion.column]})


def send_in(session: Session, program: Program, profile: Profile, *, is_adult: bool) -> None:
    """draft -> ready, or awaiting approval where the program asks for it.

    Raises `Invalid` where something is missing or the person is not an adult.
    """
    consent = _consent("joined on the site", is_adult=is_adult)
    missing = questionnaire.missing(program, profile.role, profile.answers)
    if missing:
        raise Invalid(
            _(
                "something is missing under “%(title)s”; fill it in first",
                title=_(missing[0].title),
            )
        )
    profiles.submit(session, profile)
    if is_admitted(program, profile.person, profile.role):
        profiles.confirm(session, profile, consent)
        welcome(session, profile)
    else:
        profiles.await_approval(session, profile, consent)


def accept(session: Session, profile: Profile, where: str, *, is_adult: bool) -> None:
    """unconfirmed -> ready: an invited person says yes; `where` is kept with their consent.

    Raises `Invalid` unless the person is an adult.
    """
    profiles.confirm(session, profile, _consent(where, is_adult=is_adult))
    profiles.answered(session, profile)


def _consent(where: str, *, is_adult: bool) -> str:
    if not is_adult:
        message = _("please confirm that you are 18 or older")
        raise Invalid(message, fields={"adult": message})
    return f"{where}, confirmed to be an adult"


def is_admitted(program: Program, person: Person, role: Role) -> bool:
    """Return whether a person can join without a coordinator's approval."""
    if role is Role.MENTOR and program.approve_mentors:
        return False
    domain = person.email_key.rpartition("@")[2]
    return any(domain == own or domain.endswith(f".{own}") for own in program.email_domains)


def admit(session: Session, profile: Profile, actor: str) -> None:
    """awaiting approval -> ready, by a coordinator, and tell the person."""
    profiles.approve(session, profile)
    welcome(session, profile)
    _record(session, profile, actor, "profile admitted")


def turn_away(session: Session, profile: Profile, actor: str) -> None:
    """awaiting approval -> left, by a coordinator, and tell the person."""
    if profile.state is not ProfileState.AWAITING_APPROVAL:
        raise WrongState(
            _(
                "the profile is %(state)s, so no one is waiting for an answer",
                state=in_words(profile.state),
            )
        )
    profiles.leave(session, profile)
    _tell(session, profile, EmailKind.NOT_ADMITTED)
    _record(session, profile, actor, "profile turned away")


def welcome(session: Session, profile: Profile) -> None:
    """Queue the email that tells a person that they take part."""
    _tell(session, profile, EmailKind.WELCOME)


def _tell(session: Session, profile: Profile, kind: EmailKind) -> None:
    outbox.owe(session, kind, to=profile.person_id, about=profile.id, program_id=profile.program_id)


def _record(session: Session, profile: Profile, actor: str, action: str) -> None:
    audit.record(session, actor, action, program_id=profile.program_id, subject_id=profile.id)
