"""The form in which coordinators decide what the columns and answers of their file are."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from werkzeug.datastructures import MultiDict

from matching.mapping import guesses
from matching.mapping.decisions import LEFT_OUT, NO_ANSWER, OWN_WORDS, Decisions
from matching.mapping.survey import Question
from matching.mapping.translation import AnswerGroup, keeps_words
from matching.profiles.columns import CellError, Column, Widget, of_role
from matching.profiles.questions import Kind
from matching.spreadsheets.dates import DayOrder
from mentorship import language
from mentorship.language import gettext as _
from mentorship.language import mark, ngettext
from mentorship.models import Role, Upload
from mentorship.people import questionnaire
from mentorship.people.import_report import ImportReport
from mentorship.people.import_survey import MOST_CORRECTED, ImportSurvey
from mentorship.people.questions import is_own
from webapp import options
from webapp.coordinators.questions import KINDS
from webapp.options import Groups, Option

#: At most this many answers are asked about on one page, and of those that were understood, at most
#: this many can be changed.
MOST_OPEN = 60
MOST_UNDERSTOOD = 150
#: Answers that everyone may share who is in a file.
DEFAULTED = ("career_stage", "languages", "timezone")
#: A column that no one has decided about yet, in the form, and one that the program shall ask.
UNDECIDED, ASK = "?", "ask"
_PARTS = {
    "given_name": mark("First name"),
    "middle_name": mark("Middle name"),
    "family_name": mark("Last name"),
}

_NEEDED = {
    "email": mark("No column is read as the email address. Choose it below."),
    "full_name": mark("No column is read as the name. Choose it below."),
}
#: What is wrong, by name of the field.
Problems = dict[str, str]
#: What a column of a file can be, by name.
Columns = Mapping[str, Column]
#: At most this many choices are named of a question that a column would become.
_CHOICES_SHOWN = 5


@dataclass(frozen=True)
class ColumnField:
    """The question what one column of the file is; `as_question` says what it would be asked as."""

    name: str
    question: Question
    value: str
    how_sure: str
    problem: str | None
    as_question: str = ""


@dataclass(frozen=True)
class AnswerField:
    """The question what one answer stands for that people wrote.

    `offered` are the likely ones, of which `values` are chosen; `others` are all there are to
    choose from, none where it is typed.
    """

    name: str
    group: AnswerGroup
    title: str
    offered: list[Option]
    values: tuple[str, ...]
    others: Groups
    takes_several: bool
    problem: str | None


@dataclass(frozen=True)
class DefaultField:
    """The question what everyone gets whose row has no answer."""

    name: str
    title: str
    value: str
    options: Groups
    people: int
    problem: str | None


@dataclass
class MappingForm:
    """The whole form: what is open, and what was understood."""

    open_columns: list[ColumnField] = field(default_factory=list)
    other_columns: list[ColumnField] = field(default_factory=list)
    open_answers: list[AnswerField] = field(default_factory=list)
    other_answers: list[AnswerField] = field(default_factory=list)
    defaults: list[DefaultField] = field(default_factory=list)
    targets: list[Option] = field(default_factory=list)
    #: Rare answers beyond those that are asked about.
    more_open: int = 0
    problems: Problems = field(default_factory=dict)
    #: What has to be among the columns, in a sentence each.
    missing: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Sent:
    """What was decided in a form that was sent, and what is wrong with it."""

    decisions: Decisions
    problems: Problems


@dataclass(frozen=True)
class Correction:
    """A cell with a problem: what the file says there, and what is wrong with it."""

    name: str
    row: int
    who: str
    title: str
    typed: str
    problem: str


def of_survey(
    upload: Upload, survey: ImportSurvey, columns: Columns, problems: Problems | None = None
) -> MappingForm:
    """Return the form about a file, with what is wrong beside its fields."""
    problems = problems or {}
    needed = [text for name, text in _NEEDED.items() if name in survey.missing]
    form = MappingForm(
        targets=targets(columns), problems=problems, missing=[_(text) for text in needed]
    )
    for k, question in enumerate(survey.questions):
        name = f"column-{k}"
        value = UNDECIDED if question.column is None else question.column
        how_sure = _("Decided") if question.is_decided else _(question.why)
        kind = _as_question(question) if question.kind else ""
        made = ColumnField(name, question, value, how_sure, problems.get(name), kind)
        is_open = question.is_open or made.problem
        (form.open_columns if is_open else form.other_columns).append(made)
    for group in survey.groups:
        if group.is_open and len(form.open_answers) < MOST_OPEN:
            form.open_answers.append(_answer_field(group, columns, upload.role, problems))
        elif group.is_open:
            form.more_open += 1
        elif len(form.other_answers) < MOST_UNDERSTOOD:
            form.other_answers.append(_answer_field(group, columns, upload.role, problems))
    given = Decisions.from_dict(upload.decisions).defaults
    answered = {question.column for question in survey.questions}
    for name in DEFAULTED:
        if name != "career_stage" or name not in answered or given.get(name):
            form.defaults.append(_default_field(name, upload.role, given, survey, problems))
    return form


def read(sent: MultiDict[str, str], role: Role, survey: ImportSurvey, columns: Columns) -> Sent:
    """Return what was decided about a file, as far as it can be used."""
    problems: Problems = {}
    decided = dict(_decided_columns(sent, survey, columns, problems))
    answers: dict[str, dict[str, tuple[str, ...]]] = {}
    for group in survey.groups:
        name = answer_name(group)
        if name.replace("answer", "shown") in sent:
            values = _decided_answer(sent, name, group, columns[group.column], problems)
            answers.setdefault(group.column, {})[group.key] = values
        elif group.is_open:
            # Rarer than what is asked about: it stays as it was guessed.
            answers.setdefault(group.column, {})[group.key] = group.values
    defaults = {}
    for column in DEFAULTED:
        name = f"default-{column}"
        if name in sent:
            value = sent[name].strip()
            if not value or _is_read(of_role(role.value)[column], value):
                defaults[column] = value
            else:
                problems[name] = _("Choose one of these.")
    sheet = sent.get("sheet")
    return Sent(
        Decisions(decided, answers, defaults, sheet=sheet if sheet in survey.sheets else None),
        problems,
    )


def to_ask(sent: MultiDict[str, str], survey: ImportSurvey) -> list[int]:
    """Return which columns of a file shall become questions of the program."""
    pressed = sent.get("ask")
    return [
        k
        for k, question in enumerate(survey.questions)
        if question.kind and (sent.get(f"column-{k}") == ASK or pressed == str(k))
    ]


def read_corrections(
    sent: MultiDict[str, str], columns: Columns, survey: ImportSurvey | None
) -> Decisions:
    """Return the cells that were corrected, and how days are written, as decisions."""
    cells: dict[int, dict[str, str]] = {}
    typed = survey.typed if survey else {}
    for name, text in sent.items():
        _cell, _dash, place = name.partition("cell-")
        row, _dash, column = place.partition("-")
        if not (row.isascii() and row.isdigit() and column in columns):
            continue
        before = typed.get(int(row))
        if before is not None and text != before.get(column, ""):
            cells.setdefault(int(row), {})[column] = text
    dates = sent.get("dates")
    return Decisions(cells=cells, dates=DayOrder(dates) if dates in list(DayOrder) else None)


def corrections(columns: Columns, report: ImportReport) -> list[Correction]:
    """Return the cells with problems, as far as they can be corrected on a page."""
    typed = report.survey.typed if report.survey else {}
    found = []
    for finding in report.problems:
        if finding.row is None or finding.column is None:
            continue
        if finding.row not in typed or finding.column not in columns:
            continue
        cells = typed[finding.row]
        who = cells.get("full_name", "").strip() or cells.get("email", "").strip()
        found.append(
            Correction(
                f"cell-{finding.row}-{finding.column}",
                finding.row,
                who,
                _(columns[finding.column].title),
                cells.get(finding.column, ""),
                language.sentence(finding.message),
            )
        )
    return found[:MOST_CORRECTED]


def targets(columns: Columns) -> list[Option]:
    """Return what a column of a file can be imported as."""
    titles = {name: _(column.title) for name, column in columns.items()}
    own = [
        Option(name, _("Your question: %(question)s", question=title))
        for name, title in titles.items()
        if is_own(name)
    ]
    others = [Option(name, title) for name, title in titles.items() if not is_own(name)]
    parts = [Option(name, _(title)) for name, title in _PARTS.items()]
    return [*own, *others, *parts]


def _as_question(question: Question) -> str:
    """Return what kind of question a column would be of the program's own, with its choices."""
    kind = _(KINDS[Kind(question.kind)][0])
    if not question.choices:
        return kind
    choices = language.listed([*question.choices[:_CHOICES_SHOWN]])
    if (more := len(question.choices) - _CHOICES_SHOWN) > 0:
        return ngettext(
            "%(kind)s: %(choices)s and %(n)s more",
            "%(kind)s: %(choices)s and %(n)s more",
            more,
            kind=kind,
            choices=", ".join(question.choices[:_CHOICES_SHOWN]),
        )
    return _("%(kind)s: %(choices)s", kind=kind, choices=choices)


def answer_name(group: AnswerGroup) -> str:
    """Return the name of the field about an answer, the same whenever the file is read again."""
    digest = hashlib.sha256(f"{group.column} {group.key}".encode()).hexdigest()
    return f"answer-{int(digest[:12], 16)}"


def _answer_field(
    group: AnswerGroup, columns: Columns, role: Role, problems: Problems
) -> AnswerField:
    column = columns[group.column]
    chosen = [value for value in group.values if value not in (OWN_WORDS, NO_ANSWER)]
    shown = dict.fromkeys([*group.offered, *chosen])
    offered = [option(column, value) for value in shown]
    if keeps_words(column):
        offered.append(option(column, OWN_WORDS))
    offered.append(option(column, NO_ANSWER))
    name = answer_name(group)
    return AnswerField(
        name,
        group,
        _(column.title),
        offered,
        group.values,
        _choices(column, role),
        column.reader.is_list,
        problems.get(name),
    )


def option(column: Column, value: str) -> Option:
    """Return a value that an answer may stand for, as its coordinator reads it."""
    if value in (OWN_WORDS, NO_ANSWER):
        is_kept = value == OWN_WORDS
        return Option(value, _("Keep as their own words") if is_kept else _("Leave out"))
    try:
        answer = column.read(value, lambda _message: None)
    except CellError:
        return Option(value, value)
    words = questionnaire.shown(column, answer) if answer not in (None, []) else value
    return Option(value, words)


def _choices(column: Column, role: Role) -> Groups:
    locale = str(language.current().locale)
    if column.widget is Widget.COUNTRY:
        return options.countries(column, locale)
    if column.widget is Widget.ZONE:
        return options.zones()
    if column.options:
        return [("", [Option(id, questionnaire.option(column, id)) for id in column.options])]
    if column.kind:
        return options.entries(column.kind, role if column.own_role_only else None, locale)
    return []


def _default_field(
    name: str, role: Role, given: Mapping[str, str], survey: ImportSurvey, problems: Problems
) -> DefaultField:
    column = of_role(role.value)[name]
    value = given.get(name, "")
    try:
        read_as = column.read(value, lambda _message: None) if value else ""
    except CellError:
        read_as = ""
    shown = read_as[0] if isinstance(read_as, list) else str(read_as or "")
    problem = problems.get(f"default-{name}")
    if problem is None and name in survey.missing:
        problem = _("No column in the file has this. Choose what to use for everyone.")
    return DefaultField(
        f"default-{name}", _(column.title), shown, _choices(column, role),
        survey.defaulted.get(name, 0), problem,
    )  # fmt: skip


def _decided_columns(
    sent: MultiDict[str, str], survey: ImportSurvey, columns: Columns, problems: Problems
) -> Iterator[tuple[str, str]]:
    possible = {*columns, *_PARTS, LEFT_OUT}
    first: dict[str, Question] = {}
    for k, question in enumerate(survey.questions):
        name = f"column-{k}"
        value = sent.get(name)
        if value is None or value == ASK:
            continue
        if value == UNDECIDED or value not in possible:
            problems[name] = _("Choose what this column is, or leave it out.")
            continue
        before = first.setdefault(value, question) if value else question
        if before is not question and not guesses.takes_several(columns.get(value)):
            problems[name] = _(
                "Column %(letter)s is read as this already. Leave one of them out.",
                letter=before.letter,
            )
            continue
        yield question.key, value


def _decided_answer(
    sent: MultiDict[str, str], name: str, group: AnswerGroup, column: Column, problems: Problems
) -> tuple[str, ...]:
    values = [value.strip() for value in sent.getlist(name) if value.strip()]
    extra = sent.get(f"{name}-other", "").strip()
    if extra:
        values = [*values, extra] if column.reader.is_list else [extra]
    if len(values) > 1:
        values = [value for value in values if value != NO_ANSWER]
    for value in values:
        if value not in (OWN_WORDS, NO_ANSWER) and not _is_read(column, value):
            problems[name] = _("That isn't an answer to this question. Choose another.")
    return tuple(dict.fromkeys(values if column.reader.is_list else values[:1]))


def _is_read(column: Column, value: str) -> bool:
    try:
        return column.read(value, lambda _message: None) not in (None, [])
    except CellError:
        return False
