"""A policy: what a program weighs, its must-rules, the floor under a pair and the objective.

Written as YAML (`policy.yaml` is the one that a new program starts with), kept as plain data.
"""

from __future__ import annotations

import functools
from collections.abc import Container, Iterator, Mapping
from dataclasses import dataclass, field
from importlib import resources
from types import MappingProxyType
from typing import Any, Literal, get_args

import yaml

from matching.language import gettext as _
from matching.language import mark
from matching.profiles.columns import of_role

Objective = Literal["coverage", "fair", "total"]
#: The version of the form below, and of the score that it stands for. A file of another version is
#: refused rather than guessed at: its weights and its floor meant other things.
VERSION = 2
MOST_CHARACTERS = 20_000
#: A number of more digits than this is no score, and could be more than arithmetic holds.
_MOST_OF_A_VALUE = 100
#: Two clocks are never further apart than this, so as a limit it excludes no one.
ANY_HOURS_APART = 12
#: A smaller weight is nothing beside any other, and its share could be lost in rounding.
LEAST_WEIGHT = 0.001
_WEIGHT_MISSING = mark("%(name)s is missing; set it to 0 to leave it out")
_RULE_MISSING = mark("%(name)s is missing; every rule must be listed")
_ENTRIES = ("version", "weights", "rules", "floor", "objective", "waiting_bonus")
#: Written only where there are any.
_QUESTIONS = "questions"
#: Names that stand for something else where reasons are told.
_RESERVED = frozenset({"self", "former", "floor", "priority", _QUESTIONS})
#: What stands for a weight at a question whose answer a pair must share.
MUST: Literal["must"] = "must"


class InvalidPolicy(ValueError):
    """A policy that cannot be used; the message names the entry and what it should be.

    `entry` holds the names that lead to what is wrong, outermost first.
    """

    def __init__(self, message: str, *entry: str) -> None:
        super().__init__(": ".join([*entry, message]))
        self.entry = entry


@dataclass(frozen=True)
class Policy:
    """Weights per criterion (any scale, at least one above 0) and the settings of a round.

    `rules` holds the must-rules that a program may choose: `stage` and `language` are on or off,
    `hours_apart` is the most hours that two clocks may differ, 0 to 12. `floor` and `waiting_bonus`
    are scores from 0 to 1, of which 0.5 is usual and 0.05 one spread; a floor of 0 is none.
    `questions` are those of the program's own that people may have answered: by name a weight,
    beside those of the criteria, of which 0 leaves it out, or `MUST`, where a pair has to share an
    answer.
    """

    weights: Mapping[str, float]
    rules: Mapping[str, Any]
    floor: float
    objective: Objective
    waiting_bonus: float
    version: int = VERSION
    questions: Mapping[str, float | Literal["must"]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Raise `InvalidPolicy` for anything invalid."""
        if self.version == 1:
            raise InvalidPolicy(
                _(
                    "must be %(version)s: in version 1 files, weights and scores had other "
                    "meanings; copy what you need into a current policy file",
                    version=VERSION,
                ),
                "version",
            )
        if isinstance(self.version, bool) or self.version != VERSION:
            raise InvalidPolicy(
                _(
                    "must be %(version)s, not %(found)s",
                    version=VERSION,
                    found=_shown(self.version),
                ),
                "version",
            )
        shipped = _shipped()
        _check_names("weights", self.weights, shipped["weights"], _WEIGHT_MISSING)
        for name, weight in self.weights.items():
            _check_number(weight, 0, 1000, "weights", name)
            _check_not_tiny(weight, "weights", name)
        self._take_questions()
        if sum(self.all_weights.values()) <= 0:
            raise InvalidPolicy(_("at least one must be above 0"), "weights")
        _check_names("rules", self.rules, shipped["rules"], _RULE_MISSING)
        for name in ("stage", "language"):
            if not isinstance(self.rules[name], bool):
                raise InvalidPolicy(
                    _("must be yes or no, not %(found)s", found=_shown(self.rules[name])),
                    "rules",
                    name,
                )
        _check_number(self.rules["hours_apart"], 0, ANY_HOURS_APART, "rules", "hours_apart")
        _check_number(self.floor, 0, 1, "floor")
        _check_number(self.waiting_bonus, 0, 1, "waiting_bonus")
        # Copies that no one can change: a policy means the same for as long as it is there.
        for part in ("weights", "rules"):
            object.__setattr__(self, part, MappingProxyType(dict(getattr(self, part))))
        if self.objective not in get_args(Objective):
            raise InvalidPolicy(
                _(
                    "must be one of %(objectives)s, not %(found)s",
                    objectives=", ".join(get_args(Objective)),
                    found=_shown(self.objective),
                ),
                "objective",
            )

    def _take_questions(self) -> None:
        """Check the questions, and keep them in order of their names."""
        if not isinstance(self.questions, Mapping):
            raise InvalidPolicy(_("must be a list of 'name: value' lines"), _QUESTIONS)
        for name, use in self.questions.items():
            if not isinstance(name, str) or not name.strip():
                raise InvalidPolicy(_("must be named by text"), _QUESTIONS, _shown(name))
            taken = (of_role("mentee"), of_role("mentor"), *_shipped().values(), _RESERVED)
            if any(name in names for names in taken if isinstance(names, Container)):
                raise InvalidPolicy(
                    _("has a meaning already, so it cannot be a question of your own; rename it"),
                    _QUESTIONS,
                    name,
                )
            if use != MUST:
                if isinstance(use, str):
                    raise InvalidPolicy(
                        _(
                            "must be a weight, or %(must)s if a pair must share an answer; not "
                            "%(found)s",
                            must=MUST,
                            found=_shown(use),
                        ),
                        _QUESTIONS,
                        name,
                    )
                _check_number(use, 0, 1000, _QUESTIONS, name)
                _check_not_tiny(use, _QUESTIONS, name)
        ordered = MappingProxyType(dict(sorted(self.questions.items())))
        object.__setattr__(self, _QUESTIONS, ordered)

    @property
    def all_weights(self) -> dict[str, float]:
        """Return the weights of criteria and of questions of the program's own, by name."""
        asked = {name: use for name, use in self.questions.items() if not isinstance(use, str)}
        return {**self.weights, **asked}

    @property
    def must_share(self) -> tuple[str, ...]:
        """Return the questions of the program's own of which a pair must share an answer."""
        return tuple(name for name, use in self.questions.items() if use == MUST)

    @classmethod
    def from_dict(cls, data: Any) -> Policy:
        """Return the policy that `data`, as read from YAML or JSON, describes.

        Raises `InvalidPolicy`.
        """
        if not isinstance(data, Mapping):
            raise InvalidPolicy(
                _("a policy must have the entries %(entries)s", entries=", ".join(_ENTRIES))
            )
        for name in data:
            if name not in (*_ENTRIES, _QUESTIONS):
                known = ", ".join((*_ENTRIES, _QUESTIONS))
                raise InvalidPolicy(_("is not an entry; use %(entries)s", entries=known), str(name))
        for name in _ENTRIES:
            if name not in data:
                raise InvalidPolicy(_("is missing"), name)
        return cls(**data)

    @classmethod
    def from_yaml(cls, text: str) -> Policy:
        """Return the policy that a file's text describes.

        Raises `InvalidPolicy` with the line that is wrong and why.
        """
        if len(text) > MOST_CHARACTERS:
            raise InvalidPolicy(
                _("longer than %(limit)s characters; no policy is that long", limit=MOST_CHARACTERS)
            )
        try:
            _check_form(text)
            node = yaml.compose(text, Loader=yaml.SafeLoader)
            data = yaml.safe_load(text)
        except InvalidPolicy:
            raise
        except yaml.MarkedYAMLError as error:
            line = error.problem_mark.line + 1 if error.problem_mark else 1
            raise InvalidPolicy(
                _in_line(line, _("not YAML: %(problem)s", problem=error.problem))
            ) from None
        except (yaml.YAMLError, ValueError) as error:
            # Characters that YAML does not allow, and dates that no calendar has.
            problem = " ".join(str(error).split())
            raise InvalidPolicy(_("not YAML: %(problem)s", problem=problem)) from None
        lines: dict[tuple[str, ...], int] = {}
        for entry, line in _entries(node):
            if entry in lines:
                raise InvalidPolicy(_in_line(line, ": ".join([*entry, _("is listed twice")])))
            lines[entry] = line
        try:
            return cls.from_dict(data)
        except InvalidPolicy as error:
            near = error.entry if error.entry in lines else error.entry[:1]
            raise InvalidPolicy(_in_line(lines.get(near, 1), str(error))) from None

    def to_dict(self) -> dict[str, Any]:
        """Return the policy as plain data, the inverse of `from_dict`, in the order of its file."""
        data = dict(vars(self))
        # PostgreSQL keeps the names within a document in an order of its own.
        for part in ("weights", "rules"):
            data[part] = {name: data[part][name] for name in _shipped()[part]}
        asked = {_QUESTIONS: dict(self.questions)} if self.questions else {}
        return {name: data[name] for name in _ENTRIES} | asked

    def __reduce__(self) -> tuple[Any, ...]:
        return Policy.from_dict, (self.to_dict(),)

    def to_yaml(self) -> str:
        """Return the policy as a file's text, the inverse of `from_yaml`."""
        text: str = yaml.safe_dump(self.to_dict(), sort_keys=False)
        return text


@functools.cache
def default() -> Policy:
    """Return the policy that a new program starts with."""
    return Policy.from_yaml(_shipped_text())


def criteria() -> tuple[str, ...]:
    """Return the names of all criteria, in the order of `policy.yaml`."""
    return tuple(_shipped()["weights"])


def _shipped_text() -> str:
    return resources.files("matching").joinpath("policy.yaml").read_text(encoding="utf-8")


@functools.cache
def _shipped() -> Mapping[str, Any]:
    """Return the shipped policy unchecked: its entries are the ones that every policy has."""
    data: Mapping[str, Any] = yaml.safe_load(_shipped_text())
    return data


def _check_form(text: str) -> None:
    """Raise `InvalidPolicy` for YAML that no policy needs, before anything is made of it.

    Aliases and depth let a short text stand for an endless one, and readers of tags trust them.
    """
    depth = 0
    for event in yaml.parse(text, Loader=yaml.SafeLoader):
        line = event.start_mark.line + 1 if event.start_mark else 1
        depth += isinstance(event, yaml.CollectionStartEvent)
        depth -= isinstance(event, yaml.CollectionEndEvent)
        if depth > 2:
            raise InvalidPolicy(
                _in_line(line, _("entries of a policy can be nested two levels deep, not more"))
            )
        if getattr(event, "anchor", None) or getattr(event, "tag", None):
            raise InvalidPolicy(_in_line(line, _("a policy can't have anchors (&, *) or tags (!)")))
        if isinstance(event, yaml.ScalarEvent) and len(event.value) > _MOST_OF_A_VALUE:
            raise InvalidPolicy(
                _in_line(line, _("longer than %(limit)s characters", limit=_MOST_OF_A_VALUE))
            )


def _entries(node: yaml.Node | None) -> Iterator[tuple[tuple[str, ...], int]]:
    """Yield the names that lead to each entry of a document, with its line; two levels deep."""
    if node is None or not isinstance(node, yaml.MappingNode):
        return
    for key, value in node.value:
        yield (str(key.value),), key.start_mark.line + 1
        for entry, line in _entries(value) if value is not node else ():
            yield (str(key.value), *entry), line


def _check_names(part: str, entries: object, shipped: Mapping[str, Any], missing: str) -> None:
    if not isinstance(entries, Mapping):
        raise InvalidPolicy(_("must be a list of 'name: value' lines"), part)
    for name in entries:
        if name not in shipped:
            names = ", ".join(shipped)
            raise InvalidPolicy(_("is not recognized; use %(names)s", names=names), part, str(name))
    for name in shipped:
        if name not in entries:
            raise InvalidPolicy(_(missing, name=name), part)


def _check_number(value: object, least: float, most: float, *entry: str) -> None:
    wrong = isinstance(value, bool) or not isinstance(value, int | float)
    if wrong or not least <= value <= most:  # type: ignore[operator]  # `wrong` excludes others
        raise InvalidPolicy(
            _(
                "must be a number from %(least)s to %(most)s, not %(found)s",
                least=least,
                most=most,
                found=_shown(value),
            ),
            *entry,
        )


def _check_not_tiny(weight: float, *entry: str) -> None:
    if 0 < weight < LEAST_WEIGHT:
        raise InvalidPolicy(_("must be 0 or at least %(least)s", least=LEAST_WEIGHT), *entry)


def _in_line(line: int, problem: str) -> str:
    return _("line %(line)s: %(problem)s", line=line, problem=problem)


def _shown(value: object) -> str:
    return f"{value!r:.60}"
