"""The books of an installation: its outbox, held against what its relay took."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

import faults
from sqlalchemy import select
from sqlalchemy.orm import Session

from mentorship.models import Email, EmailKind, Person


def check(
    session: Session, record: faults.Record, slugs: Iterable[str], run: str
) -> dict[str, int]:
    """Hold the outbox against the relay's own record, for programs with one published round.

    Everyone has exactly one email of it, beside the one that tells them that they were
    enrolled, unless the relay refused it or it is shown as failed; who
    has it twice is listed. Returns the counts; `run` is named where they do not agree.
    """
    copies = record.copies()
    counted = Counter(copy.message_id for copy in copies)
    emails = session.execute(
        select(Person.email, Email.kind, Email.message_id, Email.state, Email.doubt_since)
        .join(Email, Email.person_id == Person.id)
        .order_by(Email.created_at)
    ).all()
    everybody = session.scalars(select(Person.email)).all()
    told = {row.message_id for row in emails if row.kind is EmailKind.ENROLLED}
    received: dict[str, set[str]] = {}
    for copy in copies:
        if copy.message_id not in told:
            received.setdefault(copy.recipient, set()).add(copy.message_id)
    sent = {row.message_id for row in emails if row.state == "sent"}
    domains = {f"{slug}.example.org" for slug in slugs}
    people = {address for address in everybody if address.partition("@")[2] in domains}
    nothing = people - received.keys() - record.refused()
    given_up = {row.email for row in emails if row.state == "failed"} & nothing
    listed = {row.message_id for row in emails if row.doubt_since}
    doubled = {id for id, number in counted.items() if number > 1}
    # Coordinators are told of more than a round.
    one_each = {address for address in people if not address.startswith("reyes@")}
    two = {p: ids for p, ids in received.items() if p in one_each and len(ids) != 1}
    assert not nothing - given_up, f"{run}: lost: {nothing - given_up}"
    assert sent <= counted.keys(), f"{run}: never arrived: {sent - counted.keys()}"
    assert not two, f"{run}: more than one email: {two}"
    assert doubled <= listed, f"{run}: doubled, not listed: {doubled - listed}"
    assert len({(c.message_id, c.sha256) for c in copies}) == len(counted), "other bytes"
    return {
        "emails": len(counted),
        "doubled": len(doubled),
        "doubtful": len(listed),
        "given_up": len(given_up),
    }
