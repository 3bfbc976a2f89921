"""A site with two programs and everything in them, and a browser of everyone."""

from __future__ import annotations

import copy
import datetime
import itertools
import uuid
from dataclasses import dataclass, field
from typing import Any

import factories
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session

from matching.mapping.decisions import Decisions
from matching.profiles.questions import Kind
from mentorship import database, links, outbox
from mentorship.accounts import own_address, sessions
from mentorship.coordination import correspondence
from mentorship.coordination.roster import Sought
from mentorship.links import Purpose
from mentorship.models import (
    Base,
    BrowserSession,
    Decision,
    DecisionKind,
    Email,
    EmailKind,
    Note,
    Pairing,
    Person,
    Profile,
    Question,
    Round,
)
from mentorship.models import Role as ProfileRole
from mentorship.people import enrollment, imports, questions, stored_reports
from mentorship.people.questions import ProgramQuestion
from mentorship.programs import programs
from mentorship.rounds import rounds
from mentorship.settings import Settings
from mentorship.states import EmailState, PairingState
from webapp import gate

#: An email as it is stored, in words that no translation can have.
MESSAGE = (
    b"From: x@example.org\r\nTo: y@example.org\r\nSubject: \xc2\xb7\r\nDate: \r\n"
    b"Content-Type: text/html\r\n\r\n<p>1</p>\r\n"
)
#: The pages of the link in the header of an email; others of their area have a link of their own.
ONE_CLICK = ("preferences.ask", "preferences.unsubscribe")


#: An upload with columns and answers to decide about. It holds no words of three letters: pages
#: are searched for those that no one translates.
LIST = b"x7,x8,x9,xx\nL1 L2,ana@example.org,M1,q1\nO1 O2,bo@example.org,M1,q2\n"


@dataclass
class World:
    """Two programs with everything in them, and browsers of everyone."""

    app: Flask
    browsers: dict[str, FlaskClient]
    #: The named parts of addresses: of the first program, and of the other one.
    ours: dict[str, Any]
    theirs: dict[str, Any]

    def address(self, endpoint: str, values: dict[str, Any]) -> str:
        rule = next(r for r in self.app.url_map.iter_rules() if r.endpoint == endpoint)
        with self.app.test_request_context(base_url="https://localhost"):
            # What a signed link is about depends on the page.
            page = "unsubscribe" if endpoint in ONE_CLICK else endpoint.split(".")[0]
            values = values | {"token": values["tokens"].get(page)}
            return self.app.url_for(endpoint, **{name: values[name] for name in rule.arguments})


@dataclass
class _Stored:
    """A world as it stands in a database, and when it was made."""

    rows: dict[str, list[dict[str, Any]]]
    at: datetime.datetime
    cookies: dict[str, str]
    ours: dict[str, Any]
    theirs: dict[str, Any]
    #: What the next thing that a test makes is called.
    number: int


@dataclass
class Worlds:
    """Worlds for one test after the other: made once, and then stored again, which is quick."""

    _stored: dict[tuple[str, Settings], _Stored] = field(default_factory=dict)

    def one(self, app: Flask, engine: Engine, settings: Settings) -> World:
        """Fill a database with the same world each time; one that is not empty gets its own."""
        if count(engine, Person):
            return make_world(app, engine, settings)
        kind = engine.dialect.name, settings.replace(database_url="")
        if kind not in self._stored:
            self._stored[kind] = _store(make_world(app, engine, settings), engine)
        else:
            _store_again(self._stored[kind], engine)
        stored = self._stored[kind]
        factories._numbers = itertools.count(stored.number)
        browsers = {"stranger": app.test_client()}
        for name, cookie in stored.cookies.items():
            browsers[name] = app.test_client()
            browsers[name].set_cookie(gate.COOKIE, cookie, domain="localhost")
        app.config["WTF_CSRF_ENABLED"] = False
        return World(app, browsers, copy.deepcopy(stored.ours), copy.deepcopy(stored.theirs))


def _store(world: World, engine: Engine) -> _Stored:
    with database.reading(engine) as session:
        rows = {
            table.name: [dict(row) for row in session.execute(table.select()).mappings()]
            for table in Base.metadata.sorted_tables
        }
        at = database.now(session)
    cookies = {
        name: cookie.value
        for name, browser in world.browsers.items()
        if (cookie := browser.get_cookie(gate.COOKIE))
    }
    return _Stored(rows, at, cookies, world.ours, world.theirs, next(factories._numbers))


def _store_again(stored: _Stored, engine: Engine) -> None:
    """Store a world as if it were made now: what was a day ago is a day ago."""
    with database.transaction(engine) as session:
        passed = database.now(session) - stored.at
        for table in Base.metadata.sorted_tables:
            for row in stored.rows[table.name]:
                # None as it is would be written as JSON's null in columns of JSON.
                filled = {
                    name: value + passed if isinstance(value, datetime.datetime) else value
                    for name, value in row.items()
                    if value is not None
                }
                session.execute(table.insert(), filled)


def make_world(app: Flask, engine: Engine, settings: Settings) -> World:
    """Fill the database; forms need no token, which tests of their own ask for."""
    with database.transaction(engine) as session:
        values, people = [], {}
        for name in ("", "other "):
            program = factories.make_program(session)
            mentee = factories.make_mentee(session, program)
            mentor = factories.make_mentor(session, program)
            person = mentee.person
            coordinator = programs.coordinators(session, program.id)[0].person
            session.add(device := _device(session, person))
            question = ProgramQuestion(
                f"q_{name.strip()}x", "X1", Kind.ONE, choices=(("a", "A1"), ("b", "B1"))
            )
            questions.put(program, [question])
            mentee.answers = mentee.answers | {question.name: "a"}
            session.flush()
            round, _ = rounds.start(session, program, requested_by="test")
            decided = Decisions(defaults={"timezone": "Europe/London", "languages": "en"})
            report = imports.survey(LIST, ProfileRole.MENTEE, "x.csv", decided, {})
            content = stored_reports.packed(report)
            upload = enrollment.keep(
                session, program, ProfileRole.MENTEE, "x.csv", LIST, content, decided
            )
            pairing = _introduced(session, mentee, mentor, round)
            at = database.now(session)
            tokens = {
                page: links.token(purpose, person, about, at, settings)
                for page, purpose, about in (
                    ("answers", Purpose.FIRST_MEETING, pairing.id),
                    ("meetings", Purpose.FIRST_MEETING, pairing.id),
                    ("invitations", Purpose.INVITATION, mentee.id),
                    ("preferences", Purpose.PREFERENCES, person.id),
                    ("unsubscribe", Purpose.UNSUBSCRIBE, person.id),
                )
            }
            own_address.ask(session, person.id, f"{uuid.uuid4().hex}@example.org")
            asked = Email.kind == EmailKind.ADDRESS_CONFIRMATION
            request = session.scalars(
                select(Email).where(asked, Email.person_id == person.id)
            ).one()
            tokens["account"] = links.token(Purpose.ADDRESS, person, request.id, at, settings)
            outbox.owe(
                session,
                EmailKind.WELCOME,
                to=person.id,
                about=mentee.id,
                program_id=program.id,
                number=1,
            )
            session.add(
                note := Note(profile_id=mentee.id, author_id=coordinator.id, text="·", at=at)
            )
            decision = Decision(
                round_id=round.id, kind=DecisionKind.PART, mentee_id=mentee.id,
                mentor_id=mentor.id, made_by=str(coordinator.id), made_at=at,
            )  # fmt: skip
            session.add(decision)
            session.flush()
            own = (Email.person_id == person.id) & (Email.cause_id == mentee.id)
            email = session.scalars(select(Email).where(Email.number == 1, own)).one()
            email.state, email.last_error = EmailState.FAILED, "550"
            email.message = MESSAGE
            email.message_id = "<1@localhost>"
            coordinator = programs.coordinators(session, program.id)[0].person
            letter = correspondence.draft(
                session, program, coordinator.id, Sought(ids=(mentee.id,)), "7", "8"
            )
            people |= {
                f"{name}coordinator": coordinator, f"{name}mentee": person,
                f"{name}mentor": mentor.person,
            }  # fmt: skip
            values.append(
                {
                    "slug": program.slug, "profile_id": mentee.id, "round_id": round.id,
                    "upload_id": upload.id, "device_id": device.id, "role": "mentee",
                    "email_id": email.id, "letter_id": letter.id, "person_id": coordinator.id,
                    "section": "you", "format": "csv", "part": "pairs",
                    "secret": "x", "kind": "welcome", "filename": "icon.svg",
                    "pairing_id": pairing.id, "note_id": note.id, "tokens": tokens,
                    "name": question.name,
                    "mentee_id": mentee.id, "mentor_id": mentor.id, "decision_id": decision.id,
                }
            )  # fmt: skip
        browsers = {"stranger": app.test_client()}
        for name, person in people.items():
            session.add(device := _device(session, person))
            browsers[name] = app.test_client()
            browsers[name].set_cookie(gate.COOKIE, device.user_agent, domain="localhost")
    app.config["WTF_CSRF_ENABLED"] = False
    return World(app, browsers, *values)


def _introduced(session: Session, mentee: Profile, mentor: Profile, round: Round) -> Pairing:
    """A pairing of two who were introduced yesterday."""
    mentor.places_taken = 1
    pairing = Pairing(
        program_id=mentee.program_id, round_id=round.id, mentee_id=mentee.id, mentor_id=mentor.id,
        mentee_person_id=mentee.person_id, mentor_person_id=mentor.person_id, score=500_000,
        state=PairingState.INTRODUCED, contributions={}, reasons=[],
        introduced_at=database.now(session) - datetime.timedelta(days=1),
    )  # fmt: skip
    session.add(pairing)
    session.flush()
    return pairing


def sign_in(session: Session, browser: FlaskClient, person_id: uuid.UUID) -> None:
    """Sign a person in at a browser."""
    session.add(device := _device(session, session.get_one(Person, person_id)))
    browser.set_cookie(gate.COOKIE, device.user_agent, domain="localhost")


def _device(session: Session, person: Person) -> BrowserSession:
    """A signed-in browser; the cookie stands where the browser's name would."""
    cookie = uuid.uuid4().hex
    at = database.now(session)
    return BrowserSession(
        person_id=person.id, token_hash=sessions.hashed(cookie), user_agent=cookie, created_at=at,
        expires_at=at + sessions.SESSION_LIVES,
    )  # fmt: skip


def answer_path(
    world: World, settings: Settings, engine: Engine, question: Question, role: str = "mentee"
) -> str:
    """The page on which one of the two of a pairing answers."""
    with database.reading(engine) as session:
        pairing = session.get_one(Pairing, world.ours["pairing_id"])
        person = getattr(pairing, role).person
        at = database.now(session)
        token = links.token(Purpose(question.value), person, pairing.id, at, settings)
        return f"/answers/{token}"


def change_pairing(world: World, engine: Engine, **changes: Any) -> None:
    with database.transaction(engine) as session:
        pairing = session.get_one(Pairing, world.ours["pairing_id"])
        for name, value in changes.items():
            setattr(pairing, name, value)


def everything(engine: Engine) -> dict[str, Any]:
    """All rows of all tables."""
    with engine.connect() as connection:
        return {
            name: sorted(map(repr, connection.execute(table.select())))
            for name, table in Base.metadata.tables.items()
        }


def ask(world: World, visitor: str, endpoint: str, values: dict[str, Any], method: str) -> Any:
    return world.browsers[visitor].open(
        world.address(endpoint, values), method=method, base_url="https://localhost",
        data={"form_key": uuid.uuid4().hex} if method == "POST" else None,
    )  # fmt: skip


def routes(app: Flask) -> list[tuple[str, str]]:
    return [
        (rule.endpoint, method)
        for rule in app.url_map.iter_rules()
        if rule.endpoint != "static"
        for method in sorted((rule.methods or set()) & {"GET", "POST", "PUT", "PATCH", "DELETE"})
    ]


def count(engine: Engine, model: Any) -> int:
    """How many rows a table has."""
    with database.reading(engine) as session:
        return session.scalar(select(func.count()).select_from(model)) or 0
