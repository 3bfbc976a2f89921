"""Rows of a file of any kind: its kind is told by its bytes, whatever its name says."""

from __future__ import annotations

from collections.abc import Iterator

from matching.language import gettext as _
from matching.language import number
from matching.spreadsheets import delimited, kinds, opendocument, workbooks
from matching.spreadsheets.archives import Archive
from matching.spreadsheets.findings import Noticed
from matching.spreadsheets.limits import Limits, UnreadableFile
from matching.spreadsheets.sheets import Knows, Line

_TEXT_NAMES = (".csv", ".txt", ".tsv")
_WORKBOOK_NAMES = (".xlsx", ".xlsm", ".ods")


def read(
    data: bytes,
    name: str,
    knows: Knows,
    noticed: Noticed,
    limits: Limits,
    sheet: str | None = None,
) -> Iterator[Line]:
    """Return the rows of a file called `name` that hold anything; `knows` knows its headings.

    Of a workbook it is the sheet of that title, or by None the one that holds people. What else is
    seen in the file is added to `noticed`. Raises `UnreadableFile` at once, or while
    rows are read.
    """
    if not data.strip():
        raise UnreadableFile(_("The file is empty."))
    if len(data) > limits.bytes:
        raise UnreadableFile(
            _(
                "The file has %(size)s bytes; the limit is %(limit)s. Split it.",
                size=number(len(data)),
                limit=number(limits.bytes),
            )
        )
    name = name.lower()
    if data.startswith(b"PK\x03\x04"):
        if name.endswith(_TEXT_NAMES):
            raise UnreadableFile(_("This is an Excel workbook; rename it to .xlsx."))
        return _workbook(Archive(data), knows, noticed, sheet)
    kinds.refuse_others(data)
    if name.endswith(_WORKBOOK_NAMES):
        raise UnreadableFile(_("This is a text file; rename it to .csv."))
    return delimited.rows(data, knows, noticed)


def _workbook(
    archive: Archive, knows: Knows, noticed: Noticed, sheet: str | None
) -> Iterator[Line]:
    names = archive.names
    if any(name.startswith("/") or ".." in name.split("/") for name in names):
        noticed.note(_("parts of the archive with strange names are ignored"))
    if "mimetype" in names and archive.read("mimetype", 200).strip() == opendocument.MIMETYPE:
        return opendocument.rows(archive, knows, noticed, sheet)
    if any(name.endswith("workbook.bin") for name in names):
        raise UnreadableFile(_("This is a binary workbook (.xlsb); save it as .xlsx or CSV."))
    if any(name.startswith("Index/") and name.endswith(".iwa") for name in names):
        raise UnreadableFile(_("This is a Numbers document; export it as Excel (.xlsx) or CSV."))
    kinds.refuse_documents(names)
    if "[Content_Types].xml" not in names or "_rels/.rels" not in names:
        raise UnreadableFile(
            _(
                "This is a zip archive, not an Excel workbook. Save the list as .xlsx, .ods, or "
                "CSV, and import that."
            )
        )
    return workbooks.rows(archive, knows, noticed, sheet)
