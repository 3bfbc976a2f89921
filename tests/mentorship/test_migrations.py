"""Revisions that carry a program's data over, with the data of programs as they were."""

from __future__ import annotations

import datetime
import uuid
from typing import Any

import asked
import matched_rounds
import pytest
import sheets
import sqlalchemy as sa
from factories import make_mentee, make_mentor, make_pairing, make_program
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from matching import policy
from matching.mapping.decisions import Decisions
from mentorship import database, migrations
from mentorship.models import (
    Fill,
    Lesson,
    Pairing,
    Policy,
    Profile,
    Program,
    Question,
    Reply,
    Role,
    Round,
    Unmatched,
    Upload,
)
from mentorship.people import enrollment, imports, stored_reports
from mentorship.programs import advice, policies
from mentorship.rounds import rounds
from mentorship.states import PairingState, RoundState

FIRST_FORM: dict[str, Any] = {
    "version": 1,
    "weights": {"help": 25, "choice": 20, "specialty": 15, "style": 15, "text": 10, "stage": 5,
                "rhythm": 5, "place": 5, "identity": 0},
    "rules": {"stage": True, "language": True, "hours_apart": 12},
    "objective": "coverage",
    "floor": 0.4,
    "waiting_bonus": 0.05,
    "shrinkage": 20,
}  # fmt: skip
UPLOADS = sa.table(
    "uploads", sa.column("id", sa.Uuid()), sa.column("program_id", sa.Uuid()),
    sa.column("role", sa.String()), sa.column("name", sa.String()),
    sa.column("file", sa.LargeBinary()), sa.column("decisions", sa.JSON()),
    sa.column("questions", sa.JSON()), sa.column("content", sa.JSON()),
    sa.column("created_at", sa.DateTime(timezone=True)),
)  # fmt: skip
POLICIES = sa.table("policies", sa.column("program_id", sa.Uuid()), sa.column("body", sa.JSON()))


def test_a_program_keeps_to_one_mentor_for_a_mentee(engine: Engine) -> None:
    with database.transaction(engine) as session:
        program = make_program(session, most_mentors=3, fill=Fill.ALL)
        pairing_id, program_id = make_pairing(session, program).id, program.id
    migrations.downgrade(engine, "0009")

    migrations.upgrade(engine)

    with database.reading(engine) as session:
        program = session.get_one(Program, program_id)
        assert (program.most_mentors, program.fill) == (1, Fill.FIRST)
        assert session.get_one(Pairing, pairing_id).program_id == program_id


def test_programs_get_a_lesson_and_pairings_of_before_stay_out_of_it(engine: Engine) -> None:
    with database.transaction(engine) as session:
        program = make_program(session)
        pairing = make_pairing(session, program)
        pairing.standings = {"help": {}}
        dry = rounds.start(
            session, program, requested_by="test", dry_run=True, tried=policy.default()
        )[0]
        pairing_id, dry_id, program_id = pairing.id, dry.id, program.id
    migrations.downgrade(engine, "0010")

    migrations.upgrade(engine)

    with database.reading(engine) as session:
        lesson = session.scalars(select(Lesson)).one()
        assert (lesson.program_id, lesson.changes, lesson.found) == (program_id, 0, None)
        assert session.get_one(Pairing, pairing_id).standings is None
        assert session.get_one(Round, dry_id).tried is None
        found = advice.of_program(session, session.get_one(Program, program_id), 3)
        assert (found.outcomes, found.is_due) == (0, False)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ({}, {}),
        ({"objective": "fair", "waiting_bonus": 0.1}, {"objective": "fair", "waiting_bonus": 0.1}),
        # A lowest score of the program's own: 14 points above the 23 that were usual then.
        ({"floor": 0.37}, {"floor": 0.578}),
        ({"floor": 0.1}, {"floor": 0.428}),
        ({"floor": 0}, {}),
        (
            {"weights": FIRST_FORM["weights"] | {"identity": 10}},
            {"weights": policy.default().to_dict()["weights"] | {"identity": 10}},
        ),
        (
            {"weights": FIRST_FORM["weights"] | {"help": 45, "style": 95}},
            {
                "weights": FIRST_FORM["weights"]
                | {"help": 45, "style": 95, "distance": 20, "hours": 20}
            },
        ),
    ],
    ids=["shipped", "objective", "minimum", "low minimum", "no minimum", "identity", "weights"],
)
def test_a_policy_of_the_first_form_means_the_same_in_the_second(
    engine: Engine, before: dict[str, Any], after: dict[str, Any]
) -> None:
    with database.transaction(engine) as session:
        program = make_program(session)
        matched = make_pairing(session, program)
        pairing_id, matched_id = matched.id, matched.round_id
        waiting_id = rounds.start(session, program, requested_by="test", dry_run=True)[0].id
        program_id = program.id
    migrations.downgrade(engine, "0008")
    with engine.begin() as connection:
        connection.execute(sa.update(POLICIES).values(body=FIRST_FORM | before))

    migrations.upgrade(engine)

    with database.reading(engine) as session:
        old, new = session.scalars(
            select(Policy).where(Policy.program_id == program_id).order_by(Policy.version)
        )
        assert old.body == FIRST_FORM | before, "what the scores of its rounds meant"
        assert policies.content(new).to_dict() == policy.default().to_dict() | after
        assert session.get_one(Round, matched_id).policy_id == old.id
        assert session.get_one(Round, waiting_id).state is RoundState.QUEUED
        assert session.get_one(Round, waiting_id).policy_id == new.id
        assert session.get_one(Pairing, pairing_id).cautions == []


def test_programs_ask_nothing_of_their_own_at_first_and_going_back_leaves_nothing_of_it(
    engine: Engine,
) -> None:
    with database.transaction(engine) as session:
        program = make_program(session)
        asked.ask(session, program)
        mentee, alone = make_mentee(session, program), make_mentee(session, program)
        mentor = make_mentor(session, program)
        for profile in (mentee, mentor):
            asked.answer(session, profile, q_clinic_days=["monday"])
            profile.own_answers = ["q_clinic_days", "full_name"]
        asked.count(session, program, q_clinic_days="must")
        matched_rounds.propose(session, program)
        pairing = session.scalars(select(Pairing)).one()
        pairing.reasons = [*pairing.reasons, {"criterion": "q_clinic_days", "shared": ["monday"]}]
        unmatched = session.scalars(select(Unmatched)).one()
        assert unmatched.profile_id == alone.id
        assert unmatched.reason["rule"] == "q_clinic_days"
        ids = program.id, mentee.id, pairing.id, unmatched.id
    migrations.downgrade(engine, "0014")
    with engine.connect() as connection:
        (body, *_others) = connection.execute(
            select(POLICIES.c.body).order_by(sa.text("version DESC"))
        ).scalars()
    assert "questions" not in body

    migrations.upgrade(engine)

    with database.reading(engine) as session:
        program_id, mentee_id, pairing_id, unmatched_id = ids
        assert session.get_one(Program, program_id).questions == []
        answered = session.get_one(Profile, mentee_id)
        assert "q_clinic_days" not in answered.answers
        assert answered.answers["goals"] == ["interview-practice"]
        assert answered.own_answers == ["full_name"]
        assert all(
            not reason["criterion"].startswith("q_")
            for reason in session.get_one(Pairing, pairing_id).reasons
        )
        assert session.get_one(Unmatched, unmatched_id).reason == {"cause": "rules"}
        assert policies.content(policies.current(session, program_id)).questions == {}


def test_what_was_answered_so_far_stays_a_sign_of_contact(engine: Engine) -> None:
    day = datetime.timedelta(days=1)
    with database.transaction(engine) as session:
        program, at = make_program(session), database.now(session)
        made = {
            name: make_pairing(session, program, days=90)
            for name in ("well", "slow", "undone", "none")
        }
        for name, choice, days, applied_at in (
            ("well", "well", 20, at), ("well", "slow", 5, at), ("slow", "slow", 20, at),
            ("slow", "slow", 10, at), ("undone", "slow", 9, None),
        ):  # fmt: skip
            then = at - days * day
            session.add(
                Reply(
                    pairing_id=made[name].id, person_id=made[name].mentee_person_id,
                    question=Question.PULSE, choice=choice, at=then, effective_at=then,
                    applied_at=applied_at, undone_at=None if applied_at else at,
                )
            )  # fmt: skip
        made["well"].met_at, made["well"].state = at - 30 * day, PairingState.ACTIVE
        ids = {name: pairing.id for name, pairing in made.items()}
    migrations.downgrade(engine, "0023")

    migrations.upgrade(engine)

    def ago(moment: datetime.datetime | None) -> int | None:
        return None if moment is None else round((at - moment) / day)

    with database.reading(engine) as session:
        found = {name: session.get_one(Pairing, id) for name, id in ids.items()}
        assert {
            name: (pairing.state.value, ago(pairing.met_at), ago(pairing.heard_at))
            for name, pairing in found.items()
        } == {
            "well": ("active", 30, 5), "slow": ("active", 20, 10),
            "undone": ("introduced", None, None), "none": ("introduced", None, None),
        }  # fmt: skip


def test_uploads_do_not_come_along_and_later_ones_are_kept_in_lines(engine: Engine) -> None:
    data = sheets.text(sheets.HEADER, sheets.person(1))
    report = imports.survey(data, Role.MENTEE, "people.csv", Decisions(), {})

    def upload(session: Session, program: Program) -> None:
        content = stored_reports.packed(report)
        enrollment.keep(session, program, Role.MENTEE, "people.csv", data, content, Decisions())

    with database.transaction(engine) as session:
        program = make_program(session)
        upload(session, program)
        program_id = program.id
    migrations.downgrade(engine, "0024")
    with engine.begin() as connection:
        assert connection.scalar(sa.text("SELECT count(*) FROM uploads")) == 0
        columns = {each["name"]: each for each in sa.inspect(connection).get_columns("uploads")}
        assert isinstance(columns["content"]["type"], sa.JSON)
        assert not columns["content"]["nullable"]
        connection.execute(
            sa.insert(UPLOADS).values(
                id=uuid.uuid4(), program_id=program_id, role="mentee", name="x.csv", file=b"x",
                decisions={}, questions=[], content={"rows": 0},
                created_at=datetime.datetime.now(datetime.UTC),
            )
        )  # fmt: skip

    migrations.upgrade(engine)

    with database.transaction(engine) as session:
        assert session.scalars(select(Upload)).all() == []
        upload(session, session.get_one(Program, program_id))
    with database.reading(engine) as session:
        kept = session.scalars(select(Upload)).one()
        assert stored_reports.read(kept.role, kept.content) == report
