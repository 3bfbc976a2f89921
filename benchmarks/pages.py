"""How fast pages are at 10,000 people on PostgreSQL: `python benchmarks/pages.py`.

Starts PostgreSQL and a whole service in a temporary folder, imports a made-up cohort, matches it,
and prints processor time a page, the waiting time at 20 requests a second while rounds are being
matched, and the same with Redis frozen. Written down in docs/figures.md.
"""

from __future__ import annotations

import argparse
import contextlib
import http.client
import os
import random
import re
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import urllib.parse
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "tests" / "support"))

import servers  # noqa: E402 - the tests' own servers are used here too
from services import RunningService, children

PROGRAM = "large"
TICKS = os.sysconf("SC_CLK_TCK")


class Site:
    """Requests to the site, each on a connection of its own, as one person or another."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.cookies: dict[str, dict[str, str]] = {"nobody": {}}

    def ask(self, who: str, path: str, form: dict[str, str] | None = None) -> tuple[int, str, str]:
        """Return status, text and where a redirection leads."""
        cookies = self.cookies.setdefault(who, {})
        headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in cookies.items())}
        body = None
        if form is not None:
            body = urllib.parse.urlencode(form)
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        connection = http.client.HTTPConnection("localhost", self.port, timeout=30)
        try:
            connection.request("POST" if form is not None else "GET", path, body, headers)
            answer = connection.getresponse()
            text = answer.read().decode()
            for cookie in answer.headers.get_all("Set-Cookie") or []:
                name, _, value = cookie.split(";")[0].partition("=")
                cookies[name] = value
            return answer.status, text, answer.headers.get("Location", "")
        finally:
            connection.close()

    def sign_in(self, who: str, link: str) -> None:
        path = urllib.parse.urlsplit(link).path
        _, page, _ = self.ask(who, path)
        keys = dict(re.findall(r'name="(csrf_token|form_key)" value="([^"]+)"', page))
        status, _, _ = self.ask(who, path, keys)
        if status != 303:
            raise SystemExit(f"{who} cannot sign in: {status}")


def mix(site: Site) -> list[tuple[str, str]]:
    """The pages that people look at, as often as they do, with who looks."""
    desk = f"/programs/{PROGRAM}"
    _, listed, _ = site.ask("coordinator", f"{desk}/people?role=mentee")
    person = re.findall(rf'href="({desk}/people/[0-9a-f-]+)"', listed)[0]
    _, listed, _ = site.ask("coordinator", f"{desk}/rounds")
    found = re.findall(rf'href="({desk}/rounds/[0-9a-f-]+)"', listed)[-1]
    _, home, _ = site.ask("mentee", "/")
    profile = re.findall(r'href="(/profiles/[0-9a-f-]+)"', home)[0]
    strangers = ["/", desk, desk, f"{desk}/join/mentee", "/sign-in"]
    participants = ["/", "/", profile, f"{profile}/you", f"{profile}/hopes", f"{profile}/meeting"]
    coordinators = [
        f"{desk}/desk", f"{desk}/people", f"{desk}/people?q=ana&role=mentee", person,
        f"{desk}/people?state=ready&page=60", f"{desk}/rounds", found, f"{found}?page=20",
        f"{found}?view=unmatched", f"{found}/progress", f"{desk}/emails",
    ]  # fmt: skip
    return [
        *(("nobody", path) for path in strangers),
        *(("mentee", path) for path in participants),
        *(("coordinator", path) for path in coordinators),
    ]


def processor_seconds(pids: Sequence[int]) -> float:
    total = 0
    for pid in pids:
        fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
        total += int(fields[11]) + int(fields[12])
    return total / TICKS


def cost(
    site: Site, workers: Sequence[int], pages: Sequence[tuple[str, str]], passes: int
) -> float:
    """Return the milliseconds of processor that the web's processes take for a page, on average."""
    before = processor_seconds(workers)
    for _ in range(passes):
        for who, path in pages:
            status, _, _ = site.ask(who, path)
            if status != 200:
                raise SystemExit(f"{path}: {status}")
    return 1000 * (processor_seconds(workers) - before) / (passes * len(pages))


def load(
    site: Site, pages: Sequence[tuple[str, str]], rate: float, seconds: float
) -> tuple[list[float], int]:
    """Ask at a fixed rate, whether or not answers have come; return waiting times and errors."""
    chosen = random.Random(2026)
    waits: list[float] = []
    errors = 0
    lock = threading.Lock()
    began = time.monotonic()

    def ask(due: float, who: str, path: str) -> None:
        nonlocal errors
        try:
            status, _, _ = site.ask(who, path)
        except OSError:
            status = 0
        waited = time.monotonic() - due
        with lock:
            waits.append(waited)
            errors += status != 200

    with ThreadPoolExecutor(32) as pool:
        for number in range(int(rate * seconds)):
            due = began + number / rate
            time.sleep(max(0.0, due - time.monotonic()))
            pool.submit(ask, due, *chosen.choice(pages))
    return waits, errors


@contextlib.contextmanager
def rounds_running(service: RunningService) -> Iterator[Callable[[], int]]:
    """Match dry runs one after the other meanwhile; the function tells how many were finished."""
    ended, finished = threading.Event(), []

    def match() -> None:
        while not ended.is_set():
            command = ("round", "start", "--program", PROGRAM, "--dry-run", "--wait")
            finished.append(service.run(*command))

    thread = threading.Thread(target=match)
    thread.start()
    try:
        yield lambda: len(finished)
    finally:
        ended.set()
        thread.join()


def told(waits: Sequence[float]) -> str:
    ordered = sorted(waits)
    p99 = 1000 * ordered[int(0.99 * len(ordered))]
    return (
        f"median {1000 * statistics.median(ordered):.0f} ms, p99 {p99:.0f} ms, {len(ordered)} asked"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--mentees", type=int, default=7500)
    parser.add_argument("--mentors", type=int, default=2500)
    parser.add_argument("--seconds", type=float, default=60)
    options = parser.parse_args()
    binaries = servers.postgres_binaries()
    if binaries is None:
        raise SystemExit("PostgreSQL is missing: apt-get install postgresql")
    with tempfile.TemporaryDirectory(prefix="preceptor-pages-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        (folder / "postgres").mkdir()
        with servers.Postgres(binaries, folder / "postgres") as postgres:
            url = postgres.url(postgres.create_database("pages"))
            service = RunningService(folder, url, forecasts=True)
            service.start()
            try:
                measure(service, folder, options)
            finally:
                service.stop()


def measure(service: RunningService, folder: Path, options: argparse.Namespace) -> None:
    cohort = folder / "cohort"
    subprocess.run(
        [sys.executable, ROOT / "benchmarks/cohort/generate_cohort.py", "--mentees",
         str(options.mentees), "--mentors", str(options.mentors), "--seed", "11", "--no-truth",
         "--out", str(cohort)],
        check=True, capture_output=True,
    )  # fmt: skip
    service.run("program", "add", PROGRAM, "--name", "Large")
    for role in ("mentee", "mentor"):
        file = str(cohort / f"{role}s.csv")
        service.run("import", file, "--as", role, "--program", PROGRAM, "--consented", "made up")
    service.run("round", "start", "--program", PROGRAM, "--wait")
    site = Site(service.port)
    site.sign_in("coordinator", service.coordinator_link(PROGRAM))
    _, listed, _ = site.ask("coordinator", f"/programs/{PROGRAM}/people?role=mentee&page=7")
    address = re.findall(r'small">([^<@]+@[^<]+)<', listed)[0]
    # A coordinator of an empty program who is a mentee of the large one: a link signs them in.
    service.run("program", "add", "empty", "--name", "Empty")
    link = service.run("coordinator", "add", address, "--program", "empty")["link"]
    site.sign_in("mentee", link)
    pages = mix(site)
    web = next(pid for pid, line in children(service.pid).items() if "webapp.wsgi" in line)
    workers = list(children(web))

    cost(site, workers, pages, 1)
    print(f"people: {options.mentees + options.mentors}; pages in the mix: {len(pages)}")
    print(f"processor a page, over the mix: {cost(site, workers, pages, 20):.1f} ms")
    for page in pages:
        print(f"  {cost(site, workers, [page], 20):6.1f} ms  {page[0]:<12}{page[1]}")
    waits, errors = load(site, pages, 20, options.seconds / 3)
    print(f"20 requests a second: {told(waits)}, {errors} errors")
    with rounds_running(service) as finished:
        time.sleep(3)
        waits, errors = load(site, pages, 20, options.seconds)
        print(f"the same while {finished()} rounds are matched: {told(waits)}, {errors} errors")
    redis = service.part("redis.sock")
    os.kill(redis, signal.SIGSTOP)
    try:
        waits, errors = load(site, pages, 20, options.seconds / 3)
        print(f"the same with Redis frozen: {told(waits)}, {errors} errors")
    finally:
        os.kill(redis, signal.SIGCONT)


if __name__ == "__main__":
    main()
