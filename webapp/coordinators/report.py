"""The report of a program on one page, to print or to save as PDF."""

from __future__ import annotations

import datetime
from typing import Any

from flask import Blueprint, render_template, request
from wtforms.validators import Optional

from matching.profiles import taxonomy
from mentorship import database, language
from mentorship.accounts.access import Action
from mentorship.coordination import report, tables
from mentorship.language import gettext as _
from mentorship.language import mark
from mentorship.people.gaps import Dimension
from mentorship.people.sight import FEW
from mentorship.roles import Role
from webapp import gate
from webapp.forms import DayField, Form

bp = Blueprint("report", __name__, url_prefix="/programs/<slug>/report")

_HEADINGS = {
    (Role.MENTEE, Dimension.STAGE): mark("Mentees by career stage"),
    (Role.MENTOR, Dimension.STAGE): mark("Mentors by career stage"),
    (Role.MENTEE, Dimension.FIELD): mark("Mentees by the specialty they name first"),
    (Role.MENTOR, Dimension.FIELD): mark("Mentors by specialty"),
}
_KINDS = {Dimension.STAGE: "stage", Dimension.FIELD: "specialty"}


class PeriodForm(Form):
    """The first and the last day of what is reported; both may be open."""

    since = DayField(mark("From"), [Optional()], render_kw={"class": "short"})
    until = DayField(mark("To"), [Optional()], render_kw={"class": "short"})


@bp.get("")
@gate.may(Action.COORDINATE)
def show(slug: str) -> str | tuple[str, int]:
    """Show what became of the people who joined in a time."""
    session, program = gate.opened()
    form = PeriodForm(request.args)
    is_valid = form.validate()
    days = form.data if is_valid else {"since": None, "until": None}
    found = report.of_program(
        session, program, _begin(days["since"]), _begin(days["until"], days=1)
    )
    page = render_template(
        "report/show.html",
        program=program,
        form=form,
        days=days,
        report=found,
        headings=_HEADINGS,
        name=_name,
        satisfied=_satisfied,
        few=FEW,
        least=report.LEAST_ANSWERS,
        step=report.STEP,
        today=tables.local(database.now(session)).date(),
    )
    return page if is_valid else (page, 422)


def _begin(day: datetime.date | None, days: int = 0) -> datetime.datetime | None:
    """Return when a day, or one so many later, begins on the reader's clock."""
    if day is None:
        return None
    day = min(day, datetime.date.max - datetime.timedelta(days=2)) + datetime.timedelta(days=days)
    day = max(day, datetime.date.min + datetime.timedelta(days=2))
    return datetime.datetime.combine(day, datetime.time(), tzinfo=language.current().zone)


def _name(dimension: Dimension, id: str | None) -> str:
    if id is None:
        return _("All others")
    return _(taxonomy.load().label(_KINDS[dimension], id)) if id else _("Not specified")


def _satisfied(outcome: Any) -> str:
    """Return the share of those satisfied in words, a dash where it is not told."""
    share = outcome.share_satisfied
    if share is None:
        return "–"
    words = language.percent(share)
    if share >= 1 - report.STEP:
        return f"≥ {words}"
    return f"≤ {words}" if share <= report.STEP else words
