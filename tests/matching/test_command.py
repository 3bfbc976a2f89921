"""The command line as a coordinator runs it: files in, files out, and every way to be wrong."""

from __future__ import annotations

import csv
import json
import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import crowds
import openpyxl
import pytest
from click.testing import CliRunner, Result
from patience import patient, wait_until
from small_rounds import mentee, mentor

from matching import policy
from matching.__main__ import main
from matching.profiles import columns

ON = ("--on", "2026-11-23")


def as_file(path: Path, role: Any, people: list[dict[str, Any]]) -> None:
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
    files = ("mentees.csv", "mentors.csv", "--out", "pairs.csv", "--report", "report.json")
    return run(folder, "pair", *files, *ON, *options)


def verify(folder: Path) -> Result:
    return run(folder, "verify", "mentees.csv", "mentors.csv", "pairs.csv", "report.json")


@pytest.fixture(scope="module")
def matched(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which 60 and 25 people were matched."""
    folder = tmp_path_factory.mktemp("matched")
    people, mentors = crowds.make(60, 25, seed=1)
    people[3]["rounds_waiting"] = 2
    as_file(folder / "mentees.csv", "mentee", people)
    as_file(folder / "mentors.csv", "mentor", mentors)
    done = pair(folder)
    assert done.exit_code == 0, done.stderr
    assert "no round could come to more than" in done.stdout
    return folder


@pytest.fixture
def folder(matched: Path, tmp_path: Path) -> Path:
    """A copy of it to spoil."""
    for file in matched.iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    return tmp_path


def rows_of(folder: Path, name: str = "pairs.csv") -> list[dict[str, str]]:
    with (folder / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def rewrite(folder: Path, rows: list[dict[str, str]], name: str = "pairs.csv") -> None:
    with (folder / name).open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


def test_pairs_come_with_reasons_and_the_report_proves_them(folder: Path) -> None:
    rows, report = rows_of(folder), json.loads((folder / "report.json").read_text())

    assert len(rows) > 10
    assert all(0.4 <= float(row["score"]) <= 1 for row in rows)
    assert any(json.loads(row["reasons"]) for row in rows)
    assert report["certificate"]["gap"] == 0
    assert report["measures"]["matched"] == len(rows)
    assert report["priority"] == {"me-0003": 0.1}
    left = [person for person in report["unmatched"] if person["role"] == "mentee"]
    assert len(left) == report["measures"]["unmatched"] == 60 - len(rows)
    assert all(person["reason"]["cause"] for person in left)
    done = verify(folder)
    assert (done.exit_code, done.stderr) == (0, "")
    assert done.stdout.startswith("Proved: of all assignments over 1,500 pairs none is better.")


@pytest.mark.parametrize("objective", ["fair", "total"])
@pytest.mark.parametrize("mode", ["keep", "better", "afresh"])
def test_a_rematch_of_every_kind_is_proved_too(folder: Path, objective: str, mode: str) -> None:
    rows = rows_of(folder)
    rows = [row for row in rows if row["mentee_id"] != "me-0007"]
    rewrite(folder, rows, "before.csv")

    done = pair(folder, "--existing", "before.csv", "--mode", mode, "--objective", objective)

    assert done.exit_code == 0, done.stderr
    assert verify(folder).exit_code == 0
    kept = [row for row in rows_of(folder) if row["kept"] == "yes"]
    if mode == "keep":
        assert len(kept) == len(rows)


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
            "row 3: the pair of row 2",
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


def test_no_one_on_a_side_is_a_valid_empty_answer(folder: Path) -> None:
    for name in ("mentees.csv", "mentors.csv"):
        header = (folder / name).read_text(encoding="utf-8").splitlines()[0]
        (folder / name).write_text(header + "\n", encoding="utf-8")

    assert pair(folder).exit_code == 0
    assert rows_of(folder) == []
    assert verify(folder).exit_code == 0


def test_it_is_a_program_of_its_own(folder: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "matching", "verify", "mentees.csv", "mentors.csv", "pairs.csv",
         "report.json"],
        cwd=folder, capture_output=True, text=True, timeout=patient(60), check=False,
        env={"PYTHONPATH": str(Path(__file__).parents[2]), "PATH": "/usr/bin:/bin"},
    )  # fmt: skip

    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("Proved")


#: The command with a solver that takes minutes, in which Python looks at no signal.
SLOW = """
import hashlib, pathlib, runpy
from matching import matcher

def solve(*args, **options):
    pathlib.Path("solving").touch()
    hashlib.pbkdf2_hmac("sha256", b"", b"", 2_000_000_000)

matcher.assign = solve
runpy.run_module("matching", run_name="__main__")
"""


def test_an_interrupt_ends_it_at_once_and_leaves_what_was_there(folder: Path) -> None:
    before = {file.name: file.read_bytes() for file in folder.iterdir()}
    working = subprocess.Popen(
        [sys.executable, "-c", SLOW, "pair", "mentees.csv", "mentors.csv",
         "--out", "pairs.csv", "--report", "report.json"],
        cwd=folder, stderr=subprocess.DEVNULL,
        env={"PYTHONPATH": str(Path(__file__).parents[2]), "PATH": "/usr/bin:/bin"},
        # A shell starts what runs in the background with interrupts ignored, and so its children.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )  # fmt: skip
    wait_until("the solver", (folder / "solving").exists)
    working.send_signal(signal.SIGINT)

    assert working.wait(timeout=patient(30)) == -signal.SIGINT
    (folder / "solving").unlink()
    assert {file.name: file.read_bytes() for file in folder.iterdir()} == before


def test_what_is_no_report_is_refuted(folder: Path) -> None:
    for text in ("", "[]", "[" * 200_000, "\xff"):
        (folder / "report.json").write_text(text, encoding="latin-1")
        done = verify(folder)
        assert done.exit_code == 1
        assert done.stdout.startswith("Refuted")


@pytest.mark.parametrize(
    ("out", "report", "message"),
    [
        ("pairs.csv", "pairs.csv", "is used twice"),
        ("mentees.csv", "report.json", "is used twice"),
        ("pairs.csv", "nowhere/report.json", "is not a folder that can be written to"),
        ("pairs.csv", "fifo.json", "is not a file that could be replaced"),
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


def test_a_list_needs_what_matching_needs_and_names_what_it_goes_without(folder: Path) -> None:
    (folder / "mentees.csv").write_text("mentee_id,career_stage,languages\na,resident,en\n")
    (folder / "mentors.csv").write_text("mentor_id,career_stage,languages\nx,attending,en\n")

    done = pair(folder)

    assert done.exit_code == 0
    assert [(row["mentee_id"], row["mentor_id"]) for row in rows_of(folder)] == [("a", "x")]
    for role in ("mentee", "mentor"):
        missing = "columns 'full_name', 'email', 'timezone' are missing"
        assert f"{role}s.csv: file: {missing}; no one is taken to have answered" in done.stderr
    assert verify(folder).exit_code == 0


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


def test_what_keeping_costs_is_in_the_report_of_a_rematch(folder: Path) -> None:
    rewrite(folder, rows_of(folder)[3:], "before.csv")

    assert pair(folder, "--existing", "before.csv", "--mode", "better").exit_code == 0

    frontier = json.loads((folder / "report.json").read_text())["frontier"]
    assert [point["keep_bonus"] for point in frontier] == [0.0, 0.02, 0.05, 0.1, 0.2]
    assert verify(folder).exit_code == 0


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


def test_an_exclusion_that_names_no_one_is_said_and_a_script_notices(tmp_path: Path) -> None:
    folder = two_tables(
        tmp_path,
        "do_not_match me-1,mr-12,a@example.org me-2,MR–0012;none,b@example.org",
        "do_not_match mr-0012,zoe@example.org,c@example.org",
    )

    done = pair(folder)

    assert done.exit_code == 1
    said = done.stderr
    assert (
        "mentees.csv: row 2, do_not_match: 'mr-12' is the id or address of no mentor; "
        "did you mean 'mr-0012'?\n"
    ) in said
    assert "mentors.csv: row 2, do_not_match: 'zoe@example.org' is the id or address of no" in said
    assert said.count("is the id or address of no") == 2
    assert [row["mentee_id"] for row in rows_of(folder)] == ["me-1"]


def test_a_pick_that_names_no_one_is_said_and_is_no_failure(tmp_path: Path) -> None:
    folder = two_tables(
        tmp_path, "mentor_picks me-1,mr-2;mr-1,a@example.org", "city mr-1,Rome,c@example.org"
    )

    done = pair(folder)

    assert done.exit_code == 0
    assert "row 2, mentor_picks: 'mr-2' is the id or address of no mentor\n" in done.stderr


def test_one_address_in_two_rows_is_refused_and_the_first_is_named(tmp_path: Path) -> None:
    folder = two_tables(
        tmp_path,
        "city me-1,Rome,a@example.org me-2,Rome,B@Bücher.example "
        "me-3,Rome,b@xn--bcher-kva.example.",
        "city mr-1,Rome,c@example.org",
    )

    done = pair(folder)

    assert done.exit_code == 2
    assert "row 4, email: is the same address as in row 3\n" in done.stderr
    assert not (folder / "pairs.csv").exists()


def test_addresses_that_differ_in_a_tag_are_named(tmp_path: Path) -> None:
    folder = two_tables(
        tmp_path,
        "city me-1,Rome,a+x@example.org me-2,Rome,a@example.org me-3,Rome,c+me@example.org",
        "city mr-1,Rome,c@example.org",
    )

    done = pair(folder)

    assert done.exit_code == 0
    assert (
        "mentees.csv: row 3, email: may be the same person as the mentee in row 2\n" in done.stderr
    )
    assert (
        "mentees.csv: row 4, email: may be the same person as the mentor in row 2\n" in done.stderr
    )
    assert done.stderr.count("may be") == 2


def test_a_pair_that_was_ruled_out_since_it_was_made_is_parted_and_named(tmp_path: Path) -> None:
    folder = two_tables(
        tmp_path,
        "do_not_match me-1,mr-1,a@example.org me-2,,b@example.org",
        "city mr-1,Rome,c@example.org mr-2,Rome,d@example.org",
    )
    (folder / "existing.csv").write_text("mentee_id,mentor_id\nME–1,mr-1\nme-2,mr-2\n", "utf-8")

    done = pair(folder, "--existing", str(folder / "existing.csv"))

    assert done.exit_code == 0
    assert "me-1 and mr-1 are parted: they are now excluded by do_not_match\n" in done.stderr
    report = json.loads((folder / "report.json").read_text())
    assert report["ruled_out"] == [
        {
            "mentee": "me-1",
            "mentor": "mr-1",
            "rules": ["do_not_match"],
            "by_person": True,
            "kept": False,
        }
    ]
    made = {(row["mentee_id"], row["mentor_id"], row["kept"]) for row in rows_of(folder)}
    assert ("me-2", "mr-2", "yes") in made
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
    assert "mentee_id: 000 and 60 ids in all look like numbers or days" in done.stderr
    sheet = openpyxl.load_workbook(folder / "pairs.xlsx").active
    cells = [cell for row in sheet.iter_rows(min_row=2) for cell in row]
    assert {(cell.data_type, cell.number_format) for cell in cells} == {("s", "@")}
    assert all(str(row[0].value).startswith("00") for row in sheet.iter_rows(min_row=2))
    proof = run(folder, "verify", "mentees.csv", "mentors.csv", "pairs.xlsx", "report.json")
    assert proof.exit_code == 0, proof.stdout


def test_the_command_says_what_an_import_says_and_all_that_is_wrong(tmp_path: Path) -> None:
    head = "full_name,email,career_stage,timezone,languages"
    mentees = f"mentee_id,{head},Hobby\nme-1,JosÃ©,a@example.org,Resident,Europe/London,en,x\n"
    mentors = f"mentor_id,{head},Capcity\nmr-1,Bo,b@example.org,fellow,Europe/London,xx,1\n"
    (tmp_path / "mentees.csv").write_text(mentees, encoding="utf-8")
    (tmp_path / "mentors.csv").write_text(mentors, encoding="utf-8")

    done = pair(tmp_path)

    assert done.exit_code == 2
    for said in (
        "mentees.csv: file: column 'Hobby' is not known and is ignored",
        "mentees.csv: row 2, full_name: 'JosÃ©' read as 'José'",
        "mentees.csv: row 2, career_stage: 'Resident' read as resident",
        "column 'Capcity' is not known and may be meant as capacity",
        "row 2, languages: language 'xx' is not known",
    ):
        assert said in done.stderr


def test_several_mentors_each_are_found_told_and_proved(folder: Path) -> None:
    plain = len(rows_of(folder))

    done = pair(folder, "--demand", "3", "--fill", "all", "--seed", "spring")

    assert done.exit_code == 0, done.stderr
    report = json.loads((folder / "report.json").read_text())
    assert (report["fill"], report["seed"]) == ("all", "spring")
    assert set(report["demand"].values()) == {3}
    still_open = report["measures"]["open_demand"]
    assert len(rows_of(folder)) + still_open == 3 * 60
    assert len(rows_of(folder)) >= plain
    assert f"{still_open} more mentors could not be found" in done.stdout
    proved = verify(folder)
    assert proved.exit_code == 0, proved.stdout


def test_how_many_mentors_each_wants_stands_in_the_table(tmp_path: Path) -> None:
    as_file(tmp_path / "mentees.csv", "mentee", [mentee("a", mentors_wanted=3), mentee("b")])
    as_file(tmp_path / "mentors.csv", "mentor", [mentor("x"), mentor("y"), mentor("z")])

    assert pair(tmp_path).exit_code == 0
    assert Counter(row["mentee_id"] for row in rows_of(tmp_path)) == {"a": 2, "b": 1}
    report = json.loads((tmp_path / "report.json").read_text())
    assert (report["demand"], report["measures"]["wanting_more"]) == ({}, {"1": 1})
    assert verify(tmp_path).exit_code == 0
    # What the command line says holds for everyone.
    done = pair(tmp_path, "--demand", "1")
    assert len(rows_of(tmp_path)) == 2
    assert "could not be found" not in done.stdout


def test_all_places_cannot_come_before_the_total_alone(folder: Path) -> None:
    done = pair(folder, "--fill", "all", "--objective", "total")

    assert done.exit_code == 2
    assert "'all' puts pairs before the total" in done.stderr


def test_a_seed_draws_anew_among_equals_only(folder: Path) -> None:
    values = set()
    for seed in ("", "spring", "autumn"):
        assert pair(folder, "--seed", seed).exit_code == 0
        assert verify(folder).exit_code == 0
        values.add(json.loads((folder / "report.json").read_text())["certificate"]["value"])

    assert len(values) == 1
