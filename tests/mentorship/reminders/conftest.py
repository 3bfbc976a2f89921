"""Reminders without the coordinators' digest, which has tests of its own."""

from __future__ import annotations

import pytest

from mentorship.reminders import schedule


@pytest.fixture(autouse=True)
def no_digest(monkeypatch: pytest.MonkeyPatch) -> None:
    """On whichever weekday the tests run; the digest's own tests choose theirs."""
    monkeypatch.setattr(schedule, "DIGEST_WEEKDAYS", ())
