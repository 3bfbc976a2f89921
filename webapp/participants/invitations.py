"""The answer of an invited person: yes or no, and nothing before they press a button."""

from __future__ import annotations

from flask import Blueprint, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from mentorship.accounts.access import Action
from mentorship.errors import Invalid
from mentorship.language import gettext as _
from mentorship.language import mark
from mentorship.models import Profile
from mentorship.pairings import pairings
from mentorship.people import joining, questionnaire
from mentorship.people.conflicts import DO_NOT_MATCH
from mentorship.people.sight import Viewer
from mentorship.programs import programs
from mentorship.states import ProfileState
from webapp import gate, storage
from webapp.forms import Form, TickField
from webapp.participants import email_links

bp = Blueprint("invitations", __name__)


class InvitationForm(Form):
    """What an invited person confirms before they take part."""

    adult = TickField(mark("I am 18 or older."))


@bp.get("/invitations/<token>")
@gate.may(Action.VISIT)
def show(token: str) -> str:
    """Show what we were told about a person, and ask whether they take part."""
    with storage.reading() as session:
        return _page(session, email_links.invited(session, token), InvitationForm())


@bp.post("/invitations/<token>")
@gate.may(Action.VISIT)
def answer(token: str) -> Response | tuple[str, int]:
    """Keep a person's yes or no."""
    chosen = request.form.get("answer")
    if chosen not in ("yes", "no"):
        raise Invalid(_("the answer must be yes or no; go back and choose one of the two buttons"))
    form = InvitationForm(request.form)
    with gate.change() as change:
        profile = email_links.invited(change.session, token)
        try:
            if profile.state is ProfileState.UNCONFIRMED and chosen == "yes":
                is_adult = form.data["adult"]
                joining.accept(
                    change.session, profile, "answered the invitation", is_adult=is_adult
                )
            elif profile.state is ProfileState.UNCONFIRMED:
                pairings.leave(change.session, profile)
        except Invalid as error:
            form.explain(error)
        else:
            return change.done(url_for("invitations.show", token=token))
    with storage.reading() as session:
        return _page(session, email_links.invited(session, token), form), 422


def _page(session: Session, profile: Profile, form: InvitationForm) -> str:
    is_open = profile.state is ProfileState.UNCONFIRMED
    return render_template(
        "invitations/show.html",
        program=programs.by_id(session, profile.program_id),
        profile=profile,
        # People who have answered sign in to see more: a link in an old email shows nothing.
        told=questionnaire.told(profile, Viewer.SELF, without={DO_NOT_MATCH}) if is_open else [],
        form=form,
    )
