"""A program's own questions: their page, their weights in the policy, and people's form."""

from __future__ import annotations

import html
import re
from typing import Any

import factories
import pytest
import sites
from asked import answer, ask, count
from sqlalchemy import Engine

from matching.profiles.columns import Audience
from matching.profiles.questions import Kind
from mentorship import database
from mentorship.models import Profile, Program
from mentorship.people import questions
from mentorship.programs import policies
from webapp.coordinators import policy_form

CAMPUS = {
    "label": "Campus", "hint": "Where you are on most days.", "kind": "one",
    "choices": "North\r\nSouth\r\n\r\n West  wing ", "roles": "both", "audience": "match",
}  # fmt: skip


@pytest.fixture
def path(coordinated: Program) -> str:
    return f"/programs/{coordinated.slug}/questions"


def asked(engine: Engine, program: Program) -> list[questions.ProgramQuestion]:
    with database.reading(engine) as session:
        return questions.asked(questions.of(session.get_one(Program, program.id)))


def use(engine: Engine, program: Program) -> dict[str, Any]:
    with database.reading(engine) as session:
        return dict(policies.content(policies.current(session, program.id)).questions)


def test_a_question_is_added_worded_moved_and_retired(
    engine: Engine, signed_in: Any, coordinated: Program, path: str
) -> None:
    assert "No questions yet" in signed_in.get(path).text
    assert signed_in.post(path, on=f"{path}/new", **CAMPUS).status_code == 303
    more = CAMPUS | {"label": "Why?", "kind": "text", "audience": "coordinators"}
    assert signed_in.post(path, on=f"{path}/new", **more).status_code == 303
    page = signed_in.get(path).text
    assert "One choice · answered by mentees and mentors · read by coordinators, and" in page
    assert "Not used for matching" in page
    campus, why = asked(engine, coordinated)
    assert campus.choices == (("north", "North"), ("south", "South"), ("west-wing", "West wing"))
    assert why.choices == ()

    edit = f"{path}/{campus.name}"
    assert 'name="choice-west-wing" value="West wing"' in signed_in.get(edit).text
    changed = CAMPUS | {
        "label": "Campus you work at", "choice-north": "Northern", "choice-south": "",
        "choice-west-wing": "West", "choices": "East", "is_required": "yes",
    }  # fmt: skip
    assert signed_in.post(edit, **changed).status_code == 303
    signed_in.post(f"{edit}/move", on=path, to="later")
    why, campus = asked(engine, coordinated)
    assert (campus.name, campus.label) == ("q_campus", "Campus you work at")
    assert [label for _id, label in campus.choices] == ["Northern", "West", "East"]
    assert campus.is_required

    signed_in.post(f"{path}/{why.name}/retire", on=path)
    assert [each.name for each in asked(engine, coordinated)] == ["q_campus"]
    assert "Removed; no one had answered." in signed_in.get(path).text


def test_what_is_wrong_stands_beside_its_field_and_the_rest_is_kept(
    engine: Engine, signed_in: Any, coordinated: Program, path: str
) -> None:
    page = signed_in.post(path, on=f"{path}/new", **CAMPUS | {"choices": "only <b>one</b>"})
    assert page.status_code == 422
    assert "Give 2 to 30 choices, one on each line." in page.text
    assert "only &lt;b&gt;one&lt;/b&gt;" in page.text
    assert 'value="Where you are on most days."' in page.text
    nothing = signed_in.post(path, on=f"{path}/new", **CAMPUS | {"label": "", "kind": "essay"})
    assert nothing.status_code == 422
    assert "Please answer this." in nothing.text
    assert "Choose one of these." in nothing.text
    assert asked(engine, coordinated) == []
    with database.transaction(engine) as session:
        program = session.get_one(Program, coordinated.id)
        made = ask(session, program, label="Campus", kind=Kind.ONE, more=["North", "South"])
        answer(session, factories.make_mentee(session, program), q_campus="north")
    edit = f"{path}/{made.name}"
    assert "People have answered this question" in signed_in.get(edit).text
    refused = signed_in.post(edit, **CAMPUS | {"choice-north": "", "kind": "text"})
    assert "so the type stays" in html.unescape(refused.text)
    gone = signed_in.post(edit, **CAMPUS | {"choice-north": "", "choices": "West"})
    assert "Someone chose “North”, so it stays." in html.unescape(gone.text)
    assert signed_in.get(f"{path}/q_nothing").status_code == 404
    assert signed_in.post(f"{path}/q_nothing", on=edit, **CAMPUS).status_code == 404


def test_as_many_choices_as_a_form_holds_are_refused_by_their_number(
    signed_in: Any, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    named = []
    name = questions._different
    monkeypatch.setattr(questions, "_different", lambda *a: named.append(a) or name(*a))
    # Of these, no id is made of letters, so that each looks for a number of its own.
    many = "\r\n".join(chr(0x4E00 + number) for number in range(15_000))

    answer = signed_in.post(path, on=f"{path}/new", **CAMPUS | {"choices": many})

    assert answer.status_code == 422
    assert "Give 2 to 30 choices" in answer.text
    assert len(named) <= questions.MOST_CHOICES + 2


def test_the_policy_weighs_a_question_or_has_pairs_share_its_answer(
    engine: Engine, signed_in: Any, coordinated: Program, path: str
) -> None:
    with database.transaction(engine) as session:
        program = session.get_one(Program, coordinated.id)
        ask(session, program)
        ask(session, program, label="Campus", kind=Kind.ONE, more=["North", "South"])
        ask(session, program, label="Why?", kind=Kind.TEXT)
    policy_path = f"/programs/{coordinated.slug}/policy"
    page = html.unescape(signed_in.get(policy_path).text)
    assert "How many choices do both share?" in page
    assert "Both give the same answer to “Campus”." in page
    assert "Why?" not in page
    sent = {
        **_typed(engine, coordinated),
        "version": "1", "questions.q_clinic_days": "12.5", "must.q_campus": "yes",
    }  # fmt: skip

    assert signed_in.post(policy_path, **sent).status_code == 303

    assert use(engine, coordinated) == {"q_campus": "must", "q_clinic_days": 12.5}
    again = signed_in.get(policy_path).text
    assert 'name="must.q_campus" value="yes" checked' in again
    assert 'value="12.5"' in again
    assert "8% of the ranking" in again
    questions_page = signed_in.get(path).text
    assert "Weight 12.5" in questions_page
    assert "Pairs must share an answer" in questions_page
    # A preset leaves them as they are; 0 leaves them out; a file may name them too.
    assert 'value="12.5"' in signed_in.get(f"{policy_path}?start=shipped").text
    wrong = signed_in.post(policy_path, **sent | {"questions.q_clinic_days": "many"})
    assert "Enter a number from 0 to 1,000." in wrong.text
    file = signed_in.get(f"{policy_path}.yaml").text
    assert "q_clinic_days: 12.5" in file
    unknown = signed_in.post(
        policy_path, version="2", yaml=file.replace("q_campus", "q_why")
    )  # fmt: skip
    assert unknown.status_code == 422
    assert "can&#39;t count" in unknown.text
    none = sent | {"version": "2", "questions.q_clinic_days": "0", "must.q_campus": ""}
    assert signed_in.post(policy_path, **none).status_code == 303
    assert use(engine, coordinated) == {}


def _typed(engine: Engine, program: Program) -> dict[str, str]:
    with database.reading(engine) as session:
        found = session.get_one(Program, program.id)
        policy = policies.content(policies.current(session, program.id))
        return policy_form.typed(policy, questions.of(found))


def send(client: Any, path: str, sent: dict[str, Any]) -> Any:
    """Send a form with the key that its page has."""
    page = client.get(path, base_url="https://localhost").text
    keys = dict(re.findall(r'name="(form_key)" value="([^"]+)"', page))
    return client.post(path, base_url="https://localhost", data=keys | sent)


def test_people_are_asked_and_read_what_is_theirs(world: sites.World, engine: Engine) -> None:
    mentee, mentor = (world.browsers[name] for name in ("mentee", "mentor"))
    with database.transaction(engine) as session:
        from mentorship.models import Pairing, Profile

        profile = session.get_one(Profile, world.ours["profile_id"])
        program = profile.program
        questions.keep(program, ())
        session.flush()
        ask(session, program, hint="When you see patients.")
        ask(
            session, program, label="Ward", kind=Kind.ONE, audience=Audience.NOBODY,
            more=["East <i>", "West"],
        )  # fmt: skip
        ask(session, program, label="Pager", kind=Kind.NUMBER, audience=Audience.COORDINATORS)
        ask(session, program, label="On call?", kind=Kind.YES_NO)
        ask(session, program, label="A motto", kind=Kind.TEXT)
        count(session, program, q_ward=5)
        pairing = session.get_one(Pairing, world.ours["pairing_id"])
        address = f"/profiles/{pairing.mentor_id}"
    page = mentor.get(f"{address}/program", base_url="https://localhost").text
    assert "When you see patients." in page
    assert "East &lt;i&gt;" in page
    assert "Prefer not to say" in page
    assert page.count('type="checkbox" name="q_clinic_days"') == 3
    wrong = send(mentor, f"{address}/program", {"q_pager": "one"})
    assert wrong.status_code == 422
    assert "whole number" in wrong.text
    sent = {
        "q_clinic_days": ["tuesday", "friday"], "q_ward": "east-i", "q_pager": "471108",
        "q_on_call": "yes", "q_a_motto": "First,\r\ndo no <harm>",
    }  # fmt: skip
    kept = send(mentor, f"{address}/program", sent)
    assert kept.status_code == 303
    own = mentor.get(address, base_url="https://localhost").text
    seen, unseen = html.unescape(own).split("Your match can't see")
    assert "Tuesday and Friday" in seen
    assert "do no <harm>" in seen
    assert "471108" not in seen
    assert "471108" in unseen
    assert "East <i>" in unseen
    home = mentee.get("/", base_url="https://localhost").text
    assert "Tuesday and Friday" in home
    assert "471108" not in home
    person = world.browsers["coordinator"].get(
        f"/programs/{world.ours['slug']}/people/{pairing.mentor_id}", base_url="https://localhost"
    )
    assert "471108" in person.text
    assert "East &lt;i&gt;" not in person.text
    emptied = send(mentor, f"{address}/program", {"q_ward": ""})
    assert emptied.status_code == 303
    assert "471108" not in mentor.get(address, base_url="https://localhost").text


def test_people_are_listed_by_what_they_chose_but_not_by_what_no_one_reads(
    engine: Engine, signed_in: Any, coordinated: Program, path: str
) -> None:
    with database.transaction(engine) as session:
        program = session.get_one(Program, coordinated.id)
        ask(session, program, label="Campus", kind=Kind.ONE, more=["North", "South"])
        ask(
            session, program, label="Secret", kind=Kind.ONE, audience=Audience.NOBODY,
            more=["One", "Two"],
        )  # fmt: skip
        for name, campus, secret in (("Ana North", "north", "one"), ("Bo South", "south", "two")):
            profile = factories.make_mentee(session, program, full_name=name)
            answer(session, profile, q_campus=campus, q_secret=secret)
    listed = f"/programs/{coordinated.slug}/people?"

    page = signed_in.get(path).text
    assert "q_campus=north" in page
    assert "q_secret=" not in page
    found = signed_in.get(f"{listed}q_campus=north").text
    assert "Campus: North" in found
    assert "Ana North" in found
    assert "Bo South" not in found
    for ignored in ("q_secret=one", "q_campus=nowhere", "q_campus='", "q_nothing=north"):
        everyone = signed_in.get(f"{listed}{ignored}").text
        assert "Ana North" in everyone
        assert "Bo South" in everyone


def test_coordinators_export_and_change_what_they_may_read(
    engine: Engine, signed_in: Any, coordinated: Program
) -> None:
    with database.transaction(engine) as session:
        program = session.get_one(Program, coordinated.id)
        ask(session, program, label="Campus", kind=Kind.ONE, more=["North", "South"])
        ask(
            session, program, label="Secret", kind=Kind.ONE, audience=Audience.NOBODY,
            more=["One", "Two"],
        )  # fmt: skip
        profile = factories.make_mentee(session, program)
        answer(session, profile, q_campus="north", q_secret="one")
        profile_id = profile.id
    file = signed_in.get(f"/programs/{coordinated.slug}/people/export.csv").text
    heading, row = file.splitlines()[:2]
    assert heading.rstrip().endswith('"Campus"')
    assert row.rstrip().endswith('"North"')
    assert "Secret" not in file

    edit = f"/programs/{coordinated.slug}/people/{profile_id}/answers/program"
    page = signed_in.get(edit).text
    assert 'name="q_campus"' in page
    assert "q_secret" not in page
    stamp = dict(re.findall(r'name="(stamp|seen)" value="([^"]*)"', page))
    assert signed_in.post(edit, q_campus="south", **stamp).status_code == 303
    with database.reading(engine) as session:
        changed = session.get_one(Profile, profile_id)
        assert changed.answers["q_campus"] == "south"
        assert changed.answers["q_secret"] == "one"
