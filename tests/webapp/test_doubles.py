"""The same form sent twice, one after the other and at once: acted on once, answered alike."""

from __future__ import annotations

import re
import threading
import uuid
from typing import Any

import factories
import pytest
from databases import waiting
from flask import Flask
from long_forms import first_of
from patience import patient, wait_until
from sites import World, routes
from sqlalchemy import Engine, func, select, update

from matching import policy
from matching.mapping.decisions import Decisions
from mentorship import database
from mentorship.models import Email, EmailKind, Pairing, Profile, Program
from mentorship.models import Role as ProfileRole
from mentorship.pairings import pairings
from mentorship.people import enrollment, imports, profiles, stored_reports
from mentorship.rounds import rounds
from mentorship.states import PairingState, ProfileState

#: What each form needs to be acted on; any other needs nothing.
FORMS: dict[str, dict[str, str]] = {
    "account.ask_address": {"email": "wanted@example.org"},
    "account.prefer": {"wants_reminders": "yes"},
    "account.save": {"locale": "en_GB", "timezone": "Asia/Tokyo"},
    "desk.save": {"name": "Renamed"},
    "wordings.save": {"subject": "Hello {name}", "opening": "Welcome.", "closing": ""},
    "emails.resend": {"reason": "it was never read"},
    "emails.resend_alike": {"reason": "the relay is back", "failure": "550 refused"},
    "policies.save": {
        "yaml": policy.default().to_yaml().replace("floor: 0", "floor: 0.5"),
    },
    "rounds.start": {"scope": "everyone", "existing": "keep", "dry_run": "yes"},
    "round_schedules.save": {
        "rhythm": "weekly", "first_on": "2099-01-05", "time": "09:00", "zone": "Europe/London",
        "scope": "unmatched", "least_coverage": "70",
    },
    "uploads.decide": {"agreed": "yes", "consented": "a form"},
    "profiles.save": {
        "full_name": "Ana", "career_stage": "resident", "timezone": "Europe/London",
        "languages": "en",
    },
    "messages.write": {"subject": "Friday", "text": "We meet."}, "messages.send": {"readers": "1"},
    "profiles.send": {"adult": "yes"},
    "profiles.confirm": {"adult": "yes"},
    "person.save": {
        "full_name": "Ana", "career_stage": "resident", "timezone": "Europe/London",
        "languages": "en",
    },
    "person.write_note": {"text": "Called on Monday."},
    "pairings.end": {"reason": "ended by a coordinator"},
    "coordinators.add": {"email": "another@example.org"},
}  # fmt: skip
#: Forms that carry a stamp of what they were opened with, and the page on which they stand.
STAMPED = {
    "desk.save": "desk.settings",
    "wordings.save": "wordings.show",
    "policies.save": "policies.show",
    "person.save": "person.edit",
    "coordinators.add": "coordinators.index",
    "round_schedules.save": "round_schedules.show",
    "uploads.decide": "uploads.show",
}
#: The state in which a profile must be for a form about it to be acted on.
STATES = {
    "profiles.send": ProfileState.DRAFT, "profiles.confirm": ProfileState.UNCONFIRMED,
    "profiles.resume": ProfileState.PAUSED, "people.admit": ProfileState.AWAITING_APPROVAL,
    "people.turn_away": ProfileState.AWAITING_APPROVAL,
    "people.admit_many": ProfileState.AWAITING_APPROVAL,
    "person.pause": ProfileState.READY, "person.resume": ProfileState.PAUSED,
    "people.remind_many": ProfileState.UNCONFIRMED,
}  # fmt: skip
#: No one is signed in, or a file is needed; these have tests of their own.
APART = {
    "sign_in.send", "sign_in.enter_code", "sign_in.enter", "sign_in.leave", "join.send",
    "account.confirm_address",
    "invitations.answer", "answers.give", "answers.undo", "meetings.agree", "preferences.save",
    "preferences.unsubscribe", "uploads.receive", "rounds.publish", "rounds.discard",
    "rounds.publish_held", "rounds.schedule", "rounds.unschedule", "pairs.decide", "pairs.undo",
    "pairs.match_again", "pairs.hold", "rounds.start_rematch",
}  # fmt: skip
OWN = ("profiles.", "account.", "join.")


def test_every_form_is_tried_twice_somewhere(app: Flask) -> None:
    posts = {endpoint for endpoint, method in routes(app) if method == "POST"}

    assert APART | set(FORMS) | set(STATES) <= posts


def prepare(world: World, engine: Engine, endpoint: str) -> tuple[str, str, dict[str, str]]:
    """Who sends what to which address, with everything there for it to be acted on."""
    values = dict(world.ours)
    with database.transaction(engine) as session:
        profile = session.get_one(Profile, values["profile_id"])
        if endpoint in STATES:
            profile.state = STATES[endpoint]
        session.get_one(Email, values["email_id"]).failure = "550 refused"
        if endpoint == "uploads.decide":
            data = b"mentee_id,full_name,email,career_stage,timezone,languages\n" + b"".join(
                f"n-{n},New {n},new{n}@example.org,resident,Europe/London,en\n".encode()
                for n in range(5)
            )
            report = imports.survey(data, ProfileRole.MENTEE, "x.csv", Decisions(), {})
            program = session.get_one(Program, profile.program_id)
            values["upload_id"] = enrollment.keep(
                session,
                program,
                ProfileRole.MENTEE,
                "x.csv",
                data,
                stored_reports.packed(report),
                Decisions(),
            ).id
    visitor = "mentee" if endpoint.startswith(OWN) else "coordinator"
    form = FORMS.get(endpoint, {}) | {"form_key": uuid.uuid4().hex}
    if endpoint in STAMPED:
        page = world.browsers[visitor].get(
            world.address(STAMPED[endpoint], values), base_url="https://localhost"
        )
        form["seen"] = re.findall(r'name="seen" value="([^"]*)"', page.text)[0]
    if endpoint in ("people.admit_many", "people.remind_many"):
        form |= {"profile": str(values["profile_id"])}
    if endpoint == "join.save":
        values["role"] = "mentor"
        form |= FORMS["profiles.save"] | {"capacity": "1"}
    return visitor, world.address(endpoint, values), form


def endpoints() -> list[str]:
    return sorted(
        {
            *FORMS, *STATES, "join.save", "rounds.cancel", "profiles.pause", "profiles.leave",
            "account.end_device", "people.clear_address",
        }
    )  # fmt: skip


@pytest.mark.parametrize("endpoint", endpoints())
# One after the other only in the long form: at once is harder, and a few forms are tried so by
# test_sent_forms.py.
@pytest.mark.parametrize("at_once", first_of([True, False]))
def test_sent_twice_it_is_acted_on_once_and_answered_alike(
    world: World, engine: Engine, endpoint: str, at_once: bool
) -> None:
    visitor, address, form = prepare(world, engine, endpoint)
    cookie = next(iter(world.browsers[visitor]._cookies.values()))
    answers: list[Any] = []

    def send() -> None:
        client = world.app.test_client()
        client.set_cookie(cookie.key, cookie.value, domain="localhost")
        answer = client.post(address, data=form, base_url="https://localhost")
        answers.append((answer.status_code, answer.location))

    if at_once:
        threads = [threading.Thread(target=send) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    else:
        send()
        send()

    assert answers[0][0] == 303, answers
    assert len(set(answers)) == 1, answers


def test_someone_who_leaves_while_a_round_is_published_has_no_pairing_left(
    engine: Engine, world: World
) -> None:
    """Leaving waits for the publication that holds the row, and then ends what it began."""
    with database.transaction(engine) as session:
        mentee = session.get_one(Profile, world.ours["profile_id"])
        program = session.get_one(Program, mentee.program_id)
        # The mentee has a mentor, and is to have another one.
        program.most_mentors = 2
        mentee.answers = mentee.answers | {"mentors_wanted": 2}
        mentor = factories.make_mentor(session, program)
        found = rounds.get(session, world.ours["round_id"])
        session.add(Pairing(
            program_id=program.id, round_id=found.id, mentee_id=mentee.id, mentor_id=mentor.id,
            mentee_person_id=mentee.person_id, mentor_person_id=mentor.person_id,
            state=PairingState.PROPOSED, score=500_000, contributions={}, reasons=[],
        ))  # fmt: skip
        round_id, mentee_id = found.id, mentee.id
    introduced, may_commit = threading.Event(), threading.Event()

    def publish() -> None:
        with database.transaction(engine) as session:
            pairings.introduce(session, rounds.get(session, round_id))
            session.flush()
            introduced.set()
            may_commit.wait(patient(60))

    def leave() -> None:
        with database.transaction(engine) as session:
            pairings.leave(session, profiles.get(session, mentee_id))

    publisher, leaver = threading.Thread(target=publish), threading.Thread(target=leave)
    publisher.start()
    assert introduced.wait(patient(60))
    with waiting(engine) as is_waiting:
        leaver.start()
        try:
            wait_until("leaving to wait", is_waiting)
        finally:
            may_commit.set()
            publisher.join()
            leaver.join()

    with database.reading(engine) as session:
        assert session.get_one(Profile, mentee_id).state is ProfileState.LEFT
        states = select(Pairing.state).where(Pairing.mentee_id == mentee_id)
        assert set(session.scalars(states)) == {PairingState.ENDED}
        # The new mentor, and the one of before.
        told = select(func.count()).where(Email.kind == EmailKind.PAIRING_ENDED)
        assert session.scalar(told) == 2


def test_a_preview_does_not_tell_whether_a_private_answer_is_as_guessed(
    world: World, engine: Engine
) -> None:
    with database.transaction(engine) as session:
        profile = session.get_one(Profile, world.ours["profile_id"])
        profile.answers = profile.answers | {
            "do_not_match": ["mr-9"], "goals": ["burnout-wellbeing"], "style_feedback": "gentle",
        }  # fmt: skip
        program = session.get_one(Program, profile.program_id)
        head = "mentee_id,full_name,email,career_stage,timezone,languages"
        person = f"{profile.listed_id},{profile.person.full_name},{profile.person.email},"
        person += "medical-student-clinical,Europe/London,en"
        outcomes = set()
        for column, guesses in (
            ("do_not_match", ("mr-9", "mr-8")),
            ("goals", ("burnout-wellbeing", "setbacks-remediation")),
            ("style_feedback", ("gentle", "direct")),
        ):
            for guess in guesses:
                data = f"{head},{column}\n{person},{guess}\n".encode()
                report = imports.survey(data, ProfileRole.MENTEE, "x.csv", Decisions(), {})
                enrollment.apply(session, program, report, actor="test", dry_run=True)
                assert report.problems == []
                outcomes.add((report.added, report.updated, report.unchanged))
    assert outcomes == {(0, 0, 1)}


def test_importing_again_allows_no_one_whom_someone_ruled_out(world: World, engine: Engine) -> None:
    with database.transaction(engine) as session:
        profile = session.get_one(Profile, world.ours["profile_id"])
        session.execute(
            update(Profile)
            .where(Profile.id == profile.id)
            .values(answers=profile.answers | {"do_not_match": ["own@example.org"]})
        )
        session.refresh(profile)
        program = session.get_one(Program, profile.program_id)
        data = (
            "mentee_id,full_name,email,career_stage,timezone,languages,do_not_match\n"
            f"{profile.listed_id},Ana,{profile.person.email},resident,Europe/London,en,mr-1\n"
        ).encode()
        report = imports.read(data, ProfileRole.MENTEE, "x.csv")
        enrollment.apply(session, program, report, actor="test", consented="a form")
        session.refresh(profile)
        assert profile.answers["do_not_match"] == ["own@example.org", "mr-1"]


def test_a_page_that_is_not_there_keeps_no_connection(world: World) -> None:
    import gc

    pool: Any = world.app.extensions["engine"].pool
    gc.disable()
    try:
        for _ in range(30):
            answer = world.browsers["mentee"].get(
                f"/programs/{world.ours['slug']}/desk", base_url="https://localhost"
            )
            assert answer.status_code == 404
        held = pool.checkedout() if hasattr(pool, "checkedout") else 0
    finally:
        gc.enable()
    assert held == 0
