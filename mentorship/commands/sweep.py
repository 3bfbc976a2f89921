"""`preceptor sweep`: notify the workers of everything that is due, once."""

from __future__ import annotations

import click

from mentorship.commands.frame import Output, command, open_engine
from mentorship.service import queue
from mentorship.settings import Settings


@click.command()
@command
def sweep(settings: Settings, out: Output) -> None:
    """Notify the workers of everything that is due, once."""
    settings.require("redis_url")
    jobs = queue.sweep(open_engine(settings), queue.make_celery(settings), settings)
    out.line(f"The workers were told of {jobs} jobs.")
    out.result({"rung": jobs})
