"""The words of emails that a program can replace: subject, opening and closing lines.

A wording is plain text with named fields in braces, such as {name}. There is nothing else to it:
no conditions, formats or attributes, so nothing but these fields can ever come out. What an email
must hold (who, how to reach them, reasons, buttons) stays in its template, whatever the wording.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy.orm import Session

from matching.profiles.columns import quote
from mentorship import audit, language
from mentorship.emails.kinds import KINDS
from mentorship.errors import Invalid
from mentorship.language import gettext as _
from mentorship.language import mark
from mentorship.models import EmailKind, Program

PASSAGES = ("subject", "opening", "closing")
MOST = {"subject": 150, "opening": 2000, "closing": 2000}


@dataclass(frozen=True)
class Field:
    """A named field; `description` and `example` are shown beside the form."""

    name: str
    description: str
    example: str


_FIELDS = {
    field.name: field
    for field in (
        Field("name", mark("the reader's name"), "Ana"),
        Field("program", mark("the name of the program"), "Harbor Mentoring"),
        Field("coordinator", mark("the name of the coordinator"), "Dana Reyes"),
        Field("contact", mark("the coordinator's address"), "dana@example.org"),
        Field("next_round", mark("the day of the next round"), "Monday, February 1, 2027"),
        Field("role", mark("the reader's role: mentee or mentor"), "mentee"),
        Field(
            "agreed_where",
            mark("where the reader agreed, as entered by a coordinator"),
            "form of May",
        ),
        Field("mentor", mark("the mentor's name"), "Bo Haddad"),
        Field("mentee", mark("the mentee's name"), "Ana Lindqvist"),
        Field("mentees", mark("the names of the mentees"), "Ana Lindqvist and Cy Adeyemi"),
        Field(
            "new_mentees",
            mark("the name of the new mentee, or the number of new mentees"),
            "Your new mentee Ana Lindqvist",
        ),
        Field("other", mark("the other person's name"), "Bo Haddad"),
        Field("other_role", mark("the other person's role: mentor or mentee"), "mentor"),
        Field(
            "someone",
            mark("who the reader is asked about: a mentor, a mentee, or a number of mentees"),
            "2 mentees",
        ),
        Field(
            "found",
            mark("the same as part of a sentence"),
            "2 people who could be good mentees for you",
        ),
        Field("write_by", mark("the day the mentee should write by"), "Tuesday, December 1, 2026"),
        Field("answer_by", mark("the day to answer by"), "Tuesday, December 8, 2026"),
        Field("when", mark("when the two meet"), "Friday, December 4, 2026, 6:00 PM"),
        Field("weeks_ago", mark("how long ago the two were introduced"), "A week or two ago"),
    )
}
_ANYWHERE = ("name", "program", "coordinator", "contact", "next_round")
#: The kinds that a program can word: not those to coordinators, nor the sign-in code.
EDITABLE = tuple(kind for kind, row in KINDS.items() if row.fields is not None)

_FIELD = re.compile(r"\{([^{}]*)\}(\.(?!\.))?")
_BRACES = re.compile(r"\{([^{}]*)\}|[{}]")


def fields(kind: EmailKind) -> list[Field]:
    """Return the fields that a wording of this kind may name."""
    return [_FIELDS[name] for name in (*_ANYWHERE, *(KINDS[kind].fields or ()))]


def of(program: Program | None, kind: EmailKind) -> dict[str, str]:
    """Return each passage of a kind: the program's own wording, else the default."""
    usual = {"subject": _(KINDS[kind].subject), "opening": _(KINDS[kind].opening), "closing": ""}
    own = program.wordings.get(kind, {}) if program and kind in EDITABLE else {}
    return usual | own


def check(kind: EmailKind, passage: str, text: str) -> None:
    """Check the wording of a passage. Raises `Invalid`, which says where and why."""
    if kind not in EDITABLE:
        raise Invalid(_("the text of %(kind)s can't be changed", kind=kind))
    if passage not in PASSAGES:
        raise Invalid(_("there is no passage %(passage)s", passage=quote(passage)))
    if len(text) > MOST[passage]:
        raise Invalid(
            _("%(found)s characters; the limit is %(most)s", found=len(text), most=MOST[passage])
        )
    if passage == "subject" and "\n" in text:
        raise Invalid(_("a subject must be one line"))
    if (unseen := language.unseen(text)) is not None:
        place = _place(text, unseen)
        raise Invalid(_("%(place)s: contains an invisible character", place=place))
    known = [field.name for field in fields(kind)]
    for found in _BRACES.finditer(text):
        name = found[1]
        if name in known:
            continue
        listed = ", ".join(f"{{{each}}}" for each in known)
        place = _place(text, found.start())
        if name is None:
            problem = _("an unmatched brace; write fields like {name}")
        else:
            problem = _("there is no field %(field)s", field=quote(found[0]))
        if name and (close := difflib.get_close_matches(name, known, n=1)):
            problem = _("%(problem)s (did you mean {%(close)s}?)", problem=problem, close=close[0])
        raise Invalid(
            _(
                "%(place)s: %(problem)s. The fields are %(listed)s",
                place=place,
                problem=problem,
                listed=listed,
            )
        )


def fill(text: str, values: Mapping[str, str]) -> str:
    """Return a checked wording with its fields filled in; braces in a value stay as they are."""

    def value(found: re.Match[str]) -> str:
        # As in any sentence: kept apart where its script needs it, and no second full stop.
        end = "" if found[2] and values[found[1]].endswith(".") else found[2] or ""
        return f"{language.isolated(values[found[1]])}{end}"

    return _FIELD.sub(value, text)


def change(
    session: Session, program: Program, actor: str, kind: EmailKind, passages: Mapping[str, str]
) -> None:
    """Replace the program's wording of a kind; an empty passage goes back to the default.

    Raises `Invalid`, and changes nothing, if a passage cannot be used.
    """
    cleaned = {name: text.replace("\r\n", "\n").strip() for name, text in passages.items()}
    for name, text in cleaned.items():
        check(kind, name, text)
    session.refresh(program, with_for_update=True)
    usual = of(None, kind)
    own = {name: text for name, text in cleaned.items() if text and text != usual[name]}
    others = {name: words for name, words in program.wordings.items() if name != kind}
    program.wordings = others | ({kind.value: own} if own else {})
    audit.record(
        session, actor, "wording changed", program_id=program.id, kind=kind, passages=sorted(own)
    )


def _place(text: str, index: int) -> str:
    line = text.count("\n", 0, index) + 1
    column = index - (text.rfind("\n", 0, index) + 1) + 1
    return _("line %(line)s, character %(column)s", line=line, column=column)
