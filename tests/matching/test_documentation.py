"""The worked example of docs/matching.md, run as it stands there."""

from __future__ import annotations

import re
from pathlib import Path

TEXT = (Path(__file__).parents[2] / "docs" / "matching.md").read_text(encoding="utf-8")


def test_the_worked_example_runs_as_it_is_written() -> None:
    parts = re.findall(r"```python\n(.*?)```", TEXT, flags=re.DOTALL)

    assert len(parts) == 3
    exec(compile("\n".join(parts), "docs/matching.md", "exec"), {})


def test_the_table_of_criteria_is_that_of_the_shipped_policy() -> None:
    from matching import policy

    rows = re.findall(r"^\| ([a-z]+) \| .* \| (\d+) \|$", TEXT, flags=re.MULTILINE)

    assert {name: int(weight) for name, weight in rows} == dict(policy.default().weights)
