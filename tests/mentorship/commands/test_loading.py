"""What a command loads: only what it uses, as every command is a start of its own."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import click
import pytest

from mentorship.commands import COMMANDS, main

ROOT = Path(__file__).parents[3]
#: What takes long to load, and the commands that use it.
HEAVY: dict[str, set[str]] = {
    "alembic": set(),  # only to change tables, and these are current
    "celery": {"sweep"},
    "kombu": {"sweep"},
    "redis": {"sweep", "doctor"},
    "imapclient": {"doctor"},
    "jinja2": set(),
    "css_inline": set(),
    "icalendar": set(),
    "flask": set(),
    "openpyxl": set(),
    "numpy": set(),
    "sklearn": set(),
    "ortools": set(),
}
#: A command line of each, good or bad: what counts is that its code runs.
LINES = {
    "backup": ["backup", "copy.db"],
    "coordinator": ["coordinator", "add", "cleo@example.org", "--program", "demo"],
    "doctor": ["doctor"],
    "emails": ["emails", "--program", "demo"],
    "healthy": ["healthy", "mail"],
    "import": ["import", "people.csv", "--as", "mentee", "--program", "demo"],
    "migrate": ["migrate"],
    "person": ["person", "address", "cleo@example.org", "new@example.org"],
    "program": ["program", "add", "demo", "--name", "Demo"],
    "resend": ["resend", "--program", "demo", "--reason", "x"],
    "restored": ["restored"],
    "round": ["round", "start", "--program", "demo"],
    "sample": ["sample", "--program", "other"],
    "sweep": ["sweep"],
}
RUN = """
import json, sys
from mentorship.commands import main
for line in json.loads(sys.argv[1]):
    try:
        main(line)
    except SystemExit as end:
        print("code", end.code, line, file=sys.stderr)
print(json.dumps(sorted(sys.modules)))
"""


def loaded(code: str, *words: str, folder: Path = ROOT) -> set[str]:
    """The modules that a fresh Python has after some code; its last line prints them."""
    done = subprocess.run(
        [sys.executable, "-c", code, *words], cwd=folder, capture_output=True, text=True,
        env={"PATH": "/usr/bin", "PYTHONPATH": str(ROOT), "REDIS_URL": "redis://127.0.0.1:1",
             "SECRET_KEY": "q7Vb2nXc9Lm4Rt8Ks1Wd6Yf3Gh5Jp0Za",
             "SMTP_URL": "smtp://127.0.0.1:1", "HOME": str(folder)},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return set(json.loads(done.stdout.splitlines()[-1]))


def test_help_loads_no_command(tmp_path: Path) -> None:
    modules = loaded(RUN, json.dumps([["--help"], ["--version"]]), folder=tmp_path)

    assert not {"sqlalchemy", "mentorship.commands.frame", "mentorship.errors"} & modules


def test_the_list_of_commands_says_what_each_says_of_itself() -> None:
    for name, entry in COMMANDS.items():
        command = main.get_command(click.Context(main), name)
        assert command is not None
        assert command.name == name
        assert command.get_short_help_str(limit=100) == entry.help


def test_every_command_has_a_line_to_try() -> None:
    assert set(LINES) == set(COMMANDS) - {"up"}


LIGHT = sorted(set(LINES) - {name for names in HEAVY.values() for name in names})


@pytest.mark.parametrize(
    "names", [LIGHT, *([name] for name in sorted(set(LINES) - set(LIGHT)))], ids=" ".join
)
def test_a_command_loads_nothing_heavy_that_it_does_not_use(
    names: list[str], tmp_path: Path, sqlite_template: Path
) -> None:
    lines = [[*LINES[name], "--data", str(tmp_path)] for name in names]
    (tmp_path / "preceptor.db").write_bytes(sqlite_template.read_bytes())
    (tmp_path / "people.csv").write_text("email\n")

    modules = loaded(RUN, json.dumps(lines), folder=tmp_path)

    needed = {module for module, users in HEAVY.items() if users & set(names)}
    assert modules & set(HEAVY) == needed


def test_the_service_starts_without_what_its_parts_load() -> None:
    modules = loaded(
        "import json, sys, mentorship.commands.up; print(json.dumps(list(sys.modules)))"
    )

    assert not modules & set(HEAVY)


def test_a_child_that_reads_an_upload_loads_no_database() -> None:
    modules = loaded(
        "import json, sys, mentorship.service.upload_reader; print(json.dumps(list(sys.modules)))"
    )

    assert not modules & {"sqlalchemy", *HEAVY}


def test_rooms_below_emails_load_no_template_engine() -> None:
    rooms = ("people", "programs", "accounts", "rounds", "coordination", "reminders")
    names = [
        ".".join(file.relative_to(ROOT).with_suffix("").parts)
        for room in rooms
        for file in sorted((ROOT / "mentorship" / room).glob("[a-z]*.py"))
    ]
    assert len(names) > 20
    modules = loaded(f"import json, sys, {', '.join(names)}; print(json.dumps(list(sys.modules)))")

    assert not {"jinja2", "css_inline", "icalendar"} & modules
