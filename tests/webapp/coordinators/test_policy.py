"""The page of a program's policy: seen, changed by form and by file, never over a stranger's."""

from __future__ import annotations

import re
from typing import Any

import pytest
from sqlalchemy import Engine

from matching import policy
from matching.policy import Policy
from mentorship import database
from mentorship.models import Program
from mentorship.programs import policies
from mentorship.rounds import rounds
from webapp.coordinators import policy_form

SHIPPED = policy.default().to_yaml()
ADOPTED = policy_form.typed(policy.default())


@pytest.fixture
def path(coordinated: Program) -> str:
    return f"/programs/{coordinated.slug}/policy"


def current(engine: Engine, program: Program) -> tuple[int, Policy]:
    with database.reading(engine) as session:
        version = policies.current(session, program.id)
        return version.version, policies.content(version)


def fill_in(browser: Any, path: str, **changes: str) -> Any:
    """Send the form as it is shown for the first version, but for some fields."""
    names = {name.replace("__", "."): value for name, value in changes.items()}
    return browser.post(path, **(ADOPTED | names))


def test_the_form_says_what_the_policy_says() -> None:
    assert policy_form.read(ADOPTED) == (policy.default(), {})
    odd = Policy.from_yaml(
        SHIPPED.replace("floor: 0", "floor: 0.3333333333333333")
        .replace("help: 25", "help: 0.07")
        .replace("waiting_bonus: 0.05", "waiting_bonus: 0.07")
        .replace("stage: true", "stage: false")
    )
    assert policy_form.read(policy_form.typed(odd)) == (odd, {})


def test_every_entry_has_its_words_and_the_bounds_that_the_policy_has() -> None:
    assert tuple(amount.name.removeprefix("weights.") for amount in policy_form.WEIGHTS) == (
        policy.criteria()
    )
    for amount in policy_form.AMOUNTS:
        found, errors = policy_form.read(ADOPTED | {amount.name: str(amount.most)})
        assert found, errors
        # One more is refused by the policy itself, so the form allows exactly what it allows.
        *part, name = amount.name.split(".")
        data = policy.default().to_dict()
        (data[part[0]] if part else data)[name] = (amount.most + 1) / amount.scale
        with pytest.raises(policy.InvalidPolicy, match=name):
            Policy.from_dict(data)
    for objective in policy_form.OBJECTIVES:
        assert policy_form.read(ADOPTED | {"objective": objective})[0]


def test_saving_adopts_a_version_for_the_next_round(
    engine: Engine, signed_in: Any, coordinated: Program, path: str
) -> None:
    with database.transaction(engine) as session:
        rounds.start(session, session.merge(coordinated), requested_by="test", dry_run=True)
    page = signed_in.get(path).text
    assert "Version 1" in page
    assert "used in 1 round" in page
    assert "18% of the ranking" in page

    answer = fill_in(
        signed_in, path, weights__identity="25", floor="35.5", rules__hours_apart="3.5",
        waiting_bonus="7", objective="fair", rules__stage="",
    )  # fmt: skip
    assert answer.status_code == 303
    page = signed_in.get(path).text
    assert "Saved as version 2." in page
    assert "16% of the ranking" in page
    assert "not used in a round yet" in page
    number, found = current(engine, coordinated)
    assert number == 2
    assert (found.floor, found.waiting_bonus, found.objective) == (0.355, 0.07, "fair")
    assert found.rules == {"stage": False, "language": True, "hours_apart": 3.5}
    assert found.weights["identity"] == 25


def test_what_is_filled_in_is_tried_in_a_dry_run_and_not_adopted(
    engine: Engine, signed_in: Any, coordinated: Program, path: str
) -> None:
    answer = fill_in(signed_in, path, decision="try", weights__help="60")
    assert answer.status_code == 303
    with database.reading(engine) as session:
        (trial,) = rounds.of_program(session, coordinated.id)
        assert trial.dry_run
        assert trial.tried["weights"]["help"] == 60
        assert policies.current(session, coordinated.id).version == 1
    assert answer.location.endswith(f"{path}?trial={trial.id}#trial")
    assert signed_in.get(answer.location).status_code == 200

    refused = fill_in(signed_in, path, decision="try", weights__help="much")
    assert refused.status_code == 422
    with database.reading(engine) as session:
        assert len(rounds.of_program(session, coordinated.id)) == 1


def test_saving_what_is_there_makes_no_version(
    engine: Engine, signed_in: Any, coordinated: Program, path: str
) -> None:
    assert fill_in(signed_in, path).status_code == 303
    assert "Nothing was changed" in signed_in.get(path).text
    signed_in.post(path, yaml=SHIPPED.replace("\n", "\r\n"))
    assert "Nothing was changed" in signed_in.get(path).text
    assert current(engine, coordinated)[0] == 1


@pytest.mark.parametrize(
    ("field", "typed", "said"),
    [
        ("weights.help", "-1", "from 0 to 1,000"),
        ("weights.help", "1001", "from 0 to 1,000"),
        ("weights.help", "", "from 0 to 1,000"),
        ("weights.help", "lots", "from 0 to 1,000"),
        ("weights.help", "9" * 400, "from 0 to 1,000"),
        ("weights.identity", "1e999999999999999999", "from 0 to 1,000"),
        ("waiting_bonus", "nan", "from 0 to 100"),
        ("floor", "Infinity", "from 0 to 100"),
        ("floor", "100.1", "from 0 to 100"),
        ("waiting_bonus", "sNaN", "from 0 to 100"),
        ("rules.hours_apart", "13", "from 0 to 12"),
        ("objective", "best", "must be one of coverage, fair, total"),
    ],
)
def test_a_wrong_field_is_marked_and_what_was_typed_is_kept(
    engine: Engine, signed_in: Any, coordinated: Program, path: str, field: str, typed: str,
    said: str,
) -> None:  # fmt: skip
    answer = signed_in.post(path, **(ADOPTED | {"floor": "51", field: typed}))

    assert answer.status_code == 422
    assert "Nothing is saved yet" in answer.text
    id = field.replace(".", "-")
    error = re.search(rf'<p class="error" id="{id}-error">(.*?)</p>', answer.text)
    assert error
    assert said in error[1]
    if field != "objective":
        assert f'name="{field}" type="number"' in answer.text
        assert f'value="{typed}"' in answer.text
    if field != "floor":
        assert 'value="51"' in answer.text
        assert "saved: 0" in answer.text
    assert current(engine, coordinated)[0] == 1


def test_at_least_one_weight_must_count(signed_in: Any, path: str) -> None:
    nothing = {amount.name: "0" for amount in policy_form.WEIGHTS}
    answer = signed_in.post(path, **(ADOPTED | nothing))

    assert answer.status_code == 422
    assert "at least one must be above 0" in answer.text


def test_a_file_is_adopted_and_given_back(
    engine: Engine, signed_in: Any, coordinated: Program, path: str
) -> None:
    changed = SHIPPED.replace("help: 25", "help: 30")
    assert signed_in.post(path, yaml=changed).status_code == 303
    assert current(engine, coordinated)[1].weights["help"] == 30

    answer = signed_in.get(f"{path}.yaml")
    assert answer.text == changed
    assert answer.mimetype == "application/yaml"
    name = f'attachment; filename="{coordinated.slug}-policy-2.yaml"'
    assert answer.headers["Content-Disposition"] == name
    assert signed_in.get(f"{path}.yaml?version=1").text == SHIPPED
    page = signed_in.get(path).text
    assert f"{path}.yaml?version=1" in page

    # An earlier version is used again by pasting it.
    assert signed_in.post(path, yaml=SHIPPED).status_code == 303
    assert current(engine, coordinated) == (3, policy.default())


@pytest.mark.parametrize("version", ["0", "2", "-1", "x", "", "1.0", "9" * 40, "²", "%00"])
def test_a_version_that_is_not_there_is_not_found(signed_in: Any, path: str, version: str) -> None:
    assert signed_in.get(f"{path}.yaml?version={version}").status_code in (
        (404, 400) if version == "%00" else (404,)
    )


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (SHIPPED.replace("help: 25", "help: lots"), "Line 3: weights: help: must be a number"),
        (SHIPPED.replace("floor: 0", "floor: 40"), "Line 18: floor: must be a number from 0"),
        (SHIPPED.replace("floor: 0", "flor: 0.4"), "Line 18: flor: is not an entry"),
        (SHIPPED + "more: [", f"Line {SHIPPED.count(chr(10)) + 1}: not YAML"),
        ("[" * 15_000, "Line 1: entries of a policy can be nested two levels deep"),
        ("", "Line 1: a policy must have the entries"),
        ("<script>alert(1)</script>", "Line 1: a policy must have the entries"),
    ],
)
def test_a_wrong_file_is_answered_with_line_and_reason_and_kept(
    engine: Engine, signed_in: Any, coordinated: Program, path: str, text: str, said: str
) -> None:
    answer = signed_in.post(path, yaml=text)

    assert answer.status_code == 422
    assert said in answer.text
    assert '<details class="block" open>' in answer.text
    assert "<script>alert" not in answer.text
    kept = answer.text.split("<textarea")[1].split(">\n", 1)[1].split("</textarea>")[0]
    assert kept == text.replace("<", "&lt;").replace(">", "&gt;")
    assert current(engine, coordinated)[0] == 1


@pytest.mark.parametrize("is_file", [False, True])
def test_saving_after_someone_else_shows_both_and_may_go_on(
    engine: Engine, signed_in: Any, coordinated: Program, path: str, is_file: bool
) -> None:
    opened = signed_in.keys(path)
    assert fill_in(signed_in, path, floor="30").status_code == 303
    mine = SHIPPED.replace("floor: 0", "floor: 0.55")
    form = {"yaml": mine} if is_file else ADOPTED | {"floor": "55"}
    answer = signed_in.send(path, opened | form)

    assert answer.status_code == 409
    assert "Someone saved a change while you had this open." in answer.text
    assert "<td>55</td><td>30</td>" in answer.text
    assert ("floor: 0.55" if is_file else 'value="55"') in answer.text
    assert ("saved: 30" in answer.text) is not is_file
    assert current(engine, coordinated)[1].floor == 0.3

    assert signed_in.post(path, **form).status_code == 303
    assert current(engine, coordinated)[1].floor == 0.55


@pytest.mark.parametrize("seen", ["", "x", "floor:", "9" * 40, "floor:0 floor:1"])
def test_a_forged_stamp_replaces_nothing(
    engine: Engine, signed_in: Any, coordinated: Program, path: str, seen: str
) -> None:
    assert fill_in(signed_in, path, floor="30", seen=seen).status_code == 409
    assert current(engine, coordinated)[0] == 1


def test_the_policy_stands_among_the_tabs_of_the_desk(signed_in: Any, path: str) -> None:
    for page in (path, path.replace("policy", "settings")):
        tabs = re.findall(r'<a href="([^"]+)"( aria-current="page")?>', signed_in.get(page).text)
        assert path in dict(tabs)
        assert [address for address, is_current in tabs if is_current] == [page]


def test_a_round_says_by_which_version_it_is_matched(
    engine: Engine, signed_in: Any, coordinated: Program, path: str
) -> None:
    with database.transaction(engine) as session:
        round, _ = rounds.start(session, session.merge(coordinated), requested_by="test")
        address = f"/programs/{coordinated.slug}/rounds/{round.id}"
    fill_in(signed_in, path, floor="30")

    page = signed_in.get(address).text
    assert f'<a href="{path}.yaml?version=1">Policy version 1' in page
