"""What outcomes say, on the page of the policy: too little, nothing, or weights to try or use."""

from __future__ import annotations

import re
from typing import Any

import factories
import known_outcomes
import matched_rounds
import pytest
from sqlalchemy import Engine, select

from matching import policy
from mentorship import database
from mentorship.models import Lesson, Policy, Program, Round
from mentorship.programs import lessons, policies
from mentorship.rounds import rounds
from mentorship.states import RoundState

WEIGHTS = policy.default().weights


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """What is said does not depend on the database."""
    return sqlite_url


@pytest.fixture
def path(coordinated: Program) -> str:
    return f"/programs/{coordinated.slug}/policy"


def learn(engine: Engine, program: Program, number: int, **how: Any) -> None:
    """Let so many pairings have outcomes, and learn from them."""
    with database.transaction(engine) as session:
        program = session.merge(program)
        known_outcomes.make(session, program, number, **how)
        known_outcomes.learn(session, program)


def section(browser: Any, path: str) -> str:
    """Return the words of the section."""
    page = browser.get(path)
    assert page.status_code == 200
    part = page.text.split('id="outcomes"')[1].split("</section>")[0]
    return " ".join(re.sub(r"<[^>]+>", " ", part).split())


def number_of(browser: Any, path: str) -> str:
    found = re.search(r'name="lesson" value="(\d+)"', browser.get(path).text)
    assert found
    return found[1]


def versions(engine: Engine) -> int:
    with database.reading(engine) as session:
        return len(session.scalars(select(Policy)).all())


def test_a_new_program_reads_that_there_is_nothing(signed_in: Any, path: str) -> None:
    said = section(signed_in, path)

    assert "No pair has an outcome yet." in said
    assert "Suggested" not in said
    assert "dry run" not in said.split("How we know")[0]


def test_news_is_waiting_for_a_worker(engine: Engine, signed_in: Any, path: str) -> None:
    with database.transaction(engine) as session:
        lessons.note(session, session.scalars(select(Program.id)))
    assert "There are new outcomes that haven&#39;t been analyzed yet." in section(signed_in, path)
    with database.transaction(engine) as session:
        session.scalars(select(Lesson)).one().starts = 3
    assert "be analyzed" in section(signed_in, path)


def test_too_little_says_so_and_how_many_there_are(
    engine: Engine, signed_in: Any, coordinated: Program, path: str
) -> None:
    learn(engine, coordinated, 12)
    said = section(signed_in, path)

    assert "12 pairs have an outcome so far." in said
    assert "too few to say anything about your weights." in said
    assert "Suggested" not in said


@pytest.mark.parametrize(("bad", "told"), [(4, False), (5, True)])
def test_few_that_went_one_way_are_not_counted(
    engine: Engine, signed_in: Any, path: str, bad: int, told: bool
) -> None:
    with database.transaction(engine) as session:
        session.scalars(select(Lesson)).one().found = {
            "outcomes": 20, "well": 20 - bad, "leave": 0.5, "weights": dict(WEIGHTS),
            "intervals": {}, "version": 1,
        }  # fmt: skip

    assert ("went well" in section(signed_in, path).split("That&#39;s")[0]) == told


def test_outcomes_by_chance_say_nothing_against_the_weights(
    engine: Engine, signed_in: Any, coordinated: Program, path: str
) -> None:
    learn(engine, coordinated, 120, decides=None)
    said = section(signed_in, path)

    assert "120 pairs have an outcome so far." in said
    assert "Nothing in them clearly contradicts your weights" in said
    assert "Use as a new version" not in said


def test_what_is_suggested_is_shown_tried_and_used(
    engine: Engine, signed_in: Any, coordinated: Program, path: str
) -> None:
    learn(engine, coordinated, 150)
    said = section(signed_in, path)
    assert "150 pairs have an outcome so far. Of these," in said
    assert "others would work better than yours is more than 99%." in said
    shown = re.search(r"Free hours 13 ([\d.]+) ([\d.]+) to ([\d.]+)", said)
    assert shown
    suggested, low, high = map(float, shown.groups())
    assert suggested > 13
    assert 13 < low < high
    assert "Own words" not in said
    assert "s people with these weights and with yours" in said

    # A dry run, which says how many pairs would be others.
    with database.transaction(engine) as session:
        program = session.merge(coordinated)
        for _ in range(3):
            factories.make_mentor(session, program)
    number = number_of(signed_in, path)
    answer = signed_in.post(f"{path}/outcomes/try", on=path, lesson=number, version="1")
    assert answer.status_code == 303
    assert "A dry run with these weights is in progress" in section(signed_in, path)
    with database.reading(engine) as session:
        trial = session.scalars(select(Round).where(Round.tried.is_not(None))).one()
        assert (trial.dry_run, trial.state) == (True, RoundState.QUEUED)
        assert trial.tried["weights"]["hours"] == suggested  # type: ignore[index]
    with database.transaction(engine) as session:
        matched_rounds.match(session, rounds.get(session, trial.id))
    with database.reading(engine) as session:
        trial = session.get_one(Round, trial.id)
        assert trial.state is RoundState.PROPOSED
        assert trial.result is not None
        matched, others = trial.result["measures"]["matched"], trial.result["others"]
    assert matched >= 3
    assert (
        f"What it would change: of {matched} pairs in a dry run with these weights, {others} are"
    ) in section(signed_in, path)
    address = f"/programs/{coordinated.slug}/rounds/{trial.id}"
    page = " ".join(re.sub(r"<[^>]+>", " ", signed_in.get(address).text).split())
    assert f"Of its {matched} pairs, {others} would be different under version 1." in page
    assert versions(engine) == 1

    # A new version, with these weights and nothing else changed.
    answer = signed_in.post(f"{path}/outcomes/use", on=path, lesson=number, version="1")
    assert answer.location.endswith(path)
    with database.reading(engine) as session:
        current = policies.current(session, coordinated.id)
        adopted = policies.content(current)
    assert (current.version, adopted.weights["hours"]) == (2, suggested)
    assert adopted.to_dict() | {"weights": None} == policy.default().to_dict() | {"weights": None}
    assert "There are new outcomes that haven&#39;t been analyzed yet." in section(signed_in, path)


@pytest.mark.parametrize("action", ["try", "use"])
@pytest.mark.parametrize("lesson", ["0", "2", "", "x"])
def test_what_outcomes_said_once_is_neither_tried_nor_used(
    engine: Engine, signed_in: Any, coordinated: Program, path: str,
    action: str, lesson: str,
) -> None:  # fmt: skip
    learn(engine, coordinated, 150)

    answer = signed_in.post(f"{path}/outcomes/{action}", on=path, lesson=lesson, version="1")

    assert answer.status_code == 409
    assert "outcomes suggest something else by now" in answer.text.lower()
    assert versions(engine) == 1
    with database.reading(engine) as session:
        assert not [r for r in rounds.of_program(session, coordinated.id) if r.tried]
