"""From what went wrong to a page that says so: only here are meanings turned into status codes."""

from __future__ import annotations

from flask import Flask, current_app, render_template
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import OperationalError
from werkzeug.exceptions import HTTPException, SecurityError

from mentorship.errors import Invalid, NotFound, PreceptorError, Unavailable, WrongState

STATUS: dict[type[PreceptorError], int] = {
    NotFound: 404,
    WrongState: 409,
    Invalid: 422,
    Unavailable: 503,
}
TITLES = {
    400: "That request could not be understood",
    403: "That is not open to you",
    404: "There is nothing here",
    405: "That is not possible here",
    409: "That is not possible any more",
    413: "That is too large",
    422: "That cannot be used",
    500: "Something broke on our side",
    503: "A part of the service is missing",
}


def init_app(app: Flask) -> None:
    """Show every error as a page."""
    app.register_error_handler(PreceptorError, _show_domain_error)
    app.register_error_handler(CSRFError, _show_stale_form)
    app.register_error_handler(OperationalError, _show_missing_database)
    app.register_error_handler(HTTPException, _show_http_error)


def _show_domain_error(error: PreceptorError) -> tuple[str, int]:
    return _page(STATUS.get(type(error), 400), f"{str(error)[:1].upper()}{str(error)[1:]}.")


def _show_missing_database(error: OperationalError) -> tuple[str, int]:
    current_app.logger.error("the database cannot be used: %s", error)
    return _page(503, "The database cannot be reached. Nothing was changed; try again in a minute.")


def _show_stale_form(error: CSRFError) -> tuple[str, int]:
    return _page(400, "This page was open for too long. Go back, reload it and try again.")


def _show_http_error(error: HTTPException) -> tuple[str, int] | HTTPException:
    if isinstance(error, SecurityError):
        # The request names a host that is not ours, so no page of ours can link anywhere.
        return error
    explained = {
        403: "You may be signed in as somebody else, or this was sent by another site.",
        404: "The address may be incomplete, or what it led to is gone.",
        500: "It has been noted. Try again in a minute; nothing you did was lost half done.",
    }
    code = error.code or 500
    return _page(code, explained.get(code, error.description or ""))


def _page(code: int, message: str) -> tuple[str, int]:
    title = TITLES.get(code, "That did not work")
    return render_template("pages/error.html", title=title, message=message), code
