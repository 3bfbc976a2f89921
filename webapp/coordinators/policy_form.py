"""A policy as a form: its entries in a coordinator's words, and what was filled in as a policy.

A field is named as its entry is in the file, such as `weights.help`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from matching.policy import ANY_HOURS_APART, MUST, VERSION, InvalidPolicy, Policy
from matching.profiles.questions import Kind
from mentorship import language
from mentorship.language import gettext as _
from mentorship.language import mark
from mentorship.pairings.criteria import CRITERIA
from mentorship.people.questions import ProgramQuestion


@dataclass(frozen=True)
class Amount:
    """A number of a policy as the form asks for it: stored = typed / `scale`."""

    name: str
    label: str
    hint: str
    most: int
    scale: int = 1

    def shown(self, stored: float) -> str:
        """Return a stored number as its field shows it, without loss."""
        return f"{(Decimal(str(stored)) * self.scale).normalize():f}"

    def read(self, typed: str) -> float | None:
        """Return the number to store for typed text, None where it is no number in range."""
        try:
            number = Decimal(typed.strip()) if len(typed) <= 40 else Decimal("NaN")
        except InvalidOperation:
            return None
        if not number.is_finite() or not 0 <= number <= self.most:
            return None
        number /= self.scale
        return int(number) if number == number.to_integral_value() else float(number)


WEIGHTS = tuple(
    Amount(f"weights.{name}", criterion.label, criterion.hint, 1000)
    for name, criterion in CRITERIA.items()
)
HOURS_APART = Amount(
    "rules.hours_apart",
    mark("Maximum time-zone difference, in hours"),
    mark("Pairs whose time zones are further apart are never made. 12 excludes no one."),
    ANY_HOURS_APART,
)
FLOOR = Amount(
    "floor",
    mark("Minimum score, out of 100"),
    mark(
        "50 is typical in your program; 5 points are one standard deviation. Pairs below the "
        "minimum are never made: people wait for the next round instead. With 0, weak pairs "
        "are made and flagged."
    ),
    100,
    scale=100,
)
WAITING = Amount(
    "waiting_bonus",
    mark("Points for waiting"),
    mark("Added for each earlier round that left a mentee unmatched."),
    100,
    scale=100,
)
AMOUNTS = (*WEIGHTS, HOURS_APART, FLOOR, WAITING)

#: By whether several choices can be answered.
_HINTS = {
    False: mark("Your program's question. Do both give the same answer?"),
    True: mark("Your program's question. How many choices do both share?"),
}
RULES = {
    "rules.stage": mark(
        "The mentor is further along, or at a stage that usually mentors the mentee's."
    ),
    "rules.language": mark("Both speak a language they can meet in."),
}
OBJECTIVES = {
    "coverage": (
        mark("As many mentees as possible"),
        mark(
            "As many mentees as possible get a mentor; among those rounds, the highest total score."
        ),
    ),
    "fair": (
        mark("No one left far behind"),
        mark(
            "Also matches as many mentees as possible, then raises the lowest score, and only "
            "then the total score."
        ),
    ),
    "total": (
        mark("Highest total score"),
        mark("Even if a few more mentees are unmatched because of it."),
    ),
}


def question_weights(asked: Iterable[ProgramQuestion]) -> list[Amount]:
    """Return the weights of those questions of a program's own that can have one."""
    return [
        Amount(f"questions.{each.name}", each.label, _HINTS[each.kind is Kind.SEVERAL], 1000)
        for each in asked
        if each.can_count
    ]


def question_rules(asked: Iterable[ProgramQuestion]) -> dict[str, str]:
    """Return the requirements that a pair gives the same answer, by field, in words."""
    return {
        f"must.{each.name}": _(
            "Both give the same answer to “%(question)s”. Those who don't answer aren't matched.",
            question=each.label,
        )
        if each.kind is not Kind.SEVERAL
        else _(
            "Both share a choice in “%(question)s”. Those who don't answer aren't matched.",
            question=each.label,
        )
        for each in asked
        if each.can_count
    }


def label(name: str, asked: Iterable[ProgramQuestion] = ()) -> str:
    """Return what a field is called; `asked` are the program's own questions."""
    asked = list(asked)
    labels = {amount.name: amount.label for amount in [*AMOUNTS, *question_weights(asked)]}
    labels |= RULES | question_rules(asked)
    return _(labels[name]) if name in labels else _("Goal of a round")


def in_words(name: str, value: str) -> str:
    """Return what a field holds as people read it."""
    if name in RULES or name.startswith("must."):
        return _("yes") if value else _("no")
    return _(OBJECTIVES[value][0]) if name == "objective" else value


#: What has a shorter name than what stands beside its field.
_SHORT = {
    "rules.stage": mark("Career-stage rule"),
    "rules.language": mark("Shared-language rule"),
    "rules.hours_apart": mark("Hours between time zones"),
    "floor": mark("Minimum score"),
}
#: Of these, 0 is to go without.
_NONE = ("floor", "waiting_bonus")


@dataclass(frozen=True)
class Changed:
    """An entry of a policy that differs from another's: what it is called, and both in words."""

    label: str
    before: str
    after: str


def changes(before: Policy, after: Policy, asked: Iterable[ProgramQuestion] = ()) -> list[Changed]:
    """Return what a policy has otherwise than one before it; `asked` are the own questions."""
    asked = list(asked)
    old, new = entries(before, asked), entries(after, asked)
    return [
        Changed(_short(name, asked), _briefly(name, old[name]), _briefly(name, new[name]))
        for name in new
        if old[name] != new[name]
    ]


def _short(name: str, asked: Iterable[ProgramQuestion]) -> str:
    for each in asked:
        if name == f"must.{each.name}":
            return _("Same answer to “%(question)s” required", question=each.label)
    return _(_SHORT[name]) if name in _SHORT else label(name, asked)


def _briefly(name: str, value: str) -> str:
    if name in _NONE and value == "0":
        return _("none")
    return in_words(name, value)


def entries(policy: Policy, asked: Iterable[ProgramQuestion] = ()) -> dict[str, str]:
    """Return a policy as the fields of the form hold it, with "" for a box that is not ticked."""
    asked = list(asked)
    return dict.fromkeys([*RULES, *question_rules(asked)], "") | typed(policy, asked)


def typed(policy: Policy, asked: Iterable[ProgramQuestion] = ()) -> dict[str, str]:
    """Return a policy as the fields hold it; `asked` are the program's own questions."""
    entries = dict(_flat(policy.to_dict()))
    fields = {amount.name: amount.shown(entries[amount.name]) for amount in AMOUNTS}
    for amount in question_weights(asked):
        use = entries.get(amount.name, 0)
        fields[amount.name] = amount.shown(0 if use == MUST else use)
        if use == MUST:
            fields[amount.name.replace("questions.", "must.", 1)] = "yes"
    fields |= {name: "yes" for name in RULES if entries[name]}
    return fields | {"objective": policy.objective}


def shares(policy: Policy) -> dict[str, float]:
    """Return for each weight its share of the sum, from 0 to 1."""
    weights = policy.all_weights
    total = sum(weights.values())
    return {
        f"{'weights' if name in policy.weights else 'questions'}.{name}": weight / total
        for name, weight in weights.items()
    }


def read(
    sent: Mapping[str, str], asked: Iterable[ProgramQuestion] = ()
) -> tuple[Policy | None, dict[str, str]]:
    """Return the policy that was filled in, or None and what is wrong with which field.

    `asked` are the program's own questions. One that a pair has to share needs no weight.
    """
    amounts = [*AMOUNTS, *question_weights(asked)]
    numbers = {amount.name: amount.read(sent.get(amount.name, "")) for amount in amounts}
    errors = {
        amount.name: _("Enter a number from 0 to %(most)s.", most=language.number(amount.most))
        for amount in amounts
        if numbers[amount.name] is None
    }
    if errors:
        return None, errors
    data: dict[str, Any] = {
        "version": VERSION,
        "weights": {},
        "rules": {},
        "questions": {},
        "objective": sent.get("objective", ""),
    }
    flags = {name: sent.get(name) == "yes" for name in RULES}
    for name, value in (numbers | flags).items():
        part, _dot, entry = name.rpartition(".")
        (data[part] if part else data)[entry] = value
    data["questions"] = {
        name: MUST if sent.get(f"must.{name}") == "yes" else weight
        for name, weight in data["questions"].items()
        if weight or sent.get(f"must.{name}") == "yes"
    }
    try:
        return Policy.from_dict(data), {}
    except InvalidPolicy as error:
        return None, {".".join(error.entry): language.sentence(error)}


def _flat(data: Mapping[str, Any], part: str = "") -> Iterator[tuple[str, Any]]:
    for name, value in data.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{part}{name}.")
        else:
            yield f"{part}{name}", value
