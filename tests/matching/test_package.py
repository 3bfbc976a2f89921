"""The library as a package: what it offers by name, and what its types and version are."""

from __future__ import annotations

import subprocess
import sys
from importlib import metadata
from pathlib import Path

import pytest
from click.testing import CliRunner

import matching
from matching.__main__ import main


def test_everything_that_is_offered_is_there_and_listed() -> None:
    assert set(matching.__all__) <= set(dir(matching))
    assert all(getattr(matching, name) is not None for name in matching.__all__)
    assert set(matching._HOMES) == set(matching.__all__)
    assert matching.InvalidPeople.__mro__[1] is ValueError


@pytest.mark.parametrize("module", ["policy", "profiles", "wishes", "results", "assignment"])
def test_modules_are_reached_from_the_package_alone(module: str) -> None:
    code = f"import matching; print(matching.{module}.__name__)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout == f"matching.{module}\n"


def test_what_is_not_offered_is_no_attribute() -> None:
    for name in ("asign", "_nothing", "__nothing__"):
        with pytest.raises(AttributeError, match=f"module 'matching' has no attribute '{name}'"):
            getattr(matching, name)


def test_the_version_is_that_of_the_distribution() -> None:
    assert matching.__version__ == metadata.version("preceptor")
    assert matching.__version__ in CliRunner().invoke(main, ["--version"]).stdout


def test_types_are_shipped_for_those_who_check_theirs() -> None:
    assert (Path(matching.__file__).parent / "py.typed").read_bytes() == b""
