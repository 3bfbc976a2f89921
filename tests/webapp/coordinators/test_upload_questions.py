"""A column of a list becomes a question of the program in one click, and the next list knows it."""

from __future__ import annotations

import html
import io
import re
from typing import Any

import asked
import factories
import openpyxl
import pytest
from sqlalchemy import Engine, select
from uploaded import column, filled, send

from matching.profiles.columns import Audience
from matching.profiles.questions import Kind
from mentorship import database
from mentorship.models import Profile, Program, Role
from mentorship.people import questionnaire, questions
from mentorship.people.questions import ProgramQuestion
from mentorship.people.sight import Viewer

MENTEES = "Your name,Email,Training,Team,Shifts,Comments\n" + "".join(
    f"Lena {name},{name}@example.org,med student,{campus},{days},{words}\n"
    for name, campus, days, words in (
        ("Ash", "Red", "Early;Late", "I like mornings"),
        ("Birch", "Blue", "Late", "None"),
        ("Cedar", "Red", "Early", "Call me"),
        ("Dogwood", "blue", "Late; Night", ""),
        ("Elm", "", "Night", ""),
    )
)
MENTORS = "Your name,Email,Training,Team,Shifts\n" + "".join(
    f"Dr. {name},{name}@example.org,attending,{campus},{days}\n"
    for name, campus, days in (
        ("Fir", "Red", "Early"), ("Gum", "Green", "Early;Noon"), ("Hazel", "Green", "Noon"),
        ("Ivy", "Red", "Late"),
    )
)  # fmt: skip


def own(engine: Engine, program: Program) -> dict[str, ProgramQuestion]:
    with database.reading(engine) as session:
        return {each.name: each for each in questions.of(session.get_one(Program, program.id))}


def answers(engine: Engine) -> dict[str, dict[str, Any]]:
    with database.reading(engine) as session:
        return {
            profile.full_name: {k: v for k, v in profile.answers.items() if questions.is_own(k)}
            for profile in session.scalars(select(Profile))
        }


def make_question(browser: Any, place: str, title: str) -> Any:
    """Press the button beside a column."""
    page = browser.get(place).text
    number = column(page, title).removeprefix("column-")
    assert f'name="ask" value="{number}"' in page
    return browser.post(place, **filled(page, ask=number))


def bring_in(browser: Any, place: str, **changes: str) -> None:
    """Decide about the columns as they stand, and import."""
    checked = browser.post(place, **filled(browser.get(place).text, **changes))
    assert checked.status_code == 303, checked.text
    done = browser.post(checked.location, decision="write", agreed="invite")
    assert done.status_code == 303, done.text


def test_unknown_columns_become_questions_and_both_lists_share_them(
    engine: Engine, signed_in: Any, coordinated: Program
) -> None:
    place = send(signed_in, coordinated, MENTEES.encode())
    page = html.unescape(signed_in.get(place).text)
    assert "One choice: Red and Blue" in page
    assert "Several choices: Early, Late, and Night" in page

    for title in ("Team", "Shifts"):
        made = make_question(signed_in, place, title)
        assert (made.status_code, made.location) == (303, place)
        assert f"“{title}” becomes a program question" in html.unescape(signed_in.get(place).text)
    # Nothing is written before the file is imported.
    assert own(engine, coordinated) == {}
    bring_in(signed_in, place, **{column(signed_in.get(place).text, "Comments"): ""})

    made = own(engine, coordinated)
    assert made["q_team"] == ProgramQuestion(
        "q_team", "Team", Kind.ONE, (Role.MENTEE,), Audience.COORDINATORS,
        (("red", "Red"), ("blue", "Blue")),
    )  # fmt: skip
    assert made["q_shifts"].kind is Kind.SEVERAL
    assert answers(engine) == {
        "Lena Ash": {"q_team": "red", "q_shifts": ["early", "late"]},
        "Lena Birch": {"q_team": "blue", "q_shifts": ["late"]},
        "Lena Cedar": {"q_team": "red", "q_shifts": ["early"]},
        "Lena Dogwood": {"q_team": "blue", "q_shifts": ["late", "night"]},
        "Lena Elm": {"q_shifts": ["night"]},
    }
    with database.reading(engine) as session:
        ash = session.scalars(select(Profile).where(Profile.full_name == "Lena Ash")).one()
        assert ("Team", "Red") in questionnaire.told(ash, Viewer.COORDINATOR)
        assert ("Team", "Red") not in questionnaire.told(ash, Viewer.MATCH)

    # The next list of these headings asks nothing, and what changed in it is told.
    again = send(
        signed_in,
        coordinated,
        MENTEES.replace(
            "Ash@example.org,med student,Red", "Ash@example.org,med student,Blue"
        ).encode(),
    )
    assert not again.endswith("/columns")
    assert "<b>0 new</b>, 1 changed, 4 unchanged" in signed_in.get(again).text

    # Mentors are asked the same questions, with the choices that only they made.
    place = send(signed_in, coordinated, MENTORS.encode(), role="mentor")
    for title in ("Team", "Shifts"):
        assert make_question(signed_in, place, title).status_code == 303
    bring_in(signed_in, place)
    made = own(engine, coordinated)
    assert made["q_team"].roles == made["q_shifts"].roles == (Role.MENTEE, Role.MENTOR)
    assert dict(made["q_team"].choices) == {"red": "Red", "blue": "Blue", "green": "Green"}
    assert all(each.can_count for each in made.values())
    assert answers(engine)["Gum"] == {"q_team": "green", "q_shifts": ["early", "noon"]}


def test_a_question_that_is_asked_already_is_known_by_its_words(
    engine: Engine, signed_in: Any, coordinated: Program
) -> None:
    with database.transaction(engine) as session:
        program = session.get_one(Program, coordinated.id)
        asked.ask(session, program, is_required=True)
        asked.ask(session, program, label="Pager", kind=Kind.NUMBER)
    file = (
        "Name,Email,Training,Clinic days,Pager\n"
        'Ana One,ana@example.org,PGY-2,"tuesday, Friday",12\n'
        "Bo Two,bo@example.org,PGY-2,Sunday,\n"
        "Cy Three,cy@example.org,PGY-2,,many\n"
    )
    place = send(signed_in, coordinated, file.encode())
    page = signed_in.get(place).text
    # What no choice says is asked about; who has not answered is let in all the same.
    assert "“Sunday”" in page
    name = re.search(r"“Sunday”.*?name=\"(answer-\d+)\"", page, re.S)[1]  # type: ignore[index]
    checked = signed_in.post(place, **filled(page, **{name: "monday"}))
    shown = html.unescape(signed_in.get(checked.location).text)
    assert "<b>3 new</b>" in shown
    signed_in.post(checked.location, decision="write", agreed="invite")
    assert answers(engine) == {
        "Ana One": {"q_clinic_days": ["tuesday", "friday"], "q_pager": 12},
        "Bo Two": {"q_clinic_days": ["monday"]},
        "Cy Three": {},
    }
    with database.reading(engine) as session:
        # What is no number stays among their own words, which the same people read.
        cy = session.scalars(select(Profile).where(Profile.full_name == "Cy Three")).one()
        assert cy.answers["statement"] == "Pager: many"


def test_what_people_answered_themselves_is_not_overwritten_unasked(
    engine: Engine, signed_in: Any, coordinated: Program
) -> None:
    with database.transaction(engine) as session:
        program = session.get_one(Program, coordinated.id)
        asked.ask(session, program)
        mentee = factories.make_mentee(session, program, full_name="Ana One", email="a@example.org")
        asked.answer(session, mentee, q_clinic_days=["monday"])
        mentee.own_answers = ["q_clinic_days"]
    file = "Name,Email,Training,Clinic days\nAna One,a@example.org,PGY-2,Friday\n"
    place = send(signed_in, coordinated, file.encode())
    assert "given different answers themselves" in signed_in.get(place).text
    signed_in.post(place, decision="write", agreed="invite")
    assert answers(engine)["Ana One"] == {"q_clinic_days": ["monday"]}
    place = send(signed_in, coordinated, file.encode())
    signed_in.post(place, decision="write", agreed="invite", overwrite_own="yes")
    assert answers(engine)["Ana One"] == {"q_clinic_days": ["friday"]}


def test_an_eleventh_question_and_one_that_everyone_is_asked_are_refused_beside_the_column(
    engine: Engine, signed_in: Any, coordinated: Program
) -> None:
    with database.transaction(engine) as session:
        program = session.get_one(Program, coordinated.id)
        for k in range(10):
            asked.ask(session, program, label=f"Question {k}")
    place = send(signed_in, coordinated, MENTEES.encode())
    refused = make_question(signed_in, place, "Team")
    assert refused.status_code == 422
    assert "at most 10 questions" in refused.text
    page = signed_in.get(place).text
    name = column(page, "Your name").removeprefix("column-")
    refused = signed_in.post(place, **filled(page, ask=name))
    assert refused.status_code == 422
    assert "Every profile already has a question with this name." in refused.text
    assert len(own(engine, coordinated)) == 10


def test_a_column_that_looked_like_ours_can_be_a_question_too(
    engine: Engine, signed_in: Any, coordinated: Program
) -> None:
    file = MENTEES.replace("Team", "Campus").replace("Shifts", "Clinic days")
    place = send(signed_in, coordinated, file.encode())
    page = signed_in.get(place).text
    fields = {column(page, title): "ask" for title in ("Campus", "Clinic days")}
    fields[column(page, "Comments")] = ""
    checked = signed_in.post(place, **filled(page, **fields))
    assert checked.status_code == 303
    assert "become program questions" in signed_in.get(checked.location).text
    signed_in.post(checked.location, decision="write", agreed="invite")

    assert set(own(engine, coordinated)) == {"q_campus", "q_clinic_days"}
    assert answers(engine)["Lena Ash"] == {"q_campus": "red", "q_clinic_days": ["early", "late"]}
    again = send(signed_in, coordinated, file.encode())
    assert "<b>0 new</b>, 0 changed, 5 unchanged" in signed_in.get(again).text


@pytest.mark.parametrize("heading", ["'=1+1", "<b>Bold</b> & 100% %(n)s", "x" * 300, "Wie geht’s?"])
def test_any_heading_can_become_a_question(
    engine: Engine, signed_in: Any, coordinated: Program, heading: str
) -> None:
    file = f'Your name,Email,Training,"{heading}"\n' + "".join(
        f"Lena {name},{name}@example.org,med student,{word}\n"
        for name, word in (("Ash", "a % b"), ("Oak", "c"), ("Elm", "c"), ("Fir", "a % b"))
    )
    place = send(signed_in, coordinated, file.encode())
    page = signed_in.get(place).text
    number = re.findall(r'name="ask" value="(\d+)"', page)[-1]
    assert signed_in.post(place, **filled(page, ask=number)).status_code == 303
    bring_in(signed_in, place)

    (question,) = own(engine, coordinated).values()
    assert question.label == heading[:120]
    assert [label for _id, label in question.choices] == ["a % b", "c"]
    assert answers(engine)["Lena Ash"] == {question.name: "a-b"}
    shown = signed_in.get(f"/programs/{coordinated.slug}/questions").text
    assert html.escape(heading[:120], quote=False).replace("'", "&#39;") in shown


def test_the_template_has_a_column_with_a_drop_down(
    engine: Engine, signed_in: Any, coordinated: Program
) -> None:
    with database.transaction(engine) as session:
        program = session.get_one(Program, coordinated.id)
        asked.ask(session, program, label="Team", kind=Kind.ONE, more=["North", "South"])
        asked.ask(session, program, label="Only mentors", kind=Kind.YES_NO, roles=(Role.MENTOR,))
    file = signed_in.get(f"/programs/{coordinated.slug}/uploads/template-mentee.xlsx").data
    book = openpyxl.load_workbook(io.BytesIO(file))
    sheet, words = book.worksheets
    titles = [cell.value for cell in sheet[1]]
    assert titles[-1] == "Team"
    listed = {c[0].value: [cell.value for cell in c[1:] if cell.value] for c in words.columns}
    assert listed["Team"] == ["North", "South"]
    letter = sheet.cell(1, len(titles)).column_letter
    assert any(f"{letter}2" in str(v.sqref) for v in sheet.data_validations.dataValidation)
