"""What the database itself refuses, whichever process writes, and how it is opened."""

from __future__ import annotations

import datetime
import threading
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import factories
import pytest
import servers
from sqlalchemy import Engine, inspect, select, text, update
from sqlalchemy.exc import IntegrityError, StatementError
from sqlalchemy.orm import Session

from mentorship import database, migrations, outbox
from mentorship.errors import Unavailable
from mentorship.models import Base, Email, EmailKind, Pairing, Person, Profile, Program, Round
from mentorship.states import EmailState, PairingState, RoundState

AT = datetime.datetime(2026, 11, 23, 12, 0, tzinfo=datetime.UTC)


def make_round(session: Session, program: Program, **changes: Any) -> Round:
    from mentorship.programs import policies

    values = {
        "program_id": program.id,
        "policy_id": policies.current(session, program.id).id,
        "number": 1,
        "state": RoundState.QUEUED,
        "scope": "everyone",
        "existing": "keep",
        "requested_by": "test",
        "created_at": AT,
    }
    round = Round(**values | changes)
    session.add(round)
    session.flush()
    return round


def make_pairing(
    session: Session, round: Round, mentee: Profile, mentor: Profile, **changes: Any
) -> Pairing:
    values = {
        "program_id": round.program_id,
        "round_id": round.id,
        "mentee_id": mentee.id,
        "mentor_id": mentor.id,
        "mentee_person_id": mentee.person_id,
        "mentor_person_id": mentor.person_id,
        "state": PairingState.PROPOSED,
        "score": 500_000,
        "contributions": {},
        "reasons": [],
    }
    pairing = Pairing(**values | changes)
    session.add(pairing)
    session.flush()
    return pairing


def two_open_rounds(session: Session, program: Program) -> None:
    make_round(session, program)
    make_round(session, program, number=2, state=RoundState.PROPOSED)


def a_published_dry_run(session: Session, program: Program) -> None:
    make_round(session, program, dry_run=True, state=RoundState.PUBLISHED)


def a_real_round_that_tries_a_policy(session: Session, program: Program) -> None:
    make_round(session, program, tried={"version": 2})


def a_lease_without_work(session: Session, program: Program) -> None:
    make_round(session, program, lease_until=AT)


def a_state_that_does_not_exist(session: Session, program: Program) -> None:
    round = make_round(session, program)
    session.execute(text("UPDATE rounds SET state = 'lost'"))
    session.refresh(round)


def more_places_taken_than_offered(session: Session, program: Program) -> None:
    mentor = factories.make_mentor(session, program, capacity=1)
    session.execute(update(Profile).where(Profile.id == mentor.id).values(places_taken=2))


def a_mentee_with_places(session: Session, program: Program) -> None:
    mentee = factories.make_mentee(session, program)
    session.execute(update(Profile).where(Profile.id == mentee.id).values(capacity=1))


def two_profiles_of_one_person_and_role(session: Session, program: Program) -> None:
    factories.make_mentee(session, program, email="ana@example.org")
    factories.make_mentee(session, program, email="ana@example.org")


def one_listed_id_for_two(session: Session, program: Program) -> None:
    factories.make_mentee(session, program, mentee_id="me-1")
    factories.make_mentee(session, program, mentee_id="me-1")


def two_people_with_one_address(session: Session, program: Program) -> None:
    for address in ("ana@example.org", "Ana@example.org"):
        session.add(
            Person(email=address, email_key="ana@example.org", full_name="Ana", created_at=AT)
        )
    session.flush()


def someone_mentoring_themselves(session: Session, program: Program) -> None:
    mentee = factories.make_mentee(session, program, email="ana@example.org")
    mentor = factories.make_mentor(session, program, email="ana@example.org")
    make_pairing(session, make_round(session, program), mentee, mentor)


def a_pairing_of_another_person(session: Session, program: Program) -> None:
    mentee, mentor = (
        factories.make_mentee(session, program),
        factories.make_mentor(session, program),
    )
    make_pairing(
        session, make_round(session, program), mentee, mentor, mentee_person_id=uuid.uuid4()
    )


def the_same_two_paired_twice(session: Session, program: Program) -> None:
    mentee, mentor = (
        factories.make_mentee(session, program),
        factories.make_mentor(session, program),
    )
    for number in (1, 2):
        round = make_round(session, program, number=number, state=RoundState.PUBLISHED)
        make_pairing(session, round, mentee, mentor, state=PairingState.ACTIVE)


def one_email_twice_for_one_cause(session: Session, program: Program) -> None:
    mentee = factories.make_mentee(session, program)
    for _ in range(2):
        outbox.owe(
            session,
            EmailKind.NOT_THIS_TIME,
            to=mentee.person_id,
            about=program.id,
            program_id=program.id,
        )
    session.flush()


def an_email_sent_at_no_time(session: Session, program: Program) -> None:
    mentee = factories.make_mentee(session, program)
    outbox.owe(
        session,
        EmailKind.NOT_THIS_TIME,
        to=mentee.person_id,
        about=program.id,
        program_id=program.id,
    )
    session.flush()
    session.execute(update(Email).values(state=EmailState.SENT))


def a_round_of_no_program(session: Session, program: Program) -> None:
    make_round(session, program, program_id=uuid.uuid4())


@pytest.mark.parametrize(
    "break_it",
    [
        two_open_rounds, a_published_dry_run, a_lease_without_work,
        a_real_round_that_tries_a_policy, a_state_that_does_not_exist,
        more_places_taken_than_offered, a_mentee_with_places, two_profiles_of_one_person_and_role,
        one_listed_id_for_two, two_people_with_one_address, someone_mentoring_themselves,
        a_pairing_of_another_person, the_same_two_paired_twice, one_email_twice_for_one_cause,
        an_email_sent_at_no_time, a_round_of_no_program,
    ],
    ids=lambda function: function.__name__,
)  # fmt: skip
def test_the_database_refuses(engine: Engine, break_it: Callable[[Session, Program], None]) -> None:
    with pytest.raises(IntegrityError), database.transaction(engine) as session:
        break_it(session, factories.make_program(session))


def test_dry_runs_may_be_open_beside_a_round(session: Session, program: Program) -> None:
    for number, dry_run in ((1, False), (2, True), (3, True)):
        make_round(session, program, number=number, dry_run=dry_run)


def test_a_naive_time_is_refused(engine: Engine) -> None:
    with (
        pytest.raises(StatementError, match="no time zone"),
        database.transaction(engine) as session,
    ):
        factories.make_program(session).created_at = datetime.datetime(2026, 1, 1)  # noqa: DTZ001


def test_times_come_back_as_utc(engine: Engine) -> None:
    there = datetime.timezone(datetime.timedelta(hours=5, minutes=30))
    with database.transaction(engine) as session:
        factories.make_program(session).created_at = AT.astimezone(there)
    with database.reading(engine) as session:
        stored = session.scalars(select(Program.created_at)).one()
    assert stored == AT
    assert stored.tzinfo is datetime.UTC


def test_the_database_clock_is_aware_and_close_to_ours(session: Session) -> None:
    here = datetime.datetime.now(datetime.UTC)

    assert abs((database.now(session) - here).total_seconds()) < 5


def test_an_exception_writes_nothing(engine: Engine) -> None:
    def stop_half_way() -> None:
        with database.transaction(engine) as session:
            factories.make_program(session)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        stop_half_way()
    with database.reading(engine) as session:
        assert session.scalars(select(Program)).all() == []


def test_writers_wait_for_each_other_instead_of_failing(engine: Engine) -> None:
    with database.transaction(engine) as session:
        program_id = factories.make_program(session).id
    errors: list[Exception] = []

    def raise_length() -> None:
        try:
            for _ in range(10):
                with database.transaction(engine) as session:
                    program = session.get_one(Program, program_id, with_for_update=True)
                    program.length_months += 1
        except Exception as error:  # noqa: BLE001 - whatever it is, the test shows it
            errors.append(error)

    threads = [threading.Thread(target=raise_length) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert errors == []
    with database.reading(engine) as session:
        assert session.get_one(Program, program_id).length_months == 6 + 40


def test_migrations_go_down_and_up_again(engine: Engine) -> None:
    migrations.downgrade(engine, "base")
    assert set(inspect(engine).get_table_names()) == {"alembic_version"}

    migrations.upgrade(engine)
    assert set(inspect(engine).get_table_names()) == {*Base.metadata.tables, "alembic_version"}


def test_models_and_migrations_agree(engine: Engine) -> None:
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext

    with engine.connect() as connection:
        context = MigrationContext.configure(connection)
        assert compare_metadata(context, Base.metadata) == []
        assert migrations.is_current(connection)
        assert migrations.newest() == context.get_current_revision()


def test_a_database_without_tables_or_with_others_is_not_current(engine: Engine) -> None:
    for revision in ("0003", "base"):
        migrations.downgrade(engine, revision)
        with engine.connect() as connection:
            assert not migrations.is_current(connection)
    with pytest.raises(Unavailable, match=r"cannot be changed: .*nonsense"):
        migrations.upgrade(engine, "nonsense")


def test_a_new_file_without_any_table_is_not_current(tmp_path: Path) -> None:
    with database.make_engine(f"sqlite:///{tmp_path / 'empty.db'}").connect() as connection:
        assert not migrations.is_current(connection)


def test_a_postgresql_without_an_encoding_gives_text_all_the_same(
    postgres: servers.Postgres,
) -> None:
    name = postgres.create_database("ascii", "template0", "ENCODING 'SQL_ASCII'")
    engine = database.make_engine(postgres.url(name))
    migrations.upgrade(engine)
    with database.transaction(engine) as session:
        factories.make_program(session).name = "Zoë"
    with database.reading(engine) as session:
        assert session.scalars(select(Program.name)).one() == "Zoë"
    engine.dispose()
