"""The people of a program, for its coordinators: find, read, approve, decline."""

from __future__ import annotations

import enum
import uuid

from flask import Blueprint, flash, redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response
from wtforms.validators import ValidationError

from mentorship.accounts.access import Action
from mentorship.coordination import roster
from mentorship.language import gettext as _
from mentorship.language import ngettext
from mentorship.models import Profile, Program, Role
from mentorship.people import cards, joining, persons
from mentorship.people.cards import Card
from mentorship.people.sight import Viewer
from mentorship.programs import programs
from mentorship.reminders import unfinished
from mentorship.states import ProfileState
from webapp import forms, gate, storage
from webapp.coordinators import person, searches
from webapp.forms import Form, IdsField

bp = Blueprint("people", __name__, url_prefix="/programs/<slug>/people")


class Act(enum.StrEnum):
    """What can be done to the selected people."""

    APPROVE = "approve"
    REMIND = "remind"
    WRITE = "write"


class TickedForm(Form):
    """The people who are selected in the list."""

    profile = IdsField()

    def validate_profile(self, field: IdsField) -> None:
        """Refuse a list in which no one is selected."""
        if not field.data and not field.errors:
            raise ValidationError(_("Select at least one person."))


@bp.get("")
@gate.may(Action.COORDINATE)
def index(slug: str) -> str:
    """List people, by name, role and state."""
    session, program = gate.opened()
    return _page(session, program, searches.people(program), TickedForm())


@bp.get("/<uuid:profile_id>")
@gate.may(Action.ADMIT)
def show(slug: str, profile_id: uuid.UUID) -> str:
    """Show what coordinators can read of a person."""
    session, profile = gate.opened()
    return person.page(session, profile)


@bp.post("/<uuid:profile_id>/admit")
@gate.may(Action.ADMIT)
def admit(slug: str, profile_id: uuid.UUID) -> Response:
    """Approve a person who is waiting for approval."""
    with gate.change() as change:
        joining.admit(change.session, change.subject, str(gate.my_id()))
        place = url_for("people.show", slug=slug, profile_id=profile_id)
        return change.done(place, _("Approved. They'll get an email."))


@bp.post("/<uuid:profile_id>/turn-away")
@gate.may(Action.ADMIT)
def turn_away(slug: str, profile_id: uuid.UUID) -> Response:
    """Decline a person who is waiting for approval."""
    with gate.change() as change:
        joining.turn_away(change.session, change.subject, str(gate.my_id()))
        place = url_for("people.show", slug=slug, profile_id=profile_id)
        return change.done(place, _("Declined. They'll get an email."))


@bp.post("/<uuid:profile_id>/address-works")
@gate.may(Action.ADMIT)
def clear_address(slug: str, profile_id: uuid.UUID) -> Response:
    """Clear the flag of an address that email reaches again."""
    with gate.change() as change:
        persons.clear_address(change.session, change.subject.person, str(gate.my_id()))
        place = url_for("people.show", slug=slug, profile_id=profile_id)
        return change.done(place, _("Bounce flag cleared. Emails that failed can be resent."))


@bp.post("/admit")
@gate.may(Action.COORDINATE)
def admit_many(slug: str) -> Response | tuple[str, int]:
    """Approve everyone who was selected."""
    form = TickedForm(request.form)
    if not form.validate():
        waiting = roster.Sought(state=ProfileState.AWAITING_APPROVAL)
        with storage.reading() as session:
            return _page(session, programs.get(session, slug), waiting, form), 422
    with gate.change() as change:
        profiles = roster.waiting(change.session, change.subject.id, form.data["profile"])
        for profile in profiles:
            joining.admit(change.session, profile, str(gate.my_id()))
        place = url_for("people.index", slug=slug, state=ProfileState.AWAITING_APPROVAL.value)
        message = ngettext("%(n)s person approved.", "%(n)s people approved.", len(profiles))
        return change.done(place, message)


@bp.post("/remind")
@gate.may(Action.COORDINATE)
def remind_many(slug: str) -> Response | tuple[str, int]:
    """Remind everyone who was selected to accept their invitation, within the usual limits."""
    form = TickedForm(request.form)
    if not form.validate():
        invited = roster.Sought(state=ProfileState.UNCONFIRMED)
        with storage.reading() as session:
            return _page(session, programs.get(session, slug), invited, form), 422
    with gate.change() as change:
        reminded = unfinished.remind(
            change.session, change.subject, str(gate.my_id()), form.data["profile"]
        )
        words = ngettext(
            "%(n)s person will get a reminder, during the day where they live.",
            "%(n)s people will get a reminder, during the day where they live.",
            reminded,
        )
        return change.done(
            url_for("people.index", slug=slug),
            words if reminded else _("No one can be reminded now; everyone got an email recently."),
        )


@bp.get("/selected")
@gate.may(Action.COORDINATE)
def ask(slug: str) -> Response | str:
    """Ask before something is done to the selected people, and say how many; or write to them.

    With no one selected, lead back to the list.
    """
    session, program = gate.opened()
    sought = searches.people(program)
    ids = tuple(request.args.getlist("profile", type=uuid.UUID))
    act = forms.narrowed("act", Act)
    if not ids or act is None:
        flash(_("Select at least one person."))
        return redirect(url_for("people.index", slug=slug, **searches.address(sought)))
    if act is Act.WRITE:
        return redirect(url_for("messages.compose", slug=slug, person=[str(id) for id in ids]))
    waiting = [] if act is Act.REMIND else list(roster.waiting(session, program.id, ids))
    number = len(waiting) if act is Act.APPROVE else unfinished.count(session, program, ids)
    return render_template(
        "people/selected.html",
        program=program,
        act=act,
        ids=ids,
        number=number,
        others=len(ids) - number,
        back=url_for("people.index", slug=slug, **searches.address(sought)),
    )


def _page(session: Session, program: Program, sought: roster.Sought, form: TickedForm) -> str:
    return render_template(
        "people/index.html",
        program=program,
        found=roster.find(session, program.id, sought, forms.page_number()),
        card=_card,
        sought=sought,
        roles=list(Role),
        # What is not sent in yet is its person's alone.
        states=[state for state in ProfileState if state is not ProfileState.DRAFT],
        form=form,
        narrowed=searches.narrowed(sought, program),
        address=searches.address(sought),
        answers=searches.answers(program),
    )


def _card(profile: Profile) -> Card:
    return cards.of_profile(profile, Viewer.COORDINATOR)
