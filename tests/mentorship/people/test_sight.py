"""The table of who sees what: its rules, and that nothing prints a field without asking it."""

from __future__ import annotations

import ast
import os
import re
from pathlib import Path

import factories
import pytest
from sqlalchemy.orm import Session

from matching.profiles.columns import COLUMNS
from mentorship.models import Program, Role
from mentorship.people import cards, questionnaire, sight
from mentorship.people.sight import TABLE, Viewer
from mentorship.states import PairingState, ProfileState

ROOT = Path(__file__).parents[3]
DOCUMENT = ROOT / "docs" / "who-sees-what.md"
#: What someone is called, and what they answered.
FIELDS = {"full_name", "preferred_name", "pronouns", "called", "answers"}
#: Where these are read from a row outside of `mentorship.people`, and why no one else reads them.
READ_AS_STORED = {
    "mentorship/rounds/readiness.py": "counts exclusions of no one; names picks by the table",
    "mentorship/accounts/strangers.py": "looks for those who have never given a name",
    "mentorship/coordination/advice.py": "leaves the answers unread",
    "mentorship/coordination/digest.py": "selects only those whom coordinators read of",
    "mentorship/coordination/ledger.py": "searches for coordinators, and for names to withhold",
    "mentorship/coordination/review.py": "sorts; those who left come last, by their id",
    "mentorship/coordination/comparison.py": "leaves the answers unread",
    "mentorship/coordination/pair_panel.py": "asks whether an answer is one of several",
    "mentorship/coordination/pairs.py": "sorts; leaves a mentor's answers unread",
    "mentorship/coordination/report.py": "counts; no group of few is told",
    "mentorship/coordination/roster.py": "sorts only those whom coordinators read of",
    "mentorship/coordination/search.py": "sorts only those whom coordinators read of",
    "mentorship/emails/contents.py": "a coordinator's own name",
    "mentorship/emails/made_up.py": "a coordinator's own name",
    "mentorship/emails/messages.py": "the reader's own name",
    "mentorship/pairings/offers.py": "chooses whose offers suit; shows them by the table",
    "mentorship/reminders/candidates.py": "the zone in which it is day for someone",
    "mentorship/reminders/unfinished.py": "the zone in which it is day for someone",
    "mentorship/programs/questions.py": "tells whether someone answered, and not what or who",
    "mentorship/rounds/forecasts.py": "sorts; leaves the names unread",
    "mentorship/rounds/snapshots.py": "matching reads everything",
    "webapp/coordinators/coordinators.py": "the names of coordinators, for each other",
    "webapp/coordinators/exports.py": "of cards, which the table filled in",
    "webapp/coordinators/people.py": "what a search may ask for, and no one's answers",
    "webapp/gate.py": "the visitor's own name",
    "webapp/participants/profiles.py": "the person's own answers",
    "webapp/participants/sections.py": "the person's own answers",
}


def test_rows_are_read_only_where_it_is_said_why() -> None:
    found = set()
    for folder in ("mentorship", "webapp", "worker"):
        for file in (ROOT / folder).rglob("*.py"):
            path = file.relative_to(ROOT).as_posix()
            if path.startswith(
                ("mentorship/people/", "mentorship/models/", "mentorship/migrations/")
            ):
                continue
            for node in ast.walk(ast.parse(file.read_text())):
                is_field = isinstance(node, ast.Attribute) and node.attr in FIELDS
                # `sight.answers` and `sight.called` are what is to be asked.
                if is_field and not (
                    isinstance(node.value, ast.Name)
                    and node.value.id in ("sight", "pairings", "models")
                ):
                    found.add(path)

    assert found == set(READ_AS_STORED)


def test_no_template_reads_a_row() -> None:
    for file in [*ROOT.glob("webapp/templates/**/*.html"), *ROOT.glob("mentorship/**/*.jinja")]:
        if file.parent.name == "coordinators":
            continue  # Those who run a program know each other.
        text = file.read_text().replace("profile.person.address_problem", "")
        text = text.replace("me().called", "").replace("profile.called", "")
        assert not re.search(r"\.person\.|full_name\b(?!<)|preferred_name|\.answers\b", text), file


def test_every_column_has_a_row_and_no_matching_answer_has_a_reader() -> None:
    assert {column.name for column in COLUMNS} < set(TABLE)
    for name in ("gender", "communities", "mentor_gender_preference", "do_not_match"):
        assert TABLE[name] == {Viewer.SELF}
    assert all(Viewer.SELF in viewers for viewers in TABLE.values())


def test_before_both_said_yes_nothing_that_names_someone_is_seen() -> None:
    asked = {name for name, viewers in TABLE.items() if Viewer.ASKED in viewers}

    assert asked == {
        "career_stage", "timezone", "languages", "specialty_interests", "specialties", "goals",
        "topics", "modalities", "mentor_seniority", "experiences_wanted", "experiences_offered",
    }  # fmt: skip


@pytest.mark.parametrize("state", PairingState)
def test_the_state_of_a_pairing_says_what_the_two_see(
    session: Session, program: Program, state: PairingState
) -> None:
    pairing = factories.make_pairing(session, program, state)
    pairing.mentor.answers |= {"full_name": "Bo Haddad", "institution": "St. Mary"}
    if state is PairingState.PROPOSED:
        with pytest.raises(LookupError):
            sight.in_pairing(pairing)
        return

    card = cards.of_profile(pairing.mentor, sight.in_pairing(pairing))

    has_met = state in (PairingState.INTRODUCED, PairingState.ACTIVE)
    was_named = has_met or state is PairingState.ENDED
    assert card.title == ("Bo Haddad" if was_named else "Your possible mentor")
    assert card.place == ("St. Mary" if has_met else "")
    assert bool(card.email) == has_met
    assert bool(card.stage) == (has_met or not was_named)


@pytest.mark.parametrize("state", ProfileState)
def test_coordinators_see_no_draft_and_of_those_who_left_a_tombstone(
    session: Session, program: Program, state: ProfileState
) -> None:
    mentor = factories.make_mentor(session, program, full_name="Bo Haddad", bio="Hello")
    mentor.state = state

    card = cards.of_profile(mentor, Viewer.COORDINATOR)

    nameless = {
        ProfileState.DRAFT: "Someone who hasn't sent in a profile",
        ProfileState.LEFT: "Someone who has left",
    }
    is_seen = state not in nameless
    assert card.title == nameless.get(state, "Bo Haddad")
    assert bool(card.email) == bool(card.stage) == is_seen
    assert bool(questionnaire.told(mentor, Viewer.COORDINATOR)) == is_seen


def table() -> str:
    """The table as the guide prints it: a row for each field, a column for each viewer."""
    shown = [viewer for viewer in Viewer if viewer is not Viewer.SELF]
    lines = [f"| field | {' | '.join(shown)} |", f"|---|{'---|' * len(shown)}"]
    for name, viewers in TABLE.items():
        marks = ["yes" if viewer in viewers else "–" for viewer in shown]
        lines.append(f"| {_question(name)} | {' | '.join(marks)} |")
    return "\n".join(lines)


def _question(name: str) -> str:
    facts = {
        sight.PRIVATE_GOALS: "private goals, such as setbacks or wellbeing",
        sight.MEETING: "when and where two people meet",
        sight.COMMENT: "words beside an answer to an email",
        sight.SHARED_COMMENT: "such words, where their author shared them",
    }
    if name in facts:
        return facts[name]
    column = next(column for column in COLUMNS if column.name == name)
    asked = [questionnaire.question(column, role) for role in Role if column.asked_of(role.value)]
    return f"`{name}`: {' / '.join(dict.fromkeys(asked))}"


def test_the_guide_prints_the_table() -> None:
    """Run with APPROVE=1 after changing the table, and read the difference."""
    before, _, rest = DOCUMENT.read_text().partition("<!-- table -->\n")
    _, _, after = rest.partition("\n<!-- end of table -->")
    if os.environ.get("APPROVE"):
        DOCUMENT.write_text(f"{before}<!-- table -->\n{table()}\n<!-- end of table -->{after}")

    assert table() in DOCUMENT.read_text()
