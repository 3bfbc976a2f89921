"""A policy: what a program weighs, its must-rules, the floor under a pair and the objective.

Written as YAML (`policy.yaml` is the one that a new program starts with), kept as plain data.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from importlib import resources
from typing import Any, Literal, get_args

import yaml

Objective = Literal["coverage", "fair", "total"]
#: The version of the form below. A file of another version is refused rather than guessed at.
VERSION = 1
MOST_CHARACTERS = 20_000
#: A number of more digits than this is no score, and could be more than arithmetic holds.
_MOST_OF_A_VALUE = 100
#: Two clocks are never further apart than this, so as a limit it excludes nobody.
ANY_HOURS_APART = 12
#: Below it a weight is nothing beside any other, and its share could be lost in rounding.
LEAST_WEIGHT = 0.001
_ENTRIES = ("version", "weights", "rules", "shrinkage", "floor", "objective", "waiting_bonus")


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
    `hours_apart` is the most hours that two clocks may differ, 0 to 12. `shrinkage` is a weight on
    the scale of `weights`; `floor` and `waiting_bonus` are scores from 0 to 1.
    """

    weights: Mapping[str, float]
    rules: Mapping[str, Any]
    shrinkage: float
    floor: float
    objective: Objective
    waiting_bonus: float
    version: int = VERSION

    def __post_init__(self) -> None:
        """Raise `InvalidPolicy` for anything that could not be meant."""
        if isinstance(self.version, bool) or self.version != VERSION:
            raise InvalidPolicy(f"must be {VERSION}, not {self.version!r:.60}", "version")
        shipped = _shipped()
        _check_names("weights", self.weights, shipped["weights"], "write 0 to leave it out")
        for name, weight in self.weights.items():
            _check_number(weight, 0, 1000, "weights", name)
            if 0 < weight < LEAST_WEIGHT:
                raise InvalidPolicy(f"must be 0 or at least {LEAST_WEIGHT}", "weights", name)
        if sum(self.weights.values()) <= 0:
            raise InvalidPolicy("at least one must be above 0", "weights")
        _check_names("rules", self.rules, shipped["rules"], "every rule is written down")
        for name in ("stage", "language"):
            if not isinstance(self.rules[name], bool):
                raise InvalidPolicy(
                    f"must be yes or no, not {self.rules[name]!r:.60}", "rules", name
                )
        _check_number(self.rules["hours_apart"], 0, ANY_HOURS_APART, "rules", "hours_apart")
        _check_number(self.shrinkage, 0, 1000, "shrinkage")
        if 0 < self.shrinkage < LEAST_WEIGHT:
            raise InvalidPolicy(f"must be 0 or at least {LEAST_WEIGHT}", "shrinkage")
        _check_number(self.floor, 0, 1, "floor")
        _check_number(self.waiting_bonus, 0, 1, "waiting_bonus")
        if self.objective not in get_args(Objective):
            raise InvalidPolicy(
                f"must be one of {', '.join(get_args(Objective))}, not {self.objective!r:.60}",
                "objective",
            )

    @classmethod
    def from_dict(cls, data: Any) -> Policy:
        """Return the policy that `data`, as read from YAML or JSON, describes.

        Raises `InvalidPolicy`.
        """
        if not isinstance(data, Mapping):
            raise InvalidPolicy(f"a policy has the entries {', '.join(_ENTRIES)}")
        for name in data:
            if name not in _ENTRIES:
                raise InvalidPolicy(f"is no entry; use {', '.join(_ENTRIES)}", str(name))
        for name in _ENTRIES:
            if name not in data:
                raise InvalidPolicy("is missing", name)
        return cls(**data)

    @classmethod
    def from_yaml(cls, text: str) -> Policy:
        """Return the policy that a file's text describes.

        Raises `InvalidPolicy` with the line that is wrong and why.
        """
        if len(text) > MOST_CHARACTERS:
            raise InvalidPolicy(f"longer than {MOST_CHARACTERS} characters; no policy is")
        try:
            _check_form(text)
            node = yaml.compose(text, Loader=yaml.SafeLoader)
            data = yaml.safe_load(text)
        except InvalidPolicy:
            raise
        except yaml.MarkedYAMLError as error:
            line = error.problem_mark.line + 1 if error.problem_mark else 1
            raise InvalidPolicy(f"line {line}: not YAML: {error.problem}") from None
        except (yaml.YAMLError, ValueError) as error:
            # Characters that YAML does not allow, and dates that no calendar has.
            raise InvalidPolicy(f"not YAML: {' '.join(str(error).split())}") from None
        lines: dict[tuple[str, ...], int] = {}
        for entry, line in _entries(node):
            if entry in lines:
                raise InvalidPolicy(f"line {line}: {': '.join(entry)}: is there twice")
            lines[entry] = line
        try:
            return cls.from_dict(data)
        except InvalidPolicy as error:
            near = error.entry if error.entry in lines else error.entry[:1]
            raise InvalidPolicy(f"line {lines.get(near, 1)}: {error}") from None

    def to_dict(self) -> dict[str, Any]:
        """Return the policy as plain data, the inverse of `from_dict`, in the order of its file."""
        data = asdict(self)
        # PostgreSQL keeps the names within a document in an order of its own.
        for part in ("weights", "rules"):
            data[part] = {name: data[part][name] for name in _shipped()[part]}
        return {name: data[name] for name in _ENTRIES}

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
            raise InvalidPolicy(f"line {line}: entries lie two deep in a policy, not deeper")
        if getattr(event, "anchor", None) or getattr(event, "tag", None):
            raise InvalidPolicy(f"line {line}: a policy has no anchors (&, *) and no tags (!)")
        if isinstance(event, yaml.ScalarEvent) and len(event.value) > _MOST_OF_A_VALUE:
            raise InvalidPolicy(f"line {line}: longer than {_MOST_OF_A_VALUE} characters")


def _entries(node: yaml.Node | None) -> Iterator[tuple[tuple[str, ...], int]]:
    """Yield the names that lead to each entry of a document, with its line; two levels deep."""
    if node is None or not isinstance(node, yaml.MappingNode):
        return
    for key, value in node.value:
        yield (str(key.value),), key.start_mark.line + 1
        for entry, line in _entries(value) if value is not node else ():
            yield (str(key.value), *entry), line


def _check_names(part: str, given: object, known: Mapping[str, Any], where_missing: str) -> None:
    if not isinstance(given, Mapping):
        raise InvalidPolicy("must be a list of 'name: value' lines", part)
    for name in given:
        if name not in known:
            raise InvalidPolicy(f"is not known; use {', '.join(known)}", part, str(name))
    for name in known:
        if name not in given:
            raise InvalidPolicy(f"{name} is missing; {where_missing}", part)


def _check_number(value: object, least: float, most: float, *entry: str) -> None:
    wrong = isinstance(value, bool) or not isinstance(value, int | float)
    if wrong or not least <= value <= most:  # type: ignore[operator]  # `wrong` excludes others
        raise InvalidPolicy(f"must be a number from {least} to {most}, not {value!r:.60}", *entry)
