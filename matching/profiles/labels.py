"""What forms call the options of questions: words that people choose, and write in lists."""

from __future__ import annotations

from collections.abc import Mapping

from matching.language import mark

#: By column and option.
LABELS: Mapping[str, Mapping[str, str]] = {
    "gender": {
        "woman": mark("Woman"),
        "man": mark("Man"),
        "nonbinary": mark("Nonbinary"),
    },
    "mentor_gender_preference": {
        "prefer-woman": mark("Rather: a woman"),
        "require-woman": mark("Must: a woman"),
        "prefer-woman-or-nonbinary": mark("Rather: a woman or a nonbinary person"),
        "prefer-man": mark("Rather: a man"),
    },
    "exclude_own_institution": {
        "yes": mark("Must: no one from there"),
        "no": mark("No matter"),
    },
    "one_off": {
        "conversation": mark("A single conversation of 30 minutes"),
        "group": mark("A place in a group"),
        "both": mark("Either of these"),
        "no": mark("Nothing else for now"),
    },
    "status": {
        "active": mark("Taking mentees"),
        "paused": mark("Pausing"),
    },
    "style_feedback": {
        "direct": mark("Direct"),
        "gentle": mark("Gentle"),
        "either": mark("No matter"),
    },
    "style_structure": {
        "agenda": mark("An agenda"),
        "open": mark("An open conversation"),
        "either": mark("No matter"),
    },
    "style_contact": {
        "often": mark("Often"),
        "as-needed": mark("As needed"),
        "either": mark("No matter"),
    },
    "style_focus": {
        "task": mark("Task at hand"),
        "person": mark("Person I am"),
        "either": mark("No matter"),
    },
    "mentor_seniority": {
        "near-peer": mark("Rather: only a little ahead"),
        "few-years": mark("Rather: a few years ahead"),
        "senior": mark("Rather: far ahead"),
        "any": mark("No matter"),
    },
    "institution_wish": {
        "same": mark("Rather: from there"),
        "different": mark("Rather: from elsewhere"),
        "any": mark("No matter"),
    },
    "region_wish": {
        "same": mark("Rather: from my region"),
        "different": mark("Rather: from elsewhere"),
        "any": mark("No matter"),
    },
    "hours_vary": {
        "yes": mark("Yes"),
        "no": mark("No"),
    },
}
