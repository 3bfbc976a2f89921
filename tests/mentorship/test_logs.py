"""Lines of the log: ids, and nothing about people."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import IntegrityError

from mentorship import logs
from mentorship.errors import Invalid
from mentorship.settings import Settings


@pytest.fixture
def root() -> Iterator[logging.Logger]:
    """The root logger, as it was before once the test is over."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield root
    root.handlers[:] = handlers
    root.setLevel(level)


def test_a_line_of_json_holds_time_level_logger_message_and_ids(
    root: logging.Logger, capsys: pytest.CaptureFixture[str]
) -> None:
    logs.set_up(Settings(log_format="json"))
    with logs.about(round="r-1"), logs.about(email="e-1"):
        logging.getLogger("some.part").warning("%s of it", 3, extra={"data": {"name": "Ana"}})
    logging.getLogger("some.part").info("after")
    first, second = map(json.loads, capsys.readouterr().err.splitlines())

    assert first.pop("time").startswith("20")
    assert first == {
        "level": "WARNING", "logger": "some.part", "message": "3 of it", "round": "r-1",
        "email": "e-1",
    }  # fmt: skip
    assert "email" not in second


@pytest.mark.parametrize("form", ["text", "json"])
def test_addresses_links_and_searches_are_struck_out_of_every_line(
    root: logging.Logger, capsys: pytest.CaptureFixture[str], form: str
) -> None:
    logs.set_up(Settings(log_format=form))
    said = "550 <ana.b+c@mail.example.org>\nana@example.org: \"x\" 'ben@example.org'"
    try:
        raise ValueError(f"{said} at /answers/WyJhIiwiYiJd.sig-na_ture and /people?q=Carla&page=2")
    except ValueError:
        logging.getLogger("a").exception("the relay said %s", said)
    line = capsys.readouterr().err

    for secret in ("ana", "ben", "example.org", "sig-na", "Carla"):
        assert secret not in line, secret
    assert "550" in line
    assert "/answers/…" in line
    assert "ValueError" in line
    if form == "json":
        assert "ValueError" in json.loads(line)["exc_info"]


@pytest.mark.parametrize("form", ["text", "json"])
def test_a_row_that_the_database_refuses_is_not_quoted(
    engine: Engine, root: logging.Logger, capsys: pytest.CaptureFixture[str], form: str
) -> None:
    logs.set_up(Settings(log_format=form))
    values = {"b": "Ana\n\nBen\nCarla"}
    with engine.connect() as connection:
        connection.execute(text("CREATE TEMPORARY TABLE a (b text CHECK (length(b) < 5), c text)"))
        try:
            connection.execute(text("INSERT INTO a VALUES (:b, 'z')"), values)
        except IntegrityError as error:
            logging.getLogger("a").exception("it said %s", error)
    line = capsys.readouterr().err

    for written in ("Ana", "Ben", "Carla"):
        assert written not in line, written
    assert line.count("INSERT INTO a") > 1, "what stands after the row is kept"
    assert "The above exception" in line


@pytest.mark.parametrize(
    "changes", [{"LOG_FORMAT": "xml"}, {"LOG_LEVEL": "LOUD"}, {"METRICS_TOKEN": "short"}]
)
def test_a_setting_that_cannot_be_meant_is_refused(changes: dict[str, str]) -> None:
    with pytest.raises(Invalid, match=next(iter(changes))):
        Settings.read(changes)
