"""What gunicorn starts the site's processes with."""

from __future__ import annotations

import subprocess
import sys


def test_a_process_that_has_started_looks_at_what_requests_leave_and_at_nothing_else() -> None:
    code = (
        "import gc; from webapp import serving; serving.post_worker_init(None);"
        "print(gc.get_freeze_count() > 50_000, gc.get_count()[2], gc.get_threshold())"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], env={}, capture_output=True, text=True, check=True
    )

    assert done.stdout == "True 0 (700, 10, 1000)\n"
