"""What a mapping form said when it was sent, to be shown again: a mistake, or two who decide."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from werkzeug.datastructures import MultiDict

from matching.mapping.decisions import LEFT_OUT, Decisions
from mentorship.language import gettext as _
from mentorship.models import Upload
from mentorship.people import questionnaire
from mentorship.people.import_survey import ImportSurvey
from webapp.coordinators import mapping_form
from webapp.coordinators.mapping_form import (
    ASK,
    DEFAULTED,
    UNDECIDED,
    AnswerField,
    Columns,
    MappingForm,
)
from webapp.stale import Difference, in_words

#: The values of a form by the names of its fields: a text, or texts for an answer.
Values = dict[str, Any]


def decided(upload: Upload, survey: ImportSurvey) -> Values:
    """Return what is decided or guessed about a file, as the fields of its form hold it."""
    given = Decisions.from_dict(upload.decisions).defaults
    columns = {
        f"column-{k}": UNDECIDED if each.column is None else each.column
        for k, each in enumerate(survey.questions)
    }
    answers = {mapping_form.answer_name(each): sorted(each.values) for each in survey.groups}
    defaults = {f"default-{name}": given.get(name, "") for name in DEFAULTED}
    return columns | answers | defaults | {"sheet": survey.sheet or ""}


def sent(form: MultiDict[str, str]) -> Values:
    """Return what a form says that was sent, for each of the fields that it had."""
    values: Values = {
        name: form[name]
        for name in form
        if name == "sheet" or name.startswith(("column-", "default-"))
    }
    for shown in form:
        if shown.startswith("shown-"):
            name = shown.replace("shown-", "answer-", 1)
            chosen = [*form.getlist(name), form.get(f"{name}-other", "")]
            values[name] = sorted({value for value in map(str.strip, chosen) if value})
    return values


def differences(
    found: Mapping[str, bool],
    mine: Values,
    stored: Values,
    survey: ImportSurvey,
    columns: Columns,
) -> list[Difference]:
    """Return what someone else decided since a form was opened, in words, by `stale.changed`."""
    titles = {f"column-{k}": each.title for k, each in enumerate(survey.questions)}
    groups = {mapping_form.answer_name(each): each for each in survey.groups}

    def words(name: str, value: Any) -> str:
        if name.startswith("column-"):
            return _column_in_words(value, columns)
        if name in groups:
            column = columns[groups[name].column]
            return in_words([mapping_form.option(column, each).label for each in value])
        return in_words(value)

    return [
        Difference(
            titles.get(name) or (f"“{groups[name].typed}”" if name in groups else _called(name)),
            words(name, mine.get(name)),
            words(name, stored[name]),
            is_conflict,
        )
        for name, is_conflict in found.items()
    ]


def refilled(form: MappingForm, values: Values, columns: Columns) -> MappingForm:
    """Return the form with these values in its fields, in place of those that are stored."""

    def answer(field: AnswerField) -> AnswerField:
        if field.name not in values:
            return field
        chosen = values[field.name]
        known = {option.value for option in field.offered}
        column = columns[field.group.column]
        more = [mapping_form.option(column, value) for value in chosen if value not in known]
        return replace(field, values=tuple(chosen), offered=[*more, *field.offered])

    return replace(
        form,
        open_columns=[replace(f, value=values.get(f.name, f.value)) for f in form.open_columns],
        other_columns=[replace(f, value=values.get(f.name, f.value)) for f in form.other_columns],
        open_answers=[answer(field) for field in form.open_answers],
        other_answers=[answer(field) for field in form.other_answers],
        defaults=[replace(f, value=values.get(f.name, f.value)) for f in form.defaults],
    )


def _called(name: str) -> str:
    """Return what a field is called that is about no column and no answer."""
    column = name.removeprefix("default-")
    return _("Sheet of the workbook") if column == name else questionnaire.title(column)


def _column_in_words(value: str | None, columns: Columns) -> str:
    if value == LEFT_OUT:
        return _("Leave out")
    if value == ASK:
        return _("A program question")
    words = {option.value: option.label for option in mapping_form.targets(columns)}
    return words.get(value or "", "") or in_words(None)
