"""What is done to those who are ticked in a list: asked first, with their number, then once."""

from __future__ import annotations

import datetime

import factories
import pytest
from sqlalchemy import Engine, select, update

from mentorship import database
from mentorship.models import Email, EmailKind, Profile, Program
from mentorship.states import ProfileState


@pytest.fixture
def people(engine: Engine, coordinated: Program) -> dict[str, str]:
    """The ids of two who wait for approval, two who were invited long ago, and one who is ready."""
    with database.transaction(engine) as session:
        program = session.get_one(Program, coordinated.id)
        ids = {}
        for name, state in (
            ("waits", ProfileState.AWAITING_APPROVAL),
            ("waits too", ProfileState.AWAITING_APPROVAL),
            ("invited", ProfileState.UNCONFIRMED), ("invited too", ProfileState.UNCONFIRMED),
            ("ready", ProfileState.READY),
        ):  # fmt: skip
            profile = factories.make_mentee(session, program, full_name=name.title())
            profile.state = state
            ids[name] = str(profile.id)
        session.flush()
        long_ago = database.now(session) - datetime.timedelta(days=30)
        session.execute(update(Profile).values(updated_at=long_ago))
        return ids


def ask(signed_in, coordinated: Program, act: str, *ids: str, more: str = ""):  # noqa: ANN001, ANN201
    ticked = "&".join(f"profile={id}" for id in ids)
    return signed_in.get(f"/programs/{coordinated.slug}/people/selected?act={act}&{ticked}{more}")


def states(engine: Engine) -> dict[str, ProfileState]:
    with database.reading(engine) as session:
        rows = session.execute(select(Profile.full_name, Profile.state))
        return {row.full_name: row.state for row in rows}


def reminded(engine: Engine) -> int:
    with database.reading(engine) as session:
        query = select(Email).where(Email.kind == EmailKind.UNFINISHED_PROFILE)
        return len(session.scalars(query).all())


def test_people_can_be_selected_in_every_list_but_that_of_those_who_left(
    signed_in,
    engine: Engine,
    coordinated: Program,
    people: dict[str, str],  # noqa: ANN001
) -> None:
    place = f"/programs/{coordinated.slug}/people"
    for query in ("", "?role=mentee", "?state=ready", "?state=awaiting_approval", "?q=invited"):
        page = signed_in.get(f"{place}{query}").text
        assert page.count('type="checkbox" name="profile"') == page.count('<th scope="row">') > 0
    with database.transaction(engine) as session:
        session.execute(update(Profile).values(state=ProfileState.LEFT))
    page = signed_in.get(f"{place}?state=left").text
    assert page.count('<th scope="row">') == 5
    assert 'name="profile"' not in page


def test_approving_says_how_many_before_and_then_does_it(
    signed_in,
    engine: Engine,
    coordinated: Program,
    people: dict[str, str],  # noqa: ANN001
) -> None:
    page = ask(signed_in, coordinated, "approve", *people.values())
    assert "Approve 2 people?" in page.text
    assert "3 others you selected aren&#39;t waiting for approval." in page.text
    assert states(engine)["Waits"] is ProfileState.AWAITING_APPROVAL

    place = f"/programs/{coordinated.slug}/people/admit"
    keys = signed_in.keys(
        f"/programs/{coordinated.slug}/people/selected?act=approve&profile={people['waits']}"
    )
    answer = signed_in.send(place, keys | {"profile": list(people.values())})

    assert answer.status_code == 303
    assert states(engine) == {
        "Waits": ProfileState.READY, "Waits Too": ProfileState.READY,
        "Invited": ProfileState.UNCONFIRMED, "Invited Too": ProfileState.UNCONFIRMED,
        "Ready": ProfileState.READY,
    }  # fmt: skip


def test_those_who_were_selected_are_reminded_and_no_others(
    signed_in,
    engine: Engine,
    coordinated: Program,
    people: dict[str, str],  # noqa: ANN001
) -> None:
    page = ask(signed_in, coordinated, "remind", people["invited"], people["ready"])
    assert "Remind 1 person?" in page.text
    assert "1 other person you selected has joined" in page.text

    keys = signed_in.keys(
        f"/programs/{coordinated.slug}/people/selected?act=remind&profile={people['invited']}"
    )
    place = f"/programs/{coordinated.slug}/people/remind"
    for _ in range(2):
        form = keys | {"profile": [people["invited"], people["ready"]]}
        assert signed_in.send(place, form).status_code == 303
    assert reminded(engine) == 1
    assert "No one to remind" in ask(signed_in, coordinated, "remind", people["invited"]).text


def test_those_who_were_selected_are_written_to(
    signed_in,
    coordinated: Program,
    people: dict[str, str],  # noqa: ANN001
) -> None:
    answer = ask(signed_in, coordinated, "write", people["waits"], people["ready"])

    assert answer.status_code == 302
    assert "To 2 people" in signed_in.get(answer.location).text


@pytest.mark.parametrize("act", ["approve", "remind", "write", "delete", ""])
def test_no_one_selected_leads_back_to_the_list_as_it_was(
    signed_in,
    coordinated: Program,
    people: dict[str, str],
    act: str,  # noqa: ANN001
) -> None:
    answer = ask(signed_in, coordinated, act, more="&role=mentee&q=waits")

    assert answer.location.endswith("/people?q=waits&role=mentee")
    assert "Select at least one person." in signed_in.get(answer.location).text


def test_people_of_other_programs_are_not_counted(
    signed_in,
    engine: Engine,
    coordinated: Program,
    people: dict[str, str],  # noqa: ANN001
) -> None:
    with database.transaction(engine) as session:
        other = factories.make_mentee(session, factories.make_program(session))
        other.state = ProfileState.AWAITING_APPROVAL
        id = str(other.id)

    assert "No one to approve" in ask(signed_in, coordinated, "approve", id).text
    written = ask(signed_in, coordinated, "write", id)
    assert "No one would get this message" in signed_in.get(written.location).text
