"""Rounds and their results: pairings, and people who stayed unmatched."""

from __future__ import annotations

import datetime
import enum
import uuid
from typing import Any

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    LargeBinary,
    String,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from mentorship.models.base import Base, Identified, one_of
from mentorship.models.person import Profile
from mentorship.models.program import Policy, Program
from mentorship.roles import Role
from mentorship.states import LIVE_PAIRING, OPEN_ROUND, PairingState, RoundState


class Scope(enum.StrEnum):
    """Which mentees a round is for."""

    EVERYONE = "everyone"
    UNMATCHED = "unmatched"
    AFFECTED = "affected"


class Existing(enum.StrEnum):
    """What a round does with existing pairings."""

    KEEP = "keep"
    BETTER = "better"
    AFRESH = "afresh"


def _in(states: tuple[enum.StrEnum, ...]) -> str:
    return "state IN ({})".format(", ".join(f"'{state}'" for state in states))


class DecisionKind(enum.StrEnum):
    """What a coordinator decides by hand about a round."""

    PAIR = "pair"
    PART = "part"
    LEAVE_OUT = "leave_out"


class Round(Identified, Base):
    """One batch matching of a program under one version of its policy; the row is the job."""

    __tablename__ = "rounds"
    __table_args__ = (
        UniqueConstraint("program_id", "number"),
        # One open round a program; a dry run changes nothing, so any number may be open.
        Index(
            "uq_rounds_one_open",
            "program_id",
            unique=True,
            postgresql_where=text(f"{_in(OPEN_ROUND)} AND NOT dry_run"),
            sqlite_where=text(f"{_in(OPEN_ROUND)} AND NOT dry_run"),
        ),
        CheckConstraint(
            "NOT (dry_run AND state IN ('published', 'closed'))", name="dry_run_stays_dry"
        ),
        CheckConstraint(
            "(state = 'matching') = (lease_until IS NOT NULL)", name="lease_while_matching"
        ),
        CheckConstraint("tried IS NULL OR dry_run", name="tried_dry"),
        CheckConstraint("(publish_at IS NULL) = (publish_by IS NULL)", name="publish_by"),
        CheckConstraint(
            "(keep_bonus IS NULL) = (most_changed IS NULL) AND (keep_bonus IS NULL OR "
            "existing = 'better' AND keep_bonus BETWEEN 1 AND 1000000)",
            name="keep_bonus",
        ),
        CheckConstraint("least_coverage BETWEEN 1 AND 100", name="least_coverage"),
        Index("ix_rounds_state", "state"),
    )

    program_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("programs.id"))
    policy_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("policies.id"))
    #: Counts a program's rounds from 1, dry runs included.
    number: Mapped[int]
    state: Mapped[RoundState] = mapped_column(one_of(RoundState, "state"))
    scope: Mapped[Scope] = mapped_column(one_of(Scope, "scope"))
    existing: Mapped[Existing] = mapped_column(one_of(Existing, "existing"))
    #: Of `Existing.BETTER`: what a pair that stays counts in addition, in millionths, and how many
    #: existing pairs it may change; None for the usual.
    keep_bonus: Mapped[int | None]
    most_changed: Mapped[int | None]
    dry_run: Mapped[bool] = mapped_column(default=False)
    #: Percent of those waiting who must get a mentor, or the round turns into a dry run; None for
    #: rounds that a person started.
    least_coverage: Mapped[int | None]
    #: A policy that a dry run tries in place of its version, to be compared with it.
    tried: Mapped[dict[str, Any] | None]
    #: How often a worker has claimed it; raised with `fence`, which every later write must name.
    starts: Mapped[int] = mapped_column(default=0)
    fence: Mapped[int] = mapped_column(default=0)
    lease_until: Mapped[datetime.datetime | None]
    rung_at: Mapped[datetime.datetime | None]
    #: `{"stage", "done", "total", "seconds"}` while it is being matched.
    progress: Mapped[dict[str, Any] | None]
    #: Measures, certificate, and ids of pairings that were kept and that it would end.
    result: Mapped[dict[str, Any] | None] = mapped_column(deferred=True)
    #: The best pairs of each mentee, as `matching.candidates.Candidates.to_bytes` gives them; None
    #: before it is matched, and for rounds whose effects are not known.
    candidates: Mapped[bytes | None] = mapped_column(LargeBinary, deferred=True)
    #: Why it failed, and what to do about it; also of matching again, which leaves what was there.
    failure: Mapped[str | None] = mapped_column(Text)
    #: When it is to be published, and at whose word.
    publish_at: Mapped[datetime.datetime | None]
    publish_by: Mapped[str | None] = mapped_column(String(320))
    requested_by: Mapped[str] = mapped_column(String(320))
    created_at: Mapped[datetime.datetime]
    proposed_at: Mapped[datetime.datetime | None]
    published_at: Mapped[datetime.datetime | None]

    @property
    def is_open(self) -> bool:
        """Return whether it is under way, or waits for a coordinator's decision."""
        return self.state in OPEN_ROUND

    program: Mapped[Program] = relationship()
    policy: Mapped[Policy] = relationship()


class Pairing(Identified, Base):
    """A mentee and a mentor matched by a round."""

    __tablename__ = "pairings"
    __table_args__ = (
        UniqueConstraint("round_id", "mentee_id", "mentor_id"),
        ForeignKeyConstraint(
            ["mentee_id", "mentee_person_id"], ["profiles.id", "profiles.person_id"]
        ),
        ForeignKeyConstraint(
            ["mentor_id", "mentor_person_id"], ["profiles.id", "profiles.person_id"]
        ),
        CheckConstraint("mentee_person_id <> mentor_person_id", name="nobody_mentors_themselves"),
        CheckConstraint("score BETWEEN 0 AND 1000000", name="score"),
        Index(
            "uq_pairings_one_live",
            "mentee_id",
            "mentor_id",
            unique=True,
            postgresql_where=text(_in(LIVE_PAIRING)),
            sqlite_where=text(_in(LIVE_PAIRING)),
        ),
        Index("ix_pairings_mentor_id", "mentor_id"),
        # Who has a mentor, and how pairings are doing, is looked up without reading them.
        Index(
            "ix_pairings_program_id_state",
            "program_id",
            "state",
            "mentee_id",
            "mentor_id",
            "mentee_person_id",
            "mentor_person_id",
            "introduced_at",
            "asked_at",
            "met_at",
            "meeting_at",
            "no_contact_at",
            "heard_at",
            "ended_at",
        ),
    )

    program_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("programs.id"))
    round_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("rounds.id"))
    mentee_id: Mapped[uuid.UUID]
    mentor_id: Mapped[uuid.UUID]
    mentee_person_id: Mapped[uuid.UUID]
    mentor_person_id: Mapped[uuid.UUID]
    state: Mapped[PairingState] = mapped_column(one_of(PairingState, "state"))
    #: Millionths.
    score: Mapped[int]
    #: What each criterion adds to the usual score, largest first.
    contributions: Mapped[dict[str, Any]]
    #: As `matching.reasons` gives them; sentences are made for each reader.
    reasons: Mapped[list[Any]]
    #: What coordinators should look at, as `matching.reasons.cautions` gives it.
    cautions: Mapped[list[Any]] = mapped_column(default=list)
    #: Where it stood in each criterion when it was made, as `matching.scoring.scores.Standing`;
    #: None for pairings made before that was kept.
    standings: Mapped[dict[str, Any] | None] = mapped_column(deferred=True)
    #: Whether both were at one institution when it was made.
    same_institution: Mapped[bool] = mapped_column(default=False)
    #: Whether it waits for a coordinator's look while others of its round are published.
    held: Mapped[bool] = mapped_column(default=False)
    #: In which part of its round it was published, from 0; a mentor's introduction is for one part.
    part: Mapped[int] = mapped_column(default=0)
    #: Where the program asks first: since when, and when each said yes.
    asked_at: Mapped[datetime.datetime | None]
    mentee_agreed_at: Mapped[datetime.datetime | None]
    mentor_agreed_at: Mapped[datetime.datetime | None]
    introduced_at: Mapped[datetime.datetime | None]
    #: When the two said that they had met; when the mentee last said they were not in touch.
    met_at: Mapped[datetime.datetime | None]
    no_contact_at: Mapped[datetime.datetime | None]
    #: When an answer last told of contact, whichever it was.
    heard_at: Mapped[datetime.datetime | None]
    #: The meeting that they agreed on and have not called off.
    meeting_at: Mapped[datetime.datetime | None]
    meeting_minutes: Mapped[int | None]
    meeting_where: Mapped[str | None] = mapped_column(String(500))
    #: How often they agreed on a meeting or called one off.
    meeting_number: Mapped[int] = mapped_column(default=0)
    #: When the meeting would have been that was called off last; None while one is agreed on.
    called_off_meeting_at: Mapped[datetime.datetime | None]
    ended_at: Mapped[datetime.datetime | None]
    ended_reason: Mapped[str | None] = mapped_column(String(200))

    mentee: Mapped[Profile] = relationship(
        foreign_keys="[Pairing.mentee_id, Pairing.mentee_person_id]"
    )
    mentor: Mapped[Profile] = relationship(
        foreign_keys="[Pairing.mentor_id, Pairing.mentor_person_id]"
    )

    def side(self, person_id: uuid.UUID) -> Profile:
        """Return the profile of one of the two. Raises `LookupError` for anyone else."""
        if person_id == self.mentee_person_id:
            return self.mentee
        if person_id == self.mentor_person_id:
            return self.mentor
        raise LookupError("this person is not in the pairing")

    def other(self, person_id: uuid.UUID) -> Profile:
        """Return the profile of the other of the two. Raises `LookupError` for anyone else."""
        return self.mentor if self.side(person_id) is self.mentee else self.mentee

    def agreed_at(self, role: Role) -> datetime.datetime | None:
        """Return when the mentee, or the mentor, said yes to being introduced."""
        return self.mentee_agreed_at if role is Role.MENTEE else self.mentor_agreed_at


class Unmatched(Identified, Base):
    """A person whom a round left unmatched, and why."""

    __tablename__ = "unmatched"
    __table_args__ = (UniqueConstraint("round_id", "profile_id"),)

    round_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("rounds.id"))
    profile_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("profiles.id"), index=True)
    #: As `matching.reasons` gives it.
    reason: Mapped[dict[str, Any]]

    profile: Mapped[Profile] = relationship()


class Decision(Identified, Base):
    """What a coordinator decided by hand about a round; taken back, it stays in the list."""

    __tablename__ = "decisions"
    __table_args__ = (
        CheckConstraint(
            "(kind = 'leave_out') = (mentee_id IS NULL OR mentor_id IS NULL)", name="about"
        ),
        CheckConstraint("mentee_id IS NOT NULL OR mentor_id IS NOT NULL", name="someone"),
        CheckConstraint("(undone_at IS NULL) = (undone_by IS NULL)", name="undone_by"),
        Index("ix_decisions_round_id", "round_id"),
    )

    round_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("rounds.id"))
    kind: Mapped[DecisionKind] = mapped_column(one_of(DecisionKind, "kind"))
    mentee_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("profiles.id"))
    mentor_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("profiles.id"))
    #: Whether it holds against rules of the program, where the program lets it.
    overrides: Mapped[bool] = mapped_column(default=False)
    why: Mapped[str] = mapped_column(String(500), default="")
    made_by: Mapped[str] = mapped_column(String(320))
    made_at: Mapped[datetime.datetime]
    undone_by: Mapped[str | None] = mapped_column(String(320))
    undone_at: Mapped[datetime.datetime | None]
    #: The must-rules that refused it when the round was last matched; None where none did.
    refused: Mapped[list[Any] | None]

    mentee: Mapped[Profile | None] = relationship(foreign_keys=mentee_id)
    mentor: Mapped[Profile | None] = relationship(foreign_keys=mentor_id)
