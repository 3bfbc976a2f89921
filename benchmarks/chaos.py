"""What is left when everything is killed: `python benchmarks/chaos.py [emails …]`.

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
import statistics
import sys
import tempfile
import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from email.message import EmailMessage
from pathlib import Path

import psycopg
from redis import Redis
from sqlalchemy import func, select
from sqlalchemy.orm import joinedload

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "support")]

import encryption  # noqa: E402 - the tests' own servers are used here too
import factories
import faults
import fleets
import servers
import storms
from patience import wait_for_port, wait_until
from services import family

from mentorship import database, migrations, outbox
from mentorship.delivery import claims, relays, sending
from mentorship.delivery.smtp import SMTPSender
from mentorship.models import Email, EmailKind, Round, Unmatched
from mentorship.rounds import rounds
from mentorship.service import queue
from mentorship.service.processes import end_with_parent
from mentorship.settings import Settings
from mentorship.states import EmailState

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
    with servers.Postgres(binaries, folder, durable=True) as server:
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
    """Send what is due, forever."""
    engine, sender = database.make_engine(settings.database_url), SMTPSender(settings)
    while True:
        with database.reading(engine) as session:
            due = (Email.state == EmailState.READY) & (Email.due_at <= func.now())
            ids = session.scalars(
                select(Email.id).where(due).order_by(func.random()).limit(10)
            ).all()
        for id in ids:
            sending.deliver(engine, sender, id, settings)
        time.sleep(0.01 if ids else 0.1)


def sweep_outbox(settings: Settings) -> None:
    """Take back what dead senders held, forever; the bell is no part of this."""
    engine = database.make_engine(settings.database_url)
    while True:
        with database.transaction(engine) as session:
            claims.take_back(session, settings)
            relays.most_to_try(session, 1, settings)
        time.sleep(0.2)


def send_naively(settings: Settings, port: int) -> None:
    """Lock an unsent row, send it, mark it as sent, forever: the usual way."""
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
            outbox.owe(
                session,
                EmailKind.NOT_THIS_TIME,
                to=mentee.person_id,
                about=round.id,
                program_id=program.id,
            )
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
            lease_seconds=2.5,
            heartbeat_seconds=0.5,
            mail_delays=(0.2, 0.5, 1.0),
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
        print(f"{count} emails each, seed {seed}, faults at every step of SMTP")
        for one in contenders:
            # More often than asked for: some emails are refused, and chance plays its part.
            compete(one, settings, count / (1.5 * kills), chance, sweep=one is ours)
        report_naive(naive, settings)
        report_outbox(ours, settings)
        if min(ours.kills, naive.kills) < kills:
            raise Broken(f"only {ours.kills} and {naive.kills} kills")


def compete(
    one: Contender, settings: Settings, apart: float, chance: random.Random, *, sweep: bool
) -> None:
    """Kill a sender about every `apart` emails, and begin another, until nothing is left to do."""
    began = asked = time.monotonic()
    with contextlib.ExitStack() as held:
        held.enter_context(relay(one, seed=chance.randrange(1000)))
        if sweep:
            held.callback(end, begin(lambda: sweep_outbox(settings)))
        one.pids = [begin(one.work) for _ in range(SENDERS)]
        held.callback(lambda: [end(pid) for pid in one.pids])
        left = 1
        while left:
            if one.record.count() >= one.next_kill:
                # Its relay has just taken an email; any step of any sender may be next.
                time.sleep(chance.uniform(0, 0.03))
                which = chance.randrange(SENDERS)
                end(one.pids[which])
                one.pids[which] = begin(one.work)
                one.kills += 1
                one.next_kill += apart * chance.uniform(0.5, 1.5)
            one.pids = [pid if is_running(pid) else begin(one.work) for pid in one.pids]
            if time.monotonic() - asked > 0.5:
                with psycopg.connect(settings.database_url) as connection:
                    ((left,),) = connection.execute(one.unsettled).fetchall()
                asked = time.monotonic()
            time.sleep(0.005)
    print(f"{one.name}: {one.kills} kills -9 in {time.monotonic() - began:.0f} s")


def is_running(pid: int) -> bool:
    return os.waitpid(pid, os.WNOHANG) == (0, 0)


@contextlib.contextmanager
def relay(one: Contender, seed: int, rates: dict[str, float] = faults.FAULTS) -> Iterator[None]:
    """Run a contender's relay."""
    command = faults.relay_command(one.relay_port, one.record.folder, seed, rates, delay=0.02)
    pid = begin(lambda: os.execv(command[0], command))
    try:
        wait_for_port(one.relay_port)
        yield
    finally:
        end(pid)


def end(pid: int) -> None:
    """Kill a process without warning, and wait for its end."""
    with contextlib.suppress(ProcessLookupError, ChildProcessError):
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)


def report_naive(naive: Contender, settings: Settings) -> None:
    with psycopg.connect(settings.database_url) as connection:
        owed = {row[0] for row in connection.execute("SELECT recipient FROM naive").fetchall()}
    copies, refused = naive.record.copies(), naive.record.refused()
    lost = owed - {copy.recipient for copy in copies} - refused
    doubled = sum(number > 1 for number in naive.record.counted().values())
    print(
        f"naive sender: lost {len(lost)}, doubled {doubled}, listed as doubtful 0, "
        f"refused by the relay {len(refused)}"
    )


def report_outbox(ours: Contender, settings: Settings) -> None:
    missing = missing_emails(ours, settings)
    given_up = [row for row in missing if row.state is EmailState.FAILED]
    resend(ours, settings, given_up)
    lost = len(missing) - len(given_up) + len(missing_emails(ours, settings))
    engine = database.make_engine(settings.database_url)
    with database.reading(engine) as session:
        doubtful = select(Email.message_id).where(Email.doubt_since.is_not(None))
        listed = set(session.scalars(doubtful).all())
    engine.dispose()
    doubled = {id for id, number in ours.record.counted().items() if number > 1}
    print(
        f"outbox: lost {lost}, doubled {len(doubled)}, listed as doubtful {len(listed)}, "
        f"refused by the relay {len(ours.record.refused())}, "
        f"given up, shown, and arrived once resent by hand {len(given_up)}"
    )
    for why, number in Counter(row.last_error for row in given_up).items():
        print(f"  given up {number} times: {why}")
    if lost or not doubled <= listed:
        raise Broken(f"lost {lost}, doubled and not listed {len(doubled - listed)}")


def missing_emails(ours: Contender, settings: Settings) -> list[Email]:
    """Return the emails that did not arrive, though the relay never said that they cannot."""
    copies, refused = ours.record.counted(), ours.record.refused()
    engine = database.make_engine(settings.database_url)
    with database.reading(engine) as session:
        rows = session.scalars(select(Email).options(joinedload(Email.person))).all()
    engine.dispose()
    return [
        row
        for row in rows
        if f"<{row.id}@localhost>" not in copies and row.person.email not in refused
    ]


def resend(ours: Contender, settings: Settings, emails: list[Email]) -> None:
    """Send by hand what was given up and is shown, as coordinators do; the relay is well again."""
    engine, sender = database.make_engine(settings.database_url), SMTPSender(settings)
    with relay(ours, seed=0, rates={}):
        for email in emails:
            with database.transaction(engine) as session:
                outbox.resend(
                    session, session.get_one(Email, email.id), "benchmark", "it is missing"
                )
            sending.deliver(engine, sender, email.id, settings)
    sender.close()
    engine.dispose()


def redis(folder: Path, seed: int, seconds: int) -> None:
    """Kill and empty Redis every 5 s while coordinators work; nothing they did is lost."""
    chance = random.Random(seed)
    with postgres(folder) as url, fleets.Fleet(folder / "fleet", url, seed) as fleet:
        with storms.load(fleet, chance) as found:
            for _ in range(seconds // 5):
                time.sleep(5)
                fleet.redis("FLUSHALL")
                fleet.kill("redis")
        print(
            f"Redis killed and emptied every 5 s for {seconds} s: {found['rounds']} rounds and "
            f"{found['emails']} emails, 0 lost, {found['doubled']} doubled, {found['given_up']} "
            f"given up; longest from start to proposal {found['longest_match']:.1f} s, from "
            f"publication to an email {found['longest_email']:.1f} s"
        )
        if max(found["longest_match"], found["longest_email"]) > 90:
            raise Broken("someone waited for more than 90 s")


def takeover(folder: Path, seed: int, times: int) -> None:
    """Kill a worker in a long round, with the intervals of a real installation."""
    with postgres(folder) as url:
        for beats in (3, 0):
            where = folder / f"beats{beats}"
            with fleets.Fleet(where, url, seed, settings=fleets.USUAL) as fleet:
                for number in range(beats):
                    fleet.add_beat(f"beat{number}")
                found = sorted(take_over(fleet) for _ in range(times))
            print(
                f"worker killed in a long round, {beats} beats: running elsewhere after "
                f"{', '.join(f'{seconds:.1f}' for seconds in found)} s"
            )
            if found[-1] > 45:
                raise Broken(f"{found[-1]:.0f} s until a round ran elsewhere")


def take_over(fleet: fleets.Fleet) -> float:
    """Return the seconds from the death of a worker until another has its round."""
    fleet.add_worker("first", "matching")
    slug = fleet.make_program()
    round_id = uuid.UUID(fleet.run("round", "start", "--program", slug)["id"])

    def solver() -> int | None:
        return next((pid for pid in family(fleet.pid("first")) if is_solver(pid)), None)

    # However few its people, it is a long round now.
    pid = wait_until("the solver", solver, 60)
    os.kill(pid, signal.SIGSTOP)
    fleet.add_worker("second", "matching")
    fleet.wait_until_ready("second")
    # Its lease is extended now and then: the moment of death is another one each time.
    time.sleep(random.uniform(0, 5))
    fleet.remove("first")
    killed = time.monotonic()
    fence = 0
    while fence < 2:
        fence = fleet.asked(lambda session: session.get_one(Round, round_id).fence) or 0
        if time.monotonic() - killed > 300:
            raise Broken("no one took the round over within 300 s")
        time.sleep(0.05)
    seconds = time.monotonic() - killed
    fleet.wait_for(str(round_id), "proposed")
    fleet.remove("second")
    return seconds


def is_solver(pid: int) -> bool:
    with contextlib.suppress(OSError):
        return b"worker.solver" in Path(f"/proc/{pid}/cmdline").read_bytes()
    return False


def memory(folder: Path, seed: int, jobs: int) -> None:
    """Ring for jobs, most of them done already, and look at the memory of every process."""
    with postgres(folder) as url, fleets.Fleet(folder / "fleet", url, seed, delay=0.001) as fleet:
        settings = Settings.read(fleet.environment)
        fleet.add_worker("matching", "matching")
        fleet.add_worker("mail", "mail", 2)
        fleet.add_beat()
        fleet.add_web()
        owe_emails(settings, jobs // 10)
        fleet.wait_for_emails(600)
        done = fleet.asked(lambda session: session.scalars(select(Email.id)).all())
        (over,) = fleet.asked(lambda session: session.scalars(select(Round.id)).all())
        celery = queue.make_celery(settings)
        bell = Redis(unix_socket_path=str(fleet.redis_socket))
        samples: dict[str, list[float]] = {name: [] for name in fleet.parts}
        step = max(1, jobs // 20)
        for _number in range(20):
            for number in range(step):
                if number % 20:
                    id = done[number % len(done)]
                    celery.send_task(queue.Job.SEND_EMAIL.value, args=[str(id)])
                else:
                    celery.send_task(queue.Job.MATCH_ROUND.value, args=[str(over)])
            for name in ("mail", "matching"):
                key = f"preceptor:{name}"
                wait_until(f"empty {name}", lambda key=key: bell.llen(key) == 0, 300)
            for name, found in samples.items():
                found.append(sum(megabytes(pid) for pid in family(fleet.pid(name))))
        for name, found in samples.items():
            # The first half warms up; a leak would show in the second one as well.
            late = found[len(found) // 2 :]
            slope = statistics.linear_regression(range(len(late)), late).slope / step * 1000
            print(
                f"memory over {jobs} jobs, {name}: {found[0]:.0f} MB at first, {max(found):.0f} MB "
                f"at most, {found[-1]:.0f} MB at last; {slope:+.2f} MB in 1,000 jobs"
            )


def megabytes(pid: int) -> float:
    """Return the memory of a process, of shared pages its part."""
    with contextlib.suppress(OSError):
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) / 1024
    return 0.0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("parts", nargs="*", default=[*PARTS], help=f"of {', '.join(PARTS)}")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--emails", type=int, default=10_000, help="emails under faults")
    parser.add_argument("--kills", type=int, default=1_000, help="kills while they are sent")
    parser.add_argument("--seconds", type=int, default=300, help="how long Redis is tormented")
    parser.add_argument("--times", type=int, default=3, help="how often a worker is killed")
    parser.add_argument("--jobs", type=int, default=20_000, help="jobs while memory is watched")
    options = parser.parse_args()
    if unknown := set(options.parts) - PARTS.keys():
        parser.error(f"no such part: {', '.join(sorted(unknown))}")
    for name in options.parts:
        folder = Path(tempfile.mkdtemp(prefix="preceptor-chaos-"))
        try:
            PARTS[name](folder, options)
        except Broken as error:
            raise SystemExit(f"a promise was broken: {error}") from None
        finally:
            shutil.rmtree(folder, ignore_errors=True)


PARTS: dict[str, Callable[[Path, argparse.Namespace], None]] = {
    "emails": lambda folder, given: emails(folder, given.seed, given.emails, given.kills),
    "redis": lambda folder, given: redis(folder, given.seed, given.seconds),
    "takeover": lambda folder, given: takeover(folder, given.seed, given.times),
    "memory": lambda folder, given: memory(folder, given.seed, given.jobs),
}


if __name__ == "__main__":
    main()
