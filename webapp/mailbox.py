"""The emails that `preceptor up` caught, as their readers see them.

For the person who started it: others can use this machine as well, and sign-in codes are shown
here. So the page opens only to a browser that came with the key in the address that `preceptor up`
prints.
"""

from __future__ import annotations

import datetime
import email
import email.policy
import email.utils
import hmac
import os
from dataclasses import dataclass
from email.message import EmailMessage, Message
from pathlib import Path
from typing import Any

from flask import Flask, Response, abort, render_template, request

from webapp import design, forms, security

PAGE = 50


@dataclass(frozen=True)
class Caught:
    """One email in the list."""

    key: str
    to: str
    subject: str
    at: datetime.datetime


def create_mailbox() -> Flask:
    """Assemble the page over the Maildir that PRECEPTOR_MAILBOX names.

    PRECEPTOR_MAILBOX_KEY is what a browser has to know.
    """
    app = Flask(__name__)
    folder = Path(os.environ["PRECEPTOR_MAILBOX"])
    key = os.environ["PRECEPTOR_MAILBOX_KEY"]
    app.config["IS_LOCAL"] = True
    app.config["TRUSTED_HOSTS"] = ["localhost", "127.0.0.1", "[::1]"]
    app.before_request(lambda: _refuse_others(key))
    app.after_request(lambda response: _remember(response, key))
    app.after_request(security.set_headers)
    design.init_app(app)

    @app.after_request
    def show_own_frames(response: Response) -> Response:
        response.headers.setdefault(
            "Content-Security-Policy", f"{security.POLICY}; frame-src 'self'"
        )
        return response

    @app.get("/")
    def index() -> str:
        sought = forms.searched("to").strip().lower()
        page = forms.page_number()
        emails = _list(folder, sought)
        shown = emails[(page - 1) * PAGE : page * PAGE]
        return render_template(
            "mailbox/index.html",
            emails=shown,
            total=len(emails),
            sought=sought,
            page=page,
            pages=-(-len(emails) // PAGE),
        )

    @app.get("/emails/<key>")
    def show(key: str) -> str:
        message = _read(folder, key)
        return render_template(
            "mailbox/show.html",
            key=key,
            headers={
                name: _header(message, name)
                for name in ("From", "To", "Reply-To", "Subject", "Date")
            },
            text=_body(message, "plain") or "",
            has_html=_body(message, "html") is not None,
        )

    @app.get("/emails/<key>/html")
    def html(key: str) -> Response:
        html = _body(_read(folder, key), "html")
        if html is None:
            abort(404)
        return security.letter(html)

    return app


def _refuse_others(key: str) -> Response | None:
    """Refuse a browser that does not know the key; style and scripts are for all."""
    known = request.args.get("key", "") or request.cookies.get(_cookie(), "")
    if request.endpoint == "static" or hmac.compare_digest(known.encode(), key.encode()):
        return None
    words = "Open the mailbox by the address that `preceptor up` prints when it starts.\n"
    return Response(words, 403, mimetype="text/plain")


def _remember(response: Response, key: str) -> Response:
    """Let a browser that came with the key open the other pages."""
    if "key" in request.args and response.status_code == 200:
        response.set_cookie(_cookie(), key, httponly=True, samesite="Lax")
    return response


def _cookie() -> str:
    # Of two services on one machine, each has its own: browsers do not tell ports apart.
    return f"mailbox-{request.environ['SERVER_PORT']}"


def _header(message: Message, name: str) -> str:
    """Return a header as it reads; as it was sent where it is malformed.

    Anyone may send to the mail server whose emails these are, and the parser raises whatever it
    meets.
    """
    try:
        return str(message[name] or "")
    except Exception:  # noqa: BLE001 - see above
        return next((str(value) for key, value in message.raw_items() if key == name), "")


def _body(message: EmailMessage, kind: str) -> str | None:
    """Return the body of a kind, undecoded where that fails; None if there is none."""
    try:
        part = message.get_body((kind,))
    except Exception:  # noqa: BLE001 - as above
        return message.as_bytes(policy=email.policy.compat32).decode("utf-8", "replace")
    if part is None:
        return None
    try:
        return str(part.get_content())
    except Exception:  # noqa: BLE001 - as above
        payload: Any = part.get_payload(decode=True)
        return (payload or b"").decode("utf-8", "replace")


def _list(folder: Path, sought: str) -> list[Caught]:
    """Return caught emails, the newest first; `sought` is part of the address or the subject."""
    emails = []
    for file in (folder / "new").glob("*"):
        with file.open("rb") as opened:
            headers = email.message_from_bytes(
                _head(opened.read(16_384)), policy=email.policy.default
            )
        to, subject = _header(headers, "To"), _header(headers, "Subject")
        if sought in to.lower() or sought in subject.lower():
            at = datetime.datetime.fromtimestamp(file.stat().st_mtime, datetime.UTC)
            emails.append(Caught(file.name, to, subject, at))
    return sorted(emails, key=lambda caught: (caught.at, caught.key), reverse=True)


def _head(data: bytes) -> bytes:
    return data.replace(b"\r\n", b"\n").split(b"\n\n", 1)[0] + b"\n\n"


def _read(folder: Path, key: str) -> EmailMessage:
    if key not in {file.name for file in (folder / "new").glob("*")}:
        abort(404)
    data = (folder / "new" / key).read_bytes()
    return email.message_from_bytes(data, policy=email.policy.default)
