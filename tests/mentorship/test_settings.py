"""Settings: read once, complete in the README, and refused by name."""

from __future__ import annotations

import dataclasses
import secrets
import uuid
from collections.abc import Callable
from pathlib import Path

import pytest

from mentorship.errors import Invalid
from mentorship.settings import Settings, written

#: As if made at random.
RANDOM_KEY = "q7Vb2nXc9Lm4Rt8Ks1Wd6Yf3Gh5Jp0Za"
ROOT = Path(__file__).parents[2]


def test_every_setting_is_in_the_readme_with_its_default() -> None:
    readme = (ROOT / "README.md").read_text()

    for setting in dataclasses.fields(Settings):
        row = (
            f"| `{setting.name.upper()}` | {_shown(setting.default)} | {setting.metadata['help']} |"
        )
        assert row in readme, row


def _shown(default: object) -> str:
    return f"`{written(default)}`" if default not in ("", ()) else "–"


def test_settings_survive_the_environment() -> None:
    settings = Settings(
        database_url="sqlite:///x", sweep_seconds=0.5, proxy_hops=2, mail_delays=(0.25, 5.0)
    )

    assert Settings.read(settings.to_environ()) == settings


def test_a_secret_may_come_from_a_file(tmp_path: Path) -> None:
    file = tmp_path / "key"
    file.write_text(RANDOM_KEY + "\n")

    assert Settings.read({"SECRET_KEY_FILE": str(file)}).secret_key == RANDOM_KEY
    with pytest.raises(Invalid, match="SECRET_KEY and SECRET_KEY_FILE are both set"):
        Settings.read({"SECRET_KEY_FILE": str(file), "SECRET_KEY": RANDOM_KEY})
    with pytest.raises(Invalid, match="SECRET_KEY_FILE: No such file"):
        Settings.read({"SECRET_KEY_FILE": str(tmp_path / "none")})


@pytest.mark.parametrize(
    ("variable", "value", "message"),
    [
        ("SWEEP_SECONDS", "soon", "SWEEP_SECONDS must be a number"),
        ("SWEEP_SECONDS", "0", "SWEEP_SECONDS must be a number from 0.01 to 1,000,000, not '0'"),
        ("SWEEP_SECONDS", "-1", "SWEEP_SECONDS must be a number from 0.01"),
        ("SWEEP_SECONDS", "nan", "SWEEP_SECONDS must be a number from 0.01"),
        ("SWEEP_SECONDS", "inf", "SWEEP_SECONDS must be a number from 0.01"),
        ("HEARTBEAT_SECONDS", "0", "HEARTBEAT_SECONDS must be a number from 0.01"),
        ("SWEEP_SECONDS", "1000001", "to 1,000,000"),
        ("PROXY_HOPS", "1.5", "PROXY_HOPS must be a whole number from 0 to"),
        ("SMTP_SECONDS", "0", "SMTP_SECONDS must be a number from 0.1"),
        ("SMTP_FINAL_SECONDS", "0.05", "SMTP_FINAL_SECONDS must be a number from 0.1"),
        ("RELAY_PAUSE_SECONDS", "0", "RELAY_PAUSE_SECONDS must be a number from 0.1"),
        ("CHORE_SECONDS", "0", "CHORE_SECONDS must be a number from 0.1"),
        ("MAIL_PER_MINUTE", "0.001", "MAIL_PER_MINUTE must be 0 or a number from 0.01"),
        ("MAIL_PER_DOMAIN_MINUTE", "-1", "MAIL_PER_DOMAIN_MINUTE must be 0 or a number from 0.01"),
        ("MAIL_DELAYS", "", "MAIL_DELAYS must be a number from 0.01"),
        ("MAIL_DELAYS", "5;30", "separate numbers with commas, such as 5,30,120"),
        ("MAIL_DELAYS", "5,0", "MAIL_DELAYS must be a number from 0.01"),
        ("MAIL_DELAYS", "5,nan", "MAIL_DELAYS must be a number from 0.01"),
        ("LOG_LEVEL", "LOUD", "LOG_LEVEL must be DEBUG, INFO, WARNING or ERROR, not 'LOUD'"),
        ("LOG_FORMAT", "xml", "LOG_FORMAT must be text or json, not 'xml'"),
        ("METRICS_TOKEN", "short", "at least 16 characters"),
        ("LEASE_SECONDS", "6", "at least twice HEARTBEAT_SECONDS"),
        ("SECRET_KEY", "short", "at least 32 characters"),
        ("SECRET_KEY", "k" * 40, "too easy to guess"),
        ("SECRET_KEY", "change-me-please-" + RANDOM_KEY, "too easy to guess"),
        ("SECRET_KEY", RANDOM_KEY[:16] * 3, "too easy to guess"),
        ("SECRET_KEY", "abcdefghijklmnopqrstuvwxyz0123456789", "too easy to guess"),
        ("SECRET_KEY", "12345678901234567890123456789012", "too easy to guess"),
        ("SECRET_KEY", "00112233445566778899aabbccddeeff", "too easy to guess"),
        ("SECRET_KEY", "qwertyuiopasdfghjklzxcvbnm1234567890", "too easy to guess"),
        ("SECRET_KEY", "zyxwvutsrqponmlkjihgfedcba9876543210", "too easy to guess"),
        ("SECRET_KEY", RANDOM_KEY[:16] * 2 + RANDOM_KEY[:3], "too easy to guess"),
        ("SECRET_KEY", "replace-this-with-a-long-random-string", "too easy to guess"),
        ("SECRET_KEY", "Insecure-default-key-4-development-only", "too easy to guess"),
        ("SECRET_KEY", "$(openssl rand -base64 48) was not run", "too easy to guess"),
        ("SECRET_KEY", "${KEY:?set it in the file .env, please}", "too easy to guess"),
        ("SECRET_KEY", "<the output of: openssl rand -hex 32>", "too easy to guess"),
        ("SECRET_KEY_FALLBACKS", f"{RANDOM_KEY},short", "at least 32 characters"),
        ("METRICS_TOKEN", "a" * 16, "too easy to guess"),
        ("PLAINTEXT_HOSTS", "redis; database", "must be host names"),
        ("REDIS_URL", "redis://redis:6379/0", r"encrypted \(rediss://\), or PLAINTEXT_HOSTS"),
        ("SMTP_URL", "smtp://relay:25", "PLAINTEXT_HOSTS must name relay"),
        ("DATABASE_URL", "postgresql://u:p@db.example.org/x", "must name db.example.org"),
        ("DATABASE_URL", "postgresql://u:p@db/x?sslmode=prefer", "must name db"),
        ("DATABASE_URL", "postgresql+psycopg://u@localhost,db/x", "must name db"),
        ("DATABASE_URL", "postgresql:///x?host=db", "must name db"),
        ("DATABASE_URL", "postgresql://u:p@localhost/x?hostaddr=10.0.0.5", "must name 10.0.0.5"),
        ("DATABASE_URL", "postgresql://localhost/x?service=elsewhere", "must name the host itself"),
        ("DATABASE_URL", "mysql://u:p@localhost/x", "DATABASE_URL must look like postgresql://"),
        ("DATABASE_URL", "postgres://u:p@db.example.org/x", "must look like postgresql://"),
        ("REDIS_URL", "sentinel://redis.example.org:26379", "REDIS_URL must look like redis://"),
        ("REDIS_URL", "redis.example.org:6379", "REDIS_URL must look like redis://"),
        ("REDIS_URL", "redis://redis:port", "REDIS_URL must look like redis://"),
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
        ("BOUNCES_URL", "imaps://me@mail.example.org", "BOUNCES_URL must have a password unless"),
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


def test_a_token_is_for_someone() -> None:
    oauth = {"SMTP_OAUTH_TOKEN_URL": "http://localhost:1/t", "SMTP_OAUTH_CLIENT_ID": "me"}

    assert Settings.read({**oauth, "SMTP_URL": "smtps://me@mail.example.org"})
    assert Settings.read({**oauth, "BOUNCES_URL": "imaps://me@mail.example.org"})
    with pytest.raises(Invalid, match="SMTP_URL must name a user"):
        Settings.read({**oauth, "SMTP_URL": "smtps://mail.example.org"})


@pytest.mark.parametrize(
    "url",
    ["smtp://me:x@localhost:25", "smtp://me:x@[::1]", "smtps://me:x@relay"],
)
def test_a_password_for_the_relay_goes_encrypted_or_stays_on_this_machine(url: str) -> None:
    assert Settings.read({"SMTP_URL": url}).smtp_url == url


def test_a_missing_setting_is_named() -> None:
    with pytest.raises(Invalid, match="DATABASE_URL and SECRET_KEY must be set"):
        Settings().require("database_url", "secret_key", "base_url")


def test_all_wrong_settings_are_told_at_once() -> None:
    with pytest.raises(Invalid) as error:
        Settings.read(
            {
                "SWEEP_SECONDS": "often", "HEARTBEAT_SECONDS": "never", "LEASE_SECONDS": "1",
                "SECRET_KEY": "short", "SMTP_OAUTH_TOKEN_URL": "https://login.example.org",
            }
        )  # fmt: skip

    named = [line.partition(" ")[0] for line in str(error.value).splitlines()]
    # Whether the lease is long enough cannot be told without a heartbeat.
    assert named == [
        "SECRET_KEY", "SWEEP_SECONDS", "HEARTBEAT_SECONDS", "SMTP_OAUTH_CLIENT_ID",
    ]  # fmt: skip


def test_a_secret_is_not_repeated_where_it_is_refused() -> None:
    variables = ("SECRET_KEY", "METRICS_TOKEN", "SMTP_URL", "BOUNCES_URL", "REDIS_URL")
    for variable in (*variables, "DATABASE_URL"):
        with pytest.raises(Invalid) as error:
            Settings.read({variable: "hush"})
        assert "hush" not in str(error.value)


def test_a_file_that_is_no_text_is_refused(tmp_path: Path) -> None:
    (tmp_path / "key").write_bytes(b"\xff" * 40)

    with pytest.raises(Invalid, match="SECRET_KEY cannot be read from SECRET_KEY_FILE: not UTF-8"):
        Settings.read({"SECRET_KEY_FILE": str(tmp_path / "key")})


@pytest.mark.parametrize(
    "make", [secrets.token_hex, secrets.token_urlsafe, lambda: str(uuid.uuid4()).upper()]
)
def test_a_secret_made_at_random_is_taken(make: Callable[[], str]) -> None:
    for _time in range(200):
        key = make()
        assert Settings.read({"SECRET_KEY": key}).secret_key == key


@pytest.mark.parametrize(("text", "limited"), [("0", False), ("0.01", True)])
def test_mail_is_limited_where_either_limit_is_set(text: str, limited: bool) -> None:
    assert Settings.read({"MAIL_PER_MINUTE": text}).limits_mail is limited
    assert Settings.read({"MAIL_PER_DOMAIN_MINUTE": text}).limits_mail is limited


@pytest.mark.parametrize(
    ("variable", "url"),
    [
        ("REDIS_URL", "redis://localhost:6379/0"),
        ("REDIS_URL", "redis://127.0.0.1"),
        ("REDIS_URL", "rediss://:x@redis.example.org"),
        ("REDIS_URL", "unix:///run/redis.sock"),
        ("SMTP_URL", "smtp://[::1]:25"),
        ("SMTP_URL", "smtps://relay"),
        ("DATABASE_URL", "sqlite:////srv/x.db"),
        ("DATABASE_URL", "postgresql://u:p@localhost/x"),
        ("DATABASE_URL", "postgresql://u@/x?host=/run/postgresql"),
        ("DATABASE_URL", "postgresql:///x"),
        ("DATABASE_URL", "postgresql://u:p@db.example.org/x?sslmode=verify-full"),
        ("DATABASE_URL", "postgresql://u:p@db.example.org/x?sslmode=require"),
    ],
)
def test_what_is_encrypted_or_stays_on_this_machine_is_taken(variable: str, url: str) -> None:
    assert getattr(Settings.read({variable: url}), variable.lower()) == url


def test_a_host_on_a_private_network_may_be_reached_in_plain_text() -> None:
    own = {
        "REDIS_URL": "redis://redis:6379/0", "SMTP_URL": "smtp://catcher:1025",
        "DATABASE_URL": "postgresql://u:p@database/x",
    }  # fmt: skip

    assert Settings.read({**own, "PLAINTEXT_HOSTS": "database, Redis,catcher"})
    with pytest.raises(Invalid) as refused:
        Settings.read({**own, "PLAINTEXT_HOSTS": "data"})
    assert len(str(refused.value).splitlines()) == 3
    with pytest.raises(Invalid, match="or smtps://"):
        # A password is never sent in plain text.
        Settings.read({"SMTP_URL": "smtp://me:x@relay", "PLAINTEXT_HOSTS": "relay"})


def everything_secret() -> Settings:
    return Settings(
        database_url="postgresql://u:CANARY@localhost/x", redis_url="redis://:CANARY@localhost",
        smtp_url="smtps://u:CANARY@relay.example.org:465", secret_key="CANARY" + RANDOM_KEY,
        secret_key_fallbacks=("CANARY" + RANDOM_KEY,), bounces_url="imaps://u:CANARY@mail/INBOX",
        smtp_oauth_client_id="me", smtp_oauth_token_url="https://login.example.org/t",
        smtp_oauth_client_secret="CANARY", smtp_oauth_refresh_token="CANARY",
        bounces_oauth_refresh_token="CANARY", metrics_token="CANARY" + RANDOM_KEY,
    )  # fmt: skip


def test_no_secret_is_shown() -> None:
    settings = everything_secret()
    for shown in (repr(settings), str(settings), f"{settings}", repr([settings])):
        assert "CANARY" not in shown
        assert "https://login.example.org/t" in shown, "what is no secret helps"


def test_a_part_gets_the_secrets_that_it_needs_and_no_others() -> None:
    settings = everything_secret()

    none = settings.keeping()
    assert "CANARY" not in repr(none.to_environ())
    assert none.smtp_url == "smtps://relay.example.org:465"
    assert Settings.read(none.to_environ()) == none
    some = settings.keeping("database_url", "redis_url")
    assert repr(some.to_environ()).count("CANARY") == 2
    assert Settings.read(some.to_environ()) == some
