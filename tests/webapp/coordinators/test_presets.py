"""Presets of a policy: they fill in the form, and are saved only when someone saves them."""

from __future__ import annotations

import dataclasses
import re
from typing import Any

import pytest
from sqlalchemy import Engine

from matching import policy
from matching.policy import Policy
from mentorship import database
from mentorship.models import Program
from mentorship.programs import policies
from mentorship.programs.presets import PRESETS
from webapp.coordinators import policy_form

FIELD = re.compile(r'<input id="[^"]+" name="([^"]+)" type="number"[^>]* value="([^"]*)"')
TICKED = re.compile(r'<input type="(?:checkbox|radio)" name="([^"]+)" value="([^"]+)"[^>]* checked')
#: A program with settings of its own, which no preset but the shipped one changes.
OWN = dataclasses.replace(
    policy.default(),
    weights={**policy.default().weights, "help": 7, "identity": 10},
    rules={"stage": False, "language": True, "hours_apart": 4},
    floor=0.45,
    objective="total",
    waiting_bonus=0.1,
)


@pytest.fixture
def path(engine: Engine, coordinated: Program) -> str:
    with database.transaction(engine) as session:
        program = session.merge(coordinated)
        assert policies.change(session, program, "test", OWN, seen=1)
    return f"/programs/{coordinated.slug}/policy"


def filled_in(page: str) -> dict[str, str]:
    """Return the fields of the form as they are shown."""
    form = page.split('id="form"')[1].split("</form>")[0]
    return dict(FIELD.findall(form)) | dict(TICKED.findall(form))


def current(engine: Engine, program: Program) -> tuple[int, Policy]:
    with database.reading(engine) as session:
        version = policies.current(session, program.id)
        return version.version, policies.content(version)


@pytest.mark.parametrize("name", PRESETS)
def test_a_preset_fills_in_the_form_and_is_saved_as_a_version(
    engine: Engine, signed_in: Any, coordinated: Program, path: str, name: str
) -> None:
    assert f'href="{path}?start={name}#form"' in signed_in.get(path).text

    page = signed_in.get(f"{path}?start={name}").text
    wanted = PRESETS[name].applied(OWN)
    assert filled_in(page) == policy_form.typed(wanted)
    assert "Not saved yet" in page
    # What is saved stands beside what the preset changes, and the shares are the preset's.
    assert "saved: 7" in page
    total = sum(wanted.weights.values())
    assert f"{wanted.weights['help'] / total:.0%} of the ranking" in page
    assert current(engine, coordinated) == (2, OWN)

    assert signed_in.post(path, version="2", **filled_in(page)).status_code == 303
    assert current(engine, coordinated) == (3, wanted)
    assert "Not saved yet" not in signed_in.get(path).text


@pytest.mark.parametrize("name", PRESETS)
def test_a_preset_changes_what_it_is_about_and_nothing_else(name: str) -> None:
    applied, is_shipped = PRESETS[name].applied(OWN), name == "shipped"

    assert (applied == policy.default()) is is_shipped
    kept = (applied.rules, applied.floor, applied.waiting_bonus, applied.weights["identity"])
    own = (OWN.rules, OWN.floor, OWN.waiting_bonus, OWN.weights["identity"])
    assert (kept == own) is not is_shipped


def test_presets_differ_from_each_other() -> None:
    found = [PRESETS[name].applied(OWN).to_yaml() for name in PRESETS]

    assert len(set(found)) == len(PRESETS)


@pytest.mark.parametrize("name", ["", "x", "Near-peer", "shipped ", "__class__", "9" * 400, "%00"])
def test_an_unknown_preset_is_not_found(signed_in: Any, path: str, name: str) -> None:
    assert signed_in.get(f"{path}?start={name}").status_code in (
        (404, 400) if name == "%00" else (404,)
    )
