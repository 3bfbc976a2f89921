"""The command line, `preceptor`. docs/cli.md describes every command, its JSON and exit codes."""

from __future__ import annotations

import click

from mentorship.commands import programs, rounds, service


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="preceptor")
def main() -> None:
    """Match mentees and mentors in medicine, and tell everybody why."""


for command in (
    service.up_, service.migrate, service.doctor_, service.healthy, programs.program,
    programs.coordinator, programs.person, programs.sample_, programs.import_, rounds.round_,
    programs.emails, service.sweep, service.backup, service.restored,
):  # fmt: skip
    main.add_command(command)
