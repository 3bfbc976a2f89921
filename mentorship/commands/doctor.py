"""`preceptor doctor`: what is wrong with an installation."""

from __future__ import annotations

import sys

import click

from mentorship.commands.frame import FAILED, Output, command
from mentorship.service import doctor
from mentorship.settings import Settings


@click.command("doctor")
@command
def doctor_(settings: Settings, out: Output) -> None:
    """Check the installation and say how to fix what is wrong.

    It looks at packages, address, proxy, mail, database, clock, workers and secrets.
    """
    findings = doctor.examine(settings)
    for finding in findings:
        out.line(f"{'ok  ' if finding.ok else 'FIX '} {finding.check}: {finding.seen}")
        if finding.fix:
            out.line(f"     {finding.fix}")
    ok = all(finding.ok for finding in findings)
    out.result({"ok": ok, "findings": [vars(finding) for finding in findings]})
    if not ok:
        sys.exit(FAILED)
