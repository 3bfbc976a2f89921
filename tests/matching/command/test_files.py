"""Files that go in and come out, and every way in which they can be wrong."""

from __future__ import annotations

import json
import os
from pathlib import Path

import openpyxl
import pytest
from matching_command import ON, pair, rewrite, rows_of, run, verify

from matching import policy


@pytest.mark.parametrize(
    ("file", "text", "message"),
    [
        ("mentees.csv", "", "The file is empty"),
        ("mentees.csv", "a,b\n1,2\n", "looks like data"),
        (
            "mentees.csv",
            "mentee_id,full_name,email\nx,y,z@example.org\n",
            "Column 'career_stage' is missing.",
        ),
        ("mentees.csv", "full_name,career_stage\ny,resident\n", "Column 'email' is missing."),
        ("before.csv", "mentee_id,mentor_id\nme-0001\n", "row 2: mentee_id and mentor_id"),
        (
            "before.csv",
            "mentee_id,mentor_id\nme-0001,mr-0001\nme-0001,mr-0001\n",
            "row 3: the same pair as in row 2",
        ),
        ("before.csv", "mentee_id,mentor_id\nme-9999,mr-0001\n", "existing: me-9999 and mr-0001"),
        ("before.csv", "mentee,mentor\n", "the first row must name mentee_id and mentor_id"),
        ("before.csv", "\n\nme-0001\n", "the first row must name"),
        ("before.csv", "\n\n", "The file is empty."),
        ("before.csv", "Mentee_ID;Mentor_ID\n\nme-0001\n", "row 3: mentee_id and mentor_id"),
        ("before.csv", "\xff", "before.csv: This file is not UTF-8"),
        ("policy.yaml", "\xff", "policy.yaml: "),
        ("policy.yaml", "floor: 40", "version: is missing"),
        ("policy.yaml", policy.default().to_yaml().replace("r: 0", "r: 40"), "line 18: floor"),
    ],
)
def test_a_file_that_cannot_be_used_gets_a_plain_message(
    folder: Path, file: str, text: str, message: str
) -> None:
    (folder / file).write_text(text, encoding="latin-1")
    options = {"before.csv": ("--existing", file), "policy.yaml": ("--policy", file)}
    before = (folder / "pairs.csv").read_bytes()

    done = pair(folder, *options.get(file, ()))

    assert done.exit_code == 2
    assert message in done.stderr
    assert "Traceback" not in done.stderr
    assert (folder / "pairs.csv").read_bytes() == before


def test_every_problem_of_a_table_is_named_by_row(folder: Path) -> None:
    rows = rows_of(folder, "mentees.csv")
    rows[0]["goals"] = "fame"
    rows[2]["timezone"] = "Mars"
    rows[4]["mentee_id"] = rows[3]["mentee_id"]
    rewrite(folder, rows, "mentees.csv")

    done = pair(folder)

    assert done.exit_code == 2
    for message in (
        "row 2, goals:",
        "row 4, timezone:",
        "row 6, mentee_id: me-0003 is already used in row 5",
    ):
        assert message in done.stderr


@pytest.mark.parametrize(
    ("out", "report", "message"),
    [
        ("pairs.csv", "pairs.csv", "is used twice"),
        ("mentees.csv", "report.json", "is used twice"),
        ("pairs.csv", "nowhere/report.json", "is not a folder that can be written to"),
        ("pairs.csv", "fifo.json", "is not a file that can be replaced"),
    ],
)
def test_outputs_replace_nothing_else_and_come_together(
    folder: Path, out: str, report: str, message: str
) -> None:
    os.mkfifo(folder / "fifo.json")
    before = {f.name: f.read_bytes() for f in folder.iterdir() if f.is_file()}

    done = run(folder, "pair", "mentees.csv", "mentors.csv", "--out", out, "--report", report, *ON)

    assert done.exit_code == 2
    assert message in done.stderr
    assert {f.name: f.read_bytes() for f in folder.iterdir() if f.is_file()} == before


def test_standard_output_holds_the_pairs_alone(folder: Path) -> None:
    pair(folder)
    expected = (folder / "pairs.csv").read_bytes()

    done = run(
        folder, "pair", "mentees.csv", "mentors.csv", "--out", "-", "--report", "again.json", *ON
    )

    assert done.exit_code == 0
    assert done.stdout_bytes == expected
    assert "without a mentor" in done.stderr
    assert json.loads((folder / "again.json").read_text())["on"] == ON[1]
    assert not (folder / "-").exists()
    assert not Path("-").exists()


def test_an_output_that_is_a_link_stays_one(folder: Path) -> None:
    (folder / "pairs.csv").write_text("old")
    (folder / "link.csv").symlink_to("pairs.csv")

    done = run(
        folder, "pair", "mentees.csv", "mentors.csv", "--out", "link.csv",
        "--report", "report.json", *ON,
    )  # fmt: skip

    assert done.exit_code == 0
    assert (folder / "link.csv").is_symlink()
    assert verify(folder).exit_code == 0


def test_pairs_in_a_workbook_keep_their_ids_as_text_and_are_proved(folder: Path) -> None:
    for name, zeros in (("mentees", "mentee_id"), ("mentors", "mentor_id")):
        rows = rows_of(folder, f"{name}.csv")
        for k, row in enumerate(rows):
            row[zeros], row["do_not_match"] = f"00{k}", ""
        rewrite(folder, rows, f"{name}.csv")

    files = ("mentees.csv", "mentors.csv", "--out", "pairs.xlsx", "--report", "report.json")
    done = run(folder, "pair", *files, *ON)

    assert done.exit_code == 0, done.stderr
    assert "mentee_id: 000 and other IDs, 60 in all, look like numbers or dates" in done.stderr
    sheet = openpyxl.load_workbook(folder / "pairs.xlsx").active
    cells = [cell for row in sheet.iter_rows(min_row=2) for cell in row]
    assert {(cell.data_type, cell.number_format) for cell in cells} == {("s", "@")}
    assert all(str(row[0].value).startswith("00") for row in sheet.iter_rows(min_row=2))
    proof = run(folder, "verify", "mentees.csv", "mentors.csv", "pairs.xlsx", "report.json")
    assert proof.exit_code == 0, proof.stdout
