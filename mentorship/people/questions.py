"""The questions of a program's own: what is asked of whom, and who reads the answers.

They are kept with the program, and each is a column of a profile beside those that every program
has. What one counts in the matching stands in the policy, by its name.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

from matching.policy import InvalidPolicy, Policy
from matching.profiles import taxonomy
from matching.profiles.columns import Audience, Column
from matching.profiles.placeholders import is_placeholder
from matching.profiles.questions import COMPARED, Kind, column
from mentorship.errors import Invalid, WrongState
from mentorship.language import gettext as _
from mentorship.roles import Role

if TYPE_CHECKING:  # reading a file needs none of the database
    from mentorship.models import Profile, Program, Upload

#: How many a program may ask at a time, and how many choices one may offer.
MOST_ASKED = 10
MOST_CHOICES = 30
LONGEST_LABEL, LONGEST_HINT, LONGEST_CHOICE = 120, 300, 80
#: What their names begin with, in answers, policies and decisions about lists, and no other's do.
PREFIX = "q_"
_LONGEST_NAME = 40


#: Who may read the answers, the fewest first.
AUDIENCES = (Audience.NOBODY, Audience.COORDINATORS, Audience.MATCH)


@dataclass(frozen=True)
class ProgramQuestion:
    """One question; `choices` are the id and the words of each. A retired one is not asked.

    `name` is what answers and policies call it, and stays.
    """

    name: str
    label: str
    kind: Kind
    roles: tuple[Role, ...] = (Role.MENTEE, Role.MENTOR)
    audience: Audience = Audience.COORDINATORS
    choices: tuple[tuple[str, str], ...] = ()
    hint: str = ""
    is_required: bool = False
    is_retired: bool = False

    @property
    def can_count(self) -> bool:
        """Return whether a policy may count it: both sides answer, by choosing."""
        return self.kind in COMPARED and len(self.roles) == 2 and not self.is_retired

    @property
    def readers(self) -> Audience:
        """Return who may read the answers now: for a retired question, no match."""
        if not self.is_retired:
            return self.audience
        return min(self.audience, Audience.COORDINATORS, key=AUDIENCES.index)

    @property
    def column(self) -> Column:
        """Return the question as a column of a profile."""
        return column(
            self.name,
            self.label,
            self.kind,
            audience=self.readers,
            roles=[role.value for role in self.roles],
            choices=self.choices,
            required=self.is_required and not self.is_retired,
            hint=self.hint,
        )

    def to_dict(self) -> dict[str, Any]:
        """Return the question as plain data, from which `read` makes it again."""
        return asdict(self) | {"audience": self.audience.name}


def read(stored: Iterable[Mapping[str, Any]]) -> tuple[ProgramQuestion, ...]:
    """Return the questions that `to_dict` gave once."""
    return tuple(
        ProgramQuestion(
            **{
                **each,
                "kind": Kind(each["kind"]),
                "roles": tuple(Role(role) for role in each["roles"]),
                "audience": Audience[each["audience"]],
                "choices": tuple((id, label) for id, label in each["choices"]),
            }
        )
        for each in stored
    )


def of(program: Program) -> tuple[ProgramQuestion, ...]:
    """Return a program's own questions in order, also those that it asks no more."""
    return read(program.questions)


def of_profile(profile: Profile) -> tuple[ProgramQuestion, ...]:
    """Return the own questions of a profile's program."""
    program: Program = profile.program
    return of(program)


def of_upload(upload: Upload) -> tuple[ProgramQuestion, ...]:
    """Return the own questions of an upload's program, and those that importing it adds."""
    program: Program = upload.program
    return with_others(of(program), read(upload.questions))


def asked(questions: Iterable[ProgramQuestion]) -> list[ProgramQuestion]:
    """Return those of some questions that are asked now."""
    return [question for question in questions if not question.is_retired]


def columns(questions: Iterable[ProgramQuestion], role: Role) -> tuple[Column, ...]:
    """Return the columns of those questions that people of a role are asked now."""
    return tuple(each.column for each in asked(questions) if role in each.roles)


def optional(columns: Iterable[Column]) -> tuple[Column, ...]:
    """Return columns of which a list needs none: what it leaves out, its people are asked."""
    return tuple(replace(column, required=False) for column in columns)


def choices_told(question: ProgramQuestion) -> tuple[str, ...]:
    """Return the choices by which coordinators may look for people: none of what no one reads."""
    is_told = question.readers is not Audience.NOBODY
    return question.column.options if is_told else ()


def is_own(name: str) -> bool:
    """Return whether a name of a column is that of a program's own question."""
    return name.startswith(PREFIX)


def with_others(
    questions: Iterable[ProgramQuestion], others: Iterable[ProgramQuestion]
) -> tuple[ProgramQuestion, ...]:
    """Return questions and others after them; of those there are, more people and choices.

    Raises `WrongState` where one has become another kind of question since.
    """
    by_name = {each.name: each for each in questions}
    for other in others:
        mine = by_name.setdefault(other.name, other)
        if mine.kind is not other.kind:
            raise WrongState(
                _("“%(label)s” was changed in the meantime; read the file again", label=mine.label)
            )
        ids = {id for id, _label in mine.choices}
        by_name[other.name] = replace(
            mine,
            roles=tuple(role for role in Role if role in (*mine.roles, *other.roles)),
            choices=(*mine.choices, *(each for each in other.choices if each[0] not in ids)),
            is_retired=False,
        )
    return tuple(by_name.values())


def put(program: Program, questions: Iterable[ProgramQuestion]) -> None:
    """Add questions to a program's, or have them in the place of those of the same name.

    Raises `Invalid` where it would ask too many.
    """
    by_name = {each.name: each for each in of(program)} | {each.name: each for each in questions}
    check_number(by_name.values())
    keep(program, by_name.values())


def keep(program: Program, questions: Iterable[ProgramQuestion]) -> None:
    """Have a program ask these questions, in this order."""
    program.questions = [each.to_dict() for each in questions]


def check_number(questions: Iterable[ProgramQuestion]) -> None:
    """Raise `Invalid` where a program would ask more than `MOST_ASKED`."""
    if len(asked(questions)) > MOST_ASKED:
        raise Invalid(
            _(
                "a program asks at most %(limit)s questions of its own; retire one first",
                limit=MOST_ASKED,
            )
        )


def new_name(label: str, taken: Iterable[str]) -> str:
    """Return a name for a question, by its words, that no other has."""
    return _different(PREFIX + (_plain(label, "_") or "question"), "_", set(taken))


def new_choices(
    words: Iterable[str], before: Sequence[tuple[str, str]] = ()
) -> tuple[tuple[str, str], ...]:
    """Return choices with others after them, each with an id of its own; alike ones once.

    They end with the first that is one too many, since none of them can be offered then.
    """
    choices = list(before)
    known = {taxonomy.fold(label) for _id, label in choices}
    for label in words:
        if len(choices) > MOST_CHOICES:
            break
        if taxonomy.fold(label) not in known:
            known.add(taxonomy.fold(label))
            id = _plain(label, "-")
            # What means no answer elsewhere, such as "none", is one here.
            id = f"choice-{id}" if not id or is_placeholder(id) else id
            choices.append((_different(id, "-", {id for id, _label in choices}), label))
    return tuple(choices)


def check_policy(program: Program, policy: Policy) -> None:
    """Raise `InvalidPolicy` where a policy counts a question that the program cannot compare."""
    by_name = {each.name: each for each in of(program)}
    for name, use in policy.questions.items():
        if name not in by_name:
            raise InvalidPolicy(_("this program has no question of that name"), "questions", name)
        if use and not by_name[name].can_count:
            raise InvalidPolicy(
                _(
                    "“%(label)s” can't count: for that, it must be asked of both mentees and "
                    "mentors, with choices",
                    label=by_name[name].label,
                ),
                "questions",
                name,
            )


def without(policy: Policy, name: str) -> Policy:
    """Return a policy that does not count a question."""
    others = {each: use for each, use in policy.questions.items() if each != name}
    return replace(policy, questions=others)


def _plain(words: str, between: str) -> str:
    parts = re.findall(r"[a-z0-9]+", taxonomy.fold(words))
    return between.join(parts)[:_LONGEST_NAME].strip(between)


def _different(name: str, between: str, taken: set[str]) -> str:
    number = 2
    different = name
    while different in taken:
        different, number = f"{name}{between}{number}", number + 1
    return different
