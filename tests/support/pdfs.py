"""Just enough of PDF to read what Chromium printed: its pages, and the words on them."""

from __future__ import annotations

import re
import unicodedata
import zlib


def pages(data: bytes) -> int:
    """Return the number of pages."""
    return len(re.findall(rb"/Type\s*/Page\b(?!s)", data))


def text(data: bytes) -> str:
    """Return all words, without the spaces between them: letters are placed one by one."""
    objects = dict(re.findall(rb"(?:^|\n)(\d+) 0 obj\n(.*?)\nendobj", data, re.S))
    fonts = {}
    for name, number in set(re.findall(rb"/(F\d+) (\d+) 0 R", data)):
        named = re.search(rb"/ToUnicode (\d+) 0 R", objects.get(number, b""))
        fonts[name] = _letters(_stream(objects[named[1]])) if named else {}
    words = []
    for each in objects.values():
        content = _stream(each)
        font: dict[int, str] = {}
        for chosen, shown in re.findall(rb"/(F\d+) [\d.]+ Tf|<([0-9A-Fa-f]+)>", content):
            if chosen:
                font = fonts.get(chosen, {})
            elif b" Tf" in content:
                codes = (int(shown[i : i + 4], 16) for i in range(0, len(shown), 4))
                words.extend(font.get(code, "") for code in codes)
    # Two letters may be drawn as one.
    return unicodedata.normalize("NFKC", "".join("".join(words).split()))


def _stream(body: bytes) -> bytes:
    found = re.search(rb"stream\r?\n(.*)\r?\nendstream", body, re.S)
    if found is None:
        return b""
    return zlib.decompress(found[1]) if b"/FlateDecode" in body else found[1]


def _letters(table: bytes) -> dict[int, str]:
    """Return what each glyph of a font stands for."""
    letters: dict[int, str] = {}
    for block in re.findall(rb"beginbfchar(.*?)endbfchar", table, re.S):
        for code, letter in re.findall(rb"<(\w+)> <(\w+)>", block):
            letters[int(code, 16)] = bytes.fromhex(letter.decode()).decode("utf-16-be")
    for block in re.findall(rb"beginbfrange(.*?)endbfrange", table, re.S):
        for first, last, letter in re.findall(rb"<(\w+)> <(\w+)> <(\w+)>", block):
            for step in range(int(last, 16) - int(first, 16) + 1):
                letters[int(first, 16) + step] = chr(int(letter, 16) + step)
    return letters
