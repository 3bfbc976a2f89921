"""A word of its own in every field, looked for in all that anyone reads, in every state.

Who may find which is computed from the one table, `mentorship.people.sight.TABLE`: a word that a
reader may not read is nowhere, and one that they may read is somewhere.
"""

from __future__ import annotations

import html
import logging
import re
import uuid
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import factories
import pytest
import sites
from flask import Flask
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

import matching.policy
from matching.mapping.decisions import Decisions
from matching.profiles import taxonomy
from matching.profiles.columns import COLUMNS, Audience, Column, of_role
from matching.profiles.questions import Kind
from mentorship import database, links
from mentorship.coordination import digest, letters, review
from mentorship.coordination.roster import Sought
from mentorship.emails import contents, messages
from mentorship.emails.examples import OfCoordinator, OfPairing, OfUnmatched
from mentorship.emails.kinds import KINDS, SHOWN
from mentorship.links import Purpose
from mentorship.models import (
    Cause,
    Email,
    EmailKind,
    Pairing,
    Person,
    Profile,
    Program,
    Question,
    Reply,
    Role,
    Round,
    Unmatched,
)
from mentorship.people import enrollment, import_report, questionnaire, questions, sight
from mentorship.people.import_report import Entry, ImportReport
from mentorship.people.questions import ProgramQuestion
from mentorship.people.sight import Viewer
from mentorship.programs import policies, programs
from mentorship.settings import Settings
from mentorship.states import EmailState, PairingState, ProfileState

#: Pages that ask: they list every option, and hold no answers but one's own, or those that
#: the reader may read.
ASKING = (
    "join.begin",
    "profiles.edit",
    "person.edit",
    "account.show",
    "styleguide.show",
    "policies.show",
    "questions.edit",
    "round_schedules.show",
)
#: What each answers; a kind of the taxonomy has another entry for each column and role.
ANSWERS: dict[Role, dict[str, Any]] = {
    Role.MENTEE: {
        "career_stage": "intern", "languages": ["en", "sw"], "timezone": "Asia/Thimphu",
        "country": "BT", "specialty_interests": ["dermatology"],
        "goals": ["personal-finance", "burnout-wellbeing"], "modalities": ["in-person"],
        "communities": ["women-in-medicine"], "practice_country": "FJ",
        "availability": ["Tue 03:15-04:45"], "language_required": "am", "joined_on": "1987-06-05",
        "experiences": ["bench-research"], "experiences_wanted": ["shadowing"],
    },
    Role.MENTOR: {
        "career_stage": "senior-physician", "languages": ["en", "yo"], "country": "NR",
        "timezone": "Pacific/Chatham", "specialties": ["neurosurgery"], "topics": ["grant-writing"],
        "experiences": ["startup-role"], "experiences_offered": ["journal-editorial"],
        "modalities": ["phone-call"], "communities": ["parents"],
        "availability": ["Wed 02:15-03:45"], "accepts_stages": ["fellow", "resident"],
        "joined_on": "1986-05-04", "past_mentees": 947, "years_experience": 73, "one_off": "both",
        "capacity": 1,
    },
}  # fmt: skip


OTHER = "other coordinator"
READERS = ("stranger", "mentee", "mentor", "unmatched", "coordinator", OTHER)
#: How many emails and kinds are tried where all are refused, or are the same in every state.
SOME = {"email_id": 2, "kind": 1}
#: Links that are about their reader; others are about the pairing or the profile.
OF_PERSON = (Purpose.PREFERENCES, Purpose.UNSUBSCRIBE, Purpose.ADDRESS)


@dataclass
class Read:
    """All that was read: the texts of each reader, with where each stood."""

    texts: dict[str, list[tuple[str, str]]] = field(default_factory=lambda: defaultdict(list))

    def add(self, reader: str, where: str, text: str) -> None:
        line = " ".join(html.unescape(re.sub(r"<[^>]+>", " ", text)).split())
        self.texts[reader].append((where, line.casefold()))

    def places(self, reader: str, word: str, *, asking: bool = True) -> list[str]:
        """Where a reader found a word."""
        words = " ".join(word.casefold().split())
        pattern = re.compile(rf"(?<!\w){re.escape(words)}(?!\w)")
        return [
            where
            for where, text in self.texts[reader]
            # Most texts do not hold it at all, which is seen sooner.
            if words in text and (asking or not where.startswith(ASKING)) and pattern.search(text)
        ]


@dataclass
class Cast:
    """Who is in it, and what stands in their fields."""

    program: Program
    mentee: Profile
    mentor: Profile
    unmatched: Profile
    other_program: Program
    in_other: Profile
    pairing: Pairing
    round: Round
    coordinator_id: uuid.UUID
    other_coordinator_id: uuid.UUID


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """What is read is the same on every database."""
    return sqlite_url


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return settings.replace(metrics_token="a token for metrics")


@pytest.fixture(autouse=True)
def _labels_of_their_own(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every term and option that someone chose has a label that stands nowhere else."""
    entries = taxonomy.load().entries
    for role, column in _columns():
        for id in _listed(ANSWERS[role].get(column.name)) if column.kind else ():
            if id != "en":
                label = f"Canary {id} as {column.name} of {role}".replace("_", " ")
                monkeypatch.setitem(entries[column.kind][id], "label", label)  # type: ignore[arg-type, index]
    monkeypatch.setattr(Column, "label", lambda column, option: f"Canary {option} of {column.name}")


def _columns() -> Iterator[tuple[Role, Column]]:
    for role in Role:
        for column in of_role(role.value).values():
            yield role, column


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value] if value is not None else []


def _answers(role: Role) -> dict[str, Any]:
    """An answer in every column that a role is asked."""
    answers: dict[str, Any] = {}
    for column in of_role(role.value).values():
        name = column.name
        if name in ANSWERS[role]:
            value = ANSWERS[role][name]
        elif name == "email":
            value = f"canary-{role}@example.org"
        elif name in ("do_not_match", "mentor_picks"):
            value = [f"canary-{name}-{role}@example.org"]
        elif name == "status":
            value = "active"
        elif column.options:
            value = column.options[0 if role is Role.MENTEE else 1]
        elif name in ("rounds_waiting", "meetings_per_month"):
            value = 4
        else:
            value = f"Canary{name}{role}".replace("_", "")
        if value is not None:
            answers[name] = value
    return answers


#: The program's own questions: one for each audience, two in words and one with choices.
OWN = (
    ProgramQuestion("q_seen", "Seen?", Kind.TEXT, audience=Audience.MATCH),
    ProgramQuestion("q_kept", "Kept?", Kind.TEXT, audience=Audience.COORDINATORS),
    ProgramQuestion(
        "q_secret", "Secret?", Kind.ONE, audience=Audience.NOBODY,
        choices=(("mentee", "One"), ("mentor", "Two")),
    ),
)  # fmt: skip


def _own_answers(role: Role) -> dict[str, Any]:
    return {each.name: f"Canary{each.name}{role}".replace("_", "") for each in OWN[:2]} | {
        "q_secret": role.value
    }


def words(profile: Profile) -> dict[str, list[str]]:
    """What stands in each field of a profile, as people read it; numbers below 10 tell nothing."""
    found: dict[str, list[str]] = {}
    own = tuple(question.column for question in OWN)
    for name, column in of_role(profile.role.value, own).items():
        value = profile.answers.get(name)
        if value in (None, "en", 4, 1) or name in ("status", "accepts_stages"):
            continue
        ids = [id for id in _listed(value) if id != "en"]
        found[name] = [
            questionnaire.shown(column, [id] if isinstance(value, list) else id) for id in ids
        ]
    if "goals" in found:
        found[sight.PRIVATE_GOALS] = [found["goals"].pop()]
    if profile.role is Role.MENTEE:
        found |= {sight.COMMENT: ["canary-kept-comment"], sight.SHARED_COMMENT: ["canary-shared"]}
    found[sight.MEETING] = ["https://call.example/canary-room"]
    return found


def tell(session: Session, state: PairingState) -> Cast:
    """Write two programs; in one, a mentee and a mentor whose pairing is in a state."""
    program = factories.make_program(session, introduction="ask_first")
    # Identity is asked about, so that its answers are there to be found.
    body = policies.current(session, program.id).body
    body = body | {"weights": body["weights"] | {"identity": 0.1}}
    policies.adopt(session, program, matching.policy.Policy.from_dict(body))
    questions.put(program, OWN)
    session.flush()
    profiles = {
        role: factories._ready(session, program, role, _answers(role) | _own_answers(role))
        for role in Role
    }
    mentee, mentor = profiles[Role.MENTEE], profiles[Role.MENTOR]
    unmatched = factories.make_mentee(
        session, program, full_name="Una Matched", languages=["en"], specialty_interests=None
    )
    pairing = factories.make_pairing(session, program, state, days=8, mentee=mentee, mentor=mentor)
    pairing.reasons = [
        {
            "criterion": "help", "goals": mentee.answers["goals"], "first_wish": True,
            "experiences": [],
        },
        {"criterion": "choice"},
        {"criterion": "place", "institution": mentor.answers["institution"]},
        {"criterion": "style", "alike": 3},
        {"criterion": "stage", "seniority": "senior"},
        {"criterion": "q_secret", "shared": ["mentee", "mentor"]},
    ]  # fmt: skip
    pairing.meeting_at, pairing.meeting_minutes = database.now(session), 30
    pairing.meeting_where, pairing.meeting_number = words(mentee)[sight.MEETING][0], 1
    if state is PairingState.ENDED:
        pairing.ended_reason, pairing.ended_at = "did not fit", database.now(session)
    round = session.get_one(Round, pairing.round_id)
    round.published_at = None if state is PairingState.PROPOSED else database.now(session)
    round.result = factories.round_result() | {
        "kept": [],
        "measures": factories.round_result()["measures"] | {"groups": {}},
    }
    for profile, cause in ((unmatched, "rule"), (mentor, "demand")):
        reason = {"cause": cause, "rule": "do_not_match", "would_open": 1, "suitable": 1}
        session.add(Unmatched(round_id=round.id, profile_id=profile.id, reason=reason))
    at = database.now(session)
    for question, word in (
        (Question.PULSE, "canary-kept-comment"), (Question.FIRST_MEETING, "canary-shared"),
    ):  # fmt: skip
        session.add(
            Reply(
                pairing_id=pairing.id, person_id=mentee.person_id, question=question,
                choice="slow" if question is Question.PULSE else "met", comment=word,
                is_shared=word == "canary-shared", at=at, effective_at=at, applied_at=at,
            )
        )  # fmt: skip
    other = factories.make_program(session)
    entry = Entry(
        2, mentee.person.email,
        factories.mentee_answers(email=mentee.person.email, full_name="Guessed Name"),
        frozenset({"full_name", "email", "mentee_id", "career_stage", "timezone", "languages"}),
    )  # fmt: skip
    listed = ImportReport(Role.MENTEE, rows=1, entries=[entry])
    enrollment.apply(session, other, listed, actor="test")
    session.flush()
    in_other = session.scalars(select(Profile).where(Profile.program_id == other.id)).one()
    ids = [programs.coordinators(session, p.id)[0].person_id for p in (program, other)]
    return Cast(program, mentee, mentor, unmatched, other, in_other, pairing, round, *ids)


def readers_of(kind: EmailKind) -> tuple[str, ...]:
    """Who would get an email of a kind."""
    example = KINDS[kind].example
    if isinstance(example, OfPairing):
        of_both = kind in TO_EITHER
        return ("mentee", "mentor") if of_both else (example.reader.value,)
    if isinstance(example, OfUnmatched):
        return ("unmatched",) if example.reader is Role.MENTEE else ("mentor",)
    if isinstance(example, OfCoordinator):
        return ("coordinator",)
    return ("mentee", "mentor", "unmatched") if example else ()


#: Kinds about a pairing that either of the two may get.
TO_EITHER = (
    EmailKind.PAIRING_QUESTION, EmailKind.PAIRING_QUESTION_REMINDER, EmailKind.PAIRING_NOT_MADE,
    EmailKind.PAIRING_ENDED, EmailKind.MEETING_AGREED,
)  # fmt: skip


def send(session: Session, cast: Cast, settings: Settings, read: Read) -> None:
    """Write every email that anyone would get, as its reader reads it, and keep it as sent."""
    mentee, mentor = cast.mentee, cast.mentor
    people = {
        "mentee": mentee.person_id, "mentor": mentor.person_id,
        "unmatched": cast.unmatched.person_id, "coordinator": cast.coordinator_id,
    }  # fmt: skip
    profiles = {"mentee": mentee, "mentor": mentor, "unmatched": cast.unmatched}
    for kind in EmailKind:
        for reader in readers_of(kind):
            person_id = people[reader]
            causes = {
                Cause.PAIRING: cast.pairing.id, Cause.ROUND: cast.round.id,
                Cause.PROGRAM: cast.program.id,
                Cause.PROFILE: profiles[reader].id if reader in profiles else None,
            }  # fmt: skip
            if (cause := causes.get(kind.cause)) is None:
                continue
            row = Email(
                kind=kind, program_id=cast.program.id, person_id=person_id, cause_id=cause,
                number=1, state=EmailState.READY, due_at=database.now(session),
                created_at=database.now(session),
            )  # fmt: skip
            session.add(row)
            session.flush()
            try:
                message = messages.compose(session, row.id, settings)
            except (contents.Outdated, messages.Unsendable):
                session.delete(row)
                continue
            row.sent_at = database.now(session)
            row.message, row.message_id = message.data, message.message_id
            row.state = EmailState.SENT
            rendered = messages.render(session, row, settings)
            read.add(reader, f"email {kind} text", f"{rendered.subject} {rendered.text}")
            read.add(reader, f"email {kind} page", rendered.html)
            for file in rendered.attachments:
                read.add(reader, f"email {kind} {file.name}", file.content)
    for row in session.scalars(select(Email).where(Email.program_id == cast.other_program.id)):
        message = messages.compose(session, row.id, settings)
        row.sent_at = database.now(session)
        row.message, row.message_id = message.data, message.message_id
        row.state = EmailState.SENT
    session.flush()


def visit(
    app: Flask, engine: Engine, cast: Cast, settings: Settings, read: Read, readers: Sequence[str]
) -> None:
    """Open every page there is as these readers, with every object of either program."""
    app.config["WTF_CSRF_ENABLED"] = False
    with database.transaction(engine) as session:
        browsers = {"stranger": app.test_client()}
        for reader, person in (
            ("mentee", cast.mentee.person_id), ("mentor", cast.mentor.person_id),
            ("unmatched", cast.unmatched.person_id), ("coordinator", cast.coordinator_id),
            (OTHER, cast.other_coordinator_id),
        ):  # fmt: skip
            browsers[reader] = app.test_client()
            sites.sign_in(session, browsers[reader], person)
        emails = session.execute(select(Email.id, Email.program_id)).all()
        at = database.now(session)
        tokens = {
            reader: [
                links.token(
                    purpose,
                    session.get_one(Person, person_id),
                    {Purpose.INVITATION: profile_id}.get(
                        purpose, person_id if purpose in OF_PERSON else cast.pairing.id
                    ),
                    at,
                    settings,
                )
                for purpose in Purpose
            ]
            for reader, person_id, profile_id in (
                ("mentee", cast.mentee.person_id, cast.mentee.id),
                ("mentor", cast.mentor.person_id, cast.mentor.id),
            )
        }
        report = import_report.ImportReport(Role.MENTEE)
        letter = letters.draft(
            session, cast.program, cast.coordinator_id, Sought(), "A word", "A word"
        ).id
        upload = enrollment.keep(session, cast.program, report, "x.csv", b"", Decisions()).id
    opened: set[tuple[str, str]] = set()
    for program in (cast.program, cast.other_program):
        values: dict[str, list[Any]] = {
            "slug": [program.slug],
            "profile_id": [cast.mentee.id, cast.mentor.id, cast.unmatched.id, cast.in_other.id],
            "letter_id": [letter], "round_id": [cast.round.id], "upload_id": [upload],
            "version": [1],
            "email_id": [id for id, program_id in emails if program_id == program.id],
            "role": ["mentee"], "format": ["csv"], "part": ["pairs", "unmatched"],
            "section": ["you", "offer"], "device_id": [],
            "kind": [kind.value for kind in SHOWN],
        }  # fmt: skip
        for endpoint, method in sites.routes(app):
            # A template to fill in holds every word that an answer may be, and no one's answers.
            if method != "GET" or endpoint in ("static", "sign_in.confirm", "uploads.template"):
                continue
            rule = next(r for r in app.url_map.iter_rules() if r.endpoint == endpoint)
            for reader in readers:
                # Those who run the program see all of it; others are refused alike everywhere.
                runs_it = reader == ("coordinator" if program is cast.program else OTHER)
                # The other program has no pairing, so its previews are the same in every state.
                is_same = reader == OTHER and cast.pairing.state is not PairingState.INTRODUCED
                all_of_it = runs_it and not (is_same and "kind" in rule.arguments)
                tried = values if all_of_it else {n: v[: SOME.get(n, 9)] for n, v in values.items()}
                for path in _paths(app, rule, tried, tokens.get(reader, [])):
                    # Many pages are of neither program.
                    if (reader, path) in opened:
                        continue
                    opened.add((reader, path))
                    headers = {"Authorization": f"Bearer {settings.metrics_token}"}
                    page = browsers[reader].get(path, base_url="https://localhost", headers=headers)
                    assert page.status_code != 500, path
                    read.add(reader, f"{endpoint} {path}", page.text)
    for query in ("?view=unmatched", "?view=figures"):
        path = f"/programs/{cast.program.slug}/rounds/{cast.round.id}{query}"
        page = browsers["coordinator"].get(path, base_url="https://localhost")
        read.add("coordinator", f"rounds.show {path}", page.text)
    for profile in (cast.mentee, cast.mentor, cast.in_other):
        for reader in ("coordinator", OTHER):
            program = cast.program if reader == "coordinator" else cast.other_program
            for list in ("people", "emails", "search"):
                # A search finds no one by what its reader may not read; it repeats what was typed.
                words = profile.answers["full_name"]
                path = f"/programs/{program.slug}/{list}?q={words}&state=left"
                page = browsers[reader].get(path, base_url="https://localhost")
                read.add(
                    reader,
                    f"search {path}",
                    page.text.replace(f'value="{words}"', "").replace(f"“{words}”", ""),
                )


def _paths(app: Flask, rule: Any, values: dict[str, list[Any]], tokens: list[str]) -> Iterator[str]:
    with app.test_request_context(base_url="https://localhost"):
        (names,) = (sorted(rule.arguments),)
        if "token" in names:
            yield from (app.url_for(rule.endpoint, token=token) for token in tokens)
            return
        choices: list[dict[str, Any]] = [{}]
        for name in names:
            choices = [c | {name: value} for c in choices for value in values.get(name, ["x"])]
        for chosen in choices:
            yield app.url_for(rule.endpoint, **chosen)


def viewers(cast: Cast, reader: str, subject: Profile, name: str) -> set[Viewer]:
    """How a reader stands to the mentee or the mentor; no way at all: an empty set."""
    own = {"mentee": cast.mentee, "mentor": cast.mentor}
    # A meeting is of both: one is to it as the other is to oneself.
    if own.get(reader) is subject and name != sight.MEETING:
        return {Viewer.SELF}
    found = set()
    if reader in own and cast.pairing.state is not PairingState.PROPOSED:
        found.add(sight.in_pairing(cast.pairing))
    withdrawn = (ProfileState.DRAFT, ProfileState.LEFT)
    if reader == "coordinator" and subject.state not in withdrawn:
        found.add(Viewer.COORDINATOR)
    if reader == OTHER and subject is cast.mentee and name == "email":
        # It stands in that program's own list.
        found.add(Viewer.COORDINATOR)
    if reader == "unmatched" and subject is cast.mentor and subject.state is ProfileState.READY:
        found.add(Viewer.UNMATCHED)
    return found


def check(cast: Cast, read: Read) -> tuple[int, list[str]]:
    """Return how many words were looked for by someone, and every one that is not as it should."""
    looked, wrong = 0, []
    for subject in (cast.mentee, cast.mentor):
        for name, listed in words(subject).items():
            for reader in READERS:
                standing = viewers(cast, reader, subject, name)
                # Both know of their meeting, whatever the one is to the other afterwards.
                may = any(_sees(viewer, name) for viewer in standing)
                for word in listed:
                    looked += 1
                    found = read.places(reader, word, asking=not _is_listed(name))
                    if found and not may:
                        wrong.append(f"{reader} reads {word!r} of {subject.role} in {found[:3]}")
                    if may and not found and is_shown(cast, reader, subject, name):
                        wrong.append(f"{reader} reads {word!r} of {subject.role} nowhere")
    return looked, wrong


def _sees(viewer: Viewer, name: str) -> bool:
    for question in OWN:
        if question.name == name:
            return sight.sees_answers(viewer, question)
    return viewer in sight.TABLE[name]


def is_shown(cast: Cast, reader: str, subject: Profile, name: str) -> bool:
    """Whether a page or an email shows what a reader may read."""
    is_over = cast.pairing.state in (PairingState.DECLINED, PairingState.EXPIRED)
    if is_over and reader in ("mentee", "mentor") and reader != subject.role:
        # No page tells of it any more; the email that does says whom it was about.
        return name in ("career_stage", "specialties", "specialty_interests")
    if cast.pairing.state is PairingState.ENDED and name == "preferred_name":
        return reader in (subject.role, "coordinator")  # It stands in some endings' words only.
    return name not in UNSHOWN.get(reader, ())


def _is_listed(name: str) -> bool:
    """Whether pages that ask list every answer there can be."""
    own = (question.column for question in OWN)
    column = next((column for column in (*COLUMNS, *own) if column.name == name), None)
    return column is None or bool(
        column.kind or column.options or name in ("timezone", "country", "practice_country")
    )


#: What its person may see and no page shows them: what a coordinator's list said, and their words.
UNSHOWN = {
    "mentee": {"mentee_id", "joined_on", "rounds_waiting", "comment", "shared_comment"},
    "mentor": {"mentor_id", "joined_on", "past_mentees", "status"},
    "unmatched": {"one_off"},
}


def everything(
    app: Flask, engine: Engine, settings: Settings, state: PairingState,
    readers: Sequence[str] = READERS, **states: ProfileState,
) -> tuple[Cast, Read]:  # fmt: skip
    """Tell, send, and visit as `readers`; `states` are those of the mentee's and mentor's profiles.

    Emails are read by all whom they go to.
    """
    read = Read()
    with database.transaction(engine) as session:
        cast = tell(session, state)
        for role, profile_state in states.items():
            getattr(cast, role).state = profile_state
        session.flush()
        send(session, cast, settings, read)
        report = review.of_round(session, cast.round)
        read.add("coordinator", "round show", repr(report["pairs"] + report["unmatched"]))
        for section in digest.of_program(session, cast.program):
            read.add("coordinator", "digest", " ".join(section.lines))
        session.flush()
        for row in vars(cast).values():
            if hasattr(row, "id"):
                session.refresh(row)
        _ = cast.mentee.person, cast.mentor.person, cast.in_other.person
        session.expunge_all()
    visit(app, engine, cast, settings, read, readers)
    return cast, read


@pytest.mark.parametrize("state", PairingState)
def test_everyone_reads_what_the_table_says_and_nothing_else(
    app: Flask, engine: Engine, settings: Settings, state: PairingState,
    caplog: pytest.LogCaptureFixture,
) -> None:  # fmt: skip
    caplog.set_level(logging.DEBUG)

    cast, read = everything(app, engine, settings, state)

    looked, wrong = check(cast, read)
    assert not wrong, "\n".join(wrong)
    assert looked > 250
    logged = caplog.text.casefold()
    for subject in (cast.mentee, cast.mentor):
        for name, listed in words(subject).items():
            for word in listed:
                assert "canary" not in word.casefold() or word.casefold() not in logged, name


def test_a_program_reads_what_its_list_said_until_the_person_answers_there(
    app: Flask, engine: Engine, settings: Settings
) -> None:
    readers = ("coordinator", OTHER)
    _cast, read = everything(app, engine, settings, PairingState.INTRODUCED, readers)

    places = read.places(OTHER, "Guessed Name")
    assert {place.split()[0] for place in places} >= {"people.index", "emails.index", "people.show"}
    assert read.places("coordinator", "Guessed Name") == []


@pytest.mark.parametrize(
    ("mentee", "mentor"),
    [
        (ProfileState.LEFT, ProfileState.READY),
        (ProfileState.READY, ProfileState.LEFT),
        (ProfileState.DRAFT, ProfileState.READY),
    ],
)
def test_of_those_who_left_or_have_not_begun_coordinators_read_nothing(
    app: Flask, engine: Engine, settings: Settings, mentee: ProfileState, mentor: ProfileState
) -> None:
    cast, read = everything(
        app, engine, settings, PairingState.ENDED, ("coordinator",), mentee=mentee, mentor=mentor
    )

    subject = cast.mentee if mentee is not ProfileState.READY else cast.mentor
    wrong = [
        (word, places)
        for listed in words(subject).values()
        for word in listed
        if (places := read.places("coordinator", word, asking=False))
    ]
    assert wrong == []
