"""The mailbox of returned emails: read without losing any, and entered by password or token."""

from __future__ import annotations

import base64
import itertools
import logging
import shutil
import socketserver
import threading
from collections.abc import Callable, Iterator
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
from mentorship.delivery import bounce_mailbox
from mentorship.delivery.bounce_mailbox import BounceMailbox
from mentorship.errors import Unavailable
from mentorship.service import doctor
from mentorship.settings import Settings


@pytest.fixture
def maildir(tmp_path: Path) -> Path:
    for part in ("new", "cur", "tmp"):
        (tmp_path / "re turns" / part).mkdir(parents=True)
    return tmp_path / "re turns"


def read(mailbox: BounceMailbox) -> list[bytes]:
    """Read the unread messages, which counts them as handled."""
    found: list[bytes] = []

    def handle(data: bytes) -> bool:
        found.append(data)
        return True

    assert mailbox.read(handle) == 0
    return found


def break_off_at(number: int) -> Callable[[bytes], bool]:
    """What handles messages until it is interrupted at one."""
    numbers = itertools.count(1)

    def handle(data: bytes) -> bool:
        if next(numbers) == number:
            raise KeyboardInterrupt
        return True

    return handle


def names(folder: Path) -> list[str]:
    return sorted(str(file.relative_to(folder)) for file in folder.rglob("*") if file.is_file())


def test_a_maildir_is_read_once(maildir: Path) -> None:
    mailbox = BounceMailbox(Settings(bounces_url=f"maildir://{maildir}"))
    for place, name in (("new", "1.a"), ("new", "2.b"), ("cur", "3.c:2,F"), ("cur", "4.d:2,RS")):
        (maildir / place / name).write_bytes(name.encode())
    (maildir / "new" / "5.e").symlink_to(maildir / "gone")

    assert read(mailbox) == [b"1.a", b"2.b", b"3.c:2,F"]
    assert read(mailbox) == []

    assert names(maildir) == ["cur/1.a:2,S", "cur/2.b:2,S", "cur/3.c:2,FS", "cur/4.d:2,RS"]


def test_a_message_whose_handling_broke_off_comes_again(settings: Settings, maildir: Path) -> None:
    settings = settings.replace(bounces_url=f"maildir://{maildir}")
    for name in ("1", "2"):
        (maildir / "new" / name).write_bytes(name.encode())
    with pytest.raises(KeyboardInterrupt):
        BounceMailbox(settings).read(break_off_at(2))

    assert read(BounceMailbox(settings)) == [b"2"]
    assert read(BounceMailbox(settings)) == []


@pytest.mark.parametrize("scheme", ["maildir", "imap"])
def test_what_is_left_unread_is_looked_at_once_and_keeps_nothing_from_being_read(
    maildir: Path, box: mailboxes.IMAPMailbox, scheme: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bounce_mailbox, "_MOST_MESSAGES", 2)
    address = f"maildir://{maildir}" if scheme == "maildir" else url("imap", box.port)

    def add(number: int) -> None:
        message = f"Subject: {number}\r\n\r\n".encode()
        if scheme == "imap":
            box.add(message)
        else:
            (maildir / "new" / str(number)).write_bytes(message)

    for number in range(3):
        add(number)
    mailbox = BounceMailbox(Settings(bounces_url=address, smtp_seconds=patient(10)))
    seen: list[bytes] = []

    def leave(data: bytes) -> bool:
        seen.append(data)
        return False

    assert [mailbox.read(leave) for _ in range(3)] == [2, 3, 3]
    assert len(seen) == 3
    assert mailbox.count() == 3
    add(9)
    assert mailbox.read(lambda data: True) == 3
    assert mailbox.count() == 3
    another = BounceMailbox(Settings(bounces_url=address, smtp_seconds=patient(10)))
    assert len(read(another)) == 2, "a worker that restarts looks at them again"
    assert mailbox.read(leave) == 1, "others may have dealt with them"


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
    assert read(BounceMailbox(Settings())) == [], "without a mailbox there is none"
    for url in (
        f"maildir://{tmp_path / 'none'}",
        f"imap://me:x@127.0.0.1:{encryption.free_port()}",
        "imaps://me:x@no-such-host.invalid",
    ):
        with pytest.raises(Unavailable, match="bounce mailbox cannot be read"):
            read(BounceMailbox(Settings(bounces_url=url)))


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
        with pytest.raises(KeyboardInterrupt):
            BounceMailbox(settings).read(break_off_at(1))
        assert box.count("SEEN") == 0, "what was not handled comes again"

        found = read(BounceMailbox(settings))
        assert found == [short, long[:262_144]]
        assert read(BounceMailbox(settings)) == []
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
                read(BounceMailbox(settings))
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
        assert read(mailbox) == [b"text"]
        assert read(mailbox) == [b"text"], "the server is too simple to remember"
        assert "user=ana@x.org\1auth=Bearer t1\1\1" in server.heard
        assert "UID STORE 7 +FLAGS.SILENT (\\Seen)" in server.heard
        assert [form["refresh_token"] for form in endpoint.asked] == ["relay's"]

        own = BounceMailbox(settings.replace(bounces_oauth_refresh_token="its own"))
        server.tokens = {"t2"}
        assert read(own) == [b"text"]
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
            read(mailbox)
        assert read(mailbox) == [b"text"]

        endpoint.refusal = {"error": "invalid_client"}
        server.tokens = set()
        for reason in ("AUTHENTICATE failed", "the token endpoint said 400 invalid_client"):
            with pytest.raises(Unavailable, match=reason):
                read(mailbox)


def test_a_server_without_sasl_plain_is_told_user_and_password_by_login() -> None:
    with SmallIMAP(set()) as server:
        url = server.url("me:pass%20%22word%22")
        mailbox = BounceMailbox(Settings(bounces_url=url, smtp_seconds=patient(10)))
        assert read(mailbox) == [b"text"]
        assert 'LOGIN me "pass \\"word\\""' in server.heard


@pytest.mark.parametrize(
    ("items", "expected"),
    [
        ("FLAGS (\\Deleted)", []),
        ("FLAGS () BODY[] {4}\r\ntext", [b"text"]),
        ("BODY[]<0> NIL", []),
    ],
)
def test_whatever_a_server_tells_of_a_message_the_mailbox_is_read_on(
    items: str, expected: list[bytes]
) -> None:
    with SmallIMAP(set(), items) as server:
        settings = Settings(bounces_url=server.url("me:password"), smtp_seconds=patient(10))
        assert read(BounceMailbox(settings)) == expected
        assert any(line.startswith("UID STORE") for line in server.heard) is bool(expected)


def test_emails_that_come_back_are_in_no_log(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    logger = logging.getLogger("imapclient")
    before = logger.level
    try:
        logs.set_up(Settings(log_level="DEBUG"))
        logging.getLogger().addHandler(caplog.handler)
        with SmallIMAP(set(), "BODY[]<0> {9}\r\nDear Ana: ") as server:
            settings = Settings(bounces_url=server.url("me:password"), smtp_seconds=patient(10))
            assert read(BounceMailbox(settings)) == [b"Dear Ana:"]
    finally:
        logger.setLevel(before)

    assert not [line for line in caplog.records if line.name.startswith("imapclient")]


def test_without_a_mailbox_nothing_is_read_or_counted() -> None:
    mailbox = BounceMailbox(Settings())

    assert mailbox.name == ""
    assert (mailbox.count(), read(mailbox)) == (0, [])
