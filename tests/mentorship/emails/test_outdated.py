"""Emails whose cause has changed since they were owed: left unsent, or rewritten."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session
from stories import AT, body, compose, owe, read

from mentorship import database
from mentorship.emails import contents, messages, mime
from mentorship.models import Email, EmailKind, Profile, Role, Unmatched
from mentorship.rounds import rounds
from mentorship.settings import Settings
from mentorship.states import PairingState, ProfileState, RoundState


@pytest.mark.parametrize("trace", ["doubt_since", "sent_at"])
def test_what_the_relay_may_have_is_sent_as_the_same_bytes(
    session: Session, story: dict[str, Any], settings: Settings, trace: str
) -> None:
    compose(session, story, settings, EmailKind.NOT_THIS_TIME)
    row = session.scalars(select(Email)).one()
    row.message, row.message_id = b"as it was", "<1@x>"
    setattr(row, trace, database.now(session))
    session.flush()

    assert messages.compose(session, row.id, settings).data == b"as it was"


@pytest.mark.parametrize("kind", EmailKind)
def test_what_the_relay_put_off_stays_the_same_unless_something_has_changed(
    session: Session, story: dict[str, Any], settings: Settings, kind: EmailKind
) -> None:
    compose(session, story, settings, kind)
    row = session.scalars(select(Email)).one()
    first = messages.compose(session, row.id, settings)
    written, before = mime.date_of(first.data).encode(), mime.date(AT).encode()
    assert first.data.count(written) == 1
    first = dataclasses.replace(first, data=first.data.replace(written, before))
    row.message, row.message_id = first.data, first.message_id
    session.flush()

    assert messages.compose(session, row.id, settings) == first

    row.person.full_name = "Someone Renamed"
    own = Profile.person_id == row.person_id
    session.execute(update(Profile).where(own).values(full_name="Someone Renamed"))
    session.flush()
    again = messages.compose(session, row.id, settings)
    assert b"Someone Renamed" in again.data
    assert again.message_id == first.message_id
    assert mime.date_of(again.data) == mime.date_of(first.data)


def test_an_introduction_whose_pairings_have_ended_is_not_sent(
    session: Session, story: dict[str, Any], settings: Settings
) -> None:
    row = owe(session, story, EmailKind.MENTOR_INTRODUCTION)
    story["pairing"].state = PairingState.ENDED
    session.flush()

    with pytest.raises(contents.Outdated, match="has ended"):
        messages.compose(session, row.id, settings)


@pytest.mark.parametrize(
    ("kind", "state"),
    [
        (EmailKind.INVITATION, ProfileState.READY),
        (EmailKind.INVITATION, ProfileState.LEFT),
        (EmailKind.UNFINISHED_PROFILE, ProfileState.READY),
        (EmailKind.UNFINISHED_PROFILE, ProfileState.LEFT),
        (EmailKind.WELCOME, ProfileState.LEFT),
        (EmailKind.NOT_THIS_TIME, ProfileState.LEFT),
        (EmailKind.PAIRING_NOT_MADE, ProfileState.LEFT),
    ],
)
@pytest.mark.parametrize("is_written", [False, True])
def test_what_the_person_has_moved_on_from_is_not_sent(
    session: Session, story: dict[str, Any], settings: Settings, kind: EmailKind,
    state: ProfileState, is_written: bool,
) -> None:  # fmt: skip
    row = owe(session, story, kind)
    if is_written:
        row.message, row.message_id = b"refused for now", "<1@x>"
    story["left"].state = story["mentee"].state = state
    session.flush()

    with pytest.raises(contents.Outdated):
        messages.compose(session, row.id, settings)


def test_a_round_that_was_published_is_not_announced_as_waiting(
    session: Session, story: dict[str, Any], settings: Settings
) -> None:
    row = owe(session, story, EmailKind.ROUND_FINISHED)
    story["round"].state = RoundState.PUBLISHED
    session.flush()
    text = body(read(messages.compose(session, row.id, settings).data), "plain")
    assert "before it was published" in text
    assert "until you publish" not in text

    story["round"].state = RoundState.DISCARDED
    session.flush()
    with pytest.raises(contents.Outdated, match="discarded"):
        messages.compose(session, row.id, settings)


@pytest.mark.parametrize("state", [RoundState.QUEUED, RoundState.MATCHING])
def test_a_round_that_is_matched_again_meanwhile_waits_for_review_all_the_same(
    session: Session, story: dict[str, Any], settings: Settings, state: RoundState
) -> None:
    row = owe(session, story, EmailKind.ROUND_FINISHED)
    story["round"].state = state
    story["round"].lease_until = AT if state is RoundState.MATCHING else None
    session.flush()

    data = messages.compose(session, row.id, settings).data

    assert "is ready for your review" in str(read(data)["Subject"])


def test_an_application_that_was_turned_down_is_told_so_though_it_is_closed(
    session: Session, story: dict[str, Any], settings: Settings
) -> None:
    row = owe(session, story, EmailKind.NOT_ADMITTED)
    story["left"].state = ProfileState.LEFT
    session.flush()

    assert messages.compose(session, row.id, settings).data


@pytest.mark.parametrize("kind", [EmailKind.NOT_THIS_TIME, EmailKind.NO_MENTEE_THIS_TIME])
def test_a_result_of_a_round_that_a_later_one_replaced_is_not_sent(
    session: Session, story: dict[str, Any], settings: Settings, kind: EmailKind
) -> None:
    row = owe(session, story, kind)
    row.message, row.message_id = b"refused for now", "<1@x>"
    story["round"].state = RoundState.CLOSED
    session.flush()
    assert messages.compose(session, row.id, settings).data, "no one else tells them"
    role = Role.MENTEE if kind is EmailKind.NOT_THIS_TIME else Role.MENTOR
    mine = select(Profile).where(Profile.person_id == row.person_id, Profile.role == role)
    profile = session.scalars(mine).one()
    later, _ = rounds.start(session, story["program"], requested_by="test")
    later.state = RoundState.PUBLISHED
    session.add(Unmatched(round_id=later.id, profile_id=profile.id, reason={}))
    session.flush()

    with pytest.raises(contents.Outdated, match="a later round"):
        messages.compose(session, row.id, settings)


def test_a_time_that_was_changed_since_is_not_sent(
    session: Session, story: dict[str, Any], settings: Settings
) -> None:
    row = owe(session, story, EmailKind.MEETING_AGREED)
    story["pairing"].meeting_number = 2
    session.flush()

    with pytest.raises(contents.Outdated, match="another time"):
        messages.compose(session, row.id, settings)
