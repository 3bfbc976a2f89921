"""The costliest files that an upload may be: how long its child takes to read each, and its memory.

Each is as large as the limits allow, and made of as many objects as fit: cells, styles, strings,
rows, words that no taxonomy knows. Run `python benchmarks/files.py`; a word picks cases by name.
"""

from __future__ import annotations

import os
import random
import resource
import sys
import time
from collections.abc import Callable
from pathlib import Path

# Beside this file, `matching` is a benchmark.
sys.path[0] = str(Path(__file__).parents[1] / "tests" / "support")

import sheets
from sheets import HEADER, person

from mentorship.models import Role
from mentorship.people import stored_reports
from mentorship.service import upload_reader

MOST = 20 * 1024 * 1024
UNPACKED = 100 * 1024 * 1024 - 200_000
ROWS = 20_000


def table(columns: list[str], cell: Callable[[int], list[str]], rows: int = ROWS) -> bytes:
    return sheets.text([*HEADER, *columns], *([*person(k), *cell(k)] for k in range(rows)))[:MOST]


def workbook(rows: str = "", **more: str) -> bytes:
    # What does not shrink keeps the ratio of the whole archive allowed.
    noise = random.Random(1).randbytes(1_100_000)
    made = {f"{name}.xml": text for name, text in more.items()}
    data = sheets.xlsx({"People": sheets.sheet(sheets.row(1, HEADER) + rows)}, more=made)
    return sheets.with_part(data, "docProps/thumbnail.jpeg", noise)


def repeated(text: str, size: int = UNPACKED) -> str:
    return text * (size // len(text))


def rows_of_cells() -> str:
    cells = "".join(f'<c t="s"><v>{k}</v></c>' for k in range(40))
    return repeated(f"<row>{cells}</row>")


def shared(text: str) -> str:
    return f'<sst xmlns="{sheets.MAIN}">{repeated(text)}</sst>'


def ods(row: str) -> bytes:
    header = sheets.ods_row(HEADER)
    data = sheets.ods({"People": header + repeated(row, UNPACKED - 10_000)})
    return sheets.with_part(data, "Thumbnails/thumbnail.png", random.Random(1).randbytes(1_100_000))


def styles(kind: str, style: str) -> str:
    return f'<styleSheet xmlns="{sheets.MAIN}"><{kind}>{repeated(style)}</{kind}></styleSheet>'


CASES: dict[str, Callable[[], bytes]] = {
    "text: 20,000 people, 20 MB of prose": lambda: table(
        ["statement", "institution"], lambda k: [f"Zoë hopes, {k}: ".ljust(420, "ñ"), "St Mary's"]
    ),
    "text: 20,000 people, every list full": lambda: table(
        ["goals", "specialty_interests", "availability", "do_not_match"],
        lambda k: ["research-start;exam-preparation", "cardiology;pediatrics"]
        + [";".join(f"{d} 18:00-20:00" for d in ("Mon", "Tue", "Wed"))]
        + [";".join(f"mr-{k + n:05}" for n in range(50))],
    ),
    "text: words that no taxonomy knows": lambda: table(
        ["goals"], lambda k: [";".join(f"wellbeeing {k} {n}" for n in range(40))]
    ),
    "text: one word that no taxonomy knows, in each row": lambda: table(
        ["goals"], lambda k: [f"wellbeeing {k}"]
    ),
    "text: letters in a wrong encoding": lambda: table(["city"], lambda k: ["SÃ£o Paulo " * 15]),
    "text: entities": lambda: table(["statement"], lambda k: ["&amp;amp;#39; " * 60]),
    "text: 20 MB of line ends": lambda: sheets.text(HEADER) + b"\n" * (MOST - 100),
    "text: 20 MB of commas": lambda: sheets.text(HEADER) + b",\n" * (MOST // 2 - 100),
    "text: one cell of 20 MB": lambda: sheets.text(HEADER) + b'"' + b"x" * (MOST - 100) + b'"',
    "text: 20,000 rows of nothing but problems": lambda: sheets.text(
        HEADER, *(["x y"] * 6 for _k in range(ROWS))
    ),
    "xlsx: 100 MB of cells that are not there": lambda: workbook(f"<row>{repeated('<c/>')}</row>"),
    "xlsx: rows of empty cells": lambda: workbook(repeated("<row>" + "<c/>" * 50 + "</row>")),
    "xlsx: 40 cells in each row": lambda: workbook(
        rows_of_cells(), sharedStrings=shared("<si><t>a</t></si>")[:2_000_000] + "</sst>"
    ),
    "xlsx: 100 MB of shared strings": lambda: workbook(sharedStrings=shared("<si><t>ab</t></si>")),
    "xlsx: 100 MB of empty strings": lambda: workbook(sharedStrings=shared("<si/>")),
    "xlsx: 100 MB of cell formats": lambda: workbook(styles=styles("cellXfs", "<xf/>")),
    "xlsx: 100 MB of other styles": lambda: workbook(styles=styles("dxfs", "<dxf/>")),
    "xlsx: elements within each other": lambda: workbook(repeated("<row>")),
    "xlsx: one tag of 100 MB": lambda: workbook(f"<row {repeated('a ')}"),
    "ods: 100 MB of cells": lambda: ods(sheets.ods_row(["me", "Mina", "m@example.org"])),
    "ods: 100 MB of empty cells": lambda: ods(sheets.ods_row(["<table:table-cell/>"] * 50)),
    "ods: a row a million times": lambda: ods(
        sheets.ods_row(person(1), 'table:number-rows-repeated="1000000"')
    ),
    "zip: 150,000 empty parts": lambda: sheets.packed({f"{k:x}": "" for k in range(150_000)}),
}  # fmt: skip


def read_apart(name: str, data: bytes) -> tuple[float, float, float, str]:
    """Return a child's seconds of processor, its peak of MiB, the seconds passed, its answer."""
    reading, writing = os.pipe()
    if (child := os.fork()) == 0:
        # A process of its own, so that its children's peak is that of this file alone.
        started = time.monotonic()
        file = "people.csv" if name.startswith("text") else "people.xlsx"
        content = upload_reader.read(data, Role.MENTEE, file)
        passed = time.monotonic() - started
        report = stored_reports.read(Role.MENTEE, content)
        used = resource.getrusage(resource.RUSAGE_CHILDREN)
        seconds, peak = used.ru_utime + used.ru_stime, used.ru_maxrss / 1024
        said = str(report.problems[0]) if report.problems else f"{len(report.entries):,} people"
        os.write(writing, f"{seconds} {peak} {passed} {said}".encode()[:4000])
        os._exit(0)
    os.waitpid(child, 0)
    os.close(writing)
    seconds_, peak_, passed_, said = os.read(reading, 4000).decode("utf-8", "replace").split(" ", 3)
    os.close(reading)
    return float(seconds_), float(peak_), float(passed_), said


def main() -> None:
    """Print what each case takes."""
    most_seconds = most_memory = 0.0
    for name, make in CASES.items():
        if not all(word in name for word in sys.argv[1:]):
            continue
        data = make()
        seconds, peak, passed, said = read_apart(name, data)
        most_seconds, most_memory = max(most_seconds, seconds), max(most_memory, peak)
        print(f"{name:<50} {len(data):>11,} bytes {seconds:5.1f} s {peak:4.0f} MiB", end=" ")
        print(f"({passed:.0f} s passed) {said[:100]}", flush=True)
    print(f"worst: {most_seconds:.1f} s of processor, {most_memory:.0f} MiB")


if __name__ == "__main__":
    main()
