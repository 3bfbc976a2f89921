"""The emails that `preceptor up` caught, as their readers see them; for this machine only."""

from __future__ import annotations

import datetime
import email
import email.policy
import email.utils
import os
from dataclasses import dataclass
from email.message import EmailMessage
from pathlib import Path

from flask import Flask, Response, abort, render_template

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
    """Assemble the page over the Maildir that PRECEPTOR_MAILBOX names."""
    app = Flask(__name__)
    folder = Path(os.environ["PRECEPTOR_MAILBOX"])
    app.config["IS_LOCAL"] = True
    app.config["TRUSTED_HOSTS"] = ["localhost", "127.0.0.1", "[::1]"]
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
        plain = message.get_body(("plain",))
        return render_template(
            "mailbox/show.html",
            key=key,
            message=message,
            text=plain.get_content() if plain else "",
            has_html=message.get_body(("html",)) is not None,
        )

    @app.get("/emails/<key>/html")
    def html(key: str) -> Response:
        part = _read(folder, key).get_body(("html",))
        if part is None:
            abort(404)
        return security.letter(part.get_content())

    return app


def _list(folder: Path, sought: str) -> list[Caught]:
    """Return caught emails, the newest first; `sought` is part of the address or the subject."""
    emails = []
    for file in (folder / "new").glob("*"):
        with file.open("rb") as opened:
            headers = email.message_from_bytes(
                _head(opened.read(16_384)), policy=email.policy.default
            )
        to, subject = str(headers["To"] or ""), str(headers["Subject"] or "")
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
