"""Likeness of free text: TF-IDF and cosine, fixed beforehand and not tuned on a test set."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Self

import numpy as np
import numpy.typing as npt
from scipy import sparse
from sklearn.base import BaseEstimator
from sklearn.feature_extraction.text import TfidfVectorizer


class TextSimilarity(BaseEstimator):  # type: ignore[misc]  # scikit-learn ships no types
    """Cosine of TF-IDF vectors of words and word pairs, averaged over a person's texts.

    The settings are those of a plain pipeline that scored beside trained encoders on the public
    gold standard for expert-to-document affinity (Stelmakh et al., 2023).
    """

    def fit(self, texts: Sequence[Sequence[str]], y: None = None) -> Self:
        """Learn which words are rare; `texts` holds a list of texts for each person."""
        documents = [text for person in texts for text in person]
        self.vectorizer_: TfidfVectorizer | None = TfidfVectorizer(
            sublinear_tf=True,
            stop_words="english",
            # A share means nothing among a handful of texts.
            max_df=0.5 if len(documents) >= 10 else 1.0,
            ngram_range=(1, 2),
        )
        try:
            self.vectorizer_.fit(documents)
        except ValueError:
            # No word is left: there are no texts, or only words that everybody uses. Nothing can
            # be told apart by them, so every likeness is not known.
            self.vectorizer_ = None
        return self

    def similarity(
        self, left: Sequence[Sequence[str]], right: Sequence[Sequence[str]]
    ) -> npt.NDArray[np.float64]:
        """Return the mean cosine over the pairs of texts, shape (len(left), len(right)).

        A person without a text has similarity NaN with everybody: not known, which is not 0.
        """
        if self.vectorizer_ is None:
            return np.full((len(left), len(right)), np.nan)
        vectors, others = self._means(left), self._means(right)
        cosines = np.asarray((vectors @ others.T).todense(), dtype=np.float64)
        cosines[[not person for person in left], :] = np.nan
        cosines[:, [not person for person in right]] = np.nan
        return cosines

    def _means(self, people: Sequence[Sequence[str]]) -> sparse.csr_array:
        """Return each person's mean vector: its products are the means over pairs of texts."""
        assert self.vectorizer_ is not None  # noqa: S101 - for the type checker; callers look
        documents = [text for person in people for text in person]
        counts = [len(person) for person in people]
        owners = np.repeat(np.arange(len(people)), counts)
        shares = np.repeat([1 / count if count else 0.0 for count in counts], counts)
        average = sparse.csr_array(
            (shares, (owners, np.arange(len(documents)))), shape=(len(people), len(documents))
        )
        if not documents:
            return sparse.csr_array((len(people), len(self.vectorizer_.vocabulary_)))
        return sparse.csr_array(average @ self.vectorizer_.transform(documents))
