"""Small files made by hand, part by part, so that a test can write what no library would."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Sequence
from typing import Any
from xml.sax.saxutils import escape, quoteattr

from matching.spreadsheets import tables
from matching.spreadsheets.limits import UPLOAD
from matching.spreadsheets.tables import Row, Table

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
#: What names the parts of a workbook of the strict kind.
STRICT = "http://purl.oclc.org/ooxml/spreadsheetml/main"
STRICT_RELATIONS = "http://purl.oclc.org/ooxml/officeDocument/relationships"
RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_OFFICE = "urn:oasis:names:tc:opendocument:xmlns:office:1.0"
_TABLE = "urn:oasis:names:tc:opendocument:xmlns:table:1.0"
_TEXT = "urn:oasis:names:tc:opendocument:xmlns:text:1.0"
_STYLE = "urn:oasis:names:tc:opendocument:xmlns:style:1.0"
_CONFIG = "urn:oasis:names:tc:opendocument:xmlns:config:1.0"
ODS = "application/vnd.oasis.opendocument.spreadsheet"

#: The needed columns, and a person in them.
HEADER = ("mentee_id", "full_name", "email", "career_stage", "timezone", "languages")


def person(number: int, **others: str) -> list[str]:
    """Return the cells of a mentee under `HEADER`, and others after them."""
    return [
        others.pop("id", f"me-{number:03}"), others.pop("name", f"Mina Example {number}"),
        f"mina{number}@example.org", "resident", "Europe/Madrid", "en", *others.values(),
    ]  # fmt: skip


def packed(parts: dict[str, str | bytes]) -> bytes:
    """Return a zip archive of parts."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, part in parts.items():
            archive.writestr(name, part)
    return file.getvalue()


def cell(reference: str, text: str) -> str:
    """Return a cell of text in an Excel sheet."""
    return (
        f'<c r="{reference}" t="inlineStr"><is><t xml:space="preserve">{escape(text)}</t></is></c>'
    )


def row(number: int, cells: Sequence[str], attributes: str = "") -> str:
    """Return a row of an Excel sheet; a cell that begins with `<c` stays as it is."""
    made = [
        text if text.startswith("<c") else cell(f"{chr(65 + k)}{number}", text)
        for k, text in enumerate(cells)
        if text
    ]
    return f'<row r="{number}" {attributes}>{"".join(made)}</row>'


def sheet(rows: str, *, before: str = "", after: str = "", main: str = MAIN) -> str:
    """Return an Excel sheet of rows; `before` and `after` stand around them."""
    return f'<worksheet xmlns="{main}">{before}<sheetData>{rows}</sheetData>{after}</worksheet>'


def xlsx(
    sheets: dict[str, str],
    *,
    states: Sequence[str] = (),
    active: int = 0,
    workbook: str = "",
    main: str = MAIN,
    relations: str = RELATIONS,
    more: dict[str, str] | None = None,
) -> bytes:
    """Return an Excel workbook of sheets by title; `more` are further parts of `xl/`."""
    listed, related = [], []
    for k, title in enumerate(sheets):
        state = states[k] if k < len(states) else "visible"
        listed.append(
            f'<sheet name={quoteattr(title)} sheetId="{k + 1}" state="{state}" r:id="r{k}"/>'
        )
        related.append(
            f'<Relationship Id="r{k}" Type="{relations}/worksheet" Target="worksheets/s{k}.xml"/>'
        )
    more = more or {}
    for name in more:
        kind = {"styles.xml": "styles", "sharedStrings.xml": "sharedStrings"}[name]
        related.append(f'<Relationship Id="{kind}" Type="{relations}/{kind}" Target="{name}"/>')
    package = "http://schemas.openxmlformats.org/package/2006/relationships"
    return packed(
        {
            "[Content_Types].xml": "<Types/>",
            "_rels/.rels": f'<Relationships xmlns="{package}"><Relationship Id="m" '
            f'Type="{relations}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
            "xl/workbook.xml": f'<workbook xmlns="{main}" xmlns:r="{relations}">{workbook}'
            f'<bookViews><workbookView activeTab="{active}"/></bookViews>'
            f"<sheets>{''.join(listed)}</sheets></workbook>",
            "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{package}">'
            f"{''.join(related)}</Relationships>",
            **{f"xl/worksheets/s{k}.xml": text for k, text in enumerate(sheets.values())},
            **{f"xl/{name}": text for name, text in more.items()},
        }
    )


def styles(*codes: str) -> str:
    """Return the styles of a workbook whose cell formats 1, 2, … have these number formats."""
    formats = "".join(
        f'<numFmt numFmtId="{164 + k}" formatCode={quoteattr(code)}/>'
        for k, code in enumerate(codes)
    )
    used = "".join(f'<xf numFmtId="{164 + k}"/>' for k in range(len(codes)))
    return (
        f'<styleSheet xmlns="{MAIN}"><numFmts>{formats}</numFmts>'
        f'<cellStyleXfs><xf numFmtId="14"/></cellStyleXfs>'
        f'<cellXfs><xf numFmtId="0"/>{used}</cellXfs></styleSheet>'
    )


def ods_cell(text: str, attributes: str = 'office:value-type="string"') -> str:
    """Return a cell of an OpenDocument sheet."""
    return f"<table:table-cell {attributes}><text:p>{escape(text)}</text:p></table:table-cell>"


def ods_row(cells: Sequence[str], attributes: str = "") -> str:
    """Return a row of an OpenDocument sheet; a cell that begins with `<table` stays as it is."""
    made = [text if text.startswith("<table") else ods_cell(text) for text in cells]
    return f"<table:table-row {attributes}>{''.join(made)}</table:table-row>"


def ods(tables: dict[str, str], *, hidden: Sequence[str] = (), active: str = "") -> bytes:
    """Return an OpenDocument workbook of sheets by title."""
    looks = {title: "hid" if title in hidden else "shown" for title in tables}
    content = (
        f'<office:document-content xmlns:office="{_OFFICE}" xmlns:table="{_TABLE}" '
        f'xmlns:text="{_TEXT}" xmlns:style="{_STYLE}"><office:automatic-styles>'
        '<style:style style:name="hid"><style:table-properties table:display="false"/>'
        '</style:style><style:style style:name="shown"/><style:style style:name="struck">'
        '<style:text-properties style:text-line-through-style="solid"/></style:style>'
        "</office:automatic-styles><office:body><office:spreadsheet>"
        + "".join(
            f'<table:table table:name={quoteattr(title)} table:style-name="{looks[title]}">'
            f"{rows}</table:table>"
            for title, rows in tables.items()
        )
        + "</office:spreadsheet></office:body></office:document-content>"
    )
    settings = (
        f'<office:document-settings xmlns:office="{_OFFICE}" xmlns:config="{_CONFIG}">'
        f'<config:config-item config:name="ActiveTable">{escape(active)}</config:config-item>'
        "</office:document-settings>"
    )
    return packed({"mimetype": ODS, "content.xml": content, "settings.xml": settings})


def text(*rows: list[Any], delimiter: str = ",") -> bytes:
    """Return a text file of rows."""
    out = io.StringIO()
    csv.writer(out, delimiter=delimiter).writerows(rows)
    return out.getvalue().encode()


def read(
    data: bytes, role: Any = "mentee", name: str = "people.csv", **options: Any
) -> tuple[list[Row], Table]:
    """Return the rows of a file, and what they were read from."""
    table = tables.read(data, role, name, UPLOAD, **options)
    return list(table.rows), table


def said(table: Table) -> str:
    """Return all that is said of a file, in lines."""
    return "\n".join(str(each) for each in [*table.problems, *table.notes])


def with_part(data: bytes, name: str, part: bytes) -> bytes:
    """Return an archive with one more part."""
    file = io.BytesIO(data)
    with zipfile.ZipFile(file, "a") as archive:
        archive.writestr(name, part)
    return file.getvalue()
