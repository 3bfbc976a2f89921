"""The command line: JSON of the documented shape, exit codes that mean something."""

from __future__ import annotations

import csv
import datetime
import json
import re
import shutil
from pathlib import Path
from typing import Any

import click
import factories
import jsonschema
import pytest
import services
from click.testing import CliRunner, Result
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012
from sqlalchemy import select

from mentorship import database, migrations
from mentorship.commands import main
from mentorship.models import Email
from mentorship.service import heartbeats
from mentorship.states import EmailState

ROOT = Path(__file__).parents[3]
DOCUMENT = (ROOT / "docs" / "cli.md").read_text()
SCHEMAS = {
    name: json.loads(schema)
    for name, schema in re.findall(r"```json schema=(\S+)\n(.*?)```", DOCUMENT, re.S)
}


class Line:
    """A command line on a data folder of its own."""

    def __init__(self, data: Path) -> None:
        self.data = data

    def run(self, *words: str, code: int = 0) -> Result:
        result = CliRunner().invoke(main, [*words, "--data", str(self.data)])
        assert result.exit_code == code, (words, result.output, result.exception)
        return result

    def json(self, *words: str, code: int = 0) -> Any:
        """Run a command, check its JSON against the documented schema, and return it."""
        found = json.loads(self.run(*words, "--json", code=code).stdout)
        name = (
            words[0]
            if words[0] not in ("round", "program", "coordinator", "person")
            else "-".join(words[:2])
        )
        check(found, name)
        return found


def check(document: Any, name: str) -> None:
    """Compare a document with the schema of a command; a `$ref` may name another command's."""
    registry: Registry[Any] = Registry().with_resources(
        (other, Resource.from_contents(schema, default_specification=DRAFT202012))
        for other, schema in SCHEMAS.items()
    )
    jsonschema.Draft202012Validator(
        SCHEMAS[name], registry=registry, format_checker=jsonschema.FormatChecker()
    ).validate(document)


@pytest.fixture
def line(sqlite_template: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Line:
    monkeypatch.delenv("DATABASE_URL", raising=False)
    # Someone may be listening where a site listens by default.
    monkeypatch.setenv("BASE_URL", f"http://localhost:{services.free_port()}")
    line = Line(tmp_path / "data")
    # To make its tables takes as long as everything else that such a test does.
    line.data.mkdir(mode=0o700)
    shutil.copy(sqlite_template, line.data / "preceptor.db")
    line.json("migrate")
    line.json("program", "add", "demo", "--name", "Demo")
    return line


def people_file(path: Path, *rows: dict[str, Any]) -> str:
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        for row in rows:
            writer.writerow({k: ";".join(v) if isinstance(v, list) else v for k, v in row.items()})
    return str(path)


def commands(group: click.Group, *above: str) -> dict[str, click.Command]:
    """Every command with its words."""
    found: dict[str, click.Command] = {}
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        if isinstance(command, click.Group):
            found |= commands(command, *above, name)
        else:
            found[" ".join([*above, name])] = command
    return found


def test_every_command_is_documented_and_takes_data_and_json() -> None:
    for name, command in commands(main).items():
        options = {option for parameter in command.params for option in parameter.opts}
        assert f"\n## {name}\n" in DOCUMENT, name
        assert "--data" in options, name
        assert command.help
        for option in options - {"--data", "--json"}:
            if option.startswith("--"):
                assert option in DOCUMENT.split(f"\n## {name}\n")[1].split("\n## ")[0], (
                    name,
                    option,
                )
        if name != "up":
            assert "--json" in options, name
            assert name.replace(" ", "-") in SCHEMAS, name


def test_the_sample_comes_in_once(line: Line) -> None:
    first = line.json("sample", "--program", "fresh")
    second = line.json("sample", "--program", "fresh")

    assert [report["added"] for report in first["imports"]] == [300, 110]
    assert [report["unchanged"] for report in second["imports"]] == [300, 110]


def test_an_address_is_changed_where_it_is_clear_whose(line: Line) -> None:
    for address in ("old@example.org", "other@example.org"):
        line.json("coordinator", "add", address, "--program", "demo")
    change = ("person", "address")
    line.run(*change, "nobody@example.org", "new@example.org", code=5)
    for wrong in ("new@", "Other@example.org"):
        assert "the new address" in line.run(*change, "old@example.org", wrong, code=2).output

    found = line.json(*change, "OLD@example.org", "New@Example.org ")
    assert found["email"] == "New@example.org"

    line.run(*change, "old@example.org", "new@example.org", code=5)


def test_coordinators_get_a_new_link_each_time(line: Line) -> None:
    one = line.json("coordinator", "add", "Cleo@example.org", "--program", "demo")
    two = line.json("coordinator", "add", "cleo@example.org", "--program", "demo")

    assert one["link"] != two["link"]
    assert "/sign-in/" in one["link"]
    line.run("coordinator", "add", "nobody", "--program", "demo", code=2)
    line.run("coordinator", "add", "a@example.org", "--program", "none", code=5)


def test_an_import_with_problems_writes_nothing_and_names_them(line: Line, tmp_path: Path) -> None:
    good, bad = factories.mentee_answers(), factories.mentee_answers(timezone="Mars/Base")
    file = people_file(tmp_path / "people.csv", good, bad)

    result = line.run("import", file, "--as", "mentee", "--program", "demo", code=2)
    assert "row 3, timezone: 'Mars/Base' is not a time zone; enter one like" in result.stderr
    assert "Nothing was written" in result.stderr
    report = line.json("import", file, "--as", "mentee", "--program", "demo", "--json", code=2)
    assert (report["written"], report["added"]) == (False, 0)

    dry = line.json(
        "import",
        file,
        "--as",
        "mentee",
        "--program",
        "demo",
        "--skip-bad-rows",
        "--dry-run",
        code=2,
    )
    assert (dry["written"], dry["added"]) == (False, 1)
    done = line.json(
        "import",
        file,
        "--as",
        "mentee",
        "--program",
        "demo",
        "--skip-bad-rows",
        "--consented",
        "form",
        code=2,
    )
    assert (done["written"], done["added"]) == (True, 1)
    # The one who is said to agree is told so.
    (email,) = line.json("emails", "--program", "demo")["emails"]
    assert (email["kind"], email["to"]) == ("enrolled", good["email"])


def test_an_import_without_consent_owes_invitations(line: Line, tmp_path: Path) -> None:
    file = people_file(tmp_path / "people.csv", factories.mentor_answers())
    line.json("import", file, "--as", "mentor", "--program", "demo")

    (email,) = line.json("emails", "--program", "demo")["emails"]
    assert (email["kind"], email["state"]) == ("invitation", "ready")
    line.run("import", file, "--as", "mentor", "--program", "demo", "--consented", " ", code=2)


def test_emails_that_failed_for_one_cause_are_sent_again_together(
    line: Line, tmp_path: Path
) -> None:
    people = [factories.mentor_answers() for _ in range(4)]
    file = people_file(tmp_path / "people.csv", *people)
    line.json("import", file, "--as", "mentor", "--program", "demo")
    again = ("resend", "--program", "demo", "--reason", "the relay is back")
    line.run(*again, code=4)
    engine = database.make_engine(f"sqlite:///{line.data / 'preceptor.db'}")
    with database.transaction(engine) as session:
        for number, email in enumerate(session.scalars(select(Email))):
            email.state = EmailState.FAILED
            email.failure = "550 refused" if number else "552 too big"

    listed = line.run(*again, code=2).stderr
    assert "3  550 refused" in listed
    assert "1  552 too big" in listed
    assert line.json(*again, "--failure", "550 refused")["emails"] == 3
    assert line.json(*again)["failure"] == "552 too big"
    emails = line.json("emails", "--program", "demo")["emails"]
    assert {(email["state"], email["failure"]) for email in emails} == {("ready", None)}


def test_a_round_from_start_to_cancel(line: Line) -> None:
    started = line.json("round", "start", "--program", "demo")
    assert (started["state"], started["created"]) == ("queued", True)
    again = line.json("round", "start", "--program", "demo")
    assert (again["id"], again["created"]) == (started["id"], False)
    assert line.json("round", "show", started["id"])["pairs"] == []
    line.run("round", "publish", started["id"], code=4)
    assert line.json("round", "cancel", started["id"])["state"] == "cancelled"
    line.run("round", "cancel", started["id"], code=4)


def test_rounds_are_scheduled_paused_and_scheduled_no_more(line: Line) -> None:
    assert line.json("round", "schedule", "--program", "demo") == {"schedule": None}
    times = ("--rhythm", "weekly", "--first", "2099-01-05T09:00", "--zone", "America/New_York")

    made = line.json("round", "schedule", "--program", "demo", *times, "--at-least", "70")

    assert made["schedule"] == {
        "rhythm": "weekly", "first_on": "2099-01-05", "time": "09:00", "zone": "America/New_York",
        "scope": "unmatched", "at_least": 70, "paused": False,
        "next_at": "2099-01-05T14:00:00+00:00", "last_at": None, "skipped": None,
    }  # fmt: skip
    paused = line.json("round", "schedule", "--program", "demo", "--pause")
    assert paused["schedule"] == made["schedule"] | {"paused": True, "next_at": None}
    resumed = line.json("round", "schedule", "--program", "demo", "--resume")
    assert resumed == made == line.json("round", "schedule", "--program", "demo")
    never = line.json("round", "schedule", "--program", "demo", "--never")
    assert never == {"schedule": None}
    refused = line.run("round", "schedule", "--program", "demo", "--pause", code=2)
    assert "--rhythm schedules them" in refused.stderr


def test_waiting_without_a_worker_ends_after_a_while(
    line: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mentorship.service.heartbeats.SILENT", datetime.timedelta(seconds=0.5))

    result = line.run("round", "start", "--program", "demo", "--wait", code=3)

    assert "no worker has responded" in result.stderr


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (["round", "show", "x"], 2, "'x' is not the ID of a round"),
        (["round", "show", "00000000-0000-0000-0000-000000000000"], 5, "there is no round"),
        (["emails", "--program", "none"], 5, "`preceptor program add none` creates it"),
        (["program", "add", "demo", "--name", "Demo"], 2, "there is already a program demo"),
        (
            ["program", "add", "No Spaces", "--name", "X"],
            2,
            "lowercase letters, digits, and hyphens",
        ),
        (["program", "add", "x", "--name", " "], 2, "1 to 200 characters"),
        (["program", "add", "x", "--name", "X", "--most-mentors", "4"], 2, "range 1<=x<=3"),
        (["program", "add", "x", "--name", "X", "--fill", "none"], 2, "'first', 'all'"),
        (["sweep"], 2, "REDIS_URL must be set"),
        (["import", "/no/such/file", "--as", "mentee", "--program", "demo"], 2, "does not exist"),
    ],
)
def test_a_mistake_is_told_with_its_fix(
    line: Line, words: list[str], code: int, message: str
) -> None:
    assert message in line.run(*words, code=code).stderr


def test_a_data_folder_and_a_database_are_one_too_many(
    line: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", "sqlite:///x.db")

    assert "both given" in line.run("migrate", code=2).stderr


def test_a_folder_without_a_database_says_how_to_make_one(tmp_path: Path) -> None:
    empty = Line(tmp_path)
    assert (
        "run `preceptor migrate` to create it"
        in empty.run("emails", "--program", "x", code=3).stderr
    )

    empty.json("migrate")
    engine = database.make_engine(f"sqlite:///{tmp_path / 'preceptor.db'}")
    migrations.downgrade(engine, "base")
    assert "are from another version" in empty.run("emails", "--program", "x", code=3).stderr


def beat_on(host: str, kind: str, line: Line, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr("socket.gethostname", lambda: host)
        engine = database.make_engine(f"sqlite:///{line.data / 'preceptor.db'}")
        with database.transaction(engine) as session:
            heartbeats.record(session, kind)


def test_a_part_is_healthy_by_its_own_signs_of_life_only(
    line: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("socket.gethostname", lambda: "box_1")
    beat_on("boxy1", "mail", line, monkeypatch)
    beat_on("box_1", "matching", line, monkeypatch)

    found = line.json("healthy", "mail", code=1)
    assert (found["healthy"], found["silent_seconds"]) == (False, None)
    assert "mail on box_1 has given no sign" in line.run("healthy", "mail", code=1).stdout

    beat_on("box_1", "mail", line, monkeypatch)
    assert line.json("healthy", "mail")["silent_seconds"] < 30
    said = line.run("healthy", "mail").stdout
    assert re.search(r"mail on box_1 gave a sign of life \d{1,2} s ago", said)

    monkeypatch.setattr("mentorship.service.heartbeats.SILENT", datetime.timedelta(0))
    assert not line.json("healthy", "mail", code=1)["healthy"]
    line.run("healthy", "web", code=2)


def test_the_doctor_says_what_to_fix(line: Line) -> None:
    found = line.json("doctor", code=1)

    wrong = {finding["check"]: finding["fix"] for finding in found["findings"] if not finding["ok"]}
    assert {"secrets", "redis", "workers", "mail", "address"} <= set(wrong)
    assert all(wrong.values())
    assert not {"database", "clock", "proxy"} & set(wrong)


def test_a_coordinator_is_removed_but_never_the_last(line: Line) -> None:
    for address in ("one@example.org", "two@example.org"):
        line.json("coordinator", "add", address, "--program", "demo")

    removed = line.json("coordinator", "remove", "Two@example.org", "--program", "demo")
    assert removed == {"email": "two@example.org", "program": "demo"}
    line.run("coordinator", "remove", "two@example.org", "--program", "demo", code=5)
    line.run("coordinator", "remove", "nobody@example.org", "--program", "demo", code=5)
    line.run("coordinator", "remove", "one@example.org", "--program", "demo", code=4)


def test_a_person_is_signed_out_everywhere(line: Line) -> None:
    line.json("coordinator", "add", "one@example.org", "--program", "demo")

    assert line.json("person", "sign-out", "One@example.org")["email"] == "one@example.org"
    line.run("person", "sign-out", "nobody@example.org", code=5)
