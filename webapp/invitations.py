"""The answer of an invited person: yes or no, and nothing before they press a button."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from itsdangerous import BadSignature
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from matching import taxonomy
from matching.columns import of_role
from mentorship import letters, pairings, people
from mentorship.errors import Invalid, NotFound
from mentorship.models import Profile, Program
from mentorship.states import ProfileState
from webapp import access, storage

bp = Blueprint("invitations", __name__)

#: What a coordinator noted for the matching, rather than an answer of the person.
_NOT_SHOWN = ("mentee_id", "mentor_id", "do_not_match", "rounds_waiting", "status")


@bp.get("/invitations/<token>")
@access.public
def show(token: str) -> str:
    """Show what we were told about somebody, and ask whether they take part."""
    with storage.reading() as session:
        profile = _invited(session, token)
        program = session.get_one(Program, profile.program_id)
        return render_template(
            "invitations/show.html",
            token=token,
            program=program,
            profile=profile,
            person=profile.person,
            told=_told(profile),
        )


@bp.post("/invitations/<token>")
@access.public
def answer(token: str) -> Response:
    """Keep somebody's yes or no."""
    said = request.form.get("answer")
    if said not in ("yes", "no"):
        raise Invalid("the answer must be yes or no; go back and press one of the two buttons")
    if said == "yes" and request.form.get("adult") != "yes":
        raise Invalid("please confirm that you are 18 or older; go back and tick the box")
    with storage.transaction() as session:
        profile = _invited(session, token)
        if said == "yes" and profile.state is ProfileState.UNCONFIRMED:
            people.confirm(session, profile, "answered the invitation, confirmed to be an adult")
        elif said == "no" and profile.state is not ProfileState.LEFT:
            pairings.leave(session, profile)
    return redirect(url_for("invitations.show", token=token), 303)


def _invited(session: Session, token: str) -> Profile:
    try:
        return people.get_profile(session, letters.read_invitation_token(token, storage.settings()))
    except BadSignature:
        raise NotFound("this link is incomplete; open it from the email once more") from None


def _told(profile: Profile) -> list[tuple[str, str]]:
    """Return questions and answers, in the words of the form."""
    words = taxonomy.load()
    told = []
    for name, column in of_role(profile.role.value).items():
        value: Any = profile.answers.get(name)
        if value is None or name in _NOT_SHOWN:
            continue
        if column.kind:
            ids = value if isinstance(value, list) else [value]
            value = [words.label(column.kind, id) for id in ids]
        shown = ", ".join(value) if isinstance(value, list) else str(value)
        told.append((column.mentee if profile.role == "mentee" else column.mentor, shown))
    return told
