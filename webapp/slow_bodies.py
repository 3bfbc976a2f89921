"""Requests whose body comes slowly: each is ended in time, since a thread waits for it.

A proxy that collects a body before it passes the request on spares the threads this wait; see
docs/operations.md.
"""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable, Iterable
from typing import Any

#: What a form may take, and how fast more than a form has to come.
LEAST_SECONDS = 10.0
BYTES_A_SECOND = 50_000

App = Callable[..., Iterable[bytes]]


class BodyDeadline:
    """A WSGI application before which no body takes longer than its size allows."""

    def __init__(self, app: App, least_seconds: float = LEAST_SECONDS) -> None:
        self._app = app
        self._least_seconds = least_seconds

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        """Answer a request; a body that is late ends as if the client had gone away."""
        connection = environ.get("gunicorn.socket")
        if connection is None or environ["REQUEST_METHOD"] in ("GET", "HEAD", "OPTIONS"):
            return self._app(environ, start_response)
        length = int(environ.get("CONTENT_LENGTH") or 0)
        body = _Body(
            environ["wsgi.input"], length, connection, self._least_seconds + length / BYTES_A_SECOND
        )
        environ["wsgi.input"] = body
        try:
            return self._app(environ, start_response)
        finally:
            body.done()


class _Body:
    """A body that is read until its end or its deadline, counted from the first read."""

    def __init__(self, body: Any, length: int, connection: socket.socket, seconds: float) -> None:
        self._body = body
        self._left = length
        # A thread that waits in `recv` cannot be reached in another way; it can still answer.
        self._timer = threading.Timer(seconds, _end, [connection])
        self._timer.daemon = True

    def read(self, size: int = -1) -> bytes:
        """Return at most `size` bytes, fewer at the end or once it is too late."""
        return self._counted(self._body.read, size)

    def readline(self, size: int = -1) -> bytes:
        """Return a line of at most `size` bytes."""
        return self._counted(self._body.readline, size)

    def done(self) -> None:
        """Wait no longer for the rest."""
        self._timer.cancel()

    def _counted(self, read: Callable[[int], bytes], size: int) -> bytes:
        if self._timer.ident is None and not self._timer.finished.is_set():
            self._timer.start()
        data = read(size)
        self._left -= len(data)
        if not data or self._left <= 0:
            self.done()
        return data


def _end(connection: socket.socket) -> None:
    with contextlib.suppress(OSError):
        connection.shutdown(socket.SHUT_RD)
