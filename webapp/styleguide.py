"""A page that shows every part that pages are made of; on a developer's own machine only."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, render_template

from matching.profiles.columns import Widget
from mentorship.accounts.access import Action
from webapp import gate, week
from webapp.fields import Field
from webapp.options import Option

bp = Blueprint("styleguide", __name__)


@bp.get("/styleguide")
@gate.may(Action.VISIT)
def show() -> str:
    """Show every part, each field once and one of them with an error."""
    return render_template("design/styleguide.html", examples=_examples())


def _examples() -> list[Field]:
    some = [("", [Option("one", "First", "uno, eins"), Option("two", "Second", "dos", True)])]

    def example(widget: Widget, question: str, **more: Any) -> Field:
        return Field(f"example_{widget}", question, "Seen by coordinators", widget, **more)

    return [
        example(Widget.LINE, "One line of text", error="Please answer this."),
        example(Widget.AREA, "Several lines", hint="As many as you like.", most=500),
        example(Widget.NUMBER, "A number", least=0, most=9),
        example(Widget.SELECT, "One of many", options=some),
        example(Widget.RADIOS, "One of a few", options=some),
        example(Widget.TICK, "Yes or no"),
        example(Widget.CHOICES, "Several of many", options=some),
        example(Widget.WEEK, "Hours of a week", rows=week.rows()),
    ]
