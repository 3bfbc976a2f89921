"""The proxy as it is shipped, in front of a service on this machine."""

from __future__ import annotations

import contextlib
import http.client
import shutil
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

from patience import wait_until

ROOT = Path(__file__).parents[2]
CADDYFILE = ROOT / "deploy" / "Caddyfile"


def caddy() -> str:
    """Return the proxy's program, which is installed with the tests."""
    found = shutil.which("caddy", path=str(Path(sys.executable).parent)) or shutil.which("caddy")
    assert found, "caddy is missing: `make .venv/dev.stamp` installs it"
    return found


@contextlib.contextmanager
def proxied(folder: Path, port: int, site_port: int) -> Iterator[None]:
    """Run the shipped proxy on one port in front of a site on another."""
    config = folder / "Caddyfile"
    shipped = CADDYFILE.read_text()
    assert "reverse_proxy web:8000" in shipped
    config.write_text(shipped.replace("web:8000", f"127.0.0.1:{site_port}"))
    with (folder / "proxy.log").open("w") as log:
        process = subprocess.Popen(
            [caddy(), "run", "--config", str(config), "--adapter", "caddyfile"],
            env={"BASE_URL": f"http://localhost:{port}", "HOME": str(folder), "PATH": "/usr/bin"},
            stdout=log, stderr=log, cwd=folder,
        )  # fmt: skip
        try:
            wait_until("the proxy", lambda: is_open(port))
            yield
        finally:
            process.terminate()
            process.wait(10)


def is_open(port: int) -> bool:
    with socket.socket() as client:
        return client.connect_ex(("127.0.0.1", port)) == 0


#: How slow requests begin: one never ends its head, the other its body.
SLOW_HEAD = "GET /sign-in HTTP/1.1\r\nHost: localhost:{port}\r\nX-Long: "
SLOW_BODY = (
    "POST /sign-in HTTP/1.1\r\nHost: localhost:{port}\r\nContent-Length: 100000\r\n"
    "Content-Type: application/x-www-form-urlencoded\r\n\r\nemail="
)
#: And one the body of a page that wants none.
SLOW_UNWANTED = SLOW_BODY.replace("POST", "GET")


class SlowRequests:
    """Connections that send a request a byte at a time."""

    def __init__(self, port: int, number: int, begins: str = SLOW_BODY) -> None:
        self._ended = threading.Event()
        self.sockets = []
        for _ in range(number):
            client = socket.create_connection(("127.0.0.1", port), 10)
            client.sendall(begins.format(port=port).encode())
            self.sockets.append(client)
        self._thread = threading.Thread(target=self._trickle, daemon=True)
        self._thread.start()

    def _trickle(self) -> None:
        while not self._ended.wait(1):
            for client in self.sockets:
                with contextlib.suppress(OSError):
                    client.send(b"x")

    def open(self) -> int:
        """Return how many of them are still open."""
        number = 0
        for client in self.sockets:
            client.setblocking(False)
            try:
                number += client.recv(1, socket.MSG_PEEK) == b"?"
            except BlockingIOError:
                number += 1
            except OSError:
                pass
            client.setblocking(True)
        return number

    def close(self) -> None:
        """End all of them."""
        self._ended.set()
        self._thread.join()
        for client in self.sockets:
            client.close()


def timed_get(port: int, path: str, seconds: float) -> tuple[int, float]:
    """Return the status of a page on a connection of its own, and how long it took."""
    started = time.monotonic()
    connection = http.client.HTTPConnection("localhost", port, timeout=seconds)
    try:
        connection.request("GET", path)
        status = connection.getresponse().status
    finally:
        connection.close()
    return status, time.monotonic() - started
