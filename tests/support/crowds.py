"""Many made-up people at once, with ties, gaps and rules, for tests of the matching."""

from __future__ import annotations

from typing import Any

import numpy as np

from matching.profiles import taxonomy

ZONES = ("Europe/London", "America/New_York", "Asia/Kolkata", "Asia/Kathmandu")
COUNTRIES = ("GB", "US", "IN", "NP")
INSTITUTIONS = ("St. Mary", "General", "Hill", "Lake")
WORDS = ("heart", "kidney", "research", "teaching", "clinic", "nights", "rural", "exams", "brain")


def make(
    mentees: int, mentors: int, seed: int
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Return mentees and mentors as `matching.profiles.columns` reads them."""
    rng = np.random.default_rng(seed)
    people = [_mentee(rng, k, mentors) for k in range(mentees)]
    others = [_mentor(rng, k, mentees) for k in range(mentors)]
    for both in range(0, min(mentees, mentors), 7):
        others[both]["email"] = people[both]["email"]
    return people, others


def _mentee(rng: np.random.Generator, number: int, mentors: int) -> dict[str, Any]:
    stages = ["medical-student-clinical", "resident", "senior-physician"]
    return _without_gaps(
        rng,
        {"mentee_id": f"me-{number:04}", "email": f"me{number}@example.org"}
        | _anybody(rng)
        | {"career_stage": str(rng.choice(stages, p=[0.6, 0.3, 0.1]))},
        {
            "goals": _some(rng, "goal", 4, of=8),
            "specialty_interests": _some(rng, "specialty", 3, of=8),
            "experiences_wanted": _some(rng, "experience", 2, of=5),
            "statement": " ".join(rng.choice(WORDS, 6)),
            "mentor_seniority": str(rng.choice(["near-peer", "few-years", "senior", "any"])),
            "language_required": "es" if rng.random() < 0.1 else None,
            "mentor_gender_preference": "require-woman" if rng.random() < 0.1 else None,
            "mentor_picks": [f"mr-{rng.integers(mentors):04}"]
            if mentors and rng.random() < 0.3
            else None,
            "do_not_match": [f"mr-{rng.integers(mentors):04}"]
            if mentors and rng.random() < 0.2
            else None,
        },
    )


def _mentor(rng: np.random.Generator, number: int, mentees: int) -> dict[str, Any]:
    stages = ["early-career-physician", "senior-physician", "resident"]
    return _without_gaps(
        rng,
        {"mentor_id": f"mr-{number:04}", "email": f"mr{number}@example.org"}
        | _anybody(rng)
        | {
            "career_stage": str(rng.choice(stages)),
            "capacity": int(rng.integers(0, 4)),
            "status": "paused" if rng.random() < 0.1 else "active",
        },
        {
            "topics": _some(rng, "goal", 5, of=8),
            "specialties": _some(rng, "specialty", 2, of=8),
            "experiences_offered": _some(rng, "experience", 3, of=5),
            "bio": " ".join(rng.choice(WORDS, 8)),
            "gender": str(rng.choice(["woman", "man", "nonbinary"])),
            "accepts_stages": ["resident"] if rng.random() < 0.1 else None,
            "do_not_match": [f"me-{rng.integers(mentees):04}"]
            if mentees and rng.random() < 0.2
            else None,
        },
    )


def _anybody(rng: np.random.Generator) -> dict[str, Any]:
    place = int(rng.integers(len(ZONES)))
    return {
        "full_name": "Somebody",
        "timezone": ZONES[place],
        "country": COUNTRIES[place],
        "languages": list(rng.permutation(["en", "es", "hi"])[: rng.integers(1, 3)]),
        "institution": str(rng.choice(INSTITUTIONS)),
        "exclude_own_institution": "yes" if rng.random() < 0.2 else "no",
        "institution_wish": str(rng.choice(["same", "different", "any"])),
        "region_wish": str(rng.choice(["same", "different", "any"])),
        "availability": [
            f"{day} 17:00-{18 + int(rng.integers(4))}:30" for day in ("Mon", "Wed", "Sun")
        ],
        "modalities": _some(rng, "modality", 2, of=4),
        "meetings_per_month": int(rng.integers(1, 4)),
        "communities": _some(rng, "community", 1, of=3),
        **{
            f"style_{name}": str(rng.choice([*sides, "either"]))
            for name, sides in (
                ("feedback", ("direct", "gentle")),
                ("structure", ("agenda", "open")),
                ("contact", ("often", "as-needed")),
                ("focus", ("task", "person")),
            )
        },
    }


def _some(rng: np.random.Generator, kind: str, most: int, *, of: int) -> list[str]:
    """Return up to `most` of the first entries of a kind, so that people have much in common."""
    return [
        str(id)
        for id in rng.permutation(taxonomy.load().ids(kind)[:of])[: rng.integers(1, most + 1)]
    ]


def _without_gaps(
    rng: np.random.Generator, given: dict[str, Any], optional: dict[str, Any]
) -> dict[str, Any]:
    """Return the answers, of the optional ones only some."""
    said = {name: value for name, value in optional.items() if value and rng.random() < 0.8}
    return given | said
