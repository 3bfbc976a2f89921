"""What the library says is read in the reader's language."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest
from babel import Locale
from babel.support import NullTranslations

from matching import language as library
from matching.policy import InvalidPolicy, Policy
from matching.profiles.columns import COLUMNS, CellError, read_row
from matching.spreadsheets import tables
from matching.spreadsheets.limits import UPLOAD, UnreadableFile
from mentorship import language
from mentorship.language import Language


class Brackets(NullTranslations):
    """A made-up language in which every message stands in brackets."""

    def gettext(self, message: str) -> str:
        return f"⟦{message}⟧"

    def ngettext(self, one: str, many: str, count: int) -> str:
        return f"⟦{one if count == 1 else many}⟧"


MADE_UP = Language(Locale("en"), language.current().zone, Brackets())


@pytest.fixture
def made_up() -> Iterator[None]:
    with language.use(MADE_UP):
        yield


@pytest.mark.parametrize(
    ("name", "typed", "message"),
    [
        ("capacity", "many", "⟦must be a whole number from 0 to 50; found 'many'⟧"),
        ("country", "XX", "⟦'XX' is not a country; enter its name or two-letter code, like US⟧"),
        ("availability", "noon", "⟦slot 'noon' is not understood; write Mon 18:00-20:00⟧"),
        ("full_name", "x" * 201, "⟦has 201 characters; the limit is 200⟧"),
        ("goals", "fame", "⟦⟦goal⟧ 'fame' is not recognized⟧"),
    ],
)
def test_a_cell_that_cannot_be_read_is_told_in_the_language(
    made_up: None, name: str, typed: str, message: str
) -> None:
    (column,) = (column for column in COLUMNS if column.name == name)

    with pytest.raises(CellError) as refused:
        column.read(typed, lambda note: None)

    assert str(refused.value) == message


def test_what_is_missing_or_worth_knowing_is_told_in_the_language(made_up: None) -> None:
    notes: list[str] = []
    _, problems = read_row("mentor", {"capacity": ""}, lambda note: notes.append(note.message))

    assert notes == ["⟦is empty; 2 was used⟧"]
    assert {problem.message for problem in problems} == {"⟦is empty; enter a value⟧"}
    assert all(problem.is_missing for problem in problems)


def test_a_file_and_a_policy_are_refused_in_the_language(made_up: None) -> None:
    with pytest.raises(UnreadableFile, match=r"^⟦The file is empty\.⟧$"):
        tables.read(b"", "mentee", "mentees.csv", UPLOAD)
    with pytest.raises(InvalidPolicy, match="^⟦line 1: version: ⟦is missing⟧⟧$"):
        Policy.from_yaml("{}")


def test_each_thread_reads_its_own_language(made_up: None) -> None:
    heard: list[str] = []
    other = threading.Thread(target=lambda: heard.append(library.gettext("is missing")))
    other.start()
    other.join()

    assert heard == ["is missing"]
    assert library.gettext("is missing") == "⟦is missing⟧"


def test_numbers_are_written_as_they_are_here() -> None:
    with language.use(Language(Locale("de"), MADE_UP.zone, NullTranslations())):
        assert library.number(20_000) == "20.000"
    assert library.number(20_000) == "20,000"
