"""The people of a program, for whoever runs it: find, read, admit, turn away."""

from __future__ import annotations

import uuid

from flask import Blueprint, render_template, request, url_for
from werkzeug.wrappers import Response

from mentorship.accounts.access import Action
from mentorship.coordination import roster
from mentorship.errors import Invalid
from mentorship.language import gettext as _
from mentorship.language import ngettext
from mentorship.models import Role
from mentorship.pairings import answers, pairings
from mentorship.people import joining, persons, questionnaire
from mentorship.programs import programs
from mentorship.states import ProfileState
from webapp import access

bp = Blueprint("people", __name__, url_prefix="/programs/<slug>/people")


@bp.get("")
@access.may(Action.COORDINATE)
def index(slug: str) -> str:
    """List people, by name, role and state."""
    session, program = access.opened()
    role = request.args.get("role")
    state = request.args.get("state")
    sought = roster.Sought(
        text=request.args.get("q", "")[:200],
        role=Role(role) if role in list(Role) else None,
        state=ProfileState(state) if state in list(ProfileState) else None,
    )
    page = min(max(1, request.args.get("page", 1, type=int)), 100_000)
    return render_template(
        "people/index.html",
        program=program,
        found=roster.find(session, program.id, sought, page),
        sought=sought,
        roles=list(Role),
        states=list(ProfileState),
    )


@bp.get("/<uuid:profile_id>")
@access.may(Action.ADMIT)
def show(slug: str, profile_id: uuid.UUID) -> str:
    """Show what coordinators may read of somebody."""
    session, profile = access.opened()
    return render_template(
        "people/show.html",
        program=programs.by_id(session, profile.program_id),
        profile=profile,
        told=questionnaire.told_to_coordinators(profile),
        pairings=pairings.of_profile(session, profile),
        shared=answers.shared(session, profile, access.my_id()),
        label=answers.label,
        State=ProfileState,
    )


@bp.post("/<uuid:profile_id>/admit")
@access.may(Action.ADMIT)
def admit(slug: str, profile_id: uuid.UUID) -> Response:
    """Admit somebody who waits for it."""
    with access.change() as change:
        joining.admit(change.session, change.subject, str(access.my_id()))
        place = url_for("people.show", slug=slug, profile_id=profile_id)
        return change.done(place, _("Admitted. They are told by email."))


@bp.post("/<uuid:profile_id>/turn-away")
@access.may(Action.ADMIT)
def turn_away(slug: str, profile_id: uuid.UUID) -> Response:
    """Turn somebody away who waits to be admitted."""
    with access.change() as change:
        joining.turn_away(change.session, change.subject, str(access.my_id()))
        place = url_for("people.show", slug=slug, profile_id=profile_id)
        return change.done(place, _("Turned away. They are told by email."))


@bp.post("/<uuid:profile_id>/address-works")
@access.may(Action.ADMIT)
def clear_address(slug: str, profile_id: uuid.UUID) -> Response:
    """Take the mark off an address that mail reaches after all."""
    with access.change() as change:
        persons.clear_address(change.session, change.subject.person, str(access.my_id()))
        place = url_for("people.show", slug=slug, profile_id=profile_id)
        return change.done(place, _("The mark is gone. Emails that failed can be sent again."))


@bp.post("/admit")
@access.may(Action.COORDINATE)
def admit_many(slug: str) -> Response:
    """Admit everybody who was ticked."""
    try:
        ids = [uuid.UUID(id) for id in request.form.getlist("profile")]
    except ValueError:
        raise Invalid(_("somebody in the list is unknown; go back and reload the page")) from None
    if not ids:
        raise Invalid(_("nobody was ticked; go back and tick whom you want to admit"))
    with access.change() as change:
        waiting = roster.waiting(change.session, change.subject.id, ids)
        for profile in waiting:
            joining.admit(change.session, profile, str(access.my_id()))
        place = url_for("people.index", slug=slug, state=ProfileState.AWAITING_APPROVAL.value)
        said = ngettext("%(n)s person admitted.", "%(n)s people admitted.", len(waiting))
        return change.done(place, said)
