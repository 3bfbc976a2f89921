"""Every state and event has words, and browsers are called as their owners know them."""

from __future__ import annotations

import pytest

from mentorship.emails.kinds import (
    KINDS,
    accounts,
    changes,
    checkins,
    from_coordinators,
    introductions,
    invitations,
    results,
)
from mentorship.models import EmailEventKind, EmailKind
from mentorship.states import EmailState, PairingState, ProfileState, RoundState
from webapp import labels


@pytest.mark.parametrize("kind", [ProfileState, RoundState, PairingState])
def test_every_state_has_a_name_and_a_look(
    kind: type[ProfileState | RoundState | PairingState],
) -> None:
    for state in kind:
        assert labels.state_name(state)
        assert labels.state_look(state) in ("", "good", "bad", "warn", "accent")


def test_every_state_and_event_of_an_email_has_words() -> None:
    for state in EmailState:
        assert labels.email_state(state)
        assert labels.email_state_look(state) in ("", "good", "bad", "warn")
    for event in EmailEventKind:
        assert labels.email_event(event)


def test_every_kind_of_email_is_in_one_family() -> None:
    families = (accounts, invitations, changes, introductions, checkins, results, from_coordinators)

    assert set(KINDS) == set(EmailKind)
    assert sum(len(family.KINDS) for family in families) == len(KINDS)


@pytest.mark.parametrize(
    ("user_agent", "name"),
    [
        ("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
         "Firefox on Linux"),
        ("Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/140.0 Safari/537.36 Edg/140.0",
         "Edge on Windows"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Safari/604.1",
         "Safari on iPhone"),
        ("Firefox", "Firefox"),
        ("", "Unknown browser"),
        ("curl/8.0 Linux", "Unknown browser"),
    ],
)  # fmt: skip
def test_a_browser_is_called_as_its_owner_knows_it(user_agent: str, name: str) -> None:
    assert labels.browser(user_agent) == name
