"""The mailbox page shows every email that was caught, also what no program should have sent."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask

from webapp.mailbox import create_mailbox

KEY = "a-key-for-whoever-started-it"
GOOD = (
    b"From: a@example.org\r\nTo: b@example.org\r\nSubject: Good\r\n"
    b"Content-Type: text/plain\r\n\r\nwords\r\n"
)
MALFORMED = {
    "broken-to": b"To: =?utf-8?q?=00?= <@,;:\r\nSubject: Odd\r\n\r\nbody\r\n",
    "group-to": b"To: a:b:c;<<>>@@\r\nFrom: @\r\nDate: never\r\nSubject: Odd\r\n\r\nbody",
    "empty-to": b"To: \xff\xfe <\xff>\r\nSubject: \xff\xfe\r\n\r\nbody",
    "quoted-to": b'To: "\\\r\n <a@b>\r\nReply-To: "\r\nSubject: =?x?y?z?=\r\n\r\nbody',
    "charset": b"To: a@b\r\nContent-Type: text/plain; charset=klingon\r\n\r\nbody \xff",
    "html-charset": b'To: a@b\r\nContent-Type: text/html; charset=""\r\n\r\n<p>body',
    "transfer": (
        b"To: a@b\r\nContent-Type: text/plain\r\nContent-Transfer-Encoding: base64\r\n\r\n!"
    ),
    "boundary": b"To: a@b\r\nContent-Type: multipart/alternative\r\n\r\n--x\r\nbody",
    "type": b"To: a@b\r\nContent-Type: ;;;=\r\n\r\nbody",
    "nested": b"To: a@b\r\nContent-Type: message/rfc822\r\n\r\nTo: [\r\n\r\nbody",
    "nothing": b"",
    "only-body": b"\r\n\r\nbody",
    "nul": b"To: \x00@\x00\r\nSubject: \x00\r\n\r\n\x00",
    "long": b"To: " + b"a@b," * 20_000 + b"\r\n\r\nbody",
}


@pytest.fixture(scope="module")
def mailbox(tmp_path_factory: pytest.TempPathFactory) -> Flask:
    """The page over a Maildir with one good email and all malformed ones; it changes nothing."""
    path = tmp_path_factory.mktemp("mailbox")
    folder = path / "new"
    folder.mkdir()
    (folder / "good").write_bytes(GOOD)
    for name, data in MALFORMED.items():
        (folder / name).write_bytes(data)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PRECEPTOR_MAILBOX", str(path))
        patch.setenv("PRECEPTOR_MAILBOX_KEY", KEY)
        return create_mailbox()


@pytest.fixture(scope="module")
def caught(mailbox: Flask) -> Any:
    """A client that came with the key; the list that it came to takes a second to be read."""
    client = mailbox.test_client()
    assert client.get(f"/?key={KEY}").status_code == 200
    return client


@pytest.mark.parametrize("query", ["", "?to=b@example.org", "?to=odd"])
def test_the_list_survives_what_is_malformed(caught: Any, query: str) -> None:
    page = caught.get(f"/{query}")

    assert page.status_code == 200
    assert ("Good" in page.text) == (query != "?to=odd")


@pytest.mark.parametrize("name", ["good", *MALFORMED])
def test_each_email_is_shown(caught: Any, name: str) -> None:
    page = caught.get(f"/emails/{name}")
    assert page.status_code == 200
    html = caught.get(f"/emails/{name}/html")
    assert html.status_code in (200, 404)
    assert ("iframe" in page.text) == (html.status_code == 200)


@pytest.mark.parametrize("query", ["", "?key=", "?key=another", f"?key={KEY.upper()}"])
def test_only_a_browser_that_came_with_the_key_is_shown_anything(caught: Any, query: str) -> None:
    other = caught.application.test_client()

    for page in ("/", "/emails/good", "/emails/good/html", "/emails/none", "/missing"):
        refused = other.get(f"{page}{query}")
        assert refused.status_code == 403
        assert "Good" not in refused.text
        assert "Set-Cookie" not in refused.headers
    with other.get("/static/preceptor.css") as style:
        assert style.status_code == 200
    assert caught.get("/").status_code == 200, "the cookie opens it from then on"
