"""A dry run of what stands in the policy's form, beside it: who is matched, and what changes."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from flask import request
from sqlalchemy.orm import Session

from matching.policy import Policy
from mentorship import language
from mentorship.coordination import comparison, review
from mentorship.coordination.comparison import Row
from mentorship.errors import NotFound
from mentorship.language import gettext as _
from mentorship.models import Program, Round
from mentorship.people import questions
from mentorship.programs import policies
from mentorship.rounds.trials import Beside
from mentorship.service import heartbeats
from webapp.coordinators import figures, policy_form, progress
from webapp.coordinators.policy_form import Changed


@dataclass(frozen=True)
class Found:
    """What a dry run found: figures as their names, by the saved version, and as tried.

    `beside` holds how many mentees it changes something for, and `first` some of them.
    """

    figures: Sequence[tuple[str, str, str]]
    beside: Beside
    first: Sequence[Row]

    @property
    def changed(self) -> int:
        """Return for how many mentees something changes."""
        return sum(self.beside.counts.values())


@dataclass(frozen=True)
class Shown:
    """A dry run for the page: what it tries, how far it is, and what it found once it is done.

    `policy` is what it tries, in place of version `number`, with what is different in `changes`.
    """

    round: Round
    policy: Policy
    number: int
    changes: Sequence[Changed]
    progress: dict[str, Any]
    found: Found | None


def asked_for(session: Session, program: Program) -> Shown | None:
    """Return the dry run that the page is asked for, None without one. Raises `NotFound`."""
    sought = request.args.get("trial")
    if sought is None:
        return None
    try:
        trial = session.get(Round, uuid.UUID(sought))
    except ValueError:
        trial = None
    if trial is None or trial.program_id != program.id or trial.tried is None:
        raise NotFound(_("there is no round %(round_id)s", round_id=sought))
    tried = Policy.from_dict(trial.tried)
    own = policies.content(trial.policy)
    return Shown(
        round=trial,
        policy=tried,
        number=trial.policy.version,
        changes=policy_form.changes(own, tried, questions.of(program)),
        progress=progress.of_round(trial, heartbeats.is_alive(session, "matching")),
        found=_found(session, trial),
    )


def _found(session: Session, trial: Round) -> Found | None:
    result = review.found_by(session, trial.id)
    if result is None or result.beside is None:
        return None
    own, tried = result.beside.measures, result.measures
    words = {
        "matched": (_("Pairs"), language.number),
        "unmatched": (_("Unmatched mentees"), language.number),
        "total": (_("Total score"), figures.of_hundred),
        "mean": (_("Mean score"), figures.of_hundred),
        "lowest": (_("Lowest score"), figures.of_hundred),
    }
    rows = [
        (label, shown(own[name]), shown(tried[name]))
        for name, (label, shown) in words.items()
        if own[name] is not None and tried[name] is not None
    ]
    return Found(rows, result.beside, comparison.first_changes(session, result.beside))
