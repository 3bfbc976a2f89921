"""Commands about programs: who runs them, who is in them, and what they were sent."""

from __future__ import annotations

import datetime
import sys
from pathlib import Path

import click

from mentorship import database, outbox
from mentorship.accounts import sign_in_links
from mentorship.commands.frame import EXIT_CODES, Output, command, in_program, open_engine
from mentorship.errors import Invalid, NotFound
from mentorship.models import Role
from mentorship.people import import_files, imports, persons
from mentorship.programs import programs
from mentorship.service import sample
from mentorship.settings import Settings


@click.group()
def program() -> None:
    """Programs."""


@program.command("add")
@click.argument("slug")
@click.option("--name", required=True, help="What people call it.")
@click.option("--next-round", type=click.DateTime(["%Y-%m-%d"]), help="Day of the next round.")
@command
def program_add(
    settings: Settings, out: Output, slug: str, name: str, next_round: datetime.datetime | None
) -> None:
    """Found a program; SLUG is its short name."""
    with database.transaction(open_engine(settings)) as session:
        day = next_round.date() if next_round else None
        made = programs.add(session, slug, programs.Settings(name=name.strip(), next_round_on=day))
        result = {"id": str(made.id), "slug": made.slug, "name": made.name}
    out.line(f"Program {slug} is there. Next: preceptor coordinator add EMAIL --program {slug}")
    out.result(result)


@click.group()
def coordinator() -> None:
    """Coordinators."""


@coordinator.command("add")
@click.argument("email")
@in_program
@command
def coordinator_add(settings: Settings, out: Output, email: str, slug: str) -> None:
    """Let EMAIL run a program, and print a link that signs them in once."""
    with database.transaction(open_engine(settings)) as session:
        person = programs.add_coordinator(session, programs.get(session, slug), email)
        link = sign_in_links.make_link(session, person, settings)
        address = person.email
    minutes = int(sign_in_links.LINK_LIVES.total_seconds() // 60)
    out.line(f"{address} runs {slug}. To sign in once, within {minutes} minutes:\n{link}")
    out.result({"email": address, "program": slug, "link": link})


@click.group()
def person() -> None:
    """People."""


@person.command("address")
@click.argument("old")
@click.argument("new")
@command
def person_address(settings: Settings, out: Output, old: str, new: str) -> None:
    """Change somebody's address from OLD to NEW, in all their programs."""
    with database.transaction(open_engine(settings)) as session:
        found = persons.change_address(session, old, new, "command")
        result = {"id": str(found.id), "email": found.email}
    out.line(f"They are reached at {result['email']} now. Emails that failed can be sent again.")
    out.result(result)


@click.command("sample")
@in_program
@command
def sample_(settings: Settings, out: Output, slug: str) -> None:
    """Load 300 made-up mentees and 110 made-up mentors, into a new program if need be."""
    with database.transaction(open_engine(settings)) as session:
        try:
            chosen = programs.get(session, slug)
        except NotFound:
            chosen = programs.add(session, slug, programs.Settings(name="Sample Mentoring Program"))
        found = sample.load(session, chosen)
    for report in found:
        out.line(f"{report.added} {report.role}s added, {report.unchanged} were there already")
    out.result({"program": slug, "imports": [report.to_dict() for report in found]})


@click.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--as", "role", type=click.Choice([role.value for role in Role]), required=True)
@in_program
@click.option("--dry-run", is_flag=True, help="Say what would happen and write nothing.")
@click.option("--skip-bad-rows", is_flag=True, help="Write the good rows, in one transaction.")
@click.option("--consented", help="Where these people agreed; without it each gets an invitation.")
@command
def import_(
    settings: Settings,
    out: Output,
    file: Path,
    role: str,
    slug: str,
    dry_run: bool,
    skip_bad_rows: bool,
    consented: str | None,
) -> None:
    """Import people from a CSV or XLSX FILE, by email address."""
    if consented is not None and not consented.strip():
        raise Invalid('--consented must say where these people agreed, such as "form of May 2026"')
    engine = open_engine(settings)
    # Reading takes longer than anybody else should have to wait for the database.
    report = import_files.read(file.read_bytes(), Role(role), file.name)
    with database.transaction(engine) as session:
        report = imports.apply(
            session,
            programs.get(session, slug),
            report,
            actor="command",
            consented=consented,
            skip_bad_rows=skip_bad_rows,
            dry_run=dry_run,
        )
    out.result(report.to_dict())
    for warning in report.warnings:
        out.line(f"note: {warning}")
    for problem in report.problems:
        click.echo(f"problem: {problem}", err=True)
    verb = "would be" if dry_run else "were"
    if report.written or (dry_run and (skip_bad_rows or not report.problems)):
        out.line(
            f"{report.rows} rows read; {report.added} people {verb} added, "
            f"{report.updated} {verb} updated, {report.unchanged} unchanged."
        )
        if not consented and report.added:
            out.line("They are sent an invitation, and take part once they say yes.")
    if report.problems:
        if not report.written:
            click.echo("Nothing was written. Mend the file, or use --skip-bad-rows.", err=True)
        sys.exit(EXIT_CODES[Invalid])


@click.command()
@in_program
@command
def emails(settings: Settings, out: Output, slug: str) -> None:
    """List a program's emails: who, what for, and whether they were sent."""
    with database.reading(open_engine(settings)) as session:
        found = [
            {
                "id": str(email.id),
                "kind": email.kind.value,
                "to": email.person.email,
                "state": email.state.value,
                "attempts": email.attempts,
                "due_at": email.due_at.isoformat(),
                "sent_at": email.sent_at.isoformat() if email.sent_at else None,
                "in_doubt": email.doubt_since is not None,
                "last_error": email.last_error,
            }
            for email in outbox.of_program(session, programs.get(session, slug).id)
        ]
    for email in found:
        doubt = " (may have been sent twice)" if email["in_doubt"] else ""
        error = f": {email['last_error']}" if email["last_error"] else ""
        out.line(f"{email['state']:<10} {email['kind']:<20} {email['to']}{doubt}{error}")
    out.result({"program": slug, "emails": found})
