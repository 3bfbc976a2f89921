"""The search in the bar: people, pairings and emails together, as coordinators may find them."""

from __future__ import annotations

import re

import factories
import pytest
from sqlalchemy import Engine, select

from mentorship import database, outbox
from mentorship.coordination import search
from mentorship.models import Coordinator, EmailKind, Pairing, Profile, Program
from mentorship.people import sight
from mentorship.states import PairingState, ProfileState


@pytest.fixture
def pairing(engine: Engine, coordinated: Program) -> Pairing:
    """Ana and Bo meet, and each got an email; Ana Elsewhere is in another program."""
    with database.transaction(engine) as session:
        program = session.get_one(Program, coordinated.id)
        ana = factories.make_mentee(
            session, program, full_name="Ana Lindqvist", email="ana@example.org"
        )
        bo = factories.make_mentor(session, program, full_name="Bo Haddad", email="bo@example.org")
        pairing = factories.make_pairing(session, program, mentee=ana, mentor=bo)
        # A round that no one has been told of.
        factories.make_pairing(
            session, program, PairingState.PROPOSED, mentee=ana,
            mentor=factories.make_mentor(session, program, full_name="Cy Adeyemi"),
        )  # fmt: skip
        for profile in (ana, bo):
            outbox.owe(
                session, EmailKind.WELCOME, to=profile.person_id, about=profile.id,
                program_id=program.id,
            )  # fmt: skip
        other = factories.make_program(session)
        factories.make_mentee(session, other, full_name="Ana Elsewhere")
        return pairing


def found(signed_in, coordinated: Program, text: str) -> dict[str, int]:  # noqa: ANN001
    """How many rows each group of the results has."""
    page = signed_in.get(f"/programs/{coordinated.slug}/search?q={text}")
    assert page.status_code == 200
    groups = re.findall(
        r'<section class="sub" aria-labelledby="(\w+)">(.*?)</section>', page.text, re.S
    )
    return {name: body.count("<tr>") for name, body in groups}


@pytest.mark.parametrize(
    ("text", "groups"),
    [
        ("ana", {"people": 1, "pairings": 1, "emails": 1}),
        ("HADDAD", {"people": 1, "pairings": 1, "emails": 1}),
        ("bo@example", {"people": 1, "pairings": 1, "emails": 1}),
        ("  Ana+Lindqvist ", {"people": 1, "pairings": 1, "emails": 1}),
        ("adeyemi", {"people": 1}),
        ("elsewhere", {}), ("%25", {}), ("_", {}), ("coordinator", {}),
        ("%27%22%3E%3Cscript%3E", {}),
    ],
)  # fmt: skip
def test_one_search_finds_people_their_pairings_and_their_emails(
    signed_in,
    coordinated: Program,
    pairing: Pairing,
    text: str,
    groups: dict[str, int],  # noqa: ANN001
) -> None:
    assert found(signed_in, coordinated, text) == groups


def test_a_person_is_found_by_the_letters_that_emails_name(
    signed_in,
    coordinated: Program,
    pairing: Pairing,  # noqa: ANN001
) -> None:
    reference = pairing.mentor_id.hex[:8]

    assert found(signed_in, coordinated, reference)["people"] == 1


@pytest.mark.parametrize("state", sight.WITHDRAWN)
def test_people_who_left_or_have_not_begun_are_not_found_and_not_named(
    signed_in,
    engine: Engine,
    coordinated: Program,
    pairing: Pairing,
    state: ProfileState,  # noqa: ANN001
) -> None:
    with database.transaction(engine) as session:
        session.get_one(Profile, pairing.mentee_id).state = state

    assert found(signed_in, coordinated, "lindqvist") == {}
    page = signed_in.get(f"/programs/{coordinated.slug}/search?q=haddad").text
    assert "Lindqvist" not in page
    assert "ana@example.org" not in page
    assert found(signed_in, coordinated, "haddad")["pairings"] == 1


def test_many_results_are_counted_and_lead_to_all(
    signed_in,
    engine: Engine,
    coordinated: Program,
    pairing: Pairing,  # noqa: ANN001
) -> None:
    with database.transaction(engine) as session:
        program = session.get_one(Program, coordinated.id)
        for number in range(search.MOST + 2):
            factories.make_mentee(session, program, full_name=f"Zoë Many {number}")

    page = signed_in.get(f"/programs/{coordinated.slug}/search?q=zo%C3%AB+many").text

    assert "10 results for “zoë many”" in page
    assert f"/programs/{coordinated.slug}/people?q=zo%C3%AB+many" in page
    assert "See all 10" in page


def test_of_what_finds_very_many_only_people_are_looked_up(
    signed_in,
    coordinated: Program,
    pairing: Pairing,
    monkeypatch: pytest.MonkeyPatch,  # noqa: ANN001
) -> None:
    monkeypatch.setattr(search, "MOST_PEOPLE", 1)

    assert {"pairings", "emails"} < found(signed_in, coordinated, "ana").keys()
    assert found(signed_in, coordinated, "example.org") == {"people": 3}
    page = signed_in.get(f"/programs/{coordinated.slug}/search?q=example.org").text
    assert "Enter more of a name to see pairings and emails as well." in page


def test_readers_without_a_profile_are_found_however_many_people_other_programs_have(
    engine: Engine,
    signed_in,
    coordinated: Program,
    monkeypatch: pytest.MonkeyPatch,  # noqa: ANN001
) -> None:
    monkeypatch.setattr(search, "MOST_PEOPLE", 3)
    with database.transaction(engine) as session:
        elsewhere = factories.make_program(session)
        for _each in range(6):
            factories.make_mentee(session, elsewhere)
        runs = session.scalars(select(Coordinator)).first()
        assert runs
        outbox.owe(
            session, EmailKind.COORDINATOR_ADDED, to=runs.person_id, about=runs.id,
            program_id=coordinated.id,
        )  # fmt: skip

    assert found(signed_in, coordinated, "example.org") == {"emails": 1}


def test_every_page_of_the_desk_has_it_and_it_stands_for_nothing_alone(
    signed_in,
    coordinated: Program,  # noqa: ANN001
) -> None:
    for place in ("desk", "people", "emails", "rounds", "search", "search?q=+"):
        page = signed_in.get(f"/programs/{coordinated.slug}/{place}").text
        assert 'id="find" type="search" name="q" value=""' in page, place
    assert "Enter part of a name" in page
