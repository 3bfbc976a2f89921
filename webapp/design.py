"""How pages look: what every template can use, and a page that shows all of it."""

from __future__ import annotations

import functools
import hashlib
import secrets
from pathlib import Path
from typing import Any

from flask import Blueprint, Flask, render_template, request, url_for

from matching import taxonomy
from mentorship import language
from mentorship.accounts.access import Action
from mentorship.emails import kinds
from mentorship.language import gettext as _
from mentorship.language import mark as _mark
from webapp import access, fields

bp = Blueprint("design", __name__)


_STATES = {
    "draft": (_mark("draft"), ""),
    "unconfirmed": (_mark("invited"), ""),
    "awaiting_approval": (_mark("awaits approval"), "warn"),
    "ready": (_mark("ready"), "good"),
    "paused": (_mark("paused"), "warn"),
    "left": (_mark("left"), ""),
    "queued": (_mark("queued"), "warn"),
    "matching": (_mark("matching"), "warn"),
    "proposed": (_mark("proposed"), "accent"),
    "published": (_mark("published"), "good"),
    "closed": (_mark("closed"), ""),
    "discarded": (_mark("discarded"), ""),
    "cancelled": (_mark("cancelled"), ""),
    "failed": (_mark("failed"), "bad"),
    "asked": (_mark("asked"), "warn"),
    "introduced": (_mark("introduced"), "good"),
    "active": (_mark("active"), "good"),
    "declined": (_mark("declined"), ""),
    "expired": (_mark("expired"), ""),
    "ended": (_mark("ended"), ""),
}

#: What a list was narrowed by, in its address.
_SOUGHT = ("q", "role", "state", "view", "kind")


@bp.get("/styleguide")
@access.may(Action.VISIT)
def styleguide() -> str:
    """Show every part that pages are made of; only on a developer's own machine."""
    return render_template(
        "design/styleguide.html", week=fields.week(), hours=fields.HOURS, examples=_examples()
    )


def init_app(app: Flask) -> None:
    """Give templates the reader's language and the addresses of our files."""
    app.jinja_env.add_extension("jinja2.ext.i18n")
    app.jinja_env.install_gettext_callables(  # type: ignore[attr-defined]
        language.gettext, language.ngettext, newstyle=False
    )
    app.jinja_env.globals |= {
        "_": language.gettext,
        "asset": asset,
        "form_key": lambda: secrets.token_hex(16),
        "language": language,
        "page_address": page_address,
    }
    app.jinja_env.filters |= {
        "browser": browser, "email_event": email_event, "email_kind": kinds.label,
        "email_state": email_state, "stage": stage, "state_kind": state_kind,
        "state_name": state_name,
    }  # fmt: skip
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True


def page_address(number: int) -> str:
    """Return the address of another page of the list that is shown."""
    kept: dict[str, Any] = {n: request.args[n] for n in _SOUGHT if n in request.args}
    return url_for(request.endpoint or "", **(request.view_args or {}), **kept, page=number)


def browser(user_agent: str) -> str:
    """Return a browser and its system as their owner knows them."""
    browsers = ("Edg", "OPR", "Firefox", "Chrome", "Safari")
    names = {"Edg": "Edge", "OPR": "Opera"}
    systems = ("Android", "iPhone", "iPad", "Windows", "Mac OS X", "CrOS", "Linux")
    found = next((name for name in browsers if name in user_agent), None)
    system = next((name for name in systems if name in user_agent), None)
    if found is None:
        return _("An unknown browser")
    name = names.get(found, found)
    return _("%(browser)s on %(system)s", browser=name, system=system) if system else name


def stage(id: str | None) -> str:
    """Return how a career stage is called."""
    return _(taxonomy.load().label("stage", id)) if id else "–"


def state_name(state: str) -> str:
    """Return how a state of a profile, a round or a pairing is called."""
    return _(_STATES[state][0])


def state_kind(state: str) -> str:
    """Return how a state looks: good, bad, something to wait for, something to look at."""
    return _STATES[state][1]


def email_state(state: str) -> str:
    """Return where an email is, for coordinators."""
    return {
        "ready": _("ready"),
        "claimed": _("being sent"),
        "submitting": _("being sent"),
        "sent": _("sent"),
        "failed": _("failed"),
        "superseded": _("no longer needed"),
    }[state]


def email_event(kind: str) -> str:
    """Return what happened to an email, for coordinators."""
    return {
        "put_off": _("Put off: the mail server asked to come again"),
        "in_doubt": _("In doubt: the mail server may have it"),
        "taken_back": _("Taken back from a worker that fell silent"),
        "sent": _("Sent: the mail server has it"),
        "found_sent": _("Found sent: it was in doubt, and the mail server has it"),
        "failed": _("Failed"),
        "superseded": _("No longer needed"),
        "resent": _("Sent again by hand"),
        "bounced": _("Came back"),
    }[kind]


def asset(name: str) -> str:
    """Return the address of a static file; it changes with the file, so browsers may keep it."""
    return url_for("static", filename=name, v=_version(name))


@functools.cache
def _version(name: str) -> str:
    content = Path(__file__).with_name("static").joinpath(name).read_bytes()
    return hashlib.sha256(content).hexdigest()[:12]


def _examples() -> dict[str, fields.Field]:
    """Return a field of each kind, one of them with an error."""
    some = [fields.Option("one", "First", "uno, eins"), fields.Option("two", "Second", "dos", True)]
    audience = "Seen by coordinators"

    def example(widget: str, question: str, **more: object) -> fields.Field:
        return fields.Field(
            f"example_{widget}",
            widget,
            question,
            audience,
            False,
            [],
            [("", some)],
            **more,  # type: ignore[arg-type]
        )

    return {
        "line": example("line", "One line of text", error="Please answer this."),
        "area": example("area", "Several lines", hint="As many as you like.", most=500),
        "number": example("number", "A number", most=9),
        "select": example("select", "One of many"),
        "radios": example("radios", "One of a few"),
        "tick": example("tick", "Yes or no"),
        "choices": example("choices", "Several of many"),
        "week": example("week", "Hours of a week"),
    }
