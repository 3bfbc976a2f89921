"""What coordinators change for someone: an entry in the audit log, and an email to the person.

They change what they read and nothing else: answers that are not for them stay as they are, and
neither an objection nor an email tells of them.
"""

from __future__ import annotations

import datetime
import uuid
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from matching.profiles import taxonomy
from matching.profiles.columns import Column, of_role
from mentorship import audit, database, outbox
from mentorship.errors import Invalid, WrongState
from mentorship.language import gettext as _
from mentorship.models import AuditEntry, Email, EmailKind, Profile, Program, Role
from mentorship.people import profiles, questionnaire, questions, sight
from mentorship.people.questionnaire import Section
from mentorship.people.sight import Viewer
from mentorship.states import EmailState, ProfileState

#: The action of the audit entries; their details name columns, or the state that was chosen.
ACTION = "changed for them"
#: Who changes one thing often changes another: one email tells of all.
WAIT = datetime.timedelta(minutes=10)
#: In these someone has answered, or was added as having agreed; the invited read all of it anyway.
_TOLD = (ProfileState.AWAITING_APPROVAL, ProfileState.READY, ProfileState.PAUSED)


def asked(
    section: Section, program: Program, policy: Mapping[str, Any], role: Role
) -> list[Column]:
    """Return the questions of a section whose answers coordinators read; see `questionnaire`."""
    own = questions.columns(questions.of(program), role)
    columns = questionnaire.asked(section, policy, program.most_mentors, own)
    return [column for column in columns if is_read(program, column.name)]


def is_read(program: Program, name: str) -> bool:
    """Return whether coordinators of a program read the answers to a question."""
    own = {each.name: each for each in questions.of(program)}
    if name in own:
        return sight.sees_answers(Viewer.COORDINATOR, own[name])
    return sight.sees(Viewer.COORDINATOR, name)


def is_private(column: str, id: str) -> bool:
    """Return whether an entry of a list is for its person alone to choose."""
    return column == "goals" and bool(taxonomy.load().entries["goal"][id].get("sensitive"))


def change(
    session: Session,
    profile: Profile,
    actor: str,
    names: Collection[str],
    answers: Mapping[str, Any],
) -> list[str]:
    """Replace what coordinators read of the answers to some questions; return which changed.

    An empty answer is removed. Lists leave the changed ones alone, like a person's own. Raises
    `WrongState` for someone who has left, and `Invalid` for goals that are private.
    """
    session.refresh(profile, with_for_update=True)
    _refuse_those_who_left(profile)
    if any(is_private("goals", id) for id in answers.get("goals", ())):
        message = _("private goals can only be chosen by the person")
        raise Invalid(message, fields={"goals": message})
    seen = sight.answers(profile, Viewer.COORDINATOR)
    changed = sorted(name for name in names if seen.get(name) != answers.get(name))
    if not changed:
        return []
    kept = {name: value for name, value in profile.answers.items() if name not in changed}
    new = {name: answers[name] for name in changed if name in answers}
    if "goals" in changed:
        new["goals"] = _with_private(profile.answers.get("goals", []), new.get("goals", []))
    profile.own_answers = sorted({*profile.own_answers, *changed})
    profiles.change_answers(session, profile, {n: v for n, v in (kept | new).items() if v != []})
    _tell(session, profile, actor, columns=changed)
    return changed


def pause(session: Session, profile: Profile, actor: str) -> None:
    """Pause someone; they are told."""
    profiles.pause(session, profile)
    _tell(session, profile, actor, state=ProfileState.PAUSED)


def resume(session: Session, profile: Profile, actor: str) -> None:
    """Let someone take part again; they are told."""
    profiles.resume(session, profile)
    _tell(session, profile, actor, state=ProfileState.READY)


def told_by(session: Session, profile: Profile, number: int) -> tuple[list[str], bool]:
    """Return which columns an email of a number tells of, and whether the state was changed."""
    entries = session.scalars(
        select(AuditEntry).where(AuditEntry.subject_id == profile.id, AuditEntry.action == ACTION)
    ).all()
    details = [entry.details for entry in entries if entry.details["email"] == number]
    columns = {name for each in details for name in each.get("columns", ())}
    return sorted(columns), any("state" in each for each in details)


def worded(profile: Profile, columns: Collection[str]) -> list[tuple[str, str]]:
    """Return the questions that were changed, and what is answered now; "" where nothing is."""
    seen = sight.answers(profile, Viewer.COORDINATOR)
    own = tuple(each.column for each in questions.of_profile(profile))
    return [
        (
            questionnaire.question(column, profile.role),
            questionnaire.shown(column, seen[name]) if seen.get(name) not in (None, []) else "",
        )
        for name, column in of_role(profile.role.value, own).items()
        if name in columns
    ]


def _refuse_those_who_left(profile: Profile) -> None:
    if profile.state is ProfileState.LEFT:
        raise WrongState(_("this person has left the program, so nothing can be changed anymore"))


def _with_private(before: Sequence[str], shown: Sequence[str]) -> list[str]:
    """Return goals with the private ones where they stood: the first matters most."""
    merged = list(shown)
    for index, id in enumerate(before):
        if is_private("goals", id):
            merged.insert(index, id)
    return merged


def _tell(session: Session, profile: Profile, actor: str, **details: Any) -> None:
    number = _unsent(session, profile)
    if number is None and profile.state in _TOLD:
        number = _last(session, profile) + 1
        outbox.owe(
            session,
            EmailKind.PROFILE_CHANGED,
            to=profile.person_id,
            about=profile.id,
            program_id=profile.program_id,
            number=number,
            due_at=database.now(session) + WAIT,
        )
    audit.record(
        session,
        actor,
        ACTION,
        program_id=profile.program_id,
        subject_id=profile.id,
        email=number,
        **details,
    )
    session.flush()


def _unsent(session: Session, profile: Profile) -> int | None:
    """Return the number of the email that no one has begun to send, and can tell of more."""
    return session.scalar(
        select(Email.number)
        .where(
            _is_about(profile.id),
            Email.state == EmailState.READY,
            Email.message.is_(None),
        )
        .with_for_update()
    )


def _last(session: Session, profile: Profile) -> int:
    return session.scalar(select(func.max(Email.number)).where(_is_about(profile.id))) or 0


def _is_about(profile_id: uuid.UUID) -> Any:
    return (Email.kind == EmailKind.PROFILE_CHANGED) & (Email.cause_id == profile_id)
