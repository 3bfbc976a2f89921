"""Lists to take away: exactly what is listed, on all pages, as coordinators may read it."""

from __future__ import annotations

import csv
import datetime
import io
import logging

import factories
import openpyxl
import pytest
from sites import World
from sqlalchemy import Engine, select

from mentorship import database, outbox
from mentorship.coordination import paging
from mentorship.models import (
    Coordinator,
    EmailKind,
    Pairing,
    Profile,
    Program,
    Round,
    Unmatched,
)
from mentorship.people import sight
from mentorship.states import EmailState, PairingState, ProfileState
from webapp.coordinators import exports


def rows(answer) -> list[dict[str, str]]:  # noqa: ANN001
    assert answer.status_code == 200, answer.text
    text = answer.get_data().decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text, newline="")))


def sheet(answer) -> list[tuple]:  # noqa: ANN001
    assert answer.status_code == 200, answer.text
    book = openpyxl.load_workbook(io.BytesIO(answer.get_data()))
    return list(book.active.iter_rows(values_only=True))


@pytest.fixture
def crowd(engine: Engine, coordinated: Program) -> None:
    """More people than one page lists."""
    with database.transaction(engine) as session:
        program = session.get_one(Program, coordinated.id)
        for number in range(paging.SIZE + 3):
            factories.make_mentee(session, program, full_name=f"Mentee {number:02}")
        factories.make_mentor(
            session, program, full_name="=Bo", institution="@St. Mary", city="Leeds", country="GB",
            languages=["en", "es"], capacity=2, communities=["parents"],
        )  # fmt: skip
        factories.make_mentee(session, factories.make_program(session), full_name="Elsewhere")


@pytest.mark.parametrize(
    ("query", "number"),
    [("", paging.SIZE + 4), ("?role=mentee", paging.SIZE + 3), ("?q=mentee+0", 10),
     ("?role=mentor", 1), ("?state=paused", 0), ("?need=free", 1)],
)  # fmt: skip
def test_people_are_those_that_are_listed_on_all_pages(
    signed_in,
    coordinated: Program,
    crowd: None,
    query: str,
    number: int,  # noqa: ANN001
) -> None:
    place = f"/programs/{coordinated.slug}/people"
    listed = rows(signed_in.get(f"{place}/export.csv{query}"))
    book = sheet(signed_in.get(f"{place}/export.xlsx{query}"))

    assert len(listed) == number
    assert len(book) == number + 1
    assert [row["Name"] for row in listed] == [row[0] for row in book[1:]]
    # The page leads to the same.
    page = signed_in.get(f"{place}{query}").text
    assert (f"export.csv{query}" in page) == bool(number)


def test_a_person_s_columns_and_formulas_that_are_none(
    signed_in,
    coordinated: Program,
    crowd: None,  # noqa: ANN001
) -> None:
    place = f"/programs/{coordinated.slug}/people/export"
    (bo,) = rows(signed_in.get(f"{place}.csv?role=mentor"))
    _headings, book = sheet(signed_in.get(f"{place}.xlsx?role=mentor"))

    assert bo["Name"] == "'=Bo"
    assert bo["Institution"] == "'@St. Mary"
    assert (bo["City"], bo["Country"]) == ("Leeds", "United Kingdom")
    assert bo["Languages"] == "English; Spanish"
    assert (bo["Mentees"], bo["Places"]) == ("0", "2")
    assert datetime.date.fromisoformat(bo["Added on"])
    assert 2 in book
    assert any(isinstance(cell, datetime.datetime) for cell in book)
    # What is for matching alone is in no column.
    assert not any("arent" in str(value) for value in (*bo.values(), *book))


@pytest.mark.parametrize("state", sight.WITHDRAWN)
def test_of_those_who_left_or_have_not_begun_nothing_is_handed_out(
    world: World, engine: Engine, state: ProfileState
) -> None:
    with database.transaction(engine) as session:
        profile = session.get_one(Profile, world.ours["profile_id"])
        profile.state = state
        words = (profile.full_name, profile.person.email, profile.listed_id)
        session.get_one(Pairing, world.ours["pairing_id"]).state = PairingState.ENDED
        session.add(
            Unmatched(round_id=world.ours["round_id"], profile_id=profile.id, reason={"cause": "x"})
        )
        session.get_one(Round, world.ours["round_id"]).result = factories.round_result()
    slug, round_id = world.ours["slug"], world.ours["round_id"]
    for path in (
        "people/export.{}?state=left", "people/export.{}", "emails/export.{}",
        "pairings/export.{}", f"rounds/{round_id}/pairs.{{}}",
        f"rounds/{round_id}/unmatched.{{}}", f"people/export.{{}}?person={profile.id}",
    ):  # fmt: skip
        for format in exports.FORMATS:
            answer = world.browsers["coordinator"].get(
                f"/programs/{slug}/{path.format(format)}", base_url="https://localhost"
            )
            told = str(sheet(answer)) if format == "xlsx" else str(rows(answer))
            assert not [word for word in words if word in told], path


def test_emails_are_those_that_are_listed(
    signed_in,
    engine: Engine,
    coordinated: Program,  # noqa: ANN001
) -> None:
    with database.transaction(engine) as session:
        program = session.get_one(Program, coordinated.id)
        for number in range(paging.SIZE + 2):
            mentee = factories.make_mentee(session, program, full_name=f"Mentee {number:02}")
            outbox.owe(
                session, EmailKind.WELCOME, to=mentee.person_id, about=mentee.id,
                program_id=program.id,
            )  # fmt: skip
        session.flush()
        first, second, *_others = outbox.of_program(session, program.id)
        first.state, first.last_error = EmailState.FAILED, "=550 no such user"
        second.sent_at = second.came_back_at = database.now(session)
        second.state = EmailState.SENT
        second.failure = "returned: 5.1.1"
    place = f"/programs/{coordinated.slug}/emails/export"

    everything = rows(signed_in.get(f"{place}.csv"))
    (failed,) = rows(signed_in.get(f"{place}.csv?state=failed"))
    (bounced,) = rows(signed_in.get(f"{place}.csv?state=came_back"))

    assert len(everything) == paging.SIZE + 2
    assert (failed["Status"], failed["Reason"]) == ("Failed", "'=550 no such user")
    assert bounced["Status"] == "Bounced"
    assert bounced["Reason"] == "status 5.1.1: the mailbox does not exist"
    assert bounced["Sent (UTC time)"]
    assert failed["Sent (UTC time)"] == ""
    assert len(rows(signed_in.get(f"{place}.csv?q=mentee+0"))) == 10
    assert rows(signed_in.get(f"{place}.csv?kind=invitation")) == []
    assert len(sheet(signed_in.get(f"{place}.xlsx?kind=welcome"))) == paging.SIZE + 3


def test_pairings_and_a_round_s_pairs_and_unmatched(
    signed_in,
    engine: Engine,
    coordinated: Program,  # noqa: ANN001
) -> None:
    with database.transaction(engine) as session:
        program = session.get_one(Program, coordinated.id)
        pairing = factories.make_pairing(session, program, PairingState.ACTIVE, days=3)
        pairing.score, pairing.reasons = 654_321, [{"criterion": "specialty", "shared": ["x"]}]
        pairing.reasons = []
        proposed = factories.make_pairing(session, program, PairingState.PROPOSED)
        round = session.get_one(Round, proposed.round_id)
        alone = factories.make_mentee(session, program, full_name="Una Matched")
        reason = {"cause": "places", "suitable": 4}
        session.add(Unmatched(round_id=round.id, profile_id=alone.id, reason=reason))
        round.result = factories.round_result()
        names = [pairing.mentee.full_name, pairing.mentor.full_name]
        new = [proposed.mentee.full_name, proposed.mentor.full_name]
        round_id = round.id
    place = f"/programs/{coordinated.slug}"

    (told,) = rows(signed_in.get(f"{place}/pairings/export.csv"))
    (pair,) = rows(signed_in.get(f"{place}/rounds/{round_id}/pairs.csv"))
    (left,) = rows(signed_in.get(f"{place}/rounds/{round_id}/unmatched.csv"))

    assert [told["Mentee"], told["Mentor"], told["Status"], told["Score"]] == [
        *names,
        "Active",
        "65",
    ]
    assert datetime.date.fromisoformat(told["Introduced on"])
    assert [pair["Mentee"], pair["Mentor"], pair["Pair"]] == [*new, "New"]
    assert (left["Person"], left["Role"]) == ("Una Matched", "Mentee")
    assert "place" in left["Why"]


def test_a_list_that_is_too_long_for_a_file_is_refused(
    signed_in,
    coordinated: Program,
    crowd: None,
    monkeypatch: pytest.MonkeyPatch,  # noqa: ANN001
) -> None:
    monkeypatch.setattr(exports, "MOST_ROWS", 3)
    refused = signed_in.get(f"/programs/{coordinated.slug}/people/export.csv")

    assert refused.status_code == 422
    assert "filter the list first" in refused.text


def test_a_file_has_a_name_and_a_type(signed_in, coordinated: Program, crowd: None) -> None:  # noqa: ANN001
    answer = signed_in.get(f"/programs/{coordinated.slug}/people/export.csv")

    assert answer.content_type == "text/csv; charset=utf-8"
    name = f'attachment; filename="{coordinated.slug}-people-'
    assert answer.headers["Content-Disposition"].startswith(name)
    assert answer.get_data().startswith(b"\xef\xbb\xbf")
    assert signed_in.get(f"/programs/{coordinated.slug}/people/export.ods").status_code == 404


def test_the_log_says_who_took_which_list_away(
    signed_in,
    engine: Engine,
    coordinated: Program,
    crowd: None,  # noqa: ANN001
    caplog: pytest.LogCaptureFixture,
) -> None:
    place = f"/programs/{coordinated.slug}"
    with caplog.at_level(logging.INFO, logger="webapp.coordinators.exports"):
        signed_in.get(f"{place}/people/export.csv?role=mentor")
        signed_in.get(f"{place}/emails/export.xlsx")

    said = [each.getMessage() for each in caplog.records if "exported" in each.getMessage()]
    with database.reading(engine) as session:
        coordinators = {str(each.person_id) for each in session.scalars(select(Coordinator))}
    _person, me, *rest = said[0].split()
    assert me in coordinators
    assert " ".join(rest) == f"exported the list {coordinated.slug}-people as csv"
    assert said[1:] == [f"person {me} exported the list {coordinated.slug}-emails as xlsx"]


def test_how_pairings_are_doing_is_handed_out_as_it_is_listed(
    signed_in,
    engine: Engine,
    coordinated: Program,  # noqa: ANN001
) -> None:
    with database.transaction(engine) as session:
        program = session.get_one(Program, coordinated.id)
        for days in (3, 40, 20):
            factories.make_pairing(session, program, days=days)
        factories.make_pairing(session, program, PairingState.ENDED)
        factories.make_pairing(session, program, PairingState.PROPOSED)
    place = f"/programs/{coordinated.slug}/pairings/health"

    listed = rows(signed_in.get(f"{place}.csv"))
    (quiet,) = rows(signed_in.get(f"{place}.csv?state=quiet"))
    (ended,) = rows(signed_in.get(f"{place}.csv?state=ended"))

    assert [row["Status"] for row in listed] == ["In trouble", "Quiet", "First meeting due"]
    assert quiet["Status"] == "Quiet"
    assert quiet["Introduced on"] == listed[1]["Introduced on"] != listed[0]["Introduced on"]
    assert ended["Status"] == "Ended"
    assert len(sheet(signed_in.get(f"{place}.xlsx"))) == 4
