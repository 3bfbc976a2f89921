"""What all commands share: options, output and exit codes."""

from __future__ import annotations

import contextlib
import functools
import json
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NoReturn, TypeVar

import click
from sqlalchemy import Engine
from sqlalchemy.exc import ArgumentError, DBAPIError, IntegrityError, NoSuchModuleError

from mentorship import database, migrations
from mentorship.errors import Gone, Invalid, NotFound, PreceptorError, Unavailable, WrongState
from mentorship.service import installation
from mentorship.settings import Settings

#: Exit codes, by what went wrong. 0 is success; click itself uses 2 for a wrong command line.
EXIT_CODES: dict[type[PreceptorError], int] = {
    Invalid: 2,
    Unavailable: 3,
    WrongState: 4,
    NotFound: 5,
    Gone: 5,
}
FAILED = 1

Command = TypeVar("Command", bound=Callable[..., Any])


class Output:
    """What a command prints: lines for people, or one JSON document."""

    def __init__(self, as_json: bool) -> None:
        self.as_json = as_json

    def line(self, text: str = "") -> None:
        """Print a line for people; nothing if JSON is asked for."""
        if not self.as_json:
            click.echo(text)

    def result(self, data: Any) -> None:
        """Print the JSON document, if it is asked for."""
        if self.as_json:
            click.echo(json.dumps(data, indent=2, ensure_ascii=False))


def command(function: Command) -> Command:
    """Give a command `--data` and `--json`, and turn errors into exit codes."""

    @click.option("--data", type=click.Path(path_type=Path), help="Folder of `preceptor up`.")
    @click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
    @functools.wraps(function)
    def run(data: Path | None, as_json: bool, **options: Any) -> None:
        out = Output(as_json)
        with telling_errors():
            function(installation.for_command(data, os.environ), out, **options)

    return run  # type: ignore[return-value]


@contextlib.contextmanager
def telling_errors() -> Iterator[None]:
    """End the command with a message and an exit code if something goes wrong."""
    try:
        yield
    except PreceptorError as error:
        _fail(str(error), EXIT_CODES[type(error)])
    except (ArgumentError, NoSuchModuleError) as error:
        _fail(f"DATABASE_URL cannot be used: {error}", EXIT_CODES[Invalid])
    except IntegrityError:
        _fail("someone else changed the same people just now; run it again", EXIT_CODES[WrongState])
    except DBAPIError as error:
        reason = (str(error.orig).strip() or "no reason given").splitlines()[0]
        _fail(f"the database cannot be used: {reason}", EXIT_CODES[Unavailable])
    except OSError as error:
        _fail(f"{error.filename or 'a file'}: {error.strerror}", EXIT_CODES[Invalid])


def _fail(message: str, code: int) -> NoReturn:
    click.echo(f"preceptor: {message}", err=True)
    sys.exit(code)


def open_engine(settings: Settings) -> Engine:
    """Return the database of an installation. Raises `Unavailable` if it was not migrated."""
    url = settings.require("database_url").database_url
    if url.startswith("sqlite:///") and not Path(url.removeprefix("sqlite:///")).exists():
        raise Unavailable(
            f"there is no database yet at {url}; run `preceptor migrate` to create it"
        )
    engine = database.make_engine(url)
    with database.reading(engine) as session:
        if not migrations.is_current(session.connection()):
            raise Unavailable(
                "the database's tables are from another version; run `preceptor migrate`"
            )
    return engine


#: The option of commands that are about one program.
in_program = click.option("--program", "slug", required=True, help="Short name of the program.")
