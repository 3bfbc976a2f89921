"""Bringing a spreadsheet of any wording in: columns, answers, rows, and what is kept of it."""

from __future__ import annotations

import csv
import io
import re
from typing import Any

import factories
import openpyxl
import pytest
from sqlalchemy import Engine, func, select
from uploaded import FILE, LIST, column, filled, send, stored

from matching.mapping.decisions import Decisions
from matching.mapping.survey import read as survey
from matching.spreadsheets.limits import UPLOAD
from mentorship import database
from mentorship.models import Profile, Program, Upload
from mentorship.people import enrollment, mappings, profiles
from mentorship.roles import Role


def test_a_form_of_any_wording_is_brought_in_and_remembered(
    engine: Engine, signed_in: Any, coordinated: Program
) -> None:
    place = send(signed_in, coordinated, FILE)
    assert place.endswith("/columns")
    page = signed_in.get(place).text
    assert "“med student”" in page
    assert "“Research”" in page
    assert stored(engine) == {}

    undecided = signed_in.post(place, **filled(page))
    assert undecided.status_code == 422
    assert "Choose what this column is, or leave it out." in undecided.text

    form = filled(page, **{column(page, "Pets"): ""})
    checked = signed_in.post(place, **form)
    assert checked.status_code == 303
    upload = checked.location
    assert not upload.endswith("/columns")
    assert "<b>2 new</b>" in signed_in.get(upload).text

    assert signed_in.post(upload, decision="write").status_code == 422
    assert signed_in.post(upload, decision="write", agreed="invite").status_code == 303
    people = stored(engine)
    assert people["lena@example.org"]["career_stage"] == "medical-student-clinical"
    assert people["lena@example.org"]["goals"] == ["research-start"]
    assert people["omar@example.org"]["goals"] == ["specialty-board-exams", "research-start"]
    assert {each["timezone"] for each in people.values()} == {"Europe/Paris"}
    assert {each["languages"][0] for each in people.values()} == {"en"}

    # The next file of these words asks nothing.
    again = send(signed_in, coordinated, FILE.replace(b"Lena List", b"Lena Later"))
    assert not again.endswith("/columns")
    assert "<b>0 new</b>, 1 changed, 1 unchanged" in signed_in.get(again).text


def test_so_many_files_wait_and_the_oldest_go(
    signed_in: Any, engine: Engine, coordinated: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(enrollment, "MOST_WAITING", 2)

    first, second, third = (send(signed_in, coordinated, FILE) for _ in range(3))

    with database.reading(engine) as session:
        assert session.scalar(select(func.count()).select_from(Upload)) == 2
    assert signed_in.get(first).status_code == 404
    assert [signed_in.get(each).status_code for each in (second, third)] == [200, 200]


def test_an_answer_may_mean_several_or_stay_as_it_is(
    engine: Engine, signed_in: Any, coordinated: Program
) -> None:
    place = send(signed_in, coordinated, FILE.replace(b"Research", b"Zyzzogeton"))
    page = signed_in.get(place).text
    name = re.search(r"“Zyzzogeton”.*?name=\"(answer-\d+)\"", page, re.S)[1]  # type: ignore[index]
    form = filled(page, **{column(page, "Pets"): "", name: ["publishing", "*own words*"]})
    signed_in.post(signed_in.post(place, **form).location, decision="write", agreed="invite")

    lena = stored(engine)["lena@example.org"]
    assert lena["goals"] == ["publishing"]
    assert lena["statement"].endswith("Zyzzogeton")


@pytest.mark.parametrize("value", ["made-up", "<b>", "research-start;publishing;nothing"])
def test_an_answer_that_is_none_is_refused_beside_its_field(
    signed_in: Any, coordinated: Program, value: str
) -> None:
    place = send(signed_in, coordinated, FILE)
    page = signed_in.get(place).text
    name = re.search(r"“Research”.*?name=\"(answer-\d+)\"", page, re.S)[1]  # type: ignore[index]
    answer = signed_in.post(place, **filled(page, **{column(page, "Pets"): "", name: value}))

    assert answer.status_code == 422
    assert f'id="{name}-error"' in answer.text


def test_two_columns_are_not_read_as_one_answer(signed_in: Any, coordinated: Program) -> None:
    place = send(signed_in, coordinated, FILE)
    page = signed_in.get(place).text
    answer = signed_in.post(place, **filled(page, **{column(page, "Pets"): "email"}))

    assert answer.status_code == 422
    assert "Column B is read as this already." in answer.text


def test_rows_are_corrected_in_place_or_in_a_file(
    engine: Engine, signed_in: Any, coordinated: Program
) -> None:
    data = FILE.replace(b"omar@example.org", b"=omar at example").replace(b",Pets", b"").replace(
        b",dog", b""
    ).replace(b",cat", b"")  # fmt: skip
    place = send(signed_in, coordinated, data)
    upload = signed_in.post(place, **filled(signed_in.get(place).text)).location
    page = signed_in.get(upload).text
    assert "Fix these rows" in page
    assert "Omar Open" in page
    name = re.search(r'name="(cell-3-email)"', page)[1]  # type: ignore[index]

    told = signed_in.get(f"{upload}/problems.csv")
    (row,) = csv.DictReader(io.StringIO(told.get_data(as_text=True).removeprefix("\ufeff")))
    assert row["full_name"] == "Omar Open"
    assert row["email"] == "'=omar at example"
    assert row["what to fix"].startswith("email: ")

    assert (
        signed_in.post(f"{upload}/rows", on=upload, **{name: "omar@example.org"}).location == upload
    )
    page = signed_in.get(upload).text
    assert "Fix these rows" not in page
    signed_in.post(upload, decision="write", agreed="invite")
    assert set(stored(engine)) == {"lena@example.org", "omar@example.org"}


@pytest.mark.parametrize("overwrites", [False, True])
def test_what_people_answered_themselves_is_theirs(
    engine: Engine, signed_in: Any, coordinated: Program, overwrites: bool
) -> None:
    with database.transaction(engine) as session:
        program = session.merge(coordinated)
        lena = factories.make_mentee(session, program, email="lena@example.org", city="Oslo")
        profiles.change_own_answers(session, lena, {**lena.answers, "city": "Bergen"})
        id = lena.id
    data = b"Name,Email,Career stage,City,Institution\nLena L,lena@example.org,MS3,Rome,North\n"
    upload = send(signed_in, coordinated, data)
    page = signed_in.get(upload).text
    assert "One person has given different answers themselves and keeps them." in page

    form = {"overwrite_own": "yes"} if overwrites else {}
    signed_in.post(upload, decision="write", agreed="invite", **form)
    with database.reading(engine) as session:
        answers = session.get_one(Profile, id).answers
    assert answers["city"] == ("Rome" if overwrites else "Bergen")
    assert answers["institution"] == "North"


def test_a_list_without_zone_keeps_the_zone_that_is_there(
    engine: Engine, signed_in: Any, coordinated: Program
) -> None:
    with database.transaction(engine) as session:
        program = session.merge(coordinated)
        factories.make_mentee(session, program, email="lena@example.org", timezone="Asia/Tokyo")
    upload = send(signed_in, coordinated, b"Name,Email,Career stage\nL L,lena@example.org,MS3\n")
    signed_in.post(upload, decision="write", agreed="invite")

    assert stored(engine)["lena@example.org"]["timezone"] == "Asia/Tokyo"


def test_a_file_without_addresses_asks_which_column_has_them(
    signed_in: Any, coordinated: Program
) -> None:
    place = send(signed_in, coordinated, b"Name,Stage,Code\nLena List,MS3,xyz\nOmar O,MS4,abc\n")
    page = signed_in.get(place).text

    assert place.endswith("/columns")
    assert "No column is read as the email address" in page


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("has_examples", [False, True])
def test_a_template_is_read_as_it_is_filled_in(
    engine: Engine, signed_in: Any, coordinated: Program, role: Role, has_examples: bool
) -> None:
    place = f"/programs/{coordinated.slug}/uploads/template-{role}.xlsx"
    data = signed_in.get(place + ("?examples=1" if has_examples else "")).data
    book = openpyxl.load_workbook(io.BytesIO(data))
    people, words = book.worksheets
    assert people.max_row == (2 if has_examples else 1)
    assert len(people.data_validations.dataValidation) > 3
    for listed in words.iter_cols(values_only=True):
        assert len([word for word in listed if word]) > 1
    if has_examples:
        found = survey(data, role.value, "t.xlsx", UPLOAD, Decisions(), {})
        (row,) = list(found.rows)
        assert found.missing == []
        assert [q.title for q in found.questions if q.filled and not q.column] == []
        assert row.cells["email"].endswith("@example.org")
        assert [group.typed for group in found.groups if group.is_open] == []


def test_a_name_that_two_people_share_names_no_one(engine: Engine) -> None:
    with database.transaction(engine) as session:
        program = factories.make_program(session)
        one = factories.make_mentor(session, program, full_name="Ada Example")
        for _ in range(2):
            factories.make_mentor(session, program, full_name="Max Twice")
        found = mappings.people_by_name(session, program, Role.MENTEE)
        assert found == {"ada example": one.listed_id}
        assert mappings.people_by_name(session, program, Role.MENTOR) == {}


def test_another_sheet_is_read_though_columns_of_this_one_are_open(
    engine: Engine, signed_in: Any, coordinated: Program
) -> None:
    book = openpyxl.Workbook()
    first = book.active
    assert first is not None
    first.title = "2025"
    for row in csv.reader(io.StringIO(LIST.decode())):
        first.append(row)
    second = book.create_sheet("2026")
    second.append(["Full name", "Email", "Training"])
    second.append(["Nia New", "nia@example.org", "MS3"])
    data = io.BytesIO()
    book.save(data)
    place = send(signed_in, coordinated, data.getvalue(), name="list.xlsx")
    page = signed_in.get(place).text
    other = "2026" if "<option selected>2025" in page else "2025"
    open_one = {column(page, "Pets"): "?"} if other == "2026" else {}

    answer = signed_in.post(place, on=place, **filled(page, sheet=other, **open_one))

    assert answer.status_code == 303, answer.text
    page = signed_in.get(place).text
    assert f"<option selected>{other}" in page
