"""Words that people write into a cell to say that they have no answer."""

from __future__ import annotations

import functools
import unicodedata

_WORDS = frozenset(
    {
        "n/a", "n_a", "n.a", "na", "#n/a", "none", "nil", "null", "tbd", "tba", "tbc", "unknown",
        "not known", "not applicable", "not available", "not specified", "not stated", "no answer",
        "prefer not to say", "rather not say", "n/k", "xxx", "anonymous",
    }
)  # fmt: skip


#: A placeholder is no longer than this, so that longer answers are not looked at.
_LONGEST = 30


def is_placeholder(text: str) -> bool:
    """Return whether a text says that there is no answer, such as "N/A", "none", "-" or "…".

    Some of these words are answers to some questions: "NA" is Namibia. Each reader knows its own.
    """
    stripped = text.strip()
    return 0 < len(stripped) <= _LONGEST and _says_nothing(stripped)


@functools.lru_cache(maxsize=20_000)
def _says_nothing(text: str) -> bool:
    plain = " ".join(unicodedata.normalize("NFKC", text).casefold().split())
    plain = plain.replace(" / ", "/")
    # Nothing but dots, dashes and question marks, with brackets around a word left out.
    return (
        not any(unicodedata.category(char)[0] in "LNS" for char in plain)
        or (bare := plain.strip(" .()[]<>\"'*")) in _WORDS
        or bare.replace("_", " ") in _WORDS
    )
