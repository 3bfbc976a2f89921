"""One program and its people, of whom all emails speak."""

from __future__ import annotations

from typing import Any

import pytest
import stories
from sqlalchemy.orm import Session


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """Words are the same on every database, so one will do."""
    return sqlite_url


@pytest.fixture
def story(session: Session) -> dict[str, Any]:
    """A published round of three people, one of whom is left without a mentor."""
    return stories.tell(session)
