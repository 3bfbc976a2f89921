"""Lists to export, as CSV or as an Excel workbook: all pages of exactly what is listed."""

from __future__ import annotations

import itertools
import logging
import uuid
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from flask import Blueprint, Response
from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from mentorship import database, language
from mentorship.accounts.access import Action
from mentorship.coordination import health as pairing_health
from mentorship.coordination import history, ledger, paging, review, roster, tables
from mentorship.coordination import pairs as round_pairs
from mentorship.coordination.health import Health
from mentorship.coordination.pairs import Pair, Show, Sort
from mentorship.coordination.tables import Cell, File, Table
from mentorship.emails import kinds
from mentorship.errors import Invalid
from mentorship.language import gettext as _
from mentorship.models import Email, Pairing, Profile, Program, Role, Round
from mentorship.pairings.pairings import WITH_PEOPLE
from mentorship.people import cards, questionnaire, questions, sight
from mentorship.people.questions import ProgramQuestion
from mentorship.people.sight import Viewer
from mentorship.rounds import decisions
from mentorship.states import EmailState, PairingState
from webapp import forms, gate, labels
from webapp.coordinators import searches

log = logging.getLogger(__name__)
bp = Blueprint("exports", __name__, url_prefix="/programs/<slug>")

#: The formats, by what a file's name ends with.
FORMATS: dict[str, Callable[[Table], File]] = {"csv": tables.as_csv, "xlsx": tables.as_workbook}
#: Rows that a file holds at most, and that are read at once.
MOST_ROWS, _AT_ONCE = 50_000, 1_000
_VIEWER = Viewer.COORDINATOR


@bp.get("/people/export.<any(csv, xlsx):format>")
@gate.may(Action.COORDINATE)
def people(slug: str, format: str) -> Response:
    """Export the people whom the search in the address finds."""
    session, program = gate.opened()
    found = _read(session, roster.matching(session, program.id, searches.people(program)))
    own = [each for each in questions.of(program) if sight.sees_answers(_VIEWER, each)]
    headings = [
        _("Name"), _("Goes by"), _("Pronouns"), _("Email"), _("Role"), _("Status"),
        _("Career stage"), _("Specialties"), _("Institution"), _("City"), _("Country"),
        _("Languages"), _("Time zone"), _("Mentees"), _("Places"), _("Rounds waiting"),
        _("Email bounces"), _("Added on"), _("ID in your list"), _("ID here"),
        *(question.label for question in own),
    ]  # fmt: skip
    rows = (_person(profile) + _own(profile, own) for profile in found)
    return _file(session, format, f"{slug}-people", Table(_("People"), headings, rows))


def _own(profile: Profile, asked: Sequence[ProgramQuestion]) -> list[Cell]:
    """Return what someone answered to the program's own questions."""
    seen = sight.answers(profile, _VIEWER)
    return [
        questionnaire.shown(each.column, seen[each.name]) if each.name in seen else ""
        for each in asked
    ]


def _person(profile: Profile) -> list[Cell]:
    status = labels.state_name(profile.state)
    role = _("Mentee") if profile.role is Role.MENTEE else _("Mentor")
    name, reference = sight.title(profile, _VIEWER), sight.reference(profile)
    if sight.is_hidden(profile, _VIEWER):
        return [name, "", "", "", role, status, *[""] * 13, reference]
    card, seen = cards.of_profile(profile, _VIEWER), sight.answers(profile, _VIEWER)
    is_mentor = profile.role is Role.MENTOR
    return [
        name,
        card.called if card.called != name else "",
        card.pronouns,
        card.email,
        role,
        status,
        card.stage,
        "; ".join(card.fields),
        seen.get("institution", ""),
        seen.get("city", ""),
        questionnaire.country(seen["country"]) if "country" in seen else "",
        "; ".join(card.languages),
        card.timezone,
        profile.places_taken if is_mentor else None,
        profile.capacity,
        None if is_mentor else profile.rounds_waiting,
        _("Yes") if profile.person.address_problem else "",
        tables.local(profile.created_at).date(),
        seen.get(f"{profile.role}_id", ""),
        reference,
    ]


@bp.get("/emails/export.<any(csv, xlsx):format>")
@gate.may(Action.COORDINATE)
def emails(slug: str, format: str) -> Response:
    """Export the emails that the search in the address finds, without their text."""
    session, program = gate.opened()
    found = _read(session, ledger.matching(program.id, searches.emails()))
    headings = [
        _("To"), _("Email"), _("Kind"), _("Status"), _clock(_("Queued")), _clock(_("Due")),
        _clock(_("Sent")), _("Reason"),
    ]  # fmt: skip
    rows = _emails(session, program, found)
    return _file(session, format, f"{slug}-emails", Table(_("Emails"), headings, rows))


def _emails(session: Session, program: Program, found: Iterator[Email]) -> Iterator[list[Cell]]:
    while some := list(itertools.islice(found, _AT_ONCE)):
        readers = ledger.readers(session, program.id, some)
        for email in some:
            reader = readers[email.id]
            reason = labels.failure(email.failure or "") if email.came_back_at else email.last_error
            yield [
                reader.name,
                reader.address,
                kinds.label(email.kind),
                labels.email_status(email).words,
                email.created_at,
                email.due_at if email.state is EmailState.READY else None,
                email.sent_at,
                None if reader.is_hidden else reason,
            ]


@bp.get("/pairings/export.<any(csv, xlsx):format>")
@gate.may(Action.COORDINATE)
def pairings(slug: str, format: str) -> Response:
    """Export all pairings that people have been told of, the newest first."""
    session, program = gate.opened()
    told = Pairing.program_id == program.id, Pairing.state != PairingState.PROPOSED
    query = (
        select(Pairing)
        .join(Round, Pairing.round_id == Round.id)
        .where(*told)
        .options(*WITH_PEOPLE)
        .order_by(Round.number.desc(), Pairing.score.desc(), Pairing.id)
    )
    of_program = select(Round.id, Round.number).where(Round.program_id == program.id)
    numbers = {row.id: row.number for row in session.execute(of_program)}
    headings = [
        *_both(), _("Status"), _("Round"), _("Score"), _("Introduced on"), _("Met on"),
        _("Ended on"),
    ]  # fmt: skip
    rows = (
        [
            *_two(pairing),
            labels.state_name(pairing.state),
            numbers[pairing.round_id],
            labels.score(pairing.score),
            *_days(pairing),
        ]
        for pairing in _read(session, query)
    )
    return _file(session, format, f"{slug}-pairings", Table(_("Pairings"), headings, rows))


@bp.get("/pairings/health.<any(csv, xlsx):format>")
@gate.may(Action.COORDINATE)
def health(slug: str, format: str) -> Response:
    """Export how pairings are doing, as the page about that lists them."""
    session, program = gate.opened()
    state = forms.narrowed("state", Health)
    headings = [
        *_both(), _("Status"), _("What we know"), _("Asked on"), _("Introduced on"), _("Met on"),
        _("Ended on"),
    ]  # fmt: skip
    rows = (
        [
            *_two(pairing),
            labels.health_name(finding.health),
            history.ending(pairing) if pairing.ended_at else labels.finding(finding),
            tables.local(pairing.asked_at).date() if pairing.asked_at else None,
            *_days(pairing),
        ]
        for pairing, finding in pairing_health.every(session, program.id, gate.my_id(), state)
    )
    return _file(session, format, f"{slug}-pairings", Table(_("Pairings"), headings, rows))


def _days(pairing: Pairing) -> list[Cell]:
    times = pairing.introduced_at, pairing.met_at, pairing.ended_at
    return [tables.local(at).date() if at else None for at in times]


def _both() -> list[str]:
    return [_("Mentee"), _("Mentee's email"), _("Mentor"), _("Mentor's email")]


def _two(pairing: Pairing) -> list[Cell]:
    return [
        part
        for profile in (pairing.mentee, pairing.mentor)
        for part in (sight.title(profile, _VIEWER), sight.address(profile, _VIEWER))
    ]


@bp.get("/rounds/<uuid:round_id>/pairs.<any(csv, xlsx):format>")
@gate.may(Action.RUN_ROUND)
def pairs(slug: str, round_id: uuid.UUID, format: str) -> Response:
    """Export a round's pairs as its page shows them."""
    session, round = gate.opened()
    found = review.found_by(session, round.id)
    listed: Iterator[Pair] = iter(())
    if found is not None:
        show = forms.narrowed("show", Show) or Show.ALL
        sort = forms.narrowed("sort", Sort) or Sort.REVIEW
        holding = decisions.in_force(session, round.id)
        listing = round_pairs.Listing(round, found, holding, show, sort)
        listed = round_pairs.every(session, listing)
    headings = [*_both(), _("Score"), _("Pair"), _("Why"), _("What to look at")]
    rows = (
        [
            *_two(pair.pairing),
            labels.score(pair.score),
            labels.of_pair(pair).words,
            " ".join(pair.reasons),
            " ".join(pair.flags),
        ]
        for pair in listed
    )
    name, table = f"{slug}-round-{round.number}-pairs", Table(_("Pairs"), headings, rows)
    return _file(session, format, name, table)


@bp.get("/rounds/<uuid:round_id>/unmatched.<any(csv, xlsx):format>")
@gate.may(Action.RUN_ROUND)
def unmatched(slug: str, round_id: uuid.UUID, format: str) -> Response:
    """Export the people whom a round left unmatched."""
    session, round = gate.opened()
    headings = [_("Person"), _("Email"), _("Role"), _("Why")]
    rows = (
        [
            person["name"],
            person["person"],
            _("Mentee") if person["role"] == Role.MENTEE else _("Mentor"),
            person["reason"],
        ]
        for person in review.of_round(session, round)["unmatched"]
    )
    name, table = f"{slug}-round-{round.number}-unmatched", Table(_("Unmatched"), headings, rows)
    return _file(session, format, name, table)


def _clock(heading: str) -> str:
    """Return the heading of a column of times, which says on whose clock they are."""
    return _("%(what)s (%(zone)s time)", what=heading, zone=language.zone_name())


def _read(session: Session, query: Select[Any]) -> Iterator[Any]:
    """Yield what a list finds, a part at a time. Raises `Invalid` if it is too long for a file."""
    total = paging.count(session, query)
    if total > MOST_ROWS:
        raise Invalid(
            _(
                "this list has %(total)s rows, and a file holds %(most)s; filter the list first",
                total=language.number(total),
                most=language.number(MOST_ROWS),
            )
        )
    return iter(session.scalars(query, execution_options={"yield_per": _AT_ONCE}))


def _file(session: Session, format: str, name: str, table: Table) -> Response:
    file = FORMATS[format](table)
    log.info("person %s exported the list %s as %s", gate.my_id(), name, format)
    day = tables.local(database.now(session)).date()
    headers = {"Content-Disposition": f'attachment; filename="{name}-{day}.{format}"'}
    return Response(file.content, content_type=file.type, headers=headers)
