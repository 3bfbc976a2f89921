"""What finding the options of a rematch takes: `python benchmarks/rematch.py`.

Matches made-up people whose order is not that of the pairs they have, then prints the options of
changing more or fewer of these pairs, with time and peak memory. `--mentees 300 --mentors 110` is
another size, `--seconds` the limit of time. Written down in docs/figures.md.
"""

from __future__ import annotations

import argparse
import datetime
import resource
import sys
import time
from pathlib import Path

ROOT = Path(__file__).parents[1]
# Instead of this folder, in which another `matching` stands.
sys.path[0:1] = [str(ROOT), str(ROOT / "tests" / "support")]

import crowds  # noqa: E402 - the tests' own people are used here too

from matching import Matcher, Wishes  # noqa: E402
from worker.solver import OPTIONS_SECONDS  # noqa: E402

ON = datetime.date(2026, 11, 23)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--mentees", type=int, default=10_000)
    parser.add_argument("--mentors", type=int, default=3_000)
    parser.add_argument("--seconds", type=float, default=OPTIONS_SECONDS)
    options = parser.parse_args()
    mentees, mentors = crowds.make(options.mentees, options.mentors, 11)
    began = time.monotonic()
    # Pairs of another year: best when half of the mentors and four in five mentees were there.
    earlier = Matcher().fit(mentees[options.mentees // 5 :], mentors[::2]).match(Wishes(ON))
    existing = [(pair.mentee, pair.mentor) for pair in earlier.pairs]
    print(f"{len(existing)} existing pairs, matched in {time.monotonic() - began:.0f} s")
    began = time.monotonic()

    def tell(_stage: str, done: int, _most: int) -> None:
        print(f"  {time.monotonic() - began:5.0f} s  {done}")

    wishes = Wishes(ON, existing=existing)
    model = Matcher().fit(mentees, mentors)
    found = model.frontier(wishes, seconds=options.seconds, progress=tell)
    seconds = time.monotonic() - began
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{seconds:.0f} s, {peak:.0f} MiB, {'all' if found.is_complete else 'not all'} options")
    for point in found.points:
        gain = "–" if point.gain is None else f"{100 * point.gain:+.1f}"
        print(
            f"  {point.changed:6} changed, {point.matched:6} matched, {point.lost} lost, "
            f"total {point.total:10.3f}, those who move {gain}"
        )


if __name__ == "__main__":
    main()
