"""How well reports of undeliverable emails are read: marks that are right, missed and false.

    python benchmarks/reports.py [--reports 20000] [--damaged 60000]

Reports are made by chance from RFC 3464 and the habits of servers (`tests/support/returned.py`).
"""

from __future__ import annotations

import argparse
import random
import sys
import time
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "support")]

import returned as corpus

from mentorship.delivery.reports import NotUnderstood, read_report


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--reports", type=int, default=20_000)
    parser.add_argument("--damaged", type=int, default=60_000)
    parser.add_argument("--seed", type=int, default=15)
    wished = parser.parse_args()
    chance = random.Random(wished.seed)
    counted: Counter[str] = Counter()
    for number in range(wished.reports):
        counted[_verdict(_report(chance, number), number)] += 1
    told = ", ".join(f"{count} {verdict}" for verdict, count in sorted(counted.items()))
    print(f"{wished.reports} reports: {told}")

    slowest = 0.0
    fates: Counter[str] = Counter()
    for number in range(wished.damaged):
        data = corpus.damage(chance, _report(chance, number).data)
        began = time.process_time()
        try:
            read_report(data)
            fates["read"] += 1
        except NotUnderstood:
            fates["left unread"] += 1
        except Exception as error:
            fates[f"raised {type(error).__name__}"] += 1
        slowest = max(slowest, time.process_time() - began)
    told = ", ".join(f"{count} {fate}" for fate, count in sorted(fates.items()))
    print(f"{wished.damaged} damaged reports: {told}; the slowest took {slowest * 1000:.0f} ms")


def _report(chance: random.Random, number: int) -> corpus.Written:
    path = f"bounces+{'a2' * 21}@example.org"
    return corpus.write(chance, f"<{number}@site.example>", f"p{number}@clinic.example.org", path)


def _verdict(report: corpus.Written, number: int) -> str:
    try:
        failures = read_report(report.data)
    except NotUnderstood:
        return "not understood"
    told = [(failure.message_id, failure.recipient.lower()) for failure in failures]
    if told != [(f"<{number}@site.example>", report.recipient)]:
        return "of another person"
    if failures[0].is_permanent == report.is_addresses_fault:
        return "right"
    return "missed" if report.is_addresses_fault else "false marks"


if __name__ == "__main__":
    main()
