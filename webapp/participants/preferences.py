"""Which emails a person wants: a page by a signed link, and the one click of mail programs."""

from __future__ import annotations

from flask import Blueprint, render_template, request, url_for
from werkzeug.wrappers import Response

from mentorship.accounts.access import Action
from mentorship.errors import Invalid
from mentorship.language import gettext as _
from mentorship.links import Purpose
from mentorship.models import Person
from mentorship.people import preferences
from webapp import gate, storage
from webapp.participants import email_links
from webapp.participants.preferences_form import PreferencesForm

bp = Blueprint("preferences", __name__)


@bp.get("/preferences/<token>")
@gate.may(Action.VISIT)
def show(token: str) -> str:
    """Show which emails a person wants."""
    with storage.reading() as session:
        person = email_links.reader(session, token, Purpose.PREFERENCES)
        return _page(token, person, PreferencesForm(obj=person))


@bp.post("/preferences/<token>")
@gate.may(Action.VISIT)
def save(token: str) -> Response | tuple[str, int]:
    """Save which emails a person wants."""
    with storage.reading() as session:
        # What is wrong is said in the reader's language.
        email_links.reader(session, token, Purpose.PREFERENCES)
        form = PreferencesForm(request.form)
        is_valid = form.validate()
    if is_valid:
        with gate.change() as change:
            person = email_links.reader(change.session, token, Purpose.PREFERENCES)
            if form.keep(change.session, person):
                return change.done(url_for("preferences.show", token=token), _("Saved."))
    with storage.reading() as session:
        person = email_links.reader(session, token, Purpose.PREFERENCES)
        return _page(token, person, form), 422


@bp.get("/unsubscribe/<token>")
@gate.may(Action.VISIT)
def ask(token: str) -> str:
    """Ask whether to stop reminders; opening the link alone changes nothing."""
    with storage.reading() as session:
        person = email_links.reader(session, token, Purpose.UNSUBSCRIBE)
        return render_template("preferences/unsubscribe.html", token=token, person=person)


@bp.post("/unsubscribe/<token>")
@gate.may(Action.VISIT)
def unsubscribe(token: str) -> str:
    """Turn reminders off at one click in a mail program (RFC 8058), or on the page above.

    The mail program sends no cookie, no token of a form, and may do it twice.
    """
    if request.form.get("List-Unsubscribe") != "One-Click":
        raise Invalid(
            _("this page is for the unsubscribe button of email programs; open it from the email")
        )
    with storage.transaction() as session:
        person = email_links.reader(session, token, Purpose.UNSUBSCRIBE)
        preferences.unsubscribe(session, person)
    return render_template("preferences/unsubscribe.html", token=token, person=person)


def _page(token: str, person: Person, form: PreferencesForm) -> str:
    return render_template("preferences/show.html", token=token, person=person, form=form)
