"""All that anyone reads of the people in `canaries`, and which words they may find there."""

from __future__ import annotations

import html
import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import sites
from canaries import OWN, Cast, words
from flask import Flask
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from matching.mapping.decisions import Decisions
from matching.profiles.columns import COLUMNS
from mentorship import database, links
from mentorship.coordination import correspondence
from mentorship.coordination.roster import Sought
from mentorship.emails import contents, messages
from mentorship.emails.examples import OfCoordinator, OfPairing, OfUnmatched
from mentorship.emails.kinds import KINDS, SHOWN
from mentorship.links import Purpose
from mentorship.models import Cause, Email, EmailKind, Person, Profile, Role
from mentorship.people import enrollment, import_report, sight, stored_reports
from mentorship.people.sight import Viewer
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
        content = stored_reports.packed(import_report.ImportReport(Role.MENTEE))
        letter = correspondence.draft(
            session, cast.program, cast.coordinator_id, Sought(), "A word", "A word"
        ).id
        upload = enrollment.keep(
            session, cast.program, Role.MENTEE, "x.csv", b"", content, Decisions()
        ).id
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
