"""What outcomes say about a policy's weights: shown beside it, tried, and used; never by itself."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from flask import Blueprint, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from matching.policy import Policy
from mentorship import language
from mentorship.accounts.access import Action
from mentorship.coordination import review
from mentorship.language import gettext as _
from mentorship.models import Program, Round
from mentorship.pairings.criteria import CRITERIA
from mentorship.people import sight
from mentorship.programs import advice, policies
from mentorship.programs.advice import Advice
from mentorship.rounds import rounds
from webapp import gate, storage

bp = Blueprint("outcomes", __name__, url_prefix="/programs/<slug>/policy/outcomes")

#: Surer than this is said as "more than", since nothing is certain.
_SUREST = 0.99


@dataclass(frozen=True)
class Weight:
    """One criterion's weight in words: now, suggested, and where 90 % of what is believed lies."""

    label: str
    now: str
    suggested: str
    between: str


@dataclass(frozen=True)
class Shown:
    """What outcomes say, for the page: `sure` and `went_well` are percentages in words.

    `went_well` is None where too few went well, or did not, to be told. `trial` is the last dry run
    of what is suggested, `changed` how many of its pairs are others, of how many, once it is done.
    """

    advice: Advice
    went_well: str | None
    sure: str
    weights: tuple[Weight, ...]
    trial: Round | None
    changed: tuple[int, int] | None


def shown(session: Session, program: Program) -> Shown:
    """Return what outcomes say about a program's current policy."""
    found = _advice(session, program)
    bad = found.outcomes - found.well
    trial, changed = None, None
    if found.suggested is not None:
        current = policies.current(session, program.id)
        trial = rounds.last_trial(session, current, found.suggested)
        result = review.found_by(session, trial.id) if trial else None
        if result is not None and result.others is not None:
            changed = result.others, result.measures["matched"]
    return Shown(
        advice=found,
        went_well=(
            language.percent(found.well / found.outcomes)
            if min(found.well, bad) >= sight.FEW
            else None
        ),
        sure=_sure(1 - found.leave) if found.leave is not None else "",
        weights=tuple(_weights(session, program, found)),
        trial=trial,
        changed=changed,
    )


@bp.post("/try")
@gate.may(Action.COORDINATE)
def try_out(slug: str) -> Response:
    """Start a dry run with the weights that outcomes suggest, for everyone and afresh."""
    with gate.change() as change:
        suggested = _suggested(change.session, change.subject)
        trial = rounds.try_out(change.session, change.subject, suggested, str(gate.my_id()))
        place = url_for("policies.show", slug=slug, trial=trial.id, _anchor="trial")
        return change.done(place)


@bp.post("/use")
@gate.may(Action.COORDINATE)
def use(slug: str) -> Response:
    """Adopt the policy with the weights that outcomes suggest as a new version."""
    with gate.change() as change:
        suggested = _suggested(change.session, change.subject)
        seen = request.form.get("version", type=int)
        adopted = policies.change(
            change.session,
            change.subject,
            str(gate.my_id()),
            suggested,
            seen=seen,
            note=_("As outcomes suggest"),
        )
        assert adopted is not None  # noqa: S101 - what is suggested differs
        message = _("Saved as version %(version)s.", version=adopted.version)
        return change.done(url_for("policies.show", slug=slug), message)


def _advice(session: Session, program: Program) -> Advice:
    return advice.of_program(session, program, storage.settings().most_starts)


def _suggested(session: Session, program: Program) -> Policy:
    number = request.form.get("lesson", type=int)
    return advice.suggestion(session, program, storage.settings().most_starts, number=number)


def _sure(share: float) -> str:
    if share > _SUREST:
        return _("more than %(share)s", share=language.percent(_SUREST))
    return language.percent(share)


def _weights(session: Session, program: Program, found: Advice) -> Iterator[Weight]:
    """Yield the criteria that outcomes may speak for, in the order of the policy."""
    if found.suggested is None:
        return
    now = policies.content(policies.current(session, program.id)).weights
    for name, (low, high) in found.intervals.items():
        yield Weight(
            label=_(CRITERIA[name].label),
            now=language.number(now[name]),
            suggested=language.number(found.suggested.weights[name]),
            between=_(
                "%(low)s to %(high)s",
                low=language.number(round(low, 1)),
                high=language.number(round(high, 1)),
            ),
        )
