"""The lease of an email, kept alive as long as the worker that sends it lives.

So a worker may wait for a slow relay for minutes, and still what a dead one held is taken back
within seconds.
"""

from __future__ import annotations

import contextlib
import logging
import threading
from collections.abc import Iterator

from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from mentorship import database
from mentorship.delivery import claims
from mentorship.models import Email
from mentorship.settings import Settings

log = logging.getLogger(__name__)


@contextlib.contextmanager
def kept(engine: Engine, email: Email, settings: Settings) -> Iterator[None]:
    """Extend the lease of a claimed email every HEARTBEAT_SECONDS, until it is let go or lost."""
    is_over = threading.Event()

    def keep() -> None:
        while not is_over.wait(settings.heartbeat_seconds):
            try:
                with database.transaction(engine) as session:
                    if not claims.extend_lease(session, email, settings):
                        return
            except SQLAlchemyError as error:
                # A database that restarts is back within the lease; a later one is another's.
                log.warning("an email's lease could not be extended yet: %s", error)

    threading.Thread(target=keep, daemon=True, name="lease").start()
    try:
        yield
    finally:
        is_over.set()
