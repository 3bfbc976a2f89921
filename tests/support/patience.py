"""How long tests wait before they give up: `PATIENCE=3` multiplies every limit.

A limit ends what hangs and judges no speed, so it is generous; for a machine that is slow or busy,
all of them can be made more so at once. Leases and time-outs of services under test grow with them,
so that their ratios stay.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from typing import Any

import pytest

PATIENCE = float(os.environ.get("PATIENCE", "1"))


def patient(seconds: float) -> float:
    """Return how long to wait on this machine for what takes less than `seconds` on most."""
    return seconds * PATIENCE


def wait_until(what: str, is_so: Callable[[], Any], seconds: float = 60) -> Any:
    """Return the first true answer of `is_so`, or fail with `what` was waited for."""
    deadline = time.monotonic() + patient(seconds)
    while True:
        if answer := is_so():
            return answer
        if time.monotonic() > deadline:
            pytest.fail(f"waited {patient(seconds):.0f} s in vain: {what}")
        time.sleep(0.05)
