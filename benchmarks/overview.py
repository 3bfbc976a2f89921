"""How fast the desk and its forecast are at 10,000 + 3,000 people: `python benchmarks/overview.py`.

Fills a database of each kind with made-up people, half of them paired, computes the forecast in a
child process as a worker does, and prints its time and memory, and processor time a page. Written
down in docs/figures.md.
"""

from __future__ import annotations

import argparse
import datetime
import json
import re
import resource
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
# Instead of this folder, in which another `matching` stands.
sys.path[0:1] = [str(ROOT), str(ROOT / "tests" / "support")]

import crowds  # noqa: E402 - the tests' own people and servers are used here too
import servers  # noqa: E402
from sqlalchemy import Engine, insert, select, update  # noqa: E402
from sqlalchemy.orm import Session  # noqa: E402

from mentorship import audit, database, migrations  # noqa: E402
from mentorship.accounts import sign_in_links  # noqa: E402
from mentorship.models import (  # noqa: E402
    AuditEntry,
    Email,
    EmailKind,
    Pairing,
    Person,
    Profile,
    Program,
    Question,
    Reply,
    Role,
)
from mentorship.programs import programs  # noqa: E402
from mentorship.rounds import forecasts, rounds  # noqa: E402
from mentorship.settings import Settings  # noqa: E402
from mentorship.states import EmailState, PairingState, ProfileState, RoundState  # noqa: E402
from webapp import create_app  # noqa: E402

PAGES = (
    "desk", "desk?by=topic", "people", "people?role=mentee&need=waiting&field=cardiology",
    "people?role=mentor&need=free&stage=resident", "people?need=unreached", "pairings",
    "pairings?state=on_track", "pairings?view=trends",
)  # fmt: skip
PASSES = 20
LEASE = datetime.timedelta(hours=1)


def main() -> None:
    on_each_database(measure, str(__doc__))


def on_each_database(measure: Callable[[str, argparse.Namespace], None], description: str) -> None:
    """Measure on a fresh database of each kind, with as many people as the command line says."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--mentees", type=int, default=10_000)
    parser.add_argument("--mentors", type=int, default=3_000)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="preceptor-benchmark-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        measure(f"sqlite:///{folder}/large.db", options)
        binaries = servers.postgres_binaries()
        if binaries is None:
            raise SystemExit("PostgreSQL is missing: apt-get install postgresql")
        (folder / "postgres").mkdir()
        with servers.Postgres(binaries, folder / "postgres") as postgres:
            measure(postgres.url(postgres.create_database("large")), options)


def measure(url: str, options: argparse.Namespace) -> None:
    engine = database.make_engine(url)
    migrations.upgrade(engine)
    settings = Settings(database_url=url, secret_key="made up, and long enough for a benchmark")
    print(f"{engine.dialect.name}, {options.mentees} + {options.mentors} people")
    with database.transaction(engine) as session:
        program = programs.add(session, "large", programs.Settings(name="Large"))
        programs.add_coordinator(session, program, "dana@example.org")
        fill(session, program, options.mentees, options.mentors)
        person = programs.coordinators(session, program.id)[0].person
        link = sign_in_links.make_link(session, person, settings)
    foretell(engine, program)
    site(engine, settings, link.removeprefix(settings.base_url))
    engine.dispose()


def fill(session: Session, program: Program, mentees: int, mentors: int) -> None:
    """Write ready people, and pairings of half of the mentees, of whom a tenth is silent."""
    at = database.now(session)
    ids: dict[Role, list[tuple[uuid.UUID, uuid.UUID]]] = {}
    for role, people in zip(Role, crowds.make(mentees, mentors, 11), strict=True):
        ids[role] = [(uuid.uuid4(), uuid.uuid4()) for _ in people]
        for (profile_id, person_id), answers, number in zip(
            ids[role], people, range(len(people)), strict=True
        ):
            answers |= {"email": f"{role}{number}@example.org", "full_name": f"Some {role}"}
            answers["statement" if role is Role.MENTEE else "bio"] = "A few words. " * 50
            if role is Role.MENTOR:
                answers["capacity"] = max(2, answers["capacity"])
            person = {"id": person_id, "full_name": "Some", "email": answers["email"],
                      "email_key": answers["email"], "created_at": at}  # fmt: skip
            session.add(Person(**person))
            session.add(
                Profile(
                    id=profile_id, program_id=program.id, person_id=person_id, role=role,
                    state=ProfileState.READY, listed_id=answers[f"{role}_id"], answers=answers,
                    capacity=answers.get("capacity"), created_at=at, updated_at=at,
                    places_taken=2 * (role is Role.MENTOR and 4 * number < mentees),
                )
            )  # fmt: skip
        session.flush()
    round, _ = rounds.start(session, program, requested_by="benchmark")
    round.state = RoundState.CLOSED
    session.flush()
    paired = min(mentees // 2, 2 * mentors)
    rows = [
        {"id": uuid.uuid4(), "program_id": program.id, "round_id": round.id,
         "mentee_id": mentee[0], "mentee_person_id": mentee[1], "mentor_id": mentor[0],
         "mentor_person_id": mentor[1], "state": PairingState.INTRODUCED, "score": 500_000,
         "contributions": {}, "reasons": [], "cautions": [], "meeting_number": 0,
         "introduced_at": at - datetime.timedelta(days=3 if number % 10 else 30)}
        for number in range(paired)
        for mentee, mentor in [(ids[Role.MENTEE][number], ids[Role.MENTOR][number // 2])]
    ]  # fmt: skip
    session.execute(insert(Pairing), rows)
    follow(session, rows, at)


def follow(session: Session, rows: list[dict[str, Any]], at: datetime.datetime) -> None:
    """Write for half of the pairings what half a year brings: questions, answers, a first meeting.

    Each person has been through eight steps that the audit log names.
    """
    day = datetime.timedelta(days=1)
    emails, replies, entries = [], [], []
    for pairing in rows[::2]:
        session.execute(
            update(Pairing)
            .where(Pairing.id == pairing["id"])
            .values(introduced_at=at - 170 * day, met_at=at - 160 * day)
        )
        for number, days in enumerate((140, 80, 20), 1):
            for kind, side, cause in (
                (EmailKind.MENTEE_PULSE, "mentee", pairing["id"]),
                (EmailKind.MENTOR_PULSE, "mentor", pairing["mentor_id"]),
            ):
                then = at - days * day
                emails.append(
                    {"kind": kind, "program_id": pairing["program_id"], "cause_id": cause,
                     "person_id": pairing[f"{side}_person_id"], "number": number,
                     "state": EmailState.SENT, "due_at": then, "created_at": then,
                     "sent_at": then}
                )  # fmt: skip
            then = at - (days - 1) * day
            replies.append(
                {"pairing_id": pairing["id"], "person_id": pairing["mentee_person_id"],
                 "question": Question.PULSE, "choice": "well", "at": then, "effective_at": then,
                 "applied_at": then}
            )  # fmt: skip
    for pairing in rows:
        for side in ("mentee", "mentor"):
            entries += [
                audit.row(
                    session, "service", f"profile {state}", program_id=pairing["program_id"],
                    subject_id=pairing[f"{side}_id"],
                )
                for state in ("unconfirmed", "ready", "paused", "ready") * 2
            ]  # fmt: skip
    session.execute(insert(Email), emails)
    session.execute(insert(Reply), replies)
    session.execute(insert(AuditEntry), entries)


def foretell(engine: Engine, program: Program) -> None:
    """Compute the forecast in a child, and print what it took."""
    with database.transaction(engine) as session:
        began = time.process_time()
        forecasts.note_changes(session)
        print(f"  looking for changes: {1000 * (time.process_time() - began):.1f} ms")
        forecast = forecasts.of_program(session, program.id)
        assert forecast is not None
        forecast.due_at = database.now(session)
        session.flush()
        fence = forecasts.claim(session, forecast.id, LEASE)
        assert fence is not None
        began = time.process_time()
        problem = forecasts.take(session, forecast.id)
        print(f"  reading the people: {time.process_time() - began:.1f} s of processor")
    # No transaction is open meanwhile: the database would end it.
    began, before = time.monotonic(), resource.getrusage(resource.RUSAGE_CHILDREN)
    said = subprocess.run(
        [sys.executable, "-m", "worker.forecaster"],
        input=json.dumps(problem.data), text=True, check=True, capture_output=True, cwd=ROOT,
    ).stdout  # fmt: skip
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    answer: dict[str, Any] = json.loads(said.splitlines()[-1])["result"]
    print(
        f"  forecast: {time.monotonic() - began:.0f} s, "
        f"{used.ru_utime + used.ru_stime - before.ru_utime - before.ru_stime:.0f} s of "
        f"processor, {used.ru_maxrss / 1024:.0f} MiB; {answer['matched']} of "
        f"{answer['waiting']}, {[(a['kind'], a['gain']) for a in answer['advice']]}"
    )
    with database.transaction(engine) as session:
        assert forecasts.record(session, forecast.id, fence, problem, answer, 1.0)


def site(engine: Engine, settings: Settings, link: str) -> None:
    """Print the processor time of each page, on average."""
    with database.reading(engine) as session:
        pair = session.scalars(select(Pairing).order_by(Pairing.met_at, Pairing.id)).first()
    assert pair is not None
    people = (f"people/{pair.mentor_id}", f"people/{pair.mentee_id}/answers/you")
    show(engine, settings, link, (*PAGES, *people))


def show(engine: Engine, settings: Settings, link: str, pages: Iterable[str]) -> None:
    """Sign in by a link, and print the processor time of pages of the program, on average.

    Last comes how long an answer took by the clock, at most for 99 in 100 of all of them.
    """
    app = create_app(settings)
    app.extensions |= {"engine": engine}
    browser = app.test_client()
    page = browser.get(link, base_url="https://localhost").text
    keys = dict(re.findall(r'name="(csrf_token|form_key)" value="([^"]+)"', page))
    browser.post(link, base_url="https://localhost", data=keys)
    taken = []
    for path in pages:
        address = f"/programs/large/{path}"
        if browser.get(address, base_url="https://localhost").status_code != 200:
            raise SystemExit(f"{address} cannot be shown")
        began = time.process_time()
        for _ in range(PASSES):
            asked = time.monotonic()
            browser.get(address, base_url="https://localhost")
            taken.append(1000 * (time.monotonic() - asked))
        print(f"  {1000 * (time.process_time() - began) / PASSES:6.1f} ms  {path}")
    taken.sort()
    print(f"  p99 of {len(taken)} answers by the clock: {taken[int(0.99 * len(taken))]:.0f} ms")


if __name__ == "__main__":
    main()
