"""A copy of the project, in which something is added to see what else would have to change."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from patience import patient

ROOT = Path(__file__).parents[2]


class Copy:
    """Some folders and files of the project in a folder of their own, run from there."""

    def __init__(self, folder: Path, *names: str) -> None:
        self.folder = folder
        for name in names:
            source, target = ROOT / name, folder / name
            if source.is_dir():
                # With what is compiled, which holds for what is not changed here.
                shutil.copytree(source, target)
            else:
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(source, target)

    def insert(self, name: str, added: str, *, before: str) -> None:
        """Add text to a file, before a passage that is there once."""
        file = self.folder / name
        text = file.read_text()
        assert text.count(before) == 1, (name, before)
        file.write_text(text.replace(before, added + before))

    def write(self, name: str, text: str) -> None:
        """Add a file."""
        (self.folder / name).write_text(text)

    def run(self, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
        """Run Python in the copy, on its packages instead of the installed ones."""
        inherited = {k: v for k, v in os.environ.items() if not k.startswith("PYTEST_")}
        path = f"{self.folder}:{ROOT / 'tests' / 'support'}"
        return subprocess.run(
            [sys.executable, *arguments], cwd=self.folder, capture_output=True, text=True,
            env=inherited | {"PYTHONPATH": path} | variables, timeout=patient(280),
        )  # fmt: skip

    def output(self, *arguments: str, **variables: str) -> str:
        """Run Python in the copy, which must succeed, and return what it printed."""
        done = self.run(*arguments, **variables)
        assert done.returncode == 0, f"{done.stdout[-4000:]}\n{done.stderr[-4000:]}"
        return done.stdout

    def passed(self, *arguments: str, **variables: str) -> int:
        """Run tests of the copy, none of which may fail, and return how many there were."""
        quietly = ("-m", "pytest", "-q", "-p", "no:cacheprovider")
        output = self.output(*quietly, *arguments, **variables)
        return int(output.rsplit(" passed", 1)[0].rsplit(maxsplit=1)[-1])
