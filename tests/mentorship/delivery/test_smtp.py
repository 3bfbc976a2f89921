"""Senders against real relays: every fault at every step, and connections that last or end."""

from __future__ import annotations

from collections.abc import Callable

import encryption
import pytest
from offers import ANA, BEN, MESSAGE, PickyRelay, send
from patience import patient
from relays import CUT, HANG, FaultyRelay

from mentorship.delivery import smtp
from mentorship.delivery.smtp import (
    InDoubt,
    PermanentFailure,
    RelayBusy,
    RelayDown,
    SMTPSender,
    TemporaryFailure,
    Unwelcome,
)

LATER, NEVER, CLOSING = "451 4.3.0 later", "554 5.7.1 never", "421 4.3.2 closing"


DOWN = dict.fromkeys((LATER, NEVER, CLOSING, CUT, HANG, "hello", "354 x"), (RelayDown, 0))


VERDICTS = {LATER: (TemporaryFailure, 0), NEVER: (PermanentFailure, 0)}


FAULTS = {
    "greeting": DOWN | dict.fromkeys((LATER, CLOSING), (RelayBusy, 0)),
    "EHLO": DOWN,
    "MAIL": DOWN | {NEVER: (Unwelcome, 0)},
    "RCPT": DOWN | VERDICTS,
    "DATA": {fault: DOWN[fault] for fault in (CLOSING, CUT, HANG, "hello")}
    | VERDICTS
    | {"250 x": (RelayDown, 0)},
    "inside": {CUT: (InDoubt, 0), HANG: (InDoubt, 0)},
    "text": VERDICTS
    | {CLOSING: (TemporaryFailure, 0), CUT: (InDoubt, 1), HANG: (InDoubt, 1)}
    | dict.fromkeys(("hello", "354 x", "250 " + "x" * 9000), (InDoubt, 0)),
}


@pytest.mark.parametrize(
    ("step", "fault", "failure", "taken"),
    [(step, fault, *found) for step, faults in FAULTS.items() for fault, found in faults.items()],
)
def test_a_fault_at_a_step_is_named_for_what_it_is_and_passes(
    make_sender: Callable[..., SMTPSender],
    step: str,
    fault: str,
    failure: type[Exception],
    taken: int,
) -> None:
    with FaultyRelay(**{step: fault}) as relay:
        # Whatever hangs is waited for.
        limit = patient(1 if fault == HANG else 10)
        sender = make_sender(relay.url, smtp_seconds=limit, smtp_final_seconds=limit)
        with pytest.raises(failure) as raised:
            send(sender)

        assert raised.type is failure
        assert len(relay.taken) == taken
        if fault in (LATER, NEVER, CLOSING):
            assert str(raised.value) == f"the relay said {fault}"
        # Whatever it was, the next email goes out as if nothing had been.
        assert send(sender) == "250 2.0.0 Ok: queued as 4F2"
        assert relay.taken[taken:] == [MESSAGE]


def test_a_relay_that_is_not_there_is_down(make_sender: Callable[..., SMTPSender]) -> None:
    with pytest.raises(RelayDown, match="cannot be reached.*refused"):
        send(make_sender(f"smtp://127.0.0.1:{encryption.free_port()}"))
    with pytest.raises(RelayDown, match="cannot be reached"):
        send(make_sender("smtp://no-such-relay.invalid"))


def test_the_words_of_a_relay_are_made_fit_to_be_shown(
    make_sender: Callable[..., SMTPSender],
) -> None:
    rude = "550-\x1b[31mno\x00\r\n550 such\u202e " + "user " * 200
    with FaultyRelay(RCPT=rude) as relay, pytest.raises(PermanentFailure) as raised:
        make_sender(relay.url).begin([ANA], BEN)

    assert str(raised.value).startswith("the relay said 550 [31mno such user user")
    assert len(str(raised.value)) <= 520
    assert str(raised.value).isprintable()


def test_one_connection_carries_many_emails_however_they_fare(
    make_sender: Callable[..., SMTPSender],
) -> None:
    with FaultyRelay() as relay:
        sender = make_sender(relay.url)
        for step, fault in (("RCPT", NEVER), ("RCPT", LATER), ("DATA", LATER), ("text", NEVER)):
            relay.faults[step] = fault
            with pytest.raises((TemporaryFailure, PermanentFailure)):
                send(sender)
            send(sender)

        assert len(relay.taken) == 4
        assert relay.connections == 1


@pytest.mark.parametrize("then", [CUT, CLOSING, "452 4.3.1 too many messages", HANG])
def test_a_relay_that_takes_few_emails_per_connection_gets_a_new_one(
    make_sender: Callable[..., SMTPSender], then: str
) -> None:
    with FaultyRelay() as relay:
        relay.most_emails, relay.then = 2, then
        # Whatever hangs is waited for.
        sender = make_sender(relay.url, smtp_seconds=patient(1 if then == HANG else 10))
        for _ in range(5):
            send(sender)

        assert len(relay.taken) == 5
        assert relay.connections == 3


def test_a_connection_without_work_is_given_back_and_one_in_use_is_not(
    make_sender: Callable[..., SMTPSender], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(smtp, "IDLE_SECONDS", 0.0)
    with FaultyRelay() as relay:
        sender = make_sender(relay.url)
        sender.give_back()
        sender.begin([ANA], BEN)
        sender.give_back()
        sender.finish(MESSAGE)
        assert relay.connections == 1
        sender.give_back()
        send(sender)
        assert relay.connections == 2
        sender.begin([ANA], BEN)
        sender.abandon()
        monkeypatch.setattr(smtp, "IDLE_SECONDS", 60.0)
        sender.give_back()
        send(sender)
        assert relay.connections == 2


@pytest.mark.parametrize("step", ["MAIL", "RCPT"])
def test_a_relay_that_refuses_marked_return_paths_gets_the_other(
    make_sender: Callable[..., SMTPSender], step: str
) -> None:
    with PickyRelay("bounces@example.org", step) as relay:
        sender = make_sender(relay.url, smtp_helo="mentoring.example.org")
        for number in range(2):
            sender.begin([f"bounces+{number}@example.org", "bounces@example.org"], BEN)
            sender.finish(MESSAGE)

        assert relay.offered == ["bounces+0@example.org", *["bounces@example.org"] * 2]
        assert len(relay.taken) == 2
        assert relay.greeted_as == "mentoring.example.org"
        relay.allowed = "no-one"
        with pytest.raises(Unwelcome, match="5.7"):
            sender.begin(["bounces+2@example.org", "bounces@example.org"], BEN)


def test_an_abandoned_email_is_not_sent_and_the_next_is(
    make_sender: Callable[..., SMTPSender],
) -> None:
    with FaultyRelay() as relay:
        sender = make_sender(relay.url)
        sender.begin([ANA], BEN)
        sender.abandon()
        send(sender)

        assert len(relay.taken) == relay.connections == 1


def test_what_follows_the_verdict_does_not_matter(make_sender: Callable[..., SMTPSender]) -> None:
    with FaultyRelay() as relay:
        sender = make_sender(relay.url)
        send(sender)
        relay.faults["RSET"] = CUT
        sender.abandon()
        assert send(sender).startswith("250 ")

        relay.faults |= {"text": NEVER, "RSET": CUT}
        with pytest.raises(PermanentFailure, match="never"):
            send(sender)
        send(sender)

        assert len(relay.taken) == 3


def test_words_are_cut_and_made_plain() -> None:
    assert smtp.printable("a\r\n\tb\x7f\ud800 é") == "a b é"
    assert len(smtp.printable("x" * 9999)) == 500
