"""docs/architecture.md draws the floors that the import contracts hold, and names what is there."""

from __future__ import annotations

import ast
import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "architecture.md").read_text()
CONTRACTS = {
    contract["containers"][0]: contract["layers"]
    for contract in tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"][
        "contracts"
    ]
    if contract["type"] == "layers" and "containers" in contract
}
FUNCTIONS = re.findall(r"`((?:\w+\.)+\w+)`", PAGE[PAGE.index("## One profile") :])


def drawn(package: str) -> list[str]:
    """The floors in the drawing of a package, from the top; a note follows two spaces."""
    _, _, rest = PAGE.partition(f"## The floors of `{package}`\n\n```\n")
    return [re.split(r"  +", line)[0] for line in rest.partition("\n```")[0].split("\n")]


@pytest.mark.parametrize("package", ["mentorship", "webapp", "matching"])
def test_the_drawing_shows_the_floors_of_the_contract(package: str) -> None:
    assert drawn(package) == CONTRACTS[package]


@pytest.mark.parametrize("package", ["mentorship", "webapp", "matching"])
def test_every_room_that_is_drawn_is_there(package: str) -> None:
    rooms = {room for floor in drawn(package) for room in floor.split(" | ")}
    folder = ROOT / package

    assert all((folder / room).is_dir() or (folder / f"{room}.py").is_file() for room in rooms)


@pytest.mark.parametrize("function", FUNCTIONS)
def test_the_trips_name_what_is_there_once(function: str) -> None:
    module, _, name = function.rpartition(".")
    path = f"{module.replace('.', '/')}.py"
    files = [
        file
        for package in ("", "mentorship", "webapp", "matching")
        if (file := ROOT / package / path).is_file()
    ]

    assert len(files) == 1, files
    definitions = (ast.FunctionDef, ast.ClassDef)
    body = ast.parse(files[0].read_text()).body
    assert name in {node.name for node in body if isinstance(node, definitions)}
    assert FUNCTIONS.count(function) == 1
