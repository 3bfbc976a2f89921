"""Settings: read once, complete in the README, and refused by name."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import pytest

from mentorship.errors import Invalid
from mentorship.settings import RUNNING, Settings, for_command, installation

ROOT = Path(__file__).parents[2]


def test_every_setting_is_in_the_readme_with_its_default() -> None:
    readme = (ROOT / "README.md").read_text()

    for setting in dataclasses.fields(Settings):
        row = (
            f"| `{setting.name.upper()}` | {_shown(setting.default)} | {setting.metadata['help']} |"
        )
        assert row in readme, row


def _shown(default: object) -> str:
    if isinstance(default, float) and default.is_integer():
        default = int(default)
    return f"`{default}`" if default != "" else "–"


def test_settings_survive_the_environment() -> None:
    settings = Settings(database_url="sqlite:///x", sweep_seconds=0.5, proxy_hops=2)

    assert Settings.read(settings.to_environ()) == settings


def test_a_secret_may_come_from_a_file(tmp_path: Path) -> None:
    file = tmp_path / "key"
    file.write_text("k" * 40 + "\n")

    assert Settings.read({"SECRET_KEY_FILE": str(file)}).secret_key == "k" * 40
    with pytest.raises(Invalid, match="SECRET_KEY and SECRET_KEY_FILE are both set"):
        Settings.read({"SECRET_KEY_FILE": str(file), "SECRET_KEY": "k" * 40})
    with pytest.raises(Invalid, match="SECRET_KEY_FILE: No such file"):
        Settings.read({"SECRET_KEY_FILE": str(tmp_path / "none")})


@pytest.mark.parametrize(
    ("variable", "value", "message"),
    [
        ("SWEEP_SECONDS", "soon", "SWEEP_SECONDS must be a number"),
        ("SWEEP_SECONDS", "0", "above 0"),
        ("SWEEP_SECONDS", "-1", "SWEEP_SECONDS must not be negative"),
        ("SWEEP_SECONDS", "nan", "SWEEP_SECONDS must not be negative"),
        ("PROXY_HOPS", "1.5", "PROXY_HOPS must be a number"),
        ("LEASE_SECONDS", "6", "at least twice HEARTBEAT_SECONDS"),
        ("SECRET_KEY", "short", "at least 32 characters"),
        ("BASE_URL", "ftp://x", "http or https"),
        ("MAIL_FROM", "Preceptor <x@example.org>", "MAIL_FROM must be a bare address"),
        ("MAIL_FROM", "", "MAIL_FROM must be a bare address"),
        ("MAIL_RETURN_PATH", "bounces", "MAIL_RETURN_PATH must be a bare address"),
        ("SMTP_URL", "mail.example.org", "SMTP_URL must look like"),
        ("SMTP_URL", "smtp://host:port", "SMTP_URL must look like"),
        ("SMTP_URL", "smtp://me:secret@mail.example.org", r"must be smtp\+starttls:// or smtps://"),
        ("SMTP_URL", "smtp://me@mail.example.org:587", r"must be smtp\+starttls:// or smtps://"),
        ("BASE_URL", "http://mentoring.example.org", "use https"),
        ("BOUNCES_URL", "imap://me:secret@mail.example.org/INBOX", "BOUNCES_URL must look like"),
        ("BOUNCES_URL", "imaps://mail.example.org/INBOX", "BOUNCES_URL must look like"),
        ("BOUNCES_URL", "maildir://bounces", "BOUNCES_URL must look like"),
        ("BOUNCES_URL", "pop3://me:secret@mail.example.org", "BOUNCES_URL must look like"),
        ("SMTP_OAUTH_TOKEN_URL", "http://login.example.org/token", "must be an https address"),
        ("SMTP_OAUTH_TOKEN_URL", "https://login.example.org", "SMTP_OAUTH_CLIENT_ID must be set"),
    ],
)
def test_a_wrong_setting_is_refused_by_name(variable: str, value: str, message: str) -> None:
    with pytest.raises(Invalid, match=message):
        Settings.read({variable: value})


@pytest.mark.parametrize(
    "url",
    [
        "imaps://me%40x:secret@mail.example.org/INBOX", "imap+starttls://me:secret@mail.example.org",
        "imap://me:secret@localhost:1143/Bounces", "maildir:///var/mail/bounces",
    ],
)  # fmt: skip
def test_a_bounce_mailbox_is_reached_encrypted_or_on_this_machine(url: str) -> None:
    assert Settings.read({"BOUNCES_URL": url}).bounces_url == url


def test_a_token_is_for_somebody() -> None:
    oauth = {"SMTP_OAUTH_TOKEN_URL": "http://localhost:1/t", "SMTP_OAUTH_CLIENT_ID": "me"}

    assert Settings.read({**oauth, "SMTP_URL": "smtps://me@mail.example.org"})
    with pytest.raises(Invalid, match="SMTP_URL must name a user"):
        Settings.read({**oauth, "SMTP_URL": "smtps://mail.example.org"})


@pytest.mark.parametrize(
    "url",
    ["smtp://relay:25", "smtp://me:x@localhost:25", "smtp://me:x@[::1]", "smtps://me:x@relay"],
)
def test_a_password_for_the_relay_goes_encrypted_or_stays_on_this_machine(url: str) -> None:
    assert Settings.read({"SMTP_URL": url}).smtp_url == url


def test_a_missing_setting_is_named() -> None:
    with pytest.raises(Invalid, match="DATABASE_URL and SECRET_KEY must be set"):
        Settings().require("database_url", "secret_key", "base_url")


def test_a_data_folder_and_a_database_are_one_too_many(tmp_path: Path) -> None:
    for variable in ("DATABASE_URL", "DATABASE_URL_FILE"):
        with pytest.raises(Invalid, match="--data and DATABASE_URL are both given"):
            installation(tmp_path, {variable: "sqlite:///x"})


def test_a_command_finds_the_running_service_of_its_folder(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'preceptor.db'}"
    running = {"database_url": url, "redis_url": "unix:///r", "smtp_url": "smtp://m"}
    (tmp_path / RUNNING).write_text(json.dumps(running))

    found = for_command(tmp_path, {"SMTP_URL": "smtp://mine"})

    assert (found.database_url, found.redis_url, found.smtp_url) == (
        url,
        "unix:///r",
        "smtp://mine",
    )


def test_a_command_on_another_database_does_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "data").mkdir()
    running = {"database_url": "sqlite:///other", "redis_url": "unix:///r"}
    (tmp_path / "data" / RUNNING).write_text(json.dumps(running))

    assert for_command(None, {"DATABASE_URL": "sqlite:///mine"}).redis_url == ""
