"""The page of one section of the questions: shown, and kept or shown again with what is wrong."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from mentorship.language import gettext as _
from mentorship.models import Profile, Program, Role
from mentorship.people import joining, questionnaire
from mentorship.people.questionnaire import Section
from mentorship.programs import policies
from mentorship.states import ProfileState
from webapp.gate import Change
from webapp.participants import fields
from webapp.participants.fields import Field


def show(
    session: Session,
    program: Program,
    role: Role,
    section: Section,
    profile: Profile | None = None,
    *,
    answers: Mapping[str, Any] | None = None,
) -> str:
    """Return a section's page with the answers of a profile, or with `answers` before it begins."""
    columns = questionnaire.asked(section, policies.current(session, program.id).body)
    stored = profile.answers if profile else answers or {}
    return _page(program, role, section, fields.of_columns(columns, role, stored, {}), profile)


def keep(
    change: Change, program: Program, profile: Profile, section: Section, *, is_new: bool = False
) -> Response | tuple[str, int]:
    """Keep what was filled in, or show it again with everything that is wrong, and keep nothing.

    A profile that `is_new` with this form is not kept either then, so no page leads to it.
    """
    role = profile.role
    columns = questionnaire.asked(section, policies.current(change.session, program.id).body)
    answers, problems = questionnaire.read(role, columns, fields.typed(columns, request.form))
    # A search in a long list, without JavaScript: what was typed is ticked, and nothing is kept.
    is_looking = "look" in request.form
    if problems or is_looking:
        errors = {} if is_looking else problems
        asked = fields.of_columns(columns, role, {}, errors, request.form)
        if is_looking:
            fields.resolve(asked, columns)
        page = _page(program, role, section, asked, None if is_new else profile)
        return page, 200 if is_looking else 422
    joining.save(change.session, profile, {column.name for column in columns}, answers)
    return change.done(_next(profile, section), _("Saved."))


def _page(
    program: Program, role: Role, section: Section, asked: list[Field], profile: Profile | None
) -> str:
    return render_template(
        "profiles/section.html",
        program=program,
        role=role,
        section=section,
        sections=questionnaire.SECTIONS[role],
        fields=asked,
        profile=profile,
        skip=_next(profile, section) if profile else None,
        address=lambda name: (
            url_for("profiles.edit", profile_id=profile.id, section=name) if profile else ""
        ),
    )


def _next(profile: Profile, section: Section) -> str:
    """Return the next section of a draft, else the profile's own page."""
    sections = questionnaire.SECTIONS[profile.role]
    later = sections[sections.index(section) + 1 :]
    if profile.state is ProfileState.DRAFT and later:
        return url_for("profiles.edit", profile_id=profile.id, section=later[0].name)
    return url_for("profiles.show", profile_id=profile.id)
