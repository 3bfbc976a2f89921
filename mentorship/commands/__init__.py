"""The command line, `preceptor`. docs/cli.md describes every command, its JSON and exit codes."""

from __future__ import annotations

import pkgutil
from typing import NamedTuple

import click


class Entry(NamedTuple):
    """Where a command is defined, below this package, and its line in the list of commands."""

    place: str
    help: str


COMMANDS = {
    "backup": Entry(
        "backups:backup", "Copy a service's SQLite database, running or not, into a new FILE."
    ),
    "coordinator": Entry("coordinators:coordinator", "Manage coordinators."),
    "doctor": Entry("doctor:doctor_", "Check the installation and say how to fix what is wrong."),
    "emails": Entry("emails:emails", "List a program's emails: recipient, kind, and state."),
    "healthy": Entry("healthy:healthy", "Check that a part on this host has responded recently."),
    "import": Entry(
        "import_people:import_", "Import people from a CSV, XLSX, or ODS FILE, by email address."
    ),
    "migrate": Entry(
        "migrate:migrate",
        "Bring the database's tables up to this version, or back to an earlier one.",
    ),
    "person": Entry("people:person", "Manage people."),
    "program": Entry("programs:program", "Manage programs."),
    "resend": Entry("emails:resend", "Resend all emails that failed or bounced for one cause."),
    "restored": Entry(
        "backups:restored", "Make a restored backup safe to start, so that nothing is sent twice."
    ),
    "round": Entry("rounds:round_", "Manage rounds of matching."),
    "sample": Entry(
        "import_people:sample_", "Load 300 made-up mentees and 110 made-up mentors into a program."
    ),
    "sweep": Entry("sweep:sweep", "Notify the workers of everything that is due, once."),
    "up": Entry("up:up_", "Run the whole service in the foreground; Ctrl-C stops it."),
}


class Commands(click.Group):
    """The commands, each imported only when it is called: most need little of the service."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of the commands, in the order of their list."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return a command, imported from its module; None if there is none of that name."""
        if cmd_name not in COMMANDS:
            return None
        command = pkgutil.resolve_name(f"{__name__}.{COMMANDS[cmd_name].place}")
        assert isinstance(command, click.Command)  # noqa: S101 - as the table says
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the list of commands without importing any."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, entry.help) for name, entry in COMMANDS.items()])


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="preceptor")
def main() -> None:
    """Match mentees and mentors in medicine, and tell everyone why."""
