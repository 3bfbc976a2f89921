"""When a round is published by itself: at a time that a coordinator chose."""

from __future__ import annotations

import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from mentorship import database
from mentorship.errors import Invalid, WrongState
from mentorship.language import gettext as _
from mentorship.models import Round
from mentorship.programs import programs
from mentorship.rounds import rounds
from mentorship.rounds.publishing import publish
from mentorship.states import RoundState

#: How far ahead a publication is scheduled.
LONGEST_WAIT = datetime.timedelta(days=366)


def schedule(session: Session, round: Round, at: datetime.datetime | None, actor: str) -> None:
    """Schedule a round's publishing, or None to unschedule it. Raises `WrongState`, `Invalid`."""
    session.refresh(round, with_for_update=True)
    if round.state is not RoundState.PROPOSED or round.dry_run:
        raise WrongState(_("only a proposed round can be published"))
    if at is not None and at <= database.now(session):
        raise Invalid(_("choose a time in the future"))
    if at is not None and at > database.now(session) + LONGEST_WAIT:
        raise Invalid(_("choose a time within a year"))
    round.publish_at, round.publish_by = at, actor if at else None
    round.failure = None
    session.flush()
    action = "publication scheduled" if at else "publication no longer scheduled"
    rounds.record(session, actor, action, round, **({"at": at.isoformat()} if at else {}))


def publish_due(session: Session) -> int:
    """Publish the rounds whose time has come, and return how many.

    One that can no longer be published stays proposed and says why, and so does an email to the
    coordinators. The same goes for one whose scheduler no longer coordinates the program: the
    others decide. What fails for another reason is tried again, and holds up no other round.
    """
    due = session.scalars(
        select(Round.id)
        .where(Round.state == RoundState.PROPOSED, Round.publish_at <= database.now(session))
        .order_by(Round.id)
    ).all()
    published = 0
    for id in due:
        with database.apart(session, f"publishing round {id}"):
            published += _publish_due(session, rounds.get(session, id))
    return published


def _publish_due(session: Session, round: Round) -> bool:
    # Meanwhile its time may have been changed, or another worker have published it.
    session.refresh(round, with_for_update=True)
    is_due = round.publish_at is not None and round.publish_at <= database.now(session)
    if round.state is not RoundState.PROPOSED or not is_due:
        return False
    actor = round.publish_by or ""
    try:
        with session.begin_nested():
            _check_still_coordinates(session, round, actor)
            return publish(session, round, actor)
    except WrongState as error:
        session.refresh(round)
        round.publish_at = round.publish_by = None
        round.failure = str(error)
        rounds.record(session, actor, "publication failed", round)
        rounds.tell_of_failed_publication(session, round)
        return False


def _check_still_coordinates(session: Session, round: Round, actor: str) -> None:
    """Raise `WrongState` for someone who has been removed since they chose the time."""
    coordinators = programs.coordinators(session, round.program_id)
    if actor not in {str(coordinator.person_id) for coordinator in coordinators}:
        raise WrongState(
            _(
                "the person who scheduled this no longer coordinates the program; publish the "
                "round yourself, or choose another time"
            )
        )
