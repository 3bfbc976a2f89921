"""What a data folder needs before a service runs in it: a lock, a secret, a socket, and ports."""

from __future__ import annotations

import contextlib
import fcntl
import os
import secrets
import socket
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from mentorship.errors import Invalid

_locks: list[IO[str]] = []


@contextlib.contextmanager
def private() -> Iterator[None]:
    """Let no one else read the files that this process and its children make."""
    before = os.umask(0o077)
    try:
        yield
    finally:
        os.umask(before)


def lock(data: Path) -> None:
    """Hold a data folder, made if need be, for this process; the kernel frees it at our end.

    Others can no longer look into it. Raises `Invalid` if another service is using it, or if it
    belongs to someone else.
    """
    # Emails and the secret key are in it, so it is ours alone, no matter who made it.
    data.mkdir(parents=True, exist_ok=True, mode=0o700)
    if data.stat().st_mode & 0o077:
        try:
            data.chmod(0o700)
        except PermissionError:
            raise Invalid(
                f"other users can read {data}, and you do not own it; have its owner run "
                f"`chmod 700 {data}`, or choose another folder with --data"
            ) from None
    file = (data / "lock").open("w")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise Invalid(
            f"another service is using {data}; stop it or choose another folder with --data"
        ) from None
    _locks.append(file)


def secret_key(data: Path) -> str:
    """Return the secret key of a data folder, made at random the first time."""
    file = data / "secret_key"
    if not file.exists():
        # Written whole or not at all: a crash must not leave an empty key.
        new = data / "secret_key.new"
        new.unlink(missing_ok=True)
        new.touch(mode=0o600)
        new.write_text(secrets.token_urlsafe(48), encoding="utf-8")
        new.rename(file)
    return file.read_text(encoding="utf-8").strip()


def redis_socket(data: Path) -> Path:
    """Return where Redis listens: a socket's path may have at most about 100 bytes."""
    path = data / "redis.sock"
    if len(os.fsencode(path)) > 100:
        path = Path(tempfile.mkdtemp(prefix="preceptor-")) / "redis.sock"
    path.unlink(missing_ok=True)
    return path


def check_port(port: int) -> None:
    """Raise `Invalid` if the site cannot listen on a port."""
    with socket.socket() as server:
        server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            server.bind(("127.0.0.1", port))
        except PermissionError:
            raise Invalid(f"port {port} is reserved; choose another with --port") from None
        except OSError:
            raise Invalid(f"port {port} is in use; choose another with --port") from None


def free_ports(count: int) -> list[int]:
    """Return ports of this machine on which nothing listens."""
    servers = [socket.socket() for _ in range(count)]
    try:
        for server in servers:
            server.bind(("127.0.0.1", 0))
        return [server.getsockname()[1] for server in servers]
    finally:
        for server in servers:
            server.close()
