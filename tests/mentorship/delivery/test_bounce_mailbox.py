"""The mailbox of returned emails: read without losing any, and entered by password or token."""

from __future__ import annotations

import base64
import logging
import shutil
import socketserver
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Self
from urllib.parse import quote

import encryption
import mailboxes
import pytest
import servers
from patience import patient
from relays import TokenEndpoint

from mentorship import logs
from mentorship.delivery.bounce_mailbox import BounceMailbox
from mentorship.errors import Unavailable
from mentorship.service import doctor
from mentorship.settings import Settings


@pytest.fixture
def maildir(tmp_path: Path) -> Path:
    for part in ("new", "cur", "tmp"):
        (tmp_path / "re turns" / part).mkdir(parents=True)
    return tmp_path / "re turns"


def names(folder: Path) -> list[str]:
    return sorted(str(file.relative_to(folder)) for file in folder.rglob("*") if file.is_file())


def test_a_maildir_is_read_once(maildir: Path) -> None:
    mailbox = BounceMailbox(Settings(bounces_url=f"maildir://{maildir}"))
    for place, name in (("new", "1.a"), ("new", "2.b"), ("cur", "3.c:2,F"), ("cur", "4.d:2,RS")):
        (maildir / place / name).write_bytes(name.encode())
    (maildir / "new" / "5.e").symlink_to(maildir / "gone")

    assert list(mailbox.unread()) == [b"1.a", b"2.b", b"3.c:2,F"]
    assert list(mailbox.unread()) == []

    assert names(maildir) == ["cur/1.a:2,S", "cur/2.b:2,S", "cur/3.c:2,FS", "cur/4.d:2,RS"]


def test_a_message_whose_handling_broke_off_comes_again(settings: Settings, maildir: Path) -> None:
    settings = settings.replace(bounces_url=f"maildir://{maildir}")
    for name in ("1", "2"):
        (maildir / "new" / name).write_bytes(name.encode())
    messages = BounceMailbox(settings).unread()
    assert next(messages) == b"1"
    assert next(messages) == b"2"
    messages.close()

    assert list(BounceMailbox(settings).unread()) == [b"2"]
    assert list(BounceMailbox(settings).unread()) == []


def test_the_doctor_looks_at_the_mailbox_and_leaves_it_as_it_is(maildir: Path) -> None:
    (maildir / "new" / "1").write_bytes(b"Subject: x\r\n\r\ny")

    def look(url: str) -> doctor.Finding:
        findings = doctor.examine(Settings(bounces_url=url))
        return next(finding for finding in findings if finding.check == "bounces")

    assert look(f"maildir://{maildir}").ok
    assert names(maildir) == ["new/1"]
    assert look("").ok
    assert not look(f"maildir://{maildir}/none").ok


def test_a_mailbox_that_is_not_there_is_unavailable(tmp_path: Path) -> None:
    assert list(BounceMailbox(Settings()).unread()) == [], "without a mailbox there is none"
    for url in (
        f"maildir://{tmp_path / 'none'}",
        f"imap://me:x@127.0.0.1:{encryption.free_port()}",
        "imaps://me:x@no-such-host.invalid",
    ):
        with pytest.raises(Unavailable, match="bounce mailbox cannot be read"):
            list(BounceMailbox(Settings(bounces_url=url)).unread())


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> encryption.Certificate:
    if shutil.which("openssl") is None:
        servers.missing("openssl", "apt-get install openssl")
    return encryption.Certificate(tmp_path_factory.mktemp("imap"), "imap")


@pytest.fixture
def box(certificate: encryption.Certificate, tmp_path: Path) -> Iterator[mailboxes.IMAPMailbox]:
    with mailboxes.IMAPMailbox(certificate, tmp_path) as box:
        yield box


def url(scheme: str, port: int, host: str = "localhost", password: str = "") -> str:
    login = f"{quote(mailboxes.USER, safe='')}:{quote(password or mailboxes.PASSWORD, safe='')}"
    return f"{scheme}://{login}@{host}:{port}/{quote(mailboxes.FOLDER)}"


@pytest.mark.parametrize("scheme", ["imap+starttls", "imaps", "imap"])
def test_an_imap_mailbox_is_read_once(
    box: mailboxes.IMAPMailbox,
    certificate: encryption.Certificate,
    scheme: str,
) -> None:
    long = b"Subject: long\r\n\r\n" + b"x" * 300_000
    short = b"Subject: away\r\n\r\nOn leave."
    for message in (short, long):
        box.add(message)
    with encryption.EncryptedPort(certificate, box.port) as front:
        port = front.port if scheme == "imaps" else box.port
        settings = Settings(
            bounces_url=url(scheme, port), smtp_ca=str(certificate.file), smtp_seconds=patient(10)
        )
        messages = BounceMailbox(settings).unread()
        assert next(messages) == short
        messages.close()
        assert box.count("SEEN") == 0, "what was not handled comes again"

        found = list(BounceMailbox(settings).unread())
        assert found == [short, long[:262_144]]
        assert list(BounceMailbox(settings).unread()) == []
    assert (box.count("ALL"), box.count("SEEN")) == (2, 2)


def test_an_imap_server_that_is_not_to_be_trusted_is_unavailable(
    box: mailboxes.IMAPMailbox, certificate: encryption.Certificate
) -> None:
    box.add(b"Subject: x\r\n\r\ny")
    with encryption.EncryptedPort(certificate, box.port) as front:
        for wrong, authority, reason in (
            (url("imap+starttls", box.port), "", "CERTIFICATE_VERIFY_FAILED"),
            (url("imaps", front.port), "", "CERTIFICATE_VERIFY_FAILED"),
            (url("imaps", front.port, "127.0.0.1"), str(certificate.file), "IP address mismatch"),
            (url("imap+starttls", box.port, password="x"), str(certificate.file), "Invalid auth"),
            (url("imap", box.port) + "x", "", "TRYCREATE|not exist|no such|NO"),
            (url("imap", box.port, password="ü"), "", "Invalid auth"),
            (url("imaps", box.port), str(certificate.file), "SSL"),
        ):
            settings = Settings(bounces_url=wrong, smtp_ca=authority, smtp_seconds=patient(10))
            with pytest.raises(Unavailable, match=reason):
                list(BounceMailbox(settings).unread())
    assert box.count("SEEN") == 0


class SmallIMAP(socketserver.ThreadingTCPServer):
    """An IMAP server with one unread message, which takes tokens, or LOGIN; pymap takes neither."""

    daemon_threads = True

    def __init__(self, tokens: set[str], items: str = "BODY[]<0> {4}\r\ntext") -> None:
        self.tokens = tokens
        #: What it tells of its message when it is fetched.
        self.items = items
        self.heard: list[str] = []
        super().__init__(("127.0.0.1", 0), _Talk)
        self._thread = threading.Thread(target=self.serve_forever, args=[0.05])

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *exc: object) -> None:
        self.shutdown()
        self._thread.join()
        self.server_close()

    def url(self, login: str) -> str:
        return f"imap://{login}@localhost:{self.server_address[1]}/"


class _Talk(socketserver.StreamRequestHandler):
    server: SmallIMAP

    def handle(self) -> None:
        self._say("* OK here")
        while line := self.rfile.readline().decode().rstrip("\r\n"):
            tag, _, command = line.partition(" ")
            self.server.heard.append(command)
            if command.startswith("AUTHENTICATE XOAUTH2"):
                self._say(tag + self._check_token())
                continue
            untagged = {
                "CAPABILITY": "* CAPABILITY IMAP4rev1 AUTH=XOAUTH2",
                "UID SEARCH": "* SEARCH 7",
                "UID FETCH": f"* 1 FETCH (UID 7 {self.server.items})",
            }
            for start, answer in untagged.items():
                if command.startswith(start):
                    self._say(answer)
            self._say(f"{tag} OK done")

    def _check_token(self) -> str:
        self._say("+ ")
        told = base64.b64decode(self.rfile.readline()).decode()
        self.server.heard.append(told)
        if any(told.endswith(f"\1auth=Bearer {token}\1\1") for token in self.server.tokens):
            return " OK welcome"
        self._say("+ " + base64.b64encode(b'{"status":"400"}').decode())
        self.rfile.readline()
        return " NO AUTHENTICATE failed."

    def _say(self, line: str) -> None:
        self.wfile.write(f"{line}\r\n".encode())


def test_a_mailbox_without_a_password_is_entered_with_a_token() -> None:
    with TokenEndpoint() as endpoint, SmallIMAP({"t1"}) as server:
        settings = Settings(
            bounces_url=server.url("ana%40x.org"), smtp_oauth_token_url=endpoint.url,
            smtp_oauth_client_id="me", smtp_oauth_refresh_token="relay's", smtp_seconds=patient(10),
        )  # fmt: skip
        mailbox = BounceMailbox(settings)
        assert list(mailbox.unread()) == [b"text"]
        assert list(mailbox.unread()) == [b"text"], "the server is too simple to remember"
        assert "user=ana@x.org\1auth=Bearer t1\1\1" in server.heard
        assert "UID STORE 7 +FLAGS.SILENT (\\Seen)" in server.heard
        assert [form["refresh_token"] for form in endpoint.asked] == ["relay's"]

        own = BounceMailbox(settings.replace(bounces_oauth_refresh_token="its own"))
        server.tokens = {"t2"}
        assert list(own.unread()) == [b"text"]
        assert endpoint.asked[-1]["refresh_token"] == "its own"


def test_a_token_that_the_mailbox_refuses_is_asked_for_again_the_next_time() -> None:
    with TokenEndpoint() as endpoint, SmallIMAP({"t2"}) as server:
        mailbox = BounceMailbox(
            Settings(
                bounces_url=server.url("ana"), smtp_oauth_token_url=endpoint.url,
                smtp_oauth_client_id="me", smtp_seconds=patient(10),
            )
        )  # fmt: skip
        with pytest.raises(Unavailable, match="AUTHENTICATE failed"):
            list(mailbox.unread())
        assert list(mailbox.unread()) == [b"text"]

        endpoint.refusal = {"error": "invalid_client"}
        server.tokens = set()
        for reason in ("AUTHENTICATE failed", "the token endpoint said 400 invalid_client"):
            with pytest.raises(Unavailable, match=reason):
                list(mailbox.unread())


def test_a_server_without_sasl_plain_is_told_user_and_password_by_login() -> None:
    with SmallIMAP(set()) as server:
        url = server.url("me:pass%20%22word%22")
        assert list(
            BounceMailbox(Settings(bounces_url=url, smtp_seconds=patient(10))).unread()
        ) == [b"text"]
        assert 'LOGIN me "pass \\"word\\""' in server.heard


@pytest.mark.parametrize(
    ("items", "read"),
    [
        ("FLAGS (\\Deleted)", []),
        ("FLAGS () BODY[] {4}\r\ntext", [b"text"]),
        ("BODY[]<0> NIL", []),
    ],
)
def test_whatever_a_server_tells_of_a_message_the_mailbox_is_read_on(
    items: str, read: list[bytes]
) -> None:
    with SmallIMAP(set(), items) as server:
        settings = Settings(bounces_url=server.url("me:password"), smtp_seconds=patient(10))
        assert list(BounceMailbox(settings).unread()) == read
        assert any(line.startswith("UID STORE") for line in server.heard) is bool(read)


def test_emails_that_come_back_are_in_no_log(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    logger = logging.getLogger("imapclient")
    before = logger.level
    try:
        logs.set_up(Settings(log_level="DEBUG"))
        logging.getLogger().addHandler(caplog.handler)
        with SmallIMAP(set(), "BODY[]<0> {9}\r\nDear Ana: ") as server:
            settings = Settings(bounces_url=server.url("me:password"), smtp_seconds=patient(10))
            assert list(BounceMailbox(settings).unread()) == [b"Dear Ana:"]
    finally:
        logger.setLevel(before)

    assert not [line for line in caplog.records if line.name.startswith("imapclient")]
