"""The pages behind the buttons of emails: they work signed out, by a signed link.

Opening one changes nothing, because mail scanners open links: it shows buttons, which post. They
show no more than the email itself: the name of the other person once both are introduced, and the
program.
"""

from __future__ import annotations

import functools

from flask import Blueprint, redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from mentorship.accounts.access import Action
from mentorship.errors import Invalid
from mentorship.language import gettext as _
from mentorship.language import mark, sentence
from mentorship.models import Question, Reply
from mentorship.pairings import answers, choices
from mentorship.pairings.answers import Inquiry
from mentorship.people import sight
from mentorship.programs import programs
from webapp import gate, storage
from webapp.participants import email_links

bp = Blueprint("answers", __name__, url_prefix="/answers/<token>")

#: What a page asks; `%(name)s` is the other of the two.
_QUESTIONS = {
    Question.ASK: mark("Would you like to meet %(name)s?"),
    Question.STEP_OUT: mark("Isn't %(name)s the right match?"),
    Question.FIRST_MEETING: mark("Have you and %(name)s met?"),
    Question.PULSE: mark("How is it going with %(name)s?"),
}


@bp.get("")
@gate.may(Action.VISIT)
def show(token: str) -> str:
    """Show the buttons, or what was answered and how to undo it."""
    with storage.reading() as session:
        return _page(session, token)


@bp.post("")
@gate.may(Action.VISIT)
def give(token: str) -> Response | tuple[str, int]:
    """Save an answer, or the words beside it."""
    form = request.form
    with gate.change() as change:
        pairing_id, person_id, question = email_links.read(change.session, token)
        try:
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
        except Invalid as error:
            if not form.get("comment"):
                raise  # The answers themselves are buttons.
            problem = sentence(error)
        else:
            message = _("Thank you for your note.") if form.get("comment", "").strip() else None
            return change.done(url_for("answers.show", token=token), message)
    with storage.reading() as session:
        return _page(session, token, problem), 422


@bp.post("/undo")
@gate.may(Action.VISIT)
def undo(token: str) -> Response:
    """Take an answer back."""
    place = url_for("answers.show", token=token)
    with gate.change() as change:
        inquiry = email_links.opened(change.session, token)
        answer = inquiry.pending or inquiry.last
        if answer is None:
            return redirect(place, 303)
        answers.undo(change.session, answer)
        return change.done(place, _("Undone. It's as if you hadn't answered."))


def _page(session: Session, token: str, problem: str | None = None) -> str:
    """Return the page; with a problem, beside the words as they were written."""
    inquiry = email_links.opened(session, token)
    other = _other(inquiry)
    program = programs.by_id(session, inquiry.pairing.program_id)
    runs_it = [c.person for c in programs.coordinators(session, program.id)]
    chosen = request.args.get("choice")
    pending = inquiry.pending
    return render_template(
        "answers/show.html",
        token=token,
        inquiry=inquiry,
        program=program,
        contact=runs_it[:1],
        question=_(_QUESTIONS[inquiry.question], name=other),
        choices=sorted(inquiry.choices, key=lambda choice: choice != chosen),
        label=functools.partial(choices.label, inquiry.question),
        meaning=choices.meaning(pending.question, pending.choice, other) if pending else None,
        may_add=pending is not None and _may_add(pending),
        may_meet=inquiry.question is Question.FIRST_MEETING,
        most=answers.LONGEST_COMMENT,
        undo_seconds=storage.settings().undo_seconds,
        error=problem,
        typed=request.form["comment"] if problem else "",
        is_shared=bool(problem) and request.form.get("is_shared") == "yes",
    )


def _other(inquiry: Inquiry) -> str:
    pairing = inquiry.pairing
    return sight.called(pairing.other(inquiry.person.id), sight.in_pairing(pairing))


def _may_add(given: Reply) -> bool:
    """Return whether a line may be added: beside what ends a pairing, or answers a pulse."""
    ends = choices.CHOICES[given.question][given.choice].ending is not None
    return ends or given.question is Question.PULSE
