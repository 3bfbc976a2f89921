"""The gate of every page: who may use it, what it is about, and one transaction for a change.

A view names its action in `mentorship.accounts.access` with `may`; a view that names none is
refused to everyone. `opened` returns what a page is about; `change` opens the transaction in which
a form is acted on, once.
"""

from __future__ import annotations

import hashlib
import json
import re
import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any, TypeVar, cast

from flask import Flask, abort, current_app, flash, g, redirect, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from mentorship import language, sent_forms
from mentorship.accounts import access, sessions
from mentorship.accounts.access import Action, Relation
from mentorship.errors import Invalid, NotFound
from mentorship.language import gettext as _
from mentorship.models import SentForm
from mentorship.programs import programs
from webapp import storage

COOKIE = "__Host-preceptor"
#: More than any form of ours has.
MOST_FIELDS = 2_000

View = TypeVar("View", bound=Callable[..., Any])


@dataclass(frozen=True)
class Visitor:
    """Who is signed in, as plain values that outlive the database session."""

    id: uuid.UUID
    device_id: uuid.UUID
    email: str
    called: str
    timezone: str | None
    locale: str | None


@dataclass
class Change:
    """One form being acted on, in one transaction with what it changes."""

    session: Session
    #: What the page is about, as `mentorship.accounts.access.find` returns it.
    subject: Any
    sent: SentForm
    is_done: bool = False

    def done(self, location: str, message: str | None = None) -> Response:
        """Return a redirect to another page; sending the same form again leads there as well."""
        # A long search in an address is not kept; the page that it narrows is.
        is_short = len(location) <= sent_forms.LONGEST_LOCATION
        self.sent.location = location if is_short else location.partition("?")[0]
        self.is_done = True
        if message:
            flash(message)
        return redirect(location, 303)


def may(action: Action, *, most_bytes: int | None = None) -> Callable[[View], View]:
    """Return a decorator that names a view's action; `most_bytes` allows a larger upload."""

    def mark(view: View) -> View:
        view.action = action  # type: ignore[attr-defined]
        view.most_bytes = most_bytes  # type: ignore[attr-defined]
        return view

    return mark


def init_app(app: Flask) -> None:
    """Check every request before its view sees it."""
    app.before_request(_enter)
    app.before_request(_refuse_many_fields)
    app.teardown_request(_leave)
    app.add_template_global(me)
    app.add_template_global(coordinated)


def me() -> Visitor | None:
    """Return the visitor who is signed in, None for others."""
    return cast("Visitor | None", g.get("visitor"))


def my_id() -> uuid.UUID:
    """Return the id of the visitor, on a page for people who are signed in."""
    visitor = me()
    if visitor is None:
        abort(403)
    return visitor.id


def coordinated() -> list[tuple[str, str]]:
    """Return short name and name of each program that the visitor coordinates."""
    return cast("list[tuple[str, str]]", g.get("coordinated", []))


def opened() -> tuple[Session, Any]:
    """Return the session of this page, which only reads, and what the page is about."""
    return g.session, g.subject


def speak(locale: str | None, timezone: str | None) -> None:
    """Use a person's language and time zone for the rest of this request."""
    accepted = [tag for tag, _ in request.accept_languages]
    g.held.enter_context(language.use(language.choose(locale, accepted, timezone)))


@contextmanager
def change() -> Iterator[Change]:
    """Open the transaction of a form; it is committed if the form comes to be `done`.

    Raises `mentorship.sent_forms.AlreadyDone` for a form that was acted on before, and `NotFound`
    where the visitor may no longer do this.
    """
    digest = _digest()
    with storage.transaction() as session:
        sent = sent_forms.begin(session, digest)
        visitor = me()
        subject = access.find(
            session, visitor.id if visitor else None, _action(), request.view_args or {}
        )
        change = Change(session, subject, sent)
        yield change
        if not change.is_done:
            session.rollback()


def _enter() -> Response | None:
    if request.endpoint is None:
        g.held = ExitStack()
        speak(None, None)
        return None  # No view: the answer is "not found".
    if request.endpoint == "static":
        return None
    g.held = ExitStack()
    view: Any = current_app.view_functions[request.endpoint]
    action = getattr(view, "action", None)
    if action is None:
        speak(None, None)
        abort(403)
    rule = access.TABLE[action]
    # A probe is answered even while the database is away.
    cookie = None if action is Action.PROBE else request.cookies.get(COOKIE)
    if cookie is None and rule.relation is Relation.ANYBODY and rule.model is None:
        speak(None, None)
        g.session, g.subject = None, None
        return None
    with ExitStack() as held:
        session = held.enter_context(storage.reading())
        g.visitor = _visitor(session, cookie) if cookie else None
        if g.visitor is None:
            speak(None, None)
        else:
            speak(g.visitor.locale, g.visitor.timezone)
        if g.visitor is None and rule.relation is not Relation.ANYBODY:
            then = request.full_path.rstrip("?") if request.method == "GET" else "/"
            return redirect(url_for("sign_in.ask", then=then))
        visitor_id = g.visitor.id if g.visitor else None
        if visitor_id is not None:
            # Read now: every page shows it, and error pages no longer have a session.
            own = programs.coordinated_by(session, visitor_id)
            g.coordinated = [(program.slug, program.name) for program in own]
        try:
            subject = access.find(session, visitor_id, action, request.view_args or {})
        except NotFound:
            if request.method == "POST" and _has_key():
                # What it was about may be gone because this very form was acted on.
                sent_forms.check(session, _digest())
            raise
        if view.most_bytes:
            # Only now: what others send is neither kept nor waited for.
            request.max_content_length = view.most_bytes
        if request.method in ("GET", "HEAD"):
            g.session, g.subject = session, subject
            g.held.push(held.pop_all())
    return None


def _refuse_many_fields() -> None:
    """Refuse what no form of ours sends, before a view reads it."""
    if sum(1 for _ in request.form.items(multi=True)) > MOST_FIELDS:
        abort(413)


def _leave(error: BaseException | None) -> None:
    if "held" in g:
        g.held.close()


def _visitor(session: Session, cookie: str) -> Visitor | None:
    device = sessions.signed_in(session, cookie)
    if device is None:
        return None
    person = device.person
    return Visitor(
        person.id, device.id, person.email, person.called, person.timezone, person.locale
    )


def _action() -> Action:
    view: Any = current_app.view_functions[request.endpoint or ""]
    return cast(Action, view.action)


def _has_key() -> bool:
    return re.fullmatch(r"[0-9a-f]{32}", request.form.get("form_key", "")) is not None


def _digest() -> str:
    """Return a hash of what was sent: the form's key, the page, the visitor and every field."""
    key = request.form.get("form_key", "")
    if not _has_key():
        raise Invalid(_("this form is incomplete; go back, reload the page, and send it again"))
    names = [file.filename or "" for file in request.files.values()]
    if any("\0" in text for text in [*names, *(v for _, v in request.form.items(multi=True))]):
        raise Invalid(_("this form has a NUL character, which is not text; go back and remove it"))
    visitor = me()
    sent = [
        key,
        request.path,
        str(visitor.id) if visitor else "",
        sorted(
            (name, value)
            for name, value in request.form.items(multi=True)
            if name not in ("csrf_token", "form_key")
        ),
    ]
    digest = hashlib.sha256(json.dumps(sent).encode())
    for name, file in sorted(request.files.items(multi=True), key=lambda item: item[0]):
        digest.update(f"{name} {file.filename}".encode())
        digest.update(file.stream.read())
        file.stream.seek(0)
    return digest.hexdigest()
