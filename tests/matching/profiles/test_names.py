"""Names are no links: strangers register, and what they call themselves stands in emails."""

from __future__ import annotations

import pytest

from matching.profiles import names
from matching.profiles.readers import CellError, Reader
from matching.profiles.texts import Line, Name


@pytest.mark.parametrize("reader", [Name(), Line()])
@pytest.mark.parametrize(
    "typed",
    [
        "Action needed: verify your account at https://evil.example/login",
        "HTTP://EVIL.EXAMPLE",
        "hxxp://evil",
        "ftp://evil.example Ana",
        "ｈｔｔｐｓ：／／evil.example",
        "see www.evil.example",
        "Ana <ana@evil.example>",
        "pay@evil.example",
        "ana＠evil.example",
        "<a href=x>Ana",
        "<img src=x onerror=alert(1)>",
    ],
)
def test_a_name_that_holds_a_link_or_markup_is_refused(reader: Reader, typed: str) -> None:
    with pytest.raises(CellError, match="enter only the name"):
        reader.read(typed, lambda note: None)
    assert names.shown(typed) == "…", "one that was stored before"


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("evil.com", "evil. com"),
        ("Evil.Co.UK", "Evil. Co. UK"),
        ("bit.ly/x", "bit. ly/x"),
        ("t.co", "t. co"),
        ("my-clinic.de Ana", "my-clinic. de Ana"),
        ("münchen.de", "münchen. de"),
        ("Dr.Li", "Dr. Li"),
        ("St.Mary", "St. Mary"),
        ("evil.health", "evil. health"),
        ("log-in.support now", "log-in. support now"),
        ("evil.xn--p1ai", "evil. xn--p1ai"),
        ("зло.рф", "зло. рф"),
        ("evil．com", "evil． com"),
        ("evil。com", "evil。 com"),
        ("X.com", "X. com"),
        ("X.COM", "X. COM"),
        ("T.Co/a", "T. Co/a"),
        ("Dr.med/a", "Dr. med/a"),
        ("Ana (evil.zone)", "Ana (evil. zone)"),
        ("Anna.Maria", "Anna. Maria"),
    ],
)
def test_a_word_that_looks_like_a_domain_gets_a_space(typed: str, read: str) -> None:
    notes: list[str] = []

    assert Name().read(typed, notes.append) == read
    assert notes == [f"a space was added after a period: '{read}'"]
    assert names.shown(typed) == read


@pytest.mark.parametrize(
    "name",
    [
        "Ana Ruiz Jr.", "J.R.R. Tolkien", "Martin Luther King, Jr.", "Ana Lindqvist, M.Sc., Ph.D.",
        "Dr.med. Huber", "J.R.Smith", "Verein e.V.", "v2.0",
        "O'Neill-Smith", "d'Arc", "St. Mary's Hospital", "S:t Görans sjukhus",
        "Raj s/o Kumar", "Bob (Robert) Smith", "محمد الأحمد", "李小龍", "they/them", "A & E",
        "Ludwig-Maximilians-Universität", "3. Medizinische Klinik", "Johns Hopkins, U.S.A.",
    ],
)  # fmt: skip
@pytest.mark.parametrize("reader", [Name(), Line()])
def test_a_name_as_people_have_it_stays(reader: Reader, name: str) -> None:
    notes: list[str] = []

    assert reader.read(name, notes.append) == name
    assert notes == []
    assert names.shown(name) == name
