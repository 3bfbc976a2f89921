"""What the rows of one file share: ids, addresses, and a bounded search for what words meant."""

from __future__ import annotations

import pytest
import sheets

from matching.spreadsheets import tables
from matching.spreadsheets.limits import UPLOAD
from matching.spreadsheets.people import MOST_SUGGESTIONS, PeopleReader

#: Columns in each of which a word may be one that no taxonomy knows.
COLUMNS = ["career_stage", "languages", "goals", "specialty_interests", "experiences", "modalities"]
ROWS = 400


def table(column: str, words: list[str]) -> bytes:
    others = [name for name in sheets.HEADER if name != column]
    rows = []
    for number, word in enumerate(words):
        known = dict(zip(sheets.HEADER, sheets.person(number), strict=True))
        rows.append([*(known[name] for name in others), word])
    return sheets.text([*others, column], *rows)


def problems(data: bytes) -> str:
    """What is said of a file, each problem on a line."""
    rows = tables.read(data, "mentee", "people.csv", UPLOAD).rows
    reader = PeopleReader("mentee")
    return "\n".join(str(problem) for row in rows for problem in reader.read(row).problems)


@pytest.mark.parametrize("column", COLUMNS)
def test_few_words_of_a_long_file_are_searched(searched: list[str], column: str) -> None:
    said = problems(table(column, [f"qardiolgy {n}" for n in range(ROWS)]))

    assert f"row 2, {column}" in said
    assert len(searched) == MOST_SUGGESTIONS < ROWS


def test_a_word_is_searched_once_however_many_rows_hold_it(searched: list[str]) -> None:
    said = problems(table("goals", ["interveiw-practice"] * ROWS))

    assert said.count("did you mean interview-practice?") == ROWS
    assert len(searched) == 1


def test_an_id_and_an_address_belong_to_one_row() -> None:
    first, second, third = (sheets.person(n) for n in range(3))
    at = {name: k for k, name in enumerate(sheets.HEADER)}
    second[at["mentee_id"]] = first[at["mentee_id"]].upper()
    third[at["email"]] = first[at["email"]].upper()

    said = problems(sheets.text(sheets.HEADER, first, second, third))

    assert f"row 3, mentee_id: {first[at['mentee_id']]} is already used in row 2" in said
    assert "row 4, email: is the same address as in row 2" in said
    assert said.count("\n") == 1, "the first of each is right"
