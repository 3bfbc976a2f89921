"""One's own profile: its pages, how it looks to a match, and whether one takes part."""

from __future__ import annotations

import uuid
from collections.abc import Callable

from flask import Blueprint, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from matching.profiles.columns import Audience
from mentorship.accounts.access import Action
from mentorship.errors import Invalid, NotFound, WrongState
from mentorship.language import gettext as _
from mentorship.models import Profile, Program, Role
from mentorship.pairings import pairings
from mentorship.people import cards, joining, profiles, questionnaire
from mentorship.people.questionnaire import Section
from mentorship.programs import policies, programs
from mentorship.states import ProfileState
from webapp import gate
from webapp.gate import Change
from webapp.participants import fields
from webapp.participants.fields import Field

bp = Blueprint("profiles", __name__, url_prefix="/profiles/<uuid:profile_id>")


@bp.get("")
@gate.may(Action.ANSWER)
def show(profile_id: uuid.UUID) -> str:
    """Show how somebody looks to a match, what is missing, and what they can do."""
    session, profile = gate.opened()
    missing = questionnaire.missing(profile.role, profile.answers)
    return render_template(
        "profiles/show.html",
        program=programs.by_id(session, profile.program_id),
        profile=profile,
        sections=questionnaire.SECTIONS[profile.role],
        missing=missing,
        card=None if missing else cards.of_profile(profile),
        seen=questionnaire.told(profile, lambda column: column.audience is Audience.MATCH),
        unseen=questionnaire.told(profile, lambda column: column.audience is not Audience.MATCH),
        State=ProfileState,
    )


@bp.get("/<section>")
@gate.may(Action.ANSWER)
def edit(profile_id: uuid.UUID, section: str) -> str:
    """Show one section of the questions."""
    session, profile = gate.opened()
    chosen = _section(profile, section)
    program = programs.by_id(session, profile.program_id)
    policy = policies.current(session, program.id).body
    asked = fields.of_section(chosen, profile.role, policy, profile.answers, {})
    return page(program, profile.role, chosen, asked, profile)


@bp.post("/<section>")
@gate.may(Action.ANSWER)
def save(profile_id: uuid.UUID, section: str) -> Response | tuple[str, int]:
    """Keep one section and show the next."""
    with gate.change() as change:
        profile = change.subject
        program = programs.by_id(change.session, profile.program_id)
        return keep(change, program, profile, _section(profile, section))


@bp.post("/send")
@gate.may(Action.ANSWER)
def send(profile_id: uuid.UUID) -> Response:
    """Send a draft in."""

    def act(session: Session, profile: Profile) -> None:
        program = programs.by_id(session, profile.program_id)
        joining.send_in(session, program, profile, is_adult=request.form.get("adult") == "yes")

    return _act(act, _("Sent in. Below is what happens next."))


@bp.post("/confirm")
@gate.may(Action.ANSWER)
def confirm(profile_id: uuid.UUID) -> Response:
    """Say yes to an invitation, by whoever is signed in already."""
    if request.form.get("adult") != "yes":
        raise Invalid(_("please confirm that you are 18 or older; go back and tick the box"))

    def act(session: Session, profile: Profile) -> None:
        profiles.confirm(session, profile, "signed in and said yes, confirmed to be an adult")

    return _act(act, _("Thank you. You take part."))


@bp.post("/pause")
@gate.may(Action.ANSWER)
def pause(profile_id: uuid.UUID) -> Response:
    """Stop new matches for now."""
    return _act(profiles.pause, _("You are pausing: no new matches until you say so."))


@bp.post("/resume")
@gate.may(Action.ANSWER)
def resume(profile_id: uuid.UUID) -> Response:
    """Welcome new matches again."""
    return _act(profiles.resume, _("Welcome back. You take part in the next round."))


@bp.post("/leave")
@gate.may(Action.ANSWER)
def leave(profile_id: uuid.UUID) -> Response:
    """Leave the program; whoever one was paired with is told kindly."""
    return _act(pairings.leave, _("You have left. Whoever you were paired with is told."))


def page(
    program: Program,
    role: Role,
    section: Section,
    asked: list[Field],
    profile: Profile | None = None,
    status: int = 200,
) -> str:
    """Return the page of one section's questions."""
    return render_template(
        "profiles/section.html",
        program=program,
        role=role,
        section=section,
        sections=questionnaire.SECTIONS[role],
        fields=asked,
        profile=profile,
        week=fields.week(),
        hours=fields.HOURS,
        skip=_next(profile, section) if profile else None,
        address=lambda name: (
            url_for("profiles.edit", profile_id=profile.id, section=name) if profile else ""
        ),
    )


def keep(
    change: Change, program: Program, profile: Profile, section: Section, *, is_new: bool = False
) -> Response | tuple[str, int]:
    """Keep what was filled in, or show it again with everything that is wrong, and keep nothing.

    A profile that `is_new` with this form is not kept either then, so no page leads to it.
    """
    policy = policies.current(change.session, program.id).body
    columns = questionnaire.asked(section, policy)
    answers, wrong = questionnaire.read(profile.role, columns, fields.typed(columns, request.form))
    is_looking = "look" in request.form
    if wrong or is_looking:
        shown = {} if is_looking else wrong
        asked = fields.of_section(section, profile.role, policy, {}, shown, request.form)
        if is_looking:
            fields.resolve(asked)
        shown_of = None if is_new else profile
        return page(program, profile.role, section, asked, shown_of), 200 if is_looking else 422
    joining.save(change.session, profile, {column.name for column in columns}, answers)
    return change.done(_next(profile, section), _("Saved."))


def _next(profile: Profile, section: Section) -> str:
    """Return the next section of a draft, else the profile's own page."""
    sections = questionnaire.SECTIONS[profile.role]
    later = sections[sections.index(section) + 1 :]
    if profile.state is ProfileState.DRAFT and later:
        return url_for("profiles.edit", profile_id=profile.id, section=later[0].name)
    return url_for("profiles.show", profile_id=profile.id)


def _section(profile: Profile, name: str) -> Section:
    if profile.state is ProfileState.LEFT:
        raise WrongState(_("you have left this program, so there is nothing to change any more"))
    found = questionnaire.section(profile.role, name)
    if found is None:
        raise NotFound(_("there is no such part of the form"))
    return found


def _act(act: Callable[[Session, Profile], None], said: str) -> Response:
    with gate.change() as change:
        act(change.session, change.subject)
        return change.done(url_for("profiles.show", profile_id=change.subject.id), said)
