"""Cells that hold an email address and more are read as that address, or say why not."""

from __future__ import annotations

import pytest

from matching.profiles.columns import CellError, of_role

EMAIL = of_role("mentee")["email"].reader


def read(typed: str) -> object:
    return EMAIL.read(typed, lambda message: None)


@pytest.mark.parametrize(
    "typed",
    [
        "mina@example.org <mina@example.org>",
        "'mina@example.org' <mina@example.org>",
        '"mina@example.org" <MINA@example.org>',
        "mina@example.org <mailto:mina@example.org>",
        "[mina@example.org](mailto:mina@example.org)",
        "Mina @ St Mary's <mina@example.org>",
        "Mina (@mina) <mina@example.org>",
        "mina@example.org / @mina_md",
        "mina@example.org/@mina_md",
        "mina@example.org, IG: @mina",
        "mina@example.org\nIG:@mina",
        "mina@example.org; Mina@Example.org",
        "mina@example.org/mina@example.org",
        "mina@example.org (work), see @hospital",
        "E-mail:mina@example.org, twitter @mina",
    ],
)
def test_an_address_that_stands_twice_or_beside_a_handle_is_one(typed: str) -> None:
    assert str(read(typed)).casefold() == "mina@example.org"


@pytest.mark.parametrize("address", ["o'neil@example.org", "first/last@example.org", "r&d@x.org"])
def test_what_an_address_may_hold_is_not_cut_off(address: str) -> None:
    assert read(address) == address
    assert read(f"{address}; @handle") == address
    assert read(f"Someone @ work <{address}>") == address


@pytest.mark.parametrize(
    ("typed", "n"),
    [
        ("a@example.org; b@example.org", 2),
        ("a@example.org/b@example.org", 2),
        ("a@example.org or b@example.org", 2),
        ("a@example.org&b@example.org|c@example.org", 3),
        ("work:a@example.org home:b@example.org", 2),
        ("a@example.org <b@example.org>", 2),
        ("a@example.org；b@example.org", 2),
        ("Ana <a@example.org>, Ana <a@home.example>", 2),
    ],
)
def test_of_different_addresses_none_is_chosen(typed: str, n: int) -> None:
    with pytest.raises(CellError, match=rf"holds {n} addresses; keep one"):
        read(typed)


@pytest.mark.parametrize("filling", [";" * 50_000, " ;" * 25_000, "@;" * 25_000, "/@" * 25_000])
def test_a_long_run_of_separators_is_gone_through_once(filling: str) -> None:
    # Gone through again from each of them, this would take hours.
    assert read(f"a@example.org {filling} @") == "a@example.org"
