"""Rounds, for coordinators: start, watch, review, publish."""

from __future__ import annotations

import enum
import uuid
from typing import Any

from flask import Blueprint, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from mentorship.accounts.access import Action
from mentorship.coordination import review
from mentorship.language import gettext as _
from mentorship.language import mark
from mentorship.models import Existing, Program, Scope
from mentorship.people import sight
from mentorship.programs import programs
from mentorship.rounds import publishing, readiness, rounds
from mentorship.service import heartbeats
from mentorship.states import RoundState
from webapp import forms, gate, storage
from webapp.coordinators import figures, progress
from webapp.forms import Form, TickField

bp = Blueprint("rounds", __name__, url_prefix="/programs/<slug>/rounds")


class View(enum.StrEnum):
    """Which part of a round's page is shown."""

    PAIRS = "pairs"
    UNMATCHED = "unmatched"
    FIGURES = "figures"


class RoundForm(Form):
    """Whom a round is for, and what it does with existing pairings."""

    scope = forms.one_of(Scope)
    existing = forms.one_of(Existing)
    dry_run = TickField(mark("Dry run: a preview that can never be published."))


@bp.get("")
@gate.may(Action.COORDINATE)
def index(slug: str) -> str:
    """List a program's rounds and offer to start one."""
    session, program = gate.opened()
    scope = forms.narrowed("scope", Scope) or Scope.EVERYONE
    return _index(session, program, RoundForm(scope=scope, existing=Existing.KEEP))


@bp.post("")
@gate.may(Action.COORDINATE)
def start(slug: str) -> Response | tuple[str, int]:
    """Start a round, or lead to the one that is open."""
    form = RoundForm(request.form)
    if not form.validate():
        with storage.reading() as session:
            return _index(session, programs.get(session, slug), form), 422
    with gate.change() as change:
        round, is_new = rounds.start(
            change.session, change.subject, requested_by=str(gate.my_id()), **form.data
        )
        message = None if is_new else _("This round is still open; publish or discard it first.")
        return change.done(url_for("rounds.show", slug=slug, round_id=round.id), message)


@bp.get("/<uuid:round_id>")
@gate.may(Action.RUN_ROUND)
def show(slug: str, round_id: uuid.UUID) -> str:
    """Show how far a round is, or its pairs."""
    session, round = gate.opened()
    program = programs.by_id(session, round.program_id)
    number = forms.page_number()
    view = forms.narrowed("view", View) or View.PAIRS
    result = review.found_by(session, round.id)
    found = None
    if result is not None and view is View.UNMATCHED:
        found = review.unmatched(session, round.id, result, number)
    elif result is not None and view is View.PAIRS:
        found = review.pairs(session, round.id, result, number)
    return render_template(
        "rounds/show.html",
        program=program,
        round=round,
        progress=progress.of_round(round, heartbeats.is_alive(session, "matching")),
        result=result,
        few=sight.FEW,
        notes=readiness.in_words(session, result.no_effect) if result else [],
        view=view,
        found=found,
        figures=figures,
        State=RoundState,
    )


@bp.get("/<uuid:round_id>/progress", endpoint="progress")
@gate.may(Action.RUN_ROUND)
def show_progress(slug: str, round_id: uuid.UUID) -> dict[str, Any]:
    """Return how far a round is, for the script on its page."""
    session, round = gate.opened()
    return progress.of_round(round, heartbeats.is_alive(session, "matching"))


@bp.get("/<uuid:round_id>/publish")
@gate.may(Action.RUN_ROUND)
def preview(slug: str, round_id: uuid.UUID) -> str:
    """Show which emails publishing a round sends to whom."""
    session, round = gate.opened()
    owed = review.of_publishing(session, round)
    return render_template(
        "rounds/publish.html",
        program=programs.by_id(session, round.program_id),
        round=round,
        owed=owed,
        total=sum(len(of_kind) for _kind, of_kind in owed),
    )


@bp.post("/<uuid:round_id>/publish")
@gate.may(Action.RUN_ROUND)
def publish(slug: str, round_id: uuid.UUID) -> Response:
    """Publish a round: pairings begin, and everyone is sent an email."""
    with gate.change() as change:
        publishing.publish(change.session, change.subject, str(gate.my_id()))
        place = url_for("emails.index", slug=slug)
        return change.done(place, _("Published. The emails are being sent."))


@bp.post("/<uuid:round_id>/discard")
@gate.may(Action.RUN_ROUND)
def discard(slug: str, round_id: uuid.UUID) -> Response:
    """Discard a proposed round; no one is notified."""
    with gate.change() as change:
        rounds.discard(change.session, change.subject, str(gate.my_id()))
        place = url_for("rounds.index", slug=slug)
        return change.done(place, _("Discarded. No one was notified."))


@bp.post("/<uuid:round_id>/cancel")
@gate.may(Action.RUN_ROUND)
def cancel(slug: str, round_id: uuid.UUID) -> Response:
    """Stop a round that is being matched."""
    with gate.change() as change:
        rounds.cancel(change.session, change.subject, str(gate.my_id()))
        place = url_for("rounds.show", slug=slug, round_id=round_id)
        return change.done(place, _("Canceled. Nothing was changed."))


def _index(session: Session, program: Program, form: RoundForm) -> str:
    all_rounds = rounds.of_program(session, program.id)
    return render_template(
        "rounds/index.html",
        program=program,
        rounds=all_rounds,
        open_round=next((r for r in all_rounds if r.is_open and not r.dry_run), None),
        form=form,
    )
