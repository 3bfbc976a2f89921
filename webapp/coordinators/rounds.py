"""Rounds, for whoever runs a program: start, watch, look at, publish."""

from __future__ import annotations

import uuid
from typing import Any

from flask import Blueprint, render_template, request, url_for
from werkzeug.wrappers import Response

from mentorship import language
from mentorship.accounts.access import Action
from mentorship.coordination import review
from mentorship.errors import Invalid
from mentorship.language import gettext as _
from mentorship.models import Existing, Round, Scope
from mentorship.programs import programs
from mentorship.rounds import publishing, rounds
from mentorship.service import heartbeats
from mentorship.states import RoundState
from webapp import gate
from webapp.coordinators import figures

bp = Blueprint("rounds", __name__, url_prefix="/programs/<slug>/rounds")


@bp.get("")
@gate.may(Action.COORDINATE)
def index(slug: str) -> str:
    """List a program's rounds and offer to start one."""
    session, program = gate.opened()
    found = rounds.of_program(session, program.id)
    return render_template(
        "rounds/index.html",
        program=program,
        rounds=found,
        open_round=next((r for r in found if r.is_open and not r.dry_run), None),
        scopes=list(Scope),
        existing=list(Existing),
    )


@bp.post("")
@gate.may(Action.COORDINATE)
def start(slug: str) -> Response:
    """Start a round, or lead to the one that is open."""
    form = request.form
    if form.get("scope") not in list(Scope) or form.get("existing") not in list(Existing):
        raise Invalid(_("say whom the round is for and what happens to pairings that exist"))
    with gate.change() as change:
        round, is_new = rounds.start(
            change.session,
            change.subject,
            requested_by=str(gate.my_id()),
            scope=Scope(form["scope"]),
            existing=Existing(form["existing"]),
            dry_run=form.get("dry_run") == "yes",
        )
        said = None if is_new else _("This round is still open; decide about it first.")
        return change.done(url_for("rounds.show", slug=slug, round_id=round.id), said)


@bp.get("/<uuid:round_id>")
@gate.may(Action.RUN_ROUND)
def show(slug: str, round_id: uuid.UUID) -> str:
    """Show how far a round is, or what it found."""
    session, round = gate.opened()
    program = programs.by_id(session, round.program_id)
    page = min(max(1, request.args.get("page", 1, type=int)), 100_000)
    view = request.args.get("view")
    view = view if view in ("unmatched", "figures") else "pairs"
    result = review.found_by(session, round.id)
    found = None
    if result is not None and view == "unmatched":
        found = review.unmatched(session, round.id, page)
    elif result is not None and view == "pairs":
        found = review.pairs(session, round.id, result, page)
    return render_template(
        "rounds/show.html",
        program=program,
        round=round,
        standing=_standing(round, heartbeats.is_alive(session, "matching")),
        result=result,
        view=view,
        found=found,
        figures=figures,
        State=RoundState,
    )


@bp.get("/<uuid:round_id>/progress")
@gate.may(Action.RUN_ROUND)
def progress(slug: str, round_id: uuid.UUID) -> dict[str, Any]:
    """Say how far a round is, for the page that shows it."""
    session, round = gate.opened()
    return _standing(round, heartbeats.is_alive(session, "matching"))


@bp.get("/<uuid:round_id>/publish")
@gate.may(Action.RUN_ROUND)
def preview(slug: str, round_id: uuid.UUID) -> str:
    """Show what goes to whom once a round is published."""
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
    """Publish a round: pairings begin and everybody is sent an email."""
    with gate.change() as change:
        publishing.publish(change.session, change.subject, str(gate.my_id()))
        place = url_for("emails.index", slug=slug)
        return change.done(place, _("Published. The emails are on their way."))


@bp.post("/<uuid:round_id>/discard")
@gate.may(Action.RUN_ROUND)
def discard(slug: str, round_id: uuid.UUID) -> Response:
    """Drop a proposed round; nobody hears of it."""
    with gate.change() as change:
        rounds.discard(change.session, change.subject, str(gate.my_id()))
        place = url_for("rounds.index", slug=slug)
        return change.done(place, _("Discarded. Nobody was told anything."))


@bp.post("/<uuid:round_id>/cancel")
@gate.may(Action.RUN_ROUND)
def cancel(slug: str, round_id: uuid.UUID) -> Response:
    """Stop a round that is being matched."""
    with gate.change() as change:
        rounds.cancel(change.session, change.subject, str(gate.my_id()))
        place = url_for("rounds.show", slug=slug, round_id=round_id)
        return change.done(place, _("Cancelled. Nothing was changed."))


#: What part of the work is done before a stage and in it; a rough measure for the time left.
_STAGES = {
    "loading": (0.0, 0.1),
    "scoring": (0.1, 0.1),
    "listing": (0.2, 0.45),
    # These take turns, nobody knows how often.
    "solving": (0.7, 0.0),
    "balancing": (0.7, 0.0),
    "proving": (0.7, 0.0),
    "explaining": (0.75, 0.25),
}


def _standing(round: Round, is_alive: bool) -> dict[str, Any]:
    """Return how far a round is, in words and numbers."""
    names = {
        "loading": _("Reading everybody's answers"),
        "scoring": _("Preparing everybody's answers"),
        "listing": _("Weighing every possible pair"),
        "solving": _("Finding the best whole"),
        "balancing": _("Evening out"),
        "proving": _("Proving that it is the best"),
        "explaining": _("Writing the reasons"),
    }
    standing: dict[str, Any] = {
        "state": round.state.value,
        "stage": None,
        "share": 0.0,
        "count": None,
        "left": None,
        "waits": round.state is RoundState.QUEUED and not is_alive,
    }
    told = round.progress
    if round.state is RoundState.MATCHING and told:
        before, share = _STAGES.get(told["stage"], (0.0, 0.1))
        done = before + share * told["done"] / max(1, told["total"])
        standing |= {
            "stage": names.get(told["stage"], told["stage"]),
            "share": int(100 * done) / 100,
        }
        if told["total"] > 1:
            standing["count"] = _(
                "%(done)s of %(total)s",
                done=language.number(told["done"]),
                total=language.number(told["total"]),
            )
        if done > 0 and told.get("seconds"):
            standing["left"] = language.duration(told["seconds"] * (1 - done) / done)
    elif round.state is RoundState.QUEUED:
        standing["stage"] = _("Waiting for a worker")
    return standing
