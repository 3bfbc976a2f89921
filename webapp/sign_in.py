"""Signing in with an emailed link or code, and out again.

Opening the link changes nothing, because mail scanners open links: it shows one button, which
posts.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from flask import Blueprint, flash, render_template, request, session, url_for
from werkzeug.wrappers import Response

from mentorship.accounts import sessions, sign_in_links
from mentorship.accounts.access import Action
from mentorship.accounts.sign_in_links import Sending
from mentorship.errors import Invalid
from mentorship.language import gettext as _
from mentorship.models import Program
from mentorship.people import addresses
from webapp import gate, storage
from webapp.gate import Change
from webapp.security import A_ROOM_ASKS, A_ROOM_TYPES, limiter, place

bp = Blueprint("sign_in", __name__)

#: What the asking browser keeps: an emailed link works in it alone.
COOKIE = "__Host-asked"
_ASKED = "asked"
_SENDING = "sending"


@bp.get("/sign-in")
@gate.may(Action.VISIT)
def ask() -> str:
    """Ask for an address."""
    return render_template("sign_in/ask.html", then=own_page(request.args.get("then")))


@bp.post("/sign-in")
@gate.may(Action.VISIT)
@limiter.limit(A_ROOM_ASKS)
def send() -> Response | tuple[str, int]:
    """Send a link and a code, if someone has this address, and answer alike if no one has."""
    then = own_page(request.form.get("then"))
    return ask_for(
        then, lambda _session, **shown: render_template("sign_in/ask.html", then=then, **shown)
    )


def ask_for(then: str, page: Callable[..., str]) -> Response | tuple[str, int]:
    """Queue an email with link and code; without a valid address, return `page` of the form."""
    typed = request.form.get("email", "")
    address, problem = None, _("Enter the address at which we can reach you.")
    if typed.strip():
        try:
            address = addresses.read_address(typed)
        except Invalid as error:
            problem = _("This %(problem)s.", problem=str(error))
    if address is None:
        with storage.reading() as read:
            return page(read, error=problem, email=typed.strip()[: addresses.LONGEST]), 422
    with gate.change() as change:
        program = change.subject
        asked = sign_in_links.ask(
            change.session,
            address,
            storage.settings(),
            origin=place(),
            then=then,
            for_joining=isinstance(program, Program) and program.registration_open,
            browser=request.cookies.get(COOKIE),
        )
        answer = change.done(url_for("sign_in.code"))
    session[_ASKED], session[_SENDING] = address, asked.sending.value
    _keep(answer, COOKIE, asked.browser, int(sign_in_links.EMAILED_LIVES.total_seconds()))
    return answer


@bp.get("/sign-in/code")
@gate.may(Action.VISIT)
def code() -> str:
    """Ask for the code of the email."""
    return render_template(
        "sign_in/code.html",
        address=session.get(_ASKED),
        sending=session.get(_SENDING, Sending.EMAILED.value),
        most=sign_in_links.MOST_EMAILS,
        error=_(
            "That code didn't work. It may be mistyped, more than 10 minutes old, already "
            "used, or requested in another browser."
        )
        if "wrong" in request.args
        else None,
    )


@bp.post("/sign-in/code")
@gate.may(Action.VISIT)
@limiter.limit(A_ROOM_TYPES)
def enter_code() -> Response:
    """Sign in by the code, and count it where it is wrong."""
    with gate.change() as change:
        signed_in = sign_in_links.use_code(
            change.session,
            request.cookies.get(COOKIE, ""),
            request.form.get("code", ""),
            _user_agent(),
        )
        if signed_in is None:
            # Answered as done, so that the count of wrong codes is kept.
            return change.done(url_for("sign_in.code", wrong="yes"))
        _end_former(change)
        answer = change.done(signed_in.then)
    return _enter(answer, signed_in)


@bp.get("/sign-in/<secret>")
@gate.may(Action.VISIT)
def confirm(secret: str) -> tuple[str, int]:
    """Show the button that signs in by a link."""
    with storage.reading() as reading:
        link = sign_in_links.find_link(reading, secret)
        usable = link is not None and link.person is not None
        bound = link is not None and sign_in_links.is_bound_to(
            reading, link, request.cookies.get(COOKIE)
        )
        email = link.person.email if link is not None and link.person is not None else None
    page = render_template(
        "sign_in/confirm.html", usable=usable, bound=bound, email=email, secret=secret
    )
    return page, 200 if usable else 410


@bp.post("/sign-in/<secret>")
@gate.may(Action.VISIT)
@limiter.limit(A_ROOM_TYPES)
def enter(secret: str) -> Response | tuple[str, int]:
    """Sign this browser in by a link, which works once."""
    browser = request.cookies.get(COOKIE)
    with gate.change() as change:
        signed_in = sign_in_links.use_link(change.session, secret, browser, _user_agent())
        if signed_in is not None:
            _end_former(change)
            answer = change.done(signed_in.then)
    if signed_in is not None:
        return _enter(answer, signed_in)
    page = render_template("sign_in/confirm.html", usable=False, bound=True, secret=secret)
    return page, 410


@bp.post("/sign-out")
@gate.may(Action.USE_ACCOUNT)
def leave() -> Response:
    """Sign this browser out."""
    with gate.change() as change:
        _end_former(change)
        answer = change.done(url_for("pages.home"))
    session.clear()
    flash(_("You're signed out."))
    answer.delete_cookie(gate.COOKIE, secure=True, httponly=True, samesite="Lax")
    return answer


def own_page(then: str | None) -> str:
    """Return the page of this site to go on with; anything else leads to the first page."""
    return then if then and re.fullmatch(r"/(?![/\\])[\x21-\x5b\x5d-\x7e]{0,190}", then) else "/"


def _end_former(change: Change) -> None:
    """End the session that this browser had so far."""
    device = sessions.signed_in(change.session, request.cookies.get(gate.COOKIE, ""))
    if device is not None:
        sessions.sign_out(change.session, device)


def _enter(answer: Response, signed_in: sign_in_links.SignedIn) -> Response:
    session.clear()  # Nothing that this browser kept before is carried into the session.
    _keep(answer, gate.COOKIE, signed_in.cookie, int(signed_in.lives.total_seconds()))
    answer.delete_cookie(COOKIE, secure=True, httponly=True, samesite="Lax")
    return answer


def _keep(answer: Response, name: str, value: str, seconds: int) -> None:
    answer.set_cookie(
        name, value, max_age=seconds, secure=True, httponly=True, samesite="Lax", path="/"
    )


def _user_agent() -> str:
    return request.headers.get("User-Agent", "")
