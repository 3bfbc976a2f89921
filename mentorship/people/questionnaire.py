"""The questions in the order in which people are asked them, and answers as people read them.

The questions themselves, and who sees an answer, are in `matching.profiles.columns`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from matching.profiles import taxonomy
from matching.profiles.columns import (
    COLUMNS,
    DEFAULT_WANTED,
    Audience,
    Column,
    Widget,
    of_role,
    read_row,
)
from mentorship import language
from mentorship.language import gettext
from mentorship.language import mark as _
from mentorship.models import Profile, Program, Role
from mentorship.people import addresses, demand, identity, identity_answers, questions, sight
from mentorship.people.conflicts import DO_NOT_MATCH
from mentorship.people.sight import Viewer


@dataclass(frozen=True)
class Section:
    """One page of the form; `questions` are names of columns."""

    name: str
    title: str
    lead: str
    questions: tuple[str, ...]
    optional: bool = False


def _section(
    name: str, title: str, lead: str, questions: str, *, optional: bool = False
) -> Section:
    return Section(name, title, lead, tuple(questions.split()), optional)


SECTIONS: Mapping[Role, tuple[Section, ...]] = {
    Role.MENTEE: (
        _section(
            "you",
            _("About you"),
            _(
                "Who you are and where you are in your career. A mentor matched with you reads "
                "this first."
            ),
            "full_name preferred_name pronouns career_stage institution city country timezone "
            "languages",
        ),
        _section(
            "hopes",
            _("What you hope for"),
            _("Your interests and what you want help with count most when we find you a mentor."),
            "goals specialty_interests experiences_wanted practice_country statement",
        ),
        _section(
            "meeting",
            _("How you like to meet"),
            _("Pairs who can find the time and like to work the same way stay together longer."),
            "modalities availability hours_vary meetings_per_month style_feedback "
            "style_structure style_contact style_focus",
            optional=True,
        ),
        _section(
            "wishes",
            _("Your preferences"),
            _("All of this is optional. Requirements are always met; preferences, where possible."),
            "mentors_wanted mentor_seniority exclude_own_institution institution_wish region_wish "
            "language_required mentor_gender_preference communities do_not_match",
            optional=True,
        ),
    ),
    Role.MENTOR: (
        _section(
            "offer",
            _("What you offer"),
            _("This is all we need; it takes about three minutes."),
            "full_name career_stage timezone languages specialties topics accepts_stages capacity "
            "modalities",
        ),
        _section(
            "more",
            _("More, if you like"),
            _("All of this is optional. Each answer helps us find you a better match."),
            "preferred_name pronouns institution city country years_experience bio experiences "
            "experiences_offered one_off availability hours_vary meetings_per_month style_feedback "
            "style_structure style_contact style_focus exclude_own_institution institution_wish "
            "region_wish gender communities do_not_match",
            optional=True,
        ),
    ),
}

#: The page of a program's own questions, whose names stand in its place.
_OWN = _section(
    "program", _("This program's questions"), _("The coordinators of your program ask these."), ""
)
#: What the first page of mentors says where a program has to know more.
_NOT_ALL = _("It takes about three minutes. After that, one more page is required.")

#: The most people that one form may name; a coordinator's file may name more.
MOST_LISTED = 200

#: Who sees an answer, as shown beside its question.
AUDIENCES: Mapping[Audience, str] = {
    Audience.NOBODY: _("Seen by no one, used for matching only"),
    Audience.REASONS: _("Seen by no one, but the reasons for your match may draw on it"),
    Audience.ASKED: _(
        "Seen by your match, without your name until you're introduced, and by coordinators"
    ),
    Audience.MATCH: _("Seen by your match once introduced, and by coordinators"),
    Audience.OFFER: _(
        "Seen by coordinators. Mentees without a mentor may see it with your career stage and "
        "specialties, but without your name"
    ),
    Audience.COORDINATORS: _("Seen by coordinators"),
}

_BY_NAME = {column.name: column for column in COLUMNS}
#: What a coordinator notes for the matching, which the person does not answer.
_NOTES = frozenset(
    {"mentee_id", "mentor_id", "rounds_waiting", "status", "joined_on", "past_mentees"}
)


def sections(program: Program, role: Role) -> tuple[Section, ...]:
    """Return the sections that a program asks of a role, its own questions before optional ones."""
    own = questions.columns(questions.of(program), role)
    first = [section for section in SECTIONS[role] if not section.optional]
    others = [section for section in SECTIONS[role] if section.optional]
    if not own:
        return SECTIONS[role]
    is_needed = any(column.required for column in own)
    if is_needed and role is Role.MENTOR:
        first = [replace(section, lead=_NOT_ALL) for section in first]
    names = tuple(column.name for column in own)
    return (*first, replace(_OWN, questions=names, optional=not is_needed), *others)


def section(program: Program, role: Role, name: str) -> Section | None:
    """Return a section by its name."""
    return next((each for each in sections(program, role) if each.name == name), None)


def asked(
    section: Section,
    policy: Mapping[str, Any],
    most_mentors: int = DEFAULT_WANTED,
    own: Iterable[Column] = (),
) -> list[Column]:
    """Return the questions of a section under a policy's body, as a program asks them.

    `most_mentors` is how many a mentee may wish for there; none are asked where it is one. `own`
    are the program's own questions.
    """
    left_out = set() if identity.is_asked(policy) else set(identity_answers.COLUMNS)
    if most_mentors == DEFAULT_WANTED:
        left_out.add(demand.COLUMN)
    known = _BY_NAME | {column.name: column for column in own}
    columns = (known[name] for name in section.questions if name not in left_out)
    return [
        column.up_to(most_mentors) if column.name == demand.COLUMN else column for column in columns
    ]


def question(column: Column, role: Role) -> str:
    """Return the text of a question for a role."""
    return gettext(column.mentee if role is Role.MENTEE else column.mentor)


def title(name: str) -> str:
    """Return what coordinators call the answers to a question."""
    return gettext(_BY_NAME[name].title)


def audience(column: Column) -> str:
    """Return who sees the answers to a question."""
    if column.name == "goals":
        return gettext(
            "Seen by your match, without your name until you're introduced, and by coordinators. "
            "Private ones are seen only by your match once introduced"
        )
    return gettext(AUDIENCES[column.audience])


def option(column: Column, value: str) -> str:
    """Return the text of one of a question's options."""
    return gettext(column.label(value))


def read(
    role: Role, columns: Collection[Column], typed: Mapping[str, str]
) -> tuple[dict[str, Any], dict[str, str]]:
    """Return answers and problems by column, of what was typed in answer to some questions."""
    names = {column.name for column in columns}
    own = tuple(column for column in columns if questions.is_own(column.name))
    answers, problems = read_row(role.value, typed, lambda _: None, names, own=own)
    wrong: dict[str, str] = {}
    for problem in problems:
        message = gettext("Please answer this.") if problem.is_missing else problem.message
        wrong.setdefault(problem.column, language.sentence(message))
    for column in columns:
        # A program may allow less than a list may say.
        if column.name in answers and (found := column.reader.check(answers[column.name])):
            wrong.setdefault(column.name, language.sentence(found))
    listed = answers.get(DO_NOT_MATCH)
    if isinstance(listed, list) and len(listed) > MOST_LISTED:
        message = gettext("lists %(count)s people; the limit is %(limit)s")
        wrong[DO_NOT_MATCH] = language.sentence(
            message % {"count": len(listed), "limit": MOST_LISTED}
        )
    elif isinstance(listed, list):
        answers[DO_NOT_MATCH], messages = addresses.as_stored(listed)
        if messages:
            wrong[DO_NOT_MATCH] = language.sentence(messages[0])
    return answers, wrong


def missing(program: Program, role: Role, answers: Mapping[str, Any]) -> list[Section]:
    """Return the sections with a required question that has not been answered."""
    columns = of_role(role.value, questions.columns(questions.of(program), role))
    needed = {name for name, column in columns.items() if column.required}
    return [
        section
        for section in sections(program, role)
        if any(name in needed and name not in answers for name in section.questions)
    ]


def typed(column: Column, value: Any) -> list[str]:
    """Return an answer as text, one for each field of the form."""
    if value is None:
        return []
    return [str(item) for item in value] if isinstance(value, list) else [str(value)]


def shown(column: Column, value: Any) -> str:
    """Return an answer as people read it."""
    words = taxonomy.load()
    if column.kind:
        ids = value if isinstance(value, list) else [value]
        return language.listed([gettext(words.label(column.kind, id)) for id in ids])
    if column.options:
        chosen = value if isinstance(value, list) else [value]
        return language.listed([option(column, str(each)) for each in chosen])
    if column.widget is Widget.WEEK:
        return language.listed([language.hours(slot) for slot in value])
    if column.widget is Widget.ZONE:
        return str(value).replace("_", " ")
    if column.widget is Widget.COUNTRY:
        return country(str(value))
    return language.listed([str(item) for item in value]) if isinstance(value, list) else str(value)


def country(code: str) -> str:
    """Return a country's name."""
    return str(language.current().locale.territories.get(code, code))


def told(
    profile: Profile, viewer: Viewer, *, without: Collection[str] = ()
) -> list[tuple[str, str]]:
    """Return the questions and answers of a profile that a viewer may read.

    Left out are columns `without`, and name and address of others: they stand above, where
    they may be read.
    """
    seen = sight.answers(profile, viewer)
    return _worded(profile, {n: v for n, v in seen.items() if n not in without}, viewer)


def withheld(profile: Profile, viewer: Viewer) -> list[tuple[str, str]]:
    """Return the questions and answers of a profile that a viewer may not read, for its person."""
    seen = sight.answers(profile, viewer)
    kept = {name: value for name, value in profile.answers.items() if name not in seen}
    return _worded(profile, kept, Viewer.SELF)


def told_to_program(profile: Profile, viewer: Viewer) -> list[tuple[str, str]]:
    """Return the program's own questions, and answers of a profile, that a viewer may read."""
    seen = sight.answers(profile, viewer)
    return _worded(profile, {n: v for n, v in seen.items() if questions.is_own(n)}, viewer)


def _worded(profile: Profile, answers: Mapping[str, Any], viewer: Viewer) -> list[tuple[str, str]]:
    left_out: set[str] = set()
    if viewer is not Viewer.COORDINATOR:
        left_out |= _NOTES
    if viewer is not Viewer.SELF:
        left_out |= {"full_name", "email"}
    own = tuple(each.column for each in questions.of_profile(profile))
    return [
        (
            column.title
            if questions.is_own(name)
            else title(name)
            if viewer is Viewer.COORDINATOR
            else question(column, profile.role),
            shown(column, answers[name]),
        )
        for name, column in of_role(profile.role.value, own).items()
        if name not in left_out and answers.get(name) not in (None, [])
    ]
