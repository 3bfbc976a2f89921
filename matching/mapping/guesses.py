"""What the questions of a file probably are, by their headings and by what was answered."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from matching.language import mark
from matching.mapping import answers, names
from matching.mapping.decisions import LEFT_OUT, Sureness
from matching.mapping.fields import Field
from matching.mapping.wording import wording
from matching.profiles.choices import OneOf, SomeOf, Term, Terms
from matching.profiles.columns import Column, Role, of_role
from matching.profiles.countries import Country
from matching.profiles.placeholders import is_placeholder
from matching.profiles.readers import Whole
from matching.profiles.texts import Email, People, Prose
from matching.profiles.times import Availability, Date, Timezone
from matching.spreadsheets import headings
from matching.spreadsheets.headings import NAME_PARTS

#: What a list says of the other role, as "Mentor email" in one of mentees, answers none of these.
_OF_THEMSELVES = frozenset(
    {
        "email", "full_name", "preferred_name", "pronouns", "gender", "career_stage",
        "institution", "city", "country", "timezone", "languages",
    }
)  # fmt: skip
#: Answers of these types are recognized by their form; any text is a name or prose.
_TELLING = (Email, Term, Terms, Timezone, Country, Whole, Availability, OneOf, SomeOf)
#: Of these a column may be recognized by what was answered alone.
_TELLING_ALONE = (Email, Term, Terms, Timezone, Availability)


@dataclass(frozen=True)
class Guess:
    """What a question probably is: a column of ours, a part of a name, or `LEFT_OUT`.

    None where nothing suggests anything. `why` says what speaks for it or against.
    """

    column: str | None
    sureness: Sureness
    why: str = ""


_HEADING_ONLY = mark("Heading only")
_ANSWERS_ONLY = mark("Answers only")
_MIXED = mark("Mixed answers")
_SURE = {Sureness.CERTAIN: mark("Certain"), Sureness.LIKELY: mark("Likely")}
_UNKNOWN = Guess(None, Sureness.NONE, mark("Unknown"))


def of_fields(
    fields: Sequence[Field],
    role: Role,
    taken: Iterable[str] = (),
    own: tuple[Column, ...] = (),
) -> list[Guess]:
    """Return what each question probably is.

    No column of ours that holds one answer is guessed twice, or that is `taken`. A program's `own`
    questions are known by their headings alone.
    """
    ranked = [_ranked(each, role, own) for each in fields]
    columns = of_role(role, own)
    guesses = [_UNKNOWN] * len(fields)
    taken = set(taken)
    # The surest choose first.
    order = sorted(range(len(fields)), key=lambda k: -max((s for s, _g in ranked[k]), default=0))
    for k in order:
        for _strength, guess in ranked[k]:
            if guess.column == LEFT_OUT or guess.column not in taken:
                guesses[k] = guess
                if guess.column and not takes_several(columns.get(guess.column)):
                    taken.add(guess.column)
                break
    if "full_name" in taken or not taken.isdisjoint(NAME_PARTS):
        guesses = _without_doubled_names(fields, guesses, role)
    return guesses


def takes_several(column: Column | None) -> bool:
    """Return whether several questions of a file may be read as this column: lists and prose."""
    return column is not None and (column.reader.is_list or isinstance(column.reader, Prose))


def _without_doubled_names(
    fields: Sequence[Field], guesses: list[Guess], role: Role
) -> list[Guess]:
    """Leave the account's name out where the form asked for it in parts, or the other way round."""
    parts = [k for k, each in enumerate(guesses) if each.column in NAME_PARTS]
    whole = [k for k, each in enumerate(guesses) if each.column == "full_name"]
    if parts and whole:
        known = all(headings.meant(fields[k].title, role) == guesses[k].column for k in parts)
        for k in whole if known else parts:
            guesses[k] = Guess(LEFT_OUT, Sureness.LIKELY, _SURE[Sureness.LIKELY])
    return guesses


def _ranked(question: Field, role: Role, own: tuple[Column, ...]) -> list[tuple[float, Guess]]:
    """Return the guesses at one question, the strongest first."""
    if question.is_own or not question.filled:
        return [(9, Guess(LEFT_OUT, Sureness.CERTAIN, _SURE[Sureness.CERTAIN]))]
    if _are_titles(question):
        return [(9, Guess(LEFT_OUT, Sureness.LIKELY, _SURE[Sureness.LIKELY]))]
    exact = headings.meant(question.title, role, own)
    if exact == "full_name" and all(map(is_placeholder, question.answers)):
        # Of a form that asks no one to sign in, a tool calls everyone anonymous.
        return [(9, Guess(LEFT_OUT, Sureness.CERTAIN, _SURE[Sureness.CERTAIN]))]
    misspelled = None if exact else headings.suggestion(question.title, role)
    is_about_others = headings.is_about_others(question.title, role)
    if misspelled == f"{role}_id" or is_about_others:
        misspelled = None  # "Mentor" is who they are, "Name of mentor" no "number of mentors"
    if (exact or misspelled) in NAME_PARTS and not _like_parts_of_names(question):
        exact = misspelled = None  # "Last" may be a day
    words = headings.fold(question.title).replace("_", " ")
    found: list[tuple[float, Guess]] = []
    if exact is not None:
        column = of_role(role, own).get(exact)
        fit = _fit(column, question) if column else 1.0
        guess = (
            Guess(exact, Sureness.CERTAIN, _SURE[Sureness.CERTAIN])
            if fit > 0
            else Guess(exact, Sureness.UNSURE, _HEADING_ONLY)
        )
        found.append((4 + fit if fit else 1.5, guess))
    if misspelled is not None:
        column = of_role(role).get(misspelled)
        is_fit = column is None or _fit(column, question) >= 0.5
        sure = Sureness.LIKELY if is_fit else Sureness.UNSURE
        found.append((1.4 + is_fit, Guess(misspelled, sure, _SURE.get(sure, _HEADING_ONLY))))
    if (words and wording()["spare_headings"].search(words)) or _numbers_rows(question):
        return found or [(8, Guess(LEFT_OUT, Sureness.LIKELY, _SURE[Sureness.LIKELY]))]
    said = wording()["headings"]
    is_negated = bool(wording()["negated_headings"].search(words))
    for name, column in of_role(role).items():
        if name in (exact, misspelled) or (is_about_others and name in _OF_THEMSELVES):
            continue
        is_worded = name in said and bool(said[name].search(words))
        ranked = _by_answers(name, column, question, is_worded=is_worded)
        if ranked is not None and is_negated and name not in headings.RULES:
            ranked = ranked[0], Guess(name, Sureness.UNSURE, _ANSWERS_ONLY)
        if ranked is not None:
            found.append(ranked)
    return sorted(found, key=lambda each: -each[0])


def _by_answers(
    name: str, column: Column, question: Field, *, is_worded: bool
) -> tuple[float, Guess] | None:
    reader = column.reader
    if isinstance(reader, (OneOf, Date)) and not is_worded:
        return None
    if isinstance(reader, _TELLING):
        fit = _fit(column, question, thoroughly=is_worded)
        if is_worded:
            if fit >= 0.5:
                return 2 + fit, Guess(name, Sureness.CERTAIN, _SURE[Sureness.CERTAIN])
            if fit >= 0.2:
                return 1.2 + fit, Guess(name, Sureness.LIKELY, _SURE[Sureness.LIKELY])
            why = _MIXED if fit else _HEADING_ONLY
            return 0.5 + fit, Guess(name, Sureness.UNSURE, why)
        if fit >= 0.7 and isinstance(reader, _TELLING_ALONE) and question.filled >= 2:
            # Who may be matched with whom is not decided unasked by what answers look like.
            is_sure = fit >= 0.9 and name not in headings.RULES
            return fit, Guess(name, Sureness.LIKELY if is_sure else Sureness.UNSURE, _ANSWERS_ONLY)
        return None
    if _says_yes_or_no(question):
        return None  # no place, person or prose
    if name == "full_name":
        looks = _share_of_names(question)
        if looks >= 0.7 and (is_worded or (looks >= 0.9 and question.filled >= 2)):
            sure = Sureness.LIKELY if is_worded else Sureness.UNSURE
            return 1 + looks if is_worded else 0.6, Guess(
                name, sure, _SURE.get(sure, _ANSWERS_ONLY)
            )
        return None
    if not is_worded:
        return None
    if isinstance(reader, People):
        return 1.1, Guess(name, Sureness.UNSURE, _HEADING_ONLY)
    if isinstance(reader, Prose):
        length = sum(map(len, question.answers)) / max(1, len(question.answers))
        sure = Sureness.LIKELY if length > 30 else Sureness.UNSURE
        return 1.0 + (length > 60), Guess(name, sure, _SURE.get(sure, _HEADING_ONLY))
    return 1.6, Guess(name, Sureness.LIKELY, _SURE[Sureness.LIKELY])


def _fit(column: Column, question: Field, *, thoroughly: bool = True) -> float:
    """Return the share of the answers, of those that are any, that the column understands."""
    if not isinstance(column.reader, _TELLING):
        return 1.0
    most = 40 if thoroughly else 100
    return _share(column, tuple(question.answers.most_common(most)), thoroughly)


_ADDRESS = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_NAME = re.compile(r"[^\W\d_][\w.'’-]*(?: [^\W\d_][\w.'’-]*){1,4}")


def _share_of_names(question: Field) -> float:
    """Return the share of answers that look like the names of people: a few capitalized words."""
    shown = [names.plain(answer) for answer in list(question.answers)[:100]]
    like = [
        name
        for name in shown
        if _NAME.fullmatch(name) and name[0].isupper() and name.split()[-1][0].isupper()
    ]
    return len(like) / len(shown) if shown else 0.0


def _numbers_rows(question: Field) -> bool:
    """Return whether a column without words above it counts the rows, or names them as "#" does."""
    if headings.fold(question.title):
        return False
    given = list(question.answers)
    is_counted = all(re.fullmatch(r"\d{1,6}", answer, re.A) for answer in given)
    return question.title.strip() in ("#", "№") or (
        is_counted and [int(answer) for answer in given] == sorted(map(int, given))
    )


def _are_titles(question: Field) -> bool:
    """Return whether all answers are forms of address such as "Dr" and "Ms".

    "Prof" among them is one; alone it says how far along someone is.
    """
    shown = list(question.answers)
    return all(map(names.is_title, shown)) and not all("prof" in each.lower() for each in shown)


def _says_yes_or_no(question: Field) -> bool:
    """Return whether all answers are yes or no, and not no alone, as a list of no one says."""
    given = [each for each in question.answers if not is_placeholder(each)]
    is_each = all(answers.is_yes(each) or answers.is_no(each) for each in given)
    return is_each and any(map(answers.is_yes, given))


def _like_parts_of_names(question: Field) -> bool:
    """Return whether most answers may be parts of a name, and no dates or addresses."""
    shown = list(question.answers)[:100]
    like = [answer for answer in shown if not re.search(r"[\d@]", answer)]
    return len(like) > len(shown) / 2


@functools.lru_cache(maxsize=4_000)
def _share(column: Column, counted: tuple[tuple[str, int], ...], thoroughly: bool) -> float:
    understood = total = 0.0
    for answer, count in counted:
        if is_placeholder(answer):
            continue
        total += count
        if isinstance(column.reader, Email):
            understood += count * bool(_ADDRESS.search(answer))
            continue
        pieces = answers.pieces(column, answer) if len(answer) < 200 else []
        sure = sum(
            answers.meaning(column, piece).sureness >= Sureness.LIKELY
            if thoroughly
            else answers.is_understood(column, piece)
            for piece in pieces
        )
        understood += count * sure / max(1, len(pieces))
    return understood / total if total else 0.0
