"""What processes of a service do: end with their parent, and leave alone what they have loaded."""

from __future__ import annotations

import atexit
import ctypes
import gc
import signal
import sys

_PR_SET_PDEATHSIG = 1


def end_with_parent() -> None:
    """Let the kernel kill this process when its parent dies, however that happens (Linux only)."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def look_for_garbage_seldom() -> None:
    """Let Python look for garbage once in 100,000 new objects, and not at the end of this process.

    Nearly all objects of a process are what it loads, and stay to its end. Looking through them
    again and again takes a tenth of the time of loading, and once more at the end a quarter of it.
    """
    gc.set_threshold(100_000)
    atexit.register(gc.freeze)
