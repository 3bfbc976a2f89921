"""Two coordinators with one form open: the second sees both versions, and nothing is lost."""

from __future__ import annotations

import html
import re
import uuid
from typing import Any

import pytest
from sqlalchemy import Engine

from mentorship import database
from mentorship.models import Program
from mentorship.programs import policies, programs

SETTINGS = {
    "name": "Harbor", "organizer": "Harbor School", "about": "Mentoring.", "most_mentors": "1",
    "introduction": "at_once", "fill": "first", "registration_open": "yes", "next_round_on": "",
    "email_domains": "", "approve_mentors": "yes",
}  # fmt: skip


def stored(engine: Engine, program: Program) -> Program:
    with database.reading(engine) as session:
        return session.get_one(Program, program.id)


def rows(page: str) -> dict[str, tuple[str, str, bool]]:
    """What was saved meanwhile: sent, stored, and whether the sender had changed it too."""
    found = re.findall(
        r'<tr><th scope="row">(.*?)</th><td>(.*?)</td><td>(.*?)</td><td>(.*?)</td></tr>', page
    )
    return {label: (sent, saved, "yours" in note) for label, sent, saved, note in found}


def again(page: str, sent: dict[str, Any]) -> dict[str, Any]:
    """The same form as it came back, sent once more as its fields stand there."""
    stamps = re.findall(r'name="seen" value="([^"]*)"', page)
    values = dict(re.findall(r'<input[^>]*? name="(\w+)"[^>]*? value="([^"]*)"', page))
    areas = re.findall(r'<textarea[^>]* name="(\w+)"[^>]*>\s*(.*?)</textarea>', page, re.S)
    kept = {name: html.unescape(dict(areas).get(name, values.get(name, old)))
            for name, old in sent.items() if name not in ("seen", "form_key")}  # fmt: skip
    return kept | {"seen": stamps[0], "form_key": uuid.uuid4().hex}


@pytest.fixture
def named(signed_in: Any, coordinated: Program) -> str:
    """The address of the settings of a program that has some."""
    address = f"/programs/{coordinated.slug}/settings"
    assert signed_in.post(address, **SETTINGS).status_code == 303
    return address


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_settings_that_were_saved_meanwhile_come_back_beside_the_senders_own(
    engine: Engine, signed_in: Any, second: Any, coordinated: Program, named: str,
    order: tuple[int, int],
) -> None:  # fmt: skip
    first, last = ((signed_in, second)[index] for index in order)
    keys = {browser: browser.keys(named) for browser in (first, last)}
    saved = SETTINGS | {"about": "First wrote this.", "organizer": "First School"}
    assert first.send(named, keys[first] | saved).status_code == 303

    sent = keys[last] | SETTINGS | {"about": "Last wrote this.", "name": "Harbor Two"}
    answer = last.send(named, sent)

    assert answer.status_code == 409
    page = html.unescape(answer.text)
    assert rows(page) == {
        "What it is, in a few sentences": ("Last wrote this.", "First wrote this.", True),
        "Who runs it": ("Harbor School", "First School", False),
    }
    program = stored(engine, coordinated)
    assert (program.about, program.name) == ("First wrote this.", "Harbor")
    assert last.send(named, again(answer.text, sent)).status_code == 303
    program = stored(engine, coordinated)
    assert (program.about, program.name) == ("Last wrote this.", "Harbor Two")
    assert program.organizer == "First School"


def test_a_tick_and_a_choice_that_were_saved_meanwhile_stay(
    engine: Engine, signed_in: Any, second: Any, coordinated: Program, named: str
) -> None:
    keys = second.keys(named)
    theirs = {n: v for n, v in SETTINGS.items() if n != "approve_mentors"}
    theirs |= {"introduction": "ask_first", "email_domains": "med.example.edu"}
    signed_in.post(named, **theirs)

    page = second.send(named, keys | SETTINGS).text

    assert re.search(r'value="ask_first" checked', page)
    assert 'value="med.example.edu"' in page
    assert not re.search(r'name="approve_mentors"[^>]*checked', page)
    assert [mine for _sent, _stored, mine in rows(html.unescape(page)).values()] == [False] * 3


def test_saving_the_same_is_not_held_up(
    signed_in: Any, second: Any, coordinated: Program, named: str
) -> None:
    keys = second.keys(named)
    changed = SETTINGS | {"about": "Both wrote this."}
    signed_in.post(named, **changed)

    assert second.send(named, keys | changed).status_code == 303


def test_a_form_with_a_mistake_keeps_what_it_has_seen(
    engine: Engine, signed_in: Any, second: Any, coordinated: Program, named: str
) -> None:
    """Else it would overwrite, once the mistake is fixed, what was saved in between."""
    keys = second.keys(named)
    signed_in.post(named, **SETTINGS | {"about": "First wrote this."})
    wrong = second.send(named, keys | SETTINGS | {"name": ""})
    assert wrong.status_code == 422

    answer = second.send(named, again(wrong.text, keys | SETTINGS) | {"name": "Harbor Two"})

    assert answer.status_code == 409
    assert stored(engine, coordinated).about == "First wrote this."


def test_a_form_without_a_stamp_overwrites_nothing(
    engine: Engine, signed_in: Any, coordinated: Program, named: str
) -> None:
    keys = {n: v for n, v in signed_in.keys(named).items() if n != "seen"}

    answer = signed_in.send(named, keys | SETTINGS | {"about": "Unseen."})

    assert answer.status_code == 409
    assert stored(engine, coordinated).about == "Mentoring."


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_words_of_an_email_are_not_overwritten(
    engine: Engine, signed_in: Any, second: Any, coordinated: Program, order: tuple[int, int]
) -> None:
    first, last = ((signed_in, second)[index] for index in order)
    address = f"/programs/{coordinated.slug}/wording/welcome"
    keys = last.keys(address)
    words = {"subject": "Welcome", "opening": "Hello.", "closing": "Bye."}
    assert first.post(address, **words).status_code == 303

    sent = keys | words | {"opening": "Good day."}
    answer = last.send(address, sent)

    assert answer.status_code == 409
    assert rows(html.unescape(answer.text)) == {"Opening": ("Good day.", "Hello.", True)}
    assert stored(engine, coordinated).wordings["welcome"]["opening"] == "Hello."
    assert last.send(address, again(answer.text, sent)).status_code == 303
    assert stored(engine, coordinated).wordings["welcome"]["opening"] == "Good day."


def test_default_words_do_not_replace_what_was_saved_meanwhile(
    engine: Engine, signed_in: Any, second: Any, coordinated: Program
) -> None:
    address = f"/programs/{coordinated.slug}/wording/welcome"
    words = {"subject": "Welcome", "opening": "Hello.", "closing": "Bye."}
    signed_in.post(address, **words)
    keys = second.keys(address)
    signed_in.post(address, **words | {"closing": "See you."})

    answer = second.send(address, keys | {"standard": "yes"})

    assert answer.status_code == 409
    assert stored(engine, coordinated).wordings["welcome"]["closing"] == "See you."


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_the_list_of_coordinators_comes_back_where_it_changed(
    engine: Engine, signed_in: Any, second: Any, coordinated: Program, order: tuple[int, int]
) -> None:
    first, last = ((signed_in, second)[index] for index in order)
    address = f"/programs/{coordinated.slug}/coordinators"
    keys = last.keys(address)
    assert first.post(address, email="third@example.org").status_code == 303

    answer = last.send(address, keys | {"email": "fourth@example.org"})

    assert answer.status_code == 409
    assert 'value="fourth@example.org"' in answer.text
    ((sent, now, mine),) = rows(html.unescape(answer.text)).values()
    assert (sent, mine) == ("add fourth@example.org", True)
    assert "third" in now
    fresh = again(answer.text, {"email": "fourth@example.org", **keys})
    assert last.send(address, fresh).status_code == 303


def test_someone_who_was_removed_meanwhile_is_named_to_no_one(
    engine: Engine, signed_in: Any, second: Any, coordinated: Program
) -> None:
    address = f"/programs/{coordinated.slug}/coordinators"
    with database.transaction(engine) as session:
        program = session.get_one(Program, coordinated.id)
        third = programs.add_coordinator(session, program, "third@example.org")
        third.full_name = "Theo Third"
        third_id = third.id
    keys = second.keys(address)
    assert signed_in.post(f"{address}/{third_id}/remove", on=address).status_code == 303

    answer = second.send(f"{address}/{third_id}/remove", keys)

    assert answer.status_code == 409
    assert "Theo" not in answer.text


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_a_policy_that_was_saved_meanwhile_comes_back_beside_the_senders_own(
    engine: Engine, signed_in: Any, second: Any, coordinated: Program, order: tuple[int, int]
) -> None:
    from webapp.coordinators import policy_form

    first, last = ((signed_in, second)[index] for index in order)
    address = f"/programs/{coordinated.slug}/policy"
    with database.reading(engine) as session:
        current = policies.content(policies.current(session, coordinated.id))
    typed = policy_form.typed(current)
    pages = {browser: browser.keys(address) for browser in (first, last)}
    theirs = typed | {"weights.stage": "17", "weights.text": "4"}
    assert first.send(address, pages[first] | theirs).status_code == 303

    mine = typed | {"weights.stage": "13", "floor": "20"}
    answer = last.send(address, pages[last] | mine)

    assert answer.status_code == 409
    found = rows(html.unescape(answer.text))
    assert [sorted((sent, now)) for sent, now, is_mine in found.values() if is_mine] == [
        ["13", "17"]
    ]
    assert [now for _sent, now, is_mine in found.values() if not is_mine] == ["4"]
    values = dict(re.findall(r'name="([\w.]+)" type="number"[^>]*value="([^"]*)"', answer.text))
    assert (values["weights.stage"], values["weights.text"], values["floor"]) == ("13", "4", "20")
    with database.reading(engine) as session:
        assert policies.current(session, coordinated.id).version == 2
