"""Who may do what: every route, for every role, on their own and on others' objects."""

from __future__ import annotations

import uuid

import pytest
from flask import Flask
from sites import ONE_CLICK, World, ask, everything, routes
from sqlalchemy import Engine, select

from mentorship import database, links
from mentorship.accounts import access
from mentorship.accounts.access import TABLE, Action, Relation
from mentorship.links import Purpose
from mentorship.models import Pairing, Person, Profile, Program
from mentorship.people import joining, persons
from mentorship.programs import programs
from mentorship.settings import Settings
from mentorship.states import ProfileState

VISITORS = ("stranger", "mentee", "mentor", "coordinator", "other coordinator")
#: Routes that anyone may open; what they show depends on the signed link or the session.
PUBLIC = {
    "health.alive", "health.ready", "health.metrics", "pages.home", "pages.front", "sign_in.ask",
    "sign_in.send", "sign_in.code", "sign_in.enter_code", "sign_in.confirm", "sign_in.enter",
    "answers.show", "answers.give", "answers.undo", "meetings.show", "meetings.agree",
    "meetings.calendar", "meetings.call_off", "preferences.show", "preferences.save",
    "preferences.ask", "preferences.unsubscribe", "invitations.show", "invitations.answer",
    "join.begin", "join.send", "styleguide.show",
}  # fmt: skip
SIGNED_IN = {
    "account.show", "account.save", "account.prefer", "account.end_access", "account.ask_address",
    "account.show_address", "account.confirm_address", "sign_in.leave", "join.save",
}  # fmt: skip
#: Routes about an object that one person owns; the mentee owns ours.
OWNED = {
    "account.end_device", "profiles.show", "profiles.edit", "profiles.save", "profiles.send",
    "profiles.add_suggestion", "profiles.confirm", "profiles.pause", "profiles.resume",
    "profiles.leave",
}  # fmt: skip
COORDINATED = {
    "desk.show", "desk.progress", "desk.remind", "desk.settings", "desk.save", "coordinators.index",
    "coordinators.add", "coordinators.remove", "people.index", "people.show", "people.admit",
    "people.turn_away", "people.clear_address", "people.admit_many", "person.change_capacity",
    "person.pause", "person.resume", "person.write_note", "person.delete_note", "person.edit",
    "person.save", "pairings.index", "pairings.remind", "pairings.resend", "pairings.end",
    "people.remind_many", "people.ask", "uploads.choose",
    "uploads.receive", "uploads.show", "uploads.decide", "uploads.template", "uploads.mapping",
    "uploads.decide_columns", "uploads.correct", "uploads.problems", "rounds.index", "rounds.start",
    "rounds.show", "rounds.progress", "rounds.preview", "rounds.publish", "rounds.discard",
    "rounds.cancel", "rounds.compare", "rounds.publish_held", "rounds.schedule",
    "rounds.start_rematch", "round_schedules.show", "round_schedules.save",
    "rounds.unschedule", "pairs.show", "pairs.person", "pairs.decide", "pairs.undo",
    "pairs.match_again", "pairs.hold", "emails.index", "emails.show", "emails.html",
    "emails.resend",
    "emails.resend_alike", "messages.compose", "messages.write", "messages.show", "messages.html",
    "messages.send", "exports.people", "exports.emails", "exports.pairings", "exports.pairs",
    "exports.unmatched", "exports.health",
    "search.index", "report.show",
    "policies.show", "policies.save", "policies.download", "questions.index", "questions.new",
    "questions.add", "questions.edit", "questions.save", "questions.move", "questions.retire",
    "questions.ask_again", "outcomes.try_out", "outcomes.use",
    "wordings.index", "wordings.show",
    "wordings.save", "wordings.html",
}  # fmt: skip
#: For everyone who coordinates a program, or was let create one.
CREATORS = {"new_programs.begin", "new_programs.create"}
#: Emails, to stand in a frame of ours: their styles are in them, and nothing of them may run.
LETTERS = {"emails.html", "messages.html", "wordings.html"}


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """The table of access is the same on every database."""
    return sqlite_url


def test_every_route_is_in_exactly_one_row_of_this_matrix(app: Flask) -> None:
    listed = [*PUBLIC, *SIGNED_IN, *OWNED, *COORDINATED, *CREATORS]

    assert len(listed) == len(set(listed))
    assert {endpoint for endpoint, _ in routes(app)} == set(listed)


def test_every_view_names_its_action_and_every_action_is_used(app: Flask) -> None:
    used = {app.view_functions[endpoint].action for endpoint, _ in routes(app)}  # type: ignore[attr-defined]

    assert used == set(Action) == set(TABLE)


def may(visitor: str, endpoint: str) -> bool:
    """What this matrix expects for the first program's objects, written apart from the code."""
    if endpoint in PUBLIC:
        return True
    if endpoint in SIGNED_IN:
        return visitor != "stranger"
    if endpoint in CREATORS:
        return visitor in ("coordinator", "other coordinator")
    return visitor == ("mentee" if endpoint in OWNED else "coordinator")


def test_no_one_reaches_what_is_not_theirs(world: World, engine: Engine) -> None:
    """Every route × visitor × (own program's, other program's, mixed, missing) object."""
    asked = 0
    mixed = [
        world.ours | {"slug": world.theirs["slug"]},
        world.theirs | {"slug": world.ours["slug"]},
    ]
    ids = (
        "profile_id",
        "round_id",
        "upload_id",
        "device_id",
        "email_id",
        "person_id",
        "pairing_id",
        "note_id",
        "letter_id",
        "mentee_id",
        "mentor_id",
        "decision_id",
    )
    missing = world.ours | {name: uuid.uuid4() for name in ids} | {"slug": "no-such-program"}
    before = everything(engine)
    for endpoint, method in routes(world.app):
        if endpoint in PUBLIC | SIGNED_IN:
            continue
        for visitor in VISITORS:
            if endpoint in CREATORS and may(visitor, endpoint):
                continue
            cases = [] if may(visitor, endpoint) else [world.ours]
            rule = next(r for r in world.app.url_map.iter_rules() if r.endpoint == endpoint)
            if visitor != "other coordinator":
                cases.append(world.theirs)
            if {"slug"} < rule.arguments - {"kind", "role", "format", "part"}:
                cases += mixed
            for values in [*cases, missing]:
                answer = ask(world, visitor, endpoint, values, method)
                asked += 1
                if visitor == "stranger":
                    assert answer.status_code == 302, (endpoint, visitor)
                    assert answer.location.startswith("/sign-in"), (endpoint, visitor)
                else:
                    assert answer.status_code == 404, (endpoint, visitor, values)
    assert everything(engine) == before
    assert asked > 300


@pytest.mark.parametrize("visitor", VISITORS)
def test_everyone_reaches_what_is_theirs(world: World, visitor: str) -> None:
    for endpoint, method in routes(world.app):
        if method != "GET" or not may(visitor, endpoint) or endpoint == "sign_in.confirm":
            continue
        answer = ask(world, visitor, endpoint, world.ours, "GET")
        ok = {
            "health.ready": (200, 503),
            "health.metrics": (404,),
            "meetings.calendar": (404,),
            "people.ask": (302,),  # No one is ticked.
            # The link is the mentee's.
            "account.show_address": (200,) if visitor == "mentee" else (404,),
        }.get(endpoint, (200,))
        if endpoint == "join.begin" and visitor == "mentee":
            ok = (302,)  # They have a profile already, and are led to it.
        if endpoint == "pages.home" and "coordinator" in visitor:
            ok = (302,)  # They run one program, and are led to its desk.
        assert answer.status_code in ok, (endpoint, visitor, answer.status_code)


def test_a_link_opens_the_pages_of_its_purpose_and_no_others(
    world: World, engine: Engine, settings: Settings
) -> None:
    """Every route with a link × every purpose, about what the page is about and about all else."""
    with database.reading(engine) as session:
        pairing = session.get_one(Pairing, world.ours["pairing_id"])
        at, person = database.now(session), pairing.mentee.person
        subjects = (pairing.id, world.ours["profile_id"], person.id)
        made = {
            (purpose, subject): links.token(purpose, person, subject, at, settings)
            for purpose in Purpose
            for subject in subjects
        }
    questions = {Purpose.ASK, Purpose.STEP_OUT, Purpose.FIRST_MEETING, Purpose.PULSE}
    opens = {
        "answers": questions, "meetings": {Purpose.FIRST_MEETING, Purpose.MEETING},
        "invitations": {Purpose.INVITATION}, "preferences": {Purpose.PREFERENCES},
        "account": {Purpose.ADDRESS},
    }  # fmt: skip
    before, asked = everything(engine), 0
    for rule in world.app.url_map.iter_rules():
        if "token" not in rule.arguments:
            continue
        area = rule.endpoint.split(".")[0]
        may_open = {Purpose.UNSUBSCRIBE} if rule.endpoint in ONE_CLICK else opens[area]
        for (purpose, _subject), token in made.items():
            if purpose in may_open:
                continue
            world.ours["tokens"] |= {area: token, "unsubscribe": token}
            for method in {"GET", "POST"} & (rule.methods or set()):
                for visitor in ("stranger", "mentee", "coordinator"):
                    form = {"List-Unsubscribe": "One-Click", "choice": "met", "answer": "no"}
                    answer = world.browsers[visitor].open(
                        world.address(rule.endpoint, world.ours), method=method,
                        base_url="https://localhost", data=form | {"form_key": uuid.uuid4().hex},
                    )  # fmt: skip
                    is_closed = area == "account" and visitor == "stranger"
                    expected = 302 if is_closed else 404
                    assert answer.status_code == expected, (rule.endpoint, purpose, visitor)
                    asked += 1
    assert asked > 400
    assert everything(engine) == before


@pytest.mark.parametrize("visitor", ["coordinator", "mentee", "mentor"])
def test_someone_signed_out_reaches_no_more_than_a_stranger(
    world: World, engine: Engine, visitor: str
) -> None:
    with database.transaction(engine) as session:
        for person in session.scalars(select(Person)).all():
            persons.end_access(session, person, "test")
    before = everything(engine)
    for endpoint, method in routes(world.app):
        if endpoint not in PUBLIC:
            answer = ask(world, visitor, endpoint, world.ours, method)
            assert answer.status_code == 302, endpoint
            assert answer.location.startswith("/sign-in"), endpoint
    assert everything(engine) == before


def test_a_removed_coordinator_reaches_nothing_of_the_program(world: World, engine: Engine) -> None:
    """Even in a session that goes on: what they may do is asked at each request."""
    with database.transaction(engine) as session:
        program = session.scalars(select(Program).where(Program.slug == world.ours["slug"])).one()
        programs.add_coordinator(session, program, "another@example.org")
        first = programs.coordinators(session, program.id)[0]
        programs.remove_coordinator(session, first, "test")
    before = everything(engine)
    for endpoint, method in routes(world.app):
        if endpoint in COORDINATED:
            answer = ask(world, "coordinator", endpoint, world.ours, method)
            assert answer.status_code == 404, endpoint
    assert everything(engine) == before


def test_strangers_may_not_use_an_account(world: World, engine: Engine) -> None:
    before = everything(engine)
    for endpoint, method in routes(world.app):
        if endpoint in SIGNED_IN:
            answer = ask(world, "stranger", endpoint, world.ours, method)
            assert answer.status_code == 302
            assert answer.location.startswith("/sign-in")
    assert everything(engine) == before


def test_opening_any_page_changes_no_row(world: World, engine: Engine) -> None:
    before = everything(engine)
    for endpoint, method in routes(world.app):
        if method != "GET":
            continue
        for visitor in VISITORS:
            for verb in ("GET", "HEAD", "GET"):
                answer = ask(world, visitor, endpoint, world.ours, verb)
                assert answer.status_code < 500 or endpoint == "health.ready"
    assert everything(engine) == before


def test_every_answer_carries_the_headers(world: World) -> None:
    for endpoint, method in routes(world.app):
        if method != "GET":
            continue
        headers = ask(world, "coordinator", endpoint, world.ours, "GET").headers
        policy = headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy, endpoint
        if endpoint in LETTERS:
            assert policy.endswith("; sandbox")
            assert "script-src" not in policy
        else:
            assert "script-src 'nonce-" in policy
            assert "unsafe" not in policy
            assert "frame-ancestors 'none'" in policy
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Referrer-Policy"] == "no-referrer"
        assert headers["Cache-Control"] == "no-store"


def test_a_nonce_is_used_once(world: World) -> None:
    browser = world.browsers["coordinator"]
    pages = [browser.get("/account", base_url="https://localhost") for _ in range(2)]
    nonces = {page.text.split('nonce="')[1].split('"')[0] for page in pages}

    assert len(nonces) == 2
    for page in pages:
        assert (
            page.text.split('nonce="')[1].split('"')[0] in page.headers["Content-Security-Policy"]
        )


def test_a_program_of_another_coordinator_cannot_be_reached_by_ticking_its_people(
    world: World, engine: Engine
) -> None:
    with database.transaction(engine) as session:
        profile = session.get_one(Profile, world.theirs["profile_id"])
        profile.state = ProfileState.AWAITING_APPROVAL
    world.browsers["coordinator"].post(
        world.address("people.admit_many", world.ours), base_url="https://localhost",
        data={"form_key": uuid.uuid4().hex, "profile": str(world.theirs["profile_id"])},
    )  # fmt: skip

    with database.reading(engine) as session:
        profile = session.get_one(Profile, world.theirs["profile_id"])
        assert profile.state is ProfileState.AWAITING_APPROVAL


def test_the_domain_alone_refuses_as_well(world: World, engine: Engine) -> None:
    from mentorship.errors import NotFound

    with database.reading(engine) as session:
        for action, rule in TABLE.items():
            if rule.relation is Relation.ANYBODY:
                continue
            with pytest.raises(NotFound):
                access.find(session, None, action, world.ours)
            if rule.relation is not Relation.SIGNED_IN:
                with pytest.raises(NotFound):
                    access.find(session, uuid.uuid4(), action, world.ours)


def test_a_coordinator_never_reads_what_is_for_no_one(world: World, engine: Engine) -> None:
    with database.transaction(engine) as session:
        profile = session.get_one(Profile, world.ours["profile_id"])
        profile.answers = profile.answers | {
            "goals": ["burnout-wellbeing", "interview-practice"],
            "do_not_match": ["secret-id"],
            "communities": ["women-in-medicine"],
            "style_feedback": "gentle",
        }
    page = ask(world, "coordinator", "people.show", world.ours, "GET").text

    assert "Interview practice" in page
    for hidden in ("Burnout", "secret-id", "Women in medicine", "Gentle"):
        assert hidden not in page


def test_someone_who_left_cannot_come_back_by_an_old_form(world: World, engine: Engine) -> None:
    ask(world, "mentee", "profiles.leave", world.ours, "POST")
    answers = [
        ask(world, "mentee", f"profiles.{name}", world.ours, "POST").status_code
        for name in ("resume", "pause", "send", "leave")
    ]

    assert set(answers) <= {409, 422}
    with database.reading(engine) as session:
        (profile,) = joining.profiles_of(
            session, session.get_one(Profile, world.ours["profile_id"]).person_id
        )
        assert profile.state is ProfileState.LEFT
