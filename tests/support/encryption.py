"""Certificates, and a port that speaks TLS in front of a server that does not."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
import subprocess
import threading
from pathlib import Path
from typing import Self

from patience import patient

#: Sockets that hold the ports that were given out, as long as this process lives.
_held: list[socket.socket] = []


def free_port() -> int:
    """Return a port of this machine on which nothing listens, and which no one else is given.

    A socket that does not listen holds it: the kernel gives it to no one else, but a server that
    asks for this very port, with SO_REUSEADDR, has it.
    """
    holder = socket.socket()
    holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    holder.bind(("127.0.0.1", 0))
    _held.append(holder)
    return int(holder.getsockname()[1])


class Certificate:
    """A certificate for `localhost` that vouches for itself, so that its file is its authority."""

    def __init__(self, folder: Path, name: str) -> None:
        self.file = folder / f"{name}.pem"
        self.key = folder / f"{name}.key"
        command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1"]
        subprocess.run(
            [*command, "-subj", f"/CN={name}", "-addext", "subjectAltName=DNS:localhost",
             "-keyout", self.key, "-out", self.file],
            check=True, capture_output=True,
        )  # fmt: skip
        self.key.chmod(0o600)


class EncryptedPort:
    """A port of this machine that speaks TLS and hands on to a Unix socket or another port."""

    def __init__(self, certificate: Certificate, behind: str | int) -> None:
        self.port = free_port()
        self._behind = behind
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.load_cert_chain(certificate.file, certificate.key)
        self._loop = asyncio.new_event_loop()
        self._started = threading.Event()
        self._stop = asyncio.Event()
        self._thread = threading.Thread(target=self._loop.run_until_complete, args=[self._serve()])

    def __enter__(self) -> Self:
        self._thread.start()
        assert self._started.wait(patient(30))
        return self

    def __exit__(self, *exc: object) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join()
        self._loop.close()

    async def _serve(self) -> None:
        server = await asyncio.start_server(
            self._hand_on, "127.0.0.1", self.port, ssl=self._context
        )
        self._started.set()
        await self._stop.wait()
        server.close()

    async def _hand_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if isinstance(self._behind, str):
            opened = asyncio.open_unix_connection(self._behind)
        else:
            opened = asyncio.open_connection("127.0.0.1", self._behind)
        behind_reader, behind_writer = await opened
        await asyncio.gather(_copy(reader, behind_writer), _copy(behind_reader, writer))


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(ConnectionError):
        while chunk := await reader.read(1 << 16):
            writer.write(chunk)
            await writer.drain()
    writer.close()
