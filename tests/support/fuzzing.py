"""Files as no one would send them: sound ones with bytes, tags and parts changed at random."""

from __future__ import annotations

import io
import random
import zipfile
from collections.abc import Callable

import sheets
from sheets import HEADER, person, row, sheet, text, xlsx

_COLUMNS = [*HEADER, "institution", "joined_on", "availability", "goals", "do_not_match"]
_MORE = ["St Mary's", "2026-03-04", "Mon 18:00-20:00", "research-start", "mr-001;x@example.org"]
_ROWS = [_COLUMNS, *([*person(k), *_MORE] for k in range(4))]
_GRID = "".join(row(k, cells) for k, cells in enumerate(_ROWS, 1))
_STRINGS = f'<sst xmlns="{sheets.MAIN}"><si><t>Mina</t></si><si><r><t>a</t></r></si></sst>'
_SPECIAL = row(6, ["me-9", '<c r="B6" t="s"><v>0</v></c>', '<c r="C6" s="1"><v>46085</v></c>'])
_HIDDEN = '<cols><col min="2" max="3" hidden="1"/></cols>'
_MERGED = '<mergeCells><mergeCell ref="G2:G4"/></mergeCells>'

SOUND: tuple[tuple[str, bytes], ...] = (
    ("a.csv", text(*_ROWS)),
    ("b.csv", text(["Title"], [], *_ROWS, delimiter=";")),
    ("c.csv", b"sep=;\n" + text(*_ROWS, delimiter=";")),
    ("d.csv", text(*_ROWS).decode().encode("utf-16")),
    (
        "e.csv",
        text(
            ["Status", "Finished", *_COLUMNS],
            ["Response", "Finished", *_COLUMNS],
            ['{"ImportId":"QID"}'] * 13,
            *([["IP Address", "True", *cells] for cells in _ROWS[1:]]),
        ),
    ),
    (
        "f.xlsx",
        xlsx(
            {
                "Old": sheet(_GRID),
                "People": sheet(_GRID + _SPECIAL, before=_HIDDEN, after=_MERGED),
            },
            states=["hidden"],
            workbook='<workbookPr date1904="1"/>',
            more={"sharedStrings.xml": _STRINGS, "styles.xml": sheets.styles("0000")},
        ),
    ),
    (
        "g.ods",
        sheets.ods(
            {"Old": sheets.ods_row(HEADER), "People": "".join(map(sheets.ods_row, _ROWS))},
            hidden=["Old"],
            active="People",
        ),
    ),
)  # fmt: skip

_TOKENS = [
    b"\0", b"\xff", b"\xfe\xff", b'"', b'""', b"\r", b"\n", b"\r\n", b",", b";", b"\t", b"sep=,\n",
    b"_x000D_", b"&#0;", b"&amp;", b"&#x110000;", b"\xed\xa0\x80", "Ã©ï¿½".encode(), b"=1+1",
    b"-1", b"99999999999999999999", b"1e999", b"nan", b"31/12/2026", b"00123", b"9" * 400,
    b"<", b">", b"/>", b"</row>", b"<row>", b"<c>", b'<c t="s"><v>7</v></c>', b"<v>", b"</c>",
    b'<row r="1048577">', b'<c r="XFD1">', b'<c r="ZZZZ1">', b"<!DOCTYPE a>", b"<![CDATA[", b"]]>",
    b'<mergeCell ref="A1:XFD1048576"/>', b'<mergeCell ref="B2:A1"/>', b"<?xml version='1.0'?>",
    b'table:number-rows-repeated="999999999"', b'table:number-columns-repeated="0"', b"xmlns=''",
    b"<table:table>", b"</table:table>", b"<text:p>", b"<office:annotation>", b'date1904="x"',
    b'activeTab="-1"', b'state="hidden"', b'numFmtId="x"', b'hidden="1"', b'max="999999999"',
]  # fmt: skip


def mutated(chance: random.Random) -> tuple[str, bytes]:
    """Return the name and the bytes of a file with up to a dozen things wrong with it."""
    name, data = chance.choice(SOUND)
    if data.startswith(b"PK") and chance.random() < 0.9:
        return name, _repacked(data, chance)
    return name, _changed(data, chance)


def _repacked(data: bytes, chance: random.Random) -> bytes:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        parts: dict[str, str | bytes] = {name: archive.read(name) for name in archive.namelist()}
    for name in chance.sample(sorted(parts), chance.randint(1, 2)):
        part = parts[name]
        if chance.random() < 0.05:
            del parts[name]
        else:
            parts[name] = _changed(part if isinstance(part, bytes) else part.encode(), chance)
    return sheets.packed(parts)


def _changed(data: bytes, chance: random.Random) -> bytes:
    changes: list[Callable[[bytes, int, int], bytes]] = [
        lambda d, a, b: d[:a] + chance.choice(_TOKENS) + d[a:],
        lambda d, a, b: d[:a] + chance.choice(_TOKENS) + d[b:],
        lambda d, a, b: d[:a] + d[b:],
        lambda d, a, b: d[:a] + d[a:b] * chance.randint(2, 40) + d[b:],
        lambda d, a, b: d[:a] + d[b : b + 60] + d[a:b] + d[b + 60 :],
        lambda d, a, b: d[:a] + chance.randbytes(1) + d[a + 1 :],
        lambda d, a, b: d[:a] if chance.random() < 0.1 else d,
    ]
    for _time in range(chance.randint(1, 6)):
        start = chance.randint(0, len(data))
        end = min(len(data), start + chance.choice((1, 3, 10, 40, 200)))
        data = chance.choice(changes)(data, start, end)
    return data
