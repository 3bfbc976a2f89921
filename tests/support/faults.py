"""Servers that fail on purpose: a mail relay with faults at every step, a link that goes silent."""

from __future__ import annotations

import asyncio
import contextlib
import email
import email.policy
import hashlib
import itertools
import json
import os
import random
import socket
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Self
from urllib.parse import quote, unquote

#: Every fault that the relay knows, as `step:what`, with a rate at which nothing gets through
#: untroubled and everything gets through in the end. `kept` and `lost` say whether the relay has
#: the email although the sender was not told so.
FAULTS = {
    "connect:cut": 0.02,
    "connect:421": 0.02,
    "connect:554": 0.01,
    "connect:hang": 0.002,
    "ehlo:421": 0.01,
    "ehlo:cut": 0.01,
    "mail:451": 0.01,
    "mail:421": 0.005,
    "mail:cut": 0.005,
    "mail:hang": 0.002,
    "rcpt:450": 0.02,
    "rcpt:550": 0.002,
    "rcpt:cut": 0.005,
    "rcpt:hang": 0.002,
    "data:451": 0.01,
    "data:554": 0.002,
    "data:421": 0.005,
    "data:cut": 0.005,
    "data:hang": 0.002,
    "text:cut-before-dot": 0.01,
    "text:cut-kept": 0.01,
    "text:cut-lost": 0.01,
    "text:hang-kept": 0.002,
    "text:hang-lost": 0.002,
    "text:451": 0.01,
    "text:421": 0.005,
    "text:554": 0.002,
    "text:cut-after-250": 0.02,
}


@dataclass(frozen=True)
class Copy:
    """One copy of an email in the relay's own record."""

    recipient: str
    message_id: str
    sha256: str
    kept_at: float


class Record:
    """What the relay took, in files of its own: it is a Maildir, and nothing in it is changed.

    A file is complete before the relay answers 250; its name tells the recipient of the envelope.
    What the relay said a definite no to is in `refused`, by recipient.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        for part in ("tmp", "new", "cur", "refused"):
            (folder / part).mkdir(parents=True, exist_ok=True)
        self._numbers = itertools.count()

    def keep(self, recipient: str, content: bytes) -> None:
        number = f"{time.time():.6f}.{os.getpid()}Q{next(self._numbers)}"
        name = f"{number}.{quote(recipient, safe='')}"
        (self.folder / "tmp" / name).write_bytes(content)
        (self.folder / "tmp" / name).rename(self.folder / "new" / name)

    def refuse(self, recipient: str) -> None:
        (self.folder / "refused" / quote(recipient, safe="")).touch()

    def count(self) -> int:
        with os.scandir(self.folder / "new") as files:
            return sum(1 for _ in files)

    def copies(self) -> list[Copy]:
        """Return every copy that was kept, the oldest first."""
        found = []
        for file in sorted((self.folder / "new").iterdir()):
            content = file.read_bytes()
            headers = email.message_from_bytes(content, policy=email.policy.compat32)
            seconds, _, rest = file.name.partition("Q")
            recipient = unquote(rest.partition(".")[2])
            kept_at = float(".".join(seconds.split(".")[:2]))
            digest = hashlib.sha256(content).hexdigest()
            found.append(Copy(recipient, str(headers["Message-ID"]), digest, kept_at))
        return found

    def counted(self) -> Counter[str]:
        """Return how many copies there are of each Message-ID."""
        return Counter(copy.message_id for copy in self.copies())

    def refused(self) -> set[str]:
        return {unquote(name) for name in os.listdir(self.folder / "refused")}


class FaultyRelay:
    """A mail relay that keeps what it takes, and fails by a seeded plan."""

    def __init__(self, record: Record, seed: int, rates: dict[str, float], delay: float) -> None:
        unknown = rates.keys() - FAULTS.keys()
        if unknown:
            raise ValueError(f"no such faults: {sorted(unknown)}")
        self._record = record
        self._random = random.Random(seed)
        self._rates = rates
        self._delay = delay

    async def serve(self, port: int) -> None:
        server = await asyncio.start_server(self._talk, "127.0.0.1", port, limit=1 << 24)
        async with server:
            await server.serve_forever()

    def _fault(self, step: str) -> str | None:
        """Draw what goes wrong in a step, if anything."""
        drawn = self._random.random()
        for fault, rate in self._rates.items():
            if fault.startswith(f"{step}:"):
                drawn -= rate
                if drawn < 0:
                    return fault.partition(":")[2]
        return None

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            await self._session(reader, writer)
        writer.transport.abort()

    async def _session(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        async def step(name: str, answer: str, recipient: str = "") -> bool:
            """Answer a command, or fail at it; say whether the sender may go on."""
            fault = self._fault(name)
            if fault == "cut":
                raise ConnectionResetError
            if fault == "hang":
                await _until_left(reader)
            if fault and fault.startswith("5") and name in ("rcpt", "data", "text"):
                self._record.refuse(recipient)
            writer.write(f"{fault} made up\r\n".encode() if fault else f"{answer}\r\n".encode())
            await writer.drain()
            if fault == "421":
                raise ConnectionResetError
            return fault is None

        if not await step("connect", "220 relay"):
            return
        recipient = ""
        while line := await reader.readline():
            verb = line[:4].upper()
            if verb in (b"EHLO", b"HELO"):
                await step("ehlo", "250 relay")
            elif verb == b"MAIL":
                await step("mail", "250 OK")
            elif verb == b"RCPT":
                address = line.partition(b"<")[2].partition(b">")[0].decode()
                recipient = address if await step("rcpt", "250 OK", address) else ""
            elif verb == b"DATA":
                if not recipient:
                    writer.write(b"503 whom is it for?\r\n")
                elif await step("data", "354 go on", recipient):
                    await self._text(reader, writer, recipient)
            elif verb == b"QUIT":
                writer.write(b"221 bye\r\n")
                return
            else:
                writer.write(b"250 OK\r\n")

    async def _text(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, recipient: str
    ) -> None:
        fault = self._fault("text")
        if fault == "cut-before-dot":
            await reader.readline()
            raise ConnectionResetError
        text = await reader.readuntil(b"\r\n.\r\n")
        if self._delay:
            await asyncio.sleep(self._delay)
        if fault and fault[0].isdigit():
            if fault.startswith("5"):
                self._record.refuse(recipient)
            writer.write(f"{fault} made up\r\n".encode())
            await writer.drain()
            if fault == "421":
                raise ConnectionResetError
            return
        if fault not in ("cut-lost", "hang-lost"):
            content = text[:-3].replace(b"\r\n..", b"\r\n.")
            self._record.keep(
                recipient, content.removeprefix(b".") if text[:2] == b".." else content
            )
        if fault in ("hang-lost", "hang-kept"):
            await _until_left(reader)
        if fault in ("cut-lost", "cut-kept"):
            raise ConnectionResetError
        writer.write(b"250 kept\r\n")
        await writer.drain()
        if fault == "cut-after-250":
            # What was written is delivered before the end; only then is the connection gone.
            writer.close()
            raise ConnectionAbortedError


async def _until_left(reader: asyncio.StreamReader) -> None:
    """Say nothing until the other side has left."""
    while await reader.read(1 << 16):
        pass
    raise ConnectionResetError


def relay_command(
    port: int, folder: Path, seed: int = 0, rates: dict[str, float] | None = None, delay: float = 0
) -> list[str]:
    """Return the command that runs a relay as a process of its own, which can be killed."""
    plan = json.dumps({"seed": seed, "rates": rates or {}, "delay": delay})
    return [sys.executable, __file__, str(port), str(folder), plan]


#: Linux's number of the option by which a socket takes no packet with a lower time to live.
_IP_MINTTL = 21


class Link:
    """A TCP port that leads to a server, on which connections can fall silent."""

    def __init__(self, target: Path) -> None:
        self._target = target
        self.port = 0
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._connections: set[_Connection] = set()

    def __enter__(self) -> Self:
        self._thread.start()
        self._server = asyncio.run_coroutine_threadsafe(
            asyncio.start_server(self._connect, "127.0.0.1", 0), self._loop
        ).result(10)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    def __exit__(self, *exc: object) -> None:
        self._loop.call_soon_threadsafe(self._server.close)
        while self.drop():
            time.sleep(0.05)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    def freeze(self) -> int:
        """Lose all that comes on the connections there are, without a word; count them."""
        return self._for_each(_Connection.freeze)

    def thaw(self) -> int:
        """Let what is sent again arrive, late."""
        return self._for_each(_Connection.thaw)

    def drop(self) -> int:
        """Break the connections there are; count them."""
        return self._for_each(_Connection.abort)

    def _for_each(self, act: Callable[[_Connection], None]) -> int:
        async def run() -> int:
            found = list(self._connections)
            for connection in found:
                act(connection)
            return len(found)

        return asyncio.run_coroutine_threadsafe(run(), self._loop).result(10)

    async def _connect(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            to_reader, to_writer = await asyncio.open_unix_connection(self._target)
        except OSError:
            writer.transport.abort()
            return
        connection = _Connection(writer, to_writer)
        self._connections.add(connection)
        try:
            await asyncio.gather(
                connection.pump(reader, to_writer), connection.pump(to_reader, writer)
            )
        finally:
            self._connections.discard(connection)
            connection.abort()


class _Connection:
    """Both halves of one connection through a link."""

    def __init__(self, client: asyncio.StreamWriter, server: asyncio.StreamWriter) -> None:
        self._writers = (client, server)
        self._socket = client.get_extra_info("socket")
        self.flowing = asyncio.Event()
        self.flowing.set()

    async def pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            while data := await reader.read(1 << 16):
                await self.flowing.wait()
                writer.write(data)
                await writer.drain()
        # The end, too, is not heard of while the line is silent.
        await self.flowing.wait()
        self.abort()

    def freeze(self) -> None:
        self.flowing.clear()
        # The kernel itself must not hear the client any more, or it would confirm what comes. It
        # drops packets that may have come from afar, which all do: they start with 64. That needs
        # no rights, and makes this a cable that was pulled.
        self._socket.setsockopt(socket.IPPROTO_IP, _IP_MINTTL, 255)

    def thaw(self) -> None:
        self._socket.setsockopt(socket.IPPROTO_IP, _IP_MINTTL, 0)
        self.flowing.set()

    def abort(self) -> None:
        self.flowing.set()
        for writer in self._writers:
            writer.transport.abort()


def main(port: str, folder: str, plan: str) -> None:
    """Run a relay until it is killed."""
    wishes = json.loads(plan)
    relay = FaultyRelay(Record(Path(folder)), wishes["seed"], wishes["rates"], wishes["delay"])
    asyncio.run(relay.serve(int(port)))


if __name__ == "__main__":
    main(*sys.argv[1:])
