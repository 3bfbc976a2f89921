"""The form of a decision by hand about a round: what was chosen, about whom, and why."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from sqlalchemy.orm import Session
from wtforms import StringField
from wtforms.validators import ValidationError

from mentorship.coordination import pairs, review
from mentorship.coordination.effects import Swap
from mentorship.errors import Invalid, NotFound
from mentorship.language import gettext as _
from mentorship.language import mark
from mentorship.models import DecisionKind, Profile, Role, Round
from mentorship.rounds import decisions
from webapp import gate
from webapp.forms import Form, TickField

_INCOMPLETE = mark("this form is incomplete; go back, reload the page, and send it again")


class DecisionForm(Form):
    """What is decided, about whom, and why; `choice` is a kind and one to three profile ids."""

    choice = StringField()
    why = StringField()
    overrides = TickField()

    def validate_why(self, field: StringField) -> None:
        """Refuse a reason that is too long to be kept."""
        length, most = len(field.data or ""), decisions.MOST_CHARACTERS
        if length > most:
            raise ValidationError(
                _("%(found)s characters; the limit is %(most)s", found=length, most=most)
            )


@dataclass(frozen=True)
class Chosen:
    """What a form chose and about whom; a swap where a pair comes in the place of another."""

    kind: DecisionKind
    mentee: Profile | None
    mentor: Profile | None
    swap: Swap | None

    @classmethod
    def of(cls, session: Session, round: Round, choice: str) -> Chosen:
        """Read a kind and ids, of which a third is that of the mentor who is swapped out.

        Raises `Invalid` and `NotFound`.
        """
        kind, *sent = choice.split(":", maxsplit=3)
        try:
            wanted, ids = DecisionKind(kind), [uuid.UUID(id) for id in sent]
        except ValueError:
            raise Invalid(_(_INCOMPLETE)) from None
        numbers = {DecisionKind.LEAVE_OUT: (1,), DecisionKind.PAIR: (2, 3)}
        if len(ids) not in numbers.get(wanted, (2,)):
            raise Invalid(_(_INCOMPLETE))
        people, instead_of = ids[:2], ids[2:]
        by_role = {each.role: each for each in (profile_of(session, round, id) for id in people)}
        mentee, mentor = by_role.get(Role.MENTEE), by_role.get(Role.MENTOR)
        if len(by_role) != len(people):
            raise Invalid(_(_INCOMPLETE))
        result = review.found_by(session, round.id) if instead_of else None
        if result is None or mentee is None:
            return cls(wanted, mentee, mentor, None)
        has = pairs.partners(session, pairs.Listing(round, result, ()), mentee)
        return cls(wanted, mentee, mentor, Swap.of(round, mentee, instead_of[0], has))

    def carry_out(self, session: Session, round: Round, why: str, *, overrides: bool) -> None:
        """Write it down. Raises `Invalid`, `NotFound` and `WrongState`."""
        by, (mentee, mentor, swap) = str(gate.my_id()), (self.mentee, self.mentor, self.swap)
        if swap is None or mentee is None or mentor is None:
            decisions.make(
                session, round, self.kind, mentee=mentee, mentor=mentor, by=by, why=why,
                overrides=overrides,
            )  # fmt: skip
            return
        decisions.swap(
            session,
            round,
            mentee,
            mentor,
            stays=[profile_of(session, round, id) for id in swap.stays],
            instead_of=profile_of(session, round, swap.instead_of) if swap.instead_of else None,
            by=by,
            why=why,
            overrides=overrides,
        )


def profile_of(session: Session, round: Round, profile_id: uuid.UUID) -> Profile:
    """Return someone of a round's program. Raises `NotFound`."""
    profile = session.get(Profile, profile_id)
    if profile is None or profile.program_id != round.program_id:
        raise NotFound(_("there is no one of this kind in the program"))
    return profile
