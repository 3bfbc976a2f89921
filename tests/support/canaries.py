"""Two people with a word of its own in every field, in a program and in another one."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import factories
from sqlalchemy import select
from sqlalchemy.orm import Session

import matching.policy
from matching.profiles.columns import Audience, Column, of_role
from matching.profiles.questions import Kind
from mentorship import database
from mentorship.models import Pairing, Profile, Program, Question, Reply, Role, Round, Unmatched
from mentorship.people import enrollment, questionnaire, questions, sight
from mentorship.people.import_report import Entry, ImportReport
from mentorship.people.questions import ProgramQuestion
from mentorship.programs import policies, programs
from mentorship.states import PairingState

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


def columns() -> Iterator[tuple[Role, Column]]:
    for role in Role:
        for column in of_role(role.value).values():
            yield role, column


def ids_in(value: Any) -> list[Any]:
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
        ids = [id for id in ids_in(value) if id != "en"]
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
