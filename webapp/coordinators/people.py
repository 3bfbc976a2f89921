"""The people of a program, for its coordinators: find, read, admit, turn away."""

from __future__ import annotations

import uuid

from flask import Blueprint, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response
from wtforms.validators import ValidationError

from mentorship.accounts.access import Action
from mentorship.coordination import roster
from mentorship.coordination.roster import Need
from mentorship.language import gettext as _
from mentorship.language import mark, ngettext
from mentorship.models import Profile, Program, Role
from mentorship.pairings import answers, choices, pairings
from mentorship.people import cards, gaps, joining, persons, questionnaire, questions, sight
from mentorship.people.cards import Card
from mentorship.people.gaps import Dimension
from mentorship.people.sight import Viewer
from mentorship.programs import programs
from mentorship.states import ProfileState
from webapp import forms, gate
from webapp.coordinators import pinches
from webapp.forms import Form, IdsField

#: What a list shows that is narrowed to people with a need.
_NEEDS = {
    Need.WAITING: mark("Mentees waiting for a mentor"),
    Need.FREE: mark("Mentors with free places"),
    Need.OVER: mark("Mentors with more mentees than places"),
    Need.SILENT: mark("Mentees who aren't in touch with their mentor"),
    Need.UNREACHED: mark("People whose email address doesn't work"),
}

bp = Blueprint("people", __name__, url_prefix="/programs/<slug>/people")


class TickedForm(Form):
    """The people who are ticked in the list."""

    profile = IdsField()

    def validate_profile(self, field: IdsField) -> None:
        """Refuse a list in which no one is ticked."""
        if not field.data and not field.errors:
            raise ValidationError(_("Select at least one person."))


@bp.get("")
@gate.may(Action.COORDINATE)
def index(slug: str) -> str:
    """List people, by name, role and state."""
    session, program = gate.opened()
    sought = roster.Sought(
        text=forms.searched(),
        role=forms.narrowed("role", Role),
        state=forms.narrowed("state", ProfileState),
        need=forms.narrowed("need", Need),
        traits={
            dimension: id
            for dimension in Dimension
            if (id := request.args.get(dimension.value)) and gaps.is_shown(dimension, id)
        },
        answers={
            question: choice
            for question in questions.of(program)
            if (choice := request.args.get(question.name)) in questions.choices_told(question)
        },
    )
    return _page(session, program, sought, TickedForm())


@bp.get("/<uuid:profile_id>")
@gate.may(Action.ADMIT)
def show(slug: str, profile_id: uuid.UUID) -> str:
    """Show what coordinators can read of a person."""
    session, profile = gate.opened()
    return render_template(
        "people/show.html",
        program=programs.by_id(session, profile.program_id),
        profile=profile,
        person=_card(profile),
        card=_card,
        told=questionnaire.told(profile, Viewer.COORDINATOR),
        pairings=pairings.of_profile(session, profile),
        shared=[]
        if sight.is_hidden(profile, Viewer.COORDINATOR)
        else answers.shared(session, profile, gate.my_id()),
        label=choices.label,
        State=ProfileState,
    )


@bp.post("/<uuid:profile_id>/admit")
@gate.may(Action.ADMIT)
def admit(slug: str, profile_id: uuid.UUID) -> Response:
    """Admit a person who awaits approval."""
    with gate.change() as change:
        joining.admit(change.session, change.subject, str(gate.my_id()))
        place = url_for("people.show", slug=slug, profile_id=profile_id)
        return change.done(place, _("Approved. They get an email."))


@bp.post("/<uuid:profile_id>/turn-away")
@gate.may(Action.ADMIT)
def turn_away(slug: str, profile_id: uuid.UUID) -> Response:
    """Turn away a person who awaits approval."""
    with gate.change() as change:
        joining.turn_away(change.session, change.subject, str(gate.my_id()))
        place = url_for("people.show", slug=slug, profile_id=profile_id)
        return change.done(place, _("Declined. They get an email."))


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
    """Admit everyone who was ticked."""
    form = TickedForm(request.form)
    with gate.change() as change:
        if not form.validate():
            waiting = roster.Sought(state=ProfileState.AWAITING_APPROVAL)
            return _page(change.session, change.subject, waiting, form), 422
        profiles = roster.waiting(change.session, change.subject.id, form.data["profile"])
        for profile in profiles:
            joining.admit(change.session, profile, str(gate.my_id()))
        place = url_for("people.index", slug=slug, state=ProfileState.AWAITING_APPROVAL.value)
        message = ngettext("%(n)s person approved.", "%(n)s people approved.", len(profiles))
        return change.done(place, message)


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
        narrowed=_narrowed(sought),
    )


def _narrowed(sought: roster.Sought) -> list[tuple[str, str, str]]:
    """Return by what a list is narrowed beside its fields: name and value in addresses, words."""
    narrowed = [("need", sought.need.value, _(_NEEDS[sought.need]))] if sought.need else []
    for dimension, id in sought.traits.items():
        what, which = _(pinches.WORDS[dimension][0]), pinches.name(dimension, id)
        words = _("%(what)s: %(which)s", what=what, which=which)
        narrowed.append((dimension.value, id, words))
    for question, choice in sought.answers.items():
        which = questionnaire.shown(question.column, choice)
        words = _("%(what)s: %(which)s", what=question.label, which=which)
        narrowed.append((question.name, choice, words))
    return narrowed


def _card(profile: Profile) -> Card:
    return cards.of_profile(profile, Viewer.COORDINATOR)
