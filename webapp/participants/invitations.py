"""The answer of an invited person: yes or no, and nothing before they press a button."""

from __future__ import annotations

from flask import Blueprint, render_template, request, url_for
from itsdangerous import BadSignature
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from mentorship import links
from mentorship.accounts.access import Action
from mentorship.errors import Invalid, NotFound
from mentorship.language import gettext as _
from mentorship.models import Profile
from mentorship.pairings import pairings
from mentorship.people import profiles, questionnaire
from mentorship.programs import programs
from mentorship.states import ProfileState
from webapp import gate, storage

bp = Blueprint("invitations", __name__)


@bp.get("/invitations/<token>")
@gate.may(Action.VISIT)
def show(token: str) -> str:
    """Show what we were told about somebody, and ask whether they take part."""
    with storage.reading() as session:
        profile = _invited(session, token)
        return render_template(
            "invitations/show.html",
            token=token,
            program=programs.by_id(session, profile.program_id),
            profile=profile,
            person=profile.person,
            # Whoever has answered signs in to see more: a link in an old email shows nothing.
            told=questionnaire.told(profile, lambda column: column.name != "do_not_match")
            if profile.state is ProfileState.UNCONFIRMED
            else [],
        )


@bp.post("/invitations/<token>")
@gate.may(Action.VISIT)
def answer(token: str) -> Response:
    """Keep somebody's yes or no."""
    said = request.form.get("answer")
    if said not in ("yes", "no"):
        raise Invalid(_("the answer must be yes or no; go back and press one of the two buttons"))
    if said == "yes" and request.form.get("adult") != "yes":
        raise Invalid(_("please confirm that you are 18 or older; go back and tick the box"))
    with gate.change() as change:
        profile = _invited(change.session, token)
        if profile.state is ProfileState.UNCONFIRMED and said == "yes":
            where = "answered the invitation, confirmed to be an adult"
            profiles.confirm(change.session, profile, where)
        elif profile.state is ProfileState.UNCONFIRMED:
            pairings.leave(change.session, profile)
        return change.done(url_for("invitations.show", token=token))


def _invited(session: Session, token: str) -> Profile:
    try:
        return profiles.get(session, links.read_invitation_token(token, storage.settings()))
    except BadSignature:
        raise NotFound(_("this link is incomplete; open it from the email once more")) from None
