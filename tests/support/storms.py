"""People who work while everything around them is killed, and what was acknowledged to them."""

from __future__ import annotations

import contextlib
import csv
import logging
import random
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import factories
from fleets import Fleet
from patience import patient, patiently
from sqlalchemy import select

from mentorship.models import Person

log = logging.getLogger(__name__)


class Coordinators:
    """Someone who imports, starts and publishes without end, by command and on the site."""

    def __init__(self, fleet: Fleet, chance: random.Random) -> None:
        self._fleet = fleet
        self._chance = chance
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._work, daemon=True)
        self._trouble: BaseException | None = None
        #: What was acknowledged: addresses that were imported, programs that were published
        #: (each with the time of that), and how long starts took to become proposals.
        self.imported: set[str] = set()
        self.published: dict[str, float] = {}
        self.proposed_after: list[float] = []

    def __enter__(self) -> Coordinators:
        self._thread.start()
        return self

    def __exit__(self, *exc: object) -> None:
        """Let the program that is under way be published, and stop."""
        self._stopping.set()
        self._thread.join(patient(300))
        assert not self._thread.is_alive(), "a coordinator is still waiting"
        if self._trouble is not None:
            raise self._trouble

    def _work(self) -> None:
        try:
            while not self._stopping.is_set():
                self._run_a_program()
        except BaseException as error:
            self._trouble = error

    def _run_a_program(self) -> None:
        fleet, slug = self._fleet, f"s{self._chance.randrange(10**9)}"
        # Said again where it was not heard: that it is there already is a confirmation too.
        patiently(lambda: self._add(slug))
        fleet.run("coordinator", "add", f"reyes@{slug}.example.org", "--program", slug)
        for role in ("mentee", "mentor"):
            file = fleet.folder / f"{slug}.csv"
            addresses = self._write(file, role, slug)
            fleet.run("import", str(file), "--as", role, "--program", slug, "--consented", "a test")
            self.imported |= addresses
        on_the_site = self._chance.random() < 0.5
        if on_the_site:
            visitor, rounds = fleet.visitor(slug), f"/programs/{slug}/rounds"
            form = visitor.form(rounds) | {"scope": "everyone", "existing": "keep"}
            place = patiently(lambda: visitor.send(rounds, form))
            round_id = place.rpartition("/")[2]
        else:
            round_id = fleet.run("round", "start", "--program", slug)["id"]
        began = time.monotonic()
        fleet.wait_for(round_id, "proposed")
        self.proposed_after.append(time.monotonic() - began)
        if on_the_site:
            form = visitor.form(f"{place}/publish")
            patiently(lambda: visitor.send(f"{place}/publish", form))
        else:
            fleet.run("round", "publish", "--held", round_id)
        self.published[slug] = time.time()

    def _add(self, slug: str) -> None:
        done = self._fleet.command("program", "add", slug, "--name", f"Program {slug}")
        if done.returncode != 0 and "already" not in done.stderr:
            raise ConnectionError(done.stderr)

    def _write(self, file: Path, role: str, slug: str) -> set[str]:
        make = factories.mentee_answers if role == "mentee" else factories.mentor_answers
        people = [
            make(email=f"{role}{number}@{slug}.example.org")
            for number in range(4 if role == "mentee" else 2)
        ]
        with file.open("w", newline="") as output:
            writer = csv.DictWriter(output, list(people[0]))
            writer.writeheader()
            for person in people:
                listed = {k: "; ".join(v) if isinstance(v, list) else v for k, v in person.items()}
                writer.writerow(listed)
        return {str(person["email"]) for person in people}


@contextlib.contextmanager
def load(fleet: Fleet, chance: random.Random) -> Iterator[dict[str, float]]:
    """Let coordinators work meanwhile; afterwards wait for calm, and look at the books.

    What is given is filled then: counts, and the longest waits after an acknowledgement.
    """
    fleet.add_worker("matching", "matching")
    fleet.add_worker("mail", "mail", 2)
    fleet.add_worker("mail2", "mail")
    fleet.add_beat()
    fleet.add_web()
    found: dict[str, float] = {}
    with Coordinators(fleet, chance) as coordinators:
        yield found
    assert coordinators.published, "nothing was published in all this time"
    fleet.wait_for_emails()
    known = set(fleet.asked(lambda session: session.scalars(select(Person.email)).all()))
    assert coordinators.imported <= known, f"seed {fleet.seed}: acknowledged, and not there"
    found |= fleet.check_books(coordinators.published)
    found["rounds"] = len(coordinators.published)
    found["longest_match"] = max(coordinators.proposed_after)
    arrived: dict[str, float] = {}
    for copy in fleet.record.copies():
        arrived.setdefault(copy.message_id, copy.kept_at)
        slug = copy.recipient.partition("@")[2].partition(".")[0]
        if slug in coordinators.published and not copy.recipient.startswith("reyes@"):
            waited = arrived[copy.message_id] - coordinators.published[slug]
            found["longest_email"] = max(waited, found.get("longest_email", 0.0))
    log.info("seed %s: %s", fleet.seed, found)
