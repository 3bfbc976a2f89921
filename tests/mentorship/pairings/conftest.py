"""Pairings in the states in which people are asked about them."""

from __future__ import annotations

import factories
import pytest
from sqlalchemy.orm import Session

from mentorship.models import Pairing, Program
from mentorship.states import PairingState


@pytest.fixture
def met(session: Session, program: Program) -> Pairing:
    """A pairing that was introduced yesterday."""
    return factories.make_pairing(session, program, days=1)


@pytest.fixture
def asked(session: Session, program: Program) -> Pairing:
    """A pairing about which both were asked yesterday."""
    return factories.make_pairing(session, program, PairingState.ASKED, days=1)


@pytest.fixture
def pairing(session: Session, program: Program) -> Pairing:
    """Two people who were introduced."""
    return factories.make_pairing(session, program)
