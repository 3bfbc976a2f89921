"""Return paths that only who handled an email can know."""

from __future__ import annotations

import uuid

import pytest

from mentorship.delivery import return_paths
from mentorship.settings import Settings

EMAIL = uuid.UUID(int=7)
OLD, NEW = (f"{age} key, made up and long enough to be one" for age in ("an old", "a new"))


def box(key: str = OLD, *fallbacks: str, **changes: str) -> Settings:
    return Settings(
        secret_key=key,
        secret_key_fallbacks=fallbacks,
        mail_from="program@example.org",
        mail_return_path="bounces@example.org",
        bounces_url="imap://user:password@localhost",
        **changes,  # type: ignore[arg-type]
    )


@pytest.mark.parametrize("tag", ["+", "-"])
def test_the_return_path_of_an_email_leads_back_to_it(tag: str) -> None:
    own, shared = return_paths.of_email(EMAIL, box(mail_return_tag=tag))

    assert own.startswith(f"bounces{tag}")
    assert shared == "bounces@example.org"
    assert return_paths.find(f"<{own.upper()}>", box(mail_return_tag=tag)) == EMAIL


def test_reports_are_believed_after_the_key_was_replaced() -> None:
    own, _ = return_paths.of_email(EMAIL, box(OLD))

    assert return_paths.find(own, box(NEW, OLD)) == EMAIL
    assert return_paths.find(own, box(NEW)) is None


def test_no_return_path_can_be_made_up() -> None:
    own, _ = return_paths.of_email(EMAIL, box())
    local, _, domain = own.partition("@")
    letters = local.removeprefix("bounces+")
    for position, letter in enumerate(letters):
        other = "a" if letter != "a" else "b"
        forged = f"bounces+{letters[:position]}{other}{letters[position + 1 :]}@{domain}"
        assert return_paths.find(forged, box()) is None, position
    assert return_paths.find("bounces@example.org", box()) is None
    assert return_paths.find(own.replace("example.org", "example.org.evil.example"), box()) is None


def test_a_mailbox_that_takes_no_marks_gets_none() -> None:
    own, _ = return_paths.of_email(EMAIL, box())

    assert return_paths.of_email(EMAIL, box(mail_return_tag="none")) == ("bounces@example.org",)
    assert return_paths.find(own, box(mail_return_tag="none")) is None
