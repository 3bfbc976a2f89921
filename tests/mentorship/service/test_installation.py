"""An installation: which database a command is about, and what a running service says."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from mentorship.errors import Invalid
from mentorship.service import installation


def test_a_data_folder_and_a_database_are_one_too_many(tmp_path: Path) -> None:
    file = tmp_path / "url"
    file.write_text("sqlite:///x")
    for variable, value in (("DATABASE_URL", "sqlite:///x"), ("DATABASE_URL_FILE", str(file))):
        with pytest.raises(Invalid, match="--data and DATABASE_URL are both given"):
            installation.for_command(tmp_path, {variable: value})


def test_a_folder_beside_a_database_is_that_of_the_service_that_runs_on_it(tmp_path: Path) -> None:
    environ = {"DATABASE_URL": "postgresql://localhost/x"}
    settings, folder = installation.find(tmp_path, environ)
    assert (settings.database_url, folder) == ("postgresql://localhost/x", tmp_path)

    with installation.announced(folder, settings.replace(redis_url="unix:///r")):
        assert installation.for_command(tmp_path, environ).redis_url == "unix:///r"
        with pytest.raises(Invalid, match="keep one"):
            installation.for_command(tmp_path, {"DATABASE_URL": "postgresql://localhost/other"})


def test_a_command_finds_the_running_service_of_its_folder(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'preceptor.db'}"
    running = {"database_url": url, "redis_url": "unix:///r", "smtp_url": "smtp://m"}
    (tmp_path / installation.RUNNING).write_text(json.dumps(running))

    found = installation.for_command(tmp_path, {"SMTP_URL": "smtps://mine"})

    assert (found.database_url, found.redis_url, found.smtp_url) == (
        url,
        "unix:///r",
        "smtps://mine",
    )


def test_a_command_on_another_database_does_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "data").mkdir()
    running = {"database_url": "sqlite:///other", "redis_url": "unix:///r"}
    (tmp_path / "data" / installation.RUNNING).write_text(json.dumps(running))

    assert installation.for_command(None, {"DATABASE_URL": "sqlite:///mine"}).redis_url == ""


def test_a_running_service_is_announced_until_it_ends(tmp_path: Path) -> None:
    settings, folder = installation.find(tmp_path, {"REDIS_URL": "unix:///r"})

    with installation.announced(folder, settings):
        assert (folder / installation.RUNNING).stat().st_mode & 0o777 == 0o600
        assert installation.for_command(tmp_path, {}).redis_url == "unix:///r"

    assert installation.for_command(tmp_path, {}).redis_url == ""
