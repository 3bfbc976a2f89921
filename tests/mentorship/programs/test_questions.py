"""A program's own questions: asked, kept, counted, and read by those who were told they would."""

from __future__ import annotations

import dataclasses
from typing import Any

import factories
import foretold
import matched_rounds
import pytest
from asked import DAYS, answer, ask, count
from sqlalchemy import select
from sqlalchemy.orm import Session

from matching.policy import InvalidPolicy, Policy
from matching.profiles.columns import COLUMNS, Audience
from matching.profiles.questions import Kind
from mentorship.coordination import advice, review, roster
from mentorship.emails import contents
from mentorship.errors import Invalid, NotFound, WrongState
from mentorship.models import Pairing, Profile, Program, Role, Unmatched
from mentorship.pairings import reasons, why_unmatched
from mentorship.pairings.sentences import Reader
from mentorship.people import joining, profiles, questionnaire, sight
from mentorship.people import questions as asked_questions
from mentorship.people.sight import Viewer
from mentorship.programs import policies, questions
from mentorship.programs.questions import Wording
from mentorship.rounds import forecasts
from mentorship.states import PairingState, ProfileState


def two(session: Session, program: Program, **answers: Any) -> tuple[Profile, Profile]:
    """A mentee and a mentor who answered alike."""
    pair = factories.make_mentee(session, program), factories.make_mentor(session, program)
    for profile in pair:
        answer(session, profile, **answers)
    return pair


def refused(session: Session, program: Program, name: str | None, **changes: Any) -> set[str]:
    """Return the fields that stop a question from being added, or changed."""
    wording = dataclasses.replace(DAYS, **changes)
    with pytest.raises(Invalid) as error:
        _word(session, program, name, wording)
    return set(error.value.fields)


def _word(session: Session, program: Program, name: str | None, wording: Wording) -> None:
    if name is None:
        questions.add(session, program, "test", wording)
    else:
        questions.change(session, program, "test", name, wording)


def test_no_other_column_is_called_as_a_question_is() -> None:
    assert not any(asked_questions.is_own(column.name) for column in COLUMNS)


def test_a_question_is_kept_with_its_program_in_order(session: Session, program: Program) -> None:
    days = ask(session, program)
    why = ask(session, program, label="Why medicine? 🙂", kind=Kind.TEXT, more=())
    again = ask(session, program, label="Klinik-Tage / 診療日", more=["N/A", "None", "Ja, gern"])
    questions.move(session, program, "test", again.name, -1)
    session.commit()
    session.expire_all()

    assert [each.name for each in asked_questions.of(program)] == [
        "q_clinic_days", "q_klinik_tage", "q_why_medicine",
    ]  # fmt: skip
    assert days.choices == (("monday", "Monday"), ("tuesday", "Tuesday"), ("friday", "Friday"))
    # What means no answer elsewhere is a choice here.
    assert [id for id, _label in again.choices] == ["n-a", "choice-none", "ja-gern"]
    assert asked_questions.of(program)[2] == why
    questions.move(session, program, "test", "q_clinic_days", -1)
    assert [each.name for each in asked_questions.of(program)][0] == "q_clinic_days"


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"label": " \x00 "}, "label"),
        ({"label": "x" * 121}, "label"),
        ({"label": "clinic DAYS"}, "label"),
        ({"label": "Your full name"}, "label"),
        ({"hint": "x" * 301}, "hint"),
        ({"roles": ()}, "roles"),
        ({"more": ["Monday"]}, "choices"),
        ({"more": [str(k) for k in range(31)]}, "choices"),
        ({"more": ["Monday; Tuesday", "Friday"]}, "choices"),
        ({"kind": Kind.TEXT, "audience": Audience.NOBODY}, "audience"),
    ],
)
def test_a_question_that_cannot_be_asked_is_refused_beside_its_field(
    session: Session, program: Program, changes: dict[str, Any], field: str
) -> None:
    ask(session, program)

    assert refused(session, program, None, **({"label": "Another"} | changes)) == {field}


def test_at_most_ten_are_asked_at_a_time(session: Session, program: Program) -> None:
    made = [ask(session, program, label=f"Question {k}") for k in range(10)]
    answer(session, factories.make_mentee(session, program), **{made[0].name: ["monday"]})

    with pytest.raises(Invalid, match="at most 10"):
        ask(session, program, label="One more")
    assert questions.retire(session, program, "test", made[0].name)
    ask(session, program, label="One more")
    with pytest.raises(Invalid, match="at most 10"):
        questions.ask_again(session, program, "test", made[0].name)


def test_what_people_answered_keeps_its_meaning(session: Session, program: Program) -> None:
    days = ask(session, program, audience=Audience.COORDINATORS)
    mentee = factories.make_mentee(session, program)
    answer(session, mentee, q_clinic_days=["monday", "tuesday"])
    change = {"audience": Audience.COORDINATORS, "more": ()}

    assert refused(session, program, days.name, **change | {"kind": Kind.TEXT}) == {"kind"}
    assert refused(session, program, days.name, **change | {"roles": (Role.MENTOR,)}) == {"roles"}
    assert refused(session, program, days.name, audience=Audience.MATCH, more=()) == {"audience"}
    gone = {"renamed": {"monday": " "}}
    assert refused(session, program, days.name, **change | gone) == {"choices"}
    after = questions.change(
        session, program, "test", days.name,
        dataclasses.replace(
            DAYS, label="Days in clinic", audience=Audience.NOBODY, roles=tuple(Role),
            renamed={"monday": "Mondays", "friday": ""}, more=["Sunday"],
        ),
    )  # fmt: skip
    assert after.name == days.name
    assert dict(after.choices) == {
        "monday": "Mondays", "tuesday": "Tuesday", "sunday": "Sunday",
    }  # fmt: skip
    assert questionnaire.withheld(mentee, Viewer.MATCH)[-1] == (
        "Days in clinic", "Mondays and Tuesday",
    )  # fmt: skip


def test_a_retired_question_is_asked_no_more_and_counts_no_more(
    session: Session, program: Program
) -> None:
    days = ask(session, program)
    mentee, mentor = two(session, program, q_clinic_days=["monday"])
    count(session, program, q_clinic_days=10)

    assert questions.retire(session, program, "test", days.name)

    policy = policies.current(session, program.id)
    assert (policy.version, "questions" in policy.body) == (3, False)
    assert policies.get(session, program.id, 2).body["questions"] == {"q_clinic_days": 10}
    assert [part.name for part in questionnaire.sections(program, Role.MENTEE)] == [
        part.name for part in questionnaire.SECTIONS[Role.MENTEE]
    ]
    assert "q_clinic_days" in sight.answers(mentor, Viewer.COORDINATOR)
    assert "q_clinic_days" not in sight.answers(mentor, Viewer.MATCH)
    with pytest.raises(InvalidPolicy, match="can't count"):
        count(session, program, q_clinic_days=10)
    matched_rounds.propose(session, program)
    questions.ask_again(session, program, "test", days.name)
    assert "q_clinic_days" in sight.answers(mentee, Viewer.MATCH)


def test_a_question_that_no_one_answered_is_removed(session: Session, program: Program) -> None:
    days = ask(session, program)

    assert not questions.retire(session, program, "test", days.name)
    assert asked_questions.of(program) == ()
    with pytest.raises(NotFound):
        questions.retire(session, program, "test", days.name)


def test_a_policy_counts_only_what_both_sides_answer_by_choosing(
    session: Session, program: Program
) -> None:
    ask(session, program, label="Why", kind=Kind.TEXT)
    ask(session, program, label="Pager", kind=Kind.NUMBER)
    ask(session, program, label="Campus", kind=Kind.ONE, roles=(Role.MENTEE,))
    days = ask(session, program)
    for name in ("q_why", "q_pager", "q_campus", "q_nothing"):
        with pytest.raises(InvalidPolicy, match=name):
            count(session, program, **{name: "must"})
    count(session, program, q_clinic_days="must")

    assert refused(session, program, days.name, roles=(Role.MENTEE,), more=()) == {"roles"}
    assert refused(session, program, days.name, kind=Kind.TEXT) == {"kind"}
    of_nothing_else = Policy.from_dict(
        policies.content(policies.current(session, program.id)).to_dict()
        | {
            "weights": dict.fromkeys(policies.current(session, program.id).body["weights"], 0),
            "questions": {"q_clinic_days": 5},
        }
    )
    policies.adopt(session, program, of_nothing_else)
    with pytest.raises(WrongState, match="weighs nothing but this"):
        questions.retire(session, program, "test", days.name)


@pytest.mark.parametrize(
    ("audience", "told", "to_people"),
    [
        (Audience.MATCH, True, True),
        (Audience.COORDINATORS, True, False),
        (Audience.NOBODY, False, False),
    ],
)
def test_a_reason_is_told_to_those_who_may_read_the_answers(
    session: Session, program: Program, audience: Audience, told: bool, to_people: bool
) -> None:
    ask(session, program, audience=audience)
    ask(session, program, label="Why", kind=Kind.TEXT)
    mentee, mentor = two(session, program, q_clinic_days=["monday", "friday"], q_why="Because")
    # Others, so that there is something to stand out from.
    for day in ("tuesday", "tuesday"):
        two(session, program, q_clinic_days=[day])
    count(session, program, q_clinic_days=60)

    round = matched_rounds.publish(session, program)

    pairing = session.scalars(select(Pairing).where(Pairing.mentee_id == mentee.id)).one()
    assert pairing.mentor_id == mentor.id
    assert pairing.reasons[0] == {"criterion": "q_clinic_days", "shared": ["monday", "friday"]}
    words = "answered “Clinic days” with Monday and Friday."
    assert (f"You both {words}" in reasons.of_pairing(pairing, Reader.MENTEE)) is to_people
    assert (f"Both {words}" in reasons.of_pairing(pairing, Reader.COORDINATOR)) is told
    # Whether one more question counts that no one may read is not to be told by how many there are.
    others = [each for each in pairing.reasons if each["criterion"] != "q_clinic_days"]
    assert len(reasons.of_pairing(pairing, Reader.COORDINATOR)) == min(3, len(others) + told)
    shown = review.of_round(session, round)
    pair = next(each for each in shown["pairs"] if each["mentee"] == mentee.person.email)
    assert ("q_clinic_days" in pair["contributions"]) is told
    # With one figure missing, the others and the score would tell it.
    assert len(pair["contributions"]) > 1
    assert {part is not None for part in pair["contributions"].values()} == {told}
    asked = questionnaire.told(mentor, Viewer.MATCH)
    assert (("Clinic days", "Monday and Friday") in asked) is to_people
    assert ("Why", "Because") in asked


@pytest.mark.parametrize(
    ("audience", "told", "to_people"),
    [
        (Audience.MATCH, True, True),
        (Audience.COORDINATORS, True, False),
        (Audience.NOBODY, False, False),
    ],
)
def test_why_someone_is_unmatched_names_the_question_where_its_answers_may_be_read(
    session: Session, program: Program, audience: Audience, told: bool, to_people: bool
) -> None:
    ask(session, program, audience=audience)
    alone = factories.make_mentee(session, program)
    answer(session, alone, q_clinic_days=["friday"])
    for _ in range(6):
        two(session, program, q_clinic_days=["monday"])
    count(session, program, q_clinic_days="must")

    round = matched_rounds.publish(session, program)

    unmatched = session.scalars(select(Unmatched).where(Unmatched.profile_id == alone.id)).one()
    assert unmatched.reason["rule"] == "q_clinic_days"
    asked = asked_questions.of(program)
    said = why_unmatched.in_words(unmatched.reason, Reader.MENTEE, asked)
    words = "No mentor with a free place answered “Clinic days” as you did."
    assert (said == words) is to_people
    shown = review.of_round(session, round)["unmatched"]
    (entry,) = (each for each in shown if each["person"] == alone.person.email)
    assert ("Clinic days" in entry["reason"]) is told
    assert entry["cause"] == ("rule" if told else "rules")
    assert told is ("6 mentors would be available" in entry["reason"])
    # Without the questions no one is told.
    assert "Clinic" not in why_unmatched.in_words(unmatched.reason, Reader.COORDINATOR)


def test_a_dry_run_of_another_policy_may_count_other_questions(
    session: Session, program: Program
) -> None:
    from mentorship.rounds import rounds

    ask(session, program)
    ask(session, program, label="Campus", kind=Kind.ONE, more=["North", "South"])
    two(session, program, q_clinic_days=["monday"], q_campus="north")
    two(session, program, q_clinic_days=["friday"], q_campus="south")
    count(session, program, q_clinic_days=10)
    saved = policies.content(policies.current(session, program.id))
    tried = dataclasses.replace(saved, questions={"q_campus": "must"})

    trial = rounds.try_out(session, program, tried, "test")
    round = matched_rounds.match(session, trial)

    assert round.result["measures"]["matched"] == 2
    assert policies.content(policies.current(session, program.id)) == saved


def test_a_required_question_has_to_be_answered_before_a_form_is_sent_in(
    session: Session, program: Program
) -> None:
    ask(session, program, is_required=True, hint="All that you can.")
    ask(session, program, label="Pager", kind=Kind.NUMBER, roles=(Role.MENTOR,))
    person = factories.make_mentee(session, program).person
    mentor = joining.begin(session, program, person, Role.MENTOR)
    joining.save(
        session, mentor, set(),
        {"career_stage": "attending-physician", "languages": ["en"], "timezone": "UTC"},
    )  # fmt: skip
    parts = questionnaire.sections(program, Role.MENTOR)

    assert [part.name for part in parts] == ["offer", "program", "more"]
    assert not parts[1].optional
    assert "three minutes" in parts[0].lead
    assert "This is all" not in parts[0].lead
    assert [part.name for part in questionnaire.missing(program, Role.MENTOR, mentor.answers)] == [
        "program"
    ]
    with pytest.raises(Invalid, match="This program's questions"):
        joining.send_in(session, program, mentor, is_adult=True)
    columns = questionnaire.asked(
        parts[1],
        {"weights": {}},
        own=asked_questions.columns(asked_questions.of(program), Role.MENTOR),
    )
    _answers, wrong = questionnaire.read(Role.MENTOR, columns, {"q_pager": "many"})
    assert set(wrong) == {"q_clinic_days", "q_pager"}
    answers, wrong = questionnaire.read(
        Role.MENTOR, columns, {"q_clinic_days": "monday;friday", "q_pager": "12"}
    )
    assert wrong == {}
    joining.save(session, mentor, {column.name for column in columns}, answers)
    joining.send_in(session, program, mentor, is_adult=True)
    assert profiles.get(session, mentor.id).answers["q_clinic_days"] == ["monday", "friday"]
    assert "q_pager" in mentor.own_answers


@pytest.mark.parametrize("audience", [Audience.COORDINATORS, Audience.NOBODY])
def test_advice_names_a_requirement_only_where_its_answers_may_be_read(
    session: Session, program: Program, audience: Audience
) -> None:
    ask(session, program, audience=audience)
    for day in ("monday",) * 5:
        two(session, program, q_clinic_days=[day])
    answer(session, factories.make_mentee(session, program), q_clinic_days=["friday"])
    factories.make_mentor(session, program)
    count(session, program, q_clinic_days="must")

    result = foretold.foretell(session, program)

    assert {"rule": "q_clinic_days", "value": False} in [
        each["change"] for each in result["advice"]
    ]
    forecast = forecasts.of_program(session, program.id)
    assert forecast is not None
    titles = [each.title for each in advice.of_forecast(session, forecast)]
    is_told = audience is Audience.COORDINATORS
    assert ("Stop requiring the same answer to “Clinic days”" in titles) is is_told
    (ruled_out,) = advice.ruled_out(session, forecast)
    assert ruled_out.number == 1
    assert ("Clinic days" in ruled_out.reason) is is_told


def test_an_introduction_tells_what_the_other_answered_and_the_reader_may_read(
    session: Session, program: Program
) -> None:
    ask(session, program, label="Which days suit?")
    ask(session, program, label="Pager", kind=Kind.NUMBER, audience=Audience.COORDINATORS)
    mentee, mentor = two(session, program, q_which_days_suit=["monday"], q_pager=4711)
    answer(session, mentee, q_which_days_suit=["tuesday", "friday"])
    pairing = factories.make_pairing(session, program, mentee=mentee, mentor=mentor)

    assert contents.own_answers(mentee, pairing) == ["Which days suit: Tuesday and Friday"]
    assert contents.own_answers(mentor, pairing) == ["Which days suit: Monday"]
    pairing.state = PairingState.ASKED
    assert contents.own_answers(mentor, pairing) == []


def test_people_are_found_by_what_they_chose(session: Session, program: Program) -> None:
    days = ask(session, program)
    campus = ask(session, program, label="Campus", kind=Kind.ONE, more=["North", "North East"])
    one, two_ = two(session, program, q_clinic_days=["monday", "friday"], q_campus="north")
    other, _ = two(session, program, q_clinic_days=["tuesday"], q_campus="north-east")

    def found(**sought: Any) -> set[Any]:
        page = roster.find(session, program.id, roster.Sought(**sought), 1)
        return {profile.id for profile in page.items}

    assert found(choices={days.name: "friday"}) == {one.id, two_.id}
    assert found(choices={days.name: "friday", campus.name: "north"}, role=Role.MENTEE) == {one.id}
    assert other.id in found(choices={campus.name: "north-east"})
    profiles.leave(session, one)
    assert found(choices={campus.name: "north"}) == {two_.id}
    assert found(choices={campus.name: "north"}, state=ProfileState.LEFT) == set()
    secret = dataclasses.replace(campus, audience=Audience.NOBODY)
    assert asked_questions.choices_told(campus) == ("north", "north-east")
    assert asked_questions.choices_told(secret) == ()
