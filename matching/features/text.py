"""Likeness of free text: TF-IDF and cosine, fixed beforehand and not tuned on a test set."""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from typing import Self

import numpy as np
import numpy.typing as npt
from scipy import sparse
from sklearn.base import BaseEstimator
from sklearn.feature_extraction.text import TfidfVectorizer

from matching.profiles import taxonomy


class TextSimilarity(BaseEstimator):  # type: ignore[misc]  # scikit-learn ships no types
    """Cosine of TF-IDF vectors of words and word pairs, averaged over a person's texts.

    The settings are those of a plain pipeline that scored beside trained encoders on the public
    gold standard for expert-to-document affinity (Stelmakh et al., 2023).
    """

    def fit(self, texts: Sequence[Sequence[str]], y: None = None) -> Self:
        """Learn which words are rare; `texts` holds a list of texts for each person.

        Raises `ValueError` for anything else.
        """
        self.fit_transform(texts)
        return self

    def fit_transform(
        self, texts: Sequence[Sequence[str]], y: None = None
    ) -> sparse.csr_array | None:
        """Learn, and return each person's mean vector, (people, words); None without any word."""
        for row, person in enumerate(texts):
            if isinstance(person, str) or not all(isinstance(text, str) for text in person):
                raise ValueError(f"texts: entry {row} must be a list of texts")
        documents = [text for person in texts for text in person]
        self.vectorizer_: TfidfVectorizer | None = TfidfVectorizer(
            sublinear_tf=True,
            stop_words="english",
            # A share means nothing among a handful of texts.
            max_df=0.5 if len(documents) >= 10 else 1.0,
            ngram_range=(1, 2),
        )
        try:
            vectors = self.vectorizer_.fit_transform(documents)
        except ValueError:
            # No word is left: there are no texts, or only words that everybody uses. Nothing can
            # be told apart by them, so every likeness is not known.
            self.vectorizer_ = None
            return None
        return _means(texts, vectors)

    def similarity(
        self, left: Sequence[Sequence[str]], right: Sequence[Sequence[str]]
    ) -> npt.NDArray[np.float64]:
        """Return the mean cosine over the pairs of texts, shape (len(left), len(right)).

        A person without a text has similarity NaN with everybody: not known, which is not 0.
        """
        if self.vectorizer_ is None:
            return np.full((len(left), len(right)), np.nan)
        one, two = (self._vectors(people) for people in (left, right))
        cosines = np.asarray((one @ two.T).todense(), dtype=np.float64)
        cosines[[not person for person in left], :] = np.nan
        cosines[:, [not person for person in right]] = np.nan
        return cosines

    def _vectors(self, people: Sequence[Sequence[str]]) -> sparse.csr_array:
        assert self.vectorizer_ is not None  # noqa: S101 - for the type checker; callers look
        documents = [text for person in people for text in person]
        if not documents:
            return sparse.csr_array((len(people), len(self.vectorizer_.vocabulary_)))
        return _means(people, self.vectorizer_.transform(documents))


def with_concepts(text: str) -> str:
    """Return a text in which what the taxonomy names stands as one word, whatever it was called.

    "peds" and "pediatrics" become one word by it, and "heart surgery" is no longer a heart.
    Aliases that mean several things, and everyday words that are aliases too, stay as they are.
    """
    words = taxonomy.fold(text).split()
    terms, longest = _concepts()
    found: list[str] = []
    at = 0
    while at < len(words):
        for size in range(min(longest.get(words[at], 0), len(words) - at), 0, -1):
            concept = terms.get(" ".join(words[at : at + size]))
            if concept is not None:
                found.append(concept)
                at += size
                break
        else:
            found.append(words[at])
            at += 1
    return " ".join(found)


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


def _means(
    people: Sequence[Sequence[str]], vectors: sparse.csr_matrix[np.float64]
) -> sparse.csr_array:
    """Return each person's mean vector: its products are the means over pairs of texts."""
    counts = [len(person) for person in people]
    owners = np.repeat(np.arange(len(people)), counts)
    shares = np.repeat([1 / count if count else 0.0 for count in counts], counts)
    average = sparse.csr_array(
        (shares, (owners, np.arange(sum(counts)))), shape=(len(people), sum(counts))
    )
    return sparse.csr_array(average @ vectors)
