"""How long tests wait before they give up: `PATIENCE=3` multiplies every limit.

A limit ends what hangs and judges no speed, so it is generous; for a machine that is slow or busy,
all of them can be made more so at once. Leases and time-outs of services under test grow with them,
so that their ratios stay.
"""

from __future__ import annotations

import http.client
import os
import socket
import time
from collections.abc import Callable
from typing import Any, TypeVar

import pytest
from sqlalchemy.exc import SQLAlchemyError

T = TypeVar("T")

PATIENCE = float(os.environ.get("PATIENCE", "1"))


def patient(seconds: float) -> float:
    """Return how long to wait on this machine for what takes less than `seconds` on most."""
    return seconds * PATIENCE


def wait_until(what: str, is_so: Callable[[], Any], seconds: float = 120) -> Any:
    """Return the first true answer of `is_so`, or fail with `what` was waited for."""
    deadline = time.monotonic() + patient(seconds)
    pause = 0.01
    while True:
        if answer := is_so():
            return answer
        if time.monotonic() > deadline:
            pytest.fail(f"waited {patient(seconds):.0f} s without success: {what}")
        time.sleep(pause)
        # What takes long is asked for less often: asking takes from what is waited for.
        pause = min(pause * 1.5, 0.2)


def patiently(act: Callable[[], T], seconds: float = 120) -> T:
    """Do something until it is acknowledged, as people do who try again."""
    deadline = time.monotonic() + patient(seconds)
    while True:
        try:
            return act()
        except (OSError, http.client.HTTPException, SQLAlchemyError):
            if time.monotonic() > deadline:
                raise
            time.sleep(0.3)


def wait_for_port(port: int) -> None:
    """Wait until something listens on a port."""
    wait_until(f"port {port}", lambda: _listens(port))


def _listens(port: int) -> bool:
    with socket.socket() as client:
        return client.connect_ex(("127.0.0.1", port)) == 0
