"""Readers of free text: lines, names, ids and addresses, cleaned of what cannot be seen."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from matching.language import gettext as _
from matching.language import number
from matching.profiles import names, normal_forms
from matching.profiles.readers import (
    LINE_LIMIT,
    CellError,
    Note,
    Reader,
    Widget,
    answers,
    quote,
    unique,
    wrong_list,
    wrong_text,
)  # fmt: skip

TEXT_LIMIT = 5_000
PEOPLE_LIMIT = 5_000

_MOST_MARKS = 30
_OVERRIDES = "\u202d\u202e"
_JOINERS = "\u200c\u200d"
#: A mark by its category, so that Python counts it as printable, and invisible all the same.
_GRAPHEME_JOINER = "\u034f"
_STRONG_MARKS = re.compile(r"^'(?=[=+\-@\t\r])")
_ID = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")
#: What stands between semicolons or commas; those within a name in quotes are part of it.
_LISTED = re.compile(r'(?:"[^"]*"|[^;,])+')
_MAIL_ID = re.compile(r"[^@\s;,]{1,64}@[^@\s;,]{3,190}")


class _Words(Reader):
    """Prose whose value is what was typed, cleaned."""

    def check(self, value: object) -> str | None:
        """Return what is wrong with a value that must be text, None if nothing is."""
        return wrong_text(value)


@dataclass(frozen=True)
class Line(_Words):
    """One line that emails and pages show as it is, such as the name of a hospital."""

    longest = LINE_LIMIT

    def read(self, typed: str, note: Note) -> str | None:
        """Return the line."""
        value = line(typed, note)
        return _without_links(value, note) if value else None


@dataclass(frozen=True)
class Prose(_Words):
    """Prose of several lines."""

    widget = Widget.AREA
    longest = TEXT_LIMIT

    def read(self, typed: str, note: Note) -> str | None:
        """Return the text."""
        _check_length(typed, TEXT_LIMIT)
        return clean(typed, note, lines=True) or None


@dataclass(frozen=True)
class Name(_Words):
    """A person's name: any script, at least one letter or digit."""

    longest = LINE_LIMIT

    def read(self, typed: str, note: Note) -> str | None:
        """Return the name, decorative letters written plainly."""
        value = line(typed, note)
        if value is None:
            return None
        plain = unicodedata.normalize("NFKC", value)
        if any("MATHEMATICAL" in unicodedata.name(c, "") for c in value):
            note(_("decorative letters were replaced with plain ones: %(name)s", name=quote(plain)))
            value = plain
            _check_length(value, LINE_LIMIT)
        if not any(c.isalnum() for c in value):
            raise CellError(_("must have at least one letter; found %(found)s", found=quote(value)))
        if re.search(r"=\?.*\?=", value):
            raise CellError(_("contains an encoded-word sequence '=?…?='; write the name plainly"))
        marks = max(len(run) for run in re.split("[^M]", "".join(map(_mark_or_dot, value))))
        if marks > 4:
            raise CellError(
                _(
                    "has too many combining marks in a row (%(marks)s; at most %(most)s)",
                    marks=marks,
                    most=4,
                )
            )
        return _without_links(value, note)

    def is_answer(self, placeholder: str) -> bool:
        """Return whether a word is written as the names Na, Nil and Null are."""
        return placeholder in ("Na", "Nil", "Null")


@dataclass(frozen=True)
class PersonId(_Words):
    """The id of a row: ASCII letters, digits, '-' and '_'; capitals do not matter."""

    longest = 64

    def read(self, typed: str, note: Note) -> str | None:
        """Return the id in lower case."""
        value = line(typed, note)
        if value is None:
            return None
        if not _ID.fullmatch(value.lower()):
            raise CellError(
                _(
                    "%(found)s is not a valid ID; use up to 64 ASCII letters, digits, '-', and '_'",
                    found=quote(value),
                )
            )
        return value.lower()


#: Between addresses in a cell. What an address may hold too parts those that would be one else.
_BETWEEN = re.compile(r"[\s;,<>()\[\]\"、]+")
_WITHIN = re.compile(r"[/|&]")
_WITH_BOTH_SIDES = re.compile(r"[^@]*[^@:]@[^@]+")


@dataclass(frozen=True)
class Email(_Words):
    """An email address, as text: whether mail can reach it is for the service to judge."""

    longest = 254

    def read(self, typed: str, note: Note) -> str | None:
        """Return the address alone, of a cell such as "Mina <mina@example.org>" too."""
        value = normal_forms.bare_address(typed)
        if typed.count("@") > 1:
            # One is often given twice, and "@mina" is none.
            held = {each.casefold(): each for each in _addresses(typed)}
            if len(held) > 1:
                message = _(
                    "%(found)s holds %(n)s addresses; keep one", found=quote(typed), n=len(held)
                )
                raise CellError(message)
            value = next(iter(held.values()), value)
        _check_length(value, self.longest)
        if value.casefold() != typed.strip().casefold():
            note(_("%(typed)s read as %(value)s", typed=quote(typed), value=quote(value)))
        return value or None


def _addresses(typed: str) -> list[str]:
    """Return what may be addresses in a text: words with something on both sides of an @."""
    words = _BETWEEN.split(unicodedata.normalize("NFKC", typed))
    parted = [p for word in words for p in (_WITHIN.split(word) if word.count("@") > 1 else [word])]
    plain = [part.strip("'‘’“”") for part in parted]
    return [normal_forms.bare_address(part) for part in plain if _WITH_BOTH_SIDES.fullmatch(part)]


def without_brackets(typed: str) -> str:
    """Return a list without the brackets that databases put around it: ["mr-1","mr-2"]."""
    listed = typed.strip()
    return listed[1:-1] if (listed[:1], listed[-1:]) in (("[", "]"), ("{", "}")) else listed


@dataclass(frozen=True)
class People(Reader):
    """A list of other people, by id or email address, best first."""

    widget = Widget.LINES
    is_list = True

    def read(self, typed: str, note: Note) -> list[str]:
        """Return ids and addresses in lower case, each once."""
        if len(typed) > PEOPLE_LIMIT * 70:
            raise CellError(_("is too long (%(length)s characters)", length=number(len(typed))))
        bare = without_brackets(clean(typed, note, lines=False))
        listed = [p.strip() for p in _LISTED.findall(bare)]
        entries = [_named(p) for p in answers(listed, note)]
        if len(entries) > PEOPLE_LIMIT:
            raise CellError(
                _(
                    "lists %(count)s people; the limit is %(limit)s",
                    count=number(len(entries)),
                    limit=number(PEOPLE_LIMIT),
                )
            )
        wrong = [p for p in entries if not (_ID.fullmatch(p) or _MAIL_ID.fullmatch(p))]
        if wrong:
            raise CellError(
                _(
                    "%(found)s is neither an ID nor an email address; use IDs",
                    found=quote(wrong[0]),
                )
            )
        return unique(entries, note)

    def check(self, value: object) -> str | None:
        """Return what is wrong with a list of ids and addresses, None if nothing is."""
        return wrong_list(value, wrong_text)


def _named(entry: str) -> str:
    """Return an entry of a list; letters of an address stay, to be told from look-alikes."""
    bare = normal_forms.bare_address(entry)
    return bare.casefold() if "@" in bare else normal_forms.listed_id(bare)


def line(typed: str, note: Note) -> str | None:
    """Return one line of text, None if it is empty. Raises `CellError`."""
    # Before anything is done with it; what is invisible is not counted, so there is room for it.
    _check_length(typed, 10 * LINE_LIMIT)
    value = clean(typed, note, lines=False)
    _check_length(value, LINE_LIMIT)
    return value or None


def clean(text: str, note: Note, *, lines: bool) -> str:
    """Return `text` in NFC without invisible characters and without surrounding spaces.

    Raises `CellError` for control characters (line breaks are allowed where `lines`) and for
    direction overrides, which make a line read differently from how it is stored.
    """
    if lines:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    _check_marks(text)
    text = unicodedata.normalize("NFC", _STRONG_MARKS.sub("", text))
    # Nearly every cell: what can be printed is neither invisible nor a control character.
    flat = text.replace("\n", "").replace("\t", "") if lines else text
    if flat.isprintable() and _GRAPHEME_JOINER not in text:
        return text.strip()
    kept = []
    for position, char in enumerate(text):
        if char in _OVERRIDES and not lines:
            raise CellError(
                _(
                    "contains a direction override (character %(position)s); remove it",
                    position=position + 1,
                )
            )
        category = unicodedata.category(char)
        if category in ("Cc", "Zl", "Zp") and not (lines and char in "\n\t"):
            raise CellError(
                _(
                    "contains a line break or control character (character %(position)s)",
                    position=position + 1,
                )
            )
        if category == "Cf" or char == _GRAPHEME_JOINER:
            joins = char in _JOINERS and 0 < position < len(text) - 1
            if not (joins and ord(text[position - 1]) > 127):
                continue
        kept.append(char)
    if len(kept) != len(text):
        note(_("invisible characters were removed"))
    # Letters and accents that stood apart meet now.
    return unicodedata.normalize("NFC", "".join(kept)).strip()


def _without_links(name: str, note: Note) -> str:
    """Return a name in which mail programs see no link. Raises `CellError` for one that holds one.

    Strangers register, and what they call themselves stands in emails to others.
    """
    if names.holds_link(name):
        raise CellError(
            _(
                "contains a web address, an email address, or '<'; enter only the name; "
                "found %(found)s",
                found=quote(name),
            )
        )
    if (spaced := names.spaced(name)) != name:
        note(_("a space was added after a period: %(name)s", name=quote(spaced)))
    return spaced


def _check_marks(text: str) -> None:
    """Refuse a long run of combining marks: the time to put them in order grows with its square.

    No writing system has more than 30 in a row (Unicode Standard Annex 15, stream-safe text).
    """
    if text.isascii():
        return
    run = 0
    for char in text:
        run = run + 1 if unicodedata.combining(char) else 0
        if run > _MOST_MARKS:
            raise CellError(_("has more than %(most)s combining marks in a row", most=_MOST_MARKS))


def _check_length(value: str, limit: int) -> None:
    if len(value) > limit:
        raise CellError(
            _(
                "has %(length)s characters; the limit is %(limit)s",
                length=number(len(value)),
                limit=number(limit),
            )
        )


def _mark_or_dot(char: str) -> str:
    return "M" if unicodedata.category(char) in ("Mn", "Me") else "."
