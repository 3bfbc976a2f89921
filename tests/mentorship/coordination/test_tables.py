"""Lists as files: no cell is a formula, days are days, and LibreOffice opens them."""

from __future__ import annotations

import csv
import datetime
import io
from pathlib import Path

import office
import openpyxl
import pytest

from mentorship import language
from mentorship.coordination import tables
from mentorship.coordination.tables import Table

#: What a spreadsheet program could take for a formula, or for the beginning of another cell.
FORMULAS = (
    "=1+1", "+1+1", "-1+1", "@SUM(1)", "\t=1+1", "\r=1+1", "\n=1+1", " =1+1", "＝1+1", "＋1", "－1",
    "＠SUM(1)", '=HYPERLINK("https://example.org")', "=cmd|' /C calc'!A0", "\u00a0=1+1",
)  # fmt: skip
HARMLESS = ("Ana", "1=1", "O'Neil", "a;=1+1", 'say "=1"', "x\n=1", "日本 ☃", "'quoted'", "00123")
AT = datetime.datetime(2026, 11, 23, 23, 30, 15, tzinfo=datetime.UTC)


def table(*cells: tables.Cell) -> Table:
    return Table("Words", ["What"], [[cell] for cell in cells])


def read_csv(content: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))


def read_workbook(content: bytes):  # noqa: ANN201
    return openpyxl.load_workbook(io.BytesIO(content)).active


def test_nothing_in_a_file_is_a_formula() -> None:
    listed = read_csv(tables.as_csv(table(*FORMULAS)).content)
    sheet = read_workbook(tables.as_workbook(table(*FORMULAS)).content)

    assert [row[0] for row in listed[1:]] == [f"'{text}" for text in FORMULAS]
    for (cell,), text in zip(sheet.iter_rows(min_row=2), FORMULAS, strict=True):
        assert cell.data_type == "s"
        assert cell.hyperlink is None
        assert str(cell.value).startswith("'"), text


def test_headings_are_defused_as_well() -> None:
    made = Table("Words", ["=1+1"], [])

    assert read_csv(tables.as_csv(made).content) == [["'=1+1"]]
    assert read_workbook(tables.as_workbook(made).content)["A1"].value == "'=1+1"


def test_text_stays_as_it_is_and_text() -> None:
    listed = read_csv(tables.as_csv(table(*HARMLESS)).content)
    sheet = read_workbook(tables.as_workbook(table(*HARMLESS)).content)

    assert [row[0] for row in listed[1:]] == list(HARMLESS)
    assert [row[0].value or "" for row in sheet.iter_rows(min_row=2)] == list(HARMLESS)
    assert all(row[0].data_type in ("s", "n") for row in sheet.iter_rows(min_row=2))


def test_text_cannot_become_a_cell_of_its_own_where_semicolons_part_cells() -> None:
    content = tables.as_csv(table("a;=1+1;b")).content.decode("utf-8-sig")

    assert list(csv.reader(io.StringIO(content, newline=""), delimiter=";"))[1] == ["a;=1+1;b"]


def test_days_are_days_and_numbers_are_numbers_on_the_reader_s_clock() -> None:
    made = Table("x", ["a", "b", "c", "d", "e"], [[AT, AT.date(), 12, 0.5, None]])
    with language.use(language.choose("en_US", [], "Asia/Tokyo")):
        listed = read_csv(tables.as_csv(made).content)
        sheet = read_workbook(tables.as_workbook(made).content)

    assert listed[1] == ["2026-11-24 08:30", "2026-11-23", "12", "0.5", ""]
    moment, day, number, share, nothing = next(sheet.iter_rows(min_row=2))
    assert moment.value == datetime.datetime(2026, 11, 24, 8, 30)  # noqa: DTZ001
    assert moment.number_format == "yyyy-mm-dd hh:mm"
    assert day.value == datetime.datetime(2026, 11, 23)  # noqa: DTZ001
    assert day.is_date
    assert (number.value, share.value, nothing.value) == (12, 0.5, None)


def test_a_text_longer_than_a_cell_holds_does_not_vanish() -> None:
    sheet = read_workbook(tables.as_workbook(table("x" * 40_000)).content)

    assert sheet["A2"].value == "x" * 32_767


@pytest.mark.parametrize("format", ["csv", "xlsx"])
def test_libreoffice_opens_it_with_every_cell_as_it_is(format: str, tmp_path: Path) -> None:
    if not office.is_here():
        pytest.skip("LibreOffice is not here")
    made = Table(
        "People", ["Name", "Day", "Mentees"],
        [["Zoë Łukasz 日本 ☃", datetime.date(2026, 3, 4), 3], ["=1+1", None, 12],
         ["two\nlines; and, more", datetime.date(2026, 12, 31), None]],
    )  # fmt: skip
    file = tables.as_csv(made) if format == "csv" else tables.as_workbook(made)
    (tmp_path / f"list.{format}").write_bytes(file.content)

    seen = office.read(tmp_path / f"list.{format}", tmp_path)

    rows = read_workbook(seen).iter_rows(values_only=True)

    march, december = (datetime.datetime(2026, *day) for day in ((3, 4), (12, 31)))  # noqa: DTZ001
    assert list(rows) == [
        ("Name", "Day", "Mentees"),
        ("Zoë Łukasz 日本 ☃", march, 3),
        ("'=1+1", None, 12),
        ("two\nlines; and, more", december, None),
    ]
