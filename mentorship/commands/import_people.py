"""`preceptor sample` and `preceptor import`: people from files."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from matching.spreadsheets.dates import DayOrder
from matching.spreadsheets.findings import grouped
from mentorship import database
from mentorship.commands.frame import EXIT_CODES, Output, command, in_program, open_engine
from mentorship.errors import Invalid, NotFound
from mentorship.models import Role
from mentorship.people import enrollment, imports, questions
from mentorship.programs import programs
from mentorship.service import sample
from mentorship.settings import Settings


@click.command("sample")
@in_program
@command
def sample_(settings: Settings, out: Output, slug: str) -> None:
    """Load 300 made-up mentees and 110 made-up mentors into a program.

    The program is added if it does not exist.
    """
    with database.transaction(open_engine(settings)) as session:
        try:
            chosen = programs.get(session, slug)
        except NotFound:
            chosen = programs.add(session, slug, programs.Settings(name="Sample Mentoring Program"))
        reports = sample.load(session, chosen)
    for report in reports:
        out.line(f"{report.added} {report.role}s added, {report.unchanged} unchanged")
    out.result({"program": slug, "imports": [report.to_dict() for report in reports]})


@click.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--as", "role", type=click.Choice([role.value for role in Role]), required=True)
@in_program
@click.option(
    "--dates",
    "order",
    type=click.Choice(list(DayOrder)),
    help="What comes first in dates like 03/04/2026, if the file does not make it clear.",
)
@click.option("--dry-run", is_flag=True, help="Say what would happen, and write nothing.")
@click.option(
    "--skip-bad-rows", is_flag=True, help="Import the rows without problems, in one transaction."
)
@click.option(
    "--add-suggested",
    is_flag=True,
    help="Add the specialties and goals that people mention in their own words to their answers.",
)
@click.option(
    "--consented", help="Where these people consented; without it, each gets an invitation."
)
@command
def import_(
    settings: Settings,
    out: Output,
    file: Path,
    role: str,
    slug: str,
    order: DayOrder | None,
    dry_run: bool,
    skip_bad_rows: bool,
    add_suggested: bool,
    consented: str | None,
) -> None:
    """Import people from a CSV, XLSX, or ODS FILE, by email address."""
    if consented is not None and not consented.strip():
        raise Invalid(
            "--consented must say where these people consented, such as "
            '"application form, May 2026"'
        )
    engine = open_engine(settings)
    # Reading takes longer than others should have to wait for the database.
    with database.reading(engine) as session:
        asked = questions.columns(questions.of(programs.get(session, slug)), Role(role))
    own = questions.optional(asked)
    report = imports.read(file.read_bytes(), Role(role), file.name, order, own)
    with database.transaction(engine) as session:
        report = enrollment.apply(
            session,
            programs.get(session, slug),
            report,
            actor="command",
            consented=consented,
            skip_bad_rows=skip_bad_rows,
            add_suggested=add_suggested,
            dry_run=dry_run,
        )
    out.result(report.to_dict())
    for warning in grouped(report.warnings):
        out.line(f"note: {warning}")
    for problem in report.problems:
        click.echo(f"problem: {problem}", err=True)
    verb = "would be" if dry_run else "were"
    if report.written or (dry_run and (skip_bad_rows or not report.problems)):
        out.line(
            f"{report.rows} rows read; {report.added} people {verb} added, "
            f"{report.updated} {verb} updated, {report.unchanged} unchanged."
        )
        if report.suggested and not add_suggested:
            out.line(
                f"{len(report.suggested)} specialties and goals are mentioned only in people's "
                "own words; --add-suggested adds them to these people's answers."
            )
        if not consented and report.added:
            out.line("They will be sent an invitation, and take part once they accept.")
    if report.problems:
        if not report.written:
            click.echo("Nothing was written. Fix the file, or use --skip-bad-rows.", err=True)
        sys.exit(EXIT_CODES[Invalid])
