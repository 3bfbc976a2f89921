"""The columns of a profile: what is asked, of whom, who sees the answer and what uses it.

This table is the one place that names a question. Every column is scored by a criterion, used by a
must-rule or shown to somebody; a test compares it with the criteria and the rules. Files, forms
and the matching all read it.
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Container, Mapping
from dataclasses import dataclass, field
from typing import Literal

from matching.profiles import cells
from matching.profiles.cells import CellError, Reader, quote

__all__ = [
    "COLUMNS", "Audience", "CellError", "Column", "Problem", "Role", "of_role", "quote", "read_row",
]  # fmt: skip

Role = Literal["mentee", "mentor"]
DEFAULT_CAPACITY = 2
EMPTY = "is empty; it is needed"
MOST_CAPACITY = 50


class Audience(enum.StrEnum):
    """Who may see an answer, besides the person who gave it."""

    NOBODY = "nobody: it is used for matching only"
    MATCH = "my mentor or mentee once introduced, and coordinators"
    COORDINATORS = "coordinators"


@dataclass(frozen=True)
class Column:
    """One question; `mentee` or `mentor` is its text for that role, empty if it is not asked."""

    name: str
    read: Reader
    audience: Audience
    used_by: tuple[str, ...]
    mentee: str = ""
    mentor: str = ""
    required: bool = False
    options: tuple[str, ...] = field(default=())

    @property
    def kind(self) -> str | None:
        """Return the kind of the taxonomy's entries that answer it, None for other answers."""
        return self.read.kind if isinstance(self.read, cells.Term | cells.Terms) else None

    def asked_of(self, role: Role) -> bool:
        """Return whether people of this role are asked."""
        return bool(self.mentee if role == "mentee" else self.mentor)


@dataclass(frozen=True)
class Problem:
    """What is wrong (or worth knowing) about one cell, in words, with its mend."""

    column: str
    message: str


def _asked(
    name: str,
    read: Reader,
    audience: Audience,
    used_by: str,
    *,
    mentee: str = "",
    mentor: str = "",
    both: str = "",
    required: bool = False,
) -> Column:
    return Column(
        name=name,
        read=read,
        audience=audience,
        used_by=tuple(used_by.split()),
        mentee=both or mentee,
        mentor=both or mentor,
        required=required,
    )


def _choice(
    name: str,
    options: str,
    used_by: str,
    audience: Audience = Audience.NOBODY,
    *,
    mentee: str = "",
    mentor: str = "",
    both: str = "",
) -> Column:
    given = tuple(options.split())
    return Column(
        name=name,
        read=cells.choice(*given),
        audience=audience,
        used_by=tuple(used_by.split()),
        mentee=both or mentee,
        mentor=both or mentor,
        options=given,
    )


_NOBODY, _MATCH, _COORDINATORS = Audience.NOBODY, Audience.MATCH, Audience.COORDINATORS

#: Every column, in the order of the files. `used_by` names criteria, must-rules or "shown".
COLUMNS: tuple[Column, ...] = (
    _asked("mentee_id", cells.person_id, _COORDINATORS, "shown", mentee="Id in your list", required=True),
    _asked("mentor_id", cells.person_id, _COORDINATORS, "shown", mentor="Id in your list", required=True),
    _asked("full_name", cells.name, _MATCH, "shown", both="Full name", required=True),
    _asked("preferred_name", cells.name, _MATCH, "shown", both="What should we call you?"),
    _asked("pronouns", cells.line, _MATCH, "shown", both="Pronouns"),
    _choice("gender", "woman man nonbinary", "gender identity", mentor="Gender, if you want to say"),
    _asked("email", cells.email, _MATCH, "shown", both="Email address", required=True),
    _asked("career_stage", cells.Term("stage"), _MATCH, "stage", both="Where are you in your career?", required=True),
    _asked("institution", cells.line, _MATCH, "institution place", both="School, hospital or employer"),
    _asked("city", cells.line, _MATCH, "place", both="City"),
    _asked("country", cells.country, _MATCH, "place help", both="Country"),
    _asked("timezone", cells.timezone, _MATCH, "rhythm", both="Time zone", required=True),
    _asked("languages", cells.Terms("language"), _MATCH, "language", both="Languages you could hold a meeting in", required=True),
    _asked("specialty_interests", cells.Terms("specialty"), _MATCH, "specialty", mentee="Fields you are drawn to"),
    _asked("specialties", cells.Terms("specialty"), _MATCH, "specialty", mentor="Fields you work in"),
    _asked("goals", cells.Terms("goal"), _MATCH, "help stage", mentee="What do you want help with?"),
    _asked("topics", cells.Terms("goal"), _MATCH, "help", mentor="What can you help with?"),
    _asked("experiences", cells.Terms("experience"), _MATCH, "shown", both="What you have done"),
    _asked("modalities", cells.Terms("modality"), _MATCH, "rhythm", both="How would you like to meet?"),
    _asked("availability", cells.availability, _MATCH, "rhythm", both="Usual free hours in a week"),
    _asked("capacity", cells.whole(0, MOST_CAPACITY, zero_note="0 places: not taking mentees"), _COORDINATORS, "capacity", mentor="How many mentees can you take?"),
    _asked("meetings_per_month", cells.whole(1, 8), _MATCH, "rhythm", both="Meetings a month"),
    _asked("communities", cells.Terms("community"), _NOBODY, "identity", both="Communities you would value sharing"),
    _asked("accepts_stages", cells.Terms("stage"), _COORDINATORS, "stage", mentor="Career stages you accept, if only some"),
    _choice("mentor_gender_preference", "prefer-woman require-woman prefer-woman-or-nonbinary prefer-man", "gender identity", mentee="Would a mentor's gender matter?"),
    _asked("language_required", cells.Term("language"), _COORDINATORS, "language", mentee="A language your mentor must speak"),
    _choice("exclude_own_institution", "yes no", "institution", both="Nobody from my own institution"),
    _asked("do_not_match", cells.people, _NOBODY, "do_not_match", both="People you must not be matched with"),
    _asked("rounds_waiting", cells.whole(0, 100), _COORDINATORS, "shown", mentee="Earlier rounds without a match"),
    _asked("years_experience", cells.whole(0, 80), _MATCH, "shown", mentor="Years in health care"),
    _asked("past_mentees", cells.whole(0, 1000), _COORDINATORS, "shown", mentor="Mentees so far"),
    _choice("one_off", "conversation group both no", "shown", _COORDINATORS, mentor="What else would you offer to people who found no mentor?"),
    _choice("status", "active paused", "status", _COORDINATORS, mentor="Taking mentees now, or pausing?"),
    _asked("statement", cells.text, _MATCH, "text", mentee="What do you hope for, in your words?"),
    _asked("bio", cells.text, _MATCH, "text", mentor="About you, in your words"),
    _asked("joined_on", cells.date, _COORDINATORS, "shown", both="Joined on"),
    _choice("style_feedback", "direct gentle either", "style", mentee="I would rather have feedback that is", mentor="My feedback is"),
    _choice("style_structure", "agenda open either", "style", both="In a meeting I like"),
    _choice("style_contact", "often as-needed either", "style", both="I would rather be in touch"),
    _choice("style_focus", "task person either", "style", both="I would rather talk about the"),
    _choice("mentor_seniority", "near-peer few-years senior any", "stage", _MATCH, mentee="How far ahead should your mentor be?"),
    _asked("practice_country", cells.country, _MATCH, "help", mentee="Country where you intend to practise"),
    _choice("institution_wish", "same different any", "place", both="Somebody from my own institution?"),
    _choice("region_wish", "same different any", "place", both="Somebody from my own region?"),
    _choice("hours_vary", "yes no", "rhythm", both="My hours change weekly"),
    _asked("experiences_wanted", cells.Terms("experience"), _MATCH, "help", mentee="What would you like to try?"),
    _asked("experiences_offered", cells.Terms("experience"), _MATCH, "help", mentor="What could you open a door to?"),
    _asked("mentor_picks", cells.people, _MATCH, "choice", mentee="Mentors you would choose, best first"),
)  # fmt: skip


def of_role(role: Role) -> dict[str, Column]:
    """Return the columns asked of a role, by name, in the order of the files."""
    return {column.name: column for column in COLUMNS if column.asked_of(role)}


def read_row(
    role: Role,
    typed: Mapping[str, str],
    warn: Callable[[Problem], None],
    only: Container[str] | None = None,
) -> tuple[dict[str, object], list[Problem]]:
    """Read the cells of one person and return their answers and every problem at once.

    `typed` maps column names to text; `only` names the columns to read, None for all. Empty answers are left out; a mentor without a capacity gets
    the default. Where there are problems the answers are not complete and must not be used.
    """
    answers: dict[str, object] = {}
    problems: list[Problem] = []
    for name, column in of_role(role).items():
        if only is not None and name not in only:
            continue

        def note(message: str, name: str = name) -> None:
            warn(Problem(name, message))

        try:
            value = column.read(typed.get(name, ""), note)
        except CellError as error:
            problems.append(Problem(name, str(error)))
            continue
        if name == "capacity" and value is None:
            value = DEFAULT_CAPACITY
            if name in typed:
                note(f"is empty; {DEFAULT_CAPACITY} was used")
        if value in (None, []):
            if column.required:
                problems.append(Problem(name, EMPTY))
            continue
        answers[name] = value
    _drop_self(role, answers, warn)
    return answers, problems


def _drop_self(role: Role, answers: dict[str, object], warn: Callable[[Problem], None]) -> None:
    """A list of other people that names the person is harmless, but worth knowing."""
    for name in ("do_not_match", "mentor_picks"):
        listed = answers.get(name)
        own = answers.get(f"{role}_id")
        if isinstance(listed, list) and own in listed:
            warn(Problem(name, f"{own} is this person; a {role}'s own id was left out"))
            listed.remove(own)
