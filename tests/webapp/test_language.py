"""Every string goes through gettext; days and hours are the reader's."""

from __future__ import annotations

import datetime
import re
import subprocess
import sys
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import factories
import pytest
import translations
from flask import Flask
from services import ROOT
from sites import World, answer_path, ask, routes
from sqlalchemy import Engine
from werkzeug.datastructures import MultiDict

from mentorship import database, language
from mentorship.models import Pairing, Person, Profile, Question, Round
from mentorship.pairings import answers, choices
from mentorship.settings import Settings
from mentorship.states import PairingState, RoundState
from webapp import forms

#: What is no language: the product's name, data of the world's people, numbers and signs.
DATA = re.compile(
    r"\S+@\S+|https?://\S+|Preceptor|Lena List|(Program|Mentee|Mentor|coordinator) ?\d+|x\.csv|"
    r"\d{4}-\w{3}-\d\d( [\d:]+)?|[a-z]+_id|"
    r"full_name|email|career_stage|timezone|languages|Europe/London|[A-Z]\w+/\w+"
)
#: What stands in these is no sentence of ours.
SILENT = ("script", "style", "option", "optgroup", "code", "textarea", "pre", "samp")
#: Answers that are no pages.
NO_PAGES = (
    "health",
    "styleguide",
    "rounds.progress",
    "desk.progress",
    "policies.download",
    "emails.html",
    "wordings.html",
    "messages.html",
    "meetings.calendar",
)


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """Words are the same on every database."""
    return sqlite_url


@pytest.fixture
def esperanto(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A made-up translation, in which every message stands in brackets."""
    with translations.esperanto(tmp_path, monkeypatch):
        yield


class Words(HTMLParser):
    """The words that a reader of a page sees or hears."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self._silent = 0
        self._inside: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in SILENT:
            self._silent += 1
        self.found += [
            value for name, value in attrs if name in ("aria-label", "placeholder") and value
        ]

    def handle_endtag(self, tag: str) -> None:
        if tag in SILENT:
            self._silent -= 1

    def handle_data(self, data: str) -> None:
        if not self._silent and data.strip():
            self.found.append(data.strip())


def test_the_template_of_translations_is_current(tmp_path: Path) -> None:
    """Run `make messages` after changing words."""
    made = tmp_path / "made.pot"
    subprocess.run(
        [Path(sys.executable).parent / "pybabel", "--quiet", "extract", "--mapping", "babel.cfg",
         "--keyword", "mark", "--omit-header", "--sort-output",
         "--no-location", "--no-wrap",
         "--output", str(made), "."],
        cwd=ROOT, check=True,
    )  # fmt: skip

    assert made.read_text() == translations.TEMPLATE.read_text()


def test_every_word_of_every_page_can_be_translated(
    world: World, engine: Engine, esperanto: None
) -> None:
    with database.transaction(engine) as session:
        round = session.get_one(Round, world.ours["round_id"])
        round.state = RoundState.PROPOSED
        round.result = {
            "broken": [], "kept": [], "certificate": {"is_optimal": True},
            "measures": {"matched": 0, "unmatched": 0, "mean": None},
        }  # fmt: skip
        session.get_one(Profile, world.ours["profile_id"]).preferred_name = "Mentee 1"
    seen = 0
    for endpoint, method in routes(world.app):
        if method != "GET" or endpoint.startswith(NO_PAGES):
            continue
        for visitor in ("stranger", "mentee", "coordinator"):
            for browser in world.browsers.values():
                browser.environ_base["HTTP_ACCEPT_LANGUAGE"] = "eo"
            page = ask(world, visitor, endpoint, world.ours, "GET")
            if page.status_code >= 300 or page.mimetype != "text/html":
                continue
            assert '<html lang="eo">' in page.text, endpoint
            seen += check_words(page.text, f"{endpoint} {visitor}")
    assert seen > 800


def test_every_word_of_the_figures_can_be_translated(
    world: World, engine: Engine, esperanto: None
) -> None:
    address = f"{world.address('rounds.show', world.ours)}?view=figures"
    for objective, gap in (("coverage", 0), ("fair", 5), ("total", 5)):
        with database.transaction(engine) as session:
            round = session.get_one(Round, world.ours["round_id"])
            round.state = RoundState.PROPOSED
            round.result = factories.round_result(objective=objective, gap=gap)
        page = world.browsers["coordinator"].get(
            address, base_url="https://localhost", headers={"Accept-Language": "eo"}
        )
        assert check_words(page.text, "figures") > 100


def test_every_word_behind_the_buttons_can_be_translated(
    world: World, engine: Engine, settings: Settings, esperanto: None
) -> None:
    with database.transaction(engine) as session:
        pairing = session.get_one(Pairing, world.ours["pairing_id"])
        pairing.mentor.preferred_name = "Mentor 1"
        person_id = pairing.mentee_person_id
    for question, options in choices.CHOICES.items():
        address = answer_path(world, settings, engine, question)
        for choice in ("", *options):
            with database.transaction(engine) as session:
                pairing = session.get_one(Pairing, world.ours["pairing_id"])
                asks = question is Question.ASK
                pairing.state = PairingState.ASKED if asks else PairingState.INTRODUCED
                pairing.asked_at = pairing.introduced_at
                if choice:
                    answers.give(
                        session, settings, pairing.id, person_id, question, choice
                    )  # fmt: skip
            page = world.browsers["stranger"].get(
                address, base_url="https://localhost",
                headers={"Accept-Language": "eo"},
            )  # fmt: skip
            assert page.status_code == 200
            check_words(page.text, f"{question} {choice}")


@pytest.mark.parametrize(
    ("visitor", "endpoint", "form"),
    [
        ("coordinator", "people.admit_many", {}),
        ("coordinator", "people.admit_many", {"profile": "x"}),
        ("coordinator", "messages.write", {}),
        ("coordinator", "people.admit", {}),
        ("coordinator", "rounds.start", {}),
        ("coordinator", "rounds.publish", {}),
        ("coordinator", "uploads.receive", {}),
        ("coordinator", "uploads.decide", {}),
        ("coordinator", "desk.save", {"name": "", "email_domains": "!", "next_round_on": "x"}),
        ("coordinator", "policies.save", {}),
        ("mentee", "profiles.send", {}),
        ("mentee", "profiles.resume", {}),
        ("mentee", "people.show", {}),
        ("mentee", "account.save", {"locale": "xx"}),
        ("mentee", "account.ask_address", {"email": "nobody"}),
        ("mentee", "profiles.save", {}),
        ("stranger", "sign_in.send", {"email": ""}),
        ("stranger", "invitations.answer", {}),
        ("stranger", "answers.give", {}),
        ("stranger", "meetings.agree", {}),
        ("stranger", "preferences.unsubscribe", {}),
        ("stranger", "preferences.save", {"quiet_from": "x"}),
        ("coordinator", "emails.resend", {}),
        ("coordinator", "emails.resend_alike", {"reason": "it is back"}),
        ("coordinator", "wordings.save", {"subject": "{nobody}", "opening": "{"}),
        ("stranger", "sign_in.confirm", {}),
    ],
)
def test_what_goes_wrong_is_said_in_the_readers_language(
    world: World, esperanto: None, visitor: str, endpoint: str, form: dict[str, str]
) -> None:
    browser = world.browsers[visitor]
    answer = browser.open(
        world.address(endpoint, world.ours), base_url="https://localhost",
        method="GET" if endpoint in ("people.show", "sign_in.confirm") else "POST",
        data=form | {"form_key": "0" * 32}, headers={"Accept-Language": "eo"},
    )  # fmt: skip

    assert answer.status_code in (404, 409, 410, 422), answer.status_code
    check_words(answer.text, endpoint)


def test_every_error_of_a_plain_form_can_be_translated(app: Flask, esperanto: None) -> None:
    """`app` imports every area, and with it every form."""
    seen = 0
    with language.use(language.choose(None, ["eo"], None)):
        for kind in forms.Form.__subclasses__():
            names = [field.name for field in kind()]
            for value in ("", " ", "x\ny", "9" * 400, "2026-02-30"):
                form = kind(MultiDict(dict.fromkeys(names, value)))
                form.validate()
                for field in form:
                    for error in field.errors:
                        assert error.startswith("⟦"), (kind, field.name, error)
                        seen += 1
    assert seen > 30


def check_words(page: str, name: str) -> int:
    """Look for words that are in no brackets; return how many pieces of text there were."""
    words = Words()
    words.feed(page)
    for text in words.found:
        bare = DATA.sub("", re.sub(r"⟦.*⟧", "", text, flags=re.S))
        assert not re.search(r"[A-Za-z]{3,}", bare), (name, text)
    return len(words.found)


def test_days_and_hours_are_those_of_the_reader(world: World, engine: Engine) -> None:
    moment = datetime.datetime(2026, 3, 4, 23, 30, tzinfo=datetime.UTC)
    for locale, zone, expected in (
        ("en_GB", "Asia/Tokyo", "5 Mar 2026, 08:30"),
        ("en_US", "America/New_York", "Mar 4, 2026, 6:30\N{NARROW NO-BREAK SPACE}PM"),
    ):
        with language.use(language.choose(locale, [], zone)):
            assert language.time(moment) == expected
    with database.transaction(engine) as session:
        person = session.get_one(Profile, world.ours["profile_id"]).person
        session.get_one(Person, person.id).timezone = "Asia/Tokyo"
    page = ask(world, "mentee", "account.show", world.ours, "GET").text
    assert '<option value="Asia/Tokyo" selected ' in page


@pytest.mark.parametrize(
    ("chosen", "accepted", "locale"),
    [
        ("en_GB", ["fr"], "en_GB"),
        (None, ["de-DE", "en-US"], "en_US"),
        (None, ["de"], "en"),
        (None, [], "en"),
        (None, ["*"], "en"),
        (None, ["x" * 500, "\x00"], "en"),
        ("nonsense", [], "en"),
    ],
)
def test_a_language_is_chosen_that_we_have(
    chosen: str | None, accepted: list[str], locale: str
) -> None:
    assert str(language.choose(chosen, accepted, None).locale) == locale


@pytest.mark.parametrize(
    "zone", [None, "", "Mars/Base", "../../etc/passwd", "/etc/passwd", "x" * 300]
)
def test_an_unknown_zone_is_utc(zone: str | None) -> None:
    assert language.choose(None, [], zone).zone is datetime.UTC
