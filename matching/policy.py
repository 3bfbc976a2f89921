"""A policy: what a program weighs, the floor under a pair and the objective of its rounds."""

from __future__ import annotations

import functools
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from importlib import resources
from typing import Any, Literal, get_args

import yaml

Objective = Literal["coverage", "fair", "total"]
CRITERIA = (
    "help", "choice", "specialty", "style", "text", "stage", "rhythm", "place", "identity",
)  # fmt: skip


class InvalidPolicy(ValueError):
    """A policy that cannot be used; the message names the entry and what it should be."""


@dataclass(frozen=True)
class Policy:
    """Weights per criterion (any scale, at least one above 0) and the settings of a round.

    `shrinkage` is a weight on the scale of `weights`; `floor` and `waiting_bonus` are scores from
    0 to 1.
    """

    weights: Mapping[str, float]
    shrinkage: float
    floor: float
    objective: Objective
    waiting_bonus: float

    def __post_init__(self) -> None:
        """Raise `InvalidPolicy` for anything that could not be meant."""
        unknown = sorted(set(self.weights) - set(CRITERIA))
        if unknown:
            raise InvalidPolicy(f"weights: {unknown[0]} is no criterion; use {', '.join(CRITERIA)}")
        missing = sorted(set(CRITERIA) - set(self.weights))
        if missing:
            raise InvalidPolicy(f"weights: {missing[0]} is missing; write 0 to leave it out")
        for name, weight in self.weights.items():
            _check_number(f"weights: {name}", weight, 0, 1000)
        if sum(self.weights.values()) <= 0:
            raise InvalidPolicy("weights: at least one must be above 0")
        _check_number("shrinkage", self.shrinkage, 0, 1000)
        _check_number("floor", self.floor, 0, 1)
        _check_number("waiting_bonus", self.waiting_bonus, 0, 1)
        if self.objective not in get_args(Objective):
            raise InvalidPolicy(f"objective: must be one of {', '.join(get_args(Objective))}")

    @classmethod
    def from_dict(cls, data: Any) -> Policy:
        """Return the policy that `data`, as read from YAML or JSON, describes."""
        names = {"weights", "shrinkage", "floor", "objective", "waiting_bonus"}
        if not isinstance(data, Mapping) or set(data) != names:
            raise InvalidPolicy(f"a policy has exactly the entries {', '.join(sorted(names))}")
        if not isinstance(data["weights"], Mapping):
            raise InvalidPolicy("weights: must be a list of 'criterion: number' lines")
        return cls(**data)

    def to_dict(self) -> dict[str, Any]:
        """Return the policy as plain data, the inverse of `from_dict`."""
        return asdict(self)


@functools.cache
def default() -> Policy:
    """Return the policy that a new program starts with."""
    text = resources.files("matching").joinpath("policy.yaml").read_text(encoding="utf-8")
    return Policy.from_dict(yaml.safe_load(text))


def _check_number(name: str, value: object, least: float, most: float) -> None:
    wrong = isinstance(value, bool) or not isinstance(value, int | float) or math.isnan(value)
    if wrong or not least <= value <= most:  # type: ignore[operator]  # `wrong` excludes others
        raise InvalidPolicy(f"{name}: must be a number from {least} to {most}, not {value!r}")
