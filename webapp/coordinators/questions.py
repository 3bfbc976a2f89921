"""A program's own questions: listed, added, worded, ordered and retired by its coordinators."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from typing import Any

from flask import Blueprint, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response
from wtforms.validators import InputRequired, Optional

from matching.policy import MUST
from matching.profiles.columns import Audience
from matching.profiles.questions import Kind
from mentorship import language
from mentorship.accounts.access import Action
from mentorship.errors import Invalid
from mentorship.language import gettext as _
from mentorship.language import mark
from mentorship.models import Program, Role
from mentorship.people import questionnaire
from mentorship.people.questions import (
    LONGEST_HINT,
    LONGEST_LABEL,
    MOST_ASKED,
    ProgramQuestion,
    asked,
    choices_told,
    of,
)
from mentorship.programs import policies, programs, questions
from mentorship.programs.questions import Wording
from webapp import forms, gate, storage
from webapp.forms import Form, LineField, TextField, TickField

bp = Blueprint("questions", __name__, url_prefix="/programs/<slug>/questions")

KINDS = {
    Kind.ONE: (mark("One choice"), mark("People choose one of the answers you give.")),
    Kind.SEVERAL: (mark("Several choices"), mark("People choose as many as they like.")),
    Kind.YES_NO: (mark("Yes or no"), ""),
    Kind.NUMBER: (mark("Number"), mark("A whole number. Not used for matching.")),
    Kind.TEXT: (mark("Text"), mark("A few sentences of their own. Not used for matching.")),
}


class Asked(enum.StrEnum):
    """Who is asked a question."""

    BOTH = "both"
    MENTEE = "mentee"
    MENTOR = "mentor"

    @property
    def roles(self) -> tuple[Role, ...]:
        """Return the roles that are asked."""
        return tuple(Role) if self is Asked.BOTH else (Role(self.value),)

    @classmethod
    def of(cls, question: ProgramQuestion) -> Asked:
        """Return who is asked a question."""
        return cls.BOTH if len(question.roles) > 1 else cls(question.roles[0].value)


class Seen(enum.StrEnum):
    """Who reads the answers."""

    COORDINATORS = "coordinators"
    MATCH = "match"
    NOBODY = "nobody"

    @property
    def audience(self) -> Audience:
        """Return the audience of an answer."""
        return Audience[self.name]


ASKED = {
    Asked.BOTH: (
        mark("Mentees and mentors"),
        mark("Required for the question to count in matching."),
    ),
    Asked.MENTEE: (mark("Mentees"), ""),
    Asked.MENTOR: (mark("Mentors"), ""),
}
SEEN = {
    Seen.COORDINATORS: (mark("Coordinators"), ""),
    Seen.MATCH: (mark("Coordinators, and their match once introduced"), ""),
    Seen.NOBODY: (mark("No one"), mark("It is used for matching only.")),
}


class QuestionForm(Form):
    """How a question is worded; `choices` holds new ones, a line each."""

    label = LineField(mark("Question"), [InputRequired()], longest=LONGEST_LABEL)
    hint = LineField(mark("Hint below the question"), [Optional()], longest=LONGEST_HINT)
    kind = forms.one_of(Kind)
    choices = TextField(mark("Choices, one on each line"), [Optional()])
    roles = forms.one_of(Asked)
    audience = forms.one_of(Seen)
    is_required = TickField(mark("Everyone must answer it. Lists you import can leave it out."))

    def wording(self, sent: Mapping[str, str]) -> Wording | None:
        """Return the question as it was sent, None where something is missing."""
        if not self.validate():
            return None
        prefix = "choice-"
        renamed = {k.removeprefix(prefix): v for k, v in sent.items() if k.startswith(prefix)}
        return Wording(
            self.data["label"],
            self.data["kind"],
            self.data["roles"].roles,
            self.data["audience"].audience,
            self.data["hint"],
            self.data["is_required"],
            renamed,
            self.data["choices"].splitlines(),
        )


@bp.get("")
@gate.may(Action.COORDINATE)
def index(slug: str) -> str:
    """List a program's own questions, in the order in which they are asked."""
    session, program = gate.opened()
    policy = policies.content(policies.current(session, program.id))
    every = of(program)
    return render_template(
        "questions/index.html",
        program=program,
        asked=asked(every),
        retired=[each for each in every if each.is_retired],
        most=MOST_ASKED,
        facts=_facts,
        use=lambda question: _use(questions.use(policy, question.name)),
        told=lambda question: [
            (choice, questionnaire.option(question.column, choice))
            for choice in choices_told(question)
        ],
    )


@bp.get("/new")
@gate.may(Action.COORDINATE)
def new(slug: str) -> str:
    """Ask for a question to add."""
    _session, program = gate.opened()
    form = QuestionForm(kind=Kind.ONE, roles=Asked.BOTH, audience=Seen.COORDINATORS)
    return _page(program, form, None)


@bp.post("")
@gate.may(Action.COORDINATE)
def add(slug: str) -> Response | tuple[str, int]:
    """Add a question."""
    form = QuestionForm(request.form)
    if (wording := form.wording(request.form)) is not None:
        with gate.change() as change:
            try:
                questions.add(change.session, change.subject, str(gate.my_id()), wording)
            except Invalid as error:
                form.explain(error)
            else:
                return change.done(url_for("questions.index", slug=slug), _("Question added."))
    with storage.reading() as session:
        return _page(programs.get(session, slug), form, None), 422


@bp.get("/<name>")
@gate.may(Action.COORDINATE)
def edit(slug: str, name: str) -> str:
    """Show how a question is worded."""
    session, program = gate.opened()
    question = questions.get(program, name)
    form = QuestionForm(
        label=question.label,
        hint=question.hint,
        kind=question.kind,
        roles=Asked.of(question),
        audience=Seen[question.audience.name],
        is_required=question.is_required,
    )
    return _page(program, form, question, session)


@bp.post("/<name>")
@gate.may(Action.COORDINATE)
def save(slug: str, name: str) -> Response | tuple[str, int]:
    """Reword a question."""
    form = QuestionForm(request.form)
    wording = form.wording(request.form)
    with gate.change() as change:
        questions.get(change.subject, name)
        if wording is not None:
            try:
                questions.change(change.session, change.subject, str(gate.my_id()), name, wording)
            except Invalid as error:
                form.explain(error)
            else:
                return change.done(url_for("questions.index", slug=slug), _("Saved."))
    with storage.reading() as session:
        program = programs.get(session, slug)
        return _page(program, form, questions.get(program, name), session), 422


@bp.post("/<name>/move")
@gate.may(Action.COORDINATE)
def move(slug: str, name: str) -> Response:
    """Ask a question earlier or later."""
    places = -1 if request.form.get("to") == "earlier" else 1
    with gate.change() as change:
        questions.move(change.session, change.subject, str(gate.my_id()), name, places)
        return change.done(url_for("questions.index", slug=slug))


@bp.post("/<name>/retire")
@gate.may(Action.COORDINATE)
def retire(slug: str, name: str) -> Response:
    """Ask a question no more."""
    with gate.change() as change:
        kept = questions.retire(change.session, change.subject, str(gate.my_id()), name)
        message = (
            _("Retired. Its answers are kept.") if kept else _("Removed; no one had answered.")
        )
        return change.done(url_for("questions.index", slug=slug), message)


@bp.post("/<name>/ask-again")
@gate.may(Action.COORDINATE)
def ask_again(slug: str, name: str) -> Response:
    """Ask a question again that was retired."""
    with gate.change() as change:
        questions.ask_again(change.session, change.subject, str(gate.my_id()), name)
        return change.done(
            url_for("questions.index", slug=slug), _("This question is asked again.")
        )


def _page(
    program: Program,
    form: QuestionForm,
    question: ProgramQuestion | None,
    session: Session | None = None,
) -> str:
    is_answered = bool(
        question and session and questions.answered_by(session, program, question.name)
    )
    choices = question.choices if question else ()
    return render_template(
        "questions/edit.html",
        program=program,
        form=form,
        question=question,
        choices=[(id, request.form.get(f"choice-{id}", label)) for id, label in choices],
        is_answered=is_answered,
        kinds=_worded(KINDS),
        asked=_worded(ASKED),
        seen=_worded(SEEN),
    )


def _worded(options: Mapping[Any, tuple[str, str]]) -> dict[str, tuple[str, str]]:
    return {
        option.value: (_(title), _(text) if text else "")
        for option, (title, text) in options.items()
    }


def _facts(question: ProgramQuestion) -> str:
    """Return what kind of question it is, who answers and who reads, in a line."""
    return " · ".join(
        [
            _(KINDS[question.kind][0]),
            _("answered by %(who)s", who=_lower(_(ASKED[Asked.of(question)][0]))),
            _("read by %(who)s", who=_lower(_(SEEN[Seen[question.audience.name]][0]))),
            *([_("required")] if question.is_required else []),
        ]
    )


def _use(use: float | str) -> str:
    if use == MUST:
        return _("Pairs must share an answer")
    if use:
        return _("Weight %(weight)s", weight=language.number(float(use)))
    return _("Not used for matching")


def _lower(words: str) -> str:
    return words[:1].lower() + words[1:]
