"""The child process that matches, and how its parent waits for it.

It learns from outcomes too, so that no other process needs the libraries for numbers.

The flow solver keeps Python's interpreter lock for seconds, in which nothing else in its process
could keep a lease alive or notice a cancel. So it has a process of its own, which gets the problem
as JSON on its standard input and answers with lines of JSON: progress, then the result.
"""

from __future__ import annotations

import base64
import contextlib
import dataclasses
import datetime
import json
import os
import queue
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from matching.wishes import Mode, Wishes
from mentorship.service.processes import end_with_parent, look_for_garbage_seldom

if TYPE_CHECKING:
    from matching import RoundResult

Progress = Callable[[str, int, int], None]

#: A cancelled round is noticed, and progress is seen, within a second.
TELL_SECONDS = 0.5
#: After so long no further option of a rematch is begun; how many there are is told.
OPTIONS_SECONDS = 300.0


class SolverFailed(Exception):
    """The child could not match; the message says why and what to do about it."""


class Solver:
    """One child process, working on one problem."""

    def __init__(
        self, problem: str, longest: float = 3600.0, module: str = "worker.solver"
    ) -> None:
        self._deadline = time.monotonic() + longest
        environment = {**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
        self._process = subprocess.Popen(  # noqa: S603 - our own module, no shell
            [sys.executable, "-m", module],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=environment,
            # From its first moment on: one that has not come to its own code yet would stay.
            preexec_fn=end_with_parent,  # it calls the kernel and nothing else
        )
        self._lines: queue.Queue[str | None] = queue.Queue()
        self._talker = threading.Thread(target=self._talk, args=(problem,), daemon=True)
        self._talker.start()

    def wait(self, is_ours: Callable[[dict[str, Any] | None], bool]) -> dict[str, Any] | None:
        """Return the result, or None once `is_ours` says that the work is no longer wanted.

        `is_ours` gets the newest progress every `TELL_SECONDS`, news or not. Raises
        `SolverFailed` where the child fails or dies.
        """
        progress: dict[str, Any] | None = None
        told_at = time.monotonic()
        try:
            while True:
                try:
                    line = self._lines.get(timeout=0.2)
                except queue.Empty:
                    line = ""
                if line is None:
                    raise SolverFailed(self._epitaph())
                if line:
                    message = json.loads(line)
                    if "result" in message:
                        return dict(message["result"])
                    if "refused" in message:
                        raise SolverFailed(message["refused"])
                    progress = message["progress"]
                if time.monotonic() > self._deadline:
                    raise SolverFailed(
                        "Matching took longer than LONGEST_MATCH_SECONDS and was stopped. Match "
                        "fewer people at once or raise the limit, then start another round."
                    )
                if time.monotonic() - told_at >= TELL_SECONDS:
                    if not is_ours(progress):
                        return None
                    told_at = time.monotonic()
        finally:
            self._process.kill()
            self._process.wait()
            self._talker.join()

    def _talk(self, problem: str) -> None:
        to_child, from_child = self._process.stdin, self._process.stdout
        assert to_child is not None  # noqa: S101 - both are pipes
        assert from_child is not None  # noqa: S101
        # A broken pipe means that the child died; how it ended says why.
        with contextlib.suppress(OSError), from_child:
            with to_child:
                to_child.write(problem)
            for line in from_child:
                self._lines.put(line)
        self._lines.put(None)

    def _epitaph(self) -> str:
        code = self._process.wait()
        if code == -signal.SIGKILL:
            return (
                "Matching was killed, most likely because the machine ran out of memory. Give "
                "it more memory or match fewer people at once, then start another round."
            )
        return (
            f"Matching ended with code {code} and no answer. Its log says why; "
            "fix that, then start another round."
        )


def solve(problem: dict[str, Any], progress: Progress) -> dict[str, Any]:
    """Return the answer to a problem, both as plain data; see `mentorship.rounds.snapshots`.

    Raises `ValueError` for invalid people or an invalid policy.
    """
    # Only now: it takes a second or more, and the parent should have heard of us by then.
    from matching import Matcher, Policy

    matcher = Matcher(Policy.from_dict(problem["policy"]))
    matcher.fit(problem["mentees"], problem["mentors"])
    made, refused = by_hand(problem)
    wished = wishes(problem)
    wished = dataclasses.replace(wished, pinned=[*wished.pinned, *made])
    result = matcher.match(wished, progress=progress, with_candidates=True)
    most = problem.get("most_changed")
    if most is not None and _changed(problem, result) > most:
        # Something has changed since the bonus was chosen: of what is computed again, the last that
        # keeps to the number.
        points = matcher.frontier(wished, seconds=OPTIONS_SECONDS, progress=progress).points
        point = [points[0], *(each for each in points if each.changed <= most)][-1]
        mode: Mode = "better" if point.keep_bonus is not None else "keep"
        wished = dataclasses.replace(wished, mode=mode, keep_bonus=point.keep_bonus or 0.0)
        result = matcher.match(wished, progress=progress, with_candidates=True)
    options = None
    if problem.get("options") and problem["mode"] == "better":
        found = matcher.frontier(wished, seconds=OPTIONS_SECONDS, progress=progress)
        options = dataclasses.asdict(found)
    beside = None
    if problem.get("beside"):
        # What another policy would change: the round that the program's own policy would make.
        matcher.set_params(policy=Policy.from_dict(problem["beside"]))
        usual = matcher.match(wished, progress=lambda *_at: progress("comparing", 0, 1))
        beside = {
            "pairs": [[pair.mentee, pair.mentor, pair.score] for pair in usual.pairs],
            "measures": usual.measures,
        }
    return {
        "pairs": [dataclasses.asdict(pair) for pair in result.pairs],
        "unmatched": [dataclasses.asdict(person) for person in result.unmatched],
        "ruled_out": [dataclasses.asdict(pair) for pair in result.ruled_out],
        "measures": result.measures,
        "certificate": result.certificate(),
        "changed": _changed(problem, result),
        "options": options,
        "beside": beside,
        "refused": refused,
        "candidates": base64.b64encode(result.candidates.to_bytes()).decode()
        if result.candidates
        else None,
    }


def _changed(problem: dict[str, Any], result: RoundResult) -> int:
    """Return how many existing pairs a result ends, but for those that are kept apart by hand."""
    made = [[pair.mentee, pair.mentor] for pair in result.pairs]
    stays = {tuple(pair) for pair in (*made, *problem["parted"])}
    return sum((mentee, mentor) not in stays for mentee, mentor in problem["existing"])


def by_hand(
    problem: dict[str, Any],
) -> tuple[list[tuple[str, str]], list[dict[str, Any]]]:
    """Return the pairs decided by hand that may be, and those that must-rules refuse, and why.

    What the program itself asks for can be overridden, what people ask for cannot.
    """
    from matching import Policy
    from matching.scoring import must_rules

    policy = Policy.from_dict(problem["policy"])
    personal = must_rules.without_program_rules(policy)
    on = datetime.date.fromisoformat(problem["on"])
    mentees = {mentee["mentee_id"]: mentee for mentee in problem["mentees"]}
    mentors = {mentor["mentor_id"]: mentor for mentor in problem["mentors"]}
    made: list[tuple[str, str]] = []
    refused: list[dict[str, Any]] = []
    for pair in problem["by_hand"]:
        mentee, mentor = mentees[pair["mentee"]], mentors[pair["mentor"]]
        what_holds = personal if pair["overrides"] else policy
        if rules := must_rules.between(mentee, mentor, what_holds, on):
            refused.append({"mentee": pair["mentee"], "mentor": pair["mentor"], "rules": rules})
        else:
            made.append((pair["mentee"], pair["mentor"]))
    return made, refused


def wishes(problem: dict[str, Any]) -> Wishes:
    """Return what a problem asks for beside its people and its policy."""
    return Wishes(
        on=datetime.date.fromisoformat(problem["on"]),
        existing=[
            (mentee, mentor)
            for mentee, mentor in problem["existing"]
            if [mentee, mentor] not in problem["parted"]
        ],
        mode=problem["mode"],
        keep_bonus=problem["keep_bonus"],
        demand=problem["demand"],
        pinned=[(mentee, mentor) for mentee, mentor in problem["pinned"]],
        fill=problem["fill"],
        forbidden=[(mentee, mentor) for mentee, mentor in problem["forbidden"]],
        priority=problem["priority"],
        seed=problem["seed"],
    )


def main(work: Callable[[dict[str, Any], Progress], dict[str, Any]] = solve) -> None:
    """Read a problem, and write progress and what the work returns as lines of JSON."""
    # Pages and emails of the same machine go first; a round has time.
    os.nice(10)
    look_for_garbage_seldom()
    started = time.monotonic()

    def say(message: dict[str, Any]) -> None:
        sys.stdout.write(json.dumps(message) + "\n")
        sys.stdout.flush()

    def progress(stage: str, done: int, total: int) -> None:
        seconds = round(time.monotonic() - started, 1)
        say({"progress": {"stage": stage, "done": done, "total": total, "seconds": seconds}})

    progress("loading", 0, 1)
    problem = json.load(sys.stdin)
    try:
        say({"result": work(problem, progress)})
    except ValueError as error:
        # Answers of an earlier version, loads that cannot be met: it says which.
        say({"refused": f"These people cannot be matched as they are: {error}"})


if __name__ == "__main__":
    main()
