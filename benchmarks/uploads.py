"""How long others wait while the costliest lists are uploaded: `python benchmarks/uploads.py`.

Starts a whole service in a temporary folder. People look at pages 20 times a second: in turns
alone, while coordinators upload the costliest files of `benchmarks/files.py`, four at a time, and
while each of them opens the page that the upload leads to as well. Written down in docs/figures.md.
"""

from __future__ import annotations

import argparse
import contextlib
import http.client
import itertools
import runpy
import statistics
import sys
import tempfile
import threading
import time
import uuid
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

# Beside this file, `matching` is a benchmark.
sys.path[0] = str(Path(__file__).parents[1] / "tests" / "support")

from services import RunningService
from visitors import Visitor

#: The costliest of their kinds.
WORST = (
    "text: words that no taxonomy knows", "text: 20,000 people, 20 MB of prose",
    "text: entities", "xlsx: rows of empty cells", "ods: 100 MB of cells",
)  # fmt: skip
#: Who uploads at once: the site reads two files at a time.
UPLOADERS = 4
BOUNDARY = uuid.uuid4().hex


def upload(
    visitor: Visitor, service: RunningService, slug: str, name: str, data: bytes
) -> tuple[int, str]:
    """Upload a file as a coordinator does; return the status of the answer and where it leads."""
    page = f"/programs/{slug}/uploads"
    file = "people.csv" if name.startswith("text") else "people.xlsx"
    fields = {**visitor.form(page), "role": "mentee"}
    body = b"".join(
        f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{key}"\r\n\r\n{value}\r\n'.encode()
        for key, value in fields.items()
    )
    body += (
        f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="{file}"\r\n\r\n'
    ).encode()
    body += data + f"\r\n--{BOUNDARY}--\r\n".encode()
    connection = http.client.HTTPConnection("127.0.0.1", service.port, timeout=200)
    headers = visitor.headers | {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}"}
    try:
        connection.request("POST", page, body, headers)
        answer = connection.getresponse()
        return answer.status, answer.headers.get("Location", "")
    finally:
        connection.close()


@contextlib.contextmanager
def uploading(
    visitor: Visitor, service: RunningService, slug: str, files: Iterator[tuple[str, bytes]],
    answers: list[int], *, opens: bool,
) -> Iterator[None]:  # fmt: skip
    """Upload files meanwhile, one after the other, and open the pages that they lead to."""
    ended = threading.Event()

    def upload_on() -> None:
        while not ended.is_set():
            status, page = upload(visitor, service, slug, *next(files))
            answers.append(status)
            if opens and page:
                answers.append(visitor.status(page)[0])

    threads = [threading.Thread(target=upload_on) for _ in range(UPLOADERS)]
    for thread in threads:
        thread.start()
    time.sleep(2)
    try:
        yield
    finally:
        ended.set()
        for thread in threads:
            thread.join()


def load(visitor: Visitor, paths: list[str], rate: float, seconds: float) -> list[float]:
    """Ask at a fixed rate, whether or not answers have come, and return the waiting times."""
    waits: list[float] = []
    began = time.monotonic()

    def ask(due: float, path: str) -> None:
        status, _location = visitor.status(path)
        waits.append(time.monotonic() - due)
        if status != 200:
            raise SystemExit(f"{path}: {status}")

    with ThreadPoolExecutor(64) as pool:
        asked = []
        for number, path in zip(range(int(rate * seconds)), itertools.cycle(paths), strict=False):
            due = began + number / rate
            time.sleep(max(0.0, due - time.monotonic()))
            asked.append(pool.submit(ask, due, path))
    for each in asked:
        each.result()
    return waits


def told(waits: list[float]) -> str:
    ordered = sorted(waits)
    p99 = 1000 * ordered[int(0.99 * len(ordered))]
    return f"median {1000 * statistics.median(ordered):.0f} ms, p99 {p99:.0f} ms of {len(ordered)}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=60)
    seconds = parser.parse_args().seconds
    cases = runpy.run_path(str(Path(__file__).with_name("files.py")))["CASES"]
    files = itertools.cycle([(name, cases[name]()) for name in WORST])
    with tempfile.TemporaryDirectory(prefix="preceptor-uploads-") as folder:
        service = RunningService(Path(folder), None, forecasts=True)
        service.start()
        try:
            slug = service.new_program(300, 110)
            coordinator = Visitor(service.port)
            link = service.coordinator_link(slug).removeprefix(service.site)
            coordinator.send(link, coordinator.form(link))
            desk = f"/programs/{slug}"
            paths = ["/sign-in", desk, f"{desk}/desk", f"{desk}/people", f"{desk}/emails"]
            load(coordinator, paths, 20, 5)
            waits: dict[str, list[float]] = {"alone": [], "uploading": [], "opening pages too": []}
            answers = list[int]()
            # In turns, so that other work on the machine slows all alike.
            for _turn in range(2):
                waits["alone"] += load(coordinator, paths, 20, seconds / 2)
                for name, opens in (("uploading", False), ("opening pages too", True)):
                    with uploading(coordinator, service, slug, files, answers, opens=opens):
                        waits[name] += load(coordinator, paths, 20, seconds / 2)
                for name, each in waits.items():
                    print(f"{name}: {told(each)}", flush=True)
            print(f"answers to coordinators: {dict(Counter(answers))}")
        finally:
            service.stop()


if __name__ == "__main__":
    main()
