"""Supply against demand: counts agree with the people who are found behind them."""

from __future__ import annotations

import datetime

import crowds
import factories
import numpy as np
import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from matching.policy import default
from matching.profiles import taxonomy
from matching.scoring.must_rules import Seniority
from mentorship.models import Profile, Program, Role
from mentorship.people import gaps, stages
from mentorship.people.gaps import Dimension


def test_each_count_is_that_of_the_people_whom_its_filter_finds(
    session: Session, program: Program
) -> None:
    mentees, mentors = crowds.make(30, 20, 5)
    waiting = [factories.make_mentee(session, program, **mentee) for mentee in mentees]
    free = [
        factories.make_mentor(session, program, **{k: v for k, v in m.items() if k != "status"})
        for m in mentors
    ]
    found = gaps.count(
        [profile.answers for profile in waiting],
        [(profile.answers, profile.capacity or 0) for profile in free],
    )

    for dimension, counts in found.items():
        assert counts
        for id, (wanted, offered) in counts.items():
            by_role = {
                role: session.scalars(
                    select(Profile).where(Profile.role == role, gaps.has(dimension, id, role))
                ).all()
                for role in Role
            }
            assert len(by_role[Role.MENTEE]) == wanted
            assert sum(profile.capacity or 0 for profile in by_role[Role.MENTOR]) == offered
            either = select(Profile).where(gaps.has(dimension, id, None))
            assert len(session.scalars(either).all()) == sum(map(len, by_role.values()))


def test_a_mentee_counts_by_the_field_that_they_named_first(
    session: Session, program: Program
) -> None:
    both = factories.make_mentee(
        session, program, specialty_interests=["dermatology", "cardiology"]
    )

    counts = gaps.count([both.answers], [])[Dimension.FIELD]

    assert counts == {"dermatology": (1, 0)}


@pytest.mark.parametrize("id", ["burnout-wellbeing", "no-such-thing", "", "%"])
def test_a_sensitive_goal_tells_no_one_apart(id: str) -> None:
    mentee = factories.mentee_answers(goals=["burnout-wellbeing", "interview-practice"])

    assert list(gaps.count([mentee], [])[Dimension.TOPIC]) == ["interview-practice"]
    assert not gaps.is_shown(Dimension.TOPIC, id)
    assert not gaps.is_shown(Dimension.COUNTRY, id)


def test_stages_serve_as_the_must_rule_has_it() -> None:
    ids = taxonomy.load().ids("stage")
    mentees = [factories.mentee_answers(career_stage=id, goals=None) for id in ids]
    mentors = [factories.mentor_answers(career_stage=id, topics=None) for id in ids]
    excludes = Seniority().excludes(mentees, mentors, default(), datetime.date(2026, 11, 23))
    assert excludes is not None
    may = ~excludes(0, len(ids))

    assert np.array_equal(
        may, [[mentor in stages.mentors_of(mentee) for mentor in ids] for mentee in ids]
    )
