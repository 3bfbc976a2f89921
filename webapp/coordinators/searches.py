"""Searches for people and emails, as addresses of pages hold them."""

from __future__ import annotations

import uuid
from typing import Any

from flask import request

from mentorship.coordination import ledger
from mentorship.coordination.roster import Need, Sought
from mentorship.language import gettext as _
from mentorship.language import mark
from mentorship.models import EmailKind, Program, Role
from mentorship.people import gaps, questionnaire, questions
from mentorship.people.gaps import Dimension
from mentorship.states import EmailState, ProfileState
from webapp import forms
from webapp.coordinators import shortages
from webapp.options import Groups, Option

#: What a list shows that is narrowed to people with a need.
_NEEDS = {
    Need.WAITING: mark("Mentees waiting for a mentor"),
    Need.FREE: mark("Mentors with free places"),
    Need.OVER: mark("Mentors with more mentees than places"),
    Need.UNREACHED: mark("People whose email address doesn't work"),
}
#: The menu that adds one answer to what a list of people is narrowed by.
ANSWER = "answer"
#: What narrows a list of emails, in its address.
OF_EMAILS = ("q", "state", "kind")
#: These stand in place of a state of emails: those that may have come twice, and that came back.
IN_DOUBT, CAME_BACK = "in_doubt", "came_back"
#: What is one state to coordinators: a worker has it.
SENDING = (EmailState.CLAIMED, EmailState.SUBMITTING)


def people(program: Program) -> Sought:
    """Return the search for people that the address of this page holds."""
    return Sought(
        text=forms.searched(),
        role=forms.narrowed("role", Role),
        state=forms.narrowed("state", ProfileState),
        need=forms.narrowed("need", Need),
        traits={
            dimension: id
            for dimension in Dimension
            if (id := request.args.get(dimension.value)) and gaps.is_shown(dimension, id)
        },
        choices=_choices(program),
        ids=tuple(_id(text) for text in request.args.getlist("person")),
    )


def _choices(program: Program) -> dict[str, str]:
    """Return the answers that the address asks for, as far as coordinators may look for them."""
    added, _colon, choice = request.args.get(ANSWER, "").partition(":")
    sought = {**request.args.to_dict(), added: choice}
    return {
        question.name: sought[question.name]
        for question in questions.of(program)
        if sought.get(question.name) in questions.choices_told(question)
    }


def answers(program: Program) -> Groups:
    """Return the answers to a program's own questions by which coordinators may look for people."""
    return [
        (question.label, [
            Option(f"{question.name}:{choice}", questionnaire.option(question.column, choice))
            for choice in told
        ])
        for question in questions.of(program)
        if (told := questions.choices_told(question))
    ]  # fmt: skip


def _id(text: str) -> uuid.UUID:
    """Return an id, for what is none that of no one: a damaged address must not mean everyone."""
    try:
        return uuid.UUID(text)
    except ValueError:
        return uuid.UUID(int=0)


def address(sought: Sought) -> dict[str, Any]:
    """Return a search as the part of an address that `people` reads."""
    if sought.ids:
        return {"person": [str(id) for id in sought.ids]}
    named = {
        "q": sought.text,
        "role": sought.role,
        "state": sought.state,
        "need": sought.need,
        **{dimension.value: id for dimension, id in sought.traits.items()},
        **sought.choices,
    }
    return {name: str(value) for name, value in named.items() if value}


def narrowed(sought: Sought, program: Program) -> list[tuple[str, str, str]]:
    """Return by what a list is narrowed beside its fields: name and value in addresses, words."""
    narrowed = [("need", sought.need.value, _(_NEEDS[sought.need]))] if sought.need else []
    for dimension, id in sought.traits.items():
        what, which = _(shortages.WORDS[dimension][0]), shortages.name(dimension, id)
        words = _("%(what)s: %(which)s", what=what, which=which)
        narrowed.append((dimension.value, id, words))
    for question in questions.of(program):
        if (choice := sought.choices.get(question.name)) is not None:
            which = questionnaire.shown(question.column, choice)
            words = _("%(what)s: %(which)s", what=question.label, which=which)
            narrowed.append((question.name, choice, words))
    return narrowed


def emails() -> ledger.Sought:
    """Return the search for emails that the address of this page holds."""
    chosen, state = request.args.get("state"), forms.narrowed("state", EmailState)
    return ledger.Sought(
        states=SENDING if state in SENDING else (state,) if state else (),
        is_doubted=chosen == IN_DOUBT,
        has_come_back=chosen == CAME_BACK,
        kind=forms.narrowed("kind", EmailKind),
        text=forms.searched(),
    )
