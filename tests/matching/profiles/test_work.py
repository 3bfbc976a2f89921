"""How much work a cell may cause: counted, since time depends on the machine."""

from __future__ import annotations

import unicodedata

import pytest

from matching.profiles import taxonomy
from matching.profiles.choices import MOST_SUGGESTIONS, Terms
from matching.profiles.readers import LIST_LIMIT, CellError
from matching.profiles.texts import Line, Name, People, Prose

#: Marks of two classes by turns, which normalizing has to put in order.
MARKS = "a" + "\u0301\u0327" * 20_000


def unknown(count: int) -> list[str]:
    return [f"cardiolgy{number}" for number in range(count)]


@pytest.mark.parametrize(
    ("typed", "most"),
    [
        (";".join(unknown(9_000)), 0),
        (",".join(unknown(9_000)), 0),
        (";".join(unknown(LIST_LIMIT)), MOST_SUGGESTIONS),
        (",".join(unknown(LIST_LIMIT)), 1),
        (";".join(",".join(unknown(LIST_LIMIT)) for _ in range(LIST_LIMIT)), MOST_SUGGESTIONS),
        (";".join(["x" * 5_000] * LIST_LIMIT), MOST_SUGGESTIONS),
    ],
)
def test_a_list_is_counted_first_and_few_of_its_words_are_searched(
    searched: list[str], typed: str, most: int
) -> None:
    with pytest.raises(CellError):
        Terms("specialty").read(typed, lambda message: None)

    assert len(searched) <= most
    assert all(len(word) <= 200 for word in searched)


def test_words_that_are_known_are_never_searched(searched: list[str]) -> None:
    known = taxonomy.load().ids("specialty")[:LIST_LIMIT]

    assert Terms("specialty").read(";".join(known), lambda message: None) == known
    assert searched == []


def test_of_a_few_unknown_words_each_comes_with_what_was_meant(searched: list[str]) -> None:
    with pytest.raises(CellError) as refused:
        Terms("specialty").read("cardiolgy;neurolgy;dermatolgy;urolgy", lambda message: None)

    assert str(refused.value).count("did you mean") == MOST_SUGGESTIONS
    assert "and 1 more" in str(refused.value)


@pytest.mark.parametrize("reader", [Line(), Name(), Prose(), People()])
@pytest.mark.parametrize("typed", [MARKS, MARKS[:200], "a" * 1_000_000])
def test_a_long_text_is_refused_before_it_is_normalized(
    monkeypatch: pytest.MonkeyPatch, reader: Line | Name | Prose | People, typed: str
) -> None:
    normalize, longest = unicodedata.normalize, 0

    def measured(form: str, text: str) -> str:
        nonlocal longest
        longest = max(longest, len(text))
        return normalize(form, text)  # type: ignore[arg-type]

    monkeypatch.setattr(unicodedata, "normalize", measured)
    with pytest.raises(CellError):
        reader.read(typed, lambda message: None)
    assert longest <= 40


@pytest.mark.parametrize("name", ["Phạm Thị Hằng", "Zoë̈̈̈", "محمد", "प्रिया", "ก็้"])
def test_names_with_marks_are_read(name: str) -> None:
    assert Name().read(name, lambda message: None) == unicodedata.normalize("NFC", name)
