"""The pairs of a round, for coordinators: look at one, decide by hand, match again around it."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from mentorship.accounts.access import Action
from mentorship.coordination import effects, pair_panel, pairs, review, roster
from mentorship.coordination.effects import Deciding, Swap, Told
from mentorship.coordination.pairs import Pair, Show, Sort
from mentorship.errors import Invalid, NotFound
from mentorship.language import gettext as _
from mentorship.language import mark
from mentorship.models import Decision, DecisionKind, Profile, Role, Round
from mentorship.pairings import reasons
from mentorship.pairings.sentences import Reader
from mentorship.people import questions, sight
from mentorship.people.sight import Viewer
from mentorship.programs import programs
from mentorship.rounds import decisions, publishing, rounds
from mentorship.states import ProfileState, RoundState
from webapp import forms, gate
from webapp.coordinators import decision_form, round_parts
from webapp.coordinators.decision_form import Chosen, DecisionForm
from webapp.forms import Form, IdsField, TickField

bp = Blueprint("pairs", __name__, url_prefix="/programs/<slug>/rounds/<uuid:round_id>")

#: The ways of showing pairs, in words.
SHOWS = {
    Show.ALL: mark("All"),
    Show.FIRST: mark("Review first"),
    Show.NEW: mark("New"),
    Show.KEPT: mark("Kept"),
    Show.WEAK: mark("Low score"),
    Show.HOURS: mark("No common hours"),
    Show.FULL: mark("Mentor is full"),
    Show.FIRST_MENTEE: mark("Mentor's first mentee"),
    Show.SAME_INSTITUTION: mark("Same institution"),
    Show.HELD: mark("Held back"),
    Show.BY_HAND: mark("By hand"),
}
_DONE = {
    DecisionKind.PAIR: mark("Pinned."),
    DecisionKind.PART: mark("Kept apart."),
    DecisionKind.LEAVE_OUT: mark("Left out of this round."),
}


class HoldForm(Form):
    """Pairs to hold back or to let go: one, or all that are shown."""

    held = TickField()
    show = forms.one_of(Show)
    pairing = IdsField()


@dataclass(frozen=True)
class Opened:
    """A pair that is open beside the list: see `templates/rounds/panel.html`."""

    pair: Pair
    mentee: Profile
    mentor: Profile
    lines: list[pair_panel.Line]
    load: int
    is_first_mentee: bool
    apart: Told | None
    for_mentee: list[effects.Suggestion]
    for_mentor: list[effects.Suggestion]
    tells_at_once: bool
    read: dict[Role, list[str]]
    place: pairs.Place | None

    @property
    def widest(self) -> float:
        """Return the most that a criterion adds or takes, to which all are drawn."""
        return max([abs(line.part or 0.0) for line in self.lines] or [0.0]) or 1.0

    @property
    def tells_parts(self) -> bool:
        """Return whether it is told what each criterion adds or takes."""
        return all(line.part is not None for line in self.lines)


@bp.get("/pairs/<uuid:mentee_id>/<uuid:mentor_id>")
@gate.may(Action.RUN_ROUND)
def show(slug: str, round_id: uuid.UUID, mentee_id: uuid.UUID, mentor_id: uuid.UUID) -> Any:
    """Show one pair beside the list of all."""
    session, round = gate.opened()
    result = review.found_by(session, round.id)
    if result is None:
        return round_parts.under_way(session, round)
    read = _Read.of(session, round, result)
    opened = _opened(read, mentee_id, mentor_id)
    if opened is None:
        # The round was matched again, and they are no longer a pair.
        view = "pairs" if result.has_options else None
        place = url_for("rounds.show", slug=slug, round_id=round_id, view=view, **_kept())
        return redirect(place)
    return _page(read, opened)


@bp.get("/people/<uuid:profile_id>")
@gate.may(Action.RUN_ROUND)
def person(slug: str, round_id: uuid.UUID, profile_id: uuid.UUID) -> str:
    """Show whom someone in a round could be paired with by hand."""
    session, round = gate.opened()
    profile = decision_form.profile_of(session, round, profile_id)
    sought = forms.searched()
    other = Role.MENTOR if profile.role is Role.MENTEE else Role.MENTEE
    found = None
    if sought:
        wanted = roster.Sought(text=sought, role=other, state=ProfileState.READY)
        found = roster.find(session, round.program_id, wanted, forms.page_number())
    decided = decisions.of_round(session, round.id)
    deciding = Deciding(session, round, decided)
    asked = forms.narrowed_id("effect")
    suggest = deciding.mentors_for if other is Role.MENTOR else deciding.mentees_for
    reason = review.reason_of(session, round.id, profile)
    return render_template(
        "rounds/person.html",
        program=programs.by_id(session, round.program_id),
        round=round,
        profile=profile,
        person=sight.title(profile, Viewer.COORDINATOR),
        title=lambda each: sight.title(each, Viewer.COORDINATOR),
        reason=reason,
        suggestions=suggest(profile, (), asked),
        places=deciding.places_for(profile) if other is Role.MENTOR else [],
        tells_at_once=deciding.tells_at_once,
        why_unknown=deciding.why_unknown,
        sought=sought,
        found=found,
        State=RoundState,
    )


@bp.post("/decisions")
@gate.may(Action.RUN_ROUND)
def decide(slug: str, round_id: uuid.UUID) -> Response:
    """Write a decision down, and say what it would change."""
    form = DecisionForm(request.form)
    if not form.validate():
        raise Invalid(" ".join(str(error) for each in form.errors.values() for error in each))
    with gate.change() as change:
        session, round = change.session, change.subject
        chosen = Chosen.of(session, round, form.choice.data or "")
        chosen.carry_out(session, round, form.why.data or "", overrides=bool(form.overrides.data))
        deciding = Deciding(session, round, decisions.of_round(session, round.id))
        told = [_(_DONE[chosen.kind]), deciding.why_unknown or _in_words(deciding.pending)]
        return change.done(_back(slug, round_id), " ".join(told))


@bp.post("/decisions/<uuid:decision_id>/undo")
@gate.may(Action.RUN_ROUND)
def undo(slug: str, round_id: uuid.UUID, decision_id: uuid.UUID) -> Response:
    """Take a decision back."""
    with gate.change() as change:
        decision = decisions.get(change.session, change.subject, decision_id)
        decisions.undo(change.session, change.subject, decision, str(gate.my_id()))
        return change.done(_back(slug, round_id), _("Taken back."))


@bp.post("/match-again")
@gate.may(Action.RUN_ROUND)
def match_again(slug: str, round_id: uuid.UUID) -> Response:
    """Match a round again around the decisions that hold."""
    with gate.change() as change:
        rounds.match_again(change.session, change.subject, str(gate.my_id()))
        return change.done(_back(slug, round_id))


@bp.post("/hold")
@gate.may(Action.RUN_ROUND)
def hold(slug: str, round_id: uuid.UUID) -> Response:
    """Hold the pairs that are shown back from publishing, or let them go."""
    form = HoldForm(request.form)
    held = bool(form.held.data)
    with gate.change() as change:
        session, round = change.session, change.subject
        result = review.found_by(session, round.id)
        if result is None:
            raise NotFound(_("this round has no pairs"))
        ids = form.pairing.data
        if not ids:
            decided = decisions.in_force(session, round.id)
            shown = form.show.data or Show.ALL
            ids = pairs.ids(session, pairs.Listing(round, result, decided, shown))
        publishing.hold(session, round, ids, held)
        message = (
            _("Held back. They'll be published when you choose to.")
            if held
            else _("They are published with the round.")
        )
        return change.done(_back(slug, round_id), message)


@dataclass(frozen=True)
class _Read:
    """A matched round as its page shows it, read once; `decided` has decisions taken back too."""

    session: Session
    round: Round
    result: review.Found
    decided: Sequence[Decision]
    listing: pairs.Listing
    deciding: Deciding

    @classmethod
    def of(cls, session: Session, round: Round, result: review.Found) -> _Read:
        decided = decisions.of_round(session, round.id)
        holding = [each for each in decided if each.undone_at is None]
        listing = pairs.Listing(round, result, holding, _shown(), _sorted())
        return cls(session, round, result, decided, listing, Deciding(session, round, decided))


def list_page(session: Session, round: Round, result: review.Found) -> str:
    """Return the page of a round's pairs."""
    return _page(_Read.of(session, round, result), None)


def _page(read: _Read, opened: Opened | None) -> str:
    """Return the page of a round's pairs, with one of them open beside the list, or none."""
    session, round, result, listing = read.session, read.round, read.result, read.listing
    return render_template(
        "rounds/pairs.html",
        **round_parts.of(session, round, result),
        view="pairs",
        found=pairs.page(session, listing, forms.page_number()),
        counts=pairs.count(session, listing),
        shows=SHOWS,
        show=listing.show,
        sort=listing.sort,
        Sort=Sort,
        decided=read.decided,
        deciding=read.deciding,
        opened=opened,
        title=lambda profile: sight.title(profile, Viewer.COORDINATOR),
    )


def _opened(read: _Read, mentee_id: uuid.UUID, mentor_id: uuid.UUID) -> Opened | None:
    """Return a pair with all that its panel shows, None where the two are none in the round."""
    session, round, listing = read.session, read.round, read.listing
    pair = pairs.one(session, listing, mentee_id, mentor_id)
    if pair is None:
        return None
    mentee, mentor = pair.pairing.mentee, pair.pairing.mentor
    deciding = read.deciding
    is_open = round.state is RoundState.PROPOSED
    asked = forms.narrowed_id("effect")
    apart = None
    if is_open and (deciding.tells_at_once or asked == mentee.id):
        apart = deciding.of(effects.parting(mentee, mentor))
    with_mentor, with_mentee = (pairs.partners(session, listing, each) for each in (mentor, mentee))
    swap = Swap.of(round, mentee, mentor.id, with_mentee)
    return Opened(
        pair=pair,
        mentee=mentee,
        mentor=mentor,
        lines=pair_panel.lines(mentee, mentor, review.contributions(pair.pairing)),
        load=len(with_mentor),
        is_first_mentee=not pairs.has_mentored(session, mentor),
        apart=apart,
        for_mentee=deciding.mentors_for(mentee, with_mentee, asked, swap) if is_open else [],
        for_mentor=deciding.mentees_for(mentor, with_mentor, asked) if is_open else [],
        tells_at_once=deciding.tells_at_once,
        read={
            role: reasons.of_pair(
                pair.pairing.reasons,
                reader,
                Viewer.MATCH,
                mentee=sight.called(mentee, Viewer.COORDINATOR),
                mentor=sight.called(mentor, Viewer.COORDINATOR),
                asked=questions.of_profile(mentee),
            )
            for role, reader in ((Role.MENTEE, Reader.MENTEE), (Role.MENTOR, Reader.MENTOR))
        },
        place=pairs.place(session, listing, pair),
    )


def _shown() -> Show:
    return forms.narrowed("show", Show) or Show.ALL


def _sorted() -> Sort:
    return forms.narrowed("sort", Sort) or Sort.REVIEW


def _kept() -> dict[str, Any]:
    """Return what of the list's address goes on to another page of it."""
    show, sort = _shown(), _sorted()
    return {
        "show": None if show is Show.ALL else show.value,
        "sort": None if sort is Sort.REVIEW else sort.value,
        "page": request.args.get("page") if forms.page_number() > 1 else None,
    }


def _back(slug: str, round_id: uuid.UUID) -> str:
    """Return the page that a form was on: one of this round's, whatever was sent."""
    there = request.form.get("back", "")
    start = url_for("rounds.show", slug=slug, round_id=round_id)
    is_ours = there == start or there.startswith((f"{start}/", f"{start}?"))
    return there if is_ours and "\\" not in there and "//" not in there else start


def _in_words(told: Told | None) -> str:
    if told is None:
        return _("What it changes is known once the round is matched again.")
    return _("%(points)s points: %(words)s.", points=told.points, words=told.words)
