"""What the doctor says of a relay."""

from __future__ import annotations

import encryption
import pytest
from offers import PickyRelay
from relays import EncryptedRelay, FaultyRelay

from mentorship.service import doctor
from mentorship.settings import Settings


def looked_at(settings: Settings) -> doctor.Finding:
    return next(finding for finding in doctor.examine(settings) if finding.check == "mail")


@pytest.mark.parametrize(
    ("faults", "seen", "fix"),
    [
        ({}, "accepts emails from me@example.org", ""),
        ({"RCPT": "450 4.2.0 greylisted"}, "accepts emails", ""),
        (
            {"MAIL": "550 5.7.1 <me@example.org>: Sender address rejected"},
            "rejected",
            "RETURN_PATH",
        ),
        ({"RCPT": "553 5.7.1 Sender address rejected: not owned"}, "owned", "MAIL_RETURN_PATH"),
        ({"RCPT": "554 5.7.1 Client host rejected: Access denied"}, "Client", "this machine"),
        ({"RCPT": "504 5.5.2 <x>: Helo command rejected"}, "Helo", "SMTP_HELO"),
        ({"RCPT": "530 5.7.0 Authentication required"}, "530", "user and password"),
        ({"RCPT": "554 5.7.1 Relay access denied"}, "Relay", "a user in SMTP_URL"),
        ({"RCPT": "550 5.1.1 no such user"}, "does not deliver to me@example.org", "MAIL_FROM"),
        ({"greeting": "554 go away"}, "554", "correct SMTP_URL"),
    ],
)
def test_the_doctor_offers_the_relay_an_email_and_says_what_to_fix(
    faults: dict[str, str], seen: str, fix: str
) -> None:
    with FaultyRelay(**faults) as relay:
        finding = looked_at(Settings(smtp_url=relay.url, mail_from="me@example.org"))

        assert finding.ok is (fix == "")
        assert seen in finding.seen
        assert fix in finding.fix
        assert relay.taken == []


def test_the_doctor_says_that_the_relay_does_not_take_marked_return_paths() -> None:
    with PickyRelay("me@example.org", "RCPT") as relay:
        settings = Settings(
            smtp_url=relay.url, mail_from="me@example.org", bounces_url="maildir:///x",
            secret_key="k" * 40,
        )  # fmt: skip
        assert "MAIL_RETURN_TAG to none" in looked_at(settings).fix
        assert looked_at(settings.replace(mail_return_tag="none")).ok


def test_the_doctor_names_the_setting_that_is_wrong_about_encryption(
    certificate: encryption.Certificate,
) -> None:
    with EncryptedRelay(certificate, password="right") as relay:
        authority = str(certificate.file)
        for url, ca, fix in (
            (relay.url("ana%40x.org:right@"), "", "SMTP_CA"),
            (relay.url("ana%40x.org:right@"), "/no/such/file", "SMTP_CA"),
            (relay.url(host="127.0.0.1"), authority, "the name that its certificate is for"),
            (relay.url("ana%40x.org:wrong@"), authority, "user and password in SMTP_URL"),
            (relay.url().replace("smtp+starttls", "smtps"), authority, "encrypts"),
        ):
            finding = looked_at(Settings(smtp_url=url, smtp_ca=ca, smtp_seconds=5))
            assert not finding.ok
            assert fix in finding.fix, finding
