"""Free text as vectors of words (TF-IDF), fixed beforehand and not tuned on a test set."""

from __future__ import annotations

import functools
import re
import unicodedata
from collections.abc import Mapping, Sequence

import numpy as np
from scipy import sparse
from sklearn.feature_extraction.text import TfidfVectorizer

from matching.profiles import taxonomy

#: Han characters, kana with their marks of length and repetition, and Korean syllables.
_IN_TWOS = re.compile(
    r"[\u3005-\u3007\u3041-\u3096\u309d-\u309f\u30a1-\u30fa\u30fc-\u30ff\u3400-\u4dbf\u4e00-\u9fff"
    r"\uac00-\ud7a3\U00020000-\U0003ffff]+"
)
#: Thai and Lao, Burmese, and Khmer.
_IN_THREES = re.compile(r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff]+")


def vectors(texts: Sequence[str | None]) -> sparse.csr_array | None:
    """Return TF-IDF vectors of words and pairs of words, shape (texts, words), of length 1 each.

    The row of None is empty; None is returned where no word tells any texts apart. The settings are
    those of a plain pipeline that scored beside trained encoders on the public gold standard for
    expert-to-document affinity (Stelmakh et al., 2023).
    """
    rows = [row for row, text in enumerate(texts) if text is not None]
    vectorizer = TfidfVectorizer(
        sublinear_tf=True,
        stop_words="english",
        # A share means nothing among a handful of texts.
        max_df=0.5 if len(rows) >= 10 else 1.0,
        ngram_range=(1, 2),
    )
    try:
        weights = vectorizer.fit_transform([texts[row] for row in rows])
    except ValueError:
        # No word is left: there are no texts, or only words that all of them use.
        return None
    placed = sparse.csr_array(
        (np.ones(len(rows)), (rows, np.arange(len(rows)))), shape=(len(texts), len(rows))
    )
    return sparse.csr_array(placed @ weights)


def with_concepts(text: str) -> str:
    """Return a text in which what the taxonomy names stands as one word, whatever it was called.

    "peds" and "pediatrics" become one word by it, and "heart surgery" is no longer a heart.
    Aliases that mean several things, and everyday words that are aliases too, stay as they are.
    """
    words = taxonomy.fold(spaced(text)).split()
    terms, longest = _concepts()
    replaced: list[str] = []
    end = 0  # of what was replaced or passed so far
    # Few words begin a term.
    for at in [at for at, word in enumerate(words) if word in longest]:
        if at < end:
            continue
        for size in range(min(longest[words[at]], len(words) - at), 0, -1):
            concept = terms.get(" ".join(words[at : at + size]))
            if concept is not None:
                replaced += [*words[end:at], concept]
                end = at + size
                break
    return " ".join(replaced + words[end:])


def spaced(text: str) -> str:
    """Return a text with spaces between the parts by which one without spaces is compared.

    Words of Chinese, Japanese, Thai, Lao, Burmese and Khmer stand side by side, and Korean adds
    particles to them. A run of such letters is replaced by its overlapping pairs, which find texts
    about as well as words do and need no dictionary (Kwok 1997, Nie and Ren 1999, for Chinese);
    of Thai and its neighbours, whose syllables are longer, by threes of the letters without the
    marks above and below them. All else stays as it is.
    """
    if text.isascii():
        return text
    plain = unicodedata.normalize("NFKC", text)
    plain = _IN_TWOS.sub(lambda run: _parts(run[0], 2), plain)
    return _IN_THREES.sub(lambda run: _parts(run[0], 3), plain)


def _parts(run: str, size: int) -> str:
    letters = [char for char in run if char.isalnum()]
    starts = range(max(1, len(letters) - size + 1))
    return f" {' '.join(''.join(letters[k : k + size]) for k in starts)} "


@functools.cache
def _concepts() -> tuple[Mapping[str, str], Mapping[str, int]]:
    """Return a word for every term of a specialty or goal, and how long terms are by first word."""
    data = taxonomy.load().data
    vague = {taxonomy.fold(alias) for alias in data["weak_aliases"]}
    vague |= {taxonomy.fold(item["alias"]) for item in data["ambiguous_aliases"]}
    terms: dict[str, str] = {}
    longest: dict[str, int] = {}
    for kind in ("specialty", "goal"):
        for term, id in taxonomy.load().terms(kind).items():
            words = term.split()
            # Two letters are more often a word than a field.
            if term in vague or len(term) <= 2 or not words:
                continue
            terms.setdefault(term, f"{kind}_{id.replace('-', '_')}")
            longest[words[0]] = max(longest.get(words[0], 0), len(words))
    return terms, longest
