"""How fast a round is reviewed and changed by hand: `python benchmarks/review.py`.

Fills a database of each kind with made-up people, a quarter of them paired, matches a round in a
child process as a worker does, and prints what each page of its review takes, what the effect of a
swap takes, and how long it is until the round is matched again. `--mentees 300 --mentors 110` is
another size. Written down in docs/figures.md.
"""

from __future__ import annotations

import argparse
import datetime
import json
import random
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
# Instead of this folder, in which another `matching` stands.
sys.path[0:1] = [str(ROOT), str(ROOT / "tests" / "support"), str(ROOT / "benchmarks")]

import overview  # noqa: E402 - its people are used here too
from sqlalchemy import Engine, select  # noqa: E402

from matching.candidates import Candidates  # noqa: E402
from matching.effects import Change, Effects, Unknown  # noqa: E402
from mentorship import database, migrations  # noqa: E402
from mentorship.accounts import sign_in_links  # noqa: E402
from mentorship.models import DecisionKind, Pairing, Round, Scope  # noqa: E402
from mentorship.programs import programs  # noqa: E402
from mentorship.rounds import decisions, rounds, snapshots  # noqa: E402
from mentorship.settings import Settings  # noqa: E402

SWAPS = 60
LEASE = datetime.timedelta(hours=1)


def main() -> None:
    overview.on_each_database(measure, str(__doc__))


def measure(url: str, options: argparse.Namespace) -> None:
    engine = database.make_engine(url)
    migrations.upgrade(engine)
    settings = Settings(database_url=url, secret_key="made up, and long enough for a benchmark")
    print(f"{engine.dialect.name}, {options.mentees} + {options.mentors} people")
    with database.transaction(engine) as session:
        program = programs.add(session, "large", programs.Settings(name="Large"))
        programs.add_coordinator(session, program, "dana@example.org")
        overview.fill(session, program, options.mentees, options.mentors)
        person = programs.coordinators(session, program.id)[0].person
        link = sign_in_links.make_link(session, person, settings)
        round, _ = rounds.start(session, program, requested_by="b", scope=Scope.UNMATCHED)
        round_id = round.id
    match(engine, round_id, "matched")
    swaps(engine, round_id)
    with database.transaction(engine) as session:
        pair = session.scalars(select(Pairing).where(Pairing.round_id == round_id)).first()
        assert pair is not None
        path = f"pairs/{pair.mentee_id}/{pair.mentor_id}"
    shown = ("", "?show=first", "?show=full", "?view=unmatched", f"/{path}", "/compare")
    pages = (f"rounds/{round_id}{each}" for each in shown)
    overview.show(engine, settings, link.removeprefix(settings.base_url), pages)
    with database.transaction(engine) as session:
        round = session.get_one(Round, round_id)
        for other in session.scalars(select(Pairing).where(Pairing.round_id == round_id).limit(3)):
            decisions.make(
                session, round, DecisionKind.PART, mentee=other.mentee, mentor=other.mentor, by="b"
            )
        rounds.match_again(session, round, "b")
    match(engine, round_id, "matched again around three decisions")
    engine.dispose()


def match(engine: Engine, round_id: Any, what: str) -> None:
    """Match a round as a worker does, and print how long that takes."""
    began = time.monotonic()
    with database.transaction(engine) as session:
        claimed = rounds.claim(session, round_id, LEASE)
        assert claimed is not None
        fence = claimed.fence
        problem = snapshots.take(session, claimed)
    said = subprocess.run(
        [sys.executable, "-m", "worker.solver"],
        input=json.dumps(problem), text=True, check=True, capture_output=True, cwd=ROOT,
    ).stdout  # fmt: skip
    answer: dict[str, Any] = json.loads(said.splitlines()[-1])["result"]
    with database.transaction(engine) as session:
        assert snapshots.record(session, round_id, fence, problem, answer)
    print(f"  {what}: {time.monotonic() - began:.1f} s, {len(answer['pairs'])} pairs")


def swaps(engine: Engine, round_id: Any) -> None:
    """Print what the effect of a swap between stored candidates takes, reading them included."""
    with database.reading(engine) as session:
        stored = session.scalar(select(Round.candidates).where(Round.id == round_id))
    assert stored is not None
    candidates = Candidates.from_bytes(stored)
    chosen = random.Random(1)
    taken: list[float] = []
    unknown = 0
    for _ in range(SWAPS):
        i, j, _score, _settled = chosen.choice([p for p in candidates.pairs if not p[3]])
        scores = candidates.scores_of(candidates.mentees[i])
        others = sorted(scores, key=lambda id: -scores[id])[:4]
        mentor = next(id for id in others if id != candidates.mentors[j])
        began = time.process_time()
        try:
            Effects(Candidates.from_bytes(stored)).of(Change("pair", candidates.mentees[i], mentor))
        except Unknown:
            unknown += 1
        taken.append(1000 * (time.process_time() - began))
    taken.sort()
    print(
        f"  effect of a swap: median {statistics.median(taken):.0f} ms, "
        f"95 % {taken[int(0.95 * SWAPS)]:.0f} ms, most {taken[-1]:.0f} ms, unknown {unknown}; "
        f"{len(stored) / 1e6:.1f} MB stored"
    )


if __name__ == "__main__":
    main()
