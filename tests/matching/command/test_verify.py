"""Proofs: whatever was changed in pairs, people or report is refuted."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from matching_command import rewrite, rows_of, verify


def swap(rows: list[dict[str, str]]) -> None:
    rows[0]["mentor_id"], rows[1]["mentor_id"] = rows[1]["mentor_id"], rows[0]["mentor_id"]


def drop(rows: list[dict[str, str]]) -> None:
    del rows[0]


def add_an_unmatched(rows: list[dict[str, str]]) -> None:
    taken = {row["mentee_id"] for row in rows}
    left = next(f"me-{k:04}" for k in range(60) if f"me-{k:04}" not in taken)
    rows.append(rows[0] | {"mentee_id": left})


def raise_a_score(rows: list[dict[str, str]]) -> None:
    rows[0]["score"] = "0.999999"


def name_a_stranger(rows: list[dict[str, str]]) -> None:
    rows[0]["mentor_id"] = "mr-9999"


@pytest.mark.parametrize("tamper", [swap, drop, add_an_unmatched, raise_a_score, name_a_stranger])
def test_tampered_pairs_are_refuted(
    folder: Path, tamper: Callable[[list[dict[str, str]]], None]
) -> None:
    rows = rows_of(folder)
    tamper(rows)
    rewrite(folder, rows)

    done = verify(folder)

    assert done.exit_code == 1
    assert done.stdout.startswith("Refuted: ")


def changed(path: str, value: Any) -> Callable[[dict[str, Any]], None]:
    def tamper(report: dict[str, Any]) -> None:
        part: Any = report
        *way, last = path.split("/")
        for name in way:
            part = part[int(name) if isinstance(part, list) else name]
        last = int(last) if isinstance(part, list) else last  # type: ignore[assignment]
        part[last] = value(part[last]) if callable(value) else value

    return tamper


@pytest.mark.parametrize(
    "tamper",
    [
        changed("certificate/stages/0/prices/0", lambda price: price + 1),
        changed("certificate/stages/0/upper_bound", lambda bound: bound - 1),
        changed("certificate/stages/0/covered", lambda covered: covered + 1),
        changed("certificate/upper_bound", lambda bound: bound + 1),
        changed("certificate/value", lambda value: value + 1),
        changed("certificate/gap", 5),
        changed("certificate/covered", lambda covered: covered + 1),
        changed("certificate/considered", 1),
        changed("certificate/objective", "total"),
        changed("certificate/seal", "0" * 64),
        changed("certificate/mentors", []),
        changed("certificate", {}),
        changed("measures/matched", lambda matched: matched + 1),
        changed("measures/mean", 0.99),
        changed("unmatched", []),
        changed("policy/floor", 0.6),
        changed("policy/weights/help", 30),
        changed("policy/weights/help", "lots"),
        changed("policy/objective", "total"),
        changed("on", "soon"),
        changed("taxonomy_version", 1),
        changed("version", 9),
        changed("existing", [["me-0001", "mr-0001"]]),
        changed("existing", [["me-0001", "nobody"]]),
        changed("priority", {}),
        changed("priority", {"nobody": 1}),
        changed("mode", "loose"),
        changed("demand", {"me-0001": 2}),
        changed("demand", {"nobody": 2}),
        changed("demand", {"me-0001": "2"}),
        changed("demand", 2),
        changed("fill", "all"),
        changed("fill", "some"),
        changed("seed", 7),
        changed("measures/open_demand", 0),
        changed("measures/wanting_more", {"1": 1}),
        changed("certificate/stages/1/value", lambda value: value + 1),
        changed("keep_bonus", 10**400),
        changed("priority", {"me-0001": 10**400}),
        changed("policy/floor", 10**400),
        changed("on", "0001-01-01"),
        changed("measures/mentors_by_load", {}),
        changed("keep_bonus", "much"),
        lambda report: report.pop("mode"),
    ],
)
def test_a_tampered_report_is_refuted(
    folder: Path, tamper: Callable[[dict[str, Any]], object]
) -> None:
    report = json.loads((folder / "report.json").read_text())
    tamper(report)
    (folder / "report.json").write_text(json.dumps(report))

    done = verify(folder)

    assert done.exit_code == 1, done.stderr
    assert done.stdout.startswith("Refuted: ")


def test_other_people_are_refuted(folder: Path) -> None:
    rows = rows_of(folder, "mentors.csv")
    held = {row["mentor_id"] for row in rows_of(folder)}
    next(row for row in rows if row["mentor_id"] in held)["capacity"] = "0"
    rewrite(folder, rows, "mentors.csv")

    done = verify(folder)

    assert done.exit_code == 1
    assert "Refuted" in done.stdout


def test_what_is_no_report_is_refuted(folder: Path) -> None:
    for text in ("", "[]", "[" * 200_000, "\xff"):
        (folder / "report.json").write_text(text, encoding="latin-1")
        done = verify(folder)
        assert done.exit_code == 1
        assert done.stdout.startswith("Refuted")
