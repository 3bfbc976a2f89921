"""A page of a long list while others change what is listed."""

from __future__ import annotations

from typing import Any

import factories
import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from mentorship.coordination import paging
from mentorship.models import Profile, Program, Role
from mentorship.states import ProfileState


def test_what_leaves_the_list_while_it_is_read_is_left_out(
    session: Session, program: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    stays, leaves = (factories.make_mentee(session, program) for _each in range(2))
    is_ready = Profile.state == ProfileState.READY
    query = select(Profile).where(is_ready, Profile.role == Role.MENTEE).order_by(Profile.id)
    read = Session.scalars

    def read_later(self: Session, *arguments: Any, **named: Any) -> Any:
        """Read once someone has paused the other one."""
        paused = update(Profile).where(Profile.id == leaves.id).values(state=ProfileState.PAUSED)
        self.execute(paused)
        return read(self, *arguments, **named)

    monkeypatch.setattr(Session, "scalars", read_later)
    page = paging.page(session, query, 1)

    assert [profile.id for profile in page.items] == [stays.id]
    assert page.total == 2
