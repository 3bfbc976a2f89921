"""The database as views reach it."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import cast

from flask import current_app
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from mentorship import database
from mentorship.settings import Settings


def reading() -> AbstractContextManager[Session]:
    """Open a session that only reads."""
    return database.reading(_engine())


def transaction() -> AbstractContextManager[Session]:
    """Open a session that is committed at the end, or rolled back by an exception."""
    return database.transaction(_engine())


def settings() -> Settings:
    """Return the settings of this installation."""
    return cast(Settings, current_app.extensions["settings"])


def _engine() -> Engine:
    return cast(Engine, current_app.extensions["engine"])
