"""`preceptor healthy`: whether a part on this host is alive."""

from __future__ import annotations

import socket
import sys

import click

from mentorship import database
from mentorship.commands.frame import FAILED, Output, command, open_engine
from mentorship.service import heartbeats
from mentorship.settings import Settings


@click.command()
@click.argument("kind", type=click.Choice(heartbeats.KINDS))
@command
def healthy(settings: Settings, out: Output, kind: str) -> None:
    """Check that a part on this host has responded recently."""
    host = socket.gethostname()
    with database.reading(open_engine(settings)) as session:
        silence = heartbeats.silence_here(session, kind)
    if silence is None:
        out.line(f"{kind} on {host} has given no sign of life yet.")
    else:
        out.line(f"{kind} on {host} gave a sign of life {silence.total_seconds():.0f} s ago.")
    ok = silence is not None and silence < heartbeats.SILENT
    seconds = None if silence is None else silence.total_seconds()
    out.result({"kind": kind, "host": host, "healthy": ok, "silent_seconds": seconds})
    if not ok:
        sys.exit(FAILED)
