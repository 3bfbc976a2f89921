"""How much work one form may cause, and that no one waits for it: counted, never timed."""

from __future__ import annotations

import contextlib
import re
import unicodedata
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import jinja2
import pytest
from sites import World
from sqlalchemy.orm import Session

from matching import policy
from mentorship.emails import wordings
from mentorship.people import addresses, questionnaire
from webapp import forms, gate, storage


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """What a form costs is the same on every database."""
    return sqlite_url


@pytest.fixture
def writing(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What is held open, if anything is."""
    held: list[str] = []
    transaction = storage.transaction

    @contextlib.contextmanager
    def watched() -> Iterator[Session]:
        with transaction() as session:
            held.append("a transaction")
            yield session
            held.clear()

    monkeypatch.setattr(storage, "transaction", watched)
    return held


def send(world: World, endpoint: str, who: str = "mentee", **fields: Any) -> Any:
    return world.browsers[who].post(
        world.address(endpoint, world.ours), base_url="https://localhost",
        data={"form_key": uuid.uuid4().hex} | fields,
    )  # fmt: skip


#: A form of each page that shows it again where it is refused, and what is wrong in it.
REFUSED: dict[str, tuple[str, dict[str, str]]] = {
    "account.prefer": ("mentee", {"quiet_from": "soon"}),
    "account.save": ("mentee", {"locale": "tlh", "timezone": "Moon/Base"}),
    "coordinators.add": ("coordinator", {"email": "no address"}),
    "desk.save": ("coordinator", {"name": ""}),
    "emails.resend": ("coordinator", {"reason": ""}),
    "join.save": ("mentee", {"full_name": "Ana"}),
    "meetings.agree": ("stranger", {"day": "soon"}),
    "policies.save": ("coordinator", {"yaml": "weights: ["}),
    "preferences.save": ("stranger", {"quiet_until": "soon"}),
    "profiles.save": ("mentee", {"full_name": "Ana"}),
    "rounds.start": ("coordinator", {"scope": "all"}),
    "uploads.decide": ("coordinator", {"agreed": "yes"}),
    "uploads.receive": ("coordinator", {"role": "mentee"}),
    "wordings.save": ("coordinator", {"subject": "{nobody}"}),
}


@pytest.mark.parametrize("endpoint", REFUSED)
def test_a_form_is_validated_and_shown_again_while_others_can_write(
    world: World, writing: list[str], monkeypatch: pytest.MonkeyPatch, endpoint: str
) -> None:
    who, fields = REFUSED[endpoint]
    if endpoint == "uploads.decide":
        place = world.address("uploads.show", world.ours)
        page = world.browsers[who].get(place, base_url="https://localhost").text
        fields = fields | {"seen": re.findall(r'name="seen" value="([^"]*)"', page)[0]}
    worked: dict[str, list[str]] = {}

    def watched(name: str, work: Callable[..., Any]) -> Callable[..., Any]:
        def during(*args: Any, **options: Any) -> Any:
            worked[name] = worked.get(name, []) + writing
            return work(*args, **options)

        return during

    for name, owner in (
        ("process", forms.Form), ("validate", forms.Form), ("from_yaml", policy.Policy),
        ("check", wordings), ("render", jinja2.Template),
    ):  # fmt: skip
        monkeypatch.setattr(owner, name, watched(name, getattr(owner, name)))

    assert send(world, endpoint, who, **fields).status_code == 422
    assert worked["render"] == []
    assert not any(worked.values()), "nothing is written meanwhile"


@pytest.mark.parametrize(
    ("endpoint", "fields", "status"),
    [
        ("profiles.save", {"full_name": "Ana"}, 422),
        ("join.save", {"full_name": "Ana"}, 422),
        ("profiles.save", {"languages": "; ".join(["klingon"] * 9_000)}, 422),
    ],
)
def test_a_form_is_read_before_anything_is_held(
    world: World, writing: list[str], monkeypatch: pytest.MonkeyPatch, endpoint: str,
    fields: dict[str, str], status: int,
) -> None:  # fmt: skip
    seen = []
    read = questionnaire.read

    def watched(*args: Any) -> Any:
        seen.append(list(writing))
        return read(*args)

    monkeypatch.setattr(questionnaire, "read", watched)
    assert send(world, endpoint, **fields).status_code == status
    assert seen == [[]]


def test_unknown_words_of_a_whole_form_are_searched_a_few_times(
    world: World, searched: list[str]
) -> None:
    names = [column.name for section in questionnaire.SECTIONS.values() for part in section
             for column in questionnaire.asked(part, {"weights": {"identity": 1}})]  # fmt: skip
    for number in (50, 9_000):
        words = "; ".join(f"cardiolgy{n}" for n in range(number))[:3_000]
        for section in ("you", "hopes", "meeting", "wishes"):
            world.ours["section"] = section
            searched.clear()
            assert send(world, "profiles.save", **dict.fromkeys(names, words)).status_code == 422
            assert len(searched) <= 3 * 6, "three for each question that is answered by a list"


def test_an_address_is_measured_before_it_is_looked_at(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    normalize, longest = unicodedata.normalize, 0

    def measured(form: Any, text: str) -> str:
        nonlocal longest
        longest = max(longest, len(text))
        return normalize(form, text)

    monkeypatch.setattr(unicodedata, "normalize", measured)
    for endpoint in ("sign_in.send", "join.send"):
        answer = send(world, endpoint, email="a" + "\u0301\u0327" * 20_000 + "@example.org")
        assert answer.status_code == 422
        assert "an email address has at most 320" in answer.text
    assert longest <= addresses.LONGEST


def test_more_fields_than_any_form_has_are_refused(world: World) -> None:
    many = {f"field-{number}": "" for number in range(gate.MOST_FIELDS)}

    assert send(world, "profiles.save", **many).status_code == 413
    answer = world.browsers["stranger"].post(
        "/sign-in", base_url="https://localhost", data=many | {"form_key": uuid.uuid4().hex}
    )
    assert answer.status_code == 413


def test_a_form_names_no_more_people_than_it_may(world: World) -> None:
    world.ours["section"] = "wishes"
    listed = "\n".join(f"p{number}@example.org" for number in range(questionnaire.MOST_LISTED + 1))

    answer = send(world, "profiles.save", do_not_match=listed)
    assert answer.status_code == 422
    assert "the limit is 200" in answer.text
    fewer = listed.rpartition("\n")[0]
    assert send(world, "profiles.save", do_not_match=fewer).status_code == 303
