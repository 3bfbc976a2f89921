"""Files of any wording: headings, columns and answers are found, and decisions are kept to."""

from __future__ import annotations

import io

import openpyxl
import pytest
from surveyed import DEFAULTS, HEADER, columns, person, read, table

from matching.mapping import survey, translation
from matching.mapping.decisions import LEFT_OUT, NO_ANSWER, OWN_WORDS, Decisions
from matching.mapping.translation import MOST_COMPARED
from matching.profiles.columns import of_role
from matching.spreadsheets.limits import UPLOAD, UnreadableFile


def test_a_form_with_words_of_its_own_is_read() -> None:
    header = ["Timestamp", *HEADER, "Specialties of interest", "Tell us about yourself"]
    row = ["2026/10/02 9:15:31 AM GMT+2", *person(0, "PGY-2", "Mock interviews"), "OB/GYN, peds"]
    found, people, problems = read(table(header, [*row, "I hope to learn " * 5]))

    assert problems == []
    assert columns(found) == {
        "Timestamp": LEFT_OUT, "Name": "full_name", "Email": "email",
        "Where are you in training?": "career_stage", "What would you like help with?": "goals",
        "Specialties of interest": "specialty_interests", "Tell us about yourself": "statement",
    }  # fmt: skip
    assert people[0]["career_stage"] == "resident"
    assert people[0]["goals"] == ["interview-practice"]
    assert people[0]["specialty_interests"] == ["obstetrics-gynecology", "pediatrics"]
    assert people[0]["timezone"] == "America/New_York"
    assert not any(question.is_open for question in found.questions)


def test_a_list_without_headings_is_read_by_its_answers() -> None:
    rows = [["Ana Roe", "a@example.org", "MS3"], ["Bo Lee", "b@example.org", "PGY-1"]]
    found, people, problems = read(table(*rows))

    assert found.heading_row is None
    assert [question.column for question in found.questions] == [
        "full_name",
        "email",
        "career_stage",
    ]
    assert [each["full_name"] for each in people] == ["Ana Roe", "Bo Lee"]
    assert problems == []


@pytest.mark.parametrize("above", [[["Mentees 2026"], [""]], [["Sign-up sheet", "", "", "v2"]]])
def test_titles_stand_above_the_headings(above: list[list[str]]) -> None:
    header = ["Student", "Contact e-mail", "PGY or MS year", "Needs"]
    found, people, _problems = read(table(*above, header, person(0), person(1)))

    assert found.heading_row == len(above) + 1
    assert [each["email"] for each in people] == ["p0@example.org", "p1@example.org"]


def test_the_same_words_of_two_roles_are_told_apart() -> None:
    data = table(["Name", "Email", "Title", "Areas"], ["A Roe", "a@example.org", "Attending", "IM"])

    assert columns(read(data)[0])["Areas"] == "specialty_interests"
    assert columns(read(data, role="mentor")[0])["Areas"] == "specialties"


def test_boxes_of_one_question_are_one_question() -> None:
    header = ["Name", "Email", "Stage", "Help [Boards]", "Help [Research]", "why___1", "why___2"]
    found, people, _problems = read(table(header, [*person(0)[:2], "MS3", "Checked", "", "1", "0"]))

    assert columns(found)["Help"] == "goals"
    assert people[0]["goals"] == ["specialty-board-exams"]
    assert "why" in columns(found)


def test_several_columns_make_one_list_and_one_text() -> None:
    header = ["Name", "Email", "Stage", "Primary specialty", "Other specialties", "Bio", "Hobbies"]
    row = ["A Roe", "a@example.org", "Attending", "Cardiology", "IM; Geriatrics"]
    words = ["I teach on the wards every day of the week.", "Climbing and long walks by the sea."]
    _found, people, problems = read(table(header, [*row, *words]), role="mentor")

    assert problems == []
    assert people[0]["specialties"] == [
        "cardiology",
        "internal-medicine",
        "geriatric-medicine",
    ]
    assert people[0]["bio"] == f"Bio: {words[0]}\n\nHobbies: {words[1]}"


def test_what_no_one_can_guess_is_asked_and_nothing_else() -> None:
    header = [*HEADER, "Do you have pets?", "Consent", "Empty"]
    found, people, _problems = read(table(header, [*person(0), "dog", "I agree", ""]))

    assert [question.title for question in found.questions if question.is_open] == [
        "Do you have pets?"
    ]
    assert "dog" not in str(people)


def test_one_decision_settles_an_answer_for_all_who_wrote_it() -> None:
    rows = [person(k, "MS3", "Research, Boards") for k in range(3)]
    found, people, _problems = read(table(HEADER, *rows))
    (group,) = [group for group in found.groups if group.is_open]
    assert (group.typed, group.people, group.values) == ("Research", 3, ("research-start",))

    decided = Decisions(
        defaults=DEFAULTS, answers={"goals": {group.key: ("publishing", "research-start")}}
    )
    found, people, _problems = read(table(HEADER, *rows), decided)
    assert not any(group.is_open for group in found.groups)
    assert people[2]["goals"] == ["publishing", "research-start", "specialty-board-exams"]


@pytest.mark.parametrize(
    ("value", "text"), [(OWN_WORDS, "Help wanted: Zyzzogeton"), (NO_ANSWER, None)]
)
def test_an_answer_can_stay_in_its_own_words_or_be_left_out(value: str, text: str | None) -> None:
    data = table(HEADER, person(0, "MS3", "zyzzogeton; Boards"))
    decided = Decisions(defaults=DEFAULTS, answers={"goals": {"zyzzogeton": (value,)}})
    _found, people, problems = read(data, decided)

    assert problems == []
    assert people[0]["goals"] == ["specialty-board-exams"]
    statement = people[0].get("statement")
    question = of_role("mentee")["goals"].mentee.rstrip("?")
    assert statement == (f"{question}: zyzzogeton" if text else None)


def test_what_is_not_understood_is_kept_and_never_lost() -> None:
    _found, people, problems = read(table(HEADER, person(0, "MS3", "zyzzogeton")))

    assert problems == []
    assert people[0]["statement"].endswith(": zyzzogeton")


def test_a_rule_that_names_no_one_is_a_problem_until_it_is_decided() -> None:
    data = table([*HEADER, "Do not match with"], [*person(0), "Dr. Holm; Ada Example"])
    assert any("dr. holm" in problem for problem in read(data)[2])

    decided = Decisions(defaults=DEFAULTS, answers={"do_not_match": {"dr holm": (NO_ANSWER,)}})
    _found, people, problems = read(data, decided)
    assert problems == []
    assert people[0]["do_not_match"] == ["mr-1"]


def test_columns_are_read_as_decided_and_remembered_for_the_next_file() -> None:
    data = table([*HEADER, "Code"], [*person(0), "IM"], [*person(1), "EM"])
    decided = Decisions(
        columns={"code": "specialty_interests", "what_would_you_like_help_with": LEFT_OUT},
        defaults=DEFAULTS, cells={2: {"full_name": "Ana Roe"}}, sheet="x",
    )  # fmt: skip
    _found, people, _problems = read(data, decided)
    assert people[0]["full_name"] == "Ana Roe"
    assert people[0]["specialty_interests"] == ["internal-medicine"]
    assert "goals" not in people[0]

    later = Decisions.from_dict(decided.remembered().to_dict())
    _found, people, _problems = read(data, later)
    assert people[0]["full_name"] == "Person A"
    assert people[1]["specialty_interests"] == ["emergency-medicine"]


def test_defaults_fill_gaps_only_and_are_counted() -> None:
    data = table([*HEADER, "Time zone"], [*person(0), "PST"], [*person(1), ""])
    found, people, _problems = read(data)

    assert [each["timezone"] for each in people] == ["America/Los_Angeles", "America/New_York"]
    assert found.translator.defaulted == {"languages": 2, "timezone": 1}


def test_what_is_missing_is_named() -> None:
    assert read(table(["Name", "Stage"], ["A Roe", "MS3"]))[0].missing == ["email"]
    assert read(table(HEADER, person(0)), Decisions())[0].missing == ["timezone", "languages"]


def test_a_sheet_can_be_chosen() -> None:
    book = openpyxl.Workbook()
    for title, who in (("Old", "old"), ("New", "new")):
        sheet = book.create_sheet(title)
        sheet.append(HEADER)
        sheet.append(["Ana Roe", f"{who}@example.org", "MS3", "Boards"])
    book.remove(book.worksheets[0])
    written = io.BytesIO()
    book.save(written)
    decided = Decisions(defaults=DEFAULTS, sheet="New")
    found, people, _problems = read(written.getvalue(), decided, name="list.xlsx")

    assert found.sheets == ("Old", "New")
    assert [each["email"] for each in people] == ["new@example.org"]


def test_too_many_columns_are_refused() -> None:
    with pytest.raises(UnreadableFile, match="limit is 200"):
        read(table([f"c{k}" for k in range(201)], ["x"] * 201))


def test_of_very_many_answers_the_rest_is_understood_only_where_it_is_known() -> None:
    wishes = [f"zyzzogeton{k}" for k in range(MOST_COMPARED)] + ["Life stuff / balance", "Boards"]
    stages = ["MS3"] * (MOST_COMPARED + 1) + ["PGY-2 (IM)"]
    rows = [
        ["Ana Roe", f"p{k}@example.org", stage, wish]
        for k, (stage, wish) in enumerate(zip(stages, wishes, strict=True))
    ]
    found, people, problems = read(table(HEADER, *rows))

    by_words = {group.typed: group for group in found.groups}
    assert by_words["Life stuff / balance"].values == (OWN_WORDS,)
    assert people[-1]["career_stage"] == "resident"
    assert people[-1]["goals"] == ["specialty-board-exams"]
    assert problems == []


def test_lists_of_a_column_with_very_many_unknown_answers_are_kept_as_they_stand(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(translation, "MOST_UNKNOWN", 4)
    wishes = [
        "Boards; zyzzo one",
        "zyzzo two; zyzzo three; zyzzo four",
        "Boards; zyzzo five",
        "zyzzo six",
    ]
    rows = [["Ana Roe", f"p{k}@example.org", "MS3", wish] for k, wish in enumerate(wishes)]

    _found, people, problems = read(table(HEADER, *rows))

    assert [each.get("goals") for each in people] == [["specialty-board-exams"], None, None, None]
    # Nothing is lost, and everyone's other answers are read.
    assert ["zyzzo five" in each["statement"] for each in people] == [False, False, True, False]
    assert {each["career_stage"] for each in people} == {people[0]["career_stage"]}
    assert problems == []
    again = survey.read(
        table(HEADER, *rows), "mentee", "list.csv", UPLOAD, Decisions(defaults=DEFAULTS), {}
    )
    told = [any("too many answers" in note.message for note in row.notes) for row in again.rows]
    assert told == [False, False, True, True]


def test_first_and_last_are_a_name_where_names_stand_below() -> None:
    header = ["First", "Last", "Email", "Training"]
    rows = [["Ana", "Roe", "ana@example.org", "MS3"], ["Ben", "de Lee", "ben@example.org", "MS4"]]
    found, people, problems = read(table(header, *rows))

    assert problems == []
    assert columns(found)["First"] == "given_name"
    assert [each["full_name"] for each in people] == ["Ana Roe", "Ben de Lee"]
    # The last time someone came is no name, and is asked about.
    header = ["Name", "Email", "Training", "Last"]
    rows = [["Ana Roe", "ana@example.org", "MS3", "10/4/2026"]]
    found, people, _problems = read(table(header, *rows))
    assert people[0]["full_name"] == "Ana Roe"
    assert not next(each for each in found.questions if each.title == "Last").sureness


@pytest.mark.parametrize("nobody", ["anonymous", "Anonymous", "N/A", ""])
def test_the_name_that_a_form_gives_to_everyone_is_no_name(nobody: str) -> None:
    header = ["ID", "Start time", "Completion time", "Email", "Name", "Full name", "Training"]
    rows = [
        [str(k), "10/2/26 9:15:31", "10/2/26 9:21:04", f"p{k}@example.org", nobody, name, "MS3"]
        for k, name in enumerate(("Ana Roe", "Ben Lee"))
    ]
    found, people, problems = read(table(header, *rows))

    assert problems == []
    assert columns(found)["Name"] == LEFT_OUT
    assert [each["full_name"] for each in people] == ["Ana Roe", "Ben Lee"]
