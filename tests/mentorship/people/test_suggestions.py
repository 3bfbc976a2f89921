"""What people write about is suggested to them as an answer, and counts once they confirm it."""

from __future__ import annotations

from typing import Any

import pytest
from factories import make_mentee, make_mentor
from sqlalchemy.orm import Session

from mentorship.errors import NotFound
from mentorship.models import Profile, Program, Role
from mentorship.people import enrollment, imports, joining, suggestions
from mentorship.people.suggestions import Suggestion

STATEMENT = "I love anaesthesia and want help with study skills. Not surgery."
ANESTHESIA = Suggestion("specialty_interests", "anesthesiology")
STUDY = Suggestion("goals", "academic-foundation")


@pytest.mark.parametrize(
    ("role", "answers", "found"),
    [
        (Role.MENTEE, {"statement": STATEMENT}, [ANESTHESIA, STUDY]),
        (
            Role.MENTEE,
            {"statement": STATEMENT, "specialty_interests": ["anesthesiology"]},
            [STUDY],
        ),
        (Role.MENTEE, {"statement": STATEMENT, "goals": ["academic-foundation"]}, [ANESTHESIA]),
        (Role.MENTEE, {"goals": ["academic-foundation"]}, []),
        # A part of a field says more than the field.
        (
            Role.MENTEE,
            {"statement": "Family medicine!", "specialty_interests": ["rural-medicine"]},
            [],
        ),
        (
            Role.MENTOR,
            {"bio": STATEMENT},
            [Suggestion("specialties", "anesthesiology"), Suggestion("topics", STUDY.id)],
        ),
        # A mentee's question is not asked of mentors.
        (Role.MENTOR, {"statement": STATEMENT}, []),
    ],
)
def test_what_a_text_names_and_no_answer_has_is_suggested(
    role: Role, answers: dict[str, Any], found: list[Suggestion]
) -> None:
    assert suggestions.of_answers(role, answers) == found


def test_no_more_is_suggested_than_an_answer_holds() -> None:
    from matching.profiles import taxonomy

    full = [id for id in taxonomy.load().ids("specialty") if id != "anesthesiology"][:50]
    answers = {"statement": STATEMENT, "specialty_interests": full}
    assert suggestions.of_answers(Role.MENTEE, answers) == [STUDY]


def test_what_is_confirmed_comes_after_what_was_chosen(session: Session, program: Program) -> None:
    mentee = make_mentee(session, program, statement=STATEMENT)

    joining.add(session, mentee, ANESTHESIA)

    assert mentee.answers["specialty_interests"] == ["cardiology", "anesthesiology"]
    for other in (ANESTHESIA, Suggestion("goals", "surgery"), Suggestion("full_name", "x")):
        with pytest.raises(NotFound):
            joining.add(session, mentee, other)


LIST = b"""full_name,email,career_stage,timezone,languages,specialties,bio
Omar Haddad,omar@example.org,early career physician,Europe/London,en,cardiology,Anaesthesia!
"""


@pytest.mark.parametrize("adds", [False, True])
def test_a_list_is_completed_only_where_the_coordinator_says_so(
    session: Session, program: Program, adds: bool
) -> None:
    report = imports.read(LIST, Role.MENTOR, "list.csv")
    assert [(each.row, each.column) for each in report.suggested] == [(2, "specialties")]

    enrollment.apply(session, program, report, actor="test", add_suggested=adds)

    (profile,) = session.query(Profile)
    assert profile.answers["specialties"] == ["cardiology", *(["anesthesiology"] if adds else [])]


def test_a_list_without_the_column_leaves_what_someone_chose(
    session: Session, program: Program
) -> None:
    mentor = make_mentor(session, program, email="omar@example.org", specialties=["neurology"])
    without = LIST.replace(b"specialties,", b"").replace(b"cardiology,", b"")
    report = imports.read(without, Role.MENTOR, "list.csv")

    enrollment.apply(session, program, report, actor="test", add_suggested=True)

    assert mentor.answers["specialties"] == ["neurology", "anesthesiology"]
