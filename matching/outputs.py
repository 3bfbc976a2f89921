"""Files that a command writes: complete, all together, and replacing only regular files."""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from matching.language import gettext as _

#: What stands for standard output; a path that leads to the same file counts too.
STANDARD = Path("-")


def resolved(inputs: Sequence[Path | None], outputs: Sequence[Path]) -> list[Path]:
    """Return where each output is to be written: `STANDARD`, or the file that links lead to.

    Raises `ValueError` for one that is named twice, could not be written, or is no regular file.
    """
    taken = [path.resolve() for path in inputs if path]
    found = []
    for path in outputs:
        target = _target(path)
        if target in taken or any(_is_one_file(target, other) for other in taken):
            raise ValueError(
                _("%(path)s: is used twice; choose another file to write to", path=path)
            )
        taken.append(target)
        found.append(target)
        if target == STANDARD:
            continue
        if target.exists() and not target.is_file():
            raise ValueError(_("%(path)s: is not a file that can be replaced", path=path))
        if not target.parent.is_dir() or not os.access(target.parent, os.W_OK):
            raise ValueError(
                _("%(path)s: is not a folder that can be written to", path=target.parent)
            )
    return found


def write(contents: Mapping[Path, bytes]) -> None:
    """Write to resolved outputs: what was in a file stays until all of them are there."""
    unfinished = {
        target: target.with_name(f".preceptor-{secrets.token_hex(8)}")
        for target in contents
        if target != STANDARD
    }
    try:
        for target, part in unfinished.items():
            # Created new: an existing name, or a link, is not followed.
            with part.open("xb") as file:
                if target.exists():
                    shutil.copymode(target, part)
                file.write(contents[target])
        if STANDARD in contents:
            sys.stdout.buffer.write(contents[STANDARD])
            sys.stdout.buffer.flush()
        for target, part in unfinished.items():
            part.replace(target)
    finally:
        for part in unfinished.values():
            part.unlink(missing_ok=True)


def _target(path: Path) -> Path:
    if path == STANDARD:
        return STANDARD
    # As /dev/stdout; a file that it was redirected to must not be replaced under it.
    with contextlib.suppress(OSError):
        if os.path.samestat(path.stat(), os.fstat(1)):
            return STANDARD
    try:
        target = path.resolve()
        target.exists()
    except (OSError, RuntimeError) as error:  # links that lead in a circle
        raise ValueError(
            _("%(path)s: cannot be written to: %(problem)s", path=path, problem=error)
        ) from None
    devices = (Path("/dev"), Path("/proc"))
    if any(folder in path.absolute().parents for folder in devices):
        raise ValueError(_("%(path)s: is not a file that can be replaced", path=path))
    return target


def _is_one_file(one: Path, other: Path) -> bool:
    """Return whether two paths are names of one file, as hard links are."""
    return STANDARD not in (one, other) and one.exists() and other.exists() and one.samefile(other)
