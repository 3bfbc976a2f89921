"""What the page of a list that was read says and asks before anything is imported."""

from __future__ import annotations

import io
from typing import Any

import pytest
from sites import count
from sqlalchemy import Engine, select
from uploaded import CSV

from mentorship import database
from mentorship.models import Profile, Program, Role, Upload
from mentorship.people import stored_reports


@pytest.mark.parametrize(
    ("decision", "people"),
    [
        ({"agreed": "invite"}, 2),
        ({"agreed": "yes", "consented": "form of May"}, 2),
        ({"agreed": "yes", "consented": " "}, 0),
        ({}, 0),
        ({"decision": "forget"}, 0),
    ],
)
def test_an_upload_is_decided_on_once(
    engine: Engine, signed_in: Any, coordinated: Program, decision: dict[str, str], people: int
) -> None:
    path = f"/programs/{coordinated.slug}/uploads"
    form = signed_in.keys(path) | {"role": "mentee", "file": (io.BytesIO(CSV), "list.csv")}
    upload = signed_in.send(path, form).location
    page = signed_in.get(upload).text
    assert "2 new" in page
    assert count(engine, Profile) == 0

    answer = signed_in.post(upload, **decision)
    assert answer.status_code == (303 if people or "decision" in decision else 422)
    assert count(engine, Profile) == people
    assert count(engine, Upload) == (0 if answer.status_code == 303 else 1)


@pytest.mark.parametrize("adds", [False, True])
def test_what_texts_name_is_added_to_a_list_only_on_demand(
    engine: Engine, signed_in: Any, coordinated: Program, adds: bool
) -> None:
    path = f"/programs/{coordinated.slug}/uploads"
    extra = (b",statement\n", b",Anaesthesia for me\n", b",\n")
    data = b"".join(line + rest for line, rest in zip(CSV.splitlines(), extra, strict=True))
    form = signed_in.keys(path) | {"role": "mentee", "file": (io.BytesIO(data), "list.csv")}
    upload = signed_in.send(path, form).location
    page = signed_in.get(upload).text
    assert "One specialty or goal mentioned only in someone" in page
    assert "Anesthesiology" in page

    signed_in.post(upload, agreed="invite", **({"add_suggested": "yes"} if adds else {}))
    with database.reading(engine) as session:
        answers = [profile.answers for profile in session.scalars(select(Profile))]
    fields = [each["specialty_interests"] for each in answers if "specialty_interests" in each]
    assert fields == ([["anesthesiology"]] if adds else [])


def test_what_is_noted_of_many_rows_is_said_once(signed_in: Any, coordinated: Program) -> None:
    path = f"/programs/{coordinated.slug}/uploads"
    lines = CSV.splitlines()
    extra = (b",institution\n", *[b",N/A\n"] * (len(lines) - 1))
    data = b"".join(line + rest for line, rest in zip(lines, extra, strict=True))
    form = signed_in.keys(path) | {"role": "mentee", "file": (io.BytesIO(data), "list.csv")}

    page = signed_in.get(signed_in.send(path, form).location).text
    assert "(and in 1 more row)" in page
    assert page.count("N/A") == 1


def test_a_column_of_days_is_asked_about_and_the_answer_is_kept_to(
    engine: Engine, signed_in: Any, coordinated: Program
) -> None:
    path = f"/programs/{coordinated.slug}/uploads"
    data = b"".join(
        line + rest
        for line, rest in zip(
            CSV.splitlines(), (b",joined_on\n", b",03/04/2026\n", b",\n"), strict=True
        )
    )

    form = signed_in.keys(path) | {"role": "mentee", "file": (io.BytesIO(data), "list.csv")}
    upload = signed_in.send(path, form).location
    assert (
        "could be two different dates. Choose whether the day or the month comes"
        in signed_in.get(upload).text
    )
    assert signed_in.post(f"{upload}/rows", on=upload, dates="month-first").location == upload
    assert "2 new" in signed_in.get(upload).text
    with database.reading(engine) as session:
        uploads = session.scalars(select(Upload).order_by(Upload.created_at)).all()
        report = stored_reports.read(Role.MENTEE, uploads[-1].content)
    assert report.entries[0].answers["joined_on"] == "2026-03-04"
    assert report.problems == []


def test_people_who_agreed_need_a_place_where_they_did(
    signed_in: Any, coordinated: Program
) -> None:
    path = f"/programs/{coordinated.slug}/uploads"
    form = signed_in.keys(path) | {"role": "mentee", "file": (io.BytesIO(CSV), "list.csv")}
    upload = signed_in.send(path, form).location
    answer = signed_in.post(upload, agreed="yes", consented=" ")

    assert answer.status_code == 422
    assert 'value="yes" required checked' in answer.text
    assert "Enter where these people agreed" in answer.text.split('id="consented-error">')[1]


def test_rows_with_problems_are_left_out_only_on_demand(
    engine: Engine, signed_in: Any, coordinated: Program
) -> None:
    path = f"/programs/{coordinated.slug}/uploads"
    bad = CSV + b"c,,nobody,resident,Mars,en\n"
    form = signed_in.keys(path) | {"role": "mentee", "file": (io.BytesIO(bad), "list.csv")}
    upload = signed_in.send(path, form).location.removesuffix("/columns")
    page = signed_in.get(upload).text
    assert "is not a time zone" in page

    assert signed_in.post(upload, agreed="invite").status_code == 422
    assert count(engine, Profile) == 0
    assert signed_in.post(upload, agreed="invite", skip_bad_rows="yes").status_code == 303
    assert count(engine, Profile) == 2
