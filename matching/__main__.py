"""The command line: two tables in; pairs, reasons and a proof out, without any server."""

from __future__ import annotations

import contextlib
import csv
import datetime
import gc
import io
import json
import signal
import sys
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import click

from matching import intact
from matching import policy as policies
from matching.language import gettext as _
from matching.language import mark, ngettext
from matching.profiles.columns import Role
from matching.profiles.people import Answers
from matching.spreadsheets.dates import DayOrder

_COLUMNS = ("mentee_id", "mentor_id", "score", "kept", "reasons", "contributions")
_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
_NEW = click.Path(dir_okay=False, writable=True, allow_dash=True, path_type=Path)
_DATES = click.option(
    "--dates",
    "order",
    type=click.Choice(list(DayOrder)),
    help="What comes first in dates like 03/04/2026, if a table does not make it clear.",
)


_STAYS = mark("%(mentee)s and %(mentor)s stay paired, although they're now excluded by %(rules)s")
_PARTED = mark("%(mentee)s and %(mentor)s are no longer paired: they're now excluded by %(rules)s")


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="preceptor", prog_name="matching")
def main() -> None:
    """Match mentees and mentors from two tables, and prove matches from their files."""
    try:
        intact.check()
    except intact.Overwritten as error:
        click.echo(_("Error: %(problem)s", problem=error), err=True)
        sys.exit(2)


@main.command()
@click.argument("mentees", type=_FILE)
@click.argument("mentors", type=_FILE)
@click.option(
    "--out",
    type=_NEW,
    required=True,
    help="Write the pairs here, as CSV or XLSX; - is standard output.",
)
@click.option(
    "--report",
    type=_NEW,
    required=True,
    help="Write proof and measures here, as JSON; - is standard output.",
)
@click.option("--policy", type=_FILE, help="Weights, rules, and objective, as YAML.")
@click.option("--existing", type=_FILE, help="Existing pairs, as CSV, XLSX, or ODS.")
@click.option(
    "--mode",
    type=click.Choice(["keep", "better", "afresh"]),
    default="keep",
    show_default=True,
    help="Existing pairs: keep all, keep unless another is clearly better, or ignore.",
)
@click.option(
    "--keep-bonus",
    type=click.FloatRange(0, 1),
    default=0.1,
    show_default=True,
    help="How much better, in score, another pair must be, with --mode better.",
)
@click.option(
    "--objective", type=click.Choice(["coverage", "fair", "total"]), help="Overrides the policy's."
)
@click.option(
    "--demand",
    type=click.IntRange(1, 100),
    help="How many mentors each mentee may have; by default as their column mentors_wanted says, "
    "or 1.",
)
@click.option(
    "--fill",
    type=click.Choice(["first", "all"]),
    default="first",
    show_default=True,
    help="What comes before scores: a first mentor for each mentee, or all that they can have.",
)
@click.option(
    "--seed",
    default="",
    help="Any text, such as the name of the round: a different one breaks ties differently.",
)
@click.option(
    "--on",
    type=click.DateTime(["%Y-%m-%d"]),
    help="A day of the year whose time zones count; today by default.",
)
@_DATES
def pair(
    mentees: Path,
    mentors: Path,
    out: Path,
    report: Path,
    policy: Path | None,
    existing: Path | None,
    mode: Any,
    keep_bonus: float,
    objective: Any,
    demand: int | None,
    fill: Any,
    seed: str,
    on: datetime.datetime | None,
    order: DayOrder | None,
) -> None:
    """Match MENTEES and MENTORS, two tables as CSV, XLSX, or ODS.

    Exits with 0; with 1 if an exclusion matches no one, so that it may not have applied; and with 2
    if nothing was matched.
    """
    from matching import doubts, files, outputs
    from matching import report as reports
    from matching.matcher import Matcher
    from matching.wishes import Wishes

    with _plain_errors():
        targets = outputs.resolved([mentees, mentors, policy, existing], [out, report])
        chosen = policies.default()
        if policy:
            chosen = _policy_of(policy)
        if objective:
            chosen = policies.Policy.from_dict(chosen.to_dict() | {"objective": objective})
        tell = _Bar()
        mentee_rows, mentor_rows = _read_people(
            mentees, mentors, order, chosen.questions, _note, tell
        )
        found = list(doubts.between(mentee_rows, mentor_rows))
        people, others = list(mentee_rows.values()), list(mentor_rows.values())
        before = files.read_pairs(existing, _note) if existing else []
        priority = {
            person["mentee_id"]: chosen.waiting_bonus * person["rounds_waiting"]
            for person in people
            if person.get("rounds_waiting") and chosen.waiting_bonus
        }
        day: dict[str, Any] = {"on": on} if on else {}
        wishes = Wishes(
            **day,
            existing=before,
            mode=mode,
            keep_bonus=keep_bonus,
            priority=priority,
            demand={person["mentee_id"]: demand for person in people} if demand else {},
            fill=fill,
            seed=seed,
        )
        matcher = Matcher(chosen).fit(people, others)
        result = matcher.match(wishes, progress=tell)
        tell.close()
        frontier = matcher.frontier(wishes).points if mode == "better" else []
    rows = [
        {
            "mentee_id": pair.mentee,
            "mentor_id": pair.mentor,
            "score": f"{pair.score / 1e6:.6f}",
            "kept": "yes" if pair.kept else "no",
            "reasons": json.dumps(pair.reasons),
            "contributions": json.dumps(pair.contributions),
        }
        for pair in result.pairs
    ]
    report_text = (
        json.dumps(reports.make(result, chosen, wishes, frontier=frontier), indent=1) + "\n"
    )
    with _plain_errors():
        is_workbook = out.suffix.lower() == ".xlsx"
        table = _as_workbook(rows) if is_workbook else _as_csv(rows).encode()
        outputs.write(dict(zip(targets, (table, report_text.encode()), strict=True)))
    paths = {"mentee": mentees, "mentor": mentors}
    for doubt in found:
        _note(f"{paths[doubt.role]}: {doubt}")
    for ruling in result.ruled_out:
        said = _STAYS if ruling.kept else _PARTED
        names = {"mentee": ruling.mentee, "mentor": ruling.mentor, "rules": ", ".join(ruling.rules)}
        _note(_(said, **names))
    proof = result.certificate()
    click.echo(
        _(
            "%(pairs)s, %(unmatched)s without a mentor; %(value)s points, and no round could "
            "score more than %(bound)s.",
            pairs=ngettext("%(n)s pair", "%(n)s pairs", len(result.pairs)),
            unmatched=ngettext("%(n)s mentee", "%(n)s mentees", result.measures["unmatched"]),
            value=f"{proof['value'] / 1e6:.6f}",
            bound=f"{proof['upper_bound'] / 1e6:.6f}",
        ),
        # Standard output holds what was asked for, and nothing else.
        err=outputs.STANDARD in targets,
    )
    # Where each may have one, those without a mentor have been counted.
    if result.measures["open_demand"] > result.measures["unmatched"]:
        click.echo(
            ngettext(
                "%(n)s more mentor was wanted but not found.",
                "%(n)s more mentors were wanted but not found.",
                result.measures["open_demand"],
            ),
            err=outputs.STANDARD in targets,
        )
    if any(doubt.weakens_rule for doubt in found):
        sys.exit(1)


@main.command()
@click.argument("mentees", type=_FILE)
@click.argument("mentors", type=_FILE)
@click.argument("pairs", type=_FILE)
@click.argument("report", type=_FILE)
@_DATES
def verify(mentees: Path, mentors: Path, pairs: Path, report: Path, order: DayOrder | None) -> None:
    """Prove or refute, from the files alone, that PAIRS are the best for MENTEES and MENTORS.

    Exits with 0 if they are, and with 1 if something does not hold, saying what.
    """
    from matching import files
    from matching import report as reports
    from matching.assignment.certificate import Refuted

    with _plain_errors():
        try:
            claims = json.loads(report.read_text(encoding="utf-8"))
            # What is worth knowing about the tables was said when they were matched.
            mentee_rows, mentor_rows = _read_people(
                mentees, mentors, order, reports.questions(claims), lambda note: None
            )
            people, others = list(mentee_rows.values()), list(mentor_rows.values())
            verified = reports.verify(people, others, files.read_scored_pairs(pairs), claims)
        except RecursionError:
            click.echo(_("Refuted: the report is nested too deeply to be valid"))
            sys.exit(1)
        except (Refuted, json.JSONDecodeError, UnicodeDecodeError) as error:
            click.echo(_("Refuted: %(problem)s", problem=error))
            sys.exit(1)
    click.echo(
        _(
            "Proved: no assignment over %(pairs)s is better. %(covered)s; %(value)s points "
            "is the most possible.",
            pairs=ngettext("%(n)s pair", "%(n)s pairs", verified.considered),
            covered=ngettext(
                "%(n)s mentee has a mentor", "%(n)s mentees have a mentor", verified.covered
            ),
            value=f"{verified.value / 1e6:.6f}",
        )
    )


def _read_people(
    mentees: Path,
    mentors: Path,
    order: DayOrder | None,
    questions: Collection[str],
    tell: Callable[[str], None],
    progress: Callable[[str, int, int], None] = lambda phase, done, total: None,
) -> tuple[dict[int, Answers], dict[int, Answers]]:
    """Return the people of both tables by row. Raises `ValueError` with all that is wrong."""
    from matching import files

    tables: list[dict[int, Answers]] = []
    problems: list[str] = []
    progress("reading", 0, 2)
    both: Sequence[tuple[Path, Role]] = ((mentees, "mentee"), (mentors, "mentor"))
    for path, role in both:
        try:
            tables.append(files.read_rows(path, role, order=order, questions=questions, tell=tell))
        except files.InvalidTable as error:
            problems.append(str(error))
        progress("reading", 1, 2)
    if problems:
        raise ValueError("\n".join(problems))
    return tables[0], tables[1]


def _note(line: str) -> None:
    click.echo(_("Note: %(note)s", note=line), err=True)


class _Bar:
    """Progress on the terminal, one bar for each phase; silent unless it is one."""

    def __init__(self) -> None:
        self._phase = ""
        self._bar: Any = None

    def __call__(self, phase: str, done: int, total: int) -> None:
        # Solving and proving take turns; one bar is enough for both.
        if not sys.stderr.isatty() or phase == "proving":
            return
        if phase != self._phase:
            self.close()
            self._phase = phase
            self._bar = click.progressbar(
                length=max(1, total), label=f"{phase:<12}", file=sys.stderr
            )
            self._bar.__enter__()
        self._bar.update(max(0, done - self._bar.pos))

    def close(self) -> None:
        if self._bar is not None:
            self._bar.update(self._bar.length - self._bar.pos)
            self._bar.__exit__(None, None, None)


@contextlib.contextmanager
def _plain_errors() -> Iterator[None]:
    """Turn an error in the input into one message and exit code 2."""
    try:
        yield
    except (ValueError, OSError) as error:
        click.echo(_("Error: %(problem)s", problem=error), err=True)
        sys.exit(2)


def _as_csv(rows: Sequence[Mapping[str, str]]) -> str:
    text = io.StringIO()
    writer = csv.DictWriter(text, _COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def _as_workbook(rows: Sequence[Mapping[str, str]]) -> bytes:
    """Return a workbook whose cells are all text, so that no program turns an id into a number."""
    import xlsxwriter

    written = io.BytesIO()
    with xlsxwriter.Workbook(written, {"in_memory": True}) as book:
        sheet = book.add_worksheet("pairs")
        as_text = book.add_format({"num_format": "@"})
        for number, row in enumerate([dict(zip(_COLUMNS, _COLUMNS, strict=True)), *rows]):
            for position, name in enumerate(_COLUMNS):
                sheet.write_string(number, position, row[name], as_text)
    return written.getvalue()


def _policy_of(path: Path) -> policies.Policy:
    try:
        return policies.Policy.from_yaml(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from None


if __name__ == "__main__":
    # The solver does not let Python look at signals; so an interrupt ends this at once. Files are
    # written whole or not at all.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    # Looking for cycles among some hundred thousand answers takes a second, and there are none.
    gc.disable()
    main(prog_name="python -m matching")
