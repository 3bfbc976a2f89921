"""Workbooks are read as their owners see them, and nothing of them is left out without a word."""

from __future__ import annotations

import io
from typing import Any

import openpyxl
import openpyxl.styles
import pytest
import sheets
from sheets import HEADER, person, row, sheet, xlsx

from matching.spreadsheets import tables
from matching.spreadsheets.limits import Limits, UnreadableFile
from matching.spreadsheets.tables import Row


def read(data: bytes, name: str = "people.xlsx", **options: Any) -> tuple[list[Row], str]:
    """Return the rows of a file and, as text, all that is said of it."""
    rows, table = sheets.read(data, name=name, **options)
    return rows, sheets.said(table)


def ids(rows: list[Row]) -> list[str]:
    return [each.cells["mentee_id"] for each in rows]


def listing(*people: list[str], header: Any = HEADER) -> str:
    return "".join(row(k, cells) for k, cells in enumerate([list(header), *people], 1))


def made_ods(*people: list[str]) -> str:
    return "".join(sheets.ods_row(cells) for cells in [list(HEADER), *people])


@pytest.mark.parametrize("state", ["hidden", "veryHidden"])
def test_the_first_visible_sheet_is_read_and_the_others_are_named(state: str) -> None:
    old, new = sheet(listing(person(1))), sheet(listing(person(2)))
    rows, said = read(xlsx({"2025": old, "2026": new}, states=[state]))

    assert ids(rows) == ["me-002"]
    assert "sheet '2026' is read; not read: '2025' (hidden)" in said


def test_the_sheet_on_which_the_workbook_opens_comes_first() -> None:
    both = {"Spring": sheet(listing(person(1))), "Autumn": sheet(listing(person(2)))}
    rows, said = read(xlsx(both, active=1))

    assert ids(rows) == ["me-002"]
    assert "sheet 'Autumn' is read; not read: 'Spring'" in said


@pytest.mark.parametrize("first", ["", row(1, ["How to fill this in"])])
def test_a_sheet_without_headings_is_passed_over(first: str) -> None:
    rows, said = read(xlsx({"Read me": sheet(first), "People": sheet(listing(person(1)))}))

    assert ids(rows) == ["me-001"]
    assert "not read: 'Read me'" in said


def test_a_workbook_of_hidden_sheets_is_refused_with_what_to_do() -> None:
    with pytest.raises(UnreadableFile, match="no visible sheet; show the one to import"):
        read(xlsx({"People": sheet(listing(person(1)))}, states=["hidden"]))


@pytest.mark.parametrize("how", ['hidden="1"', 'hidden="true"', 'ht="0" customHeight="1"'])
def test_hidden_rows_are_left_out_and_named(how: str) -> None:
    rows = "".join(
        row(k, cells, how if k in (2, 4, 5) else "")
        for k, cells in enumerate([list(HEADER), *map(person, range(1, 6))], 1)
    )
    read_rows, said = read(xlsx({"People": sheet(rows)}))

    assert ids(read_rows) == ["me-002", "me-005"]
    assert "3 rows are hidden, perhaps by a filter, and were left out: 2, 4–5" in said


@pytest.mark.parametrize("kind", ["xlsx", "ods"])
def test_rows_that_are_struck_through_are_left_out_and_named(kind: str) -> None:
    """A line through one cell of a row is a change; through all of them it is a withdrawal."""
    people = [person(1), person(2), person(3)]
    if kind == "xlsx":
        book = openpyxl.Workbook()
        for cells in (sheets.HEADER, *people):
            book.active.append(cells)
        struck = [*book.active[3], book.active[4][1]]
        for each in struck:
            each.font = openpyxl.styles.Font(strike=True)
        file = io.BytesIO()
        book.save(file)
        data = file.getvalue()
    else:
        line = 'table:style-name="struck" office:value-type="string"'
        people[1] = [sheets.ods_cell(text, line) for text in people[1]]
        people[2][1] = sheets.ods_cell(people[2][1], line)
        data = sheets.ods({"People": "".join(map(sheets.ods_row, [sheets.HEADER, *people]))})
    rows, said = read(data, f"people.{kind}")

    assert [each.cells["mentee_id"] for each in rows] == ["me-001", "me-003"]
    assert "1 row is struck through, and was left out: 3" in said


def test_a_hidden_column_is_read_and_named() -> None:
    people = listing([*person(1), "mr-001"], header=[*HEADER, "do_not_match"])
    hidden = '<cols><col min="7" max="7" hidden="1"/></cols>'
    rows, said = read(xlsx({"People": sheet(people, before=hidden)}))

    assert rows[0].cells["do_not_match"] == "mr-001"
    assert "hidden columns are read too: 'do_not_match'" in said


@pytest.mark.parametrize("prefix", ["", "x:"])
def test_merged_cells_count_for_every_row(prefix: str) -> None:
    people = [[*person(1), "Larkhill"], person(2), person(3), [*person(4), "Elsewhere"]]
    merged = f'<{prefix}mergeCells><{prefix}mergeCell ref="G2:G4"/></{prefix}mergeCells>'
    main = f'{sheets.MAIN}" xmlns:x="{sheets.MAIN}'
    text = sheet(listing(*people, header=[*HEADER, "institution"]), after=merged, main=main)
    rows, said = read(xlsx({"People": text}))

    found = [each.cells["institution"] for each in rows]
    assert found == ["Larkhill", "Larkhill", "Larkhill", "Elsewhere"]
    assert "row 2: G2:G4 are merged; the value in the first cell is used for rows 2 to 4" in said


def test_cells_merged_across_columns_are_said() -> None:
    text = sheet(listing(person(1)), after='<mergeCells><mergeCell ref="E2:F2"/></mergeCells>')
    _rows, said = read(xlsx({"People": text}))

    assert "row 2: E2:F2 are merged; every cell but the first is read as empty" in said


@pytest.mark.parametrize(
    ("code", "value", "id"),
    [
        ("00000", "123", "00123"),
        ("00000", "123.0", "00123"),
        ('"me-"0000', "12", "me-0012"),
        (r"\m\e\-000", "7", "me-007"),
        ("000-000", "12345", "012-345"),
        ("00000;[Red]-0", "12", "00012"),
        ("General", "123", "123"),
        ("#,##0", "1234", "1234"),
        ("0.00", "12", "12"),
        ("0%", "12", "12"),
    ],
)
def test_an_id_is_read_as_its_number_format_shows_it(code: str, value: str, id: str) -> None:
    people = row(1, HEADER) + row(2, [f'<c r="A2" s="1"><v>{value}</v></c>', *person(1)[1:]])
    rows, _said = read(xlsx({"People": sheet(people)}, more={"styles.xml": sheets.styles(code)}))

    assert ids(rows) == [id]


def test_a_number_of_places_is_read_by_its_value() -> None:
    header = ["mentor_id", *HEADER[1:], "capacity"]
    people = row(1, header) + row(2, [*person(1), '<c r="G2" s="1"><v>3</v></c>'])
    styles = sheets.styles('00 "places"')
    data = xlsx({"People": sheet(people)}, more={"styles.xml": styles})
    rows, _said = read(data, role="mentor")

    assert rows[0].cells["capacity"] == "3"


@pytest.mark.parametrize(
    ("code", "value", "day"),
    [
        ("dd/mm/yyyy", "46085", "2026-03-04"),
        ("[$-409]d-mmm-yy;@", "46085", "2026-03-04"),
        ("m/d/yy h:mm", "46085.4375", "2026-03-04"),
        ('"day "0', "46085", "2026-03-04"),
    ],
)
@pytest.mark.parametrize("since_1904", [False, True])
def test_days_are_read_by_the_workbooks_own_calendar(
    code: str, value: str, day: str, since_1904: bool
) -> None:
    value = str(float(value) - 1462) if since_1904 else value
    people = row(1, [*HEADER, "joined_on"])
    people += row(2, [*person(1), f'<c r="G2" s="1"><v>{value}</v></c>'])
    calendar = '<workbookPr date1904="1"/>' if since_1904 else ""
    styles = {"styles.xml": sheets.styles(code)}
    rows, _said = read(xlsx({"People": sheet(people)}, workbook=calendar, more=styles))

    assert rows[0].cells["joined_on"] == day


def test_a_strict_workbook_is_read() -> None:
    text = sheet(listing(person(1)), main=sheets.STRICT)
    rows, _said = read(
        xlsx({"People": text}, main=sheets.STRICT, relations=sheets.STRICT_RELATIONS)
    )

    assert ids(rows) == ["me-001"]


@pytest.mark.parametrize(
    "name", ["Mina_x000D_", "Mi_x0020_na", "_x005F_x000D_Mina", "Mina_x000d__x000a_"]
)
def test_escapes_of_a_workbook_are_letters_and_line_ends(name: str) -> None:
    rows, _said = read(xlsx({"People": sheet(listing(person(1, name=name)))}))

    assert rows[0].cells["full_name"] in ("Mina", "Mi na", "\nMina")
    assert "_x" not in rows[0].cells["full_name"]


def test_shared_strings_are_read_without_their_phonetic_hints() -> None:
    shared = (
        f'<sst xmlns="{sheets.MAIN}"><si><t>unused</t></si><si><r><t>Mi</t></r><r><t>na</t></r>'
        "<rPh><t>hint</t></rPh></si></sst>"
    )
    people = row(1, HEADER) + row(2, ["me-001", '<c r="B2" t="s"><v>1</v></c>', *person(1)[2:]])
    rows, _said = read(xlsx({"People": sheet(people)}, more={"sharedStrings.xml": shared}))

    assert rows[0].cells["full_name"] == "Mina"


def test_an_opendocument_sheet_is_read_as_it_is_seen() -> None:
    number = 'office:value-type="float" office:value="12"'
    day = 'office:value-type="date" office:date-value="2026-03-04"'
    merged = 'office:value-type="string" table:number-rows-spanned="2"'
    header = [*HEADER, "institution", "joined_on"]
    comment = "<office:annotation><text:p>not this</text:p></office:annotation>"
    commented = f"<table:table-cell>{comment}<text:p>Mina</text:p></table:table-cell>"
    one = [sheets.ods_cell("00012", number), commented, *person(1)[2:]]
    one += [sheets.ods_cell("Larkhill", merged), sheets.ods_cell("4.3.26", day)]
    people = [
        sheets.ods_row(header),
        '<table:table-row table:number-rows-repeated="3"><table:table-cell/></table:table-row>',
        sheets.ods_row(one),
        sheets.ods_row([*person(2), "<table:covered-table-cell/>"]),
        sheets.ods_row(person(3), 'table:visibility="filter"'),
        sheets.ods_row(person(4), 'table:visibility="collapse"'),
        '<table:table-row table:number-rows-repeated="1048000"><table:table-cell '
        'table:number-columns-repeated="16000"/></table:table-row>',
    ]
    other = made_ods(person(9))
    data = sheets.ods(
        {"Old": other, "People": "".join(people), "New": other}, hidden=["Old"], active="People"
    )
    rows, said = read(data, "people.ods")

    assert [(each.number, each.cells["mentee_id"]) for each in rows] == [
        (5, "00012"),
        (6, "me-002"),
    ]
    assert rows[0].cells["full_name"] == "Mina"
    assert [each.cells["institution"] for each in rows] == ["Larkhill", "Larkhill"]
    assert rows[0].cells["joined_on"] == "2026-03-04"
    assert "sheet 'People' is read; not read: 'Old' (hidden), 'New'" in said
    assert "2 rows are hidden, perhaps by a filter, and were left out: 7–8" in said
    assert "row 5: G5:G6 are merged" in said


OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600)


@pytest.mark.parametrize(
    ("data", "name", "message"),
    [
        (sheets.packed({"xl/workbook.bin": b"x"}), "a.xlsb", "binary workbook"),
        (sheets.packed({"Index/Tables.iwa": b"x"}), "a.numbers", "Numbers document; export it"),
        (b"%PDF-1.7 ...", "a.pdf", "This is a PDF"),
        (b"\x89PNG\r\n\x1a\n\0\0", "a.csv", "This is a picture"),
        (b"\xff\xd8\xff\xe0\x10JFIF", "a.jpg", "This is a picture"),
        (b"\x1f\x8b\x08\x00abc", "a.csv.gz", "unpack it"),
        (b"{\\rtf1 Name", "a.csv", "This is a text document"),
        (sheets.packed({"[Content_Types].xml": b"x", "word/document.xml": b"x"}), "a.docx",
         "This is a text document; copy its table"),
        (OLE + "Workbook".encode("utf-16-le"), "a.xlsx", "old workbook \\(.xls\\); save it as"),
        (OLE + "EncryptedPackage".encode("utf-16-le"), "a.xlsx", "password-protected"),
        (OLE + "WordDocument".encode("utf-16-le"), "a.doc", "This is a text document"),
        (b"https://docs.example/spreadsheets/d/1AbC/edit#gid=0\r\n", "a.csv", "This is a link"),
        (b"[InternetShortcut]\r\nURL=https://docs.example/1\r\n", "a.url", "This is a link"),
        (b'{"doc_id":"1AbC","email":"jen@example.org"}', "a.gsheet", "This is a link"),
        (b'[{"name":"Ana Roe"}]', "a.json", "This is JSON"),
        (b"BEGIN:VCARD\r\nFN:Ana Roe\r\n", "a.vcf", "contact cards"),
        (b"<html><table><tr><td>mentee_id", "a.xls", "web page or XML, not a workbook"),
        (sheets.packed({"mimetype": sheets.ODS}), "a.ods", "damaged or incomplete"),
    ],
)  # fmt: skip
def test_what_is_no_workbook_is_called_what_it_is(data: bytes, name: str, message: str) -> None:
    with pytest.raises(UnreadableFile, match=message):
        read(data, name)


def encrypted() -> bytes:
    manifest = "<manifest><encryption-data/></manifest>"
    return sheets.packed(
        {"mimetype": sheets.ODS, "META-INF/manifest.xml": manifest, "content.xml": b"\x01\x02"}
    )


BOMBS = {
    "a million formats": (
        {
            "styles.xml": f'<styleSheet xmlns="{sheets.MAIN}"><cellXfs>'
            f"{'<xf/>' * 70_000}</cellXfs></styleSheet>"
        },
        listing(person(1)) + row(9, ["x" * 200_000]),
        "more cell formats than Excel allows",
    ),
    "elements within each other": ({}, "<row>" + "<x>" * 5000, "damaged"),
    "one tag of many bytes": (
        {},
        "<row " + "".join(f'a{k}=""' + " " * 40 for k in range(40_000)) + "/>",
        "damaged",
    ),
    "rows out of order": ({}, row(3, HEADER) + row(2, person(1)), "damaged"),
}


@pytest.mark.parametrize("bomb", BOMBS)
def test_a_file_of_many_objects_is_refused_before_they_are_made(bomb: str) -> None:
    more, rows, message = BOMBS[bomb]
    padding = "".join(f"{k * 7919 % 1_000_003:x}" for k in range(60_000))
    data = xlsx({"People": sheet(rows), "Notes": sheet(row(1, [padding]))}, more=more)

    with pytest.raises(UnreadableFile, match=message):
        read(data)


def test_an_encrypted_workbook_is_called_so() -> None:
    with pytest.raises(UnreadableFile, match="encrypted; save it without a password"):
        read(encrypted(), "a.ods")


def test_a_text_that_is_used_again_and_again_is_counted_each_time() -> None:
    shared = f'<sst xmlns="{sheets.MAIN}"><si><t>{"abc" * 3000}</t></si></sst>'
    people = row(1, [*HEADER, "statement"]) + "".join(
        row(k, [*person(k), f'<c r="G{k}" t="s"><v>0</v></c>']) for k in range(2, 40)
    )
    data = xlsx({"People": sheet(people)}, more={"sharedStrings.xml": shared})
    table = tables.read(data, "mentee", "a.xlsx", Limits(bytes=100_000, rows=1000))

    with pytest.raises(UnreadableFile, match="holds more than 100,000 characters"):
        list(table.rows)
