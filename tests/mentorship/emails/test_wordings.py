"""Wordings of a program: plain text with named fields, checked when they are stored."""

from __future__ import annotations

import factories
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.orm import Session

from mentorship.emails import wordings
from mentorship.errors import Invalid
from mentorship.models import AuditEntry, EmailKind

INTRODUCTION = EmailKind.MENTEE_INTRODUCTION


@pytest.mark.parametrize("kind", wordings.EDITABLE)
def test_the_usual_wording_of_each_kind_would_pass_the_check(kind: EmailKind) -> None:
    examples = {field.name: field.example for field in wordings.fields(kind)}
    for passage, text in wordings.of(None, kind).items():
        wordings.check(kind, passage, text)

        assert "{" not in wordings.fill(text, examples)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Hello {nme}", "line 1, character 7: there is no field '{nme}' (did you mean {name}?)"),
        ("One.\n\nTwo {mentees}", "line 3, character 5: there is no field '{mentees}'"),
        ("Hello {name", "line 1, character 7: an unmatched brace"),
        ("Hello name}", "line 1, character 11: an unmatched brace"),
        ("{{ name }}", "line 1, character 1: an unmatched brace"),
        ("{}", "there is no field '{}'"),
        ("{0}", "there is no field '{0}'"),
        ("{name.email}", "there is no field '{name.email}'"),
        ("{name[0]}", "there is no field '{name[0]}'"),
        ("{name!r}", "there is no field '{name!r}'"),
        ("{name:>90}", "there is no field '{name:>90}'"),
        ("{name:{program}}", "an unmatched brace"),
        ("Hello\x00", "line 1, character 6: contains an invisible character"),
        ("Hello \u202eolleH", "contains an invisible character"),
        ("x" * 2001, "2001 characters; the limit is 2000"),
    ],
)
def test_what_cannot_be_filled_is_refused_where_it_stands(text: str, said: str) -> None:
    with pytest.raises(Invalid) as error:
        wordings.check(INTRODUCTION, "opening", text)

    assert said in str(error.value)


def test_a_problem_names_the_fields_that_there_are() -> None:
    with pytest.raises(Invalid, match=r"The fields are \{name\}, .*\{mentor\}, \{write_by\}"):
        wordings.check(INTRODUCTION, "closing", "{x}")


def test_a_subject_is_one_line() -> None:
    with pytest.raises(Invalid, match="one line"):
        wordings.check(INTRODUCTION, "subject", "Hello\nBcc: x@example.org")


@pytest.mark.parametrize("kind", [EmailKind.SIGN_IN, EmailKind.ROUND_FINISHED])
def test_some_kinds_cannot_be_worded(kind: EmailKind) -> None:
    with pytest.raises(Invalid, match="can't be changed"):
        wordings.check(kind, "opening", "Hello")


def test_there_are_no_other_passages() -> None:
    with pytest.raises(Invalid, match="no passage"):
        wordings.check(INTRODUCTION, "card", "Hello")


@given(st.text(alphabet="{}name program!:.[]0", max_size=30))
def test_whatever_passes_the_check_can_be_filled(text: str) -> None:
    try:
        wordings.check(INTRODUCTION, "opening", text)
    except Invalid:
        return
    examples = {field.name: "{x}" for field in wordings.fields(INTRODUCTION)}

    filled = wordings.fill(text, examples)

    assert filled.replace("{x}", "").count("{") == 0


def test_a_value_is_never_read_for_fields() -> None:
    values = {"name": "{program}", "program": "secret"}

    assert wordings.fill("Hello {name}", values) == "Hello {program}"


def test_own_words_are_kept_and_an_empty_passage_goes_back(session: Session) -> None:
    program = factories.make_program(session)
    words = {
        "subject": "Meet {mentor}",
        "opening": " Welcome, {name}.\r\n\r\nEnjoy. ",
        "closing": "",
    }

    wordings.change(session, program, "dana", INTRODUCTION, words)

    assert wordings.of(program, INTRODUCTION) == {
        "subject": "Meet {mentor}",
        "opening": "Welcome, {name}.\n\nEnjoy.",
        "closing": "",
    }
    assert wordings.of(program, EmailKind.WELCOME) == wordings.of(None, EmailKind.WELCOME)
    entry = session.scalars(select(AuditEntry).where(AuditEntry.action == "wording changed")).one()
    assert entry.details == {"kind": "mentee_introduction", "passages": ["opening", "subject"]}

    wordings.change(session, program, "dana", INTRODUCTION, dict.fromkeys(words, ""))

    assert program.wordings == {}


def test_a_wording_that_cannot_be_used_changes_nothing(session: Session) -> None:
    program = factories.make_program(session)

    with pytest.raises(Invalid):
        wordings.change(
            session, program, "dana", INTRODUCTION, {"subject": "Fine", "opening": "{nothing}"}
        )

    assert program.wordings == {}
