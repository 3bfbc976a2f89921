"""What survives when everything is killed: `python benchmarks/chaos.py emails redis takeover memory`.

Each part starts PostgreSQL, Redis, a relay with faults and the service's processes in a temporary
folder, prints one line a figure, and stops them. It ends with code 1 where a promise was broken.
Written down in docs/figures.md.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import random
import shutil
import signal
import smtplib
import sys
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from email.message import EmailMessage
from pathlib import Path

import psycopg
from sqlalchemy import func, select

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "support")]

import encryption  # noqa: E402 - the tests' own servers are used here too
import factories  # noqa: E402
import faults  # noqa: E402
import fleets  # noqa: E402
import servers  # noqa: E402
import storms  # noqa: E402

from mentorship import database, delivery, mail, migrations, relays, rounds  # noqa: E402
from mentorship.models import Email, EmailKind, Program, Round, Unmatched  # noqa: E402
from mentorship.processes import end_with_parent  # noqa: E402
from mentorship.senders import SMTPSender  # noqa: E402
from mentorship.settings import Settings  # noqa: E402
from mentorship.states import EmailState  # noqa: E402

SENDERS = 3
SETTLED = ("sent", "failed", "superseded")


class Broken(Exception):
    """A promise that was not kept."""


@contextlib.contextmanager
def postgres(folder: Path) -> Iterator[str]:
    """A migrated database; its address."""
    binaries = servers.postgres_binaries()
    if binaries is None:
        raise SystemExit("PostgreSQL is needed: apt-get install postgresql")
    with servers.Postgres(binaries, folder) as server:
        url = server.url(server.create_database("chaos"))
        engine = database.make_engine(url)
        migrations.upgrade(engine)
        engine.dispose()
        yield url


# Emails: the outbox and a naive sender, under the same faults and as many kills.


@dataclass
class Contender:
    """One way of sending emails, its processes, and the record of its own relay."""

    name: str
    work: Callable[[], None]
    record: faults.Record
    relay_port: int
    unsettled: str
    pids: list[int] = field(default_factory=list)
    kills: int = 0
    next_kill: float = 0.0
    is_done: bool = False


def begin(work: Callable[[], None]) -> int:
    """Run some work in a child that is quickly there, since all modules are loaded."""
    pid = os.fork()
    if pid:
        return pid
    try:
        end_with_parent()
        work()
    except BaseException as error:
        os.write(2, f"{type(error).__name__}: {error}\n".encode())
    finally:
        os._exit(0)


def send_outbox(settings: Settings) -> None:
    """Send what is due, for ever."""
    engine, sender = database.make_engine(settings.database_url), SMTPSender(settings)
    while True:
        with database.reading(engine) as session:
            due = (Email.state == EmailState.READY) & (Email.due_at <= func.now())
            ids = session.scalars(
                select(Email.id).where(due).order_by(func.random()).limit(10)
            ).all()
        for id in ids:
            delivery.deliver(engine, sender, settings, id)
        time.sleep(0.01 if ids else 0.1)


def sweep_outbox(settings: Settings) -> None:
    """Take back what dead senders held, for ever; the bell is no part of this."""
    engine = database.make_engine(settings.database_url)
    while True:
        with database.transaction(engine) as session:
            mail.take_back(session, settings)
            relays.most_to_try(session, settings, 1)
        time.sleep(0.2)


def send_naively(settings: Settings, port: int) -> None:
    """Lock an unsent row, send it, mark it as sent, for ever: what is usually written."""
    connection = psycopg.connect(settings.database_url)
    relay: smtplib.SMTP | None = None
    while True:
        with connection.transaction():
            row = connection.execute(
                "SELECT id, recipient, message FROM naive WHERE NOT sent ORDER BY random() "
                "LIMIT 1 FOR UPDATE SKIP LOCKED"
            ).fetchone()
            if row is not None:
                try:
                    relay = relay or smtplib.SMTP("127.0.0.1", port, timeout=1)
                    relay.sendmail("preceptor@localhost", [row[1]], row[2])
                    connection.execute("UPDATE naive SET sent = true WHERE id = %s", [row[0]])
                except (smtplib.SMTPException, OSError) as error:
                    if relay is not None:
                        relay.close()
                    relay = None
                    if _is_refusal(error):
                        connection.execute("UPDATE naive SET sent = true WHERE id = %s", [row[0]])
        if row is None:
            time.sleep(0.1)


def _is_refusal(error: Exception) -> bool:
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return all(code >= 500 for code, _ in error.recipients.values())
    return isinstance(error, smtplib.SMTPDataError) and error.smtp_code >= 500


def owe_emails(settings: Settings, count: int) -> None:
    """Owe as many people an email each, in the outbox and in the naive sender's table."""
    engine = database.make_engine(settings.database_url)
    with database.transaction(engine) as session:
        program = factories.make_program(session)
        round, _ = rounds.start(session, program, requested_by="benchmark")
        for _number in range(count):
            mentee = factories.make_mentee(session, program)
            reason = {"cause": "floor", "allowed": 1}
            session.add(Unmatched(round_id=round.id, profile_id=mentee.id, reason=reason))
            mail.owe(session, EmailKind.NOT_THIS_TIME, program.id, mentee.person_id, round.id)
    engine.dispose()
    with psycopg.connect(settings.database_url) as connection:
        connection.execute(
            "CREATE TABLE naive (id serial PRIMARY KEY, recipient text, message bytea, "
            "sent boolean NOT NULL DEFAULT false)"
        )
        for number in range(count):
            message = EmailMessage()
            message["Message-ID"] = f"<{number}@naive.example.org>"
            message["To"] = f"mentee{number}@naive.example.org"
            message.set_content("Not this time.\n" * 200)
            connection.execute(
                "INSERT INTO naive (recipient, message) VALUES (%s, %s)",
                [message["To"], message.as_bytes()],
            )


def emails(folder: Path, seed: int, count: int, kills: int) -> None:
    """Kill senders at random until every email is settled; then count what arrived."""
    chance = random.Random(seed)
    with postgres(folder) as url:
        ports = [encryption.free_port(), encryption.free_port()]
        settings = Settings(
            database_url=url,
            smtp_url=f"smtp://127.0.0.1:{ports[0]}",
            secret_key="made up for the benchmark, long enough",
            smtp_seconds=0.5,
            smtp_final_seconds=1,
            doubt_seconds=2,
            mail_delays="0.2,0.5,1",
            relay_pause_seconds=0.05,
        )
        owe_emails(settings, count)
        ours, naive = contenders = [
            Contender(
                "outbox", lambda: send_outbox(settings), faults.Record(folder / "outbox"),
                ports[0], f"SELECT count(*) FROM emails WHERE state NOT IN {SETTLED}",
            ),
            Contender(
                "naive sender", lambda: send_naively(settings, ports[1]),
                faults.Record(folder / "naive"), ports[1],
                "SELECT count(*) FROM naive WHERE NOT sent",
            ),
        ]  # fmt: skip
        began = time.monotonic()
        with contextlib.ExitStack() as held:
            for one in contenders:
                held.enter_context(relay(one, seed))
            sweeper = begin(lambda: sweep_outbox(settings))
            held.callback(end, sweeper)
            for one in contenders:
                one.pids = [begin(one.work) for _ in range(SENDERS)]
                held.callback(lambda one=one: [end(pid) for pid in one.pids])
            watch(contenders, url, count / (1.2 * kills), chance)
        seconds = time.monotonic() - began
        print(f"emails {count}, seed {seed}, {seconds:.0f} s, faults at every step of SMTP")
        report_outbox(ours, settings)
        copies = naive.record.counted()
        refused = len(naive.record.refused())
        print(
            f"naive sender: {naive.kills} kills -9; lost {count - len(copies) - refused}, doubled "
            f"{sum(n > 1 for n in copies.values())}, listed as doubtful 0, refused {refused}"
        )
        if min(ours.kills, naive.kills) < kills:
            raise Broken(f"only {ours.kills} and {naive.kills} kills")


def watch(contenders: list[Contender], url: str, apart: float, chance: random.Random) -> None:
    """Kill a sender about every `apart` emails, and begin another, until nothing is left to do."""
    asked = 0.0
    while not all(one.is_done for one in contenders):
        for one in contenders:
            if not one.is_done and one.record.count() >= one.next_kill:
                # Its relay has just taken an email; any step of any sender may be next.
                time.sleep(chance.uniform(0, 0.02))
                which = chance.randrange(SENDERS)
                end(one.pids[which])
                one.pids[which] = begin(one.work)
                one.kills += 1
                one.next_kill += chance.expovariate(1 / apart)
        ended, _status = os.waitpid(-1, os.WNOHANG)
        for one in contenders:
            one.pids = [begin(one.work) if pid == ended else pid for pid in one.pids]
        if time.monotonic() - asked > 0.5:
            with psycopg.connect(url) as connection:
                for one in contenders:
                    ((left,),) = connection.execute(one.unsettled).fetchall()
                    one.is_done = left == 0
            asked = time.monotonic()
        time.sleep(0.005)


@contextlib.contextmanager
def relay(one: Contender, seed: int) -> Iterator[None]:
    command = faults.relay_command(
        one.relay_port, one.record.folder, seed, faults.FAULTS, delay=0.001
    )
    pid = begin(lambda: os.execv(command[0], command))
    try:
        fleets.wait_for_port(one.relay_port)
        yield
    finally:
        end(pid)


def end(pid: int) -> None:
    """Kill a process without a word, and wait for its end."""
    with contextlib.suppress(ProcessLookupError, ChildProcessError):
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)


def report_outbox(ours: Contender, settings: Settings) -> None:
    copies, refused = ours.record.counted(), ours.record.refused()
    engine = database.make_engine(settings.database_url)
    with database.reading(engine) as session:
        rows = session.scalars(select(Email)).all()
        missing = [
            row
            for row in rows
            if f"<{row.id}@localhost>" not in copies and row.person.email not in refused
        ]
        listed = {row.message_id for row in rows if row.doubt_since}
    engine.dispose()
    given_up = [row for row in missing if row.state is EmailState.FAILED]
    lost = len(missing) - len(given_up)
    doubled = {id for id, number in copies.items() if number > 1}
    print(
        f"outbox: {ours.kills} kills -9; lost {lost}, doubled {len(doubled)}, listed as doubtful "
        f"{len(listed)}, refused {len(refused)}, given up and shown {len(given_up)}"
    )
    for row in given_up:
        print(f"  given up: {row.last_error}")
    if lost or not doubled <= listed:
        raise Broken(f"lost {lost}, doubled and not listed {len(doubled - listed)}")


PARTS: dict[str, Callable[..., None]] = {}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--seed", type=int, default=1)
    parts = parser.add_subparsers(dest="part", required=True)
    part = parts.add_parser("emails", help="kill senders; the outbox beside a naive sender")
    part.add_argument("--emails", type=int, default=10_000)
    part.add_argument("--kills", type=int, default=1_000)
    options = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="preceptor-chaos-"))
    try:
        if options.part == "emails":
            emails(folder, options.seed, options.emails, options.kills)
    except Broken as error:
        raise SystemExit(f"a promise was broken: {error}") from None
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
