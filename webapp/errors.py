"""Errors as pages: only here does what went wrong become a status code."""

from __future__ import annotations

from flask import Flask, current_app, redirect, render_template
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import DataError, IntegrityError, OperationalError
from werkzeug.exceptions import HTTPException, SecurityError
from werkzeug.wrappers import Response

from mentorship.errors import Gone, Invalid, NotFound, PreceptorError, Unavailable, WrongState
from mentorship.language import gettext as _
from mentorship.language import mark, sentence
from mentorship.sent_forms import AlreadyDone

STATUS: dict[type[PreceptorError], int] = {
    NotFound: 404,
    Gone: 410,
    WrongState: 409,
    Invalid: 422,
    Unavailable: 503,
}


def init_app(app: Flask) -> None:
    """Show every error as a page."""
    app.register_error_handler(AlreadyDone, _lead_on)
    app.register_error_handler(PreceptorError, _show_domain_error)
    app.register_error_handler(CSRFError, _show_stale_form)
    app.register_error_handler(OperationalError, _show_missing_database)
    app.register_error_handler(IntegrityError, _show_conflict)
    app.register_error_handler(DataError, _show_unstorable)
    app.register_error_handler(HTTPException, _show_http_error)


def _lead_on(done: AlreadyDone) -> Response:
    return redirect(done.location, 303)


def _show_domain_error(error: PreceptorError) -> tuple[str, int]:
    return _page(STATUS.get(type(error), 400), sentence(error))


def _show_missing_database(error: OperationalError) -> tuple[str, int]:
    current_app.logger.error("the database cannot be used: %s", error)
    return _page(
        503, _("The database cannot be reached. Nothing was changed; try again in a minute.")
    )


def _show_conflict(error: IntegrityError) -> tuple[str, int]:
    current_app.logger.warning("two changes met: %s", type(error.orig).__name__)
    return _page(
        409,
        _(
            "Someone else changed this at the same time. Your change wasn't saved; go "
            "back and check."
        ),
    )


def _show_unstorable(error: DataError) -> tuple[str, int]:
    current_app.logger.warning("a value cannot be stored: %s", type(error.orig).__name__)
    return _page(422, _("Something is too long or cannot be stored. Go back and shorten it."))


def _show_stale_form(error: CSRFError) -> tuple[str, int]:
    return _page(
        400,
        _(
            "This page was open for too long, or your browser blocks cookies. Nothing was "
            "changed. Go back, reload the page, and try again."
        ),
    )


def _show_http_error(error: HTTPException) -> tuple[str, int] | HTTPException:
    if isinstance(error, SecurityError):
        # The request names a host that is not ours, so no page of ours can link anywhere.
        return error
    code = error.code or 500
    return _page(code, _(_EXPLAINED[code]) if code in _EXPLAINED else error.description or "")


def _page(code: int, message: str) -> tuple[str, int]:
    title = _(_TITLES.get(code, _OTHER_TITLE))
    return render_template("pages/error.html", title=title, message=message), code


_TITLES = {
    400: mark("We couldn't understand that request"),
    403: mark("You don't have access to this"),
    404: mark("Page not found"),
    405: mark("This is not possible here"),
    409: mark("This is no longer possible"),
    410: mark("This link no longer works"),
    413: mark("Too large"),
    422: mark("This needs fixing"),
    429: mark("Too many requests"),
    500: mark("Something went wrong on our side"),
    503: mark("Part of the service is down"),
}
_OTHER_TITLE = mark("Something went wrong")
#: What to do next, where the framework refused a request.
_EXPLAINED = {
    400: mark(
        "Part of the request is missing or damaged. Go back, reload the page, and try again."
    ),
    403: mark("You may be signed in as someone else, or this was sent by another site."),
    404: mark("The address may be incomplete, or the page is gone or not available to you."),
    405: mark("Use the button on its page; this address alone does nothing."),
    413: mark("What you sent is too large for this page. Nothing was changed."),
    429: mark(
        "Too many forms came from your network within a minute, perhaps from other people "
        "there. Nothing was changed: wait a minute, then try again."
    ),
    500: mark("The error was logged. Try again in a minute; nothing was left half done."),
}
