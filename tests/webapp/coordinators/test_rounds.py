"""What coordinators read in a proposal about pairs that are ruled out, and names of no one."""

from __future__ import annotations

import re
from typing import Any

import factories
import pytest
from sqlalchemy import Engine

from mentorship import database
from mentorship.models import DecisionKind, Program
from mentorship.rounds import decisions, rounds
from mentorship.settings import Settings
from mentorship.states import RoundState
from worker import matchmaking


def words(page: Any) -> str:
    assert page.status_code == 200
    return " ".join(re.sub(r"<[^>]+>", " ", page.text).split())


def test_a_round_says_what_becomes_of_pairs_that_are_ruled_out(
    engine: Engine, settings: Settings, signed_in: Any, coordinated: Program
) -> None:
    desk = f"/programs/{coordinated.slug}/rounds"
    with database.transaction(engine) as session:
        program = session.merge(coordinated)
        parted = factories.make_pairing(session, program)
        moved = factories.make_pairing(session, program)
        factories.make_mentee(session, program, full_name="Mina Example", mentor_picks=["mr-none"])
        # Neither an id nor an address of someone here: what it excludes is no one's to read.
        factories.make_mentor(session, program, do_not_match=["secret@example.org"])
        no_more = {"do_not_match": [parted.mentor.listed_id]}
        parted.mentee.answers = parted.mentee.answers | no_more
        moved.mentee.answers = moved.mentee.answers | {"languages": ["es"]}

    with database.transaction(engine) as session:
        round, _ = rounds.start(session, session.merge(coordinated), requested_by="test")
        round_id = round.id
    matchmaking.run(engine, settings, round_id)
    proposal = words(signed_in.get(f"{desk}/{round_id}"))

    assert "Fewer than 5 existing pairings end with this round, because one person" in proposal
    assert "1 pairing is kept, although a program rule now excludes it." in proposal
    assert "Now excluded by: The shared-language rule" in proposal
    assert "Some people rule out someone by an ID or address that no one here has," in proposal
    assert "A pick by Mina Example has no effect. &#39;mr-none&#39; is not the ID or" in proposal
    assert "secret" not in proposal


@pytest.mark.parametrize(("parted", "said"), [(4, "Fewer than 5 existing"), (5, "5 existing")])
def test_few_pairings_that_end_are_not_counted(
    engine: Engine, signed_in: Any, coordinated: Program, parted: int, said: str
) -> None:
    with database.transaction(engine) as session:
        round, _ = rounds.start(session, session.merge(coordinated), requested_by="test")
        round.state, round.result = (
            RoundState.PROPOSED,
            factories.round_result() | {"parted": parted},
        )
        address = f"/programs/{coordinated.slug}/rounds/{round.id}"

    assert f"{said} pairings end with this round" in words(signed_in.get(address))


@pytest.mark.parametrize("form", [1, 2])
def test_scores_are_explained_as_the_policy_of_their_round_meant_them(
    engine: Engine, settings: Settings, signed_in: Any, coordinated: Program, form: int
) -> None:
    with database.transaction(engine) as session:
        program = session.merge(coordinated)
        factories.make_mentee(session, program)
        factories.make_mentor(session, program)
        round, _ = rounds.start(session, program, requested_by="test")
        round_id, address = round.id, f"/programs/{coordinated.slug}/rounds/{round.id}"
    matchmaking.run(engine, settings, round_id)
    with database.transaction(engine) as session:
        policy = rounds.get(session, round_id).policy
        policy.body = policy.body | {"version": form}

    page = words(signed_in.get(address))
    assert ("A score of 50 is typical in this program" in page) is (form == 2)


def test_people_are_left_out_of_a_round_when_it_is_started(
    engine: Engine, signed_in: Any, coordinated: Program
) -> None:
    desk = f"/programs/{coordinated.slug}/rounds"
    with database.transaction(engine) as session:
        left_out = factories.make_mentee(session, session.merge(coordinated))
        address, profile_id = left_out.person.email, left_out.id
    form = {"scope": "everyone", "existing": "keep"}

    refused = signed_in.post(desk, **form, without=f"{address}\nnobody@example.org")
    assert refused.status_code == 422
    assert "No one here has this address or ID: &#39;nobody@example.org&#39;" in refused.text
    with database.reading(engine) as session:
        assert rounds.of_program(session, coordinated.id) == []

    assert signed_in.post(desk, **form, without=address).status_code == 303
    with database.reading(engine) as session:
        (round,) = rounds.of_program(session, coordinated.id)
        (decision,) = decisions.in_force(session, round.id)
        assert (decision.kind, decision.mentee_id) == (DecisionKind.LEAVE_OUT, profile_id)


@pytest.mark.parametrize("is_dry", [False, True])
def test_an_email_is_promised_where_one_comes(
    signed_in: Any, coordinated: Program, is_dry: bool
) -> None:
    place = f"/programs/{coordinated.slug}/rounds"
    fields = {"scope": "everyone", "existing": "keep"} | ({"dry_run": "yes"} if is_dry else {})
    started = signed_in.post(place, on=place, **fields)

    page = signed_in.get(started.location).text
    assert "You can leave this page" in page
    assert ("get an email when the round is ready" in page) is not is_dry
