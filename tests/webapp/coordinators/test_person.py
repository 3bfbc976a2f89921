"""A person's page: what coordinators look after, and what two of them do at once."""

from __future__ import annotations

import html
import re
import uuid
from typing import Any

import factories
import pytest
from sqlalchemy import Engine, select

from mentorship import database
from mentorship.models import Email, EmailKind, Note, Pairing, Profile, Program
from mentorship.people import persons, profiles
from mentorship.programs import programs
from mentorship.states import PairingState, ProfileState


@pytest.fixture
def pairing(engine: Engine, coordinated: Program) -> Pairing:
    """A mentor with one mentee, introduced a month ago."""
    with database.transaction(engine) as session:
        program = session.get_one(Program, coordinated.id)
        mentor = factories.make_mentor(
            session, program, full_name="Bo Haddad", capacity=2, style_feedback="gentle"
        )
        mentee = factories.make_mentee(
            session, program, full_name="Ana Lindqvist", city="Leeds",
            goals=["burnout-wellbeing", "interview-practice"],
        )  # fmt: skip
        return factories.make_pairing(session, program, days=30, mentee=mentee, mentor=mentor)


def path(program: Program, profile_id: uuid.UUID, rest: str = "") -> str:
    return f"/programs/{program.slug}/people/{profile_id}{rest}"


def shown(browser: Any, address: str) -> str:
    page = browser.get(address)
    assert page.status_code == 200
    return html.unescape(page.text)


def filled(page: str) -> dict[str, Any]:
    """What a browser would send of a section's form as it stands."""
    form = page[page.index("<form method") : page.index('class="foot')]
    found: dict[str, Any] = {}
    for name, value in re.findall(r'<input id="[\w-]+" name="(\w+)"[^>]*value="([^"]*)"', form):
        found[name] = value
    for tag in re.findall(r"<input type=\"(?:checkbox|radio)\"[^>]*checked[^>]*>", form):
        name, value = (re.search(rf'{key}="([^"]*)"', tag)[1] for key in ("name", "value"))  # type: ignore[index]
        found.setdefault(name, []).append(value)
    for name, options in re.findall(
        r'<select id="\w+" name="(\w+)"[^>]*>(.*?)</select>', form, re.S
    ):
        chosen = re.search(r'value="([^"]*)" selected', options)
        found[name] = chosen[1] if chosen else ""
    return found


def stored(engine: Engine, profile_id: uuid.UUID) -> Profile:
    with database.reading(engine) as session:
        return session.get_one(Profile, profile_id)


def told(engine: Engine, kind: EmailKind) -> list[Email]:
    with database.reading(engine) as session:
        return list(session.scalars(select(Email).where(Email.kind == kind)))


def test_the_page_shows_places_pairings_emails_and_history(
    engine: Engine, signed_in: Any, coordinated: Program, pairing: Pairing
) -> None:
    page = shown(signed_in, path(coordinated, pairing.mentor_id))

    assert "1 of 2 taken" in page
    assert "In trouble" in page
    assert "No sign of contact in the four weeks since the introduction" in page
    assert path(coordinated, pairing.mentee_id) in page
    assert "Introduced to Ana Lindqvist" in page
    assert "Gentle" not in page


def test_an_ended_pair_stays_on_the_page_with_the_reason(
    engine: Engine, signed_in: Any, coordinated: Program, pairing: Pairing
) -> None:
    address = path(coordinated, pairing.mentor_id)
    action = f"/programs/{coordinated.slug}/pairings/{pairing.id}/end"
    answer = signed_in.post(
        action, on=address, back=str(pairing.mentor_id), reason="ended by a coordinator"
    )
    page = shown(signed_in, address)

    assert (answer.status_code, answer.location) == (303, address)
    assert re.search(r"Until \w+, .*: ended by a coordinator", page)
    assert "0 of 2 taken" in page
    assert len(told(engine, EmailKind.PAIRING_ENDED)) == 2


def test_answers_are_changed_for_someone_who_is_told_and_private_ones_stay(
    engine: Engine, signed_in: Any, coordinated: Program, pairing: Pairing
) -> None:
    address = path(coordinated, pairing.mentee_id, "/answers/hopes")
    page = shown(signed_in, address)
    assert "burnout" not in page.casefold()
    fields = filled(page)
    assert fields["goals"] == ["interview-practice"]

    answer = signed_in.post(address, **fields | {"goals": ["personal-finance"]})

    assert answer.status_code == 303
    kept = stored(engine, pairing.mentee_id).answers["goals"]
    assert kept == ["burnout-wellbeing", "personal-finance"]
    (email,) = told(engine, EmailKind.PROFILE_CHANGED)
    assert email.cause_id == pairing.mentee_id
    assert "Changed for them: Help wanted" in shown(signed_in, path(coordinated, pairing.mentee_id))


def test_a_private_goal_is_refused_beside_its_field(
    engine: Engine, signed_in: Any, coordinated: Program, pairing: Pairing
) -> None:
    address = path(coordinated, pairing.mentee_id, "/answers/hopes")
    fields = filled(shown(signed_in, address))

    answer = signed_in.post(address, **fields | {"goals": ["setbacks-remediation"]})

    assert answer.status_code == 422
    assert "Private goals can only be chosen by the person." in answer.text
    assert told(engine, EmailKind.PROFILE_CHANGED) == []


def test_what_cannot_be_read_comes_back_as_it_was_sent(
    signed_in: Any, coordinated: Program, pairing: Pairing
) -> None:
    address = path(coordinated, pairing.mentee_id, "/answers/you")
    fields = filled(shown(signed_in, address))

    answer = signed_in.post(address, **fields | {"full_name": "", "city": "York"})

    assert answer.status_code == 422
    assert 'value="York"' in answer.text
    assert "Please answer this." in answer.text


def test_the_second_of_two_who_change_the_same_answer_sees_both_versions(
    engine: Engine, signed_in: Any, second: Any, coordinated: Program, pairing: Pairing
) -> None:
    address = path(coordinated, pairing.mentee_id, "/answers/you")
    fields = filled(shown(signed_in, address))
    keys = second.keys(address)
    signed_in.post(address, **fields | {"city": "York", "institution": "St. Mary"})

    answer = second.send(address, keys | fields | {"city": "Hull"})

    assert answer.status_code == 409
    page = html.unescape(answer.text)
    assert "Someone saved a change while you had this open" in page
    row = re.search(r'<th scope="row">City</th><td>(.*?)</td><td>(.*?)</td>', page)
    assert row is not None
    assert row.groups() == ("Hull", "York")
    again = filled(page)
    assert (again["city"], again["institution"]) == ("Hull", "St. Mary")
    assert stored(engine, pairing.mentee_id).answers["city"] == "York"
    stamp = re.search(r'name="seen" value="([^"]+)"', page)
    assert stamp is not None
    again |= {"seen": stamp[1], "form_key": uuid.uuid4().hex, "csrf_token": keys["csrf_token"]}
    assert second.send(address, again).status_code == 303
    answers = stored(engine, pairing.mentee_id).answers
    assert (answers["city"], answers["institution"]) == ("Hull", "St. Mary")


def test_a_capacity_that_someone_else_changed_is_not_overwritten(
    engine: Engine, signed_in: Any, second: Any, coordinated: Program, pairing: Pairing
) -> None:
    address = path(coordinated, pairing.mentor_id)
    keys = second.keys(address)
    answer = signed_in.post(f"{address}/capacity", on=address, capacity="5")
    assert answer.status_code == 303

    answer = second.send(f"{address}/capacity", keys | {"capacity": "3"})

    assert answer.status_code == 409
    assert "<td>3</td><td>5</td>" in answer.text
    assert stored(engine, pairing.mentor_id).capacity == 5


def test_a_capacity_that_was_refused_was_opened_with_what_its_sender_saw(
    engine: Engine, signed_in: Any, second: Any, coordinated: Program, pairing: Pairing
) -> None:
    address = path(coordinated, pairing.mentor_id)
    keys = second.keys(address)
    assert signed_in.post(f"{address}/capacity", on=address, capacity="5").status_code == 303

    refused = second.send(f"{address}/capacity", keys | {"capacity": "-1"})
    assert refused.status_code == 422
    form = refused.text[refused.text.index('action="' + f"{address}/capacity") :]
    stamp = re.search(r'name="seen" value="([^"]*)"', form)
    assert stamp is not None
    again = keys | {"capacity": "4", "seen": stamp[1], "form_key": uuid.uuid4().hex}

    assert second.send(f"{address}/capacity", again).status_code == 409
    assert stored(engine, pairing.mentor_id).capacity == 5


@pytest.mark.parametrize("capacity", ["", "-1", "51", "many"])
def test_a_capacity_is_a_number_that_a_mentor_can_have(
    engine: Engine, signed_in: Any, coordinated: Program, pairing: Pairing, capacity: str
) -> None:
    address = path(coordinated, pairing.mentor_id)

    answer = signed_in.post(f"{address}/capacity", on=address, capacity=capacity)

    assert answer.status_code == 422
    assert "capacity-error" in answer.text
    assert stored(engine, pairing.mentor_id).capacity == 2


def test_fewer_places_than_mentees_asks_which_pairings_end(
    engine: Engine, signed_in: Any, coordinated: Program, pairing: Pairing
) -> None:
    address = path(coordinated, pairing.mentor_id)
    signed_in.post(f"{address}/capacity", on=address, capacity="0")
    page = shown(signed_in, address)

    assert "More mentees than places" in page
    assert "1 mentee, and places for 0" in page
    assert "End pairing" in page


def test_someone_is_paused_and_resumed_and_told_by_one_email(
    engine: Engine, signed_in: Any, coordinated: Program, pairing: Pairing
) -> None:
    address = path(coordinated, pairing.mentee_id)
    assert signed_in.post(f"{address}/pause", on=address).status_code == 303
    assert stored(engine, pairing.mentee_id).state is ProfileState.PAUSED
    assert signed_in.post(f"{address}/resume", on=address).status_code == 303

    assert stored(engine, pairing.mentee_id).state is ProfileState.READY
    assert len(told(engine, EmailKind.PROFILE_CHANGED)) == 1


def test_a_mentee_without_a_mentor_leads_to_a_round_for_the_unmatched(
    engine: Engine, signed_in: Any, coordinated: Program, pairing: Pairing
) -> None:
    with database.transaction(engine) as session:
        program = session.get_one(Program, coordinated.id)
        waiting = factories.make_mentee(session, program).id

    rounds = f"/programs/{coordinated.slug}/rounds?scope=unmatched"
    assert rounds in shown(signed_in, path(coordinated, waiting))
    assert rounds not in shown(signed_in, path(coordinated, pairing.mentee_id))


def test_a_message_to_someone_starts_on_their_page(
    signed_in: Any, coordinated: Program, pairing: Pairing
) -> None:
    page = shown(signed_in, path(coordinated, pairing.mentee_id))
    [compose] = re.findall(r'href="([^"]+)">Write<', page)

    message = signed_in.get(compose)

    assert message.status_code == 200
    assert str(pairing.mentee_id) in compose


def test_notes_are_written_read_by_the_others_and_deleted_by_their_author(
    engine: Engine, signed_in: Any, second: Any, coordinated: Program, pairing: Pairing
) -> None:
    address = path(coordinated, pairing.mentee_id)
    words = "Prefers <b>calls</b>"
    assert second.post(f"{address}/notes", on=address, text=words).status_code == 303
    page = signed_in.get(address).text
    assert "Prefers &lt;b&gt;calls" in page
    assert "Sam Second" in page
    assert "Delete note" not in page
    with database.reading(engine) as session:
        note = session.scalars(select(Note)).one()
    delete = f"{address}/notes/{note.id}/delete"
    assert signed_in.post(delete, on=address).status_code == 404

    assert second.post(delete, on=address).status_code == 303
    assert "calls" not in signed_in.get(address).text
    assert signed_in.post(f"{address}/notes", on=address, text=" ").status_code == 422


def test_of_someone_who_left_nothing_is_shown_and_nothing_changed(
    engine: Engine, signed_in: Any, coordinated: Program, pairing: Pairing
) -> None:
    address = path(coordinated, pairing.mentee_id)
    signed_in.post(f"{address}/notes", on=address, text="A word of theirs")
    with database.transaction(engine) as session:
        profiles.leave(session, session.get_one(Profile, pairing.mentee_id))
    page = shown(signed_in, address)

    for hidden in ("Ana", "A word of theirs", "Edit answers", "Save note", "Pause", "Leeds"):
        assert hidden not in page
    assert signed_in.get(f"{address}/answers/you").status_code == 404
    assert signed_in.post(f"{address}/notes", on=address, text="More").status_code == 404


def test_coordinators_do_not_see_to_pairings_of_their_own(
    engine: Engine, browse: Any, coordinated: Program, pairing: Pairing
) -> None:
    with database.transaction(engine) as session:
        program = session.get_one(Program, coordinated.id)
        mentor = session.get_one(Profile, pairing.mentor_id)
        programs.add_coordinator(session, program, mentor.person.email)
    browser = browse(pairing.mentor_person_id)
    address = path(coordinated, pairing.mentee_id)
    page = shown(browser, address)

    assert "In trouble" not in page
    assert "End pairing" not in page
    action = f"/programs/{coordinated.slug}/pairings/{pairing.id}/end"
    assert browser.post(action, on=address, reason="ended by a coordinator").status_code == 404
    with database.reading(engine) as session:
        assert session.get_one(Pairing, pairing.id).state is PairingState.INTRODUCED
    own = shown(browser, path(coordinated, pairing.mentor_id))
    assert "Save note" not in own


def test_a_bounced_address_is_on_the_page(
    engine: Engine, signed_in: Any, coordinated: Program, pairing: Pairing
) -> None:
    with database.transaction(engine) as session:
        persons.flag_address(session, pairing.mentee_person_id, "550 5.1.1 unknown")
    page = shown(signed_in, path(coordinated, pairing.mentee_id))

    assert "Emails to this address bounce" in page
    assert "Email to one of them bounces, and there's been no contact yet" in page
