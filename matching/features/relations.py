"""What the taxonomy says of pairs of its entries, as arrays in the order of their ids."""

from __future__ import annotations

import functools

import numpy as np

from matching.arrays import Floats
from matching.profiles import taxonomy


@functools.cache
def relatedness() -> Floats:
    """Return how related two specialties are, 0 to 1, shape (specialties, specialties)."""
    data = taxonomy.load().data
    ids = taxonomy.load().ids("specialty")
    at = {id: k for k, id in enumerate(ids)}
    defaults = data["relatedness_defaults"]
    related = np.zeros((len(ids), len(ids)))
    primary = len(data["specialties"])
    related[:primary, :primary] = defaults["unrelated"]
    children: dict[str, list[str]] = {}
    for sub in data["subspecialties"]:
        children.setdefault(sub["parent"], []).append(sub["id"])
        related[at[sub["id"]], at[sub["parent"]]] = defaults["parent_child"]
        for other in sub.get("also_under", []):
            related[at[sub["id"]], at[other]] = defaults["also_under"]
    for siblings in children.values():
        family = [at[id] for id in siblings]
        related[np.ix_(family, family)] = defaults["siblings"]
    for one, two, value in data["related"]:
        related[at[one], at[two]] = value
    related = np.maximum(related, related.T)
    np.fill_diagonal(related, 1.0)
    return related


@functools.cache
def related_goals() -> Floats:
    """Return how related two goals are, 0 to 1, shape (goals, goals)."""
    ids = taxonomy.load().ids("goal")
    at = {id: k for k, id in enumerate(ids)}
    related = np.eye(len(ids))
    for one, two, value in taxonomy.load().data["related_goals"]:
        related[at[one], at[two]] = related[at[two], at[one]] = value
    return related


@functools.cache
def stage_fit() -> Floats:
    """Return how well a mentor's stage serves a mentee's, shape (stages, stages); 0: not rated."""
    stages = taxonomy.load().entries["stage"]
    at = {id: k for k, id in enumerate(stages)}
    fit = np.zeros((len(at), len(at)))
    for id, stage in stages.items():
        for mentor_stage, value in stage["mentored_by"].items():
            fit[at[id], at[mentor_stage]] = value
    return fit
