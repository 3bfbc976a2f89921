"""What coordinators change for someone: no more than they read, noted, and told."""

from __future__ import annotations

from typing import Any

import factories
import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from mentorship.errors import Invalid, WrongState
from mentorship.models import AuditEntry, Email, EmailKind, Profile, Program, Role
from mentorship.people import on_behalf, profiles, questionnaire
from mentorship.programs import policies
from mentorship.states import EmailState, ProfileState

#: Answers that coordinators do not read.
PRIVATE = {
    "do_not_match": ["x@example.org"], "communities": ["women-in-medicine"],
    "style_feedback": "gentle", "hours_vary": "yes", "region_wish": "same",
}  # fmt: skip


def owed(session: Session, profile: Profile) -> list[Email]:
    session.flush()
    kind = Email.kind == EmailKind.PROFILE_CHANGED
    mine = select(Email).where(kind, Email.cause_id == profile.id).order_by(Email.number)
    return list(session.scalars(mine))


def noted(session: Session, profile: Profile) -> list[dict[str, Any]]:
    session.flush()
    mine = (AuditEntry.subject_id == profile.id) & (AuditEntry.action == on_behalf.ACTION)
    return [entry.details for entry in session.scalars(select(AuditEntry).where(mine))]


def test_a_change_is_kept_noted_and_told_and_no_list_undoes_it(
    session: Session, program: Program
) -> None:
    mentee = factories.make_mentee(session, program, city="Leeds", statement="Hello", **PRIVATE)

    changed = on_behalf.change(
        session, mentee, "dana", ["city", "statement", "languages"],
        {"city": "York", "languages": ["en"]},
    )  # fmt: skip

    assert changed == ["city", "statement"]
    assert mentee.answers["city"] == "York"
    assert "statement" not in mentee.answers
    assert {name: mentee.answers[name] for name in PRIVATE} == PRIVATE
    assert mentee.own_answers == ["city", "statement"]
    assert mentee.answered_at is None, "they have not answered themselves"
    assert noted(session, mentee) == [{"email": 1, "columns": ["city", "statement"]}]
    assert [email.number for email in owed(session, mentee)] == [1]


def test_what_changes_nothing_is_not_told(session: Session, program: Program) -> None:
    mentee = factories.make_mentee(session, program, city="Leeds")

    assert on_behalf.change(session, mentee, "dana", ["city"], {"city": "Leeds"}) == []
    assert (noted(session, mentee), owed(session, mentee)) == ([], [])


def test_one_email_tells_of_all_until_it_is_on_its_way(session: Session, program: Program) -> None:
    mentee = factories.make_mentee(session, program)
    on_behalf.change(session, mentee, "dana", ["city"], {"city": "York"})
    on_behalf.change(session, mentee, "dana", ["country"], {"country": "GB"})
    (email,) = owed(session, mentee)
    assert on_behalf.told_by(session, mentee, 1) == (["city", "country"], False)
    email.message = b"written"
    session.flush()

    on_behalf.pause(session, mentee, "dana")

    assert [email.number for email in owed(session, mentee)] == [1, 2]
    assert on_behalf.told_by(session, mentee, 2) == ([], True)
    assert mentee.state is ProfileState.PAUSED


@pytest.mark.parametrize(
    ("before", "sent", "after"),
    [
        (["burnout-wellbeing", "interview-practice"], ["personal-finance"],
         ["burnout-wellbeing", "personal-finance"]),
        (["interview-practice", "burnout-wellbeing"], ["personal-finance", "interview-practice"],
         ["personal-finance", "burnout-wellbeing", "interview-practice"]),
        (["burnout-wellbeing", "interview-practice"], [], ["burnout-wellbeing"]),
        (["interview-practice"], [], None),
    ],
)  # fmt: skip
def test_goals_that_are_private_stay_where_they_stood(
    session: Session,
    program: Program,
    before: list[str],
    sent: list[str],
    after: list[str] | None,
) -> None:
    mentee = factories.make_mentee(session, program, goals=before)

    on_behalf.change(session, mentee, "dana", ["goals"], {"goals": sent} if sent else {})

    assert mentee.answers.get("goals") == after
    assert "burnout" not in str(on_behalf.worded(mentee, ["goals"])).casefold()


def test_no_one_chooses_a_private_goal_for_someone(session: Session, program: Program) -> None:
    mentee = factories.make_mentee(session, program)

    with pytest.raises(Invalid) as refused:
        on_behalf.change(session, mentee, "dana", ["goals"], {"goals": ["burnout-wellbeing"]})

    assert set(refused.value.fields) == {"goals"}
    assert owed(session, mentee) == []


def test_the_invited_are_told_nothing_as_they_read_it_before_they_agree(
    session: Session, program: Program
) -> None:
    mentee = factories.make_mentee(session, program)
    mentee.state = ProfileState.UNCONFIRMED
    session.flush()
    on_behalf.change(session, mentee, "dana", ["city"], {"city": "York"})

    assert mentee.answers["city"] == "York"
    assert owed(session, mentee) == []
    mentee.state = ProfileState.READY
    session.flush()
    on_behalf.change(session, mentee, "dana", ["country"], {"country": "GB"})
    assert on_behalf.told_by(session, mentee, 1) == (["country"], False)


def test_of_those_who_left_nothing_is_changed(session: Session, program: Program) -> None:
    mentee = factories.make_mentee(session, program)
    profiles.leave(session, mentee)

    with pytest.raises(WrongState):
        on_behalf.change(session, mentee, "dana", ["city"], {"city": "York"})


def test_a_lower_capacity_flags_the_excess(session: Session, program: Program) -> None:
    mentor = factories.make_mentor(session, program, capacity=2)
    for _ in range(2):
        factories.make_pairing(session, program, mentor=mentor)

    on_behalf.change(session, mentor, "dana", ["capacity"], {"capacity": 1})

    assert (mentor.capacity, mentor.places_taken, mentor.excess) == (1, 2, 1)
    assert [email.state for email in owed(session, mentor)] == [EmailState.READY]


@pytest.mark.parametrize("role", Role)
def test_what_coordinators_are_asked_is_what_they_read(
    session: Session, program: Program, role: Role
) -> None:
    policy = policies.current(session, program.id).body
    names = {
        column.name
        for section in questionnaire.SECTIONS[role]
        for column in on_behalf.asked(section, program, policy, role)
    }

    assert names & {"full_name", "languages"} == {"full_name", "languages"}
    assert not names & {*PRIVATE, "gender", "exclude_own_institution", "institution_wish"}
