"""Rounds, for coordinators: start, watch, review, publish."""

from __future__ import annotations

import enum
import uuid
from typing import Any

from flask import Blueprint, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response
from wtforms.validators import Optional

from mentorship import language
from mentorship.accounts.access import Action
from mentorship.coordination import comparison, review
from mentorship.coordination.review import Found
from mentorship.errors import Invalid
from mentorship.language import gettext as _
from mentorship.language import mark, ngettext
from mentorship.models import Existing, Program, Round, Scope
from mentorship.people import sight
from mentorship.people.sight import Viewer
from mentorship.programs import programs
from mentorship.rounds import decisions, publishing, publishing_times, rematch, rounds, schedules
from mentorship.rounds.trials import Change
from mentorship.service import heartbeats
from webapp import forms, gate, storage
from webapp.coordinators import frontiers, pairs, progress, round_parts
from webapp.forms import Form, MomentField, TextField, TickField

#: What a dry run of another policy is compared with: the round by the program's own.
_OWN = "policy"

bp = Blueprint("rounds", __name__, url_prefix="/programs/<slug>/rounds")

_STILL_OPEN = mark("This round is still open; publish or discard it first.")


class View(enum.StrEnum):
    """Which part of a round's page is shown."""

    PAIRS = "pairs"
    UNMATCHED = "unmatched"
    FIGURES = "figures"
    OPTIONS = "options"


class RoundForm(Form):
    """Whom a round is for, and what it does with existing pairings."""

    scope = forms.one_of(Scope)
    existing = forms.one_of(Existing)
    dry_run = TickField(mark("Dry run: a preview that can never be published."))
    without = TextField(
        mark("Leave people out"),
        [Optional()],
        description=mark(
            "Email addresses or IDs, one on each line. They won't be matched, and won't hear "
            "about this round."
        ),
        render_kw={"rows": 2},
    )


class PublishingTimeForm(Form):
    """When a round is to be published, in the coordinator's time zone."""

    at = MomentField(mark("Publish at"), format=["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"])


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
    if form.validate():
        with gate.change() as change:
            session, program, me = change.session, change.subject, str(gate.my_id())
            asked = dict(form.data)
            try:
                left_out = decisions.named(session, program.id, asked.pop("without"))
            except Invalid as error:
                form.explain(Invalid(str(error), fields={"without": str(error)}))
            else:
                round, is_new = rounds.start(session, program, requested_by=me, **asked)
                if is_new:
                    decisions.leave_out(session, round, left_out, me)
                place = url_for("rounds.show", slug=slug, round_id=round.id)
                return change.done(place, None if is_new else _(_STILL_OPEN))
    with storage.reading() as session:
        return _index(session, programs.get(session, slug), form), 422


@bp.get("/<uuid:round_id>")
@gate.may(Action.RUN_ROUND)
def show(slug: str, round_id: uuid.UUID) -> str:
    """Show how far a round is, or its pairs."""
    session, round = gate.opened()
    result = review.found_by(session, round.id)
    if result is None:
        return round_parts.under_way(session, round)
    # Who asked for options sees these first.
    first = View.OPTIONS if result.has_options and not request.args else View.PAIRS
    view = forms.narrowed("view", View) or first
    if view is View.OPTIONS and result.has_options:
        return _options(session, round, result)
    if view in (View.PAIRS, View.OPTIONS):
        return pairs.list_page(session, round, result)
    found = None
    if view is View.UNMATCHED:
        found = review.unmatched(session, round.id, result, forms.page_number())
    return render_template(
        "rounds/show.html",
        **round_parts.of(session, round, result),
        view=view,
        found=found,
    )


def _options(session: Session, round: Round, result: Found) -> str:
    found = rematch.options(session, round) or {}
    return render_template(
        "rounds/show.html",
        **round_parts.of(session, round, result),
        view=View.OPTIONS,
        options=frontiers.options(found["points"]),
        frontiers=frontiers,
        is_complete=found["is_complete"],
        outdated=rematch.is_outdated(session, round),
    )


@bp.post("/<uuid:round_id>/rematch")
@gate.may(Action.RUN_ROUND)
def start_rematch(slug: str, round_id: uuid.UUID) -> Response:
    """Start a round that changes as many existing pairs at most as an option of a dry run."""
    changed = request.form.get("changed", -1, type=int)
    with gate.change() as change:
        session, trial = change.session, change.subject
        program = programs.by_id(session, trial.program_id)
        round, is_new = rematch.start(session, program, trial, changed, str(gate.my_id()))
        place = url_for("rounds.show", slug=slug, round_id=round.id)
        return change.done(place, None if is_new else _(_STILL_OPEN))


@bp.get("/<uuid:round_id>/compare")
@gate.may(Action.RUN_ROUND)
def compare(slug: str, round_id: uuid.UUID) -> str:
    """Show what is different from another round, person by person."""
    session, round = gate.opened()
    result = review.found_by(session, round.id)
    if result is None:
        return round_parts.under_way(session, round)
    others = comparison.comparable(session, round)
    sought = request.args.get("with", _OWN if round.tried else "")
    other = next((each for each in others if str(each.id) == sought), None)
    found = comparison.compare_with_own(session, round) if sought == _OWN else None
    if other is None and found is None:
        # The last one that was published says most of what changes for people.
        published = [each for each in others if not each.dry_run and each.published_at]
        other = next(iter(published or others), None)
    if other is not None:
        found = comparison.compare(session, other, round)
    return render_template(
        "rounds/compare.html",
        **round_parts.of(session, round, result),
        view="compare",
        other=other,
        comparison=found,
        own=_OWN if result.beside else None,
        Change=Change,
        title=lambda profile: sight.title(profile, Viewer.COORDINATOR),
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
    return _preview(session, round)


def _preview(session: Session, round: Round, form: PublishingTimeForm | None = None) -> str:
    owed = review.of_publishing(session, round)
    return render_template(
        "rounds/publish.html",
        program=programs.by_id(session, round.program_id),
        round=round,
        owed=owed,
        total=sum(len(of_kind) for _kind, of_kind in owed),
        held=review.held(session, round.id),
        is_pending=decisions.pending(session, round),
        form=form or PublishingTimeForm(),
    )


@bp.post("/<uuid:round_id>/publish")
@gate.may(Action.RUN_ROUND)
def publish(slug: str, round_id: uuid.UUID) -> Response:
    """Publish a round: pairings begin, and everyone is sent an email."""
    with gate.change() as change:
        publishing.publish(change.session, change.subject, str(gate.my_id()))
        place = url_for("emails.index", slug=slug)
        return change.done(place, _("Published. The emails are being sent."))


@bp.post("/<uuid:round_id>/publish-held")
@gate.may(Action.RUN_ROUND)
def publish_held(slug: str, round_id: uuid.UUID) -> Response:
    """Publish the pairs that were held back when their round was published."""
    with gate.change() as change:
        begun = publishing.publish_held(change.session, change.subject, str(gate.my_id()))
        message = ngettext(
            "%(n)s pair published. The emails are being sent.",
            "%(n)s pairs published. The emails are being sent.",
            begun,
        )
        return change.done(url_for("rounds.show", slug=slug, round_id=round_id), message)


@bp.post("/<uuid:round_id>/schedule")
@gate.may(Action.RUN_ROUND)
def schedule(slug: str, round_id: uuid.UUID) -> Response | tuple[str, int]:
    """Say when a round is to be published."""
    form = PublishingTimeForm(request.form)
    if form.validate():
        at = form.data["at"].replace(tzinfo=language.current().zone)
        with gate.change() as change:
            try:
                publishing_times.schedule(change.session, change.subject, at, str(gate.my_id()))
            except Invalid as error:
                form.explain(Invalid(str(error), fields={"at": str(error)}))
            else:
                place = url_for("rounds.preview", slug=slug, round_id=round_id)
                return change.done(place, _("Scheduled. You can cancel this until then."))
    with storage.reading() as session:
        return _preview(session, session.get_one(Round, round_id), form), 422


@bp.post("/<uuid:round_id>/unschedule")
@gate.may(Action.RUN_ROUND)
def unschedule(slug: str, round_id: uuid.UUID) -> Response:
    """Cancel the scheduled publishing of a round."""
    with gate.change() as change:
        publishing_times.schedule(change.session, change.subject, None, str(gate.my_id()))
        place = url_for("rounds.preview", slug=slug, round_id=round_id)
        return change.done(place, _("No longer scheduled. Nothing was sent."))


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
        schedule=schedules.of_program(session, program.id),
        has_pairs=rematch.has_pairs(session, program),
    )
