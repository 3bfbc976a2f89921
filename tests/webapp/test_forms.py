"""Every form with wrong, missing, huge and hostile values; sent twice, stale, or half."""

from __future__ import annotations

import io
import math
import threading
import uuid
from pathlib import Path
from typing import Any

import factories
import pytest
import servers
from flask import Flask
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from sites import World, ask, everything, routes
from sqlalchemy import Engine, func, select
from werkzeug.datastructures import FileStorage, MultiDict
from werkzeug.test import encode_multipart

from mentorship import database, sent_forms
from mentorship.models import Profile, Program, Round, SentForm, Upload
from mentorship.programs import programs

CSV = (
    b"mentee_id,full_name,email,career_stage,timezone,languages\n"
    b"a,Ana,ana@example.org,resident,Europe/London,en\n"
    b"b,Bo,bo@example.org,resident,Europe/London,en\n"
)

#: Fields of all forms, so that each route also meets fields of others.
NAMES = (
    "email", "then", "code", "answer", "adult", "locale", "timezone", "full_name", "preferred_name",
    "career_stage", "languages", "goals", "specialty_interests", "statement", "availability",
    "capacity", "institution_wish", "exclude_own_institution", "do_not_match", "country", "look",
    "meetings_per_month", "hours_vary", "style_feedback", "name", "organizer", "about",
    "next_round_on", "registration_open", "email_domains", "approve_mentors", "profile", "role",
    "scope", "existing", "dry_run", "decision", "agreed", "consented", "skip_bad_rows", "state",
    "person_id", "program_id", "version", "weights.help", "weights.identity", "floor",
    "rules.stage", "rules.hours_apart", "objective", "waiting_bonus", "yaml", "introduction",
    "reason", "choice", "comment", "is_shared", "day", "time", "minutes", "where", "kind",
    "wants_reminders", "quiet_from", "quiet_until", "List-Unsubscribe", "subject", "opening",
    "closing", "why", "overrides", "at", "held", "show", "pairing", "back", "text", "label", "hint",
    "choices", "roles", "audience", "is_required", "seen", "readers", "draft", "zone", "to",
)  # fmt: skip
HOSTILE = (
    "", " ", "\x00", "\ud7ff", "\u202e", "yes", "no", "0", "-1", "1e309", "9" * 400, "a" * 10_000,
    "<script>alert(1)</script>", "{{7*7}}", "%(n)s", "%s%s%n", "'; DROP TABLE people; --",
    "../../etc/passwd", "=?utf-8?q?=0ABcc:x@y.z?=", "a@b.c\r\nBcc: x@y.z", "null", "[]",
    "2026-02-30", "write", "everyone", "keep", "Mon 18:00-20:00", "Mon 25:00-26:00", "mentee",
    "ana@example.org", "🩺" * 50, "\U0001d400" + "\ufdfa" * 150, "Ω≈ç√∫",
    "00000000-0000-0000-0000-000000000000",
)  # fmt: skip
QUERIES = (
    "page=0", "page=-1", "page=x", "page=9" + "9" * 30, "q=%25_%5C", "role=x&state=y",
    "state=%F0%9F%A9%BA", "q=" + "a" * 3000, "view=x", "page=2&page=3", "_external=1", "q=%FF",
    "view=figures&page=2", "view=figures&view=x", "choice=met",
    "kind=x&state=in_doubt",
)  # fmt: skip
VALUES = st.one_of(st.sampled_from(HOSTILE), st.text(max_size=60))
FORMS = st.lists(st.tuples(st.sampled_from(NAMES), VALUES), max_size=12)


def post_routes(app: Flask) -> list[str]:
    return [endpoint for endpoint, method in routes(app) if method == "POST"]


def examples(engine: Engine, most: int) -> int:
    """Return how many examples to try.

    Few on SQLite, which enforces neither lengths nor types, unless it is all there is.
    """
    is_all = engine.dialect.name == "postgresql" or servers.postgres_binaries() is None
    return most if is_all else 10


class TestAnything:
    """Whatever is sent is answered."""

    @pytest.mark.parametrize("most", [100, pytest.param(1000, marks=pytest.mark.chaos_long)])
    def test_no_form_breaks_the_site(self, world: World, engine: Engine, most: int) -> None:
        endpoints = post_routes(world.app)
        who = {"sign_in": "stranger", "join": "other mentee", "invitations": "stranger"}
        who |= dict.fromkeys(("answers", "meetings", "preferences"), "stranger")
        before = {
            name: len(found) for name, found in everything(engine).items() if name == "programs"
        }

        @hypothesis_settings(
            max_examples=examples(engine, most),
            suppress_health_check=[HealthCheck.function_scoped_fixture],
        )
        @given(st.sampled_from(endpoints), FORMS)
        def send(endpoint: str, form: list[tuple[str, str]]) -> None:
            area = endpoint.split(".")[0]
            visitors = [who.get(area, "coordinator"), "mentee"]
            for visitor in visitors:
                data = MultiDict([*form, ("form_key", uuid.uuid4().hex)])
                answer = world.browsers[visitor].post(
                    world.address(endpoint, world.ours), data=data, base_url="https://localhost"
                )
                assert answer.status_code < 500, (endpoint, form)
                assert "<script>alert" not in answer.text

        send()
        assert len(everything(engine)["programs"]) == before["programs"]

    @pytest.mark.parametrize("most", [25, pytest.param(250, marks=pytest.mark.chaos_long)])
    @pytest.mark.parametrize("section", ["you", "hopes", "meeting", "wishes"])
    def test_no_answer_breaks_a_profile(
        self, world: World, engine: Engine, section: str, most: int
    ) -> None:
        values = world.ours | {"section": section}

        @hypothesis_settings(
            max_examples=examples(engine, most),
            suppress_health_check=[HealthCheck.function_scoped_fixture],
        )
        @given(FORMS)
        def send(form: list[tuple[str, str]]) -> None:
            data = MultiDict([*form, ("form_key", uuid.uuid4().hex)])
            browser = world.browsers["mentee"]
            address = world.address("profiles.save", values)
            answer = browser.post(address, data=data, base_url="https://localhost")
            assert answer.status_code in (303, 422, 200)
            # Whatever was kept can be shown: on the form, to oneself, to the coordinator.
            for visitor, endpoint in (
                ("mentee", "profiles.edit"),
                ("mentee", "profiles.show"),
                ("coordinator", "people.show"),
                ("coordinator", "people.index"),
            ):
                assert ask(world, visitor, endpoint, values, "GET").status_code == 200

        send()

    @pytest.mark.parametrize("query", QUERIES)
    def test_no_address_breaks_a_list(self, world: World, query: str) -> None:
        for endpoint in (
            "people.index",
            "emails.index",
            "rounds.show",
            "rounds.index",
            "policies.show",
        ):
            answer = world.browsers["coordinator"].get(
                f"{world.address(endpoint, world.ours)}?{query}", base_url="https://localhost"
            )
            assert answer.status_code == 200, (endpoint, query)
            answer = world.browsers["coordinator"].get(
                f"{world.address(endpoint, world.ours)}?{query}&q=%00", base_url="https://localhost"
            )
            assert answer.status_code == 400

    @pytest.mark.parametrize("path", ["/programs/%00", "/programs/%FF/desk", "/sign-in/%00"])
    def test_no_path_breaks_the_site(self, world: World, path: str) -> None:
        answer = world.browsers["coordinator"].get(path, base_url="https://localhost")
        assert answer.status_code in (400, 404)

    def test_a_form_larger_than_any_of_ours_is_refused(self, world: World, engine: Engine) -> None:
        before = everything(engine)
        for endpoint in post_routes(world.app):
            if endpoint == "uploads.receive":
                continue
            answer = world.browsers["coordinator"].post(
                world.address(endpoint, world.ours), base_url="https://localhost",
                data={"form_key": uuid.uuid4().hex, "about": "x" * 2_000_000},
            )  # fmt: skip
            assert answer.status_code in (413, 404), endpoint
        assert everything(engine) == before

    def test_every_hostile_file_is_answered_on_the_page_and_nothing_is_written(
        self, world: World, engine: Engine, hostile: Path
    ) -> None:
        seen = 0
        files = [
            f for f in sorted(hostile.iterdir()) if f.suffix in (".csv", ".xlsx", ".tsv", ".txt")
        ]
        every = math.ceil(len(files) / examples(engine, len(files)))
        for file in files[::every]:
            before = everything(engine)["profiles"]
            role = "mentor" if "mentor" in file.name else "mentee"
            content = FileStorage(io.BytesIO(file.read_bytes()), file.name)
            # Encoded here: the client leaves a temporary file open for a large upload.
            boundary, body = encode_multipart(
                {"form_key": uuid.uuid4().hex, "role": role, "file": content}
            )
            answer = world.browsers["coordinator"].post(
                world.address("uploads.receive", world.ours), base_url="https://localhost",
                data=body, content_type=f"multipart/form-data; boundary={boundary}",
            )  # fmt: skip
            if answer.status_code == 413:
                continue
            assert answer.status_code == 303, (file.name, answer.text)
            page = world.browsers["coordinator"].get(answer.location, base_url="https://localhost")
            assert page.status_code == 200, file.name
            assert "Nothing is saved yet" in page.text or "Choose another file" in page.text
            assert everything(engine)["profiles"] == before
            seen += 1
        assert seen * every >= 40


def keys(browser: Any, page: str) -> dict[str, str]:
    return dict(browser.keys(page))


def count(engine: Engine, model: Any) -> int:
    with database.reading(engine) as session:
        return session.scalar(select(func.count()).select_from(model)) or 0


def test_the_same_form_sent_twice_is_acted_on_once_and_answered_alike(
    engine: Engine, signed_in: Any, coordinated: Program
) -> None:
    path = f"/programs/{coordinated.slug}/rounds"
    form = keys(signed_in, path) | {"scope": "everyone", "existing": "keep", "dry_run": "yes"}
    first, second = (signed_in.send(path, form) for _ in range(2))

    assert first.status_code == second.status_code == 303
    assert first.location == second.location
    assert count(engine, Round) == 1
    assert signed_in.send(path, form | keys(signed_in, path)).location != first.location


def test_a_form_changed_after_coming_back_is_acted_on(
    engine: Engine, signed_in: Any, coordinated: Program
) -> None:
    form = keys(signed_in, "/account") | {"locale": ""}
    for zone in ("Asia/Tokyo", "Asia/Seoul"):
        assert signed_in.send("/account", form | {"timezone": zone}).status_code == 303
    with database.reading(engine) as session:
        person = programs.coordinators(session, coordinated.id)[0].person
        assert person.timezone == "Asia/Seoul"


def test_sent_from_many_threads_at_once_a_form_is_acted_on_once(
    engine: Engine, app: Flask, signed_in: Any, coordinated: Program
) -> None:
    path = f"/programs/{coordinated.slug}/uploads"
    form = keys(signed_in, path) | {"role": "mentee"}
    cookies = list(signed_in.client._cookies.values())
    answers: list[tuple[int, str]] = []

    def send() -> None:
        client = app.test_client()
        for cookie in cookies:
            client.set_cookie(cookie.key, cookie.value, domain="localhost")
        answer = client.post(
            path, data=form | {"file": (io.BytesIO(CSV), "list.csv")}, base_url="https://localhost"
        )
        answers.append((answer.status_code, answer.location))

    threads = [threading.Thread(target=send) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(set(answers)) == 1, answers
    assert answers[0][0] == 303
    assert count(engine, Upload) == 1


@pytest.mark.parametrize("key", [None, "", "x", "A" * 32, "0" * 33])
def test_a_form_without_its_key_changes_nothing(
    engine: Engine, signed_in: Any, coordinated: Program, key: str | None
) -> None:
    path = f"/programs/{coordinated.slug}/settings"
    form = keys(signed_in, path) | {"name": "Changed"}
    del form["form_key"]
    answer = signed_in.send(path, form | ({"form_key": key} if key is not None else {}))

    assert answer.status_code == 422
    assert "reload" in answer.text
    with database.reading(engine) as session:
        assert session.get_one(Program, coordinated.id).name != "Changed"


def test_a_stale_form_says_what_to_do(signed_in: Any, coordinated: Program) -> None:
    path = f"/programs/{coordinated.slug}/settings"
    form = keys(signed_in, path) | {"name": "Changed", "csrf_token": "forged"}
    answer = signed_in.send(path, form)

    assert answer.status_code == 400
    assert "Nothing was changed" in answer.text


def test_what_is_refused_may_be_sent_again_with_the_same_key(
    engine: Engine, signed_in: Any, coordinated: Program
) -> None:
    path = f"/programs/{coordinated.slug}/settings"
    form = keys(signed_in, path)
    assert signed_in.send(path, form | {"name": ""}).status_code == 422
    assert count(engine, SentForm) == 1  # Signing in was a form as well.
    assert signed_in.send(path, form | {"name": "Good"}).status_code == 303


def test_sent_forms_are_forgotten_after_a_day(engine: Engine) -> None:
    with database.transaction(engine) as session:
        at = database.now(session)
        session.add(SentForm(digest="old", location="/", at=at - 2 * sent_forms.FORGOTTEN))
        session.add(SentForm(digest="new", location="/", at=at))
        sent_forms.forget_old(session)
    with database.reading(engine) as session:
        assert session.scalars(select(SentForm.digest)).all() == ["new"]


@pytest.mark.parametrize(
    ("decision", "people"),
    [
        ({"agreed": "invite"}, 2),
        ({"agreed": "yes", "consented": "form of May"}, 2),
        ({"agreed": "yes", "consented": " "}, 0),
        ({}, 0),
        ({"decision": "forget"}, 0),
    ],
)
def test_an_upload_is_decided_on_once(
    engine: Engine, signed_in: Any, coordinated: Program, decision: dict[str, str], people: int
) -> None:
    path = f"/programs/{coordinated.slug}/uploads"
    form = keys(signed_in, path) | {"role": "mentee", "file": (io.BytesIO(CSV), "list.csv")}
    upload = signed_in.send(path, form).location
    page = signed_in.get(upload).text
    assert "2 new" in page
    assert count(engine, Profile) == 0

    answer = signed_in.post(upload, **decision)
    assert answer.status_code == (303 if people or "decision" in decision else 422)
    assert count(engine, Profile) == people
    assert count(engine, Upload) == (0 if answer.status_code == 303 else 1)


@pytest.mark.parametrize("adds", [False, True])
def test_what_texts_name_is_added_to_a_list_only_on_demand(
    engine: Engine, signed_in: Any, coordinated: Program, adds: bool
) -> None:
    path = f"/programs/{coordinated.slug}/uploads"
    extra = (b",statement\n", b",Anaesthesia for me\n", b",\n")
    data = b"".join(line + rest for line, rest in zip(CSV.splitlines(), extra, strict=True))
    form = keys(signed_in, path) | {"role": "mentee", "file": (io.BytesIO(data), "list.csv")}
    upload = signed_in.send(path, form).location
    page = signed_in.get(upload).text
    assert "One specialty or goal mentioned only in someone" in page
    assert "Anesthesiology" in page

    signed_in.post(upload, agreed="invite", **({"add_suggested": "yes"} if adds else {}))
    with database.reading(engine) as session:
        answers = [profile.answers for profile in session.scalars(select(Profile))]
    fields = [each["specialty_interests"] for each in answers if "specialty_interests" in each]
    assert fields == ([["anesthesiology"]] if adds else [])


def test_what_is_noted_of_many_rows_is_said_once(signed_in: Any, coordinated: Program) -> None:
    path = f"/programs/{coordinated.slug}/uploads"
    lines = CSV.splitlines()
    extra = (b",institution\n", *[b",N/A\n"] * (len(lines) - 1))
    data = b"".join(line + rest for line, rest in zip(lines, extra, strict=True))
    form = keys(signed_in, path) | {"role": "mentee", "file": (io.BytesIO(data), "list.csv")}

    page = signed_in.get(signed_in.send(path, form).location).text
    assert "(and in 1 more row)" in page
    assert page.count("N/A") == 1


def test_a_column_of_days_is_asked_about_and_the_answer_is_kept_to(
    engine: Engine, signed_in: Any, coordinated: Program
) -> None:
    path = f"/programs/{coordinated.slug}/uploads"
    data = b"".join(
        line + rest
        for line, rest in zip(
            CSV.splitlines(), (b",joined_on\n", b",03/04/2026\n", b",\n"), strict=True
        )
    )

    form = keys(signed_in, path) | {"role": "mentee", "file": (io.BytesIO(data), "list.csv")}
    upload = signed_in.send(path, form).location
    assert (
        "could be two different dates. Choose whether the day or the month comes"
        in signed_in.get(upload).text
    )
    assert signed_in.post(f"{upload}/rows", on=upload, dates="month-first").location == upload
    assert "2 new" in signed_in.get(upload).text
    with database.reading(engine) as session:
        uploads = session.scalars(select(Upload).order_by(Upload.created_at)).all()
        assert uploads[-1].content["entries"][0]["answers"]["joined_on"] == "2026-03-04"
        assert uploads[-1].content["problems"] == []


def test_people_who_agreed_need_a_place_where_they_did(
    signed_in: Any, coordinated: Program
) -> None:
    path = f"/programs/{coordinated.slug}/uploads"
    form = keys(signed_in, path) | {"role": "mentee", "file": (io.BytesIO(CSV), "list.csv")}
    upload = signed_in.send(path, form).location
    answer = signed_in.post(upload, agreed="yes", consented=" ")

    assert answer.status_code == 422
    assert 'value="yes" required checked' in answer.text
    assert "Enter where these people agreed" in answer.text.split('id="consented-error">')[1]


def test_rows_with_problems_are_left_out_only_on_demand(
    engine: Engine, signed_in: Any, coordinated: Program
) -> None:
    path = f"/programs/{coordinated.slug}/uploads"
    bad = CSV + b"c,,nobody,resident,Mars,en\n"
    form = keys(signed_in, path) | {"role": "mentee", "file": (io.BytesIO(bad), "list.csv")}
    upload = signed_in.send(path, form).location.removesuffix("/columns")
    page = signed_in.get(upload).text
    assert "is not a time zone" in page

    assert signed_in.post(upload, agreed="invite").status_code == 422
    assert count(engine, Profile) == 0
    assert signed_in.post(upload, agreed="invite", skip_bad_rows="yes").status_code == 303
    assert count(engine, Profile) == 2


def test_publishing_says_what_goes_to_whom_and_then_does_so(
    engine: Engine, signed_in: Any, coordinated: Program
) -> None:
    from mentorship import outbox
    from mentorship.models import Pairing, Unmatched
    from mentorship.rounds import rounds
    from mentorship.states import PairingState, RoundState

    with database.transaction(engine) as session:
        program = session.merge(coordinated)
        mentee = factories.make_mentee(session, program, full_name="Ana Asks")
        mentor = factories.make_mentor(session, program, full_name="Max Mentor")
        left = factories.make_mentee(session, program, full_name="Lee Left")
        round, _ = rounds.start(session, program, requested_by="test")
        round.state = RoundState.PROPOSED
        round.result = {
            "broken": [], "kept": [], "certificate": {"is_optimal": True},
            "measures": {"matched": 1, "unmatched": 1, "mean": 0.5},
        }  # fmt: skip
        session.add(Pairing(
            program_id=program.id, round_id=round.id, mentee_id=mentee.id, mentor_id=mentor.id,
            mentee_person_id=mentee.person_id, mentor_person_id=mentor.person_id,
            state=PairingState.PROPOSED, score=500_000, contributions={}, reasons=[],
        ))  # fmt: skip
        session.add(Unmatched(round_id=round.id, profile_id=left.id, reason={"cause": "floor"}))
        round_id, mentor_profile = round.id, mentor.id
    path = f"/programs/{coordinated.slug}/rounds/{round_id}/publish"

    page = signed_in.get(path).text
    assert "3 emails will be sent</h2>" in page
    for words in ("Ana Asks", "Max Mentor", "Lee Left", "unmatched this time"):
        assert words in page
    assert signed_in.post(path).status_code == 303
    with database.reading(engine) as session:
        kinds = sorted(email.kind for email in outbox.of_program(session, coordinated.id))
        assert kinds == ["mentee_introduction", "mentor_introduction", "not_this_time"]
        assert session.get_one(Profile, mentor_profile).places_taken == 1
    assert "nothing to publish" in signed_in.get(path).text
    assert signed_in.post(path, on="/account").status_code == 303
    assert "Ana Asks" in signed_in.get(f"/programs/{coordinated.slug}/emails").text
