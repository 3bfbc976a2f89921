"""Importing: all or nothing, twice the same, and what is told to whom."""

from __future__ import annotations

import io
from typing import Any

import factories
import openpyxl
import pytest
from listed import table, take
from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session

import matching.policy
from mentorship import database
from mentorship.emails import messages
from mentorship.models import Email, EmailKind, Profile, Program, Role
from mentorship.people import demand, newcomers, profiles
from mentorship.programs import policies, programs
from mentorship.service import sample
from mentorship.settings import Settings
from mentorship.states import ProfileState


def test_the_same_file_twice_changes_nothing_the_second_time(
    session: Session, program: Program
) -> None:
    data = table({"institution": "St. Mary"})
    take(session, program, data)
    before = session.scalars(select(Profile)).one()
    updated_at = before.updated_at

    report = take(session, program, data)

    assert (report.added, report.updated, report.unchanged) == (0, 0, 1)
    assert session.scalars(select(Profile)).one().updated_at == updated_at


def test_without_consent_everyone_new_is_invited_and_no_one_is_ready(
    session: Session, program: Program
) -> None:
    take(session, program, table({}), consented=None)
    profile = session.scalars(select(Profile)).one()

    assert profile.state is ProfileState.UNCONFIRMED
    email = session.scalars(select(Email)).one()
    assert (email.kind, email.person_id) == (EmailKind.INVITATION, profile.person_id)

    take(session, program, table({}), consented=None)
    assert session.scalar(select(func.count(Email.id))) == 1
    take(session, program, table({}), consented="they signed")
    assert (profile.state, profile.consent) == (ProfileState.READY, "they signed")


def test_a_dry_run_writes_nothing_and_says_what_would_happen(
    session: Session, program: Program
) -> None:
    report = take(session, program, table({}), dry_run=True)

    assert (report.added, report.written) == (1, False)
    assert session.scalar(select(func.count(Profile.id))) == 0


def test_a_mentor_pauses_and_returns_by_the_list(session: Session, program: Program) -> None:
    for status, state in (("paused", "paused"), ("active", "ready"), ("paused", "paused")):
        data = table({"capacity": "1", "status": status}, role="mentor")
        take(session, program, data, Role.MENTOR)
        assert session.scalars(select(Profile)).one().state == state


def test_a_failure_half_way_leaves_nothing(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    with database.transaction(engine) as session:
        slug = factories.make_program(session).slug
    row, calls = profiles.row, 0

    def break_at_the_second(*args: Any) -> dict[str, Any]:
        nonlocal calls
        calls += 1
        if calls == 2:
            raise RuntimeError("the machine stopped")
        return row(*args)

    monkeypatch.setattr(profiles, "row", break_at_the_second)
    monkeypatch.setattr(newcomers, "AT_ONCE", 1)
    data = table({}, {"mentee_id": "p-2", "email": "ben@example.org"})

    with pytest.raises(RuntimeError), database.transaction(engine) as session:
        take(session, programs.get(session, slug), data, consented=None)
    assert calls == 2, "the first one was written by then"
    with database.reading(engine) as session:
        assert session.scalar(select(func.count(Profile.id))) == 0


def test_a_workbook_is_read_as_its_owner_sees_it(session: Session, program: Program) -> None:
    import datetime

    book = openpyxl.Workbook()
    book.active.append(
        [
            "mentor_id",
            "full_name",
            "email",
            "career_stage",
            "timezone",
            "languages",
            "capacity",
            "joined_on",
            "exclude_own_institution",
        ]
    )
    book.active.append(
        [
            "mr-1",
            "Bo",
            "bo@example.org",
            "fellow",
            "Asia/Tokyo",
            "ja;en",
            3.0,
            datetime.date(2026, 3, 4),
            True,
        ]
    )
    out = io.BytesIO()
    book.save(out)

    report = take(session, program, out.getvalue(), Role.MENTOR, name="mentors.xlsx")

    assert report.problems == []
    answers = report.entries[0].answers
    assert answers["capacity"] == 3
    assert answers["joined_on"] == "2026-03-04"
    assert answers["exclude_own_institution"] == "yes"


def test_columns_that_a_file_does_not_have_stay_as_they_were(
    session: Session, program: Program
) -> None:
    take(session, program, table({"preferred_name": "Annie", "institution": "St. Mary"}))
    report = take(session, program, table({"institution": "St. Paul"}))
    profile = session.scalars(select(Profile)).one()
    assert (report.updated, profile.answers["institution"]) == (1, "St. Paul")
    assert (profile.answers["preferred_name"], profile.person.preferred_name) == ("Annie", "Annie")

    take(session, program, table({"institution": ""}))
    assert "institution" not in profile.answers


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_the_sample_is_300_mentees_and_110_mentors_without_a_problem(
    session: Session, program: Program
) -> None:

    mentees, mentors = sample.load(session, program)

    assert (mentees.added, mentors.added) == (300, 110)
    assert mentees.problems == mentors.problems == []


def test_people_who_are_said_to_agree_are_told_so_once(
    session: Session, program: Program, settings: Settings
) -> None:
    for name in ("Ana", "Ana Changed"):
        row = table({"email": "ana@example.org", "full_name": name})
        take(session, program, row, consented="the form of May 2026")

    (email,) = session.scalars(select(Email)).all()
    rendered = messages.render(session, email, settings)
    assert email.kind is EmailKind.ENROLLED
    text = " ".join(rendered.text.split())
    assert "agreed to it here: the form of May 2026." in text
    assert "pause, or leave" in text
    assert "in the next round" in text


@pytest.mark.parametrize(
    "database_url",
    ["sqlite", pytest.param("postgresql", marks=pytest.mark.chaos_long)],
    indirect=True,
)
def test_people_who_are_made_up_are_told_nothing(session: Session, program: Program) -> None:
    sample.load(session, program)

    assert session.scalars(select(Email)).all() == []


@pytest.mark.parametrize("weight", [0, 0.1])
def test_identity_is_kept_only_where_a_program_asks(
    session: Session, program: Program, weight: float
) -> None:
    asks = {"identity": weight}
    body = policies.current(session, program.id).body
    policy = matching.policy.Policy.from_dict(body | {"weights": body["weights"] | asks})
    policies.adopt(session, program, policy)
    row = {
        "email": "ana@example.org", "communities": "women-in-medicine",
        "mentor_gender_preference": "require-woman",
    }  # fmt: skip
    report = take(session, program, table(row), consented="a form")
    ana = session.scalars(select(Profile)).one()

    kept = {"communities", "mentor_gender_preference"} & set(ana.answers)
    left_out = {w.column for w in report.warnings if "doesn't ask about identity" in w.message}
    assert len(kept) == (2 if weight else 0)
    assert left_out == (set() if weight else {"communities", "mentor_gender_preference"})

    policies.adopt(session, program, matching.policy.default())
    session.refresh(ana)
    assert not {"communities", "mentor_gender_preference"} & set(ana.answers)
    assert "languages" in ana.answers


@pytest.mark.parametrize(
    ("most", "wanted", "said"),
    [
        (1, 2, "allow one mentor"),
        (2, 3, "allow up to 2 mentors"),
        (2, 2, None),
        (1, "", None),
    ],
)
def test_a_list_that_asks_for_more_mentors_than_there_may_be_is_told(
    session: Session, program: Program, most: int, wanted: object, said: str | None
) -> None:
    program.most_mentors = most
    report = take(
        session, program, table({"email": "ana@example.org", "mentors_wanted": str(wanted)}),
        consented="a form",
    )  # fmt: skip
    ana = session.scalars(select(Profile)).one()

    told = [w.message for w in report.warnings if w.column == "mentors_wanted"]
    assert len(told) == bool(said)
    assert all(said in message for message in told if said)
    assert ana.answers.get("mentors_wanted") == (wanted or None)
    assert demand.of(ana, program) == min(wanted, most) if isinstance(wanted, int) else 1
