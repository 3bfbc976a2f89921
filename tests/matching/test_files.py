"""Files of pairs: what is wrong with one is said by its row and column."""

from __future__ import annotations

from pathlib import Path

import pytest

from matching import files

HEADER = "mentee_id,mentor_id,score\n"


def written(folder: Path, text: str) -> Path:
    path = folder / "pairs.csv"
    path.write_text(text, encoding="utf-8")
    return path


def test_scores_are_read_as_millionths(tmp_path: Path) -> None:
    path = written(tmp_path, HEADER + "a,x,0.25\nb,y,1e-6\n\nc,z,0\n")

    assert files.read_scored_pairs(path) == [("a", "x", 250_000), ("b", "y", 1), ("c", "z", 0)]


@pytest.mark.parametrize("score", ["", "high", "nan", "inf", "-inf", "1e999", "0,5"])
def test_a_score_that_is_no_number_is_named_by_its_row(tmp_path: Path, score: str) -> None:
    path = written(tmp_path, HEADER + f'a,x,0.5\nb,y,"{score}"\n')

    with pytest.raises(files.InvalidTable) as caught:
        files.read_scored_pairs(path)

    assert str(caught.value).startswith(f"{path}: row 3, score: ")
    assert str(caught.value).endswith("is not a number")
    assert score in str(caught.value)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("mentee_id,mentor_id\na,x\n", "row 2, score: "),
        ("mentee_id,score\na,0.5\n", "the first row must name mentee_id and mentor_id"),
        (HEADER + "a,x,0.5\nb,,0.5\n", "row 3: mentee_id and mentor_id are both needed"),
        (HEADER + "a,x,0.5\nA,x,0.4\n", "row 3: the same pair as in row 2"),
        ("", "The file is empty"),
    ],
)
def test_what_is_no_list_of_scored_pairs_says_why(tmp_path: Path, text: str, problem: str) -> None:
    path = written(tmp_path, text)

    with pytest.raises(files.InvalidTable) as caught:
        files.read_scored_pairs(path)

    assert f"{path}: {problem}" in str(caught.value)


def test_a_file_that_is_not_there_is_an_error_of_the_system(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        files.read_scored_pairs(tmp_path / "none.csv")
