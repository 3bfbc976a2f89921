"""A Redis that answers and refuses, as one does that fails over or loads its data."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable
from pathlib import Path
from typing import IO, Self


class Refuser:
    """Stands before a Redis on a socket: passes on each command, or refuses it with these words."""

    def __init__(self, redis: Path, path: Path) -> None:
        self.url = f"unix://{path}"
        #: Such as "READONLY You can't write against a read only replica."; None: all is well.
        self.words: str | None = None
        #: Whether it refuses a command by its name, such as LPUSH.
        self.refuses: Callable[[str], bool] = _is_no_greeting
        self.refused = 0
        self._redis = redis
        self._server = socket.socket(socket.AF_UNIX)
        self._server.bind(str(path))
        self._server.listen(64)
        self._thread = threading.Thread(target=self._accept, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *exc: object) -> None:
        self._server.close()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._server.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        with client, socket.socket(socket.AF_UNIX) as redis, client.makefile("rb") as asked:
            redis.connect(str(self._redis))
            threading.Thread(target=_pass_on, args=(redis, client), daemon=True).start()
            try:
                while command := _command(asked):
                    if self.words is not None and self.refuses(_name(command)):
                        self.refused += 1
                        client.sendall(f"-{self.words}\r\n".encode())
                    else:
                        redis.sendall(command)
            except OSError:
                return


def _command(asked: IO[bytes]) -> bytes:
    """Return the bytes of one command, empty at the end."""
    first = asked.readline()
    if not first.startswith(b"*"):
        return b""
    command = first
    for _ in range(int(first[1:])):
        length = asked.readline()
        command += length + asked.read(int(length[1:]) + 2)
    return command


def _name(command: bytes) -> str:
    return command.split(b"\r\n")[2].decode().upper()


def _is_no_greeting(name: str) -> bool:
    """Return whether a command does more than make a connection and look after it."""
    return name not in ("HELLO", "AUTH", "CLIENT", "SELECT", "PING", "INFO")


def _pass_on(redis: socket.socket, client: socket.socket) -> None:
    try:
        while answer := redis.recv(65536):
            client.sendall(answer)
    except OSError:
        return
    finally:
        client.close()
