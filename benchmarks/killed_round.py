"""How soon a round's last email leaves under kills: `python benchmarks/killed_round.py`.

A round of 120 mentees and 45 mentors is matched and sent at the intervals of a real installation,
with the relay's journal, while its workers, their children and Redis are killed, and Redis emptied.
Written down in docs/figures.md.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "support")]

import fleets
import servers
from patience import wait_until

from mentorship import database, migrations
from mentorship.service.up import OWN_DOUBT_SECONDS


def main() -> None:
    """Print the seconds of each run."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--times", type=int, default=3)
    parser.add_argument("--kills", type=int, default=8)
    parser.add_argument("--seed", type=int, default=1)
    wished = parser.parse_args()
    binaries = servers.postgres_binaries()
    if binaries is None:
        raise SystemExit("PostgreSQL is not here; to get it: apt-get install postgresql")
    chance = random.Random(wished.seed)
    with tempfile.TemporaryDirectory(prefix="preceptor-killed-") as name:
        folder = Path(name)
        with servers.Postgres(binaries, folder) as postgres:
            for number in range(wished.times):
                url = postgres.url(postgres.create_database(f"run{number}"))
                engine = database.make_engine(url)
                migrations.upgrade(engine)
                engine.dispose()
                run(folder / f"run{number}", url, chance, wished.kills)


def run(folder: Path, url: str, chance: random.Random, kills: int) -> None:
    """Send one round under `kills`, and print when its last email left."""
    with_journal = {
        "SMTP_FINAL_SECONDS": "30",
        "DOUBT_SECONDS": str(OWN_DOUBT_SECONDS),
        "MAIL_JOURNAL": str(folder / "relay"),
    }
    with fleets.Fleet(folder, url, settings=fleets.USUAL | with_journal, delay=0.2) as fleet:
        fleet.add_worker("matching", "matching")
        fleet.add_worker("mail", "mail", 3)
        fleet.add_beat()
        slug = fleet.make_program(120, 45)
        round_id = fleet.start_round(slug)
        time.sleep(chance.uniform(0, 1))
        fleet.kill("matching")
        fleet.publish_round(round_id)
        total, done = fleet.unsettled() or 0, 1
        while done < kills:
            # Spread over the whole of it, and at any step of an email.
            is_left = total * (1 - (done + 1) / (kills + 1))
            wait_until("some emails", lambda most=is_left: (fleet.unsettled() or 0) <= most, 300)
            time.sleep(chance.uniform(0, 0.5))
            match done % 3:
                case 0:
                    fleet.redis("FLUSHALL")
                    fleet.kill("redis")
                    done += 1
                case 1:
                    fleet.kill("mail")
                    done += 1
                case 2:
                    done += fleet.kill_child("mail", chance)
        killed = time.monotonic()
        left = fleet.unsettled()
        fleet.wait_for_emails(600)
        seconds = time.monotonic() - killed
        books = fleet.check_books([slug])
    print(f"{kills} kills, {left} emails left then: the last one after {seconds:.1f} s; {books}")


if __name__ == "__main__":
    main()
