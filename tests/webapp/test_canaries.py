"""A word of its own in every field, looked for in all that anyone reads, in every state.

Who may find which is computed from the one table, `mentorship.people.sight.TABLE`: a word that a
reader may not read is nowhere, and one that they may read is somewhere.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence

import pytest
from canaries import ANSWERS, Cast, columns, ids_in, tell, words
from canary_readers import OTHER, READERS, Read, check, send, visit
from flask import Flask
from sqlalchemy import Engine

from matching.profiles import taxonomy
from matching.profiles.columns import Column
from mentorship import database
from mentorship.coordination import digest, review
from mentorship.settings import Settings
from mentorship.states import PairingState, ProfileState


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """What is read is the same on every database."""
    return sqlite_url


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return settings.replace(metrics_token="a token for metrics")


@pytest.fixture(autouse=True)
def _labels_of_their_own(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every term and option that someone chose has a label that stands nowhere else."""
    entries = taxonomy.load().entries
    for role, column in columns():
        for id in ids_in(ANSWERS[role].get(column.name)) if column.kind else ():
            if id != "en":
                label = f"Canary {id} as {column.name} of {role}".replace("_", " ")
                monkeypatch.setitem(entries[column.kind][id], "label", label)  # type: ignore[arg-type, index]
    monkeypatch.setattr(Column, "label", lambda column, option: f"Canary {option} of {column.name}")


def everything(
    app: Flask, engine: Engine, settings: Settings, state: PairingState,
    readers: Sequence[str] = READERS, **states: ProfileState,
) -> tuple[Cast, Read]:  # fmt: skip
    """Tell, send, and visit as `readers`; `states` are those of the mentee's and mentor's profiles.

    Emails are read by all whom they go to.
    """
    read = Read()
    with database.transaction(engine) as session:
        cast = tell(session, state)
        for role, profile_state in states.items():
            getattr(cast, role).state = profile_state
        session.flush()
        send(session, cast, settings, read)
        report = review.of_round(session, cast.round)
        read.add("coordinator", "round show", repr(report["pairs"] + report["unmatched"]))
        for section in digest.of_program(session, cast.program, cast.coordinator_id):
            read.add("coordinator", "digest", " ".join(section.lines))
        session.flush()
        for row in vars(cast).values():
            if hasattr(row, "id"):
                session.refresh(row)
        _ = cast.mentee.person, cast.mentor.person, cast.in_other.person
        session.expunge_all()
    visit(app, engine, cast, settings, read, readers)
    return cast, read


#: To each state that is left to the long form there is another one in which people stand to each
#: other in the same way: of those who were introduced, and of those who did not become a pair.
STATES = [
    pytest.param(state, marks=pytest.mark.chaos_long)
    if state in (PairingState.ACTIVE, PairingState.EXPIRED)
    else state
    for state in PairingState
]


@pytest.mark.parametrize("state", STATES)
def test_everyone_reads_what_the_table_says_and_nothing_else(
    app: Flask, engine: Engine, settings: Settings, state: PairingState,
    caplog: pytest.LogCaptureFixture,
) -> None:  # fmt: skip
    caplog.set_level(logging.DEBUG)

    cast, read = everything(app, engine, settings, state)

    looked, wrong = check(cast, read)
    assert not wrong, "\n".join(wrong)
    assert looked > 250
    logged = caplog.text.casefold()
    for subject in (cast.mentee, cast.mentor):
        for name, listed in words(subject).items():
            for word in listed:
                assert "canary" not in word.casefold() or word.casefold() not in logged, name


def test_a_program_reads_what_its_list_said_until_the_person_answers_there(
    app: Flask, engine: Engine, settings: Settings
) -> None:
    readers = ("coordinator", OTHER)
    _cast, read = everything(app, engine, settings, PairingState.INTRODUCED, readers)

    places = read.places(OTHER, "Guessed Name")
    assert {place.split()[0] for place in places} >= {"people.index", "emails.index", "people.show"}
    assert read.places("coordinator", "Guessed Name") == []


@pytest.mark.parametrize(
    ("mentee", "mentor"),
    [
        (ProfileState.LEFT, ProfileState.READY),
        (ProfileState.READY, ProfileState.LEFT),
        (ProfileState.DRAFT, ProfileState.READY),
    ],
)
def test_of_those_who_left_or_have_not_begun_coordinators_read_nothing(
    app: Flask, engine: Engine, settings: Settings, mentee: ProfileState, mentor: ProfileState
) -> None:
    cast, read = everything(
        app, engine, settings, PairingState.ENDED, ("coordinator",), mentee=mentee, mentor=mentor
    )

    subject = cast.mentee if mentee is not ProfileState.READY else cast.mentor
    wrong = [
        (word, places)
        for listed in words(subject).values()
        for word in listed
        if (places := read.places("coordinator", word, asking=False))
    ]
    assert wrong == []
