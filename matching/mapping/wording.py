"""How people word their own spreadsheets: the data of `wording.yaml`, loaded once."""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping
from importlib import resources
from typing import Any

import yaml


@functools.cache
def wording() -> Mapping[str, Any]:
    """Return the sections of the file, their regular expressions compiled."""
    text = (resources.files("matching.mapping") / "wording.yaml").read_text(encoding="utf-8")
    data = yaml.safe_load(text)
    return {
        "headings": {name: re.compile(pattern) for name, pattern in data["headings"].items()},
        "spare_headings": re.compile(data["spare_headings"]),
        "negated_headings": re.compile(data["negated_headings"]),
        "no_choices": frozenset(data["no_choices"]),
        "small_words": frozenset(data["small_words"]),
        "other_stages": re.compile(data["other_stages"]),
        "stages": [(re.compile(each["pattern"]), each["id"]) for each in data["stages"]],
        "vague_stages": [
            (re.compile(each["pattern"]), tuple(each["ids"])) for each in data["vague_stages"]
        ],
        "by_years": tuple(data["by_years"]),
        "zones": data["zones"],
    }
