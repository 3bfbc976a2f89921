"""Every form with wrong, missing, huge and hostile values."""

from __future__ import annotations

import io
import math
import uuid
from pathlib import Path

import pytest
import servers
from flask import Flask
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from long_forms import first_of
from sites import World, ask, everything, routes
from sqlalchemy import Engine
from werkzeug.datastructures import FileStorage, MultiDict
from werkzeug.test import encode_multipart

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

    # What is read of each of them is tried by tests of the library and of imports.
    @pytest.mark.parametrize("third", first_of(range(3)))
    def test_every_hostile_file_is_answered_on_the_page_and_nothing_is_written(
        self, world: World, engine: Engine, hostile: Path, third: int
    ) -> None:
        seen = 0
        files = [
            f for f in sorted(hostile.iterdir()) if f.suffix in (".csv", ".xlsx", ".tsv", ".txt")
        ][third::3]
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
        assert seen * every >= 13
