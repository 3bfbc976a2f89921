"""What every Python process of a service under test does first, before the service's own code.

Python imports a module of this name at its start. So the service needs no code for its tests, and
web, commands, workers, beat and the children of a pool can all be made to die or to be wrong about
the time:

- Workers owe no weekly digest, which is owed on some days only.
- `CRASH_FOLDER`: every transaction of the domain is a crash point, before and after its commit, by
  the name of the function that opened it and the line in it, such as
  `mentorship.delivery.sending.deliver:64:after`. Points that were passed are files in `passed`
  there; a process that passes the point named in `armed` removes that file and kills itself.
- `CLOCK_SKEW`: this process's clock is so many seconds ahead.
- `DIES`: a process with this word in its command line ends at once.
- `SOLVER_GATE`: as long as there is a file of this name, solvers wait before they begin.
- `FORECAST_GATE`: as long as this file or folder is there, no change makes a forecast due.
- `SQL_STALLS`: that share of all statements waits for a moment; see `tests/support/stalls.py`.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

#: Modules whose functions open a transaction for someone else.
_ONLY_OPEN = ("contextlib", "mentorship.database", "webapp.gate", "webapp.storage")


def _crash_at_commits(folder: Path) -> None:
    from mentorship import database

    plain = database.transaction

    @contextlib.contextmanager
    def transaction(bind: Any) -> Iterator[Any]:
        # This frame, the one of contextlib, and then the caller of `with transaction`.
        point = _opener(sys._getframe(2))
        with plain(bind) as session:
            yield session
            _pass(folder, f"{point}:before")
        _pass(folder, f"{point}:after")

    database.transaction = transaction


def _opener(frame: Any) -> str:
    """Return the module, function and line that opened a transaction, seen from outside it."""
    while frame.f_globals["__name__"] in _ONLY_OPEN:
        frame = frame.f_back
    # A helper inside a function stands for many lines of it.
    while "<locals>" in frame.f_code.co_qualname:
        inner = frame.f_code.co_qualname.partition(".<locals>")[0]
        outer = frame.f_back
        while outer is not None and outer.f_code.co_qualname != inner:
            outer = outer.f_back
        if outer is None:
            break
        frame = outer
    return f"{frame.f_globals['__name__']}.{frame.f_code.co_qualname}:{frame.f_lineno}"


def _pass(folder: Path, point: str) -> None:
    armed = folder / "armed" / point
    with contextlib.suppress(FileNotFoundError):
        armed.unlink()  # Of two who pass at once, one gets to remove it.
        os.kill(os.getpid(), signal.SIGKILL)
    (folder / "passed" / point).touch()


def _owe_no_digests() -> None:
    """Let no day owe coordinators their weekly email: then the day would decide what is sent."""
    from mentorship.reminders import schedule

    schedule.DIGEST_WEEKDAYS = ()


def _forecast_later(gate: Path) -> None:
    from mentorship.rounds import forecasts

    plain = forecasts.note_changes

    def note_changes(session: Any) -> int:
        return 0 if gate.exists() else plain(session)

    forecasts.note_changes = note_changes


if os.environ.get("DIES") in sys.orig_argv:
    os.write(2, b"told to die\n")
    os._exit(1)

# The solver opens no transaction, and is waited for.
if "worker.solver" in sys.orig_argv:
    while os.path.exists(os.environ.get("SOLVER_GATE", "")):
        time.sleep(0.05)
else:
    if os.environ.get("CRASH_FOLDER"):
        _crash_at_commits(Path(os.environ["CRASH_FOLDER"]))
    # Only workers and the children of their pools owe emails and note changes.
    if {"worker.app", "--billiard-fork"} & {*sys.orig_argv}:
        _owe_no_digests()
        if os.environ.get("FORECAST_GATE"):
            _forecast_later(Path(os.environ["FORECAST_GATE"]))
    if os.environ.get("CLOCK_SKEW"):
        import datetime

        import time_machine

        _skew = datetime.timedelta(seconds=float(os.environ["CLOCK_SKEW"]))
        time_machine.travel(_skew, tick=True).start()
    if os.environ.get("SQL_STALLS"):
        sys.path.append(str(Path(__file__).parents[1]))
        import stalls

        stalls.install(os.environ)
        sys.path.pop()
