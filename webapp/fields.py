"""The questions of a profile as fields of a form, and what was filled in as text to be read.

A field is built from its column alone, by one function for each widget: a question that is added
to the columns needs nothing here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from werkzeug.datastructures import MultiDict

from matching.profiles.columns import Audience, Column, Widget
from mentorship import language
from mentorship.language import gettext as _
from mentorship.language import mark
from mentorship.models import Role
from mentorship.people import questionnaire
from webapp import options, week
from webapp.options import Groups, Option

#: What is typed to search a long list, as an example, by the kind of its entries.
_EXAMPLES = {"specialty": mark("Type to search, like peds or OB/GYN")}
_ANY_EXAMPLE = mark("Type to search")


@dataclass
class Field:
    """One question as the template shows it; `widget` names the macro.

    `values` are ticked or filled in; `typed` is what stands in the text box beside boxes to tick.
    """

    name: str
    question: str
    audience: str
    widget: str
    #: No one reads it: it is used for matching only.
    is_private: bool = False
    values: list[str] = field(default_factory=list)
    options: Groups = field(default_factory=list)
    rows: list[tuple[int, list[str]]] = field(default_factory=list)
    typed: str = ""
    example: str = ""
    hint: str = ""
    error: str | None = None
    is_required: bool = False
    least: int | None = None
    most: int | None = None
    autocomplete: str = ""


def of_columns(
    columns: Sequence[Column],
    role: Role,
    answers: Mapping[str, Any],
    errors: Mapping[str, str],
    sent: MultiDict[str, str] | None = None,
) -> list[Field]:
    """Return the fields of questions: as they were sent if they were, else as they are stored."""
    fields = []
    for column in columns:
        if column.part_of:
            continue
        part = _part(column, columns)
        if sent is not None:
            values = sent.getlist(column.name)
        elif part is not None and answers.get(part.name) == "yes":
            values = [_yes_to(part)]
        else:
            values = questionnaire.typed(column, answers.get(column.name))
        made = _field(column, part, role, values)
        made.error = errors.get(column.name) or (errors.get(part.name) if part else None)
        fields.append(made)
    return fields


def typed(columns: Sequence[Column], sent: MultiDict[str, str]) -> dict[str, str]:
    """Return what was filled in as the text that the columns' readers take, by column."""
    texts = {column.name: _text(column, sent.getlist(column.name)) for column in columns}
    for column in columns:
        if column.part_of in texts:
            is_yes = texts[column.part_of] == _yes_to(column)
            texts[column.name] = "yes" if is_yes else ""
            if is_yes:
                texts[column.part_of] = column.part_answer
    return texts


def resolve(fields: Iterable[Field], columns: Iterable[Column]) -> None:
    """Tick what was typed into searchable choices, and say what is not known, without saving."""
    by_name = {column.name: column for column in columns}
    for asked in fields:
        column = by_name[asked.name]
        if column.widget is not Widget.CHOICES or not asked.typed:
            continue
        try:
            ids = column.read(asked.typed, lambda message: None)
        except ValueError as error:
            asked.error = language.sentence(error)
            continue
        if isinstance(ids, list):
            asked.values += [id for id in ids if id not in asked.values]
            asked.typed = ""


def _part(column: Column, columns: Iterable[Column]) -> Column | None:
    """Return the column that the question of another asks as well."""
    return next((part for part in columns if part.part_of == column.name), None)


def _yes_to(part: Column) -> str:
    """Return the value of the radio button that means yes to a part of another question."""
    return f"must-{part.part_answer}"


def _text(column: Column, values: list[str]) -> str:
    if column.widget is Widget.LINES:
        values = [line for value in values for line in value.splitlines()]
    if column.reader.is_list:
        return ";".join(value for value in values if value.strip())
    # One answer may hold a semicolon; nothing else of that name is sent.
    return values[0].replace("\r\n", "\n") if values else ""


def _field(column: Column, part: Column | None, role: Role, values: list[str]) -> Field:
    asked = Field(
        name=column.name,
        question=questionnaire.question(column, role),
        audience=questionnaire.audience(column),
        widget=column.widget,
        is_private=column.audience in (Audience.NOBODY, Audience.REASONS),
        values=values or ([column.preset] if column.preset else []),
        hint=_(column.hint) if column.hint else "",
        is_required=column.required,
        least=column.reader.least,
        most=column.reader.most or column.reader.longest,
        autocomplete=column.autocomplete,
    )
    if build := _BUILDERS.get(column.widget):
        build(asked, column, role)
    if part is not None:
        must = Option(_yes_to(part), questionnaire.option(part, "yes"))
        asked.options = [("", [must, *(option for _, group in asked.options for option in group)])]
    return asked


def _lines(asked: Field, column: Column, role: Role) -> None:
    asked.widget = "area"
    asked.values = ["\n".join(asked.values)]


def _radios(asked: Field, column: Column, role: Role) -> None:
    asked.options = _entries(column, role)
    if column.no_answer:
        asked.options[0][1].append(Option("", _(column.no_answer)))


def _select(asked: Field, column: Column, role: Role) -> None:
    asked.options = _entries(column, role)


def _choices(asked: Field, column: Column, role: Role) -> None:
    asked.options = _entries(column, role)
    known = {option.value for _, group in asked.options for option in group}
    asked.typed = "; ".join(value for value in asked.values if value not in known)
    asked.values = [value for value in asked.values if value in known]
    asked.example = _(_EXAMPLES.get(str(column.kind), _ANY_EXAMPLE))


def _country(asked: Field, column: Column, role: Role) -> None:
    asked.widget = "select"
    asked.options = options.countries(column, str(language.current().locale))


def _zone(asked: Field, column: Column, role: Role) -> None:
    asked.widget = "select"
    asked.options = options.zones(asked.values[0] if asked.values else None)


def _week(asked: Field, column: Column, role: Role) -> None:
    asked.rows = week.rows()
    asked.values, others = week.split(asked.values)
    asked.typed = "; ".join(others)


#: What fills in the field of each widget; those left out need no more than every field has.
_BUILDERS: Mapping[Widget, Callable[[Field, Column, Role], None]] = {
    Widget.LINES: _lines,
    Widget.RADIOS: _radios,
    Widget.SELECT: _select,
    Widget.CHOICES: _choices,
    Widget.COUNTRY: _country,
    Widget.ZONE: _zone,
    Widget.WEEK: _week,
}


def _entries(column: Column, role: Role) -> Groups:
    if column.options:
        return [("", [Option(id, questionnaire.option(column, id)) for id in column.options])]
    own = role if column.own_role_only else None
    return options.entries(str(column.kind), own, str(language.current().locale))
