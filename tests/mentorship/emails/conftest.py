"""One program and its people, of whom all emails speak."""

from __future__ import annotations

from typing import Any

import pytest
import stories
from sqlalchemy.orm import Session


@pytest.fixture
def story(session: Session) -> dict[str, Any]:
    """A published round of three people, one of whom is left without a mentor."""
    return stories.tell(session)
