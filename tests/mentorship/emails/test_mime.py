"""Header lines stay within the limits of RFC 5322 and RFC 2047, and say what they were given."""

from __future__ import annotations

import email
import email.policy
import re
from email.header import decode_header, make_header

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from mentorship.emails import mime

NAMES = [
    "JOSÉ MARÍA DE LA CRUZ Y VILLANUEVA-FERNÁNDEZ DEL CAMPO Y ORTEGA",
    "محمد " * 20,
    "李" * 66,
    "👩🏽\N{ZERO WIDTH JOINER}⚕️" * 14,
    "Ana" * 66,
    "a " * 100,
    "é" * 200,
]


def lines(header: str, value: str) -> list[str]:
    return f"{header}: {value}".split("\r\n")


@pytest.mark.parametrize("header", ["From", "To", "Reply-To"])
@given(st.text(min_size=1, max_size=200))
@example(NAMES[0])
@example(NAMES[1])
@example(NAMES[3])
def test_no_line_with_a_name_is_longer_than_an_encoded_word_may_be(header: str, name: str) -> None:
    value = mime.address(name, "one@example.org")

    assert max(map(len, lines(header, value))) <= 76
    assert all(len(word) <= 75 for word in re.findall(r"=\?\S*\?=", value))


@given(st.text(max_size=300))
@example("Your new mentee JOSÉ MARÍA DE LA CRUZ Y VILLANUEVA-FERNÁNDEZ in a program")
@example("x" * 1500)
@example("Your new mentee Ana Maria Lindqvist-Constantinopoulos in the Harbor Mentoring Program")
def test_no_line_of_a_subject_is_longer_and_it_reads_as_it_was_meant(subject: str) -> None:
    value = mime.words("Subject", subject)

    assert max(map(len, lines("Subject", value))) <= 76
    assert all(line.strip() for line in lines("Subject", value)), "no line is blank"
    data = f"Subject: {value}\r\n\r\n".encode("ascii")
    read = email.message_from_bytes(data, policy=email.policy.default)["Subject"]
    # What no UTF-8 text can hold is not given.
    assert str(read) == mime.plain(subject)


@pytest.mark.parametrize("name", NAMES)
def test_a_reader_sees_the_name_as_it_is(name: str) -> None:
    encoded, address = mime.address(name, "one@example.org").rsplit(maxsplit=1)

    assert address == "<one@example.org>"
    # Not by the newer reader of addresses, which shows the spaces between encoded words.
    assert str(make_header(decode_header(encoded))) == mime.plain(name)
