"""How a program's pairings are doing, for its coordinators: those that need attention first."""

from __future__ import annotations

import enum
import uuid

from flask import Blueprint, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from mentorship import language
from mentorship.accounts.access import Action
from mentorship.coordination import health, history
from mentorship.coordination.health import Health
from mentorship.errors import Invalid, NotFound
from mentorship.language import gettext as _
from mentorship.language import ngettext
from mentorship.models import Pairing, Profile, Program
from mentorship.pairings import care
from mentorship.people import sight
from mentorship.people.sight import Viewer
from mentorship.programs import programs
from mentorship.reminders import by_hand
from mentorship.states import Ending
from webapp import forms, gate, storage
from webapp.gate import Change

bp = Blueprint("pairings", __name__, url_prefix="/programs/<slug>/pairings")


class View(enum.StrEnum):
    """What of the pairings is shown."""

    LIST = "list"
    TRENDS = "trends"


def reasons() -> list[tuple[str, str, str]]:
    """Return why coordinators can end a pairing: value, title, and what the two are told."""
    return [
        (
            Ending.CONCLUDED.value,
            _("It has run its course"),
            _("The email says that the pairing has run its course."),
        ),
        (
            Ending.BY_COORDINATOR.value,
            _("It isn't continuing"),
            _("The email says that you ended it. A mentee without a mentor goes first next time."),
        ),
    ]


@bp.get("")
@gate.may(Action.COORDINATE)
def index(slug: str) -> str:
    """List pairings by how they are doing, or show what became of those of each month."""
    session, program = gate.opened()
    view = forms.narrowed("view", View) or View.LIST
    return _page(session, program, view)


@bp.post("/<uuid:pairing_id>/remind")
@gate.may(Action.FOLLOW_PAIRING)
def remind(slug: str, pairing_id: uuid.UUID) -> Response:
    """Ask both what is open between them, within the limits of reminders."""
    with gate.change() as change:
        number = by_hand.remind(change.session, _of_others(change), str(gate.my_id()))
        words = ngettext(
            "%(n)s person will get an email, during the day where they live.",
            "%(n)s people will get an email, during the day where they live.",
            number,
        )
        if not number:
            words = _(
                "No one can be reminded now: both got a reminder in the last two weeks, "
                "don't want any, have already answered, or their email bounces."
            )
        return change.done(_place(slug, change.subject), words)


@bp.post("/<uuid:pairing_id>/resend")
@gate.may(Action.FOLLOW_PAIRING)
def resend(slug: str, pairing_id: uuid.UUID) -> Response:
    """Send the emails again that introduced the two."""
    with gate.change() as change:
        number = care.resend_introduction(change.session, _of_others(change), str(gate.my_id()))
        words = ngettext("One email is being resent.", "%(n)s emails are being resent.", number)
        return change.done(_place(slug, change.subject), words)


@bp.post("/<uuid:pairing_id>/end")
@gate.may(Action.FOLLOW_PAIRING)
def end(slug: str, pairing_id: uuid.UUID) -> Response | tuple[str, int]:
    """End a pairing; both are told kindly."""
    with gate.change() as change:
        sent = request.form.get("reason")
        reason = Ending(sent) if sent in list(Ending) else Ending.LEFT
        try:
            care.end(change.session, _of_others(change), str(gate.my_id()), reason)
        except Invalid as error:
            refused = language.sentence(error)
        else:
            message = _("Ended. Both get a kind email, unless they hadn't heard about it yet.")
            return change.done(_place(slug, change.subject), message)
    with storage.reading() as session:
        return _page(session, programs.get(session, slug), View.LIST, refused), 422


def _of_others(change: Change) -> Pairing:
    """Return the pairing that a form is about; the visitor's own is for other coordinators."""
    pairing: Pairing = change.subject
    if gate.my_id() in (pairing.mentee_person_id, pairing.mentor_person_id):
        raise NotFound(_("your own pairings are for other coordinators to look after"))
    return pairing


def _place(slug: str, pairing: Pairing) -> str:
    """Return where the form was: the page of one of the two, or the list."""
    back = request.form.get("back")
    if back in (str(pairing.mentee_id), str(pairing.mentor_id)):
        return url_for("people.show", slug=slug, profile_id=back)
    return url_for("pairings.index", slug=slug)


def _page(session: Session, program: Program, view: View, refused: str | None = None) -> str:
    mine, state = gate.my_id(), forms.narrowed("state", Health)
    survey = None
    if view is View.LIST:
        survey = health.survey(session, program.id, mine, forms.page_number(), state)
    return render_template(
        "pairings/index.html",
        program=program,
        view=view.value,
        state=state,
        states=list(Health),
        counts=survey.counts if survey else {},
        found=survey.page if survey else None,
        ending=history.ending,
        reasons=reasons(),
        months=[] if survey else health.months(session, program.id),
        title=_title,
        refused=refused,
    )


def _title(profile: Profile) -> str:
    return sight.title(profile, Viewer.COORDINATOR)
