"""The list of people, narrowed by what they answered to the program's own questions."""

from __future__ import annotations

import html
import re
from typing import Any

import asked
import factories
import pytest
from sqlalchemy import Engine

from matching.profiles.columns import Audience
from matching.profiles.questions import Kind
from mentorship import database
from mentorship.models import Program
from mentorship.programs import questions
from mentorship.states import ProfileState


@pytest.fixture
def path(coordinated: Program) -> str:
    return f"/programs/{coordinated.slug}/people"


def listed(page: str) -> list[str]:
    return re.findall(r'/people/[0-9a-f-]{36}">([^<]+)</a>', html.unescape(page))


def menu(page: str) -> dict[str, str]:
    """What the menu of answers offers, by what it sends."""
    found = re.search(r'<select id="answer".*?</select>', page, re.DOTALL)
    options = re.findall(r'<option value="([^"]+)">([^<]+)</option>', found[0] if found else "")
    return {value: html.unescape(words) for value, words in options}


def test_people_are_found_by_answers_from_a_menu_which_add_up(
    engine: Engine, signed_in: Any, coordinated: Program, path: str
) -> None:
    with database.transaction(engine) as session:
        program = session.merge(coordinated)
        asked.ask(session, program)
        one = {"kind": Kind.ONE, "more": ["Early", "Late"]}
        asked.ask(session, program, label="Shift", **one)
        for name, days, shift in (
            ("Ana Early", ["monday", "friday"], "early"),
            ("Bo Late", ["monday"], "late"),
            ("Cy Late", ["tuesday"], "late"),
        ):
            person = factories.make_mentee(session, program, full_name=name)
            asked.answer(session, person, q_clinic_days=days, q_shift=shift)
        draft = factories.make_mentee(session, program, full_name="Di Draft")
        asked.answer(session, draft, q_clinic_days=["monday"], q_shift="late")
        draft.state = ProfileState.DRAFT
    page = signed_in.get(path).text
    assert menu(page) == {
        "q_clinic_days:monday": "Monday", "q_clinic_days:tuesday": "Tuesday",
        "q_clinic_days:friday": "Friday", "q_shift:early": "Early", "q_shift:late": "Late",
    }  # fmt: skip
    assert '<optgroup label="Clinic days">' in page

    page = signed_in.get(f"{path}?answer=q_clinic_days:monday").text
    assert listed(page) == ["Ana Early", "Bo Late"]
    assert "Clinic days: Monday" in html.unescape(page)
    # The form keeps what is narrowed already, and the menu adds to it.
    assert '<input type="hidden" name="q_clinic_days" value="monday">' in page
    page = signed_in.get(f"{path}?q_clinic_days=monday&answer=q_shift:late&role=mentee").text
    assert listed(page) == ["Bo Late"]
    # Of the same question, the menu's answer takes the place of the other.
    page = signed_in.get(f"{path}?q_shift=late&answer=q_shift:early").text
    assert listed(page) == ["Ana Early"]


def test_no_one_is_found_by_answers_that_no_one_may_read(
    engine: Engine, signed_in: Any, coordinated: Program, path: str
) -> None:
    with database.transaction(engine) as session:
        program = session.merge(coordinated)
        one = {"kind": Kind.ONE, "more": ["Early", "Late"]}
        asked.ask(session, program, label="Secret", audience=Audience.NOBODY, **one)
        asked.ask(session, program, label="Old", audience=Audience.NOBODY, **one)
        for name, answer in (("Ana", "early"), ("Bo", "late")):
            person = factories.make_mentee(session, program, full_name=name)
            asked.answer(session, person, q_secret=answer, q_old=answer)
        questions.retire(session, program, "test", "q_old")
    assert menu(signed_in.get(path).text) == {}
    for query in (
        "answer=q_secret:early", "q_secret=early", "answer=q_old:early", "answer=q_secret",
        "answer=full_name:Ana", "answer=:", "answer=q_secret:early&q_secret=early", "answer=::",
    ):  # fmt: skip
        assert listed(signed_in.get(f"{path}?{query}").text) == ["Ana", "Bo"], query


def test_a_program_without_questions_has_no_menu(signed_in: Any, path: str) -> None:
    assert 'id="answer"' not in signed_in.get(path).text
