"""A person's own profile: its pages, how it looks to a match, and whether they take part."""

from __future__ import annotations

import uuid
from collections.abc import Callable

from flask import Blueprint, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from mentorship.accounts.access import Action
from mentorship.errors import Invalid, NotFound, WrongState
from mentorship.language import gettext as _
from mentorship.language import mark
from mentorship.models import Profile, Program
from mentorship.pairings import pairings
from mentorship.people import cards, joining, profiles, questionnaire, suggestions
from mentorship.people.questionnaire import Section
from mentorship.people.sight import Viewer
from mentorship.people.suggestions import Suggestion
from mentorship.programs import programs
from mentorship.states import ProfileState
from webapp import gate, storage
from webapp.forms import Form, TickField
from webapp.participants import sections

bp = Blueprint("profiles", __name__, url_prefix="/profiles/<uuid:profile_id>")


class AgreementForm(Form):
    """What a person confirms before they take part."""

    adult = TickField(
        mark("I am 18 or older, and I agree to my answers being used to match me."),
        render_kw={"required": True},
    )


@bp.get("")
@gate.may(Action.ANSWER)
def show(profile_id: uuid.UUID) -> str:
    """Show how a profile looks to a match, what is missing, and what its person can do."""
    session, profile = gate.opened()
    return _page(session, profile, AgreementForm())


@bp.get("/<section>")
@gate.may(Action.ANSWER)
def edit(profile_id: uuid.UUID, section: str) -> str:
    """Show one section of the questions."""
    session, profile = gate.opened()
    program = programs.by_id(session, profile.program_id)
    return sections.show(
        session, program, profile.role, _section(program, profile, section), profile
    )


@bp.post("/<section>")
@gate.may(Action.ANSWER)
def save(profile_id: uuid.UUID, section: str) -> Response | tuple[str, int]:
    """Keep one section and show the next."""
    with storage.reading() as session:
        profile = profiles.get(session, profile_id)
        program = programs.by_id(session, profile.program_id)
        asked = _section(program, profile, section)
        sent = sections.read(session, program, profile.role, asked)
        page = sections.show_again(program, profile.role, sent, profile)
    if page is not None:
        return page
    with gate.change() as change:
        _refuse_those_who_left(change.subject)
        return sections.keep(change, change.subject, sent)


@bp.post("/suggestions")
@gate.may(Action.ANSWER)
def add_suggestion(profile_id: uuid.UUID) -> Response:
    """Add one field or goal that a person writes about to their answers."""
    column, _colon, id = request.form.get("add", "").partition(":")
    suggestion = Suggestion(column, id)
    with gate.change() as change:
        _refuse_those_who_left(change.subject)
        joining.add(change.session, change.subject, suggestion)
        place = url_for("profiles.show", profile_id=profile_id)
        return change.done(place, _("Added: %(entry)s.", entry=suggestion.label))


@bp.post("/send")
@gate.may(Action.ANSWER)
def send(profile_id: uuid.UUID) -> Response | tuple[str, int]:
    """Submit a draft."""
    form = AgreementForm(request.form)

    def act(session: Session, profile: Profile) -> None:
        program = programs.by_id(session, profile.program_id)
        joining.send_in(session, program, profile, is_adult=form.data["adult"])

    return _act(act, _("Submitted. Here's what happens next."), form)


@bp.post("/confirm")
@gate.may(Action.ANSWER)
def confirm(profile_id: uuid.UUID) -> Response | tuple[str, int]:
    """Accept an invitation, by a person who is signed in already."""
    form = AgreementForm(request.form)

    def act(session: Session, profile: Profile) -> None:
        joining.accept(session, profile, "signed in and said yes", is_adult=form.data["adult"])

    return _act(act, _("Thank you. You're in."), form)


@bp.post("/pause")
@gate.may(Action.ANSWER)
def pause(profile_id: uuid.UUID) -> Response | tuple[str, int]:
    """Stop new matches for now."""
    return _act(profiles.pause, _("You're paused: no new matches until you resume."))


@bp.post("/resume")
@gate.may(Action.ANSWER)
def resume(profile_id: uuid.UUID) -> Response | tuple[str, int]:
    """Welcome new matches again."""
    return _act(profiles.resume, _("Welcome back. You'll be included in the next round."))


@bp.post("/leave")
@gate.may(Action.ANSWER)
def leave(profile_id: uuid.UUID) -> Response | tuple[str, int]:
    """Leave the program; the people they were paired with are told kindly."""
    return _act(
        pairings.leave, _("You've left the program. The people you were paired with will be told.")
    )


def _refuse_those_who_left(profile: Profile) -> None:
    if profile.state is ProfileState.LEFT:
        raise WrongState(_("you've left this program, so there's nothing left to change"))


def _section(program: Program, profile: Profile, name: str) -> Section:
    _refuse_those_who_left(profile)
    section = questionnaire.section(program, profile.role, name)
    if section is None:
        raise NotFound(_("this part of the form doesn't exist"))
    return section


def _act(
    act: Callable[[Session, Profile], None], message: str, form: AgreementForm | None = None
) -> Response | tuple[str, int]:
    """Change a profile; where what its `form` says is refused, show that beside the form."""
    with gate.change() as change:
        profile_id = change.subject.id
        try:
            act(change.session, change.subject)
        except Invalid as error:
            if form is None:
                raise
            form.explain(error)
        else:
            return change.done(url_for("profiles.show", profile_id=profile_id), message)
    with storage.reading() as session:
        return _page(session, profiles.get(session, profile_id), form), 422


def _page(session: Session, profile: Profile, form: AgreementForm) -> str:
    program = programs.by_id(session, profile.program_id)
    missing = questionnaire.missing(program, profile.role, profile.answers)
    return render_template(
        "profiles/show.html",
        program=program,
        profile=profile,
        sections=questionnaire.sections(program, profile.role),
        missing=missing,
        card=None if missing else cards.of_profile(profile, Viewer.MATCH),
        seen=questionnaire.told(profile, Viewer.MATCH),
        unseen=questionnaire.withheld(profile, Viewer.MATCH),
        suggestions=suggestions.of_answers(profile.role, profile.answers),
        form=form,
        State=ProfileState,
    )
