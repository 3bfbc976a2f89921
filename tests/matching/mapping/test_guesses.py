"""What a heading asks for is told by its words, and by what was answered below it."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from matching.mapping import guesses
from matching.mapping.decisions import Sureness
from matching.mapping.fields import Field

ANSWERS = {
    "email": ["a@example.org", "b@example.org", "c@example.org"],
    "full_name": ["Ana Roe", "Ben Lee", "Cy Doe"],
    "preferred_name": ["Ana", "Benny", "Cy"],
    "pronouns": ["she/her", "he/him", "they/them"],
    "gender": ["Woman", "Man", "Woman"],
    "languages": ["English", "English; Spanish", "French"],
    "timezone": ["Eastern", "Central", "Pacific"],
    "institution": ["St Mary's", "Mercy Hospital", "UCLA"],
    "country": ["US", "Canada", "Germany"],
    "career_stage": ["MS3", "PGY2", "MS1"],
}


def guess(title: str, answers: list[str], role: Any = "mentee") -> guesses.Guess:
    question = Field((0,), title, filled=len(answers), answers=Counter(answers))
    return guesses.of_fields([question], role)[0]


@pytest.mark.parametrize(
    ("role", "title", "column"),
    [
        ("mentee", "Email address for the mentorship program", "email"),
        ("mentee", "Email (will be shared with your mentor)", "email"),
        ("mentee", "Best email for your mentor to reach you", "email"),
        ("mentee", "Full name (as your mentor will see it)", "full_name"),
        ("mentee", "Name your mentor should use", "full_name"),
        ("mentee", "Pronouns to share with your mentor", "pronouns"),
        ("mentee", "What should your mentor call you?", "preferred_name"),
        ("mentee", "Institution (for mentorship program)", "institution"),
        ("mentee", "School (shown to mentors)", "institution"),
        ("mentee", "Country (mentor matching)", "country"),
        ("mentee", "Which languages can you speak with your mentor?", "languages"),
        ("mentee", "Time zone for meetings with your mentor", "timezone"),
        ("mentee", "Your stage of training (so mentors know)", "career_stage"),
        ("mentor", "Languages spoken with mentees", "languages"),
        ("mentor", "What may mentees call you?", "preferred_name"),
        ("mentor", "Email mentees can use", "email"),
        ("mentor", "Name shown to mentees", "full_name"),
        ("mentor", "Gender (shown to mentees)", "gender"),
        ("mentor", "Hospital where mentees can shadow", "institution"),
    ],
)
def test_a_heading_that_mentions_the_other_role_still_asks_about_its_own_people(
    role: Any, title: str, column: str
) -> None:
    found = guess(title, ANSWERS[column], role)

    assert (found.column, found.sureness >= Sureness.LIKELY) == (column, True)


@pytest.mark.parametrize(
    ("role", "title", "column"),
    [
        ("mentee", "Mentor email", "email"),
        ("mentee", "Email of your mentor", "email"),
        ("mentee", "Your current mentor's e-mail address", "email"),
        ("mentee", "Mentor's name", "full_name"),
        ("mentee", "Name of mentor", "full_name"),
        ("mentee", "Mentor first name", "preferred_name"),
        ("mentee", "Mentor 1: institution", "institution"),
        ("mentee", "Assigned mentor: country", "country"),
        ("mentor", "Mentee email", "email"),
        ("mentor", "Mentee's full name", "full_name"),
    ],
)
def test_what_a_heading_asks_of_the_other_role_is_no_answer_of_its_people(
    role: Any, title: str, column: str
) -> None:
    assert guess(title, ANSWERS[column], role).column != column


@pytest.mark.parametrize("title", ["Mentor languages", "Anything spoken", "Column 7"])
def test_no_must_rule_is_made_of_answers_alone(title: str) -> None:
    found = guess(title, ["English", "French", "German"])

    assert found.column != "language_required" or found.sureness < Sureness.LIKELY


@pytest.mark.parametrize(
    "title",
    [
        "Do you have a Twitter account?", "Do you trust your employer?",
        "Have you attended clinic?", "Do you work in a hospital?", "Are you based in the city?",
        "Do you live in the US?",
        "Have you already worked in research?", "Are you already working with a mentor?",
        "Do you have a supervisor?", "Is there any conflict?", "Do you have a preferred mentor?",
        "Have you any hobbies?", "Do you have a nickname?", "May we use your name?",
    ],
)  # fmt: skip
def test_yes_names_no_place_and_no_person_and_is_no_prose(title: str) -> None:
    for answers in (["Yes", "No", "yes"], ["Y", "N", "n/a"]):
        assert guess(title, answers).column is None


@pytest.mark.parametrize("title", ["LinkedIn account", "Account", "Clinic days", "Trust in others"])
def test_words_that_only_sound_like_an_institution_are_none(title: str) -> None:
    assert guess(title, ["Kai Holm", "rinito", "none yet"]).column != "institution"


@pytest.mark.parametrize("title", ["Account name", "Trust", "NHS Trust", "Your clinic", "Deanery"])
def test_institutions_go_by_many_names(title: str) -> None:
    found = guess(title, ANSWERS["institution"])

    assert (found.column, found.sureness) == ("institution", Sureness.LIKELY)


@pytest.mark.parametrize(
    "title",
    [
        "Who do you already work with?", "Faculty you already work with",
        "Mentors with whom you are already working", "Advisor", "Anyone to avoid?",
    ],
)  # fmt: skip
def test_people_not_to_be_matched_with_are_asked_for_in_many_ways(title: str) -> None:
    found = guess(title, ["Dr. Kai Holm", "Rin Ito", "none"])

    assert (found.column, found.sureness) == ("do_not_match", Sureness.UNSURE)
