"""The pages behind the buttons of emails: they work signed out, by a signed link.

Opening one changes nothing, because mail scanners open links: it shows buttons, which post. They
show no more than the email itself said: what the other is called, and the program.
"""

from __future__ import annotations

import functools
import uuid

from flask import Blueprint, redirect, render_template, request, url_for
from itsdangerous import BadSignature
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from mentorship import links
from mentorship.accounts.access import Action
from mentorship.errors import NotFound
from mentorship.language import gettext as _
from mentorship.models import Answer, Pairing, Question
from mentorship.pairings import answers
from mentorship.pairings.answers import Standing
from mentorship.people import clock
from mentorship.programs import programs
from webapp import gate, storage

bp = Blueprint("answers", __name__, url_prefix="/answers/<token>")


@bp.get("")
@gate.may(Action.VISIT)
def show(token: str) -> str:
    """Show the buttons, or what was answered and how to undo it."""
    with storage.reading() as session:
        standing = reached(session, token)
        other = _other(standing)
        program = programs.by_id(session, standing.pairing.program_id)
        runs_it = [c.person for c in programs.coordinators(session, program.id)]
        chosen = request.args.get("choice")
        pending = standing.pending
        return render_template(
            "answers/show.html",
            token=token,
            standing=standing,
            program=program,
            contact=runs_it[:1],
            question=_question(standing, other),
            choices=sorted(standing.choices, key=lambda choice: choice != chosen),
            label=functools.partial(answers.label, standing.question),
            meaning=answers.meaning(pending.question, pending.choice, other) if pending else None,
            may_add=pending is not None and _may_add(pending),
            may_meet=standing.question is not Question.ASK,
            most=answers.LONGEST_COMMENT,
        )


@bp.post("")
@gate.may(Action.VISIT)
def give(token: str) -> Response:
    """Keep an answer, or what is said beside it."""
    form = request.form
    with gate.change() as change:
        pairing_id, person_id, question = _read(token)
        answers.give(
            change.session,
            storage.settings(),
            pairing_id,
            person_id,
            question,
            form.get("choice", ""),
            comment=form.get("comment"),
            is_shared=form.get("is_shared") == "yes",
        )
        said = _("Thank you for the words.") if form.get("comment", "").strip() else None
        return change.done(url_for("answers.show", token=token), said)


@bp.post("/undo")
@gate.may(Action.VISIT)
def undo(token: str) -> Response:
    """Take an answer back."""
    place = url_for("answers.show", token=token)
    with gate.change() as change:
        standing = reached(change.session, token)
        given = standing.pending or standing.last
        if given is None:
            return redirect(place, 303)
        answers.undo(change.session, given)
        return change.done(place, _("Undone. It is as if you had not answered."))


def reached(session: Session, token: str) -> Standing:
    """Return where the person of a link stands, and speak to them as they read.

    Raises `NotFound` for a link that is not ours, or that leads to nothing.
    """
    pairing_id, person_id, question = _read(token)
    standing = answers.standing(session, pairing_id, person_id, question)
    zone = clock.Zones(session).look_up(standing.person, standing.pairing.program_id)
    gate.speak(standing.person.locale, str(zone))
    return standing


def links_of(pairing: Pairing, person_id: uuid.UUID) -> dict[str, str]:
    """Return the pages on which somebody who is signed in answers about a pairing."""

    def token(question: Question) -> str:
        return links.answer_token(pairing.id, person_id, question, storage.settings())

    met = token(Question.FIRST_MEETING)
    return {
        "ask": url_for("answers.show", token=token(Question.ASK)),
        "meeting": url_for("meetings.show", token=met),
        "met": url_for("answers.show", token=met, choice="met"),
        "not_fit": url_for("answers.show", token=met, choice="not_fit"),
    }


def _read(token: str) -> tuple[uuid.UUID, uuid.UUID, Question]:
    try:
        return links.read_answer_token(token, storage.settings())
    except BadSignature:
        raise NotFound(_("this link is incomplete; open it from the email once more")) from None


def _other(standing: Standing) -> str:
    return standing.pairing.other(standing.person.id).person.called


def _may_add(given: Answer) -> bool:
    """Return whether a line may be added: beside what ends a pairing, or answers a pulse."""
    ends = answers.CHOICES[given.question][given.choice].ending is not None
    return ends or given.question is Question.PULSE


def _question(standing: Standing, other: str) -> str:
    return {
        Question.ASK: _("Would you like to meet %(name)s?", name=other),
        Question.STEP_OUT: _("Does it not fit with %(name)s?", name=other),
        Question.FIRST_MEETING: _("Have you and %(name)s met?", name=other),
        Question.PULSE: _("How is it going with %(name)s?", name=other),
    }[standing.question]
