"""Bodies that come slowly do not hold a thread for longer than they may."""

from __future__ import annotations

import contextlib
import io
import socket
import threading
from collections.abc import Iterable, Iterator
from typing import Any

import pytest
from patience import patient

from webapp.slow_requests import BodyDeadline


@pytest.fixture
def pair() -> Iterator[tuple[socket.socket, socket.socket]]:
    """The server's end of a connection, and the client's."""
    server, client = socket.socketpair()
    yield server, client
    server.close()
    client.close()


def reader(seen: list[bytes]) -> Any:
    """An application that reads the whole body."""

    def app(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        seen.append(environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"])))
        return [b"answered"]

    return app


def ask(
    server: socket.socket, length: int, seen: list[bytes], seconds: float, method: str = "POST"
) -> list[bytes]:
    environ = {
        "REQUEST_METHOD": method, "CONTENT_LENGTH": str(length), "gunicorn.socket": server,
        "wsgi.input": server.makefile("rb"),
    }  # fmt: skip
    return list(BodyDeadline(reader(seen), seconds)(environ, None))


@pytest.mark.parametrize("method", ["POST", "GET", "PROPFIND"])
@pytest.mark.timeout(patient(120))
def test_a_body_that_comes_a_byte_at_a_time_is_ended(
    pair: tuple[socket.socket, socket.socket], method: str
) -> None:
    server, client = pair
    done = threading.Event()

    def trickle() -> None:
        # Once its time is over, no one listens any more.
        with contextlib.suppress(BrokenPipeError):
            while not done.wait(0.05):
                client.send(b"x")

    thread = threading.Thread(target=trickle)
    thread.start()
    seen: list[bytes] = []
    try:
        answered = ask(server, 20_000, seen, 0.5, method)
    finally:
        done.set()
        thread.join()

    assert answered == [b"answered"], "what waited for the body goes on"
    assert 0 < len(seen[0]) < 20_000
    server.send(b"HTTP/1.1 400")
    assert client.recv(100) == b"HTTP/1.1 400", "the answer can still be written"


def test_a_body_that_is_there_is_read_whole_and_its_connection_stays(
    pair: tuple[socket.socket, socket.socket],
) -> None:
    server, client = pair
    client.send(b"y" * 1_000)
    seen: list[bytes] = []
    before = threading.active_count()

    assert ask(server, 1_000, seen, 60) == [b"answered"]
    assert seen == [b"y" * 1_000]
    assert threading.active_count() <= before + 1
    client.send(b"more")
    assert server.recv(4) == b"more"


def test_what_has_no_connection_or_no_body_is_passed_on_as_it_is() -> None:
    passed = []

    def app(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        passed.append(environ["wsgi.input"])
        return []

    body = io.BytesIO(b"z")
    without = {"REQUEST_METHOD": "POST", "CONTENT_LENGTH": "1", "wsgi.input": body}
    list(BodyDeadline(app)(without, None))
    environ = {"REQUEST_METHOD": "GET", "wsgi.input": body, "gunicorn.socket": object()}
    list(BodyDeadline(app)(environ, None))
    assert passed == [body, body]
