"""What every template can use: the reader's language, labels, and addresses of our files."""

from __future__ import annotations

import functools
import hashlib
import secrets
from pathlib import Path
from typing import Any

from flask import Flask, request, url_for

from mentorship import language, links, template_language
from mentorship.emails import kinds
from webapp import labels

#: What narrows a list, in its address.
_SOUGHT = ("q", "role", "state", "view", "kind")


def init_app(app: Flask) -> None:
    """Give templates the reader's language and the addresses of our files."""
    template_language.install(app.jinja_env)
    app.jinja_env.globals |= {
        "asset": asset,
        "form_key": lambda: secrets.token_hex(16),
        "language": language,
        "mail_to": links.mail_to,
        "page_address": page_address,
    }
    app.jinja_env.filters |= {
        "browser": labels.browser, "email_event": labels.email_event, "email_kind": kinds.label,
        "email_state": labels.email_state, "email_status": labels.email_status,
        "failure": labels.failure, "finding": labels.finding, "health_look": labels.health_look,
        "health_name": labels.health_name, "initials": labels.initials,
        "pair_label": labels.of_pair, "parts": labels.parts,
        "stage": labels.stage, "state_look": labels.state_look, "state_name": labels.state_name,
    }  # fmt: skip
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True


def page_address(number: int) -> str:
    """Return the address of another page of the list that is shown."""
    kept: dict[str, Any] = {n: request.args[n] for n in _SOUGHT if n in request.args}
    return url_for(request.endpoint or "", **(request.view_args or {}), **kept, page=number)


def asset(name: str) -> str:
    """Return the address of a static file; it changes with the file, so browsers may keep it."""
    return url_for("static", filename=name, v=_version(name))


@functools.cache
def _version(name: str) -> str:
    content = Path(__file__).with_name("static").joinpath(name).read_bytes()
    return hashlib.sha256(content).hexdigest()[:12]
