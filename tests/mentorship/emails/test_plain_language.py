"""Emails are read by busy people, many of them in their second language: short words, short lines.

Measured on the approved copies with the Automated Readability Index, a US school grade made of the
letters in a word and the words in a sentence. It needs no dictionary of syllables.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from mentorship.models import EmailKind

APPROVED = Path(__file__).parent / "approved"
HIGHEST_GRADE = 6
#: Names, days and addresses are not ours to shorten.
NAMES = (
    (r"(Bo Haddad|Ana Lindqvist|Cy Adeyemi|Dana Reyes|Di Okafor)", "Ana"),
    (r"Harbor Mentoring", "Harbor"),
    (r"\w+day, \w+ \d+, \d{4}(, \d+:\d\d\s[AP]M)?", "Monday"),
    (r"\S+@[\w.]*\w", "it"),
)


def sentences(text: str) -> list[str]:
    """Return the sentences of a letter's own paragraphs, without titles, cards, lists and links."""
    found = []
    for block in text.partition("\n\n")[2].split("\n\n"):
        lines = block.splitlines()
        if len(lines) > 1 and not lines[0].startswith(" ") and lines[1].startswith("  "):
            del lines[0]
        own = [line.strip() for line in lines]
        if any(line.startswith(("* ", "> ", "1. ", "http")) for line in own):
            continue
        joined = " ".join(line for line in own if line != "--")
        if joined.endswith((".", "?", "!", ":")):
            found += re.split(r"(?<=[.?!:])\s+", joined)
    return found


def grade(said: list[str]) -> float:
    """Return the school grade that reads this with ease."""
    words = [word for sentence in said for word in re.findall(r"[\w'-]+", sentence)]
    letters = sum(len(re.sub(r"\W", "", word)) for word in words)
    return 4.71 * letters / len(words) + 0.5 * len(words) / len(said) - 21.43


@pytest.mark.parametrize("kind", EmailKind)
def test_every_email_is_read_with_ease(kind: EmailKind) -> None:
    text = (APPROVED / f"{kind}.txt").read_text()
    for name, short in NAMES:
        text = re.sub(name, short, text)
    said = sentences(text)
    found = grade(said)
    print(f"{kind}: grade {found:.1f}, {len(said)} sentences")  # noqa: T201

    assert len(said) >= 2
    assert found <= HIGHEST_GRADE
    assert max(len(sentence.split()) for sentence in said) <= 25


def test_the_measure_tells_plain_words_from_others() -> None:
    plain = ["We looked for a mentor for you.", "We did not find one."]
    heavy = [
        "Notwithstanding comprehensive consideration of available professional relationships, "
        "identification of a correspondingly qualified individual remained unsuccessful."
    ]

    assert grade(plain) < 3 < 20 < grade(heavy)
