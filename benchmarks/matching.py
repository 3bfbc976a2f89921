"""How fast and good the library is, beside its peers: `python benchmarks/matching.py [ROW ...]`.

Rows: small, cohort, unspaced, dense, ties, stable, rematch, quality; and, when named or with
--large, large, largest, topk and learning. Each figure is from a fresh process: the median of 3 for
what takes less than 10 s, one run otherwise. Peers are installed, at fixed versions, in
environments of their own under benchmarks/.peers. Written down in docs/figures.md.
"""

from __future__ import annotations

import argparse
import csv
import functools
import json
import re
import statistics
import sys
import tempfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import children
from children import Failed, Run, ask, ask_peer, run, settled

MENTOR_MATCH = ("mentor-match==7.0.1",)
STABLE_PEERS = {"matching": "matching==1.4.3", "algmatch": "algmatch==1.5.2"}
MIB, GIB = 2**20, 2**30
DAY = "2026-11-23"
SEED = 7
#: The k of the usual short cut: only the best k mentors of each mentee are looked at.
K = 20
#: Six of them, drawn again each time, are the rounds of one simulated program.
ROUNDS_TO_LEARN_FROM = 12
#: Weights that a program may begin with: the presets, all the same, and those of before.
STARTS = (
    "shipped", "wellbeing", "research", "near-peer", "residency-advising", "all alike",
    "as shipped in 0.1",
)  # fmt: skip


@dataclass(frozen=True)
class Row:
    """One line of the table."""

    what: str
    aim: str
    seen: str
    beside: str = "–"

    def __str__(self) -> str:
        return f"| {self.what} | {self.aim} | {self.seen} | {self.beside} |"


#: What a row gives: lines of the table, and tables of its own that stand below it.
Measured = Callable[["Place"], Iterator["Row | str"]]


@dataclass(frozen=True)
class Place:
    """Where rows do their work; `size` is tried instead of the sizes that the aims are about."""

    folder: Path
    size: tuple[int, int] | None
    seeds: tuple[int, ...]

    def sized(self, mentees: int, mentors: int) -> tuple[int, int]:
        return self.size or (mentees, mentors)

    def cohort(self, mentees: int, mentors: int) -> str:
        return str(children.cohort(self.folder, mentees, mentors, SEED, "--no-truth"))


def count(*size: int) -> str:
    return " × ".join(f"{number:,}" for number in size)


def took(seconds: float) -> str:
    if seconds < 1:
        return f"{1000 * seconds:.0f} ms"
    return f"{seconds:.1f} s" if seconds < 100 else f"{seconds:.0f} s"


def takes(size: int) -> str:
    return f"{size / GIB:.2f} GiB" if size >= GIB else f"{size / MIB:.0f} MiB"


def times(peer: float, ours: float) -> str:
    return f"{peer / ours:.1f} ×" if peer > ours else f"{peer / ours:.2f} ×"


def small(place: Place) -> Iterator[Row]:
    size = place.sized(500, 500)
    ours = ask("small", {"folder": place.cohort(*size)}, limit=300).answer
    what = f"{size[0]} + {size[1]} people, one place each, no free text, in memory, second call"
    seen = f"{took(ours['seconds'])}, {ours['matched']} matched, {ours['reasons']} reasons"
    aim = "70 × faster than mentor-match, no fewer matched"
    found = {}
    try:
        for rounds, number in (("one round", 1), ("its usual three rounds", 3)):
            given = ours["theirs"] | {"rounds": number}
            found[rounds] = settled(
                functools.partial(ask_peer, "mentor_match.py", given, MENTOR_MATCH, limit=3600)
            )
    except Failed as failure:
        yield Row(what, aim, seen, f"mentor-match 7.0.1: {failure}")
        return
    for rounds, theirs in found.items():
        ratio = times(theirs.seconds, ours["seconds"])
        matched = theirs.answer["matched"]
        beside = f"{ratio}; mentor-match 7.0.1, {rounds}: {took(theirs.seconds)}{theirs.note}"
        yield Row(what, aim, seen, f"{beside}, {matched} matched")


def by_command(
    folder: str | Path, size: tuple[int, int], aim: str, limit: float
) -> tuple[Row, Sequence[str | Path]]:
    """Return the row of a matching from files to files, and the command that verifies it."""
    folder = Path(folder)
    people = [folder / "mentees.csv", folder / "mentors.csv"]
    pairs, report = folder / "pairs.csv", folder / "report.json"
    command = [sys.executable, "-m", "matching"]
    found = settled(
        lambda: run(
            [*command, "pair", *people, "--out", pairs, "--report", report, "--on", DAY],
            limit=limit,
        )
    )
    proof = json.loads(report.read_text(encoding="utf-8"))["certificate"]
    seen = (
        f"{took(found.seconds)}{found.note}, {takes(found.peak)}, gap {proof['gap']}, "
        f"{proof['covered']:,} matched, value {proof['value'] / 1e6:,.6f}"
    )
    what = f"{count(*size)}, files to pairs with reasons and proof, peak memory of the process"
    return Row(what, aim, seen), [*command, "verify", *people, pairs, report]


def cohort(place: Place) -> Iterator[Row]:
    size = place.sized(10_000, 3_000)
    row, verify = by_command(place.cohort(*size), size, "≤ 15 s, ≤ 1.5 GiB, gap 0", 900)
    yield row
    proved = settled(lambda: run(verify, limit=900))
    seen = f"proved, {took(proved.seconds)}{proved.note}, {takes(proved.peak)}"
    yield Row(f"{count(*size)}, the same verified from its files", "–", seen)


def unspaced(place: Place) -> Iterator[Row]:
    size = place.sized(10_000, 3_000)
    row, _ = by_command(without_spaces(place.cohort(*size)), size, "–", 900)
    yield replace(row, what=f"{row.what}, texts written without spaces")


def without_spaces(folder: str) -> Path:
    """Return a folder with the same people, in whose texts each word is two Han characters."""
    out = Path(f"{folder}-unspaced")
    out.mkdir(exist_ok=True)
    for name, column in (("mentees.csv", "statement"), ("mentors.csv", "bio")):
        with Path(folder, name).open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
        with (out / name).open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, list(rows[0]))
            writer.writeheader()
            for row in rows:
                writer.writerow(row | {column: re.sub(r"([^\W\d_]+)\s*", in_han, row[column])})
    return out


def in_han(word: re.Match[str]) -> str:
    number = zlib.crc32(word[1].lower().encode())
    return "".join(chr(0x4E00 + digit % 20_000) for digit in (number, number // 20_000))


def large(place: Place) -> Iterator[Row]:
    size = place.sized(50_000, 15_000)
    row, _ = by_command(place.cohort(*size), size, "≤ 4 min, gap 0", 1800)
    yield row


def largest(place: Place) -> Iterator[Row]:
    aim, size = "≤ 15 min, ≤ 6 GiB, gap 0", place.sized(100_000, 30_000)
    row, _ = by_command(place.cohort(*size), size, aim, 5400)
    yield row


def dense(place: Place) -> Iterator[Row]:
    size = place.sized(10_000, 3_000)
    given: dict[str, Any] = {"folder": place.cohort(*size), "scores": str(place.folder / "scores")}
    given |= ask("dense_scores", given, limit=900).answer
    ours = settled(lambda: ask("dense_ours", given, limit=900))
    what = (
        f"{count(*size)}, the assignment alone, from scores in memory to pairs on both sides; "
        "memory above that of the scores"
    )
    aim = "2 × faster, in 1/5 of the memory, same total"
    found = ours.answer
    seen = (
        f"{took(ours.seconds)}{ours.note}, {takes(found['extra'])}, {found['covered']:,} matched, "
        f"value {found['value'] / 1e6:,.6f}"
    )
    try:
        theirs = settled(lambda: ask("dense_theirs", given, limit=1800))
    except Failed as failure:
        yield Row(what, aim, seen, f"linear_sum_assignment: {failure}")
        return
    peer = theirs.answer
    same = all(found[name] == peer[name] for name in ("covered", "value"))
    beside = (
        f"{times(theirs.seconds, ours.seconds)}, {found['extra'] / peer['extra']:.2f} of the "
        f"memory, {'same' if same else 'NOT THE SAME'} total; linear_sum_assignment: "
        f"{took(theirs.seconds)}{theirs.note}, {takes(peer['extra'])}, {peer['covered']:,} "
        f"matched, value {peer['value'] / 1e6:,.6f}"
    )
    yield Row(what, aim, seen, beside)


def ties(place: Place) -> Iterator[Row]:
    for size in (place.sized(1_000, 320), place.sized(10_000, 3_000)):
        found = ask("ties_settled", {"folder": place.cohort(*size)}, limit=900).answer
        for objective, seen in found.items():
            yield Row(
                f"{count(*size)}, the assignment alone, {objective}: what settles equal totals",
                "a few percent of the whole",
                f"{took(seen['own'])} of {took(seen['seconds'])}, gap {seen['gap']}",
                f"verified in {took(seen['proving'])}",
            )


def stable(place: Place) -> Iterator[Row]:
    size = place.sized(47_208, 6_626)
    ours, _ = stable_of(place, size)
    aim = "≤ 1 s, 0 blocking pairs"
    what = f"stable, {count(*size)}, random lists of 13, places for 85 %"
    yield Row(what, aim, seen_of(ours))
    for size in (place.sized(1_000, 150), (200, 30)):
        ours, lists = stable_of(place, size)
        what = f"stable, {count(*size)}, else the same"
        yield Row(what, "–", seen_of(ours), "; ".join(stable_peers(ours, lists)))


def stable_of(place: Place, size: tuple[int, int]) -> tuple[Run, str]:
    """Return our run on random lists of some size, and where these are."""
    lists = str(place.folder / f"lists-{size[0]}-{size[1]}")
    given = {"mentees": size[0], "mentors": size[1], "listed": 13, "lists": lists}
    ask("stable_lists", given, limit=120)
    return settled(lambda: ask("stable", given, limit=120)), lists


def seen_of(found: Run) -> str:
    answer = found.answer
    return (
        f"{took(found.seconds)}, {len(answer['pairs']):,} matched, "
        f"{answer['blocking']} blocking pairs"
    )


def stable_peers(ours: Run, lists: str) -> Iterator[str]:
    for peer, package in STABLE_PEERS.items():
        given = {"peer": peer, "lists": lists}
        once = functools.partial(ask_peer, "stable_games.py", given, [package], limit=60)
        try:
            theirs = settled(once)
        except Failed as failure:
            yield f"{package}: {failure}"
            continue
        same = "same" if theirs.answer["pairs"] == ours.answer["pairs"] else "OTHER"
        ratio = times(theirs.seconds, ours.seconds)
        yield f"{package}: {ratio}, {took(theirs.seconds)}{theirs.note}, {same} pairs"


def rematch(place: Place) -> Iterator[Row]:
    size = place.sized(10_000, 3_000)
    found = ask("rematch", {"folder": place.cohort(*size)}, limit=1800).answer
    better, afresh = found["better"], found["afresh"]
    same = all(better[name] == afresh[name] for name in ("covered", "value"))
    what = f"{count(*size)}, 1 % of people changed, matched again from the former pairs, in memory"
    seen = (
        f"{took(better['seconds'])}, the assignment alone {took(better['alone'])}, "
        f"{better['covered']:,} matched, value {better['value'] / 1e6:,.6f}"
    )
    beside = (
        f"{times(afresh['seconds'], better['seconds'])}, the assignment alone "
        f"{times(afresh['alone'], better['alone'])}, {'same' if same else 'NOT THE SAME'} total; "
        f"afresh: {took(afresh['seconds'])}, {took(afresh['alone'])}, {afresh['covered']:,} "
        f"matched, value {afresh['value'] / 1e6:,.6f}"
    )
    yield Row(what, "3 × faster than afresh, same total", seen, beside)


def topk(place: Place) -> Iterator[Row]:
    size = place.sized(50_000, 15_000)
    found = ask("topk", {"folder": place.cohort(*size), "k": K}, limit=5400).answer
    what = f"{count(*size)}, mentees needlessly without a mentor"
    seen = f"0 of {found['mentees'] - found['ours']:,} without one"
    beside = f"optimum over each mentee's best {K}: {found['ours'] - found['listed']:,}"
    yield Row(what, f"0, where only the best {K} are looked at leaves some", seen, beside)


def quality(place: Place) -> Iterator[Row | str]:
    for size in dict.fromkeys([place.sized(600, 220), place.sized(1_000, 320)]):
        tables = [
            ask(
                "figures", {"folder": str(judged(place, size, seed))}, limit=1800,
                script="matching_quality.py",
            ).answer
            for seed in place.seeds
        ]  # fmt: skip
        means = {
            name: {
                column: statistics.fmean(table[name][column] for table in tables)
                for column in figures
            }
            for name, figures in tables[0].items()
        }
        ours = means["ours"]
        what = f"{count(*size)}, hidden truth, mean of seeds {', '.join(map(str, place.seeds))}"
        seen = f"NDCG@10 {ours['NDCG@10']:.3f}, true quality a mentee {ours['a mentee']:.3f}"
        yield Row(what, "≥ 0.69, ≥ 0.29", seen, "the table below")
        yield as_table(what, means)


def learning(place: Place) -> Iterator[Row | str]:
    size, first = place.sized(600, 220), place.seeds[0]
    given = {
        "rounds": [str(judged(place, size, first + k)) for k in range(ROUNDS_TO_LEARN_FROM)],
        "judges": [str(judged(place, size, first + 500 + k)) for k in range(2)],
        "repetitions": 6,
        "without_signal": 100,
    }
    script = "matching_learning.py"
    best = ask("ceiling", given, limit=1800, script=script).answer["best"]
    aims = {"100": "–", "500": "≥ +0.02", "1700": "≥ +0.04"}
    for start in STARTS:
        found = ask("figures", given | {"start": start}, limit=3600, script=script).answer
        seen = "; ".join(
            f"after {int(look):,} {statistics.fmean(gain for gain, _ in gains):+.3f} (lowest "
            f"{min(gain for gain, _ in gains):+.3f}), suggested in {sum(so for _, so in gains)} of "
            f"{len(gains)}{suggested_gain(gains)}"
            for look, gains in found["gains"].items()
        )
        yield Row(
            f"{count(*size)}, weights learned from {found['answers']:,.0f} simulated answers, "
            f"from {start}: gain in NDCG@10",
            "; ".join(f"after {int(look):,} {aim}" for look, aim in aims.items()),
            f"from {found['before']:.3f}: {seen}",
            f"best weights, fitted to the truth of these very cohorts: {best:.3f}",
        )
        yield Row(
            f"the same without signal, {given['without_signal']} runs, from {start}: other weights "
            "suggested after all answers · at any look, one after each 300",
            "≤ 1 in 100 · –",
            f"{found['at_last']} · {found['ever']}",
        )


def suggested_gain(gains: list[tuple[float, bool]]) -> str:
    suggested = [gain for gain, so in gains if so]
    if not suggested:
        return ""
    return f", then {statistics.fmean(suggested):+.3f} (lowest {min(suggested):+.3f})"


def judged(place: Place, size: tuple[int, int], seed: int) -> Path:
    """Return a cohort with the true quality of all its pairs."""
    pairs = place.folder / f"all_pairs_{size[0]}_{size[1]}.csv"
    if not pairs.exists():
        with pairs.open("w") as file:
            file.write("mentee_id,mentor_id\n")
            for mentee in range(1, size[0] + 1):
                file.writelines(
                    f"me-{mentee:06d},mr-{mentor:06d}\n" for mentor in range(1, size[1] + 1)
                )
    return children.cohort(place.folder, *size, seed, "--score-pairs", pairs)


def as_table(what: str, means: dict[str, dict[str, float]]) -> str:
    columns = list(dict.fromkeys(column for figures in means.values() for column in figures))
    lines = [
        f"{what}. True quality of pairs from 0 to 1, on average over those made (a pair), and over "
        "all mentees with 0 for those without a mentor (a mentee); pairs with an hour in common, "
        "and against the distance wished for; in the best ten of how many mentees; all keep the "
        "must-rules.",
        "",
        f"| scores and pairs | {' | '.join(columns)} |",
        "|---" * (1 + len(columns)) + "|",
    ]
    for name, figures in means.items():
        shown = [
            "–" if column not in figures
            else f"{figures[column]:.0f}" if column == "matched" else f"{figures[column]:.3f}"
            for column in columns
        ]  # fmt: skip
        lines.append(f"| {name} | {' | '.join(shown)} |")
    return "\n".join(lines)


USUAL: dict[str, Measured] = {
    row.__name__: row for row in (small, cohort, unspaced, dense, ties, stable, rematch, quality)
}
LARGE: dict[str, Measured] = {row.__name__: row for row in (large, largest, topk, learning)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("rows", nargs="*", metavar="ROW", help=", ".join([*USUAL, *LARGE]))
    parser.add_argument("--large", action="store_true", help="add the rows that take long")
    # For trying, not for figures.
    parser.add_argument("--size", type=int, nargs=2, help=argparse.SUPPRESS)
    parser.add_argument("--seeds", type=int, nargs="+", help=argparse.SUPPRESS)
    options = parser.parse_args()
    everything = USUAL | LARGE
    unknown = [name for name in options.rows if name not in everything]
    if unknown:
        parser.error(f"{unknown[0]} is no row; use {', '.join(everything)}")
    chosen = [*(options.rows or USUAL), *(LARGE if options.large else ())]
    seeds = tuple(options.seeds or (9101, 9102, 9103))
    below = []
    print(Row("what", "to reach", "seen", "beside it"))
    print("|---|---|---|---|", flush=True)
    with tempfile.TemporaryDirectory(prefix="preceptor-matching-") as name:
        place = Place(Path(name), tuple(options.size) if options.size else None, seeds)
        for row in dict.fromkeys(chosen):
            try:
                for line in everything[row](place):
                    if isinstance(line, Row):
                        print(line, flush=True)
                    else:
                        below.append(line)
            except Failed as failure:
                print(Row(row, "–", str(failure)), flush=True)
    for table in below:
        print(f"\n{table}")


if __name__ == "__main__":
    main()
