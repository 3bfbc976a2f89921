"""One person, for the coordinators of a program: what they look after, and change for them."""

from __future__ import annotations

import dataclasses
import uuid
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from flask import Blueprint, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response
from wtforms.fields import IntegerField
from wtforms.validators import InputRequired, ValidationError

from matching.profiles.columns import MOST_CAPACITY, Column
from mentorship import language
from mentorship.accounts.access import Action
from mentorship.coordination import health, history, ledger
from mentorship.errors import Invalid, NotFound
from mentorship.language import gettext as _
from mentorship.language import mark
from mentorship.models import Profile, Program, Role, Scope
from mentorship.pairings import answers, choices, pairings
from mentorship.people import cards, notes, on_behalf, profiles, questionnaire, sight
from mentorship.people.cards import Card
from mentorship.people.questionnaire import Section
from mentorship.people.questions import is_own
from mentorship.people.sight import Viewer
from mentorship.programs import policies, programs
from mentorship.states import LIVE_PAIRING, ProfileState
from webapp import fields, gate, stale, storage
from webapp.coordinators import pairings as desk_pairings
from webapp.fields import Field
from webapp.forms import Form, TextField
from webapp.stale import Difference

bp = Blueprint("person", __name__, url_prefix="/programs/<slug>/people/<uuid:profile_id>")

#: What the parts of the form are called here, where others fill them in.
_TITLES = {
    "you": mark("About them"),
    "hopes": mark("What they hope for"),
    "meeting": mark("How they like to meet"),
    "wishes": mark("Their preferences"),
    "offer": mark("What they offer"),
    "more": mark("More about them"),
}
#: How many of their last emails are listed.
MOST_EMAILS = 5


class NoteForm(Form):
    """A note about someone."""

    text = TextField(mark("New note"), longest=notes.LONGEST)


class CapacityForm(Form):
    """How many mentees a mentor takes."""

    capacity = IntegerField(
        mark("Places"),
        [InputRequired()],
        render_kw={"min": 0, "max": MOST_CAPACITY, "inputmode": "numeric", "class": "short"},
    )

    def validate_capacity(self, field: IntegerField) -> None:
        """Refuse what no mentor can have."""
        if field.data is not None and not 0 <= field.data <= MOST_CAPACITY:
            raise ValidationError(_("Enter a number from 0 to %(most)s.", most=MOST_CAPACITY))


@bp.post("/capacity")
@gate.may(Action.ADMIT)
def change_capacity(slug: str, profile_id: uuid.UUID) -> Response | tuple[str, int]:
    """Change how many mentees a mentor takes."""
    form = CapacityForm(request.form)
    is_valid, found = form.validate(), []
    with gate.change() as change:
        profile = change.subject
        if profile.role is not Role.MENTOR:
            raise NotFound(_("only mentors have places"))
        if is_valid:
            change.session.refresh(profile, with_for_update=True)
            found = stale.overtaken(form, {"capacity": profile.capacity})
        if is_valid and not found:
            actor = str(gate.my_id())
            on_behalf.change(change.session, profile, actor, ["capacity"], dict(form.data))
            message = _("Saved. They'll get an email about it.")
            if profile.excess:
                message = _(
                    "Saved. They have more mentees than places now: choose which pairings end."
                )
            return change.done(_place(slug, profile_id), message)
        # It is sent again having seen what stands here, or what it was opened with.
        seen = stale.stamp({"capacity": profile.capacity}) if found else stale.sent_stamp()
    with storage.reading() as session:
        profile = profiles.get(session, profile_id)
        answer = page(session, profile, capacity=form, overtaken=found, seen=seen)
        return answer, 409 if found else 422


@bp.post("/pause")
@gate.may(Action.ADMIT)
def pause(slug: str, profile_id: uuid.UUID) -> Response:
    """Pause someone: no new matches for now."""
    return _act(on_behalf.pause, _("Paused. They'll get an email about it."))


@bp.post("/resume")
@gate.may(Action.ADMIT)
def resume(slug: str, profile_id: uuid.UUID) -> Response:
    """Let someone take part again."""
    return _act(on_behalf.resume, _("They're taking part again and will get an email about it."))


@bp.post("/notes")
@gate.may(Action.ADMIT)
def write_note(slug: str, profile_id: uuid.UUID) -> Response | tuple[str, int]:
    """Keep a note that only coordinators see."""
    form = NoteForm(request.form)
    with gate.change() as change:
        try:
            notes.write(change.session, change.subject, gate.my_id(), form.data["text"])
        except Invalid as error:
            form.explain(error)
        else:
            place = _place(slug, profile_id, "notes")
            return change.done(place, _("Saved. Only coordinators see it."))
    with storage.reading() as session:
        return page(session, profiles.get(session, profile_id), note=form), 422


@bp.post("/notes/<uuid:note_id>/delete")
@gate.may(Action.ADMIT)
def delete_note(slug: str, profile_id: uuid.UUID, note_id: uuid.UUID) -> Response:
    """Delete the visitor's own note."""
    with gate.change() as change:
        notes.delete(change.session, change.subject, gate.my_id(), note_id)
        return change.done(_place(slug, profile_id, "notes"), _("Note deleted."))


@bp.get("/answers/<section>")
@gate.may(Action.ADMIT)
def edit(slug: str, profile_id: uuid.UUID, section: str) -> str:
    """Show one section of the questions, with what coordinators read of the answers."""
    session, profile = gate.opened()
    program = programs.by_id(session, profile.program_id)
    columns = _asked(session, program, profile, section)
    stored = _stored(profile, columns)
    shown = fields.of_columns(columns, profile.role, stored, {})
    return _form(program, profile, section, shown, stored)


@bp.post("/answers/<section>")
@gate.may(Action.ADMIT)
def save(slug: str, profile_id: uuid.UUID, section: str) -> Response | tuple[str, int]:
    """Change answers for someone, who is told."""
    with storage.reading() as session:
        profile = profiles.get(session, profile_id)
        program = programs.by_id(session, profile.program_id)
        columns = _asked(session, program, profile, section)
        sent, problems = questionnaire.read(
            profile.role, columns, fields.typed(columns, request.form)
        )
        is_looking = "look" in request.form
        if problems or is_looking:
            errors = {} if is_looking else problems
            shown = fields.of_columns(columns, profile.role, {}, errors, request.form)
            if is_looking:
                fields.resolve(shown, columns)
            html = _form(program, profile, section, shown, stale.sent_stamp())
            return html, 200 if is_looking else 422
    with gate.change() as change:
        profile = change.subject
        change.session.refresh(profile, with_for_update=True)
        stored = _stored(profile, columns)
        found = stale.changed(stored, sent)
        problems = {}
        if not found:
            names = [column.name for column in columns]
            try:
                on_behalf.change(change.session, profile, str(gate.my_id()), names, sent)
            except Invalid as error:
                problems = {n: language.sentence(words) for n, words in error.fields.items()}
            else:
                message = _("Saved. They'll get an email that says what was changed.")
                return change.done(_place(slug, profile_id), message)
    taken = {name: stored[name] for name, is_conflict in found.items() if not is_conflict}
    differences = _differences(columns, found, sent, stored)
    with storage.reading() as session:
        profile = profiles.get(session, profile_id)
        shown = fields.of_columns(columns, profile.role, {**sent, **taken}, problems)
        program = programs.by_id(session, profile.program_id)
        html = _form(program, profile, section, shown, stored, differences)
        return html, 409 if found else 422


def page(
    session: Session,
    profile: Profile,
    *,
    note: NoteForm | None = None,
    capacity: CapacityForm | None = None,
    overtaken: Sequence[Difference] = (),
    seen: str | None = None,
) -> str:
    """Return the page of a person, with forms as they were sent.

    `seen` is the stamp of a form about capacity that was sent.
    """
    mine, viewer = gate.my_id(), Viewer.COORDINATOR
    is_hidden = sight.is_hidden(profile, viewer)
    known = pairings.known_of(session, profile)
    live = [pairing for pairing in known if pairing.state in LIVE_PAIRING]
    return render_template(
        "people/show.html",
        program=programs.by_id(session, profile.program_id),
        profile=profile,
        person=_card(profile),
        card=_card,
        told=questionnaire.told(profile, viewer),
        sections=[] if is_hidden else _sections(profile),
        part=_part,
        pairings=known,
        is_paired=bool(live),
        findings=health.findings(session, known, mine),
        ending=history.ending,
        reasons=desk_pairings.reasons(),
        shared=[] if is_hidden else answers.shared(session, profile, mine),
        label=choices.label,
        has_notes=notes.may_keep(profile, mine),
        notes=notes.of_profile(session, profile, mine),
        author=notes.author,
        note=note or NoteForm(),
        capacity=capacity or CapacityForm(obj=profile),
        stamp=seen or stale.stamp({"capacity": profile.capacity}),
        overtaken=overtaken,
        emails=[]
        if is_hidden
        else ledger.latest(session, profile.program_id, profile.person_id, MOST_EMAILS),
        history=[] if is_hidden else history.of_profile(session, profile, known),
        unmatched=Scope.UNMATCHED,
        State=ProfileState,
    )


def _act(act: Callable[[Session, Profile, str], None], message: str) -> Response:
    with gate.change() as change:
        act(change.session, change.subject, str(gate.my_id()))
        place = url_for("people.show", **(request.view_args or {}))
        return change.done(place, message)


def _place(slug: str, profile_id: uuid.UUID, part: str | None = None) -> str:
    return url_for("people.show", slug=slug, profile_id=profile_id, _anchor=part)


def _card(profile: Profile) -> Card:
    return cards.of_profile(profile, Viewer.COORDINATOR)


def _sections(profile: Profile) -> list[Section]:
    """Return the parts of the form in which coordinators read an answer."""
    return [
        section
        for section in questionnaire.sections(profile.program, profile.role)
        if any(on_behalf.is_read(profile.program, name) for name in section.questions)
    ]


def _part(section: Section) -> str:
    return _(_TITLES.get(section.name, section.title))


def _asked(session: Session, program: Program, profile: Profile, name: str) -> list[Column]:
    section = questionnaire.section(program, profile.role, name)
    if section not in _sections(profile) or sight.is_hidden(profile, Viewer.COORDINATOR):
        raise NotFound(_("this part of the form doesn't exist"))
    policy = policies.current(session, program.id).body
    return on_behalf.asked(section, program, policy, profile.role)


def _stored(profile: Profile, columns: Sequence[Column]) -> dict[str, Any]:
    seen = sight.answers(profile, Viewer.COORDINATOR)
    return {column.name: seen.get(column.name) for column in columns}


def _differences(
    columns: Sequence[Column],
    found: Mapping[str, bool],
    sent: Mapping[str, Any],
    stored: Mapping[str, Any],
) -> list[Difference]:
    def words(column: Column, value: Any) -> str:
        return stale.in_words(value) if not value else questionnaire.shown(column, value)

    return [
        Difference(
            column.title if is_own(column.name) else questionnaire.title(column.name),
            words(column, sent.get(column.name)),
            words(column, stored[column.name]),
            found[column.name],
        )
        for column in columns
        if column.name in found
    ]


def _for_others(shown: Sequence[Field]) -> list[Field]:
    """Return fields by what coordinators call them, without what only the person may choose."""
    return [
        dataclasses.replace(
            field,
            question=field.question if is_own(field.name) else questionnaire.title(field.name),
            options=[
                (heading, [o for o in group if not on_behalf.is_private(field.name, o.value)])
                for heading, group in field.options
            ],
        )
        for field in shown
    ]


def _form(
    program: Program,
    profile: Profile,
    name: str,
    shown: Sequence[Field],
    stored: Mapping[str, Any] | str,
    overtaken: Sequence[Difference] = (),
) -> str:
    """Return the page of one section; `stored` is what the form was opened with, or its stamp."""
    return render_template(
        "people/edit.html",
        program=program,
        profile=profile,
        person=_card(profile),
        section=questionnaire.section(program, profile.role, name),
        sections=_sections(profile),
        part=_part,
        fields=_for_others(shown),
        stamp=stored if isinstance(stored, str) else stale.stamp(stored),
        overtaken=overtaken,
    )
