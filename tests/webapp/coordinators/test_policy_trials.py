"""A dry run beside the policy's form, and who saved which version when, why, and what differs."""

from __future__ import annotations

import random
import re
import uuid
from typing import Any

import factories
import matched_rounds
import pytest
from sqlalchemy import Engine, select

from matching import policy
from mentorship import database
from mentorship.coordination import comparison, review
from mentorship.errors import WrongState
from mentorship.models import Pairing, Program, Round, Unmatched
from mentorship.people import questions
from mentorship.programs import policies, programs
from mentorship.rounds import rounds, snapshots, trials
from mentorship.rounds.trials import Change
from webapp.coordinators import policy_form
from worker import solver

SHIPPED = policy_form.typed(policy.default())
FIELDS = ("cardiology", "dermatology", "pediatrics", "neurology")


@pytest.fixture
def path(coordinated: Program) -> str:
    return f"/programs/{coordinated.slug}/policy"


def text(html: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", html).split())


def section(html: str, id: str) -> str:
    found = re.search(rf'<section[^>]*aria-labelledby="{id}".*?</section>', html, re.DOTALL)
    assert found
    return found[0]


def crowd(engine: Engine, program: Program, seed: int, mentees: int = 18) -> None:
    """People whose best partners depend on what counts."""
    rng = random.Random(seed)
    goals = ("interview-practice", "teaching", "leadership")
    with database.transaction(engine) as session:
        program = session.merge(program)
        for _ in range(mentees):
            factories.make_mentee(
                session, program, specialty_interests=[rng.choice(FIELDS)],
                goals=[rng.choice(goals)],
            )  # fmt: skip
        for _ in range(mentees * 2 // 3):
            factories.make_mentor(
                session, program, specialties=[rng.choice(FIELDS)], topics=[rng.choice(goals)]
            )


def tried(engine: Engine, browser: Any, path: str, **changes: str) -> tuple[uuid.UUID, str]:
    """Try a policy and let a worker match it; return the dry run and the address of its page."""
    names = {name.replace("__", "."): value for name, value in changes.items()}
    answer = browser.post(path, **(SHIPPED | names), decision="try")
    assert answer.status_code == 303
    with database.transaction(engine) as session:
        trial = session.scalars(select(Round).order_by(Round.number.desc())).first()
        matched_rounds.match(session, trial)
        return trial.id, answer.location


def mentors(session: Any, round: Round) -> dict[uuid.UUID, set[uuid.UUID]]:
    found: dict[uuid.UUID, set[uuid.UUID]] = {}
    for pairing in session.scalars(select(Pairing).where(Pairing.round_id == round.id)):
        found.setdefault(pairing.mentee_id, set()).add(pairing.mentor_id)
    return found


@pytest.mark.parametrize("seed", range(3))
def test_it_names_exactly_those_for_whom_a_round_would_be_another(
    engine: Engine, signed_in: Any, coordinated: Program, path: str, seed: int
) -> None:
    """What is told of the program's own policy is what a round by it really comes to."""
    crowd(engine, coordinated, seed)
    id, address = tried(
        engine, signed_in, path, floor="52", weights__specialty="0", weights__help="90"
    )
    with database.reading(engine) as session:
        trial = session.get_one(Round, id)
        problem = snapshots.take(session, trial)
        usual = solver.solve(
            problem | {"policy": problem["beside"], "beside": None}, lambda *_at: None
        )
        before: dict[uuid.UUID, set[uuid.UUID]] = {}
        for pair in usual["pairs"]:
            before.setdefault(uuid.UUID(pair["mentee"]), set()).add(uuid.UUID(pair["mentor"]))
        after = mentors(session, trial)
        changed = {
            mentee
            for mentee in {*before, *after}
            if before.get(mentee, set()) != after.get(mentee, set())
        }
        found = review.found_by(session, id)
        assert found is not None
        assert found.beside is not None
        told = comparison.compare_with_own(session, trial)
        assert told is not None
        assert {row.mentee.id for row in told.rows} == changed
        for row in told.rows:
            assert {each.id for each in row.before} == before.get(row.mentee.id, set())
            assert {each.id for each in row.after} == after.get(row.mentee.id, set())
        counts = {kind: told.count(kind) for kind in Change}
        assert found.beside.counts == counts
        assert found.others == sum(len(after[m] - before.get(m, set())) for m in after)
        first = comparison.first_changes(session, found.beside)
        names = {row.mentee.full_name for row in first}
        assert len(first) == min(trials.MOST_FIRST, len(changed))
        assert {row.mentee.id for row in first} <= changed
        alone = session.scalars(select(Unmatched).where(Unmatched.round_id == id)).all()
        unmatched = sum(each.profile.role.value == "mentee" for each in alone)
        pairs = len(after)
        usually = usual["measures"]["unmatched"]
    assert changed, "this policy changes something, or the test says nothing"

    html = signed_in.get(address).text
    shown = section(html, "trial-title")
    said = text(shown)
    assert f"Pairs {len(before)} {pairs}" in said
    assert f"Unmatched mentees {usually} {unmatched}" in said
    for count, words in ((counts[Change.GAINED], "gain"), (counts[Change.LOST], "lose")):
        assert bool(re.search(rf"{count} mentees? {words}s? ", said)) == (count > 0)
    for name in names:
        assert name in said
    assert f"See all {len(changed)} changes and why" in said or len(changed) == 1
    # One click further stand all of them, with reasons.
    link = re.search(r'href="([^"]+/compare\?with=policy)"', shown)
    assert link
    page = signed_in.get(link[1]).text
    with database.reading(engine) as session:
        trial = session.get_one(Round, id)
        told = comparison.compare_with_own(session, trial)
        assert told is not None
        for row in told.rows:
            assert row.mentee.full_name in page
    assert "Compared with policy version 1" in page


def test_the_form_holds_what_is_tried_and_saves_it(
    engine: Engine, signed_in: Any, coordinated: Program, path: str
) -> None:
    crowd(engine, coordinated, 1, mentees=6)
    _id, address = tried(engine, signed_in, path, floor="25", note="Too many weak pairs")
    html = signed_in.get(address).text

    assert 'value="Too many weak pairs"' in html
    assert "The form shows what the dry run tries." in html
    assert "saved: 0" in html
    assert "Minimum score none → 25" in text(section(html, "trial-title"))
    fields = dict(re.findall(r'name="([^"]+)" type="number"[^>]* value="([^"]*)"', html))
    assert fields["floor"] == "25"
    answer = signed_in.post(path, on=address, **(SHIPPED | {"floor": fields["floor"]}))
    assert answer.status_code == 303
    with database.reading(engine) as session:
        assert policies.content(policies.current(session, coordinated.id)).floor == 0.25
    # It was compared with what is no longer the program's.
    assert "Version 2 was saved in the meantime, so try again." in text(signed_in.get(address).text)


def test_saving_what_was_tried_after_another_version_was_saved_shows_both(
    engine: Engine, signed_in: Any, coordinated: Program, path: str
) -> None:
    crowd(engine, coordinated, 1, mentees=6)
    _id, address = tried(engine, signed_in, path, floor="25")
    # Someone else saves; then the dry run's page is opened, whose form knows nothing of that.
    assert signed_in.post(path, **(SHIPPED | {"weights.help": "60"})).status_code == 303

    answer = signed_in.post(path, on=address, **(SHIPPED | {"floor": "25"}))

    assert answer.status_code == 409
    assert "<td>25</td><td>60</td>" in answer.text
    with database.reading(engine) as session:
        assert policies.current(session, coordinated.id).version == 2


def test_while_it_is_matched_the_page_says_how_far_it_is(
    signed_in: Any, coordinated: Program, path: str
) -> None:
    answer = signed_in.post(path, **(SHIPPED | {"floor": "25"}), decision="try")
    html = signed_in.get(answer.location).text

    shown = section(html, "trial-title")
    assert re.search(r'data-progress="[^"]+/progress"', shown)
    assert "Waiting to start" in shown
    # Without scripts there is a link, and the form keeps what is in it until it is followed.
    assert "<noscript><p><a" in shown
    assert "http-equiv" not in html


def test_one_program_queues_three_dry_runs_at_a_time(
    signed_in: Any, engine: Engine, coordinated: Program, path: str
) -> None:
    """All programs share the workers, so that no one may fill the queue alone."""
    for _ in range(3):
        assert signed_in.post(path, **SHIPPED, decision="try").status_code == 303
    refused = signed_in.post(path, **SHIPPED, decision="try")
    assert refused.status_code == 409
    assert "3 dry runs are being matched already" in text(refused.text)

    with database.transaction(engine) as session:
        # A round for real is no dry run, and neither is another program's.
        program = session.merge(coordinated)
        assert rounds.start(session, program, requested_by="test")[1]
        other = factories.make_program(session)
        assert rounds.start(session, other, requested_by="test", dry_run=True)[1]
        own = Round.dry_run & (Round.program_id == program.id)
        first = session.scalars(select(Round).where(own).order_by(Round.number)).first()
        rounds.cancel(session, first, "test")
    assert signed_in.post(path, **SHIPPED, decision="try").status_code == 303

    # Nor are those that are done matched again beyond that.
    with database.transaction(engine) as session:
        done = session.scalars(select(Round).where(own).order_by(Round.number)).all()[1]
        claimed = rounds.claim(session, done.id, matched_rounds.LEASE)
        assert claimed
        assert rounds.propose(session, done.id, claimed.fence, pairings=[], unmatched=[], result={})
    assert signed_in.post(path, **SHIPPED, decision="try").status_code == 303
    with database.transaction(engine) as session, pytest.raises(WrongState, match="3 dry runs"):
        rounds.match_again(session, session.get_one(Round, done.id), "test")


def test_what_went_wrong_is_said(
    engine: Engine, signed_in: Any, coordinated: Program, path: str
) -> None:
    answer = signed_in.post(path, **(SHIPPED | {"floor": "25"}), decision="try")
    with database.transaction(engine) as session:
        trial = session.scalars(select(Round)).one()
        claimed = rounds.claim(session, trial.id, matched_rounds.LEASE)
        assert claimed
        rounds.fail(session, trial.id, claimed.fence, "The machine ran out of memory.")
    said = text(section(signed_in.get(answer.location).text, "trial-title"))

    assert "The dry run failed The machine ran out of memory." in said


def test_other_rounds_are_no_dry_run_of_this_policy(
    engine: Engine, signed_in: Any, coordinated: Program, path: str
) -> None:
    with database.transaction(engine) as session:
        usual, _ = rounds.start(session, session.merge(coordinated), requested_by="test")
        stranger = factories.make_program(session)
        theirs = rounds.try_out(session, stranger, policy.default(), "test")
        ids = [usual.id, theirs.id]
    for sought in [*ids, uuid.uuid4(), "", "x", "²" * 36, "0" * 400]:
        assert signed_in.get(f"{path}?trial={sought}").status_code == 404, sought


def test_versions_say_who_saved_them_why_and_what_differs(
    engine: Engine, signed_in: Any, second: Any, coordinated: Program, path: str
) -> None:
    answer = signed_in.post(
        path, **(SHIPPED | {"weights.specialty": "20", "floor": "25"}), note=" Weak pairs last May "
    )
    assert answer.status_code == 303
    changed = SHIPPED | {"weights.specialty": "20", "floor": "25", "rules.stage": ""}
    second.post(path, **(changed | {"objective": "fair"}))
    versions = text(section(signed_in.get(path).text, "versions"))

    two, one = versions.index("Version 2 (YAML)"), versions.index("Version 1 (YAML)")
    assert versions.index("Version 3 (YAML)") < two < one
    last, middle, first = versions[:two], versions[two:one], versions[one:]
    assert "Sam Second" in last
    assert "Career-stage rule yes → no" in last
    assert "Goal of a round As many mentees as possible → No one left far behind" in last
    with database.reading(engine) as session:
        coordinator = programs.coordinators(session, coordinated.id)[0].person
        name = coordinator.full_name or coordinator.email
    assert name in middle
    weight = policy.default().weights["specialty"]
    assert f"Specialty {weight} → 20; Minimum score none → 25" in middle
    assert "“Weak pairs last May”" in middle
    assert "Default settings" in first
    assert "→" not in first


def test_a_long_note_is_refused_beside_its_field(
    engine: Engine, signed_in: Any, coordinated: Program, path: str
) -> None:
    long = "x" * (policies.LONGEST_NOTE + 1)
    answer = signed_in.post(path, **(SHIPPED | {"floor": "25"}), note=long)

    assert answer.status_code == 422
    assert '<p class="error" id="note-error">Use at most 300 characters.' in answer.text
    assert long in answer.text
    with database.reading(engine) as session:
        assert policies.current(session, coordinated.id).version == 1


def test_a_question_that_counts_is_named_in_what_differs(
    engine: Engine, signed_in: Any, coordinated: Program, path: str
) -> None:
    with database.transaction(engine) as session:
        program = session.get_one(Program, coordinated.id)
        shift = questions.ProgramQuestion(
            name="q_shift", label="Shift", kind=questions.Kind.ONE, roles=("mentee", "mentor"),
            choices=(("early", "Early"), ("late", "Late")),
        )  # fmt: skip
        questions.keep(program, [shift])
    fields = SHIPPED | {"questions.q_shift": "30", "must.q_shift": ""}
    assert signed_in.post(path, **fields).status_code == 303
    assert signed_in.post(path, **(fields | {"must.q_shift": "yes"})).status_code == 303
    said = text(section(signed_in.get(path).text, "versions"))

    assert "Shift 0 → 30" in said
    assert "Same answer to “Shift” required no → yes" in said


def test_of_each_kind_some_are_named() -> None:
    pairs = [{"mentee": f"moved-{k}", "mentor": "x", "score": 5} for k in range(30)]
    pairs += [{"mentee": f"gained-{k}", "mentor": "x", "score": 5} for k in range(2)]
    usual = {
        "pairs": [[f"moved-{k}", "y", k] for k in range(30)]
        + [[f"lost-{k}", "y", k] for k in range(9)],
        "measures": {"matched": 39, "unmatched": 0, "total": 1.0, "mean": 0.5, "lowest": 0.1},
    }
    found = trials.beside(pairs, usual)

    # A third each; the places that one kind leaves go to the one that worries most.
    assert [mentee for mentee, *_both in found["first"]] == [
        "lost-8", "lost-7", "lost-6", "lost-5", "lost-4", "lost-3", "gained-0", "gained-1",
        "moved-29", "moved-28", "moved-27", "moved-26",
    ]  # fmt: skip


def test_a_mentee_counts_once_whatever_changes_for_them() -> None:
    pairs = [
        {"mentee": mentee, "mentor": mentor, "score": score}
        for mentee, mentor, score in [("a", "x", 5), ("a", "y", 4), ("c", "z", 3), ("d", "w", 9)]
    ]
    usual = {
        "pairs": [["a", "x", 1], ["b", "y", 2], ["d", "w", 1], ["c", "w", 8]],
        "measures": {"matched": 4, "unmatched": 1, "total": 1.0, "mean": 0.5, "lowest": 0.1},
    }
    found = trials.beside(pairs, usual)

    assert found["counts"] == {"lost": 1, "moved": 2, "gained": 0}
    assert found["before"] == {"a": {"x": 1}, "b": {"y": 2}, "c": {"w": 8}}
    # Who loses a mentor first, then those who lose most.
    assert found["first"] == [["b", ["y"], []], ["c", ["w"], ["z"]], ["a", ["x"], ["x", "y"]]]
    assert trials.kept(pairs, usual) == {"others": 2, "beside": found}
    assert trials.kept(pairs, None) == {"others": None, "beside": None}
