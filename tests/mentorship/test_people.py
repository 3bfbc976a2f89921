"""Addresses: what is one, what is the same one, and what only looks like it."""

from __future__ import annotations

import pytest

from mentorship import people
from mentorship.errors import Invalid


@pytest.mark.parametrize(
    "coat",
    [
        "ana@example.org",
        " Ana@Example.ORG ",
        "ａｎａ@example.org",
        "ana@example.org.",
        "ANA@EXAMPLE.ORG",
    ],
)
def test_one_address_in_many_coats(coat: str) -> None:
    assert people.address_key(people.read_address(coat)) == "ana@example.org"


@pytest.mark.parametrize(
    ("address", "message"),
    [
        ("аna@example.org", "look-alike letters"),
        ("ana@exаmple.org", "look-alike letters"),
        ("ana", "must have an @-sign"),
        ("ana@", "mail can reach"),
        ("ana@@example.org", "mail can reach"),
        ("a@example.org, b@example.org", "mail can reach"),
        ("ana@example.org\nBcc: x@example.org", "mail can reach"),
        ("bjørn@example.org", "mail can reach"),
        ("", "mail can reach"),
    ],
)
def test_what_is_no_address_is_refused(address: str, message: str) -> None:
    with pytest.raises(Invalid, match=message):
        people.read_address(address)
