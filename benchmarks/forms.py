"""What the worst form costs: `python benchmarks/forms.py`.

Sends forms of the full allowed size to a site on SQLite in this process, as a participant and as a
coordinator, and prints the processor time of each, worst first; the greatest of five. Written down
in docs/figures.md.
"""

from __future__ import annotations

import sys
import tempfile
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]
# In place of this folder, whose matching.py would be taken for the library.
sys.path[0] = str(ROOT / "tests" / "support")

import sites  # noqa: E402 - the tests' own site is used here too

from mentorship import database, migrations
from mentorship.people import questionnaire
from mentorship.settings import Settings
from webapp import create_app, security

#: What is left of the longest form beside its keys.
ROOM = 250 * 1024
TIMES = 5


def fillings() -> Iterator[tuple[str, str]]:
    """Yield what each field is filled with, by name: as much as is read and not refused first."""
    yield "50 near misses", "; ".join(f"obstetrics and gynaecologie {n}" for n in range(50))
    yield (
        "50 × 50 near misses",
        "; ".join(", ".join(f"paediatric cardiolgy {n}" for n in range(50)) for _ in range(50)),
    )
    yield "83,000 words", "xy;" * 83_000
    yield "50 slots", "; ".join(f"Mon {n % 24:02}:{n:02}-{n % 24:02}:59" for n in range(50))
    yield "marks", "a" + "\u0301\u0327" * 60_000
    yield "5,000 characters", "ü\u200d" * 2_500
    yield (
        "200 addresses",
        "\n".join(f"a{n}@{'.'.join(['ü' * 20] * 7)}.org" for n in range(questionnaire.MOST_LISTED)),
    )
    yield "ids", "\n".join(f"id-{n}" for n in range(20_000))


def forms(world: sites.World) -> Iterator[tuple[str, str, str, dict[str, str]]]:
    """Yield a name, who sends it, the address, and the fields."""
    pages = [("profiles.save", section) for section in ("you", "hopes", "meeting", "wishes")]
    for endpoint, section in [*pages, ("join.save", "you")]:
        address = world.address(endpoint, world.ours | {"section": section})
        columns = [
            column.name
            for part in questionnaire.SECTIONS["mentee"]  # type: ignore[index]
            if part.name == section
            for column in questionnaire.asked(part, {"weights": {"identity": 1}})
        ]
        for name, text in fillings():
            for look in ({}, {"look": "yes"}):
                words = f"{endpoint} {section}: {name}{' (search)' if look else ''}"
                each = text[: ROOM // len(columns) // 3]
                yield words, "mentee", address, dict.fromkeys(columns, each) | look
                for column in columns:
                    yield f"{words} in {column}", "mentee", address, {column: text[:ROOM]} | look
    long = "x" * ROOM
    for endpoint, who, fields in (
        ("sign_in.send", "stranger", {"email": "ü" * 80_000 + "@example.org"}),
        ("sign_in.enter_code", "stranger", {"code": long}),
        ("account.save", "mentee", {"locale": long}),
        ("account.ask_address", "mentee", {"email": "a@" + "ü" * 80_000}),
        ("account.prefer", "mentee", {"quiet_from": long}),
        (
            "meetings.agree",
            "stranger",
            {"day": "2027-01-01", "time": "10:00", "minutes": "9" * ROOM},
        ),
        ("answers.give", "stranger", {"choice": "met", "comment": long}),
        ("desk.save", "coordinator", {"name": "P", "email_domains": "a.b," * 60_000}),
        ("desk.save", "coordinator", {"name": "P", "email_domains": "a." * 120_000 + "b"}),
        ("desk.save", "coordinator", {"name": "P", "about": long}),
        ("policies.save", "coordinator", {"yaml": "weights:\n" + "  help: 1\n" * 24_000}),
        ("policies.save", "coordinator", {"yaml": "[" * ROOM}),
        ("policies.save", "coordinator", {"weights.help": "9" * ROOM}),
        ("wordings.save", "coordinator", {"subject": "{name}" * 40_000}),
        ("emails.resend", "coordinator", {"reason": "a " * 120_000}),
        ("coordinators.add", "coordinator", {"email": "a@" + "ü" * 80_000}),
    ):
        yield f"{endpoint}: {', '.join(fields)}", who, world.address(endpoint, world.ours), fields
    ids = {"profile": [str(uuid.uuid4()) for _ in range(1_990)]}
    address = world.address("people.admit_many", world.ours)
    yield "people.admit_many: 1,990 ids", "coordinator", address, ids  # type: ignore[misc]


def main() -> None:
    """Print the processor time of each form."""
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(
            database_url=f"sqlite:///{folder}/site.db", secret_key=uuid.uuid4().hex * 2
        )
        engine = database.make_engine(settings.database_url)
        migrations.upgrade(engine)
        app = create_app(settings)
        security.limiter.enabled = False
        world = sites.make_world(app, engine, settings)
        seen = []
        for name, who, address, fields in forms(world):
            times, status = [], 0
            for _ in range(TIMES):
                data = {"form_key": uuid.uuid4().hex} | fields
                started = time.process_time()
                answer = world.browsers[who].post(address, data=data, base_url="https://localhost")
                times.append(time.process_time() - started)
                status = answer.status_code
            seen.append((max(times), name, status))
        for seconds, name, status in sorted(seen, reverse=True)[:12]:
            print(f"{seconds * 1000:7.0f} ms  {status}  {name}")
        print(f"{len(seen)} forms; the worst took {max(seen)[0]:.2f} s of processor")


if __name__ == "__main__":
    main()
