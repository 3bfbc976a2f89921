"""Who may do what: everything is denied that no rule here allows.

A view says who may use it, with one decorator. A view without one is refused to everybody.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

from flask import Flask, abort, current_app, g, redirect, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from mentorship import accounts, programs
from mentorship.errors import NotFound
from mentorship.models import Person, Program
from webapp import storage

COOKIE = "__Host-preceptor"

View = TypeVar("View", bound=Callable[..., Any])


def public(view: View) -> View:
    """Let everybody use a view."""
    view.access = "public"  # type: ignore[attr-defined]
    return view


def signed_in(view: View) -> View:
    """Let everybody use a view who is signed in."""
    view.access = "signed in"  # type: ignore[attr-defined]
    return view


def init_app(app: Flask) -> None:
    """Check every request before its view sees it."""
    app.before_request(_check)
    app.add_template_global(me)


def me() -> Person | None:
    """Return who is signed in."""
    if "me" not in g:
        cookie = request.cookies.get(COOKIE)
        g.me = None
        if cookie:
            with storage.reading() as session:
                g.me = accounts.signed_in(session, cookie)
    return cast("Person | None", g.me)


def coordinated_program(session: Session, slug: str) -> Program:
    """Return a program that whoever is signed in coordinates.

    Raises `NotFound` for any other, so that nobody learns which programs there are.
    """
    person = me()
    if person is not None:
        for program in programs.coordinated_by(session, person.id):
            if program.slug == slug:
                return program
    raise NotFound("there is no such program, or you do not coordinate it")


def _check() -> Response | None:
    if request.endpoint is None:
        return None  # No view: the answer is "not found".
    if request.endpoint == "static":
        return None
    allowed = getattr(current_app.view_functions[request.endpoint], "access", None)
    if allowed == "public":
        return None
    if allowed is None:
        abort(403)
    if me() is None:
        return redirect(url_for("sign_in.ask"))
    return None
