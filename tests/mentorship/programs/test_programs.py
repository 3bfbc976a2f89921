"""What a program can be set to, and what is recorded of a change."""

from __future__ import annotations

import datetime
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from mentorship.errors import Invalid
from mentorship.models import AuditEntry, Introduction, Program
from mentorship.programs import programs


@pytest.mark.parametrize(
    ("changes", "problems"),
    [
        ({"name": ""}, {"name": "1 to 200 characters"}),
        ({"name": " \t"}, {"name": "1 to 200 characters"}),
        ({"name": "x" * 201}, {"name": "1 to 200 characters"}),
        ({"name": "two\nlines"}, {"name": "on one line"}),
        ({"organizer": "x" * 201}, {"organizer": "at most 200"}),
        ({"about": "x" * 5001}, {"about": "at most 5000"}),
        ({"email_domains": ("example.org", "no-domain")}, {"email_domains": "'no-domain'"}),
        ({"email_domains": ("",)}, {"email_domains": "'' is not a domain"}),
        ({"email_domains": tuple(f"a{n}.org" for n in range(101))}, {"email_domains": "101"}),
        ({"most_mentors": 0}, {"most_mentors": "from 1 to 3"}),
        ({"most_mentors": 4}, {"most_mentors": "from 1 to 3"}),
        (
            {"name": "", "about": "x" * 5001, "email_domains": ("!",)},
            {"name": "", "about": "", "email_domains": ""},
        ),
    ],
)
def test_settings_that_cannot_be_used_say_which_and_why(
    changes: dict[str, Any], problems: dict[str, str]
) -> None:
    with pytest.raises(Invalid) as error:
        programs.Settings(**{"name": "Program"} | changes)

    assert set(error.value.fields) == set(problems)
    for name, words in problems.items():
        assert words in error.value.fields[name]
        assert error.value.fields[name] in str(error.value)


def test_domains_are_read_from_a_line_as_people_type_it() -> None:
    assert programs.read_domains(" @Med.Example.edu, b.org;b.org.\n") == (
        "med.example.edu",
        "b.org",
    )
    # As addresses hold them, so that people of such a domain are let in.
    assert programs.read_domains("@München.example ＭＥＤ．example") == (
        "xn--mnchen-3ya.example",
        "med.example",
    )
    assert programs.read_domains("") == ()
    assert programs.read_domains("@") == ("",), "what is no domain is kept, and refused by name"


def test_a_change_sets_everything_and_records_what_it_changed(
    session: Session, program: Program
) -> None:
    settings = programs.Settings(
        name=program.name,
        about="About it.",
        next_round_on=datetime.date(2027, 1, 2),
        email_domains=("example.org",),
        introduction=Introduction.ASK_FIRST,
    )
    programs.change(session, program, "somebody", settings)
    session.flush()
    session.refresh(program)

    assert program.email_domains == ["example.org"]
    assert program.introduction is Introduction.ASK_FIRST
    entry = session.scalars(select(AuditEntry).where(AuditEntry.action == "program changed")).one()
    assert entry.details["settings"] == ["about", "next_round_on", "email_domains", "introduction"]
