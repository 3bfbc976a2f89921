"""Zip archives of XML, as workbooks are, read part by part under limits that hold meanwhile.

What an archive says of its own sizes may be untrue, so everything is counted as it comes: bytes
inflated, elements, their depth, the length of a tag. A document type is refused before any entity
of it could be expanded.
"""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator
from xml.parsers import expat

from matching.language import gettext as _
from matching.language import mark, number
from matching.spreadsheets.limits import (
    MOST_DEPTH,
    MOST_ELEMENTS,
    MOST_PARTS,
    MOST_RATIO,
    MOST_TAG_BYTES,
    MOST_UNPACKED,
    UnreadableFile,
)

DAMAGED = mark("The workbook is damaged or incomplete.")
_CHUNK = 64 * 1024
_BREAKS = (
    zipfile.BadZipFile, zipfile.LargeZipFile, zlib.error, struct.error, EOFError, ValueError,
    OverflowError, OSError,
)  # fmt: skip


class Done(Exception):
    """Raised by a handler of elements that has all it wants of a part."""


class Archive:
    """A zip archive in memory. All methods raise `UnreadableFile`."""

    def __init__(self, data: bytes) -> None:
        self._size = len(data)
        self._unpacked: dict[str, int] = {}
        # Counted first: of each entry zipfile makes an object of a kilobyte.
        if data.count(b"PK\x01\x02") > MOST_PARTS:
            raise UnreadableFile(_("The archive has more parts than any workbook."))
        try:
            self._zip = zipfile.ZipFile(io.BytesIO(data))
            self.names = frozenset(self._zip.namelist())
        except (*_BREAKS, NotImplementedError) as error:
            raise UnreadableFile(_(DAMAGED)) from error

    def read(self, name: str, most: int) -> bytes:
        """Return the first `most` bytes of a part."""
        text = b""
        for chunk in self.chunks(name):
            text += chunk
            if len(text) >= most:
                break
        return text[:most]

    def chunks(self, name: str) -> Iterator[bytes]:
        """Yield the bytes of a part, piece by piece."""
        try:
            entry = self._zip.getinfo(name)
        except KeyError:
            raise UnreadableFile(_(DAMAGED)) from None
        # bzip2 and LZMA take memory of their own, and no spreadsheet program uses them.
        if entry.flag_bits & 1 or entry.compress_type not in (
            zipfile.ZIP_STORED,
            zipfile.ZIP_DEFLATED,
        ):
            raise UnreadableFile(_("The workbook is encrypted or packed in an unknown way."))
        others = sum(size for part, size in self._unpacked.items() if part != name)
        most = min(MOST_UNPACKED, MOST_RATIO * self._size)
        unpacked = 0
        try:
            with self._zip.open(entry) as part:
                while chunk := part.read(_CHUNK):
                    unpacked += len(chunk)
                    self._unpacked[name] = max(unpacked, self._unpacked.get(name, 0))
                    if others + unpacked > most:
                        raise UnreadableFile(_too_large(self._size, most))
                    yield chunk
        except NotImplementedError:
            raise UnreadableFile(_("The workbook is packed in an unknown way.")) from None
        except (*_BREAKS, RuntimeError) as error:
            raise UnreadableFile(_(DAMAGED)) from error

    def parse(
        self,
        name: str,
        start: Callable[[str, dict[str, str]], None],
        end: Callable[[str], None],
        text: Callable[[str], None],
    ) -> Iterator[None]:
        """Call handlers for the elements of an XML part, and yield now and then between them.

        Names come without their namespaces. A handler may raise `Done`.
        """
        parser = expat.ParserCreate(namespace_separator=" ")
        parser.buffer_text = True
        depth = elements = 0

        def started(name: str, attributes: dict[str, str]) -> None:
            nonlocal depth, elements
            depth += 1
            elements += 1
            if elements > MOST_ELEMENTS:
                raise UnreadableFile(
                    _(
                        "The workbook has more than %(limit)s cells and other elements. Split it, "
                        "or save the sheet as CSV.",
                        limit=number(MOST_ELEMENTS),
                    )
                )
            if depth > MOST_DEPTH:
                raise UnreadableFile(_(DAMAGED))
            start(name.rpartition(" ")[2], attributes)

        def ended(name: str) -> None:
            nonlocal depth
            depth -= 1
            end(name.rpartition(" ")[2])

        parser.StartElementHandler = started
        parser.EndElementHandler = ended
        parser.CharacterDataHandler = text
        parser.StartDoctypeDeclHandler = _refuse_doctype
        fed = 0
        try:
            for chunk in self.chunks(name):
                if not fed and chunk.startswith((b"\xff\xfe", b"\xfe\xff")):
                    raise UnreadableFile(_(DAMAGED))
                parser.Parse(chunk, False)
                fed += len(chunk)
                if fed - parser.CurrentByteIndex > MOST_TAG_BYTES:
                    raise UnreadableFile(_(DAMAGED))
                yield
            parser.Parse(b"", True)
            yield
        except Done:
            yield
        except expat.ExpatError as error:
            raise UnreadableFile(_(DAMAGED)) from error

    def parse_all(
        self,
        name: str,
        start: Callable[[str, dict[str, str]], None],
        end: Callable[[str], None] = lambda name: None,
        text: Callable[[str], None] = lambda data: None,
    ) -> None:
        """Call handlers for all elements of a part, as `parse` does; a missing part has none."""
        if name in self.names:
            for _step in self.parse(name, start, end, text):
                pass


def local(attributes: dict[str, str], name: str) -> str | None:
    """Return an attribute by its name without a namespace, None if there is none."""
    if name in attributes:
        return attributes[name]
    return next((v for key, v in attributes.items() if key.rpartition(" ")[2] == name), None)


def _refuse_doctype(*_args: object) -> None:
    raise UnreadableFile(
        _(
            "The workbook contains a document type declaration, which no spreadsheet program "
            "writes; save it again as .xlsx."
        )
    )


def _too_large(size: int, most: int) -> str:
    return _(
        "The workbook expands from %(size)s to more than %(most)s bytes; the limit is %(ratio)s "
        "times, and %(limit)s.",
        size=number(size),
        most=number(most),
        ratio=MOST_RATIO,
        limit=number(MOST_UNPACKED),
    )
