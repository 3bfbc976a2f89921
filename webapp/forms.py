"""Plain forms, by WTForms: what was sent as values, and what is wrong beside each field.

A view makes a form of `request.form`, asks what is wrong by `validate`, and lets the domain have
the last word: `explain` puts its objections beside the same fields. The token against forged forms
is checked for every request before (`create_app`), so the forms here hold none.
"""

from __future__ import annotations

import enum
import uuid
from typing import Any, TypeVar

import wtforms
from flask import request
from wtforms import fields
from wtforms.meta import DefaultMeta
from wtforms.validators import ValidationError

from mentorship import language
from mentorship.errors import Invalid
from mentorship.language import mark

E = TypeVar("E", bound=enum.StrEnum)

MOST_PAGES = 100_000
MOST_SEARCHED = 200

#: What WTForms says, in words of ours that can be translated.
_MESSAGES = {
    "This field is required.": mark("Please answer this."),
    "Not a valid choice.": mark("Choose one of these."),
    "Invalid Choice: could not coerce.": mark("Choose one of these."),
    "Not a valid date value.": mark("Enter a date like 2026-03-04."),
    "Not a valid time value.": mark("Enter a time like 14:30."),
    "Not a valid datetime value.": mark("Enter a date and time like 2026-03-04 14:30."),
    "Not a valid integer value.": mark("Enter it as a number."),
}


class _Words:
    """The translations of WTForms."""

    def gettext(self, message: str) -> str:
        """Return a message of the library in the reader's language."""
        return language.gettext(_MESSAGES[message]) if message in _MESSAGES else message

    def ngettext(self, one: str, many: str, count: int) -> str:
        """Return a message about `count` things as it is; the library fills in its figures."""
        return one if count == 1 else many


class Form(wtforms.Form):
    """A form whose fields are rendered with their errors and hints named for screen readers."""

    class Meta(DefaultMeta):
        """How the forms speak, and how their fields are rendered."""

        def get_translations(self, form: Any) -> Any:
            """Return what WTForms takes its messages from."""
            return _Words()

        def render_field(self, field: fields.Field, render_kw: Any) -> Any:
            """Return the HTML of a field."""
            attributes = dict(render_kw)
            described = [f"{field.id}-error"] if field.errors else []
            described += [f"{field.id}-meta"] if field.description else []
            if described:
                attributes.setdefault("aria-describedby", " ".join(described))
            if field.errors:
                attributes["aria-invalid"] = "true"
            return super().render_field(field, attributes)

    def explain(self, error: Invalid) -> None:
        """Put what the domain refused beside the fields that it names, else above them all."""
        for name, problem in error.fields.items():
            if not self[name].errors:
                self[name].errors = [language.sentence(problem)]
        if not error.fields:
            self.form_errors.append(language.sentence(error))


class LineField(fields.StringField):
    """One line of text without spaces around it, "" where nothing was sent."""

    def __init__(self, *args: Any, longest: int | None = None, **kwargs: Any) -> None:
        if longest is not None:
            kwargs["render_kw"] = kwargs.get("render_kw", {}) | {"maxlength": longest}
        super().__init__(*args, **kwargs)

    def process_formdata(self, valuelist: list[Any]) -> None:
        """Take what was sent."""
        self.data = valuelist[0].replace("\r\n", "\n").strip() if valuelist else ""

    def _value(self) -> str:
        return str(self.raw_data[0]) if self.raw_data else self.data or ""


class TextField(LineField, fields.TextAreaField):
    """Several lines of text, whose ends are newlines however a browser sends them."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs["render_kw"] = {"rows": 5} | kwargs.get("render_kw", {})
        super().__init__(*args, **kwargs)


class TickField(fields.BooleanField):
    """One box, ticked or not."""

    def process_formdata(self, valuelist: list[Any]) -> None:
        """Take what was sent; a box that is not ticked sends nothing."""
        self.data = valuelist[:1] == ["yes"]

    def _value(self) -> str:
        return "yes"


class DayField(fields.DateField):
    """A day, which is needed unless the field is `Optional`."""

    def pre_validate(self, form: Any) -> None:
        """Refuse a form without the day."""
        _require(self, "Not a valid date value.")


class TimeField(fields.TimeField):
    """A time of day, which is needed unless the field is `Optional`."""

    def pre_validate(self, form: Any) -> None:
        """Refuse a form without the time."""
        _require(self, "Not a valid time value.")


class MomentField(fields.DateTimeLocalField):
    """A day and a time of day, which are needed unless the field is `Optional`."""

    def pre_validate(self, form: Any) -> None:
        """Refuse a form without them."""
        _require(self, "Not a valid datetime value.")


class IdsField(fields.Field):
    """Ids of rows that were ticked in a list."""

    def process_formdata(self, valuelist: list[Any]) -> None:
        """Take what was sent. Raises `ValueError` for anything that is not an id."""
        try:
            self.data = [uuid.UUID(id) for id in valuelist]
        except ValueError:
            self.data = []
            raise ValueError(self.gettext("Not a valid choice.")) from None


def one_of(kind: type[E], label: str = "", **kwargs: Any) -> fields.RadioField:
    """Return a field that is one member of an enumeration."""
    return fields.RadioField(label, choices=list(kind), coerce=kind, **kwargs)


def page_number() -> int:
    """Return which page of a list the address asks for, counted from 1."""
    return min(max(1, request.args.get("page", 1, type=int)), MOST_PAGES)


def searched(name: str = "q") -> str:
    """Return the text that the address searches a list for."""
    return request.args.get(name, "")[:MOST_SEARCHED]


def narrowed(name: str, kind: type[E]) -> E | None:
    """Return the member of an enumeration by which the address narrows a list, if there is one."""
    value = request.args.get(name)
    return kind(value) if value in list(kind) else None


def narrowed_id(name: str) -> uuid.UUID | None:
    """Return the id that the address names, if there is one."""
    return request.args.get(name, type=uuid.UUID)


def _require(field: fields.Field, message: str) -> None:
    if field.data is None and not field.process_errors and not field.flags.optional:
        raise ValidationError(field.gettext(message))
