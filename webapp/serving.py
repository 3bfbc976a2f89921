"""gunicorn's settings: `gunicorn --config python:webapp.serving webapp.wsgi:app`."""

from __future__ import annotations

import gc
import os
import sys
import threading
from typing import Any

from gunicorn.glogging import Logger  # type: ignore[import-untyped]
from gunicorn.workers.gthread import ThreadWorker  # type: ignore[import-untyped]

from mentorship import logs
from mentorship.errors import PreceptorError
from mentorship.service.processes import look_for_garbage_seldom
from mentorship.settings import Settings
from webapp import slow_requests

look_for_garbage_seldom()
try:
    logs.set_up(Settings.read(os.environ))
except PreceptorError as error:
    sys.exit(f"preceptor web: {error}")


class ServerLogger(Logger):  # type: ignore[misc]
    """Sends gunicorn's own messages where all others go; its access log stays off."""

    def setup(self, cfg: Any) -> None:
        """Send everything to the root logger."""
        super().setup(cfg)
        for handler in list(self.error_log.handlers):
            self.error_log.removeHandler(handler)
        self.error_log.propagate = True


class Worker(ThreadWorker):  # type: ignore[misc]
    """gunicorn's threads, of which none waits for a request longer than it may.

    Its own time limits are for a connection on which nothing comes, not for a byte now and then.
    """

    def handle(self, conn: Any) -> Any:
        """Read a request and answer it; then read what is left of a body that no view wanted."""
        conn.deadline = _begun(conn)
        try:
            return super().handle(conn)
        finally:
            conn.deadline.cancel()

    def handle_request(self, req: Any, conn: Any) -> Any:
        """Answer a request whose head is here."""
        conn.deadline.cancel()
        try:
            return super().handle_request(req, conn)
        finally:
            if any(name in ("CONTENT-LENGTH", "TRANSFER-ENCODING") for name, _ in req.headers):
                conn.deadline = _begun(conn)


def _begun(conn: Any) -> threading.Timer:
    timer = slow_requests.deadline(conn.sock, slow_requests.LEAST_SECONDS)
    timer.start()
    return timer


def post_worker_init(worker: Worker) -> None:
    """Look for garbage among what requests leave only: what the site is made of stays anyway.

    All threads wait while every object there is is looked at. What a request leaves may hold a file
    of 20 MB, so it is looked at as often as usual while it is young.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(700, 10, 1_000)


worker_class = Worker
logger_class = ServerLogger
#: No header of a request says where the site is: by default gunicorn takes SCRIPT_NAME from a proxy
#: on this machine, which may pass on a client's.
forwarder_headers = ""
