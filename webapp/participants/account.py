"""One's own account: the browsers that are signed in, language and time zone."""

from __future__ import annotations

import uuid

from babel import Locale
from flask import Blueprint, make_response, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from mentorship import language
from mentorship.accounts import sessions
from mentorship.accounts.access import Action
from mentorship.language import gettext as _
from mentorship.models import Person
from mentorship.people import persons
from webapp import gate
from webapp.participants import fields, preferences

bp = Blueprint("account", __name__, url_prefix="/account")


@bp.get("")
@gate.may(Action.USE_ACCOUNT)
def show() -> str:
    """Show devices, language and time zone, and which emails come."""
    session, _account = gate.opened()
    return _page(session)


@bp.post("/preferences")
@gate.may(Action.USE_ACCOUNT)
def prefer() -> Response | tuple[str, int]:
    """Keep which emails come."""
    with gate.change() as change:
        person = change.session.get_one(Person, gate.my_id())
        error = preferences.keep(change.session, person)
        if error:
            return _page(change.session, error), 422
        return change.done(url_for("account.show"), _("Saved."))


def _page(session: Session, error: str | None = None) -> str:
    return render_template(
        "account/show.html",
        person=session.get_one(Person, gate.my_id()),
        sent=request.form if error else None,
        error=error,
        devices=sessions.devices(session, gate.my_id()),
        locales=[(name, Locale.parse(name).get_display_name(name)) for name in language.offered()],
        zones=fields.zones(),
    )


@bp.post("")
@gate.may(Action.USE_ACCOUNT)
def save() -> Response:
    """Keep language and time zone."""
    with gate.change() as change:
        persons.change_reading(
            change.session,
            gate.my_id(),
            locale=request.form.get("locale") or None,
            timezone=request.form.get("timezone") or None,
        )
        return change.done(url_for("account.show"), _("Saved."))


@bp.post("/devices/<uuid:device_id>/sign-out")
@gate.may(Action.END_DEVICE)
def end_device(device_id: uuid.UUID) -> Response:
    """Sign one of one's browsers out."""
    with gate.change() as change:
        sessions.sign_out(change.session, change.subject)
        return make_response(change.done(url_for("account.show"), _("That browser is signed out.")))
