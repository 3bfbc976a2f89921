"""How much work one form may cause, and that no one waits for it: counted, never timed."""

from __future__ import annotations

import contextlib
import unicodedata
import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from sites import World
from sqlalchemy.orm import Session

from mentorship.people import addresses, questionnaire
from webapp import gate, storage


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


def send(world: World, endpoint: str, **fields: Any) -> Any:
    return world.browsers["mentee"].post(
        world.address(endpoint, world.ours), base_url="https://localhost",
        data={"form_key": uuid.uuid4().hex} | fields,
    )  # fmt: skip


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
