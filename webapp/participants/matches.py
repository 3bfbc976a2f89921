"""A pairing as one of its two people sees it: who, why, what to do now, and what comes."""

from __future__ import annotations

import datetime
import re
from dataclasses import dataclass, field, replace

from sqlalchemy.orm import Session

from mentorship import database, language
from mentorship.emails import first_messages
from mentorship.emails.first_messages import FirstMessage
from mentorship.emails.kinds.introductions import DAYS_TO_WRITE
from mentorship.language import gettext as _
from mentorship.language import ngettext
from mentorship.models import Pairing, Profile, Program, Role
from mentorship.pairings import meetings, reasons
from mentorship.pairings.sentences import Reader
from mentorship.people import cards, clock, questionnaire, sight
from mentorship.people.cards import Card
from mentorship.states import MET_PAIRING
from webapp.participants import email_links

#: The question in which each role speaks of itself in its own words.
_OWN_WORDS = {Role.MENTEE: "statement", Role.MENTOR: "bio"}
_CALL = re.compile(r"https?://[^\s<>\"']+")


@dataclass(frozen=True)
class Milestone:
    """One thing on the way of two people, and when it was or is to be."""

    words: str
    when: str
    is_done: bool


@dataclass(frozen=True)
class Match:
    """What a person may read of a pairing, as it stands."""

    role: Role
    other: Card
    #: What the other wrote about themselves.
    words: str
    told: list[tuple[str, str]]
    reasons: list[str]
    #: The pages on which the person answers about the pairing.
    links: dict[str, str]
    is_introduced: bool
    has_agreed: bool
    has_met: bool
    #: By when the mentee is to write, on the reader's calendar.
    write_by: datetime.date | None = None
    first_message: FirstMessage | None = None
    meeting_at: datetime.datetime | None = None
    meeting_where: str = ""
    is_meeting_ahead: bool = False
    #: Whether it is time to say that nothing came.
    may_miss: bool = False
    way: list[Milestone] = field(default_factory=list)

    @property
    def call(self) -> str | None:
        """Return the address of the call, where the two noted one."""
        return call_in(self.meeting_where)


def call_in(where: str) -> str | None:
    """Return the web address in what people note as the place of a meeting, if there is one."""
    found = _CALL.search(where)
    return found[0].rstrip(".,;)") if found else None


def of_pairing(session: Session, pairing: Pairing, program: Program, profile: Profile) -> Match:
    """Return a pairing as the person of one of its two profiles sees it."""
    other = pairing.other(profile.person_id)
    viewer = sight.in_pairing(pairing)
    seen = sight.answers(other, viewer)
    asked = Match(
        role=profile.role,
        other=cards.of_profile(other, viewer),
        words=seen.get(_OWN_WORDS[other.role]) or "",
        told=questionnaire.told(other, viewer, without={_OWN_WORDS[other.role]}),
        reasons=reasons.of_pairing(pairing, Reader(profile.role)),
        links=email_links.about(session, pairing, profile.person),
        is_introduced=pairing.state in MET_PAIRING,
        has_agreed=bool(pairing.agreed_at(profile.role)),
        has_met=pairing.met_at is not None,
    )
    if not asked.is_introduced:
        return asked
    now = database.now(session)
    write_by = clock.date_after(session, pairing.introduced_at, profile, DAYS_TO_WRITE)
    is_mentee = profile.role is Role.MENTEE
    write = first_messages.of_mentee if is_mentee else first_messages.of_mentor
    return replace(
        asked,
        write_by=write_by,
        first_message=write(pairing, program),
        meeting_at=pairing.meeting_at,
        meeting_where=pairing.meeting_where or "",
        is_meeting_ahead=meetings.lies_ahead(session, pairing),
        may_miss=is_mentee and not asked.has_met and now.date() > write_by,
        way=_way(session, pairing, program, profile, write_by),
    )


def _way(
    session: Session,
    pairing: Pairing,
    program: Program,
    profile: Profile,
    write_by: datetime.date,
) -> list[Milestone]:
    """Return the way of two people who were introduced, from there to the end."""
    introduced = clock.date_after(session, pairing.introduced_at, profile, 0)
    length = round(program.length_months * clock.DAYS_A_MONTH)
    ends = clock.date_after(session, pairing.introduced_at, profile, length)
    has_met = pairing.met_at is not None
    first = ""
    if pairing.meeting_at is not None and not has_met:
        first = language.time(pairing.meeting_at)
    return [
        Milestone(_("Introduced"), _("On %(day)s", day=language.date(introduced)), True),
        Milestone(
            _("Say hello"),
            _("By %(day)s", day=language.date(write_by)),
            has_met or pairing.meeting_at is not None,
        ),
        Milestone(_("First meeting"), first, has_met),
        Milestone(
            ngettext("Meet once a month", "Meet %(n)s times a month", program.meetings_per_month),
            _("We ask how it's going from time to time"),
            False,
        ),
        Milestone(_("Look back and wrap up"), _("Around %(day)s", day=language.date(ends)), False),
    ]
