"""Workers that are slow, silent or dead, and the emails that they held."""

from __future__ import annotations

import datetime
import time
from collections.abc import Sequence

import pytest
import servers
from deliveries import DELAYS, Dying, clock, deliver, make_due, now
from patience import patient
from sqlalchemy import Engine

from mentorship import database
from mentorship.delivery import claims, sending
from mentorship.delivery.smtp import SMTPSender
from mentorship.models import Email
from mentorship.settings import Settings
from mentorship.states import EmailState


class Slow(SMTPSender):
    """A sender that takes several leases at a step, while others look for silent workers."""

    def __init__(self, settings: Settings, engine: Engine, step: str) -> None:
        super().__init__(settings)
        self.engine, self.step = engine, step

    def wait(self, step: str) -> None:
        until = time.monotonic() + 2 * self._settings.lease_seconds
        while self.step == step and time.monotonic() < until:
            with database.transaction(self.engine) as session:
                claims.take_back(session, self._settings)
            time.sleep(0.05)

    def begin(self, return_paths: Sequence[str], recipient: str) -> None:
        self.wait("begin")
        super().begin(return_paths, recipient)

    def finish(self, message: bytes) -> str:
        self.wait("finish")
        return super().finish(message)


@pytest.mark.parametrize("step", ["begin", "finish"])
def test_a_worker_that_lives_keeps_its_email_however_slow_the_relay_is(
    engine: Engine, settings: Settings, relay: servers.Relay, email: Email, step: str
) -> None:
    short = settings.replace(lease_seconds=patient(3), heartbeat_seconds=0.1)
    sender = Slow(short, engine, step)

    found = deliver(engine, sender, short, email)

    sender.close()
    assert (found.state, found.crashes, found.doubt_since) == (EmailState.SENT, 0, None)
    assert found.fence == 1
    assert len(relay.taken) == 1


@pytest.mark.parametrize("at", ["begin", "finish"])
def test_what_a_dead_worker_held_is_due_within_seconds(
    engine: Engine, settings: Settings, email: Email, at: str
) -> None:
    for deaths in range(3):
        make_due(engine)
        with pytest.raises(KeyboardInterrupt):
            sending.deliver(engine, Dying(at), email.id, settings)
        lease = now(engine, email).lease_until
        assert lease is not None
        assert lease <= clock(engine) + datetime.timedelta(seconds=settings.lease_seconds)
        make_due(engine)
        with database.transaction(engine) as session:
            claims.take_back(session, settings)
        found = now(engine, email)
        if at == "finish":
            assert found.doubt_since is not None, "it may be there, so it waits for longer"
            return
        assert found.crashes == deaths + 1
        assert (found.due_at - clock(engine)).total_seconds() <= 5


@pytest.mark.parametrize(("at", "in_doubt"), [("begin", False), ("finish", True)])
def test_a_worker_that_dies_leaves_an_email_that_is_taken_back(
    engine: Engine,
    sender: SMTPSender,
    settings: Settings,
    relay: servers.Relay,
    email: Email,
    at: str,
    in_doubt: bool,
) -> None:
    with pytest.raises(KeyboardInterrupt):
        sending.deliver(engine, Dying(at), email.id, settings)
    with database.transaction(engine) as session:
        claims.take_back(session, settings)
    assert now(engine, email).state is not EmailState.READY, "its lease has not run out yet"

    make_due(engine)
    with database.transaction(engine) as session:
        claims.take_back(session, settings)

    found = now(engine, email)
    assert found.state is EmailState.READY
    assert (found.doubt_since is not None) == in_doubt
    assert deliver(engine, sender, settings, email).state is EmailState.SENT
    assert len(relay.taken) == 1


def test_a_worker_that_was_overtaken_sends_nothing(
    engine: Engine, settings: Settings, relay: servers.Relay, email: Email
) -> None:
    class Overtaken(SMTPSender):
        def begin(self, return_paths: Sequence[str], recipient: str) -> None:
            super().begin(return_paths, recipient)
            make_due(engine)
            with database.transaction(engine) as session:
                claims.take_back(session, settings)

    sender = Overtaken(settings)
    sending.deliver(engine, sender, email.id, settings)
    sender.close()

    assert relay.taken == []
    assert now(engine, email).state is EmailState.READY


def test_an_email_whose_workers_die_waits_longer_each_time_and_is_set_aside_after_days(
    engine: Engine, settings: Settings, email: Email
) -> None:
    waited, deaths = 0.0, 0
    # Two deaths make no email suspect.
    for wait in (DELAYS[0], DELAYS[0], *DELAYS):
        make_due(engine)
        with pytest.raises(KeyboardInterrupt):
            sending.deliver(engine, Dying("begin"), email.id, settings)
        deaths += 1
        make_due(engine)
        begin = clock(engine)
        with database.transaction(engine) as session:
            claims.take_back(session, settings)
        found = now(engine, email)
        if found.state is not EmailState.READY:
            break
        assert begin + wait <= found.due_at <= clock(engine) + wait
        waited += wait.total_seconds()

    assert waited > settings.mail_give_up_seconds - 14400
    assert found.state is EmailState.FAILED
    assert f"{deaths} workers stopped" in (found.last_error or "")
    assert found.attempts == 1
