"""A database that is slow at random: `SQL_STALLS=0.03` lets that share of all statements wait.

Each of them waits 0.2 to 2.2 seconds, as it would while a disk or a neighbour is busy; what is
awaited without a limit of its own, or in the wrong order, fails then. The same seed
(`SQL_STALLS_SEED`) lets the same statements of a process wait again.
"""

from __future__ import annotations

import os
import random
import sys
import time
from collections.abc import Mapping

SHARE, SEED = "SQL_STALLS", "SQL_STALLS_SEED"


def wishes() -> dict[str, str]:
    """Return the settings of this run, for the environments of services."""
    return {name: os.environ[name] for name in (SHARE, SEED) if name in os.environ}


def install(environ: Mapping[str, str]) -> None:
    """Let statements of this process wait, where the environment says so."""
    share = float(environ.get(SHARE, "0"))
    if not share:
        return
    from sqlalchemy import Engine, event

    worker = environ.get("PYTEST_XDIST_WORKER", "")
    chance = random.Random(f"{environ.get(SEED, '1')} {worker} {sys.orig_argv[1:]}")

    def stall(*_: object) -> None:
        if chance.random() < share:
            time.sleep(chance.uniform(0.2, 2.2))

    event.listen(Engine, "before_cursor_execute", stall)
