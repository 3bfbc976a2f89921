"""Words for no answer are no answers, in any column, but where they are a real one."""

from __future__ import annotations

import pytest

from matching.profiles import columns, taxonomy
from matching.profiles.columns import COLUMNS, DEFAULT_CAPACITY, of_role, read_row
from matching.profiles.placeholders import is_placeholder
from matching.profiles.texts import People

WORDS = (
    "N/A", "n/a", "n / a", "NA", "none", "None", "NONE",
    "nil", "-", "--", "—", ".", "…", "?", "???",
    "TBD", "tbc", "unknown", "Not applicable", "(none)", "[n/a]", "#N/A", "Ｎ／Ａ", " null ", "_",
    "Prefer not to say", "N_A", "not_applicable",
)  # fmt: skip


@pytest.mark.parametrize("word", WORDS)
def test_a_placeholder_is_told_from_an_answer(word: str) -> None:
    assert is_placeholder(word)


@pytest.mark.parametrize(
    "word", ["", " ", "no", "any", "0", "1", "Nan", "Nila", "A", "無", "+", "C.", "non", "N A"]
)
def test_an_answer_is_no_placeholder(word: str) -> None:
    assert not is_placeholder(word)


def read(role: columns.Role, **cells: str) -> tuple[dict[str, object], dict[str, str], set[str]]:
    notes: dict[str, str] = {}
    answers, problems = read_row(role, cells, lambda n: notes.setdefault(n.column, n.message))
    return answers, notes, {problem.column for problem in problems if problem.is_missing}


@pytest.mark.parametrize("word", WORDS)
@pytest.mark.parametrize("role", ["mentee", "mentor"])
def test_a_placeholder_is_no_answer_in_any_column_and_that_is_said(
    role: columns.Role, word: str
) -> None:
    asked = of_role(role)
    answers, notes, missing = read(role, **dict.fromkeys(asked, word))

    # What some of these words do mean: 0, and Namibia.
    meant = {
        n: v for n, v in answers.items() if v != 0 and (n, v) != ("capacity", DEFAULT_CAPACITY)
    }
    assert meant == (
        {name: "NA" for name in ("country", "practice_country") if name in asked}
        if word == "NA"
        else {}
    )
    assert missing == {name for name, column in asked.items() if column.required}
    assert set(notes) >= set(asked) - set(answers)


def test_a_word_that_is_a_real_answer_stays_one() -> None:
    names, _notes, _missing = read("mentee", full_name="Nil", preferred_name="Na", country="NA")
    assert names == {"full_name": "Nil", "preferred_name": "Na", "country": "NA"}
    assert "full_name" not in read("mentee", full_name="nil")[0]
    assert "country" not in read("mentee", country="n/a")[0]
    assert read("mentor", capacity="none", past_mentees="Nil")[0] == {
        "capacity": 0,
        "past_mentees": 0,
    }
    assert read("mentor", capacity="n/a")[0] == {"capacity": DEFAULT_CAPACITY}
    # No slot of a meeting stands for none a month.
    assert "meetings_per_month" not in read("mentor", meetings_per_month="none")[0]


def test_a_placeholder_within_a_list_is_left_out() -> None:
    answers, notes, _ = read(
        "mentee",
        do_not_match="mr-1; none; -",
        specialty_interests="cardiology, N/A",
        availability="Mon 18:00-20:00; TBD",
    )

    assert answers == {
        "do_not_match": ["mr-1"],
        "specialty_interests": ["cardiology"],
        "availability": ["Mon 18:00-20:00"],
    }
    assert notes["do_not_match"] == "'none' was read as no answer"


def test_no_choice_of_any_question_is_a_placeholder() -> None:
    terms = [term for kind in taxonomy.SECTIONS for term in taxonomy.load().terms(kind)]
    options = [option for column in COLUMNS for option in column.options]

    assert not [each for each in [*terms, *options] if is_placeholder(each)]


@pytest.mark.parametrize(
    ("typed", "value"),
    [
        ("MR–12; ＭＲ－13.", ["mr-12", "mr-13"]),
        (
            '"Haddad, Omar" <Omar@Example.org>; mailto:bo@example.org',
            ["omar@example.org", "bo@example.org"],
        ),
        ("Omar <omar@example.org>, bo@Bücher.example.", ["omar@example.org", "bo@bücher.example"]),
        ('["mr_1", "Bo@example.org"]', ["mr_1", "bo@example.org"]),
        ("{mr_1,mr_2}", ["mr_1", "mr_2"]),
        ('an "unclosed quote@example.org', None),
    ],
)
def test_people_are_read_from_what_is_pasted_into_a_list(typed: str, value: object) -> None:
    if value is None:
        with pytest.raises(ValueError, match="neither an ID nor an email address"):
            People().read(typed, lambda note: None)
    else:
        assert People().read(typed, lambda note: None) == value


def test_people_do_not_list_themselves_by_id_or_address() -> None:
    listed = "me-1; MINA@Example.org; mr-2"
    answers, notes, _ = read(
        "mentee", mentee_id="me-1", email="mina@example.org", do_not_match=listed
    )

    assert answers["do_not_match"] == ["mr-2"]
    assert "own ID or address and was left out" in notes["do_not_match"]
