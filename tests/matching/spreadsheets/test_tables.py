"""Text files and headings as forms and coordinators make them: read, or refused with what to do."""

from __future__ import annotations

import pytest
from sheets import HEADER, person, read, said, text

from matching.profiles import taxonomy
from matching.profiles.choices import _MOST_PARTS, Terms
from matching.profiles.columns import COLUMNS, of_role
from matching.spreadsheets import headings
from matching.spreadsheets.dates import DayOrder
from matching.spreadsheets.limits import UnreadableFile


@pytest.mark.parametrize(
    ("start", "delimiter"),
    [(b"sep=;\r\n", ";"), (b"SEP=|\n", "|"), (b'"sep=,"\n', ","), (b"sep=\t\n", "\t"),
     (b"\xef\xbb\xbfsep=;\n", ";"), (b"", ";"), (b"", "\t"), (b"", "|")],
)  # fmt: skip
def test_what_separates_columns_is_named_or_found(start: bytes, delimiter: str) -> None:
    data = text(list(HEADER), [*person(1)], delimiter=delimiter)
    rows, _table = read(start + data)

    assert [(row.number, row.cells["mentee_id"]) for row in rows] == [(2, "me-001")]


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be"])
def test_utf16_is_read_with_its_mark_and_without(encoding: str) -> None:
    data = text(list(HEADER), person(1, name="Béla Müller"), delimiter="\t").decode()
    rows, table = read(data.encode(encoding))

    assert [row.cells["full_name"] for row in rows] == ["Béla Müller"]
    assert [row.cells["mentee_id"] for row in rows] == ["me-001"]
    assert "the file is UTF-16" in said(table)


def test_the_word_that_is_not_utf8_is_found_with_old_macintosh_line_ends() -> None:
    data = text(list(HEADER), person(1, name="Ana Müller")).decode().replace("\r\n", "\n")
    with pytest.raises(UnreadableFile, match="row 2, column full_name"):
        read(data.replace("\n", "\r").encode("mac_roman"))


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize(
    "heading", ["Anything; else; we;\nshould; know;;;", "a,b,c,d,\n,,,,", 'He said "a;b;c,d"']
)
def test_a_quoted_heading_separates_nothing(delimiter: str, heading: str) -> None:
    rows, table = read(text([*HEADER, heading], [*person(1), "x"], delimiter=delimiter))

    assert [row.cells["mentee_id"] for row in rows] == ["me-001"]
    assert "is not recognized and is ignored" in said(table)


@pytest.mark.parametrize(
    "above", [[["Mentees of autumn 2026"], []], [["Mentees, autumn; 2026", ""]], [["Draft"]] * 20]
)
def test_titles_above_the_headings_are_passed_over(above: list[list[str]]) -> None:
    rows, table = read(text(*above, list(HEADER), person(1)))

    assert [row.number for row in rows] == [len(above) + 2]
    assert f"the headings are in row {len(above) + 1}" in said(table)


def test_every_question_is_known_as_a_heading_of_its_own() -> None:
    for role in ("mentee", "mentor"):
        for name, column in of_role(role).items():
            question = column.mentee if role == "mentee" else column.mentor
            for wording in (question, f"3. {question}", f"{question} *", f"<p>{question}</p>"):
                assert headings.meant(wording, role) == name
            # As databases and form tools call and number their fields.
            for wording in (f"{name}__c", f"Q12_{name}", f"{question} (id 345)"):
                assert headings.meant(wording, role) == name


def test_a_name_in_two_columns_is_joined_and_an_id_is_made() -> None:
    header = ["Your first name", "Your last name", "Email Address", *HEADER[3:]]
    people = [["Mina", "Example", "Mina@example.org", *person(1)[3:]]]
    rows, table = read(text(header, *people))
    again, _table = read(text(header, *people))

    assert rows[0].cells["full_name"] == "Mina Example"
    assert rows[0].cells["mentee_id"] == again[0].cells["mentee_id"]
    assert rows[0].cells["mentee_id"].startswith("mina-")
    assert rows[0].made == {"mentee_id"}
    assert "there is no column mentee_id" in said(table)


@pytest.mark.parametrize(
    ("heading", "name"),
    [("Do not match with", "do_not_match"), ("Number of mentees", "capacity")],
)
def test_a_rule_in_other_words_is_read(heading: str, name: str) -> None:
    header = ["mentor_id", *HEADER[1:], heading]
    rows, table = read(text(header, [*person(1), "3"]), "mentor")

    assert rows[0].cells[name] == "3"
    assert not table.problems
    assert f"is read as {name}" in said(table)


@pytest.mark.parametrize(
    ("heading", "name"),
    [
        ("Capcity", "capacity"), ("Max. mentees per year", "capacity"),
        ("Capacity (mentees)", "capacity"), ("Exclusions", "do_not_match"),
        ("do_not_mach", "do_not_match"), ("Please don't pair me with", "do_not_match"),
        ("Conflicts of interest", "do_not_match"), ("Same hospital ok?", "exclude_own_institution"),
        ("Stages I accept", "accepts_stages"), ("Accepted stages", "accepts_stages"),
    ],
)  # fmt: skip
def test_a_heading_that_looks_like_a_rule_is_refused(heading: str, name: str) -> None:
    _rows, table = read(text(["mentor_id", *HEADER[1:], heading], [*person(1), ""]), "mentor")

    assert [each.row for each in table.problems] == [None]
    assert f"'{heading}' is not recognized and may be meant as {name}" in said(table)


@pytest.mark.parametrize(
    "heading",
    ["Timestamp 2", "I accept the privacy policy", "withdrew", "Notes", "Student number",
     "Number of past mentees", "Time slots that suit me"],
)  # fmt: skip
def test_other_headings_are_ignored_and_named(heading: str) -> None:
    rows, table = read(text(["mentor_id", *HEADER[1:], heading], [*person(1), "x"]), "mentor")

    assert len(rows) == 1
    assert not table.problems
    assert f"'{heading}' is not recognized and is ignored" in said(table)


def test_a_misspelled_heading_is_named_with_what_was_meant() -> None:
    _rows, table = read(text([*HEADER, "Instituton", "capacity"], [*person(1), "x", "3"]))

    assert "did you mean institution?" in said(table)
    assert "column 'capacity' is only asked of the other role" in said(table)


def test_answers_below_no_heading_are_named() -> None:
    _rows, table = read(text([*HEADER, "", "city"], person(1) + ["", "x"], person(2) + ["y", "x"]))

    assert "column G has no heading and is not read, as in row 3" in said(table)


def test_labels_that_hold_commas_are_told_apart() -> None:
    for kind in taxonomy.SECTIONS:
        terms = taxonomy.load().terms(kind)
        labels = [taxonomy.load().label(kind, id) for id in taxonomy.load().ids(kind)]
        assert max(label.count(",") for label in [*labels, *terms]) < _MOST_PARTS
        joined = Terms(kind).read(", ".join(labels[:40]), lambda note: None)
        assert joined == [taxonomy.load().resolve(kind, label) for label in labels[:40]]


def test_names_in_a_list_are_not_read_as_one_name_without_a_comma() -> None:
    read_as = {"Peds, EM": ["pediatrics", "emergency-medicine"]}
    read_as["Peds EM"] = ["pediatric-emergency-medicine"]
    read_as["Endocrinology, Diabetes, and Metabolism"] = ["endocrinology"]
    for typed, ids in read_as.items():
        assert Terms("specialty").read(typed, lambda note: None) == ids, typed


@pytest.mark.parametrize("separator", [";", ", ", "\n", ";\n"])
def test_lists_of_a_form_are_read_however_they_are_joined(separator: str) -> None:
    slots = separator.join(["Mon 18:00-20:00", "Tue 9:00-10:00"])
    languages = separator.join(["English", "Spanish"])
    rows, _table = read(text([*HEADER, "availability"], [*person(1)[:5], languages, slots]))

    columns = {column.name: column for column in COLUMNS}
    for name, value in (
        ("languages", ["en", "es"]),
        ("availability", ["Mon 18:00-20:00", "Tue 09:00-10:00"]),
    ):
        assert columns[name].read(rows[0].cells[name], lambda note: None) == value


@pytest.mark.parametrize(
    ("cell", "value", "note"),
    [
        ("JosÃ© NuÃ±ez", "José Nuñez", "read as"),
        ("Å\x81ukasz", "Łukasz", "read as"),
        ("Ð˜Ð²Ð°Ð½ ÐŸÐµÑ‚Ñ€Ð¾Ð²", "Иван Петров", "read as"),
        ("O&#39;Neill", "O'Neill", "read as"),
        ("O&amp;#39;Neill", "O'Neill", "read as"),
        ("Mina_x000D_", "Mina", "read as"),
        ("Mar\ufffda P\ufffdrez", "Mar\ufffda P\ufffdrez", "lost characters"),
        ("MarÃ¯Â¿Â½a", "Mar\ufffda", "lost characters"),
        ("Mar?a P?rez", "Mar?a P?rez", "may be lost characters"),
        ("Mina\n", "Mina", ""),
        ("Zoë Ñandú d’Arcy", "Zoë Ñandú d’Arcy", ""),
        ("Łukasz Ångström", "Łukasz Ångström", ""),
        ("São Tomé & Príncipe", "São Tomé & Príncipe", ""),
        ("AT&T;B&notes", "AT&T;B&notes", ""),
        ("山田 太郎", "山田 太郎", ""),
    ],
)
def test_damaged_names_are_repaired_or_warned_about(cell: str, value: str, note: str) -> None:
    rows, _table = read(text(list(HEADER), person(1, name=cell)))

    assert rows[0].cells["full_name"] == value
    assert [problem.column for problem in rows[0].notes] == (["full_name"] if note else []) or note
    assert note in str(rows[0].notes)


def test_a_file_that_is_damaged_throughout_is_refused() -> None:
    people = [[*person(k), "JosÃ© NuÃ±ez " * 300] for k in range(300)]

    with pytest.raises(UnreadableFile, match="damaged throughout the file"):
        read(text([*HEADER, "statement"], *people))


@pytest.mark.parametrize(
    ("days", "read_as", "note"),
    [
        (["12/31/2026", "03/04/2026"], ["2026-12-31", "2026-03-04"], "the month first"),
        (["31/12/2026", "03/04/2026"], ["2026-12-31", "2026-04-03"], "the day first"),
        (["31.12.2026", "3.4.2026 10:30:00"], ["2026-12-31", "2026-04-03"], "the day first"),
        (["01/01/2025"], ["2025-01-01"], ""),
        (["12/31/2026"], ["2026-12-31"], ""),
        (["46085"], ["2026-03-04"], "counted from 1900: 46085 in row 2 as 2026-03-04"),
        (["2026/10/02 9:15:31 AM GMT+2"], ["2026-10-02"], "read as 2026-10-02"),
        (["4-Mar-2026", "March 4, 2026"], ["2026-03-04"] * 2, "read as 2026-03-04"),
        (["yesterday", "2026-03-04"], ["yesterday", "2026-03-04"], ""),
    ],
)
def test_days_are_read_by_what_their_column_tells(
    days: list[str], read_as: list[str], note: str
) -> None:
    people = [[*person(k), day] for k, day in enumerate(days)]
    rows, table = read(text([*HEADER, "joined_on"], *people))

    assert [row.cells["joined_on"] for row in rows] == read_as
    assert not table.problems
    assert note in said(table) + str([row.notes for row in rows])


@pytest.mark.parametrize(
    ("days", "question"),
    [
        (["03/04/2026", "01/02/2026"], "03/04/2026 in row 2 could be two different dates"),
        (["31/12/2026", "12/31/2026"], "31/12/2026 in row 2 has the day first, but 12/31/2026"),
        (["3/4/26"], "a two-digit year"),
    ],
)
def test_a_column_of_days_is_asked_about_once(days: list[str], question: str) -> None:
    people = [[*person(k), day] for k, day in enumerate(days)]
    rows, table = read(text([*HEADER, "joined_on"], *people))

    assert [(each.row, each.column) for each in table.problems] == [(None, "joined_on")]
    assert question in table.problems[0].message
    assert not any(row.problem for row in rows)


@pytest.mark.parametrize(
    ("order", "day"), [(DayOrder.DAY, "2026-04-03"), (DayOrder.MONTH, "2026-03-04")]
)
def test_the_answer_decides_what_comes_first(order: DayOrder, day: str) -> None:
    rows, table = read(text([*HEADER, "joined_on"], [*person(1), "03/04/2026"]), order=order)

    assert rows[0].cells["joined_on"] == day
    assert not table.problems


@pytest.mark.parametrize(
    ("id", "is_named"),
    [("00123", True), ("1e5", True), ("mar-1", True), ("12-3", True), ("1" * 16, True),
     ("123", False), ("me-001", False), ("e5", False), ("march", False)],
)  # fmt: skip
def test_ids_that_a_spreadsheet_would_change_are_named(id: str, is_named: bool) -> None:
    _rows, table = read(text(list(HEADER), person(1, id=id)))

    assert (f"row 2, mentee_id: {id} looks like a number" in said(table)) == is_named


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_a_windows_file_is_refused_with_row_column_and_word(delimiter: str) -> None:
    data = text(
        list(HEADER), person(1), ["", "", "a\nb"], person(2, name="José Núñez"), delimiter=delimiter
    )

    with pytest.raises(UnreadableFile) as refused:
        read(data.decode().encode("cp1252"))
    assert "in row 4, column full_name" in str(refused.value)
    assert "reads “José”" in str(refused.value)


def test_a_file_of_more_rows_than_any_sheet_is_refused_before_it_is_read_to_its_end() -> None:
    data = text(list(HEADER), person(1))
    rows, _table = read(data + b"\n" * 10_000)
    assert len(rows) == 1

    with pytest.raises(UnreadableFile, match="more than 1,048,576 rows. Remove empty rows"):
        read(data + b"\n" * 1_048_576)
