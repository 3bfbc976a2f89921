"""Senders against real relays: every fault at every step, encryption, logins and the journal."""

from __future__ import annotations

import datetime
import os
import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import encryption
import pytest
import servers
from patience import patient
from relays import CUT, HANG, EncryptedRelay, FaultyRelay, TokenEndpoint

from mentorship.delivery import smtp
from mentorship.delivery.smtp import (
    InDoubt,
    PermanentFailure,
    RelayBusy,
    RelayDown,
    SMTPSender,
    TemporaryFailure,
    Unwelcome,
)
from mentorship.service import doctor
from mentorship.settings import Settings

MESSAGE = b"Message-ID: <1@x.org>\r\nSubject: x\r\n\r\n.dot\r\n..\r\n.\r\nend\r\n"
ANA, BEN = "ana@example.org", "ben@example.org"


@pytest.fixture
def make_sender() -> Iterator[Callable[..., SMTPSender]]:
    """A maker of senders, which are closed at the end."""
    made: list[SMTPSender] = []

    def make(url: str, **changes: object) -> SMTPSender:
        settings = Settings(smtp_url=url, smtp_seconds=patient(10), smtp_final_seconds=patient(10))
        made.append(SMTPSender(settings.replace(**changes)))
        return made[-1]

    yield make
    for sender in made:
        sender.close()


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> encryption.Certificate:
    if shutil.which("openssl") is None:
        servers.missing("openssl", "apt-get install openssl")
    return encryption.Certificate(tmp_path_factory.mktemp("relay"), "relay")


@pytest.fixture(scope="module")
def stranger(certificate: encryption.Certificate) -> Path:
    """The file of an authority that signed nothing of ours."""
    return encryption.Certificate(certificate.file.parent, "stranger").file


def send(sender: SMTPSender) -> str:
    sender.begin([ANA], BEN)
    return sender.finish(MESSAGE)


LATER, NEVER, CLOSING = "451 4.3.0 later", "554 5.7.1 never", "421 4.3.2 closing"
DOWN = dict.fromkeys((LATER, NEVER, CLOSING, CUT, HANG, "hello", "354 x"), (RelayDown, 0))
VERDICTS = {LATER: (TemporaryFailure, 0), NEVER: (PermanentFailure, 0)}
FAULTS = {
    "greeting": DOWN | dict.fromkeys((LATER, CLOSING), (RelayBusy, 0)),
    "EHLO": DOWN,
    "MAIL": DOWN | {NEVER: (Unwelcome, 0)},
    "RCPT": DOWN | VERDICTS,
    "DATA": {fault: DOWN[fault] for fault in (CLOSING, CUT, HANG, "hello")}
    | VERDICTS
    | {"250 x": (RelayDown, 0)},
    "inside": {CUT: (InDoubt, 0), HANG: (InDoubt, 0)},
    "text": VERDICTS
    | {CLOSING: (TemporaryFailure, 0), CUT: (InDoubt, 1), HANG: (InDoubt, 1)}
    | dict.fromkeys(("hello", "354 x", "250 " + "x" * 9000), (InDoubt, 0)),
}


@pytest.mark.parametrize(
    ("step", "fault", "failure", "taken"),
    [(step, fault, *found) for step, faults in FAULTS.items() for fault, found in faults.items()],
)
def test_a_fault_at_a_step_is_named_for_what_it_is_and_passes(
    make_sender: Callable[..., SMTPSender],
    step: str,
    fault: str,
    failure: type[Exception],
    taken: int,
) -> None:
    with FaultyRelay(**{step: fault}) as relay:
        # Whatever hangs is waited for.
        limit = patient(1 if fault == HANG else 10)
        sender = make_sender(relay.url, smtp_seconds=limit, smtp_final_seconds=limit)
        with pytest.raises(failure) as raised:
            send(sender)

        assert raised.type is failure
        assert len(relay.taken) == taken
        if fault in (LATER, NEVER, CLOSING):
            assert str(raised.value) == f"the relay said {fault}"
        # Whatever it was, the next email goes out as if nothing had been.
        assert send(sender) == "250 2.0.0 Ok: queued as 4F2"
        assert relay.taken[taken:] == [MESSAGE]


def test_a_relay_that_is_not_there_is_down(make_sender: Callable[..., SMTPSender]) -> None:
    with pytest.raises(RelayDown, match="cannot be reached.*refused"):
        send(make_sender(f"smtp://127.0.0.1:{encryption.free_port()}"))
    with pytest.raises(RelayDown, match="cannot be reached"):
        send(make_sender("smtp://no-such-relay.invalid"))


def test_the_words_of_a_relay_are_made_fit_to_be_shown(
    make_sender: Callable[..., SMTPSender],
) -> None:
    rude = "550-\x1b[31mno\x00\r\n550 such\u202e " + "user " * 200
    with FaultyRelay(RCPT=rude) as relay, pytest.raises(PermanentFailure) as raised:
        make_sender(relay.url).begin([ANA], BEN)

    assert str(raised.value).startswith("the relay said 550 [31mno such user user")
    assert len(str(raised.value)) <= 520
    assert str(raised.value).isprintable()


def test_one_connection_carries_many_emails_however_they_fare(
    make_sender: Callable[..., SMTPSender],
) -> None:
    with FaultyRelay() as relay:
        sender = make_sender(relay.url)
        for step, fault in (("RCPT", NEVER), ("RCPT", LATER), ("DATA", LATER), ("text", NEVER)):
            relay.faults[step] = fault
            with pytest.raises((TemporaryFailure, PermanentFailure)):
                send(sender)
            send(sender)

        assert len(relay.taken) == 4
        assert relay.connections == 1


@pytest.mark.parametrize("then", [CUT, CLOSING, "452 4.3.1 too many messages", HANG])
def test_a_relay_that_takes_few_emails_on_a_connection_is_met_anew(
    make_sender: Callable[..., SMTPSender], then: str
) -> None:
    with FaultyRelay() as relay:
        relay.most_emails, relay.then = 2, then
        sender = make_sender(relay.url)
        for _ in range(5):
            send(sender)

        assert len(relay.taken) == 5
        assert relay.connections == 3


def test_a_connection_without_work_is_given_back_and_one_in_use_is_not(
    make_sender: Callable[..., SMTPSender], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(smtp, "IDLE_SECONDS", 0.0)
    with FaultyRelay() as relay:
        sender = make_sender(relay.url)
        sender.give_back()
        sender.begin([ANA], BEN)
        sender.give_back()
        sender.finish(MESSAGE)
        assert relay.connections == 1
        sender.give_back()
        send(sender)
        assert relay.connections == 2
        sender.begin([ANA], BEN)
        sender.abandon()
        monkeypatch.setattr(smtp, "IDLE_SECONDS", 60.0)
        sender.give_back()
        send(sender)
        assert relay.connections == 2


class PickyRelay(servers.Relay):
    """Takes emails only from some return paths, and says so at a step."""

    def __init__(self, allowed: str, step: str) -> None:
        super().__init__()
        self.allowed, self.step = allowed, step
        self.offered: list[str] = []
        self.greeted_as = ""

    async def handle_EHLO(
        self, server: Any, session: Any, envelope: Any, hostname: str, responses: list[str]
    ) -> list[str]:
        self.greeted_as = session.host_name = hostname
        return responses

    async def handle_MAIL(
        self, server: Any, session: Any, envelope: Any, address: str, options: list[str]
    ) -> str:
        self.offered.append(address)
        envelope.mail_from = address
        if self.step == "MAIL" and address != self.allowed:
            return "550 5.7.60 not allowed to send as this sender"
        return "250 OK"

    async def handle_RCPT(
        self, server: Any, session: Any, envelope: Any, address: str, options: list[str]
    ) -> str:
        if self.step == "RCPT" and envelope.mail_from != self.allowed:
            return f"553 5.7.1 <{envelope.mail_from}>: Sender address rejected: not owned by user"
        return await super().handle_RCPT(server, session, envelope, address, options)


@pytest.mark.parametrize("step", ["MAIL", "RCPT"])
def test_a_relay_that_refuses_marked_return_paths_gets_the_other(
    make_sender: Callable[..., SMTPSender], step: str
) -> None:
    with PickyRelay("bounces@example.org", step) as relay:
        sender = make_sender(relay.url, smtp_helo="mentoring.example.org")
        for number in range(2):
            sender.begin([f"bounces+{number}@example.org", "bounces@example.org"], BEN)
            sender.finish(MESSAGE)

        assert relay.offered == ["bounces+0@example.org", *["bounces@example.org"] * 2]
        assert len(relay.taken) == 2
        assert relay.greeted_as == "mentoring.example.org"
        relay.allowed = "no-one"
        with pytest.raises(Unwelcome, match="5.7"):
            sender.begin(["bounces+2@example.org", "bounces@example.org"], BEN)


def looked_at(settings: Settings) -> doctor.Finding:
    return next(finding for finding in doctor.examine(settings) if finding.check == "mail")


@pytest.mark.parametrize(
    ("faults", "seen", "fix"),
    [
        ({}, "takes emails from me@example.org", ""),
        ({"RCPT": "450 4.2.0 greylisted"}, "takes emails", ""),
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
def test_the_doctor_offers_the_relay_an_email_and_says_what_to_mend(
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


def test_an_abandoned_email_is_not_sent_and_the_next_is(
    make_sender: Callable[..., SMTPSender],
) -> None:
    with FaultyRelay() as relay:
        sender = make_sender(relay.url)
        sender.begin([ANA], BEN)
        sender.abandon()
        send(sender)

        assert len(relay.taken) == relay.connections == 1


def test_what_follows_the_verdict_does_not_matter(make_sender: Callable[..., SMTPSender]) -> None:
    with FaultyRelay() as relay:
        sender = make_sender(relay.url)
        send(sender)
        relay.faults["RSET"] = CUT
        sender.abandon()
        assert send(sender).startswith("250 ")

        relay.faults |= {"text": NEVER, "RSET": CUT}
        with pytest.raises(PermanentFailure, match="never"):
            send(sender)
        send(sender)

        assert len(relay.taken) == 3


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
        with pytest.raises(RelayDown, match="token endpoint cannot be asked"):
            sender.begin([ANA], BEN)


@pytest.fixture
def journal(tmp_path: Path) -> Path:
    for part in ("new", "cur", "tmp"):
        (tmp_path / "journal" / part).mkdir(parents=True)
    return tmp_path / "journal"


def now() -> datetime.datetime:
    return datetime.datetime.now(datetime.UTC)


@pytest.mark.parametrize("part", ["new", "cur", "tmp"])
def test_a_journal_is_looked_up_by_headers(
    make_sender: Callable[..., SMTPSender], journal: Path, part: str
) -> None:
    sender = make_sender("smtp://x", mail_journal=str(journal))
    (journal / "cur" / "0").write_bytes(b"Subject: x\r\n\r\nMessage-ID: <1@x.org>\r\n")
    (journal / "cur" / "1").write_bytes(b"References: <1@x.org>\r\nMessage-ID: <2@x.org>\r\n\r\n")
    assert not sender.took("<1@x.org>", now())

    (journal / part / "2:2,S").write_bytes(b"Received: y\r\nmessage-id:\r\n <1@x.org>\r\n\r\nz")
    # What is still being written in `tmp` is not taken yet.
    assert sender.took("<1@x.org>", now()) is (part != "tmp")
    assert not sender.took("<1@x.org", now())
    os.utime(journal / part / "2:2,S", (time.time() - 100, time.time() - 100))
    assert not sender.took("<1@x.org>", now())


def test_a_journal_from_which_files_vanish_is_read(
    make_sender: Callable[..., SMTPSender], journal: Path
) -> None:
    (journal / "new" / "gone").symlink_to(journal / "nowhere")
    (journal / "new" / "here").write_bytes(MESSAGE)

    assert make_sender("smtp://x", mail_journal=str(journal)).took("<1@x.org>", now())


def test_a_journal_that_cannot_be_read_does_not_say_no(
    make_sender: Callable[..., SMTPSender], tmp_path: Path
) -> None:
    sender = make_sender("smtp://x", mail_journal=str(tmp_path / "none"))

    with pytest.raises(TemporaryFailure, match="journal cannot be read: No such file") as raised:
        sender.took("<1@x.org>", now())
    assert raised.type is not RelayDown, "emails without a doubt can go on"
    assert not make_sender("smtp://x").took("<1@x.org>", now())


def test_a_journal_of_ten_thousand_is_read_quickly(
    make_sender: Callable[..., SMTPSender], journal: Path
) -> None:
    for number in range(10_000):
        (journal / "new" / str(number)).write_bytes(
            b"Message-ID: <%d@y>\r\n\r\n" % number + MESSAGE
        )
    sender = make_sender("smtp://x", mail_journal=str(journal))
    begun = time.process_time()

    assert sender.took("<9999@y>", now())
    assert not sender.took("<10000@y>", now())
    assert time.process_time() - begun < patient(5)


def test_words_are_cut_and_made_plain() -> None:
    assert smtp.printable("a\r\n\tb\x7f\ud800 é") == "a b é"
    assert len(smtp.printable("x" * 9999)) == 500
