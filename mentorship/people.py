"""People, the addresses they are known by, and their profiles in a program."""

from __future__ import annotations

import unicodedata
import uuid
import zoneinfo
from collections.abc import Mapping
from typing import Any

from email_validator import EmailNotValidError, validate_email
from sqlalchemy import or_, select, update
from sqlalchemy.orm import Session

from matching.profiles.columns import quote
from mentorship import audit, database, language
from mentorship.errors import Invalid, NotFound, WrongState
from mentorship.language import gettext as _
from mentorship.models import Person, Profile, Role
from mentorship.states import ProfileState, move

#: Answers that name other people, by address or by listed id.
_LISTS = ("do_not_match", "mentor_picks")


def read_address(text: str) -> str:
    """Return the address that `text` holds, without the coats it can wear, ready to be sent to.

    Raises `Invalid` for what is no address, or looks like another one.
    """
    plain = unicodedata.normalize("NFKC", text).strip().rstrip(".")
    try:
        found = validate_email(plain, check_deliverability=False, allow_smtputf8=False)
    except EmailNotValidError as error:
        if _mixes_scripts(plain):
            raise Invalid(_("contains look-alike letters from another alphabet")) from None
        reason = str(error).split(". ")[0].rstrip(".")
        raise Invalid(
            _("is not an email address that mail can reach: %(reason)s", reason=reason)
        ) from None
    if _mixes_scripts(plain):
        raise Invalid(_("contains look-alike letters from another alphabet"))
    return found.ascii_email or found.normalized


def address_key(address: str) -> str:
    """Return the form in which addresses are compared: one human has one."""
    return address.casefold()


def excludes(profile: Profile, other: Profile) -> bool:
    """Return whether somebody said that they must not be brought together with another."""
    listed = profile.answers.get("do_not_match", [])
    return other.listed_id in listed or other.person.email_key in listed


def as_stored(listed: list[str]) -> tuple[list[str], list[str]]:
    """Return a list of people with addresses as they are compared, and what is no address."""
    stored, wrong = [], []
    for entry in listed:
        if "@" not in entry:
            stored.append(entry)
            continue
        try:
            stored.append(address_key(read_address(entry)))
        except Invalid as error:
            wrong.append(f"{quote(entry)} {error}")
    return stored, wrong


def find(session: Session, address: str) -> Person | None:
    """Return the person with this address."""
    key = address_key(address)
    return session.scalar(select(Person).where(Person.email_key == key))


def know(session: Session, address: str, full_name: str) -> Person:
    """Return the person with this address, who is new to us if need be."""
    person = find(session, address)
    if person is None:
        person = Person(
            email=address,
            email_key=address_key(address),
            full_name=full_name,
            created_at=database.now(session),
        )
        session.add(person)
        session.flush()
    return person


def get_profile(session: Session, profile_id: uuid.UUID) -> Profile:
    """Return a profile. Raises `NotFound`."""
    profile = session.get(Profile, profile_id)
    if profile is None:
        raise NotFound(_("there is no such profile"))
    return profile


def draft(
    session: Session,
    program_id: uuid.UUID,
    person: Person,
    role: Role,
    listed_id: str,
    answers: dict[str, Any],
) -> Profile:
    """Begin a profile; it counts for nothing until it is confirmed."""
    at = database.now(session)
    profile = Profile(
        program_id=program_id,
        person_id=person.id,
        role=role,
        state=ProfileState.DRAFT,
        listed_id=listed_id,
        answers=answers,
        capacity=answers["capacity"] if role is Role.MENTOR else None,
        rounds_waiting=answers.get("rounds_waiting", 0),
        created_at=at,
        updated_at=at,
    )
    session.add(profile)
    session.flush()
    return profile


def submit(session: Session, profile: Profile) -> None:
    """draft -> unconfirmed: everything is filled in, and the person has yet to agree."""
    _move(session, profile, (ProfileState.DRAFT,), ProfileState.UNCONFIRMED)


def confirm(session: Session, profile: Profile, where: str) -> None:
    """unconfirmed -> ready: the person agreed, `where` says how we know."""
    _move(session, profile, (ProfileState.UNCONFIRMED,), ProfileState.READY, consent=where)


def await_approval(session: Session, profile: Profile, where: str) -> None:
    """unconfirmed -> awaiting approval: the person agreed, a coordinator has yet to admit them."""
    target = ProfileState.AWAITING_APPROVAL
    _move(session, profile, (ProfileState.UNCONFIRMED,), target, consent=where)


def approve(session: Session, profile: Profile) -> None:
    """awaiting approval -> ready: a coordinator admits them."""
    _move(session, profile, (ProfileState.AWAITING_APPROVAL,), ProfileState.READY)


def pause(session: Session, profile: Profile) -> None:
    """ready -> paused: no new matches for now."""
    _move(session, profile, (ProfileState.READY,), ProfileState.PAUSED)


def resume(session: Session, profile: Profile) -> None:
    """paused -> ready: new matches are welcome again."""
    _move(session, profile, (ProfileState.PAUSED,), ProfileState.READY)


def leave(session: Session, profile: Profile) -> None:
    """any -> left: the person takes part no longer."""
    before = tuple(state for state in ProfileState if state is not ProfileState.LEFT)
    _move(session, profile, before, ProfileState.LEFT)


def call(person: Person, before: Mapping[str, Any], answers: Mapping[str, Any]) -> None:
    """Take over what somebody is called, and their time zone, from a profile's new answers."""
    person.full_name = answers.get("full_name", person.full_name)
    for name in ("preferred_name", "pronouns"):
        # A person's other profile may say it where this one never did.
        if name in answers or name in before:
            setattr(person, name, answers.get(name))
    if answers.get("timezone") != before.get("timezone"):
        person.timezone = answers.get("timezone", person.timezone)


def change_answers(
    session: Session, profile: Profile, answers: dict[str, Any], *, renames: bool = True
) -> None:
    """Replace a profile's answers, and what the person is called where it `renames` them."""
    if renames:
        call(profile.person, profile.answers, answers)
    profile.answers = answers
    profile.updated_at = database.now(session)
    if profile.role is Role.MENTOR and profile.capacity != answers["capacity"]:
        change_capacity(session, profile, answers["capacity"])
    session.flush()


def change_reading(
    session: Session, person_id: uuid.UUID, *, locale: str | None, timezone: str | None
) -> None:
    """Set the language and the zone in which somebody reads. Raises `Invalid` for others."""
    if locale is not None and locale not in language.offered():
        raise Invalid(_("that language is not offered; choose one from the list"))
    if timezone is not None and timezone not in zoneinfo.available_timezones():
        raise Invalid(_("that time zone is not known; choose one from the list"))
    person = session.get_one(Person, person_id)
    person.locale, person.timezone = locale, timezone


def change_capacity(session: Session, profile: Profile, capacity: int) -> None:
    """Set how many places a mentor offers; what is held beyond it becomes a flagged excess."""
    session.refresh(profile, with_for_update=True)
    profile.capacity = capacity
    profile.excess = max(0, profile.places_taken - capacity)
    session.flush()


def flag_address(session: Session, person_id: uuid.UUID, words: str) -> None:
    """Note that mail does not reach somebody, in the words of whoever refused it."""
    session.execute(
        update(Person)
        .where(Person.id == person_id)
        .values(address_problem=words[:500], address_problem_at=database.clock(session))
    )


def clear_address(session: Session, person: Person, actor: str) -> None:
    """Take the mark off an address that mail reaches after all; without a mark, change nothing."""
    if person.address_problem is None:
        return
    person.address_problem, person.address_problem_at = None, None
    audit.record(session, actor, "address cleared", subject_id=person.id)
    session.flush()


def change_address(session: Session, old: str, new: str, actor: str) -> Person:
    """Let somebody be reached, and sign in, at another address; return who it is.

    Lists of people that name them by the old one name them by the new one, so that nobody is
    brought together with somebody they excluded. Raises `NotFound` where nobody has the old
    address, and `Invalid` for a new one that is none or is somebody else's.
    """
    person = find(session, old.strip())
    if person is None:
        raise NotFound("nobody has the old address")
    try:
        address = read_address(new)
    except Invalid as error:
        raise Invalid(f"the new address {error}") from None
    if find(session, address) not in (None, person):
        raise Invalid("the new address belongs to somebody else here; nothing was changed")
    before, person.email, person.email_key = person.email_key, address, address_key(address)
    person.address_problem, person.address_problem_at = None, None
    listed = or_(*(Profile.answers[name].as_string().is_not(None) for name in _LISTS))
    mine = Profile.person_id == person.id
    for profile in session.scalars(select(Profile).where(mine | listed).with_for_update()):
        changes: dict[str, Any] = {
            name: [person.email_key if entry == before else entry for entry in entries]
            for name in _LISTS
            if (entries := profile.answers.get(name))
        }
        if profile.person_id == person.id and "email" in profile.answers:
            changes["email"] = address
        profile.answers = profile.answers | changes
    audit.record(session, actor, "address changed", subject_id=person.id)
    session.flush()
    return person


def free_place(session: Session, profile: Profile) -> None:
    """Give one of a mentor's places back."""
    session.refresh(profile, with_for_update=True)
    profile.places_taken -= 1
    profile.excess = max(0, profile.places_taken - (profile.capacity or 0))
    session.flush()


def _move(
    session: Session,
    profile: Profile,
    sources: tuple[ProfileState, ...],
    target: ProfileState,
    **changes: Any,
) -> None:
    if not move(session, Profile, profile.id, sources, target, **changes):
        was, wanted = (state.replace("_", " ") for state in (profile.state, target))
        raise WrongState(
            _("the profile is %(was)s, so it cannot become %(wanted)s", was=was, wanted=wanted)
        )
    audit.record(
        session,
        "service",
        f"profile {target}",
        program_id=profile.program_id,
        subject_id=profile.id,
    )


def _mixes_scripts(address: str) -> bool:
    """Return whether a label holds letters of two alphabets, as look-alike addresses do."""
    for label in address.replace("@", ".").split("."):
        scripts = {unicodedata.name(c, "?").split()[0] for c in label if c.isalpha()}
        # Japanese and Korean names are written in several scripts at once.
        scripts -= {"CJK", "HIRAGANA", "KATAKANA", "HANGUL", "FULLWIDTH"}
        if len(scripts) > 1:
            return True
    return False
