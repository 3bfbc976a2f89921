"""Links in emails: each token says what it is about, and nothing else can be read from it."""

from __future__ import annotations

import uuid
from urllib.parse import parse_qsl, unquote, urlsplit

import pytest
from itsdangerous import BadSignature, URLSafeSerializer

from mentorship import links
from mentorship.models import Question
from mentorship.settings import Settings

SETTINGS = Settings(secret_key="made up for the tests, and long enough to be one")
PAIRING, PERSON = uuid.UUID(int=1), uuid.UUID(int=2)


@pytest.mark.parametrize("question", Question)
def test_an_answer_token_says_who_answers_what(question: Question) -> None:
    token = links.answer_token(PAIRING, PERSON, question, SETTINGS)

    assert links.read_answer_token(token, SETTINGS) == (PAIRING, PERSON, question)


@pytest.mark.parametrize(
    ("address", "link"),
    [
        ("mina@example.org", "mailto:mina@example.org"),
        ("ana+mentoring@example.org", "mailto:ana%2Bmentoring@example.org"),
        ("dean?cc=me@elsewhere.example", "mailto:dean%3Fcc%3Dme@elsewhere.example"),
        ("a&body=x#y,z@example.org", "mailto:a%26body%3Dx%23y%2Cz@example.org"),
        ("o'neill@example.org", "mailto:o%27neill@example.org"),
    ],
)
def test_a_link_to_write_holds_the_address_and_nothing_else(address: str, link: str) -> None:
    assert links.mail_to(address) == link
    assert unquote(urlsplit(link).path) == address


def test_a_link_to_write_may_hold_a_subject_and_a_body() -> None:
    link = links.mail_to("a@example.org", subject="Ä & B?", body="One\r\n\r\nTwo")

    assert parse_qsl(urlsplit(link).query) == [("subject", "Ä & B?"), ("body", "One\r\n\r\nTwo")]


def test_an_unsubscribe_token_says_who() -> None:
    token = links.unsubscribe_token(PERSON, SETTINGS)

    assert links.read_unsubscribe_token(token, SETTINGS) == PERSON


def test_no_token_can_be_taken_for_another_sort() -> None:
    answer = links.answer_token(PAIRING, PERSON, Question.PULSE, SETTINGS)
    unsubscribe = links.unsubscribe_token(PERSON, SETTINGS)

    with pytest.raises(BadSignature):
        links.read_unsubscribe_token(answer, SETTINGS)
    with pytest.raises(BadSignature):
        links.read_answer_token(unsubscribe, SETTINGS)
    with pytest.raises(BadSignature):
        links.read_invitation_token(unsubscribe, SETTINGS)


def test_a_token_of_another_installation_is_refused() -> None:
    other = Settings(secret_key="another key that is also long enough to be one")
    token = links.unsubscribe_token(PERSON, other)

    with pytest.raises(BadSignature):
        links.read_unsubscribe_token(token, SETTINGS)


@pytest.mark.parametrize(
    "payload",
    [None, 7, "x", [], ["a", "b"], {"a": 1}, [PAIRING.hex, PERSON.hex, "none"], [1, 2, "pulse"]],
)
def test_a_signed_but_malformed_payload_is_refused(payload: object) -> None:
    for salt, read in (
        ("answer", links.read_answer_token),
        ("unsubscribe", links.read_unsubscribe_token),
    ):
        token = str(URLSafeSerializer(SETTINGS.secret_key, salt=salt).dumps(payload))
        with pytest.raises(BadSignature):
            read(token, SETTINGS)


@pytest.mark.parametrize("token", ["", ".", "a.b", "\ufffd", "a" * 10_000])
def test_what_is_no_token_is_refused(token: str) -> None:
    with pytest.raises(BadSignature):
        links.read_answer_token(token, SETTINGS)
    with pytest.raises(BadSignature):
        links.read_unsubscribe_token(token, SETTINGS)
