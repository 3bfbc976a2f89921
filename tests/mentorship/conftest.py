"""What tests of several rooms need."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import servers


@pytest.fixture
def relay() -> Iterator[servers.Relay]:
    """A mail relay that takes every email, unless a test tells it otherwise."""
    with servers.Relay() as relay:
        yield relay
