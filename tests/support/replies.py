"""Answers to the buttons in emails, given and let take effect."""

from __future__ import annotations

import datetime
import threading
from collections.abc import Callable

from sqlalchemy import Engine, select, update
from sqlalchemy.orm import Session

from mentorship import database
from mentorship.models import Email, Pairing, Question, Reply
from mentorship.pairings import answers
from mentorship.settings import Settings
from mentorship.states import EmailState


def emails(session: Session, *states: EmailState) -> set[tuple[str, str]]:
    """What is owed: the kind, and mentee or mentor."""
    session.flush()
    people = {}
    for pairing in session.scalars(select(Pairing)):
        people[pairing.mentee_person_id] = "mentee"
        people[pairing.mentor_person_id] = "mentor"
    wanted = states or (EmailState.READY,)
    found = session.scalars(select(Email).where(Email.state.in_(wanted))).all()
    return {(email.kind.value, people.get(email.person_id, "other")) for email in found}


def give(
    session: Session,
    settings: Settings,
    pairing: Pairing,
    who: str,
    question: Question,
    choice: str,
    **more: object,
) -> Reply:
    """Answer a question as the mentee or the mentor of a pairing."""
    person_id = pairing.mentee_person_id if who == "mentee" else pairing.mentor_person_id
    return answers.give(session, settings, pairing.id, person_id, question, choice, **more)  # type: ignore[arg-type]


def pass_time(session: Session) -> None:
    """Let the ten minutes pass of all answers that can still be undone."""
    past = database.now(session) - datetime.timedelta(seconds=1)
    session.execute(update(Reply).where(Reply.applied_at.is_(None)).values(effective_at=past))


def say(
    session: Session,
    settings: Settings,
    pairing: Pairing,
    who: str,
    question: Question,
    choice: str,
) -> None:
    """Answer, and let it take effect."""
    give(session, settings, pairing, who, question, choice)
    pass_time(session)
    assert answers.apply_due(session) == 1
    session.refresh(pairing)


def at_once(engine: Engine, *work: Callable[[Session], object]) -> list[object]:
    """Do several things, each in a transaction of its own, at the same moment."""
    start = threading.Barrier(len(work))
    results: list[object] = [None] * len(work)

    def run(place: int) -> None:
        start.wait()
        try:
            with database.transaction(engine) as session:
                results[place] = work[place](session)
        except Exception as error:
            results[place] = error

    threads = [threading.Thread(target=run, args=(place,)) for place in range(len(work))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results
