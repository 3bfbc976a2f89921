"""How far a round is while it is matched, in words and numbers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from mentorship import language
from mentorship.language import gettext as _
from mentorship.language import mark
from mentorship.models import Round
from mentorship.states import RoundState


@dataclass(frozen=True)
class _Stage:
    """What the solver does, and which share of all its work is done before and within it."""

    words: str
    before: float
    share: float


#: Shares are rough, and serve to estimate the time left.
_STAGES = {
    "loading": _Stage(mark("Reading everyone's answers"), 0.0, 0.1),
    "scoring": _Stage(mark("Preparing everyone's answers"), 0.1, 0.1),
    "listing": _Stage(mark("Weighing every possible pair"), 0.2, 0.45),
    # These three take turns, and no one knows how often.
    "solving": _Stage(mark("Finding the best round"), 0.7, 0.0),
    "balancing": _Stage(mark("Balancing"), 0.7, 0.0),
    "proving": _Stage(mark("Proving that it is optimal"), 0.7, 0.0),
    "explaining": _Stage(mark("Writing the reasons"), 0.75, 0.25),
    "changing": _Stage(mark("Trying how many pairs to change"), 0.5, 0.5),
    "comparing": _Stage(mark("Matching once more, with the current policy"), 0.5, 0.0),
}


def of_round(round: Round, has_worker: bool) -> dict[str, Any]:
    """Return how far a round is, as its page and the script on it take it.

    `share` is from 0 to 1; `stage`, `count` and `left`, the time left, are words or None; `waits`
    says that the round is queued and no worker has been heard of lately.
    """
    progress: dict[str, Any] = {
        "state": round.state.value,
        "stage": None,
        "share": 0.0,
        "count": None,
        "left": None,
        "waits": round.state is RoundState.QUEUED and not has_worker,
    }
    if round.state is RoundState.QUEUED:
        progress["stage"] = _("Waiting to start")
    elif round.state is RoundState.MATCHING and round.progress:
        progress |= _matching(round.progress)
    return progress


def _matching(reported: dict[str, Any]) -> dict[str, Any]:
    """Return what the solver reported last in words, and the time left by the shares above."""
    name, done, total = reported["stage"], reported["done"], reported["total"]
    # A solver of a later version may report a stage that is not known here.
    stage = _STAGES.get(name, _Stage(name, 0.0, 0.1))
    share = stage.before + stage.share * done / max(1, total)
    progress: dict[str, Any] = {"stage": _(stage.words), "share": int(100 * share) / 100}
    if total > 1:
        progress["count"] = _(
            "%(done)s of %(total)s", done=language.number(done), total=language.number(total)
        )
    if share > 0 and reported.get("seconds"):
        progress["left"] = language.duration(reported["seconds"] * (1 - share) / share)
    return progress
