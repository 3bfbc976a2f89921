"""People who sign in by the code of an email, and browsers of their own."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Engine, select

from mentorship import database, links
from mentorship.accounts import sign_in_links
from mentorship.models import SignInLink
from mentorship.settings import Settings


def answered(engine: Engine, settings: Settings) -> tuple[str, str]:
    """Do what the sweep does; return the secret and the code of the newest email."""
    with database.transaction(engine) as session:
        sign_in_links.answer_requests(session)
    with database.reading(engine) as session:
        link = session.scalars(select(SignInLink).order_by(SignInLink.created_at.desc())).first()
        assert link is not None
        return links.sign_in_secrets(link.id, settings)


def another(browser: Any) -> Any:
    """Return a browser of someone else."""
    return type(browser)(browser.client.application.test_client())


def is_in(browser: Any) -> bool:
    """Return whether someone is signed in there."""
    return "Your account" in browser.get("/").text
