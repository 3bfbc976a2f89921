"""One's own account: the browsers that are signed in, language and time zone."""

from __future__ import annotations

import uuid

from babel import Locale
from flask import Blueprint, make_response, render_template, request, url_for
from werkzeug.wrappers import Response

from mentorship import accounts, language, people
from mentorship.access import Action
from mentorship.language import gettext as _
from webapp import access, fields

bp = Blueprint("account", __name__, url_prefix="/account")


@bp.get("")
@access.may(Action.USE_ACCOUNT)
def show() -> str:
    """Show devices, language and time zone."""
    session, _account = access.opened()
    return render_template(
        "account/show.html",
        devices=accounts.devices(session, access.my_id()),
        locales=[(name, Locale.parse(name).get_display_name(name)) for name in language.offered()],
        zones=fields.zones(),
    )


@bp.post("")
@access.may(Action.USE_ACCOUNT)
def save() -> Response:
    """Keep language and time zone."""
    with access.change() as change:
        people.change_reading(
            change.session,
            access.my_id(),
            locale=request.form.get("locale") or None,
            timezone=request.form.get("timezone") or None,
        )
        return change.done(url_for("account.show"), _("Saved."))


@bp.post("/devices/<uuid:device_id>/sign-out")
@access.may(Action.END_DEVICE)
def end_device(device_id: uuid.UUID) -> Response:
    """Sign one of one's browsers out."""
    with access.change() as change:
        accounts.sign_out(change.session, change.subject)
        return make_response(change.done(url_for("account.show"), _("That browser is signed out.")))
