"""Adding things where README.md says: in a copy, with nothing else changed."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]


def run(copy: Path, *command: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run Python on the copy instead of the installed packages."""
    return subprocess.run(
        [sys.executable, *command], cwd=copy, capture_output=True, text=True, timeout=60,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(copy), **variables},
    )  # fmt: skip


def test_a_setting_is_a_field_with_its_limits_and_a_row_of_the_readme(tmp_path: Path) -> None:
    shutil.copytree(
        ROOT / "mentorship", tmp_path / "mentorship", ignore=shutil.ignore_patterns("__pycache__")
    )
    shutil.copy(ROOT / "README.md", tmp_path)
    (tmp_path / "tests" / "mentorship").mkdir(parents=True)
    shutil.copy(ROOT / "tests/mentorship/test_settings.py", tmp_path / "tests/mentorship")
    settings, readme = tmp_path / "mentorship/settings.py", tmp_path / "README.md"
    field = (
        "    coffee_seconds: float = _setting(\n"
        '        240.0, "How long coffee takes to brew.", readers.Number(least=30)\n'
        "    )\n"
    )
    before = "    log_level: str = _setting("
    assert before in settings.read_text()
    settings.write_text(settings.read_text().replace(before, field + before))

    show = (
        "import os; from mentorship.settings import Settings;"
        "settings = Settings.read(os.environ);"
        "assert Settings.read(settings.to_environ()) == settings; print(settings.coffee_seconds)"
    )
    assert run(tmp_path, "-c", show).stdout == "240.0\n"
    assert run(tmp_path, "-c", show, COFFEE_SECONDS="45.5").stdout == "45.5\n"
    for wrong in ("29", "soon", "-1"):
        words = f"COFFEE_SECONDS must be a number from 30 to 1,000,000, not '{wrong}'"
        assert words in run(tmp_path, "-c", show, COFFEE_SECONDS=wrong).stderr

    # Without its row it is missed.
    tests = ("-m", "pytest", "-q", "-p", "no:cacheprovider", "--import-mode=importlib", "tests")
    done = run(tmp_path, *tests)
    row = "| `COFFEE_SECONDS` | `240` | How long coffee takes to brew. |\n"
    assert done.returncode == 1
    assert row.strip() in done.stdout
    before = "| `LOG_LEVEL` |"
    readme.write_text(readme.read_text().replace(before, row + before))
    done = run(tmp_path, *tests)
    assert done.returncode == 0, done.stdout
