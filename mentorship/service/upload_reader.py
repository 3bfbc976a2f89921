"""Reading an uploaded file in a child process, under limits of memory and time.

A file within every limit of its own may still cost more than others should pay for: objects, not
bytes, fill memory, and Python reads on for as long as there is something to read. So a child reads
it, which the kernel ends at its limits and which goes after the pages of the site. It gets a line
of JSON and the file as its standard input, and none of the settings; what it found comes back as
it is stored, so that this process need not take it apart.
"""

from __future__ import annotations

import dataclasses
import json
import logging
import os
import resource
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Mapping, Sequence

from matching.mapping.decisions import Decisions
from mentorship import language
from mentorship.errors import Unavailable
from mentorship.language import gettext as _
from mentorship.people import identity_answers, imports, questions, stored_reports
from mentorship.people.import_report import Finding, ImportReport
from mentorship.people.questions import ProgramQuestion, columns, optional
from mentorship.roles import Role
from mentorship.service.processes import end_with_parent
from mentorship.settings import Settings

NOTHING_DECIDED = Decisions()
NO_PEOPLE: Mapping[str, str] = {}
#: Of processor, for one file; on a busy machine that may take a while longer.
MOST_SECONDS = 20
_MOST_WAITED = 120
#: Of memory of the child's own, which is nearly all it takes.
MOST_MEMORY = 260 * 1024 * 1024
#: Files that are read at once by this process, and those that may wait as well: the other threads
#: of the site are for other pages.
_running = threading.BoundedSemaphore(2)
_places = threading.BoundedSemaphore(6)
_OUT_OF_MEMORY = 3
_log = logging.getLogger(__name__)


def read(
    data: bytes,
    role: Role,
    name: str,
    decisions: Decisions = NOTHING_DECIDED,
    people: Mapping[str, str] = NO_PEOPLE,
    asked: Sequence[ProgramQuestion] = (),
    asks_identity: bool = True,
) -> bytes:
    """Return what `imports.survey` finds in a file, or that it takes too much to read.

    It comes as `stored_reports.read` takes it. `asked` are the program's own questions; answers
    about identity are left out where it does not ask for them.

    Raises `Unavailable` where several files are being read already.
    """
    if not _places.acquire(blocking=False):
        raise Unavailable(_("several files are being read at the moment; try again in a minute"))
    try:
        with _running:
            return _read_apart(data, role, name, decisions, people, asked, asks_identity)
    finally:
        _places.release()


def _read_apart(
    data: bytes,
    role: Role,
    name: str,
    decisions: Decisions,
    people: Mapping[str, str],
    asked: Sequence[ProgramQuestion],
    asks_identity: bool,
) -> bytes:
    reader = language.current()
    task = {
        "role": role,
        "name": name,
        "decisions": decisions.to_dict(),
        "people": dict(people),
        "questions": [question.to_dict() for question in asked],
        "asks_identity": asks_identity,
        "locale": str(reader.locale),
        "seconds": MOST_SECONDS,
        "memory": MOST_MEMORY,
    }
    # A pipe would be filled 4 kB at a time, by a thread that pages wait for.
    with tempfile.TemporaryFile() as given:
        given.write(json.dumps(task).encode() + b"\n")
        given.write(data)
        given.seek(0)
        child = subprocess.Popen(  # noqa: S603 - our own module, no shell
            [sys.executable, "-m", "mentorship.service.upload_reader"],
            stdin=given,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=_without_settings(),
            preexec_fn=end_with_parent,  # it calls the kernel and nothing else
        )
    try:
        content, said = child.communicate(timeout=_MOST_WAITED)
    except subprocess.TimeoutExpired:
        child.kill()
        content, said = child.communicate()
        child.returncode = -signal.SIGXCPU
    if child.returncode == 0:
        return content
    if child.returncode == -signal.SIGXCPU:
        return _refused(
            role,
            _(
                "Reading the file takes more than %(limit)s seconds. Split it, or save it as "
                "CSV without the columns you don't need.",
                limit=MOST_SECONDS,
            ),
        )
    if child.returncode in (_OUT_OF_MEMORY, -signal.SIGKILL):
        return _refused(
            role,
            _(
                "Reading the file takes too much memory. Split it, or save it as CSV without "
                "the columns you don't need."
            ),
        )
    _log.error("a file could not be read: %s", said.decode("utf-8", "replace"))
    return _refused(
        role,
        _("The file could not be read; the cause was logged. Saving it as CSV UTF-8 may help."),
    )


def _refused(role: Role, message: str) -> bytes:
    return stored_reports.packed(ImportReport(role, problems=[Finding(None, None, message)]))


def _without_settings() -> dict[str, str]:
    own = {field.name.upper() for field in dataclasses.fields(Settings)}
    return {k: v for k, v in os.environ.items() if k.removesuffix("_FILE") not in own}


def main() -> None:
    """Read a file from standard input and write the report."""
    # Pages and emails of the same machine go first.
    os.nice(5)
    task = json.loads(sys.stdin.buffer.readline())
    if sys.platform == "linux":  # macOS knows the limits and does not keep them
        resource.setrlimit(resource.RLIMIT_DATA, (task["memory"], task["memory"]))
    resource.setrlimit(resource.RLIMIT_CPU, (task["seconds"], task["seconds"] + 1))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    decisions, role = Decisions.from_dict(task["decisions"]), Role(task["role"])
    try:
        with language.use(language.choose(task["locale"], [], None)):
            report = imports.survey(
                sys.stdin.buffer.read(), role, task["name"], decisions,
                task["people"], optional(columns(questions.read(task["questions"]), role)),
            )  # fmt: skip
            if not task["asks_identity"]:
                identity_answers.leave_out(report)
        content = stored_reports.packed(report)
    except MemoryError:
        os._exit(_OUT_OF_MEMORY)
    sys.stdout.buffer.write(content)


if __name__ == "__main__":
    main()
