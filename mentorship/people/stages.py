"""Career stages: which stages usually mentor which, as the must-rule of stages has it."""

from __future__ import annotations

import functools

from matching.profiles import taxonomy


@functools.cache
def mentors_of(stage: str) -> frozenset[str]:
    """Return the stages whose mentors may have a mentee of a stage: those further on, or rated."""
    entries = taxonomy.load().entries["stage"]
    mentee = entries[stage]
    further = {id for id, entry in entries.items() if entry["order"] > mentee["order"]}
    return frozenset(further | set(mentee["mentored_by"]))
