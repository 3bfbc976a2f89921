"""A person's account: address, signed-in browsers, language and time zone, which emails come."""

from __future__ import annotations

import uuid

from babel import Locale
from flask import Blueprint, make_response, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from mentorship import language
from mentorship.accounts import own_address, sessions
from mentorship.accounts.access import Action
from mentorship.errors import Invalid
from mentorship.language import gettext as _
from mentorship.language import mark
from mentorship.links import Purpose
from mentorship.models import Person
from mentorship.people import addresses, persons
from webapp import gate, options, storage
from webapp.forms import Form, LineField
from webapp.options import Groups, Option
from webapp.participants import email_links
from webapp.participants.preferences_form import PreferencesForm

bp = Blueprint("account", __name__, url_prefix="/account")


class AddressForm(Form):
    """The address that a person wants instead of their present one."""

    email = LineField(
        mark("New email address"),
        description=mark("We'll send a link there. Your address changes once you confirm it."),
        render_kw={"type": "email", "autocomplete": "email", "required": True},
        longest=addresses.LONGEST,
    )


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


@bp.post("/address")
@gate.may(Action.USE_ACCOUNT)
def ask_address() -> Response | tuple[str, int]:
    """Send a link to the address that a person wants."""
    form = AddressForm(request.form)
    with gate.change() as change:
        try:
            address = own_address.ask(change.session, gate.my_id(), form.email.data or "")
        except Invalid as error:
            form.explain(error)
        else:
            message = _("We sent a link to %(address)s. Open it to confirm.", address=address)
            return change.done(url_for("account.show"), message)
    with storage.reading() as session:
        return _page(session, address=form), 422


@bp.get("/address/<token>")
@gate.may(Action.USE_ACCOUNT)
def show_address(token: str) -> str:
    """Ask whether the address that a link went to is the person's from now on."""
    session, _account = gate.opened()
    return _confirmation(session, token, Form())


@bp.post("/address/<token>")
@gate.may(Action.USE_ACCOUNT)
def confirm_address(token: str) -> Response | tuple[str, int]:
    """Change the person's address, which signs them out everywhere."""
    form = Form()
    with gate.change() as change:
        email_id = _confirmed_by(change.session, token)
        try:
            person = own_address.confirm(change.session, gate.my_id(), email_id)
        except Invalid as error:
            form.explain(error)
        else:
            message = _("Your address is %(address)s now. Sign in with it.", address=person.email)
            return change.done(url_for("sign_in.ask"), message)
    with storage.reading() as session:
        return _confirmation(session, token, form), 422


def _confirmed_by(session: Session, token: str) -> uuid.UUID:
    """Return the id of the email that held a link, if it was sent for the signed-in person."""
    return email_links.own(session, token, Purpose.ADDRESS, gate.my_id())


def _confirmation(session: Session, token: str, form: Form) -> str:
    wanted = own_address.wanted(session, gate.my_id(), _confirmed_by(session, token))
    return render_template("account/address.html", wanted=wanted, token=token, form=form)


def _page(
    session: Session,
    *,
    emails: PreferencesForm | None = None,
    reading: ReadingForm | None = None,
    address: AddressForm | None = None,
) -> str:
    person = session.get_one(Person, gate.my_id())
    return render_template(
        "account/show.html",
        address=address or AddressForm(),
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
        return make_response(change.done(url_for("pages.home"), _("You're signed out everywhere.")))


@bp.post("/devices/<uuid:device_id>/sign-out")
@gate.may(Action.END_DEVICE)
def end_device(device_id: uuid.UUID) -> Response:
    """Sign one of the person's browsers out."""
    with gate.change() as change:
        sessions.sign_out(change.session, change.subject)
        return make_response(
            change.done(url_for("account.show"), _("That browser has been signed out."))
        )
