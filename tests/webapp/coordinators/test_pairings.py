"""The page of pairings: those that need attention first, and what one click does for them."""

from __future__ import annotations

import html
import re
from typing import Any

import factories
import pytest
from sqlalchemy import Engine, select

from mentorship import database
from mentorship.models import Email, Pairing, Program
from mentorship.states import PairingState


@pytest.fixture
def silent(engine: Engine, coordinated: Program) -> Pairing:
    """Two who were introduced a month ago, and have not been heard of."""
    with database.transaction(engine) as session:
        program = session.get_one(Program, coordinated.id)
        return factories.make_pairing(session, program, days=30)


def opened(browser: Any, program: Program, query: str = "") -> str:
    page = browser.get(f"/programs/{program.slug}/pairings{query}")
    assert page.status_code == 200
    return html.unescape(page.text)


def act(browser: Any, program: Program, pairing: Pairing, action: str, **fields: str) -> Any:
    list = f"/programs/{program.slug}/pairings"
    return browser.post(f"{list}/{pairing.id}/{action}", on=list, **fields)


def test_an_empty_program_says_when_pairings_appear(signed_in: Any, coordinated: Program) -> None:
    assert "No pairings yet" in opened(signed_in, coordinated)
    assert "No one has been introduced yet" in opened(signed_in, coordinated, "?view=trends")
    assert "No pairing is in this state" in opened(signed_in, coordinated, "?state=quiet")


def test_pairings_are_narrowed_by_how_they_are_doing(
    engine: Engine, signed_in: Any, coordinated: Program, silent: Pairing
) -> None:
    with database.transaction(engine) as session:
        program = session.get_one(Program, coordinated.id)
        factories.make_pairing(session, program, days=1)
    everything = opened(signed_in, coordinated)
    trouble = opened(signed_in, coordinated, "?state=trouble")

    assert everything.index("In trouble</span>") < everything.index("First meeting due</span>")
    assert re.search(r'aria-current="true">In trouble <span class="figure">1<', trouble)
    assert trouble.count('<th scope="row">') == 1


def test_one_click_reminds_both_and_the_next_says_why_not(
    engine: Engine, signed_in: Any, coordinated: Program, silent: Pairing
) -> None:
    assert "Remind both" in opened(signed_in, coordinated)
    answer = act(signed_in, coordinated, silent, "remind")
    assert answer.status_code == 303
    assert "2 people will get an email" in opened(signed_in, coordinated)
    act(signed_in, coordinated, silent, "remind")

    assert "No one can be reminded now" in opened(signed_in, coordinated)
    with database.reading(engine) as session:
        assert len(session.scalars(select(Email)).all()) == 2


def test_where_no_introduction_left_there_is_none_to_resend(
    signed_in: Any, coordinated: Program, silent: Pairing
) -> None:
    answer = act(signed_in, coordinated, silent, "resend")

    assert answer.status_code == 409
    assert "there is no introduction to resend" in html.unescape(answer.text).casefold()


@pytest.mark.parametrize("reason", ["", "did not fit", "made up"])
def test_a_pairing_ends_for_a_coordinators_reason_only(
    engine: Engine, signed_in: Any, coordinated: Program, silent: Pairing, reason: str
) -> None:
    assert act(signed_in, coordinated, silent, "end", reason=reason).status_code == 422
    with database.reading(engine) as session:
        assert session.get_one(Pairing, silent.id).state is PairingState.INTRODUCED


def test_an_ended_pairing_is_listed_with_its_reason_and_can_be_ended_once(
    signed_in: Any, coordinated: Program, silent: Pairing
) -> None:
    reason = "finished, says a coordinator"
    answer = act(signed_in, coordinated, silent, "end", reason=reason)
    assert answer.location == f"/programs/{coordinated.slug}/pairings"

    assert "finished, according to a coordinator" in opened(signed_in, coordinated, "?state=ended")
    assert act(signed_in, coordinated, silent, "end", reason=reason).status_code == 409


def test_trends_have_a_row_for_each_month(
    signed_in: Any, coordinated: Program, silent: Pairing
) -> None:
    page = opened(signed_in, coordinated, "?view=trends")

    assert page.count('<th scope="row">') == 1
    assert "0 of 1" in page


def test_an_answer_in_private_changes_nothing_on_the_page_by_what_it_says(
    engine: Engine, signed_in: Any, coordinated: Program
) -> None:
    """Neither the state nor a button tells "well" from "slowly"."""
    import datetime

    from mentorship.models import Question, Reply
    from mentorship.pairings import answers

    pages = []
    for choice in ("well", "slow"):
        with database.transaction(engine) as session:
            program = session.get_one(Program, coordinated.id)
            for old in session.scalars(select(Pairing)):
                old.state = PairingState.DECLINED
            pairing = factories.make_pairing(session, program, days=40)
            names = pairing.mentee.full_name, pairing.mentor.full_name
            at = database.now(session) - datetime.timedelta(minutes=5)
            session.add(
                Reply(
                    pairing_id=pairing.id, person_id=pairing.mentee_person_id, choice=choice,
                    question=Question.PULSE, at=at, effective_at=at,
                )
            )  # fmt: skip
        with database.transaction(engine) as session:
            assert answers.apply_due(session) == 1
        page = opened(signed_in, coordinated)
        page = page[page.index("<tbody>") : page.index("</tbody>")]
        for name in names:
            page = page.replace(name, "someone")
        pages.append(re.sub(r"[0-9a-f-]{32,}|value=\"[^\"]*\"", "", page))

    assert pages[0] == pages[1]
    assert "On track" in pages[0]
