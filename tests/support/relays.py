"""Mail relays that misbehave, encrypt or want a login, and an endpoint that gives them tokens."""

from __future__ import annotations

import base64
import http.server
import json
import re
import socketserver
import ssl
import threading
import urllib.parse
from typing import Any, Self

import encryption
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, LoginPassword

#: A fault that is no answer: the connection ends, or nothing more comes.
CUT = "cut"
HANG = "hang"


class FaultyRelay:
    """Answers as a relay does, except where a test tells it otherwise.

    Its steps are `greeting`, `EHLO`, `STARTTLS`, `MAIL`, `RCPT`, `DATA`, `inside` (in the middle of
    the text) and `text` (after the final dot).
    """

    def __init__(self, **faults: str) -> None:
        #: What to do instead at a step, once: an answer, `CUT` or `HANG`.
        self.faults = dict(faults)
        self.taken: list[bytes] = []
        self.connections = 0
        #: After how many emails on one connection to do what: an answer to MAIL, or `CUT`.
        self.most_emails, self.then = 1_000_000, CUT
        self._stopping = threading.Event()
        relay = self

        class Handler(socketserver.StreamRequestHandler):
            def handle(self) -> None:
                relay.connections += 1
                relay._serve(self)

        self._server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=[0.05])

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *exc: object) -> None:
        self._stopping.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self._server.server_address[1]}"

    def _serve(self, handler: socketserver.StreamRequestHandler) -> None:
        try:
            self._talk(handler)
        except OSError:
            return

    def _talk(self, handler: socketserver.StreamRequestHandler) -> None:
        self._answer(handler, "greeting", "220 relay.test")
        taken = 0
        while line := handler.rfile.readline():
            verb = line.split()[0].decode().upper()
            if verb == "MAIL" and taken >= self.most_emails:
                self.faults["MAIL"], taken = self.then, 0
            if verb != "DATA":
                self._answer(handler, verb, "250 OK")
            elif self._answer(handler, verb, "354 go on"):
                if "inside" in self.faults:
                    handler.rfile.readline()
                    self._answer(handler, "inside", "")
                text = b"".join(iter(handler.rfile.readline, b".\r\n"))
                # A relay that falls silent after the dot may well have kept the email.
                if self.faults.get("text") in (None, CUT, HANG):
                    self.taken.append(re.sub(rb"(?m)^\.", b"", text))
                taken += 1
                self._answer(handler, "text", "250 2.0.0 Ok: queued as 4F2")

    def _answer(self, handler: socketserver.StreamRequestHandler, step: str, usual: str) -> bool:
        """Answer as told, and return whether that was as usual."""
        fault = self.faults.pop(step, usual)
        if fault == HANG:
            self._stopping.wait()
        if fault in (CUT, HANG):
            raise ConnectionAbortedError
        handler.wfile.write(f"{fault}\r\n".encode())
        if fault.startswith("421"):
            raise ConnectionAbortedError
        return fault == usual


class EncryptedRelay:
    """A relay with a certificate for `localhost`, and a login if it knows a password or tokens."""

    def __init__(
        self,
        certificate: encryption.Certificate,
        *,
        implicit: bool = False,
        password: str = "",
        tokens: set[str] | None = None,
    ) -> None:
        self.taken: list[bytes] = []
        #: The tokens that let someone in; None: only the password does.
        self.tokens = tokens
        self._password = password
        self._transports: list[Any] = []
        self._port = encryption.free_port()
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate.file, certificate.key)
        wants_login = bool(password or tokens is not None)
        options: dict[str, Any] = {
            "tls_context": context, "require_starttls": True, "auth_required": wants_login,
        }  # fmt: skip
        if implicit:
            # aiosmtpd does not see that such a connection is encrypted all the while.
            options = {"ssl_context": context, "auth_require_tls": False}
        self._scheme = "smtps" if implicit else "smtp+starttls"
        self._controller = Controller(
            self, hostname="127.0.0.1", port=self._port, server_hostname="relay.test",
            authenticator=self._knows, **options,
        )  # fmt: skip

    def __enter__(self) -> Self:
        self._controller.start()
        return self

    def __exit__(self, *exc: object) -> None:
        for transport in self._transports:
            self._controller.loop.call_soon_threadsafe(transport.abort)
        self._controller.stop()

    def url(self, login: str = "", host: str = "localhost") -> str:
        return f"{self._scheme}://{login}{host}:{self._port}"

    def _knows(self, server: Any, session: Any, envelope: Any, way: str, data: Any) -> AuthResult:
        assert isinstance(data, LoginPassword)
        right = LoginPassword(b"ana@x.org", self._password.encode())
        return AuthResult(success=data == right, handled=False)

    async def auth_XOAUTH2(self, server: Any, args: list[str]) -> AuthResult:
        words = base64.b64decode(args[1]).decode()
        known = {f"user=ana@x.org\x01auth=Bearer {token}\x01\x01" for token in self.tokens or ()}
        if words in known:
            return AuthResult(success=True)
        answer = await server.challenge_auth(json.dumps({"status": "401"}))
        assert answer == b"", "the reason of a refusal wants an empty answer"
        return AuthResult(success=False, handled=False)

    async def handle_EHLO(
        self, server: Any, session: Any, envelope: Any, hostname: str, responses: list[str]
    ) -> list[str]:
        self._transports.append(server.transport)
        session.host_name = hostname
        return responses

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        if self._password and not session.authenticated:
            return "530 5.7.0 who are you?"
        self.taken.append(envelope.content)
        return "250 2.0.0 Ok: queued as 4F2"


class TokenEndpoint:
    """Gives the tokens t1, t2, … to anyone who asks, and remembers what it was asked."""

    def __init__(self, **answer: Any) -> None:
        self.asked: list[dict[str, str]] = []
        #: What it says instead of giving a token, and with which code.
        self.refusal: dict[str, str] = {}
        self.status = 400
        endpoint = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                form = self.rfile.read(int(self.headers["Content-Length"])).decode()
                endpoint.asked.append(dict(urllib.parse.parse_qsl(form)))
                found = endpoint.refusal or {
                    "access_token": f"t{len(endpoint.asked)}", "expires_in": 3600, **answer,
                }  # fmt: skip
                self.send_response(endpoint.status if endpoint.refusal else 200)
                self.end_headers()
                self.wfile.write(json.dumps(found).encode())

            def log_message(self, *args: Any) -> None:
                """Say nothing."""

        self._server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, args=[0.05])

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *exc: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}/token"
