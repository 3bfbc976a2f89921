"""How a relay is entered: encryption, passwords and tokens."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import encryption
import pytest
from offers import ANA, BEN, MESSAGE, send
from relays import EncryptedRelay, FaultyRelay, TokenEndpoint

from mentorship.delivery.smtp import RelayDown, SMTPSender


@pytest.mark.parametrize("implicit", [False, True])
@pytest.mark.parametrize("login", ["", "ana%40x.org:pass%3Aword@"])
def test_a_relay_is_reached_over_tls_with_and_without_a_login(
    make_sender: Callable[..., SMTPSender],
    certificate: encryption.Certificate,
    implicit: bool,
    login: str,
) -> None:
    password = "pass:word" if login else ""
    with EncryptedRelay(certificate, implicit=implicit, password=password) as relay:
        sender = make_sender(relay.url(login), smtp_ca=str(certificate.file), smtp_seconds=5)
        assert send(sender) == "250 2.0.0 Ok: queued as 4F2"
        assert relay.taken == [MESSAGE]


@pytest.mark.parametrize("implicit", [False, True])
def test_a_relay_of_a_strange_authority_or_name_is_refused(
    make_sender: Callable[..., SMTPSender],
    certificate: encryption.Certificate,
    stranger: Path,
    implicit: bool,
) -> None:
    with EncryptedRelay(certificate, implicit=implicit) as relay:
        for url, authority, reason in (
            (relay.url(), str(stranger), "CERTIFICATE_VERIFY_FAILED"),
            (relay.url(), "", "CERTIFICATE_VERIFY_FAILED"),
            (relay.url(host="127.0.0.1"), str(certificate.file), "IP address mismatch"),
            (relay.url(), "/no/such/file", "No such file"),
        ):
            with pytest.raises(RelayDown, match=reason):
                send(make_sender(url, smtp_ca=authority, smtp_seconds=5))
        assert relay.taken == []


@pytest.mark.parametrize("fault", [None, "454 4.7.0 no TLS now"])
def test_a_relay_that_does_not_encrypt_gets_no_email(
    make_sender: Callable[..., SMTPSender], fault: str | None
) -> None:
    faults = {"EHLO": "250-relay.test\r\n250 STARTTLS", "STARTTLS": fault} if fault else {}
    with FaultyRelay(**faults) as relay:
        sender = make_sender(relay.url.replace("smtp:", "smtp+starttls:"))
        with pytest.raises(RelayDown, match="no TLS now" if fault else "STARTTLS"):
            send(sender)
        assert relay.taken == []


def test_a_wrong_login_says_nothing_of_an_email(
    make_sender: Callable[..., SMTPSender], certificate: encryption.Certificate
) -> None:
    with EncryptedRelay(certificate, password="right") as relay:
        for login, reason in (
            ("ana%40x.org:wrong@", "535"),
            ("ana%40x.org:ü@", "ascii"),
            ("", "530"),
        ):
            sender = make_sender(relay.url(login), smtp_ca=str(certificate.file), smtp_seconds=5)
            with pytest.raises(RelayDown, match=reason):
                sender.begin([ANA], BEN)


OAUTH = {"smtp_oauth_client_id": "me", "smtp_oauth_client_secret": "s3cret", "smtp_seconds": 5.0}


@pytest.mark.parametrize(
    ("settings", "asked"),
    [
        ({}, {"grant_type": "client_credentials"}),
        (
            {"smtp_oauth_refresh_token": "r1", "smtp_oauth_scope": "mail.send"},
            {"grant_type": "refresh_token", "refresh_token": "r1", "scope": "mail.send"},
        ),
    ],
)
def test_a_token_signs_in_until_the_relay_refuses_it(
    make_sender: Callable[..., SMTPSender],
    certificate: encryption.Certificate,
    settings: dict[str, str],
    asked: dict[str, str],
) -> None:
    with TokenEndpoint() as endpoint, EncryptedRelay(certificate, tokens={"t1"}) as relay:
        sender = make_sender(
            relay.url("ana%40x.org@"), smtp_ca=str(certificate.file),
            smtp_oauth_token_url=endpoint.url, **OAUTH, **settings,
        )  # fmt: skip
        send(sender)
        sender.close()
        send(sender)
        assert endpoint.asked == [{"client_id": "me", "client_secret": "s3cret"} | asked]

        relay.tokens = {"t2"}
        sender.close()
        send(sender)
        assert len(endpoint.asked) == 2

        relay.tokens = set()
        sender.close()
        with pytest.raises(RelayDown, match="535"):
            send(sender)
        assert len(endpoint.asked) == 3
        assert len(relay.taken) == 3


def test_a_token_is_not_used_to_its_very_end(
    make_sender: Callable[..., SMTPSender], certificate: encryption.Certificate
) -> None:
    with (
        TokenEndpoint(expires_in=50) as endpoint,
        EncryptedRelay(certificate, tokens={"t1", "t2"}) as relay,
    ):
        sender = make_sender(
            relay.url("ana%40x.org@"), smtp_ca=str(certificate.file),
            smtp_oauth_token_url=endpoint.url, **OAUTH,
        )  # fmt: skip
        send(sender)
        sender.close()
        send(sender)
        assert len(endpoint.asked) == 2


def test_no_token_is_no_word_about_an_email(make_sender: Callable[..., SMTPSender]) -> None:
    with FaultyRelay() as relay, TokenEndpoint(access_token=None) as endpoint:
        url = relay.url.replace("//", "//ana%40x.org@")
        endpoint.refusal = {"error": "invalid_client", "error_description": "who?", "x": "s3cret"}
        sender = make_sender(url, smtp_oauth_token_url=endpoint.url, **OAUTH)
        with pytest.raises(RelayDown, match="token endpoint said 400 invalid_client who\\?$"):
            sender.begin([ANA], BEN)
        endpoint.refusal = {}
        with pytest.raises(RelayDown, match="gave no token"):
            sender.begin([ANA], BEN)
        elsewhere = f"http://127.0.0.1:{encryption.free_port()}"
        sender = make_sender(url, smtp_oauth_token_url=elsewhere, **OAUTH)
        with pytest.raises(RelayDown, match="token endpoint cannot be reached"):
            sender.begin([ANA], BEN)
