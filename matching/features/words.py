"""Free text as vectors of words (TF-IDF), fixed beforehand and not tuned on a test set."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy import sparse
from sklearn.feature_extraction.text import TfidfVectorizer

from matching.profiles import mentions
from matching.profiles.mentions import Mention


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
    return " ".join(
        f"{part.kind}_{part.id.replace('-', '_')}" if isinstance(part, Mention) else part
        for part in mentions.parts(text)
        if part
    )
