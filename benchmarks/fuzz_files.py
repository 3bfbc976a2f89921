"""Files changed at random, read as uploads are: every one has to be answered, and soon.

Run `python benchmarks/fuzz_files.py [COUNT] [SEED]`. It reads in processes of its own, one for each
processor, and prints what came of the files, the slowest of them, and the most memory.
"""

from __future__ import annotations

import multiprocessing
import random
import resource
import sys
import time
from collections import Counter
from pathlib import Path

# Beside this file, `matching` is a benchmark.
sys.path[0] = str(Path(__file__).parents[1] / "tests" / "support")

import fuzzing

from mentorship.models import Role
from mentorship.people import imports

BATCH = 500


def read_some(seed: int) -> tuple[Counter[str], float]:
    """Read a batch of files; return what came of them, and the longest time that one took."""
    chance, came, longest = random.Random(seed), Counter[str](), 0.0
    for _file in range(BATCH):
        name, data = fuzzing.mutated(chance)
        started = time.perf_counter()
        try:
            report = imports.read(data, chance.choice(list(Role)), name)
            came["read" if report.entries else "refused"] += 1
        except Exception as error:  # noqa: BLE001 - whatever it is, it would be an answer of 500
            came[f"FAILED {type(error).__name__}: {error} (seed {seed})"[:200]] += 1
        longest = max(longest, time.perf_counter() - started)
    return came, longest


def main() -> None:
    """Read as many files as asked for, 100,000 by default."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    first = int(sys.argv[2]) if len(sys.argv) > 2 else 1
    came, longest = Counter[str](), 0.0
    with multiprocessing.get_context("spawn").Pool() as pool:
        for some, slowest in pool.imap_unordered(read_some, range(first, first + count // BATCH)):
            came += some
            longest = max(longest, slowest)
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024
    failed = [what for what in came if what.startswith("FAILED")]
    print(
        f"{came.total():,} files: {came['read']:,} read, {came['refused']:,} refused, "
        f"{sum(came[what] for what in failed)} failed; longest {longest:.2f} s; {peak} MiB"
    )
    for what in failed[:20]:
        print(f"{came[what]:>6} {what}")
    sys.exit(bool(failed))


if __name__ == "__main__":
    main()
