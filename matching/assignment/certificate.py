"""The proof of an assignment as data: its steps, their prices, and a seal."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from matching.language import gettext as _
from matching.policy import Objective


class Refuted(ValueError):
    """An assignment that breaks a constraint or is not proved best; the message says where."""


@dataclass(frozen=True)
class Step:
    """One proved step: over pairs with scores from `threshold` (millionths) nothing is worth more.

    `prices` holds one integer a mentor. `coverage` is what covering one more mentee counts, `each`
    one more pair, `fill` one more place below a minimum load. `value` and `upper_bound` leave out
    what the `covered` mentees and the `pairs` count so, and all places below minimum loads.

    `unit` is what a millionth of those counts: 0 in a step about numbers of people alone, 1 in that
    about the total. The last step, "ties", is about assignments with equal totals: its prices and
    `unit` are finer, and its `value` is what remains beyond the total (`matching.assignment.ties`).
    """

    name: str
    threshold: int
    unit: int
    coverage: int
    each: int
    fill: int
    value: int
    upper_bound: int
    covered: int
    pairs: int
    prices: tuple[int, ...] = field(repr=False)


@dataclass(frozen=True)
class Certificate:
    """The proof of an assignment: its steps in order, the last one about the pairs themselves.

    The `seal` is a digest of all that. It proves nothing, but it tells a certificate that was
    changed: several prices may prove the same, and a changed one could go unnoticed.
    """

    objective: Objective
    steps: tuple[Step, ...]
    seal: str

    @classmethod
    def of(cls, objective: Objective, steps: Sequence[Step]) -> Certificate:
        """Return the certificate of these steps, sealed."""
        return cls(objective, tuple(steps), seal_of(objective, steps))

    @property
    def is_optimal(self) -> bool:
        """Return whether every step's value meets its bound."""
        met = [step.value == step.upper_bound for step in self.steps]
        return bool(met) and all(met)

    def to_dict(self) -> dict[str, Any]:
        """Return the certificate as plain data, the inverse of `from_dict`."""
        return {
            "objective": self.objective,
            # Stored certificates and reports call the steps so.
            "stages": [asdict(step) | {"prices": list(step.prices)} for step in self.steps],
            "seal": self.seal,
        }

    @classmethod
    def from_dict(cls, data: Any) -> Certificate:
        """Return the certificate that plain data describes. Raises `Refuted` where it is none."""
        try:
            return cls(
                data["objective"],
                tuple(
                    Step(
                        name=str(step["name"]),
                        **{
                            name: _integer(step[name])
                            for name in (
                                "threshold",
                                "unit",
                                "coverage",
                                "each",
                                "fill",
                                "value",
                                "upper_bound",
                                "covered",
                                "pairs",
                            )
                        },
                        prices=tuple(_integer(price) for price in step["prices"]),
                    )
                    for step in data["stages"]
                ),
                str(data["seal"]),
            )
        except (KeyError, TypeError, ValueError) as error:
            raise Refuted(_("the certificate cannot be read: %(problem)r", problem=error)) from None


def compare(part: str, claimed: Mapping[str, Any], computed: Mapping[str, Any]) -> None:
    """Raise `Refuted` for the first claim that is missing or is not what was computed."""
    for name, value in computed.items():
        if claimed.get(name) != value:
            raise Refuted(
                _(
                    "%(part)s: %(name)s is %(found)s, not %(claimed)s",
                    part=part,
                    name=name,
                    found=f"{value!r:.60}",
                    claimed=f"{claimed.get(name)!r:.60}",
                )
            )


def seal_of(objective: str, steps: Sequence[Step]) -> str:
    text = json.dumps([objective, [asdict(step) for step in steps]], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def _integer(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise ValueError(f"{value!r} is not a whole number")
    return value
