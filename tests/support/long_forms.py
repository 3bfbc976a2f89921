"""Which of many alike belong to `make test`, and which to `make test-all` alone."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest


def first_of(values: Iterable[Any], first: int = 1) -> list[Any]:
    """Return values of a test's parameter: all but the first ones are left to `make test-all`."""
    return [
        value if number < first else pytest.param(value, marks=pytest.mark.chaos_long)
        for number, value in enumerate(values)
    ]
