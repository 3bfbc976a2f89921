"""Requests that come slowly: each is ended in time, since a thread waits for it.

A proxy that collects a request before it passes it on spares the threads this wait; see
docs/operations.md. So these times are short: a form that a proxy passes on is here at once.
"""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable, Iterable
from typing import Any

#: What the head of a request or a form may take, and how fast an upload has to come.
LEAST_SECONDS = 3.0
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
        length = int(environ.get("CONTENT_LENGTH") or 0)
        # Whatever its method: a GET may have a body too, and is read for a form.
        has_body = length > 0 or "HTTP_TRANSFER_ENCODING" in environ
        if connection is None or not has_body:
            return self._app(environ, start_response)
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
        self._timer = deadline(connection, seconds)

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


def deadline(connection: socket.socket, seconds: float) -> threading.Timer:
    """Return a timer, to be started, after which nothing more is read from a connection."""
    timer = threading.Timer(seconds, _end, [connection])
    timer.daemon = True
    return timer


def _end(connection: socket.socket) -> None:
    with contextlib.suppress(OSError):
        connection.shutdown(socket.SHUT_RD)
