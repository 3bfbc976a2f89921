"""What the command says of the people in its tables."""

from __future__ import annotations

import json
from pathlib import Path

from matching_command import pair, rows_of, two_tables, verify


def test_a_list_needs_what_matching_needs_and_names_what_it_goes_without(folder: Path) -> None:
    (folder / "mentees.csv").write_text("mentee_id,career_stage,languages\na,resident,en\n")
    (folder / "mentors.csv").write_text("mentor_id,career_stage,languages\nx,attending,en\n")

    done = pair(folder)

    assert done.exit_code == 0
    assert [(row["mentee_id"], row["mentor_id"]) for row in rows_of(folder)] == [("a", "x")]
    for role in ("mentee", "mentor"):
        missing = "columns 'full_name', 'email', 'timezone' are missing"
        assert f"{role}s.csv: file: {missing} and count as unanswered" in done.stderr
    assert verify(folder).exit_code == 0


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
        "mentees.csv: row 2, do_not_match: 'mr-12' is not the ID or address of any mentor; "
        "did you mean 'mr-0012'?\n"
    ) in said
    assert (
        "mentors.csv: row 2, do_not_match: 'zoe@example.org' is not the ID or address of any"
        in said
    )
    assert said.count("is not the ID or address of any") == 2
    assert [row["mentee_id"] for row in rows_of(folder)] == ["me-1"]


def test_a_pick_that_names_no_one_is_said_and_is_no_failure(tmp_path: Path) -> None:
    folder = two_tables(
        tmp_path, "mentor_picks me-1,mr-2;mr-1,a@example.org", "city mr-1,Rome,c@example.org"
    )

    done = pair(folder)

    assert done.exit_code == 0
    assert "row 2, mentor_picks: 'mr-2' is not the ID or address of any mentor\n" in done.stderr


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
    assert (
        "me-1 and mr-1 are no longer paired: they're now excluded by do_not_match\n" in done.stderr
    )
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


def test_the_command_says_what_an_import_says_and_all_that_is_wrong(tmp_path: Path) -> None:
    head = "full_name,email,career_stage,timezone,languages"
    mentees = f"mentee_id,{head},Hobby\nme-1,JosÃ©,a@example.org,Resident,Europe/London,en,x\n"
    mentors = f"mentor_id,{head},Capcity\nmr-1,Bo,b@example.org,fellow,Europe/London,xx,1\n"
    (tmp_path / "mentees.csv").write_text(mentees, encoding="utf-8")
    (tmp_path / "mentors.csv").write_text(mentors, encoding="utf-8")

    done = pair(tmp_path)

    assert done.exit_code == 2
    for said in (
        "mentees.csv: file: column 'Hobby' is not recognized and is ignored",
        "mentees.csv: row 2, full_name: 'JosÃ©' read as 'José'",
        "mentees.csv: row 2, career_stage: 'Resident' read as resident",
        "column 'Capcity' is not recognized and may be meant as capacity",
        "row 2, languages: language 'xx' is not recognized",
    ):
        assert said in done.stderr
