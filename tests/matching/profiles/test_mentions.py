"""What a text names of the taxonomy: by any name, not where it is said that it is not wanted."""

from __future__ import annotations

import pytest

from matching.profiles.mentions import named


@pytest.mark.parametrize(
    ("text", "ids"),
    [
        ("I would love to work in anaesthesia.", ["anesthesiology"]),
        ("Peds, or pediatrics; and then heart surgery?", ["pediatrics", "cardiothoracic-surgery"]),
        ("Cardiology and study skills and cardiology.", ["cardiology", "academic-foundation"]),
        ("Not surgery. Psychiatry!", ["psychiatry"]),
        ("I don\u2019t want dermatology\nbut neurology", ["neurology"]),
        ("I never did cardiology", []),
        ("My main aim for the year", []),
        ("AIM, the acute unit", ["acute-internal-medicine"]),
        ("Everyone assumes I want plastic surgery; I don't.", []),
        # Short forms that mean several things, and everyday words, name nothing.
        ("CT, GI and PT", []),
        ("", []),
    ],
)
def test_a_text_names_what_it_wants(text: str, ids: list[str]) -> None:
    assert [mention.id for mention in named(text)] == ids
