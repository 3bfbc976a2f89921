"""Two who decide about one file, or a file that is gone meanwhile: no decision is lost."""

from __future__ import annotations

import html
import io
import re
from typing import Any

import pytest
from sqlalchemy import Engine, delete, select
from uploaded import CSV, LIST, column, filled, send, stored

from mentorship import database
from mentorship.errors import NotFound
from mentorship.models import Profile, Program, Upload
from mentorship.people import enrollment, identity
from mentorship.service import upload_reader


def overtaken(page: str) -> dict[str, tuple[str, str, bool]]:
    """What someone else decided meanwhile: sent, stored, and whether the sender had changed it."""
    found = re.findall(
        r'<tr><th scope="row">(.*?)</th><td>(.*?)</td><td>(.*?)</td><td>(.*?)</td></tr>',
        html.unescape(page),
    )
    return {label: (sent, saved, "yours" in note) for label, sent, saved, note in found}


def test_decisions_about_a_file_come_back_beside_the_senders_own(
    engine: Engine, signed_in: Any, second: Any, coordinated: Program
) -> None:
    """Each has decided another column, and one answer differently; nothing of either is lost."""
    place = send(signed_in, coordinated, LIST)
    mine, theirs = second.get(place).text, signed_in.get(place).text
    pets, hobby = (column(mine, title) for title in ("Pets", "Hobby"))
    research = re.search(r"“Research”.*?name=\"(answer-\d+)\"", mine, re.S)[1]  # type: ignore[index]
    saved = filled(theirs, **{pets: "", hobby: "", research: "publishing"})
    assert signed_in.post(place, on=place, **saved).status_code == 303

    sent = filled(mine, **{pets: "", hobby: "statement"})
    keys = second.keys(place)
    answer = second.send(place, keys | sent)

    assert answer.status_code == 409
    told = overtaken(answer.text)
    assert told == {
        "Hobby": ("In their own words", "Leave out", True),
        "“Research”": ("Getting started in research", "Writing and publishing", False),
    }
    again = filled(answer.text)
    assert (again[hobby], again[pets], again[research]) == ("statement", "", "publishing")
    with database.reading(engine) as session:
        upload = session.scalars(select(Upload)).one()
        assert upload.decisions["columns"]["hobby"] == ""
    assert second.post(place, on=place, **again).status_code == 303
    with database.reading(engine) as session:
        upload = session.scalars(select(Upload)).one()
        assert upload.decisions["columns"]["hobby"] == "statement"
        assert upload.decisions["answers"]["goals"]["research"] == ["publishing"]


def test_no_one_imports_what_someone_else_has_changed_since(
    engine: Engine, signed_in: Any, second: Any, coordinated: Program
) -> None:
    place = send(signed_in, coordinated, LIST)
    page = signed_in.get(place).text
    columns = {column(page, title): "" for title in ("Pets", "Hobby")}
    upload = signed_in.post(place, on=place, **filled(page, **columns)).location
    keys = second.keys(upload)
    page = signed_in.get(place).text
    changed = {column(page, "Help wanted"): ""}
    assert signed_in.post(place, on=place, **filled(page, **changed)).status_code == 303

    form = {"decision": "write", "agreed": "yes", "consented": "the sign-up form"}
    answer = second.send(upload, keys | form)

    assert answer.status_code == 409
    assert "Someone changed how this file is read" in answer.text
    assert 'value="the sign-up form"' in answer.text
    with database.reading(engine) as session:
        assert session.scalars(select(Profile)).all() == []
    assert second.post(upload, on=upload, **form).status_code == 303
    assert set(stored(engine)) == {"lena@example.org", "omar@example.org"}


def test_rows_that_someone_else_has_fixed_are_looked_at_again(
    signed_in: Any, second: Any, coordinated: Program
) -> None:
    wrong = LIST.replace(b"omar@example.org", b"omar at example")
    place = send(signed_in, coordinated, wrong)
    page = signed_in.get(place).text
    columns = {column(page, title): "" for title in ("Pets", "Hobby")}
    upload = signed_in.post(place, on=place, **filled(page, **columns)).location
    page = second.get(upload).text
    cell = re.search(r'name="(cell-\d+-email)"', page)[1]  # type: ignore[index]
    keys = second.keys(upload)
    fixed = {cell: "omar@example.com"}
    assert signed_in.post(f"{upload}/rows", on=upload, **fixed).status_code == 303

    answer = second.send(f"{upload}/rows", keys | {cell: "omar@example.net"})

    assert answer.status_code == 409
    assert "Someone changed how this file is read" in answer.text
    assert "omar@example.net" not in signed_in.get(upload).text


def test_a_file_that_was_imported_or_discarded_meanwhile_is_said_to_be(
    engine: Engine, signed_in: Any, coordinated: Program
) -> None:
    send(signed_in, coordinated, LIST)
    with database.transaction(engine) as session:
        upload = session.scalars(select(Upload)).one()
        session.execute(delete(Upload))

        with pytest.raises(NotFound, match="imported or discarded in the meantime"):
            enrollment.hold(session, upload)


def test_what_was_read_is_not_kept_if_the_policy_about_identity_changed_meanwhile(
    engine: Engine, signed_in: Any, coordinated: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = send(signed_in, coordinated, LIST)
    page = signed_in.get(place).text
    pets, hobby = (column(page, title) for title in ("Pets", "Hobby"))
    is_asked, read = [True], upload_reader.read

    def read_and_change(*task: Any) -> bytes:
        content = read(*task)
        is_asked.append(not is_asked[-1])
        return content

    monkeypatch.setattr(identity, "is_asked_in", lambda *_: is_asked[-1])
    monkeypatch.setattr(upload_reader, "read", read_and_change)
    uploads = f"/programs/{coordinated.slug}/uploads"
    for address, form in (
        (uploads, {"role": "mentee", "file": (io.BytesIO(CSV), "list.csv")}),
        (place, filled(page, **{pets: "", hobby: "statement"})),
    ):
        answer = signed_in.post(address, on=address, **form)

        assert answer.status_code == 409
        assert "policy was changed while the file was read" in html.unescape(answer.text)
    with database.reading(engine) as session:
        upload = session.scalars(select(Upload)).one()
        assert "hobby" not in upload.decisions.get("columns", {})
