"""Signing in with a one-time link, and out again.

Opening the link changes nothing, because mail scanners open links: it shows one button, which
posts.
"""

from __future__ import annotations

from flask import Blueprint, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from mentorship import accounts
from webapp import access, storage

bp = Blueprint("sign_in", __name__)


@bp.get("/sign-in")
@access.public
def ask() -> str:
    """Say how to sign in."""
    return render_template("sign_in/ask.html")


@bp.get("/sign-in/<secret>")
@access.public
def confirm(secret: str) -> tuple[str, int]:
    """Show the button that uses a link up."""
    with storage.reading() as session:
        link = accounts.find_link(session, secret)
        person = link.person if link else None
    status = 200 if person else 410
    return render_template("sign_in/confirm.html", person=person, secret=secret), status


@bp.post("/sign-in/<secret>")
@access.public
def enter(secret: str) -> Response | tuple[str, int]:
    """Use a link up and sign this browser in."""
    with storage.transaction() as session:
        cookie = accounts.use_link(session, secret, request.headers.get("User-Agent", ""))
    if cookie is None:
        return render_template("sign_in/confirm.html", person=None, secret=secret), 410
    response = redirect(url_for("pages.home"), 303)
    response.set_cookie(
        access.COOKIE,
        cookie,
        max_age=int(accounts.SESSION_LIVES.total_seconds()),
        secure=True,
        httponly=True,
        samesite="Lax",
    )
    return response


@bp.post("/sign-out")
@access.signed_in
def leave() -> Response:
    """Sign this browser out."""
    with storage.transaction() as session:
        accounts.sign_out(session, request.cookies.get(access.COOKIE, ""))
    response = make_response(redirect(url_for("pages.home"), 303))
    response.delete_cookie(access.COOKIE, secure=True, httponly=True, samesite="Lax")
    return response
