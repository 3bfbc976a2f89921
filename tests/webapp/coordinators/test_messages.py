"""Writing to people: from a list, from selected people, or from one person's page."""

from __future__ import annotations

import re

import factories
import pytest
from sqlalchemy import Engine, select

from mentorship import database
from mentorship.models import Email, EmailKind, Letter, Profile, Program
from mentorship.states import ProfileState

WORDS = {"subject": "Friday", "text": "We meet <here>.\r\n\r\nhttps://example.org/x"}


@pytest.fixture
def people(engine: Engine, coordinated: Program) -> dict[str, Profile]:
    """Two mentees and a mentor; and one mentee whose address does not work."""
    with database.transaction(engine) as session:
        program = session.get_one(Program, coordinated.id)
        found = {
            "ana": factories.make_mentee(session, program, full_name="Ana Lindqvist"),
            "cy": factories.make_mentee(session, program, full_name="Cy Adeyemi"),
            "bo": factories.make_mentor(session, program, full_name="Bo Haddad"),
            "di": factories.make_mentee(session, program, full_name="Di Okafor"),
        }
        found["di"].person.address_problem = "550 5.1.1 no such user"
        return found


def write(signed_in, coordinated: Program, query: str, **words: str):  # noqa: ANN001, ANN201
    path = f"/programs/{coordinated.slug}/messages/new{query}"
    return signed_in.post(path, **(WORDS | words))


def readers(engine: Engine) -> list[str]:
    with database.reading(engine) as session:
        query = select(Email).where(Email.kind == EmailKind.LETTER)
        return sorted(row.person.full_name for row in session.scalars(query))


@pytest.mark.parametrize(
    ("query", "button", "written_to"),
    [
        ("", "Send to 3 people", ["Ana Lindqvist", "Bo Haddad", "Cy Adeyemi"]),
        ("?role=mentee", "Send to 2 people", ["Ana Lindqvist", "Cy Adeyemi"]),
        ("?q=haddad", "Send to Bo Haddad", ["Bo Haddad"]),
        ("?person={ana}&person={bo}", "Send to 2 people", ["Ana Lindqvist", "Bo Haddad"]),
        ("?person={cy}", "Send to Cy Adeyemi", ["Cy Adeyemi"]),
    ],
)
def test_the_button_says_how_many_and_they_and_no_others_are_written_to(
    signed_in, engine: Engine, coordinated: Program, people: dict[str, Profile],  # noqa: ANN001
    query: str, button: str, written_to: list[str],
) -> None:  # fmt: skip
    query = query.format(**{name: profile.id for name, profile in people.items()})
    kept = write(signed_in, coordinated, query)
    assert kept.status_code == 303, kept.text
    assert readers(engine) == []

    page = signed_in.get(kept.location).text
    assert f">{button}</button>" in page
    assert "We meet &lt;here&gt;." in page
    frame = signed_in.get(f"{kept.location}/html").text
    assert 'href="https://example.org/x"' in frame

    keys = signed_in.keys(kept.location) | {"readers": str(len(written_to))}
    for _ in range(3):  # However often the button is pressed.
        sent = signed_in.send(f"{kept.location}/send", keys)
        assert sent.status_code == 303
        assert sent.location.endswith("emails?kind=letter")
    assert readers(engine) == written_to
    listed = signed_in.get(sent.location).text
    assert listed.count("Message from a coordinator</a>") == len(written_to)
    assert signed_in.get(kept.location).status_code == 302


def test_the_page_says_who_is_left_out_and_why(
    signed_in,
    engine: Engine,
    coordinated: Program,
    people: dict[str, Profile],  # noqa: ANN001
) -> None:
    with database.transaction(engine) as session:
        session.get_one(Profile, people["cy"].id).person.wants_reminders = False
        session.get_one(Profile, people["bo"].id).state = ProfileState.UNCONFIRMED
    for page in (
        signed_in.get(f"/programs/{coordinated.slug}/messages/new").text,
        signed_in.get(write(signed_in, coordinated, "").location).text,
    ):
        assert "Emails to 1 person bounce" in page
        assert "1 person doesn&#39;t want emails of this kind" in page
        assert "1 person hasn&#39;t accepted their invitation yet" in page
    alone = signed_in.get(f"/programs/{coordinated.slug}/messages/new?person={people['di'].id}")
    assert "No one would get this message" in alone.text
    assert "<textarea" not in alone.text


def test_what_was_written_stays_where_something_is_wrong(
    signed_in,
    engine: Engine,
    coordinated: Program,
    people: dict[str, Profile],  # noqa: ANN001
) -> None:
    refused = write(signed_in, coordinated, "?role=mentee", subject="")

    assert refused.status_code == 422
    assert 'id="subject-error"' in refused.text
    assert "We meet &lt;here&gt;." in refused.text
    assert "To 2 people" in refused.text
    assert "role=mentee" in re.findall(r'action="([^"]*messages/new[^"]*)"', refused.text)[0]
    with database.reading(engine) as session:
        assert not session.scalars(select(Letter)).all()


def test_a_message_can_be_changed_before_it_is_sent(
    signed_in,
    coordinated: Program,
    people: dict[str, Profile],  # noqa: ANN001
) -> None:
    page = signed_in.get(write(signed_in, coordinated, "?role=mentee").location).text
    (again,) = re.findall(r'href="([^"]*draft=[^"]*)"', page)
    form = signed_in.get(again.replace("&amp;", "&")).text

    assert 'value="Friday"' in form
    assert "To 2 people" in form


def test_a_list_that_changed_meanwhile_is_shown_again_and_nothing_is_sent(
    signed_in,
    engine: Engine,
    coordinated: Program,
    people: dict[str, Profile],  # noqa: ANN001
) -> None:
    place = write(signed_in, coordinated, "").location
    keys = signed_in.keys(place) | {"readers": "3"}
    with database.transaction(engine) as session:
        factories.make_mentee(session, session.get_one(Program, coordinated.id))

    answer = signed_in.send(f"{place}/send", keys)
    page = signed_in.get(answer.location).text

    assert "The list of people who get it has changed" in page
    assert "Send to 4 people" in page
    assert readers(engine) == []
    assert signed_in.send(f"{place}/send", keys | {"readers": "4"}).location.endswith("kind=letter")
    assert len(readers(engine)) == 4


@pytest.mark.parametrize("person", ["", "x", "%3Cb%3E", "00000000-0000-0000-0000-000000000000"])
def test_a_damaged_address_of_one_person_does_not_mean_everyone(
    signed_in,
    coordinated: Program,
    people: dict[str, Profile],
    person: str,  # noqa: ANN001
) -> None:
    page = signed_in.get(f"/programs/{coordinated.slug}/messages/new?person={person}").text

    assert "No one would get this message" in page


def test_a_draft_of_another_program_is_not_gone_on_with(
    signed_in,
    engine: Engine,
    coordinated: Program,
    people: dict[str, Profile],  # noqa: ANN001
) -> None:
    with database.transaction(engine) as session:
        other = factories.make_program(session)
        author = session.get_one(Profile, people["ana"].id).person_id
        theirs = Letter(
            program_id=other.id, author_id=author, sought={}, subject="Secret", text="Secret",
            created_at=database.now(session),
        )  # fmt: skip
        session.add(theirs)
        session.flush()
        draft = theirs.id

    page = signed_in.get(f"/programs/{coordinated.slug}/messages/new?draft={draft}").text

    assert "Secret" not in page
