"""The command line of matching, run in a folder with tables of people."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

from click.testing import CliRunner, Result

from matching.__main__ import main
from matching.profiles import columns

ON = ("--on", "2026-11-23")


def as_file(path: Path, role: Any, people: list[dict[str, Any]]) -> None:
    """Write people as a table with all columns of their role."""
    names = list(columns.of_role(role))
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, names)
        writer.writeheader()
        for person in people:
            writer.writerow(
                {
                    name: ";".join(value) if isinstance(value, list) else value
                    for name, value in person.items()
                }
            )


def run(folder: Path, command: str, *arguments: str) -> Result:
    """Run a command in this process; arguments with a dot inside are files of the folder."""
    files = [str(folder / a) if "." in a and a[0].isalpha() else a for a in arguments]
    return CliRunner().invoke(main, [command, *files], catch_exceptions=False)


def pair(folder: Path, *options: str) -> Result:
    """Match the people of the folder's two tables."""
    files = ("mentees.csv", "mentors.csv", "--out", "pairs.csv", "--report", "report.json")
    return run(folder, "pair", *files, *ON, *options)


def verify(folder: Path) -> Result:
    """Verify what is in the folder."""
    return run(folder, "verify", "mentees.csv", "mentors.csv", "pairs.csv", "report.json")


def rows_of(folder: Path, name: str = "pairs.csv") -> list[dict[str, str]]:
    """Return the rows of a table."""
    with (folder / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def rewrite(folder: Path, rows: list[dict[str, str]], name: str = "pairs.csv") -> None:
    """Rewrite a table."""
    with (folder / name).open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


def two_tables(folder: Path, mentees: str, mentors: str) -> Path:
    """Write two tables that hold the questions that are needed, and one more each."""
    asked = "full_name,career_stage,timezone,languages,email"
    given = "Ada,resident,Europe/London,en"
    for role, table in (("mentee", mentees), ("mentor", mentors)):
        head, *rows = table.split()
        stage = given if role == "mentee" else given.replace("resident", "attending")
        lines = [f"{role}_id,{head},{asked}"]
        for row in rows:
            *own, email = row.split(",")
            lines.append(",".join([*own, stage, email]))
        (folder / f"{role}s.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return folder
