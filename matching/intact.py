"""Whether the files of this package are its own.

PyPI has other distributions that install a package called `matching`, and pip overwrites one with
the other silently.
"""

from __future__ import annotations

import base64
import hashlib
import sys
from importlib import metadata


class Overwritten(ImportError):
    """The package is another's; the message names the distribution and says what to do."""


def check() -> None:
    """Raise `Overwritten` unless this package offers what it should."""
    if "Matcher" not in getattr(sys.modules["matching"], "__all__", ()):
        raise Overwritten(told(others()))


def others() -> list[str]:
    """Return the other installed distributions that hold files of a package of this name."""
    return sorted(set(metadata.packages_distributions().get("matching", ())) - {"preceptor"})


def changed() -> list[str]:
    """Return the names of this package's files that differ from what was installed.

    None of an installation that records no files, such as a working copy.
    """
    try:
        files = metadata.files("preceptor") or []
    except metadata.PackageNotFoundError:
        return []
    return sorted(str(file) for file in files if file.parts[0] == "matching" and _differs(file))


def _differs(file: metadata.PackagePath) -> bool:
    if file.hash is None:
        return False
    try:
        digest = hashlib.new(file.hash.mode, file.read_binary()).digest()
    except FileNotFoundError:
        return True
    return base64.urlsafe_b64encode(digest).decode().rstrip("=") != file.hash.value


def told(names: list[str]) -> str:
    """Return that these distributions have overwritten the package, and how to get it back."""
    found = " and ".join(names) or "something that is no longer installed"
    remove = f"pip uninstall {' '.join(names)}; " if names else ""
    return (
        f"the package `matching` is not Preceptor's own: {found} has overwritten it. Run "
        f"`{remove}pip install --force-reinstall --no-deps preceptor`"
    )
