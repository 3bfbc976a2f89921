"""A further setting is one field with its limits and a row of the README."""

from __future__ import annotations

from pathlib import Path

from copies import Copy

FIELD = """    coffee_seconds: float = _setting(
        240.0, "How long coffee takes to brew.", readers.Number(least=30)
    )
"""
ROW = "| `COFFEE_SECONDS` | `240` | How long coffee takes to brew. |\n"
SHOW = """
import os
from mentorship.settings import Settings
settings = Settings.read(os.environ)
assert Settings.read(settings.to_environ()) == settings
print(settings.coffee_seconds)
"""


def test_a_setting_is_a_field_with_its_limits_and_a_row_of_the_readme(tmp_path: Path) -> None:
    copy = Copy(
        tmp_path, "mentorship", "matching", "README.md", "tests/mentorship/test_settings.py"
    )
    copy.insert("mentorship/settings.py", FIELD, before="    log_level: str = _setting(")

    assert copy.output("-c", SHOW) == "240.0\n"
    assert copy.output("-c", SHOW, COFFEE_SECONDS="45.5") == "45.5\n"
    for wrong in ("29", "soon", "-1"):
        words = f"COFFEE_SECONDS must be a number from 30 to 1,000,000, not '{wrong}'"
        assert words in copy.run("-c", SHOW, COFFEE_SECONDS=wrong).stderr

    # Without its row it is missed.
    tests = ("-m", "pytest", "-q", "-p", "no:cacheprovider", "--import-mode=importlib", "tests")
    done = copy.run(*tests)
    assert done.returncode == 1
    assert ROW.strip() in done.stdout
    copy.insert("README.md", ROW, before="| `LOG_LEVEL` |")
    copy.output(*tests)
