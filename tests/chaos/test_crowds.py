"""Too many at once, too few, or at the wrong time: nothing happens twice or stays undone."""

from __future__ import annotations

import concurrent.futures
import time
import uuid
from collections.abc import Callable, Iterator

import pytest
import servers
from fleets import Fleet
from patience import patient
from sqlalchemy import select
from sqlalchemy.orm import Session

from mentorship.models import Email, EmailKind, Round, Trait


@pytest.fixture(scope="module")
def crowded(
    tmp_path_factory: pytest.TempPathFactory, postgres: servers.Postgres, postgres_template: str
) -> Iterator[Fleet]:
    """A fleet without a beat, shared by the tests of this module."""
    url = postgres.url(postgres.create_database("crowded", postgres_template))
    # No one who sends dies here: whatever is slow has time, and so nothing is tried twice.
    slow = {"SMTP_SECONDS": str(patient(30)), "SMTP_FINAL_SECONDS": str(patient(30))}
    folder = tmp_path_factory.mktemp("crowded")
    with Fleet(folder, url, settings=slow, forecasts=False) as fleet:
        fleet.add_web()
        fleet.add_worker("matching", "matching")
        fleet.add_worker("mail", "mail", 2)
        yield fleet


def check_once(fleet: Fleet, slug: str, round_id: str) -> None:
    """Once its emails are out, nothing in a round was begun twice."""
    fleet.wait_for_emails()
    books = fleet.check_books([slug])
    assert (books["doubled"], books["doubtful"], books["given_up"]) == (0, 0, 0)
    round = fleet.asked(lambda session: session.get_one(Round, uuid.UUID(round_id)))
    assert round.starts == 1
    attempts = select(Email.attempts).where(
        Email.program_id == round.program_id, Email.kind.not_in(EmailKind.having(Trait.REMINDER))
    )
    assert set(fleet.asked(lambda session: session.scalars(attempts).all())) == {1}


@pytest.mark.parametrize("beats", [0, 3])
def test_three_beats_do_what_one_does_and_none_is_missed(crowded: Fleet, beats: int) -> None:
    for number in range(beats):
        crowded.add_beat(f"beat{number}")
    slug = crowded.make_program()
    round_id = crowded.start_round(slug)
    crowded.publish_round(round_id)

    check_once(crowded, slug, round_id)
    for number in range(beats):
        crowded.remove(f"beat{number}")


def test_fifty_clicks_at_once_are_one(crowded: Fleet) -> None:
    slug = crowded.make_program()
    visitor = crowded.visitor(slug)

    def click(path: str, **fields: str) -> set[str]:
        """Half of the clicks send the very same form, the others forms of their own."""
        form = visitor.form(path)
        forms = [form | fields for _ in range(25)]
        forms += [form | fields | {"form_key": uuid.uuid4().hex} for _ in range(25)]
        with concurrent.futures.ThreadPoolExecutor(50) as crowd:
            return set(crowd.map(lambda form: visitor.send(path, form), forms))

    (place,) = click(f"/programs/{slug}/rounds", scope="everyone", existing="keep")
    round_id = place.rpartition("/")[2]
    assert crowded.run("round", "show", round_id)["number"] == 1
    assert crowded.run("round", "start", "--program", slug)["id"] == round_id, "the only one"
    crowded.wait_for(round_id, "proposed")
    assert len(click(f"{place}/publish")) == 1

    check_once(crowded, slug, round_id)


def test_a_round_that_kills_its_worker_is_given_up_and_others_go_on(crowded: Fleet) -> None:
    fleet = crowded
    deadly, *others = (fleet.make_program() for _ in range(3))
    started = [fleet.start_round(slug) for slug in others]
    fatal = fleet.start_round(deadly)

    def fatal_round(session: Session) -> Round:
        return session.get_one(Round, uuid.UUID(fatal))

    deaths = 0
    deadline = time.monotonic() + patient(180)
    while (round := fleet.asked(fatal_round)).state != "failed":
        assert time.monotonic() < deadline, (round.state, deaths)
        # Each start once, however soon the next one follows.
        if round.state == "matching" and round.starts > deaths:
            fleet.kill("matching")
            deaths += 1
        time.sleep(0.02)

    assert deaths == 3
    shown = fleet.run("round", "show", fatal)
    assert "stopped responding 3 times" in shown["failure"]
    for round_id in started:
        fleet.publish_round(round_id)
    fleet.wait_for_emails()
    assert fleet.check_books(others)["given_up"] == 0


def test_clocks_that_are_an_hour_off_change_nothing(fleets: Callable[..., Fleet]) -> None:
    fleet = fleets(forecasts=False)
    # Each sweeps: by its own clock it would take the other's leases away, or never any.
    for name, skew in (("early", "-3600"), ("late", "3600")):
        fleet.add_worker(f"matching-{name}", "matching", CLOCK_SKEW=skew)
        fleet.add_worker(f"mail-{name}", "mail", CLOCK_SKEW=skew)
    slug = fleet.make_program()
    round_id = fleet.start_round(slug)
    fleet.publish_round(round_id)
    check_once(fleet, slug, round_id)

    # A dead process is missed by the database's clock, whatever any other clock says.
    slug = fleet.make_program()
    round_id = fleet.start_round(slug)
    fleet.wait_for(round_id, "matching")
    fleet.kill("matching-early")
    fleet.kill("matching-late")
    killed = time.monotonic()
    fleet.wait_for(round_id, "queued")
    # A lease takes longer; the workers are starting again, so their sweeps come late.
    assert time.monotonic() - killed > 1
    fleet.wait_for(round_id, "proposed")
