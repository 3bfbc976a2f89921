"""Uploads are read in a child process that the kernel keeps to its limits."""

from __future__ import annotations

import logging
from typing import Any

import pytest
import sheets
from sheets import HEADER, person

from matching.mapping.decisions import Decisions
from matching.spreadsheets.dates import DayOrder
from mentorship.errors import Unavailable
from mentorship.models import Role
from mentorship.people import imports, stored_reports
from mentorship.people.import_report import ImportReport
from mentorship.service import upload_reader

FILE = sheets.text([*HEADER, "joined_on"], *([*person(k), "03/04/2026"] for k in range(3)))


def read(data: bytes, *known: Any) -> ImportReport:
    return stored_reports.read(
        Role.MENTEE, upload_reader.read(data, Role.MENTEE, "people.csv", *known)
    )


@pytest.mark.parametrize("order", [None, DayOrder.DAY])
def test_a_child_finds_what_is_found_in_this_process(order: DayOrder | None) -> None:
    decisions = Decisions(defaults={"languages": "English"}, dates=order)
    people = {"ada example": "mr-1"}
    report = read(FILE, decisions, people)

    assert report == imports.survey(FILE, Role.MENTEE, "people.csv", decisions, people)
    assert len(report.entries) == 3


def test_a_child_leaves_out_what_the_program_does_not_ask() -> None:
    data = sheets.text([*HEADER, "communities"], [*person(1), "women-in-medicine"])
    kept, left_out = (read(data, Decisions(), {}, (), asks) for asks in (True, False))

    assert kept.entries[0].answers["communities"] == ["women-in-medicine"]
    assert kept.warnings == []
    (entry,) = left_out.entries
    assert entry.answers == {
        name: answer for name, answer in kept.entries[0].answers.items() if name != "communities"
    }
    assert entry.columns == kept.entries[0].columns - {"communities"}
    (warning,) = left_out.warnings
    assert warning.column == "communities"
    assert "doesn't ask about identity" in warning.message


def test_a_file_that_takes_too_long_is_ended_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(upload_reader, "MOST_SECONDS", 2)
    people = ([*person(k), "St Mary's; " * 20] for k in range(19_000))
    report = read(sheets.text([*HEADER, "bio"], *people))

    assert report.entries == []
    assert "takes more than 2 seconds. Split it" in str(report.problems[0])


def test_a_file_that_takes_too_much_memory_is_ended_and_says_so(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(upload_reader, "MOST_MEMORY", 64 * 1024 * 1024)
    data = sheets.text(HEADER) + b'"' + b"x" * 19_000_000 + b'"'
    report = read(data)

    assert report.entries == []
    assert "takes too much memory" in str(report.problems[0])


def test_a_child_that_fails_is_logged_and_answered(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(upload_reader.sys, "executable", "/bin/false")
    with caplog.at_level(logging.ERROR):
        report = read(FILE)

    assert "The file could not be read" in str(report.problems[0])
    assert "a file could not be read" in caplog.text


def test_more_files_than_there_are_places_for_are_put_off() -> None:
    held = 0
    while upload_reader._places.acquire(blocking=False):
        held += 1
    try:
        with pytest.raises(Unavailable, match="try again in a minute"):
            read(FILE)
    finally:
        for _place in range(held):
            upload_reader._places.release()
    assert held == 6


def test_a_child_knows_no_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET_KEY", "made up, and known to the site alone")
    monkeypatch.setenv("SMTP_URL_FILE", "/run/secrets/smtp_url")
    monkeypatch.setenv("LANG", "C.UTF-8")

    known = upload_reader._without_settings()

    assert known["LANG"] == "C.UTF-8"
    assert not {"SECRET_KEY", "SMTP_URL_FILE", "DATABASE_URL"} & known.keys()
