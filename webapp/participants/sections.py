"""The page of one section of the questions: shown, and kept or shown again with what is wrong."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flask import render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from matching.profiles.columns import Column
from mentorship.language import gettext as _
from mentorship.models import Profile, Program, Role
from mentorship.people import joining, questionnaire, questions
from mentorship.people.questionnaire import Section
from mentorship.programs import policies
from mentorship.states import ProfileState
from webapp import fields
from webapp.fields import Field
from webapp.gate import Change


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
    columns = _asked(session, program, role, section)
    stored = profile.answers if profile else answers or {}
    return _page(program, role, section, fields.of_columns(columns, role, stored, {}), profile)


@dataclass(frozen=True)
class Sent:
    """A section as it was filled in: the answers that were understood, and what is wrong."""

    section: Section
    columns: list[Column]
    answers: Mapping[str, Any]
    problems: Mapping[str, str]
    #: A search in a long list, without JavaScript: what was typed is ticked, and nothing is kept.
    is_looking: bool

    def fields(self, role: Role) -> list[Field]:
        """Return the fields as they were sent, with what is wrong."""
        errors = {} if self.is_looking else self.problems
        asked = fields.of_columns(self.columns, role, {}, errors, request.form)
        if self.is_looking:
            fields.resolve(asked, self.columns)
        return asked


def read(session: Session, program: Program, role: Role, section: Section) -> Sent:
    """Return what was filled in; call it before the transaction in which it is kept.

    Reading a form takes longer than keeping it, and whatever writes keeps other writers waiting.
    """
    columns = _asked(session, program, role, section)
    answers, problems = questionnaire.read(role, columns, fields.typed(columns, request.form))
    return Sent(section, columns, answers, problems, "look" in request.form)


def show_again(
    program: Program, role: Role, sent: Sent, profile: Profile | None = None
) -> tuple[str, int] | None:
    """Return a section's page with everything that is wrong; None where it can be kept."""
    if not sent.problems and not sent.is_looking:
        return None
    page = _page(program, role, sent.section, sent.fields(role), profile)
    return page, 200 if sent.is_looking else 422


def keep(change: Change, profile: Profile, sent: Sent) -> Response:
    """Keep what was filled in, and lead to the next section."""
    names = {column.name for column in sent.columns}
    joining.save(change.session, profile, names, sent.answers)
    return change.done(_next(profile.program, profile, sent.section), _("Saved."))


def _asked(session: Session, program: Program, role: Role, section: Section) -> list[Column]:
    policy = policies.current(session, program.id).body
    own = questions.columns(questions.of(program), role)
    return questionnaire.asked(section, policy, program.most_mentors, own)


def _page(
    program: Program, role: Role, section: Section, asked: list[Field], profile: Profile | None
) -> str:
    return render_template(
        "profiles/section.html",
        program=program,
        role=role,
        section=section,
        sections=questionnaire.sections(program, role),
        fields=asked,
        audience=Counter(field.audience for field in asked).most_common(1)[0][0],
        profile=profile,
        skip=_next(program, profile, section) if profile else None,
        address=lambda name: (
            url_for("profiles.edit", profile_id=profile.id, section=name) if profile else ""
        ),
    )


def _next(program: Program, profile: Profile, section: Section) -> str:
    """Return the next section of a draft, else the profile's own page."""
    sections = questionnaire.sections(program, profile.role)
    names = [each.name for each in sections]
    later = sections[names.index(section.name) + 1 :] if section.name in names else ()
    if profile.state is ProfileState.DRAFT and later:
        return url_for("profiles.edit", profile_id=profile.id, section=later[0].name)
    return url_for("profiles.show", profile_id=profile.id)
