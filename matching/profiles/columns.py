"""The columns of a profile: what is asked, of whom, how, and who sees the answer.

This table is the one place that names a question. A column carries all that a form needs to ask it,
and its reader what an answer may be; files, forms and the matching all go by it. A test holds that
every column is read by a criterion or a must-rule, or shown to someone.
"""

from __future__ import annotations

import enum
import functools
from collections.abc import Callable, Container, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any, Literal

from matching.language import gettext as _
from matching.language import mark
from matching.profiles import normal_forms, taxonomy
from matching.profiles.choices import OneOf, Term, Terms
from matching.profiles.countries import Country
from matching.profiles.labels import LABELS, worded
from matching.profiles.placeholders import is_placeholder
from matching.profiles.readers import (
    LINE_LIMIT,
    LIST_LIMIT,
    CellError,
    Note,
    Reader,
    Whole,
    Widget,
    no_answer,
    quote,
)  # fmt: skip
from matching.profiles.texts import Email, Line, Name, People, PersonId, Prose
from matching.profiles.times import Availability, Date, Timezone

__all__ = [
    "COLUMNS", "LIST_LIMIT", "Audience", "CellError", "Column", "Known", "Problem", "Role", "Widget", "needed_to_match",
    "of_role", "quote", "read_row", "with_parts",
]  # fmt: skip

Role = Literal["mentee", "mentor"]
DEFAULT_CAPACITY = 2
MOST_CAPACITY = 50
#: What a list to choose from calls no answer.
CHOOSE, NOT_SAID = mark("Choose…"), mark("Not specified")
#: How many mentors a mentee wants who does not say, and the most that can be answered.
DEFAULT_WANTED = 1
MOST_WANTED = 3


class Audience(enum.StrEnum):
    """Who may see an answer, besides the person who gave it."""

    NOBODY = "no one: it is used for matching only"
    REASONS = "no one, but a reason for a match may rest on it"
    ASKED = "my match, without my name until we are introduced, and coordinators"
    MATCH = "my match once introduced, and coordinators"
    OFFER = "mentees without a mentor, without my name, and coordinators"
    COORDINATORS = "coordinators"


@dataclass(frozen=True)
class Column:
    """One question; `mentee` or `mentor` is its text for that role, empty if it is not asked.

    `title` is what coordinators call it. `default` stands for no answer. The rest is for forms: `asks_with` replaces the reader's
    `widget`; `hint` stands below the question; `no_answer` is the radio button for nothing;
    `autocomplete` is HTML's token; `own_role_only` offers only entries of the taxonomy that name
    the person's role; `preset` is the answer that stands there before anything is answered. `names`
    are the columns of what a text names, where it is suggested as an answer. `part_of`
    names the column whose question asks this one as well: a radio button of its own there means
    yes here and `part_answer` there.
    """

    name: str
    reader: Reader
    audience: Audience
    title: str
    mentee: str = ""
    mentor: str = ""
    required: bool = False
    default: int | None = None
    asks_with: Widget | None = None
    hint: str = ""
    no_answer: str = ""
    autocomplete: str = ""
    own_role_only: bool = False
    preset: str = ""
    names: tuple[str, ...] = ()
    part_of: str = ""
    part_answer: str = ""

    @property
    def kind(self) -> str | None:
        """Return the kind of the taxonomy's entries that answer it, None for other answers."""
        return self.reader.kind

    @property
    def options(self) -> tuple[str, ...]:
        """Return the options of which one is chosen, none for other answers."""
        return self.reader.options

    @property
    def is_closed(self) -> bool:
        """Return whether it is no free text: many people give the same answer to it."""
        return self.reader.longest is None

    @functools.cached_property
    def widget(self) -> Widget:
        """Return how a form asks the question."""
        return self.asks_with or self.reader.widget

    def read(self, typed: str, note: Note) -> object:
        """Return the value of typed text, as `Reader.read` does. Raises `CellError`."""
        if self.is_gap(typed) and typed.strip():
            note(no_answer(typed))
            typed = ""
        elif self.is_yes(typed):
            typed = "yes"
        return self.reader.read(typed, note)

    def is_gap(self, typed: str) -> bool:
        """Return whether a text is no answer here: nothing, or a word such as "N/A"."""
        word = typed.strip()
        if not word or self._is_worded(word, *self._blanks):
            return True
        return is_placeholder(word) and not self.reader.is_answer(word)

    @functools.cached_property
    def _blanks(self) -> tuple[str, ...]:
        """Return what a form calls no answer."""
        if self.no_answer:
            return (self.no_answer,)
        if self.widget in (Widget.SELECT, Widget.COUNTRY, Widget.ZONE):
            return (CHOOSE if self.required else NOT_SAID,)
        return ()

    def is_yes(self, typed: str) -> bool:
        """Return whether a text is what a form calls a box that is ticked, or a part's button."""
        if self.widget is Widget.TICK:
            return self._is_worded(typed, self.mentee, self.mentor)
        return bool(self.part_of) and self._is_worded(typed, self.label("yes"))

    @staticmethod
    def _is_worded(typed: str, *words: str) -> bool:
        return bool(words) and _folded(typed) in {
            _folded(w) for each in words for w in worded(each)
        }

    def up_to(self, most: int) -> Column:
        """Return the question where no whole number above `most` may be answered."""
        return replace(self, reader=Whole(self.reader.least or 0, most))

    def label(self, option: str) -> str:
        """Return what an option is called in English; what is none is returned as it is."""
        return dict(zip(self.options, self.reader.labels, strict=False)).get(option, option)

    def asked_of(self, role: Role) -> bool:
        """Return whether people of this role are asked."""
        return bool(self.mentee if role == "mentee" else self.mentor)


@dataclass(frozen=True)
class Problem:
    """What is wrong with one cell, or worth knowing, in words; `is_missing`: an answer is needed."""

    column: str
    message: str
    is_missing: bool = False


class Known:
    """What cells of a list were read as: most people answer as others before them did.

    Only answers of which nothing is to be said are kept, so that each row has its own notes, and
    no free text, which differs from person to person.
    """

    _most = 50_000

    def __init__(self) -> None:
        self._values: dict[tuple[str, str], object] = {}

    def read(self, column: Column, typed: str, warn: Callable[[Problem], None]) -> object:
        """Return the value of typed text, as `Column.read` does. Raises `CellError`."""
        key = column.name, typed
        if key in self._values:
            value = self._values[key]
            # A list is its person's own.
            return list(value) if isinstance(value, list) else value
        said: list[str] = []
        value = column.read(typed, said.append)
        for message in said:
            warn(Problem(column.name, message))
        if not said and column.is_closed and len(self._values) < self._most:
            self._values[key] = list(value) if isinstance(value, list) else value
        return value


def _asked(
    name: str,
    reader: Reader,
    audience: Audience,
    *,
    title: str,
    mentee: str = "",
    mentor: str = "",
    both: str = "",
    **form: Any,
) -> Column:
    if isinstance(reader, OneOf):
        reader = reader.called(LABELS[name])
    return Column(name, reader, audience, title, both or mentee, both or mentor, **form)


def _options(options: str) -> OneOf:
    return OneOf(tuple(options.split()))


_NOBODY, _REASONS, _ASKED = Audience.NOBODY, Audience.REASONS, Audience.ASKED
_MATCH, _OFFER, _COORDINATORS = Audience.MATCH, Audience.OFFER, Audience.COORDINATORS

_FIRST_MATTERS = mark("The first matters most.")

#: Every column, in the order of the files.
COLUMNS: tuple[Column, ...] = (
    _asked("mentee_id", PersonId(), _COORDINATORS, mentee="ID in your list", required=True, title=mark("ID in your list")),
    _asked("mentor_id", PersonId(), _COORDINATORS, mentor="ID in your list", required=True, title=mark("ID in your list")),
    _asked("full_name", Name(), _MATCH, both="Full name", required=True, autocomplete="name", title=mark("Full name")),
    _asked("preferred_name", Name(), _MATCH, both="What should we call you?", autocomplete="nickname", title=mark("Preferred name")),
    _asked("pronouns", Line(), _MATCH, both="Pronouns", title=mark("Pronouns")),
    _asked("gender", _options("woman man nonbinary"), _NOBODY, mentor="What is your gender?", no_answer=mark("Prefer not to say"), title=mark("Gender")),
    _asked("email", Email(), _MATCH, both="Email address", required=True, title=mark("Email address")),
    _asked("career_stage", Term("stage"), _ASKED, both="Where are you in your career?", required=True, own_role_only=True, title=mark("Career stage")),
    _asked("institution", Line(), _MATCH, both="School, hospital, or employer", autocomplete="organization", title=mark("Institution")),
    _asked("city", Line(), _MATCH, both="City", autocomplete="address-level2", title=mark("City")),
    _asked("country", Country(), _MATCH, both="Country", autocomplete="country", title=mark("Country")),
    _asked("timezone", Timezone(), _ASKED, both="Time zone", required=True, title=mark("Time zone")),
    _asked("languages", Terms("language"), _ASKED, both="Languages you can meet in", required=True, title=mark("Languages")),
    _asked("specialty_interests", Terms("specialty"), _ASKED, mentee="Specialties you're interested in", title=mark("Specialties of interest")),
    _asked("specialties", Terms("specialty"), _ASKED, mentor="Specialties you work in", title=mark("Specialties")),
    _asked("goals", Terms("goal"), _ASKED, mentee="What do you want help with?", hint=_FIRST_MATTERS, title=mark("Help wanted")),
    _asked("topics", Terms("goal"), _ASKED, mentor="What can you help with?", hint=_FIRST_MATTERS, title=mark("Help offered")),
    _asked("experiences", Terms("experience"), _MATCH, both="What experience do you have?", title=mark("Experiences")),
    _asked("modalities", Terms("modality"), _ASKED, both="How would you like to meet?", title=mark("How they like to meet")),
    _asked("availability", Availability(), _MATCH, both="When are you usually free?", hint=mark("In your own time zone. Leave it empty if your hours change weekly."), title=mark("Free hours")),
    _asked("capacity", Whole(0, MOST_CAPACITY, zero_note=mark("0 places: not taking mentees")), _COORDINATORS, mentor="How many mentees can you take on?", default=DEFAULT_CAPACITY, title=mark("Number of mentees")),
    _asked("mentors_wanted", Whole(1, MOST_WANTED), _COORDINATORS, mentee="How many mentors would you like?", hint=mark("Finding more than one may take longer."), preset=str(DEFAULT_WANTED), title=mark("Number of mentors wanted")),
    _asked("meetings_per_month", Whole(1, 8), _MATCH, both="Meetings per month", title=mark("Meetings per month")),
    _asked("communities", Terms("community"), _NOBODY, both="Communities you'd like to have in common", title=mark("Communities")),
    _asked("accepts_stages", Terms("stage"), _COORDINATORS, mentor="Which career stages would you mentor?", hint=mark("Leave it empty to mentor any stage."), title=mark("Career stages accepted")),
    _asked("mentor_gender_preference", _options("prefer-woman require-woman prefer-woman-or-nonbinary prefer-man"), _NOBODY, mentee="Do you have a preference for your mentor's gender?", no_answer=mark("No preference"), title=mark("Preferred gender of the mentor")),
    _asked("language_required", Term("language"), _COORDINATORS, mentee="A language your mentor must speak", title=mark("Language the mentor must speak")),
    _asked("exclude_own_institution", _options("yes no"), _NOBODY, both="No one from my own institution", part_of="institution_wish", part_answer="different", title=mark("Not from their own institution")),
    _asked("do_not_match", People(), _NOBODY, both="People you shouldn't be matched with", hint=mark("Their email addresses, one per line. We don't tell anyone."), title=mark("People not to match them with")),
    _asked("rounds_waiting", Whole(0, 100), _COORDINATORS, mentee="Earlier rounds without a match", title=mark("Earlier rounds without a match")),
    _asked("years_experience", Whole(0, 80), _MATCH, mentor="Years in health care", title=mark("Years in health care")),
    _asked("past_mentees", Whole(0, 1000), _COORDINATORS, mentor="Past mentees", title=mark("Past mentees")),
    _asked("one_off", _options("conversation group both no"), _OFFER, mentor="What could you offer people who don't have a mentor yet?", title=mark("One-time offers")),
    _asked("status", _options("active paused"), _COORDINATORS, mentor="Are you taking mentees now?", title=mark("Active or paused")),
    _asked("statement", Prose(), _MATCH, mentee="What are you hoping for, in your own words?", names=("specialty_interests", "goals"), title=mark("In their own words")),
    _asked("bio", Prose(), _MATCH, mentor="About you, in your own words", names=("specialties", "topics"), title=mark("In their own words")),
    _asked("joined_on", Date(), _COORDINATORS, both="Joined on", title=mark("Joined on")),
    _asked("style_feedback", _options("direct gentle either"), _REASONS, mentee="What kind of feedback do you prefer?", mentor="What kind of feedback do you like to give?", title=mark("Feedback style")),
    _asked("style_structure", _options("agenda open either"), _REASONS, both="What kind of meetings do you prefer?", title=mark("Meeting style")),
    _asked("style_contact", _options("often as-needed either"), _REASONS, both="How often do you like to be in touch?", title=mark("Frequency of contact")),
    _asked("style_focus", _options("task person either"), _REASONS, both="What should your conversations focus on?", title=mark("Focus of conversations")),
    _asked("mentor_seniority", _options("near-peer few-years senior any"), _ASKED, mentee="How far ahead would you like your mentor to be?", title=mark("How far ahead the mentor should be")),
    _asked("practice_country", Country(), _MATCH, mentee="Country where you plan to practice", title=mark("Country of intended practice")),
    _asked("institution_wish", _options("same different any"), _REASONS, both="Would you like someone from your own institution?", preset="any", title=mark("Own institution or another")),
    _asked("region_wish", _options("same different any"), _REASONS, both="Would you like someone from your own region?", title=mark("Own region or another")),
    _asked("hours_vary", _options("yes no"), _NOBODY, both="My hours change weekly", asks_with=Widget.TICK, title=mark("Hours change weekly")),
    _asked("experiences_wanted", Terms("experience"), _ASKED, mentee="What would you like to try?", title=mark("Experiences wanted")),
    _asked("experiences_offered", Terms("experience"), _ASKED, mentor="What opportunities could you offer?", title=mark("Experiences offered")),
    _asked("mentor_picks", People(), _MATCH, mentee="Mentors you'd like, first choice first", title=mark("Preferred mentors")),
)  # fmt: skip


def needed_to_match(role: Role) -> tuple[str, ...]:
    """Return the columns without which no one can be matched; a program asks for more."""
    return (f"{role}_id", "career_stage")


@functools.lru_cache(maxsize=256)
def of_role(role: Role, own: tuple[Column, ...] = ()) -> Mapping[str, Column]:
    """Return the columns asked of a role, by name, in the order of the files.

    `own` are questions of a program's own beside them.
    """
    columns = (*COLUMNS, *own)
    return MappingProxyType({column.name: column for column in columns if column.asked_of(role)})


def with_parts(role: Role, typed: Mapping[str, str]) -> dict[str, str]:
    """Return typed text in which an answer to a question that asks two columns answers both."""
    both = dict(typed)
    for column in _parts(role):
        if column.is_yes(typed.get(column.part_of, "")):
            both |= {column.name: "yes", column.part_of: column.part_answer}
    return both


@functools.cache
def _parts(role: Role) -> tuple[Column, ...]:
    return tuple(column for column in of_role(role).values() if column.part_of)


def read_row(
    role: Role,
    typed: Mapping[str, str],
    warn: Callable[[Problem], None],
    only: Container[str] | None = None,
    needed: Container[str] | None = None,
    own: tuple[Column, ...] = (),
    known: Known | None = None,
) -> tuple[dict[str, object], list[Problem]]:
    """Return the answers of one person from typed text by column, and every problem at once.

    `only` names the columns to read, None for all; `needed` those without which a person is not
    taken, None for the required ones; `own` questions are read too; `known` is what was read before of
    the same list. Empty answers are left out; one with a default gets it. Where there are problems the answers are not complete and must not be used. `warn` is
    called with what could be understood but was not quite right.
    """
    answers: dict[str, object] = {}
    problems: list[Problem] = []
    known = Known() if known is None else known
    for name, column in of_role(role, own).items():
        if only is not None and name not in only:
            continue
        text = typed.get(name, "")
        try:
            value = known.read(column, text, warn) if text else None
        except CellError as error:
            problems.append(Problem(name, str(error)))
            continue
        if value is None and column.default is not None:
            value = column.default
            if name in typed:
                warn(Problem(name, _("is empty; %(value)s was used", value=value)))
        if value in (None, []):
            if column.required if needed is None else name in needed:
                problems.append(Problem(name, _("is empty; enter a value"), is_missing=True))
            continue
        answers[name] = value
    _drop_self(of_role(role, own), role, answers, warn)
    return answers, problems


@functools.lru_cache(maxsize=10_000)
def _folded(words: str) -> str:
    return taxonomy.fold(words[:LINE_LIMIT])


def _drop_self(
    columns: Mapping[str, Column],
    role: Role,
    answers: dict[str, object],
    warn: Callable[[Problem], None],
) -> None:
    """Leave a person out of their own lists of other people: harmless, but worth knowing."""
    lists = [
        (name, listed)
        for name, listed in answers.items()
        if isinstance(listed, list) and isinstance(columns[name].reader, People)
    ]
    if not lists:
        return
    own = {normal_forms.person(str(answers[k])) for k in (f"{role}_id", "email") if k in answers}
    for name, listed in lists:
        for entry in sorted(own.intersection(listed)):
            warn(Problem(name, _(_OWN_ID[role], id=entry)))
            listed.remove(entry)


_OWN_ID: Mapping[Role, str] = {
    "mentee": mark("%(id)s is this mentee's own ID or address and was left out"),
    "mentor": mark("%(id)s is this mentor's own ID or address and was left out"),
}
