"""How well texts tell who suits a paper: `python benchmarks/gold_standard.py CLONE`.

CLONE is a clone of github.com/niharshah/goldstandard-reviewer-paper-match: 58 researchers said
how well they could review papers, and their own papers are known (Stelmakh, Wieting, Neubig and
Shah, 2023, arXiv 2303.16750). A researcher suits a paper by the mean likeness of their own papers
to it, titles and abstracts, as the criterion `text` compares what people wrote. The loss is that of
the study: of two papers in the wrong order, how much better one could be reviewed than the other,
as a share of what all pairs of papers come to; half of it where both are as alike. Written down in
docs/figures.md.
"""

from __future__ import annotations

import argparse
import csv
import itertools
import json
import statistics
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

# Instead of this folder, in which another `matching` stands.
sys.path[0:1] = [str(Path(__file__).parents[1])]

import numpy as np  # noqa: E402
from scipy import sparse  # noqa: E402

from matching.features import comparisons, words  # noqa: E402

#: Each holds up to 20 of every researcher's papers, drawn anew.
SAMPLES = range(1, 11)

#: By researcher, then by paper.
Numbers = Mapping[str, Mapping[str, float]]


def told(clone: Path) -> Numbers:
    """Return how well each researcher could review papers by their own word, from 1 to 5."""
    with (clone / "data" / "evaluations.csv").open(encoding="utf-8", newline="") as file:
        return {
            row["ParticipantID"]: {
                row[f"Paper{k}"]: float(row[f"Expertise{k}"])
                for k in range(1, 11)
                if row[f"Paper{k}"]
            }
            for row in csv.DictReader(file, delimiter="\t")
        }


def text_of(paper: Mapping[str, Any]) -> str:
    content = paper["content"]
    return f"{content['title']}. {content['abstract'] or ''}"


def likeness(sample: Path) -> Numbers:
    """Return how alike each researcher's own papers and those to be reviewed are, on average."""
    asked = json.loads((sample / "submissions.json").read_text(encoding="utf-8"))
    own = {
        path.stem.removeprefix("~"): [
            json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()
        ]
        for path in sorted((sample / "archives").glob("*.jsonl"))
    }
    # A paper of two researchers is one text.
    texts = {paper["id"]: text_of(paper) for papers in own.values() for paper in papers}
    texts |= {id: text_of(paper) for id, paper in asked.items()}
    row = {id: k for k, id in enumerate(texts)}
    weights = words.vectors([words.with_concepts(text) for text in texts.values()])
    assert weights is not None
    found = {}
    for researcher, papers in own.items():
        theirs = weights[[row[paper["id"]] for paper in papers]]
        others = weights[[row[id] for id in asked]]
        values = comparisons.cosines(sparse.csr_array(theirs), sparse.csr_array(others))(
            0, len(papers)
        )
        found[researcher] = dict(zip(asked, np.nanmean(values, axis=0).tolist(), strict=True))
    return found


def loss(found: Numbers, said: Numbers) -> float:
    wrong = total = 0.0
    for researcher, papers in said.items():
        for one, other in itertools.combinations(papers, 2):
            better = papers[one] - papers[other]
            agrees = better * (found[researcher][one] - found[researcher][other])
            total += abs(better)
            wrong += abs(better) * (0.0 if agrees > 0 else 0.5 if agrees == 0 else 1.0)
    return wrong / total


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("clone", type=Path)
    clone = parser.parse_args().clone
    said = told(clone)
    losses = [
        loss(likeness(clone / "evaluation_datasets" / f"d_20_{sample}"), said) for sample in SAMPLES
    ]
    print(
        f"loss {statistics.fmean(losses):.4f}, mean of {len(losses)} samples from "
        f"{min(losses):.3f} to {max(losses):.3f}; {len(said)} researchers"
    )


if __name__ == "__main__":
    main()
