"""The house: who may import whom, what is light, what is shipped, and what must not be in it."""

from __future__ import annotations

import contextlib
import re
import shutil
import statistics
import subprocess
import sys
import tomllib
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from patience import patient

ROOT = Path(__file__).parents[1]
PACKAGES = ("matching", "mentorship", "webapp", "worker")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
CONTRACTS = [contract["id"] for contract in PROJECT["tool"]["importlinter"]["contracts"]]


def lint_imports(folder: Path) -> subprocess.CompletedProcess[str]:
    command = [Path(sys.executable).parent / "lint-imports", "--no-cache"]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=patient(120))


def test_the_import_contracts_are_kept() -> None:
    done = lint_imports(ROOT)

    assert done.returncode == 0, done.stdout
    assert f"{len(CONTRACTS)} kept, 0 broken" in done.stdout


BREACHES = {
    "edges": [
        ("webapp/participants/pages.py", "import worker.tasks"),
        ("worker/tasks.py", "import webapp.participants.pages"),
        ("mentorship/people/profiles.py", "import webapp.participants.pages"),
        ("mentorship/people/profiles.py", "import worker.tasks"),
    ],
    "floors": [
        ("mentorship/people/cards.py", "from mentorship.emails import messages"),
        ("mentorship/models/person.py", "from mentorship.people import profiles"),
        ("mentorship/a_room_that_nobody_placed.py", ""),
    ],
    "site-floors": [
        ("webapp/gate.py", "from webapp.participants import answers"),
        ("webapp/design.py", "from webapp import gate"),
        ("webapp/participants/answers.py", "from webapp.coordinators import people"),
        ("webapp/coordinators/people.py", "from webapp.participants import answers"),
        ("webapp/a_room_that_nobody_placed.py", ""),
    ],
    "no-circles": [
        ("mentorship/people/addresses.py", "from mentorship.people import imports"),
        ("webapp/gate.py", "from webapp.participants import pages"),
    ],
    "matching-alone": [
        ("matching/features/words.py", "import mentorship.people.profiles"),
        ("matching/features/words.py", "import flask"),
        ("matching/features/words.py", "import sqlalchemy"),
        ("matching/features/words.py", "import celery"),
    ],
    "domain-without-web": [("mentorship/people/profiles.py", "import flask")],
    "light-matching": [
        ("webapp/participants/pages.py", "import matching.matcher"),
        ("mentorship/people/profiles.py", "import matching.features.words"),
        ("mentorship/people/profiles.py", "import sklearn"),
        ("webapp/participants/pages.py", "from matching import Matcher"),
    ],
    "matching-rooms": [
        ("matching/features/words.py", "import matching.criteria"),
        ("matching/profiles/people.py", "import matching.policy"),
        ("matching/assignment/flow.py", "import matching.scoring.must_rules"),
    ],
    "matching-entrance": [("mentorship/people/profiles.py", "import matching.profiles.readers")],
    "checker-apart": [("matching/assignment/checker.py", "import matching.assignment.flow")],
    "light-is-light": [
        ("matching/profiles/columns.py", "import numpy"),
        ("matching/profiles/taxonomy.py", "import matching.features.encoding"),
    ],
}


def test_every_contract_has_a_breach_to_catch() -> None:
    assert sorted(BREACHES) == sorted(CONTRACTS)


@pytest.fixture(scope="module")
def copied(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a copy of the code, in which no contract is broken."""
    folder = tmp_path_factory.mktemp("copied")
    for package in PACKAGES:
        shutil.copytree(
            ROOT / package, folder / package, ignore=shutil.ignore_patterns("__pycache__")
        )
    shutil.copy(ROOT / "pyproject.toml", folder)
    return folder


@contextlib.contextmanager
def breach(file: Path, line: str) -> Iterator[None]:
    """Write a line that breaks a contract into a file, for a while."""
    before = file.read_text() if file.exists() else None
    file.write_text(f"{before or ''}\n{line}\n")
    try:
        yield
    finally:
        if before is None:
            file.unlink()
        else:
            file.write_text(before)


@pytest.mark.parametrize(
    ("contract", "file", "line"),
    [(contract, *breach) for contract, breaches in BREACHES.items() for breach in breaches],
)
def test_a_contract_catches_a_breach(contract: str, file: str, line: str, copied: Path) -> None:
    with breach(copied / file, line):
        done = lint_imports(copied)

    name = next(
        c["name"] for c in PROJECT["tool"]["importlinter"]["contracts"] if c["id"] == contract
    )
    assert f"{name} BROKEN" in re.sub(r"\s+", " ", done.stdout), done.stdout


@pytest.mark.parametrize(
    "module", ["webapp", "mentorship.commands.up", "worker.matchmaking", "matching"]
)
def test_only_the_solver_loads_what_is_heavy(module: str) -> None:
    heavy = "{'sklearn', 'ortools', 'scipy', 'pandas', 'numpy'}"
    code = f"import sys, {module}; sys.exit(', '.join({heavy} & set(sys.modules)) or 0)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT)

    assert done.returncode == 0, done.stderr


def test_the_public_names_of_matching_are_there() -> None:
    import matching

    assert all(getattr(matching, name) for name in matching.__all__)
    with pytest.raises(AttributeError):
        _ = matching.nothing


def test_tests_hold_no_package_that_could_shadow_ours() -> None:
    assert list((ROOT / "tests").rglob("__init__.py")) == []


def test_every_job_has_a_handler(monkeypatch: pytest.MonkeyPatch) -> None:
    code = (
        "from worker.app import app; import worker.tasks; from mentorship.service.queue import Job;"
        "assert {job.value for job in Job} <= set(app.tasks);"
        "assert {job.value for job in Job} == {t for t in app.tasks if t.startswith('preceptor')};"
        "assert app.conf.result_backend is None; assert app.conf.accept_content == ['json'];"
        "assert app.conf.worker_pool_start_method == 'spawn'"
    )
    environment = {
        "DATABASE_URL": "sqlite://", "REDIS_URL": "rediss://x", "SMTP_URL": "smtps://x",
        "PATH": "/usr/bin",
    }  # fmt: skip
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, cwd=ROOT, capture_output=True, text=True
    )

    assert done.returncode == 0, done.stderr


def test_a_worker_without_its_settings_says_which_are_missing() -> None:
    done = subprocess.run(
        [sys.executable, "-c", "import worker.app"], env={"PATH": "/usr/bin"}, cwd=ROOT,
        capture_output=True, text=True,
    )  # fmt: skip

    assert done.returncode != 0
    assert "preceptor worker: DATABASE_URL and REDIS_URL and SMTP_URL must be set" in done.stderr


@pytest.mark.parametrize(("queue", "starts"), [("mail", False), ("matching", True), (None, False)])
def test_only_a_worker_that_sends_emails_needs_the_key(queue: str | None, starts: bool) -> None:
    options = f"{{'queues': {queue!r}}}"
    code = (
        "from worker.app import app; from celery import signals;"
        f"signals.celeryd_init.send(sender='x', instance=None, conf=app.conf, options={options})"
    )
    environment = {
        "DATABASE_URL": "sqlite://", "REDIS_URL": "rediss://x", "SMTP_URL": "smtps://x",
        "PATH": "/usr/bin",
    }  # fmt: skip
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, cwd=ROOT, capture_output=True, text=True
    )

    assert (done.returncode == 0) == starts, done.stderr
    assert ("SECRET_KEY must be set" in done.stderr) != starts


def test_no_job_waits_in_redis() -> None:
    for package in PACKAGES:
        for file in (ROOT / package).rglob("*.py"):
            assert not re.search(r"\b(countdown|eta)=|\.retry\(|import pickle", file.read_text()), (
                file
            )


def test_the_wheel_holds_templates_migrations_and_data(tmp_path: Path) -> None:
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)],
        cwd=ROOT, check=True, capture_output=True,
    )  # fmt: skip
    (wheel,) = tmp_path.glob("*.whl")
    shipped = set(zipfile.ZipFile(wheel).namelist())
    ours = {
        str(file.relative_to(ROOT))
        for package in PACKAGES
        for file in (ROOT / package).rglob("*")
        if file.is_file() and "__pycache__" not in file.parts
    }

    assert ours <= shipped
    assert not [name for name in shipped if name.startswith(("tests", "benchmarks", "docs"))]


@pytest.mark.parametrize("name", ["requirements.lock", "requirements-dev.lock"])
def test_locks_pin_every_package_by_hash_and_name_no_host(name: str) -> None:
    lock = (ROOT / name).read_text()
    pinned = re.findall(r"^([a-z0-9._-]+)==\S+", lock, re.M)
    blocks = re.split(r"^(?=[a-z])", lock, flags=re.M)[1:]

    assert len(pinned) == len(blocks) > 40
    assert all("--hash=sha256:" in block for block in blocks)
    assert "://" not in lock
    for requirement in PROJECT["project"]["dependencies"]:
        package = re.match(r"[A-Za-z0-9-]+", requirement)
        assert package
        assert package[0].lower() in pinned


def test_the_celery_floor_is_tight() -> None:
    assert "celery>=5.7,<5.8" in PROJECT["project"]["dependencies"]


def test_make_prints_help() -> None:
    done = subprocess.run(["make"], cwd=ROOT, capture_output=True, text=True)

    for target in ("run", "check", "test"):
        assert f"make {target} " in done.stdout


def test_modules_stay_short_enough_to_read() -> None:
    lines = {
        file: len(file.read_text().splitlines())
        for package in (*PACKAGES, "tests")
        for file in (ROOT / package).rglob("*.py")
        if "versions" not in file.parts  # A migration is a list of what it changes.
    }

    for file, number in lines.items():
        assert number <= 400, f"{file} has {number} lines; is there a noun that wants its own?"
    ours = [number for file, number in lines.items() if ROOT / "tests" not in file.parents]
    assert statistics.median(ours) <= 120


def test_there_is_one_stylesheet_and_it_stays_small_enough_to_read() -> None:
    (sheet,) = (ROOT / "webapp").rglob("*.css")
    assert sheet.stat().st_size <= 30_000
