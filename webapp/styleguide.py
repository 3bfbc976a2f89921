"""A page that shows every part that pages are made of; on a developer's own machine only."""

from __future__ import annotations

from flask import Blueprint, render_template

from mentorship.accounts.access import Action
from webapp import gate
from webapp.participants import fields
from webapp.participants.fields import Field, Option

bp = Blueprint("styleguide", __name__)


@bp.get("/styleguide")
@gate.may(Action.VISIT)
def show() -> str:
    """Show every part, each field once and one of them with an error."""
    return render_template(
        "design/styleguide.html", week=fields.week(), hours=fields.HOURS, examples=_examples()
    )


def _examples() -> list[Field]:
    some = [Option("one", "First", "uno, eins"), Option("two", "Second", "dos", True)]

    def example(widget: str, question: str, **more: object) -> Field:
        return Field(
            f"example_{widget}",
            widget,
            question,
            "Seen by coordinators",
            False,
            [],
            [("", some)],
            **more,  # type: ignore[arg-type]
        )

    return [
        example("line", "One line of text", error="Please answer this."),
        example("area", "Several lines", hint="As many as you like.", most=500),
        example("number", "A number", most=9),
        example("select", "One of many"),
        example("radios", "One of a few"),
        example("tick", "Yes or no"),
        example("choices", "Several of many"),
        example("week", "Hours of a week"),
    ]
