"""The taxonomy keeps its own conventions."""

from __future__ import annotations

import re
from collections import Counter
from itertools import chain

import pytest

from matching.profiles import taxonomy

WORDS = taxonomy.load()


@pytest.mark.parametrize("kind", taxonomy.SECTIONS)
def test_ids_are_kebab_case_and_every_entry_has_a_label(kind: str) -> None:
    for id, entry in WORDS.entries[kind].items():
        assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", id)
        assert entry["label"].strip()


@pytest.mark.parametrize("kind", taxonomy.SECTIONS)
def test_a_word_belongs_to_one_entry(kind: str) -> None:
    owners: dict[str, set[str]] = {}
    for id, entry in WORDS.entries[kind].items():
        for name in [id, entry["label"], *entry.get("aliases", [])]:
            owners.setdefault(taxonomy.fold(name), set()).add(id)

    assert [word for word, ids in owners.items() if len(ids) > 1] == []


def test_every_stage_may_be_a_mentee_and_has_a_mentor_of_a_stage_that_mentors() -> None:
    stages = WORDS.entries["stage"]
    for stage in stages.values():
        assert "mentee" in stage["roles"]
        assert stage["mentored_by"]
        for mentor, rating in stage["mentored_by"].items():
            assert "mentor" in stages[mentor]["roles"]
            assert 0 < rating <= 1


def test_relations_name_entries_that_exist_once() -> None:
    data = WORDS.data
    for relations, kind in (("related", "specialty"), ("related_goals", "goal")):
        pairs = Counter(frozenset(relation[:2]) for relation in data[relations])
        assert set(chain(*pairs)) <= set(WORDS.ids(kind))
        assert max(pairs.values()) == 1
    for sub in data["subspecialties"]:
        assert sub["parent"] in {entry["id"] for entry in data["specialties"]}


def test_sensitive_place_bound_and_any_stage_goals_are_marked() -> None:
    goals = WORDS.entries["goal"]

    assert goals["burnout-wellbeing"]["sensitive"]
    assert goals["visa-immigration"]["place_bound"]
    assert goals["ai-literacy"]["any_stage"]
