"""Emails that a worker holds while something else happens to them."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence

import servers
from deliveries import now
from sqlalchemy import Engine

from mentorship import database, outbox
from mentorship.delivery import claims, outcomes, sending
from mentorship.delivery.smtp import SMTPSender
from mentorship.emails import messages
from mentorship.models import Email
from mentorship.settings import Settings
from mentorship.states import EmailState


def test_a_worker_that_submits_while_it_is_taken_back_leaves_a_doubt_or_nothing(
    engine: Engine, settings: Settings, owe: Callable[..., list[Email]]
) -> None:
    """On PostgreSQL a statement may find another state than the one before it saw."""
    (email,) = owe("a@example.org")
    with database.transaction(engine) as session:
        claimed = claims.claim(session, email.id, settings.replace(lease_seconds=-1.0))
        assert claimed is not None
        message = messages.compose(session, email.id, settings)
    barrier = threading.Barrier(2)
    submitted = []

    def submit() -> None:
        with database.transaction(engine) as session:
            barrier.wait()
            submitted.append(
                claims.submit(session, claimed, message.data, message.message_id, settings)
            )

    thread = threading.Thread(target=submit)
    thread.start()
    with database.transaction(engine) as session:
        barrier.wait()
        claims.take_back(session, settings)
    thread.join()

    found = now(engine, email)
    assert (found.state, submitted) in (
        (EmailState.SUBMITTING, [True]),
        (EmailState.READY, [False]),
    )


def test_an_answer_that_comes_after_an_email_was_taken_back_is_kept(
    engine: Engine, settings: Settings, owe: Callable[..., list[Email]]
) -> None:
    (email,) = owe("a@example.org")
    soon = settings.replace(lease_seconds=-1.0)
    with database.transaction(engine) as session:
        claimed = claims.claim(session, email.id, settings)
        assert claimed is not None
        message = messages.compose(session, email.id, settings)
    with database.transaction(engine) as session:
        assert claims.submit(session, claimed, message.data, message.message_id, soon)
    with database.transaction(engine) as session:
        claims.take_back(session, settings)
    assert now(engine, email).state is EmailState.READY

    with database.transaction(engine) as session:
        outcomes.sent(session, claimed, "250 taken")

    found = now(engine, email)
    assert found.state is EmailState.SENT
    assert found.doubt_since is not None


def test_what_is_superseded_while_a_worker_holds_it_does_not_leave(
    engine: Engine, settings: Settings, relay: servers.Relay, owe: Callable[..., list[Email]]
) -> None:
    (email,) = owe("a@example.org")

    class Slow(SMTPSender):
        def begin(self, return_paths: Sequence[str], recipient: str) -> None:
            super().begin(return_paths, recipient)
            with database.transaction(engine) as session:
                outbox.supersede(session, [email.cause_id], email.kind)

    sender = Slow(settings)
    sending.deliver(engine, sender, email.id, settings)
    sender.close()

    assert now(engine, email).state is EmailState.SUPERSEDED
    assert relay.taken == []
