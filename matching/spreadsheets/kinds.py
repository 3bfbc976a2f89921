"""What a file is that is no table, by its bytes, and what to do with it instead."""

from __future__ import annotations

import re
from collections.abc import Collection

from matching.language import gettext as _
from matching.language import mark
from matching.spreadsheets.limits import UnreadableFile

_PICTURE = mark("This is a picture; type the list into a spreadsheet, and save it as .xlsx or CSV.")
_PACKED = mark("This is a compressed file; unpack it, and import the list in it.")
_DOCUMENT = mark(
    "This is a text document; copy its table into a spreadsheet, and save that as .xlsx or CSV."
)
_WEB_PAGE = mark("This is a web page or XML, not a workbook; open it and save it as .xlsx or CSV.")
_LINK = mark(
    "This is a link to a list; open it, download the list as .xlsx or CSV, and import that. In "
    "Google Sheets: File, Download."
)
_LOCKED = mark("This workbook is password-protected; save it without a password, as .xlsx or CSV.")
_OLD = mark("This is an old workbook (.xls); save it as .xlsx or CSV.")
_DATA = mark("This is JSON, not a table; export the list as .xlsx or CSV.")
_CARDS = mark("These are contact cards (vCard); export the list as CSV.")
_PDF = mark("This is a PDF; export the list as .xlsx or CSV.")

_BEGINNINGS = {
    b"%PDF": _PDF, b"\x89PNG": _PICTURE, b"\xff\xd8\xff": _PICTURE, b"GIF8": _PICTURE,
    b"\x1f\x8b": _PACKED, b"7z\xbc\xaf": _PACKED, b"Rar!": _PACKED, b"{\\rtf": _DOCUMENT,
}  # fmt: skip
#: Of text, after white space and in small letters.
_WORDS = {
    b"<!doctype": _WEB_PAGE, b"<html": _WEB_PAGE, b"<?xml": _WEB_PAGE, b"<table": _WEB_PAGE,
    b"begin:vcard": _CARDS, b"[internetshortcut]": _LINK, b'[{"': _DATA, b'{"': _DATA,
}  # fmt: skip
_ONE_LINK = re.compile(rb"https?://\S+")
#: The shortcut that Google Drive leaves on a disk.
_SHORTCUT = re.compile(rb'\{[^{}]*"(?:doc_id|url)"[^{}]*\}')
_OLE = b"\xd0\xcf\x11\xe0"
_OFFICE = {"word/": _DOCUMENT, "ppt/": _DOCUMENT}


def refuse_others(data: bytes) -> None:
    """Raise `UnreadableFile` for a file of a known kind that is neither text nor a workbook."""
    for beginning, message in _BEGINNINGS.items():
        if data.startswith(beginning):
            raise UnreadableFile(_(message))
    if data.startswith(_OLE):
        if "EncryptedPackage".encode("utf-16-le") in data:
            raise UnreadableFile(_(_LOCKED))
        is_document = "WordDocument".encode("utf-16-le") in data
        raise UnreadableFile(_(_DOCUMENT if is_document else _OLD))
    text = data[:4096].lstrip(b"\xef\xbb\xbf \t\r\n")
    short = text.strip() if len(data) <= 4096 else b""
    if _ONE_LINK.fullmatch(short) or _SHORTCUT.fullmatch(short):
        raise UnreadableFile(_(_LINK))
    for words, message in _WORDS.items():
        if text[: len(words)].lower() == words:
            raise UnreadableFile(_(message))


def refuse_documents(names: Collection[str]) -> None:
    """Raise `UnreadableFile` for an archive with these parts that is another program's document."""
    for folder, message in _OFFICE.items():
        if any(name.startswith(folder) for name in names):
            raise UnreadableFile(_(message))
