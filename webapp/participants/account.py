"""A person's account: signed-in browsers, language and time zone, and which emails they want."""

from __future__ import annotations

import uuid

from babel import Locale
from flask import Blueprint, make_response, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from mentorship import language
from mentorship.accounts import sessions
from mentorship.accounts.access import Action
from mentorship.errors import Invalid
from mentorship.language import gettext as _
from mentorship.models import Person
from mentorship.people import persons
from webapp import gate, storage
from webapp.forms import Form, LineField
from webapp.participants import options
from webapp.participants.options import Groups, Option
from webapp.participants.preferences_form import PreferencesForm

bp = Blueprint("account", __name__, url_prefix="/account")


class ReadingForm(Form):
    """The language and the time zone in which a person reads; "" leaves either open."""

    locale = LineField()
    timezone = LineField()

    def keep(self, session: Session, person_id: uuid.UUID) -> bool:
        """Return whether they could be kept; else the form says why not."""
        try:
            persons.change_reading(
                session,
                person_id,
                locale=self.locale.data or None,
                timezone=self.timezone.data or None,
            )
        except Invalid as error:
            self.explain(error)
        return not self.errors


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
    form = PreferencesForm(request.form)
    if form.validate():
        with gate.change() as change:
            person = change.session.get_one(Person, gate.my_id())
            if form.keep(change.session, person):
                return change.done(url_for("account.show"), _("Saved."))
    with storage.reading() as session:
        return _page(session, emails=form), 422


@bp.post("")
@gate.may(Action.USE_ACCOUNT)
def save() -> Response | tuple[str, int]:
    """Keep language and time zone."""
    form = ReadingForm(request.form)
    with gate.change() as change:
        if form.keep(change.session, gate.my_id()):
            return change.done(url_for("account.show"), _("Saved."))
    with storage.reading() as session:
        return _page(session, reading=form), 422


def _page(
    session: Session, *, emails: PreferencesForm | None = None, reading: ReadingForm | None = None
) -> str:
    person = session.get_one(Person, gate.my_id())
    return render_template(
        "account/show.html",
        emails=emails or PreferencesForm(obj=person),
        reading=reading or ReadingForm(obj=person),
        devices=sessions.devices(session, person.id),
        locales=_locales(),
        zones=options.zones(person.timezone),
    )


def _locales() -> Groups:
    """Return the languages in which pages can be read, each by its own name."""
    names = ((name, Locale.parse(name).get_display_name(name)) for name in language.offered())
    return [("", [Option(value, str(label)) for value, label in names])]


@bp.post("/sign-out-everywhere")
@gate.may(Action.USE_ACCOUNT)
def end_access() -> Response:
    """Sign all of the person's browsers out, this one included, and end links in their emails."""
    with gate.change() as change:
        person = change.session.get_one(Person, gate.my_id())
        persons.end_access(change.session, person, str(person.id))
        return make_response(
            change.done(url_for("pages.home"), _("You are signed out everywhere."))
        )


@bp.post("/devices/<uuid:device_id>/sign-out")
@gate.may(Action.END_DEVICE)
def end_device(device_id: uuid.UUID) -> Response:
    """Sign one of the person's browsers out."""
    with gate.change() as change:
        sessions.sign_out(change.session, change.subject)
        return make_response(change.done(url_for("account.show"), _("That browser is signed out.")))
