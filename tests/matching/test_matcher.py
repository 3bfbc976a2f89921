"""Rounds of a few people, of whom each test states what matters."""

from __future__ import annotations

import datetime
import itertools
from typing import Any

import crowds
import factories
import numpy as np
import pytest

from matching import Matcher, Policy, RoundResult, TextSimilarity, assign
from matching.criteria import CRITERIA
from matching.policy import default
from matching.scoring.scores import Scores

ON = datetime.date(2026, 11, 23)


def mentee(name: str, **changes: Any) -> dict[str, Any]:
    return factories.mentee_answers(mentee_id=name, email=f"{name}@example.org", **changes)


def mentor(name: str, **changes: Any) -> dict[str, Any]:
    return factories.mentor_answers(mentor_id=name, email=f"{name}@example.org", **changes)


def match(
    mentees: list[dict[str, Any]], mentors: list[dict[str, Any]], **options: Any
) -> RoundResult:
    policy = options.pop("policy", default())
    return Matcher(policy).fit(mentees, mentors).match(on=ON, **options)


def couples(result: RoundResult) -> list[tuple[str, str]]:
    return [(pair.mentee, pair.mentor) for pair in result.pairs]


def test_two_who_suit_are_paired_and_told_why() -> None:
    result = match([mentee("a")], [mentor("x")])

    assert couples(result) == [("a", "x")]
    (pair,) = result.pairs
    assert [reason["criterion"] for reason in pair.reasons] == ["help", "specialty"]
    assert pair.reasons[0]["goals"] == ["interview-practice"]
    assert pair.score / 1e6 == pytest.approx(sum(pair.contributions.values()), abs=1e-5)
    assert result.certificate()["gap"] == 0
    assert result.certificate()["is_optimal"]


@pytest.mark.parametrize(
    ("mentee_says", "mentor_says", "rule"),
    [
        ({"languages": ["es"]}, {}, "language"),
        ({"languages": ["en", "es"], "language_required": "es"}, {}, "language"),
        ({"career_stage": "senior-physician"}, {}, "stage"),
        ({}, {"accepts_stages": ["resident"]}, "stage"),
        (
            {"institution": "St. Mary", "exclude_own_institution": "yes"},
            {"institution": "ST. MARY "},
            "institution",
        ),
        (
            {"institution": "A"},
            {"institution": "a", "exclude_own_institution": "yes"},
            "institution",
        ),
        ({"do_not_match": ["x"]}, {}, "do_not_match"),
        ({"do_not_match": ["x@example.org"]}, {}, "do_not_match"),
        ({}, {"do_not_match": ["a"]}, "do_not_match"),
        ({"mentor_gender_preference": "require-woman"}, {}, "gender"),
        ({"mentor_gender_preference": "require-woman"}, {"gender": "man"}, "gender"),
        ({}, {"status": "paused"}, "status"),
        ({}, {"capacity": 0}, "capacity"),
        ({}, {"email": "a@example.org"}, "self"),
    ],
)
def test_a_must_rule_is_never_traded_against_score(
    mentee_says: dict[str, Any], mentor_says: dict[str, Any], rule: str
) -> None:
    result = match([mentee("a") | mentee_says], [mentor("x") | mentor_says])

    assert couples(result) == []
    reason = result.unmatched[0].reason
    change = reason.pop("change", None)
    assert reason == {"cause": "rule", "rule": rule, "would_open": 1}
    # That nobody is paired with themselves is never given up.
    assert change == (None if rule == "self" else {"what": rule, "mentors": 1})


def test_a_junior_may_teach_what_juniors_often_know_better() -> None:
    leader = {"career_stage": "health-system-leader", "goals": ["ai-literacy"]}

    assert couples(match([mentee("a", **leader)], [mentor("x", topics=["ai-literacy"])])) == [
        ("a", "x")
    ]


def test_a_former_pair_is_not_made_again() -> None:
    result = match([mentee("a")], [mentor("x")], forbidden=[("a", "x")])

    assert result.unmatched[0].reason["rule"] == "former"


def test_whoever_is_left_out_learns_of_places_or_of_the_floor() -> None:
    people = [
        mentee("a"),
        mentee("b"),
        mentee("c", goals=["personal-finance"], specialty_interests=["dentistry"]),
    ]
    result = match(people, [mentor("x")])

    causes = {person.person: person.reason["cause"] for person in result.unmatched}
    assert sorted(causes.values()) == ["floor", "places"]
    assert causes["c"] == "floor"
    assert result.measures["unmatched_by_cause"] == {"places": 1, "floor": 1}


def test_a_mentor_with_a_free_place_and_nobody_is_told_too() -> None:
    result = match([mentee("a")], [mentor("x"), mentor("y", specialties=["nephrology"], topics=[])])

    assert [(u.person, u.role, u.reason["cause"]) for u in result.unmatched] == [
        ("y", "mentor", "demand")
    ]


def test_keep_keeps_and_afresh_does_not() -> None:
    people = [mentee("a"), mentee("b", specialty_interests=["nephrology"])]
    mentors = [mentor("x", specialties=["nephrology"]), mentor("y")]
    before = [("a", "x"), ("b", "y")]

    assert couples(match(people, mentors, existing=before)) == before
    assert all(pair.kept for pair in match(people, mentors, existing=before).pairs)
    afresh = match(people, mentors, existing=before, mode="afresh")
    assert couples(afresh) == [("a", "y"), ("b", "x")]
    assert afresh.measures["churn"] == 1
    better = match(people, mentors, existing=before, mode="better", keep_bonus=1.0)
    assert couples(better) == before
    assert match(people, mentors, existing=before, mode="better").measures["churn"] == 1


def test_a_kept_pair_stays_even_if_a_rule_has_changed_since() -> None:
    result = match([mentee("a")], [mentor("x", status="paused")], existing=[("a", "x")])

    assert couples(result) == [("a", "x")]


def test_the_same_people_give_the_same_round_in_any_order() -> None:
    rng = np.random.default_rng(5)
    goals = ["interview-practice", "research-start", "leadership", "teaching"]
    people = [mentee(f"a{k}", goals=list(rng.permutation(goals)[:2])) for k in range(12)]
    mentors = [mentor(f"x{k}", topics=list(rng.permutation(goals)[:2])) for k in range(8)]

    one, two = match(people, mentors), match(people[::-1], mentors[::-1])

    assert one.assignment.value == two.assignment.value
    assert one.measures == two.measures


def test_hours_that_change_are_unknown_and_never_no_overlap() -> None:
    apart = {"availability": ["Mon 08:00-09:00"]}, {"availability": ["Tue 08:00-09:00"]}
    clash = match([mentee("a", **apart[0])], [mentor("x", **apart[1])]).pairs[0]
    varies = match([mentee("a", **apart[0], hours_vary="yes")], [mentor("x", **apart[1])]).pairs[0]

    assert clash.contributions["rhythm"] == 0
    assert "rhythm" not in varies.contributions
    assert varies.score > clash.score


def test_hours_are_compared_in_the_week_that_counts() -> None:
    hours = {"timezone": "Europe/London", "availability": ["Mon 18:00-20:00"]}
    there = {"timezone": "America/New_York", "availability": ["Mon 13:00-15:00"]}

    pair = match([mentee("a", **hours)], [mentor("x", **there)]).pairs[0]

    assert pair.contributions["rhythm"] > 0.02


@pytest.mark.parametrize("criterion", CRITERIA, ids=lambda c: c.name)
def test_a_similarity_is_between_0_and_1_or_not_known(criterion: Any) -> None:
    rich_mentee = mentee(
        "a", statement="I hope to learn about the heart", mentor_picks=["x"],
        style_feedback="direct", mentor_seniority="near-peer", modalities=["video-call"],
        institution="A", institution_wish="different", communities=["parents"],
        experiences_wanted=["publication"], practice_country="GB", meetings_per_month=2,
    )  # fmt: skip
    rich_mentor = mentor(
        "x", bio="The heart is my work", style_feedback="direct", modalities=["video-call"],
        institution="B", communities=["parents"], experiences_offered=["publication"],
        country="GB", meetings_per_month=2,
    )  # fmt: skip
    people, mentors = [rich_mentee, mentee("b")], [rich_mentor, mentor("y")]

    comparison = criterion.compare(people, mentors, ON)
    values = comparison(0, 2)

    assert values.shape == (2, 2)
    assert np.array_equal(comparison(1, 2), values[1:], equal_nan=True)
    known = values[~np.isnan(values)]
    assert ((known >= 0) & (known <= 1)).all()
    assert values[0, 0] > 0.4
    if criterion.name not in ("stage", "specialty", "help"):
        assert np.isnan(values[1, 1])


def test_saying_nothing_is_no_advantage() -> None:
    full = mentee("a", goals=["interview-practice"], specialty_interests=["nephrology"])
    silent = mentee("b", goals=["interview-practice"], specialty_interests=None)
    mentors = [mentor("x", capacity=2), mentor("y", topics=["teaching"], specialties=["urology"])]

    scores = {p.mentee: p.score for p in match([full, silent], mentors, policy=_no_floor()).pairs}

    perfect = match([mentee("c")], mentors, policy=_no_floor()).pairs[0].score
    assert scores["b"] < perfect


def test_an_id_used_twice_is_refused() -> None:
    with pytest.raises(ValueError, match="mentees, row 1, mentee_id: 'a' is used in row 0"):
        match([mentee("a"), mentee("a")], [])


def test_a_pair_of_somebody_unknown_is_refused() -> None:
    with pytest.raises(ValueError, match="pinned: a and z are not both"):
        match([mentee("a")], [mentor("x")], pinned=[("a", "z")])


@pytest.mark.parametrize("people", [([], []), ([mentee("a")], []), ([], [mentor("x")])])
def test_nobody_on_a_side_is_a_round_without_pairs(people: tuple[Any, Any]) -> None:
    assert couples(match(*people)) == []


def test_texts_are_compared_by_rare_words_and_an_empty_one_is_not_known() -> None:
    texts = [["the heart and its valves"], ["kidneys and dialysis"], []]
    found = TextSimilarity().fit(texts).similarity([["heart valves"], []], texts)

    assert found[0, 0] > found[0, 1]
    assert np.isnan(found[0, 2])
    assert np.isnan(found[1]).all()


def test_texts_of_nothing_but_common_words_are_not_known() -> None:
    assert np.isnan(TextSimilarity().fit([["the"]]).similarity([["the"]], [["and"]])).all()


def test_a_mean_over_pairs_of_texts_is_what_is_returned() -> None:
    model = TextSimilarity().fit([["heart"], ["kidney"], ["lung"]])
    single = model.similarity([["heart"]], [["heart"], ["kidney"]])

    both = model.similarity([["heart"]], [["heart", "kidney"]])

    assert both[0, 0] == pytest.approx(single.mean())


def _no_floor() -> Policy:
    return Policy.from_dict(default().to_dict() | {"floor": 0})


def test_texts_that_are_all_alike_are_not_known() -> None:
    texts = [["I would like a mentor please"]] * 12

    assert np.isnan(TextSimilarity().fit(texts).similarity(texts, texts)).all()


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"mentee_id": None}, "mentees, row 1, mentee_id: is needed"),
        ({"mentee_id": 7}, "row 1, mentee_id: is needed, as text"),
        ({"career_stage": None}, "row 1, career_stage: is needed"),
        ({"career_stage": "boss"}, "row 1, career_stage: 'boss' is not the id of a stage"),
        ({"languages": "en"}, "row 1, languages: must be a list, not 'en'"),
        ({"languages": ["xx"]}, "row 1, languages: 'xx' is not the id of a language"),
        ({"goals": ["fame"]}, "row 1, goals: 'fame' is not the id of a goal"),
        ({"hobby": "chess"}, "row 1: 'hobby' is not asked of mentees"),
        ({"capacity": 2}, "row 1: 'capacity' is not asked of mentees"),
        ({"timezone": "Mars/Base"}, "row 1, timezone: 'Mars/Base' is not a time zone"),
        ({"timezone": "../etc"}, "row 1, timezone"),
        ({"timezone": ["UTC"]}, "row 1, timezone"),
        ({"goals": [["teaching"]]}, "row 1, goals"),
        ({"availability": [["Mon"]]}, "row 1, availability"),
        ({"language_required": ["en"]}, "row 1, language_required"),
        ({"availability": ["noon"]}, "row 1, availability: 'noon' is not a slot"),
        ({"availability": ["Mon 20:00-18:00"]}, "row 1, availability"),
        ({"do_not_match": [3]}, "row 1, do_not_match: must be text"),
        ({"hours_vary": "maybe"}, "row 1, hours_vary: 'maybe' is not one of yes, no"),
        ({"statement": 4}, "row 1, statement: must be text"),
    ],
)
def test_people_who_cannot_be_meant_are_refused_by_row(
    changes: dict[str, Any], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        match([mentee("a"), mentee("b") | changes], [mentor("x")])
    with pytest.raises(ValueError, match="mentors, row 0, capacity: must be a whole number"):
        match([], [mentor("x", capacity=-1)])


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"mode": "loose"}, "mode: must be one of keep, better, afresh"),
        ({"keep_bonus": float("nan")}, "keep_bonus: must be from 0 to 1"),
        ({"existing": [(["a"], "x")]}, "existing: .* is no pair"),
        ({"existing": ["ax"]}, "existing: 'ax' is no pair"),
        ({"priority": {"z": 1.0}}, "priority: z is not among the mentees"),
        ({"priority": {"a": float("nan")}}, "priority: entry 0 is nan"),
        ({"existing": [("a", "x"), ("a", "x")]}, r"existing: holds the pair \[0, 0\] twice"),
        ({"pinned": [("a", "x")], "forbidden": [("a", "x")]}, "a and x are also forbidden"),
        ({"pinned": [("b", "x")]}, "pinned: b and x are the same person"),
    ],
)
def test_contradictions_are_refused(options: dict[str, Any], message: str) -> None:
    people = [mentee("a"), mentee("b") | {"email": "x@example.org"}]
    with pytest.raises(ValueError, match=message):
        match(people, [mentor("x")], **options)


def test_a_program_may_drop_the_rules_that_are_its_own() -> None:
    apart = mentee("a", languages=["es"], timezone="Asia/Tokyo", career_stage="senior-physician")
    rules = {"stage": True, "language": True, "hours_apart": 12}

    def with_rules(**changes: Any) -> list[tuple[str, str]]:
        body = default().to_dict() | {"floor": 0, "rules": rules | changes}
        return couples(match([apart], [mentor("x")], policy=Policy.from_dict(body)))

    assert with_rules(stage=False) == []
    assert with_rules(language=False) == []
    assert with_rules(stage=False, language=False) == [("a", "x")]
    assert with_rules(stage=False, language=False, hours_apart=8) == []
    assert with_rules(stage=False, language=False, hours_apart=9) == [("a", "x")]


def test_the_smallest_change_is_found_by_the_prices() -> None:
    """Nobody with a place is near enough; at so many hours there would be somebody."""
    body = default().to_dict() | {"rules": default().rules | {"hours_apart": 3}}
    people = [mentee("a"), mentee("b")]
    mentors = [
        mentor("x"),
        mentor("y", timezone="America/New_York"),
        mentor("z", timezone="Asia/Tokyo"),
    ]

    result = match(people, mentors, policy=Policy.from_dict(body))

    (left,) = (person for person in result.unmatched if person.role == "mentee")
    assert left.reason["cause"] == "places"
    assert left.reason["change"] == {"what": "hours_apart", "hours": 5, "mentors": 1}


@pytest.mark.parametrize("seed", range(6))
def test_a_change_that_is_told_would_have_matched(seed: int) -> None:
    """Were this one pair allowed, the best assignment would have it."""
    people, mentors = crowds.make(70, 25, seed=seed)
    found = match(people, mentors)
    model = Scores(people, mentors, default(), ON)
    block = model.block(0, len(people))
    scores, capacity = model.rows(0, len(people)), [m["capacity"] for m in mentors]
    usable = np.where(scores >= default().floor, scores, -1)
    rows = {person["mentee_id"]: row for row, person in enumerate(people)}
    told = set()
    for left in found.unmatched:
        change = left.reason.get("change", {"what": "priority"})
        row, what = rows.get(left.person, -1), change["what"]
        if left.role == "mentor" or what in ("priority", "capacity", "status"):
            continue
        told.add(what)
        barred = sum(flags[row].astype(int) for flags in block.excluded.values())
        if what == "floor":
            mine = np.rint(block.score[row].astype(float) * 1e6) == change["score"]
            columns = np.flatnonzero(mine & (barred == 0))
        else:
            alone = block.excluded[what][row] & (barred == 1)
            columns = np.flatnonzero(alone & (block.score[row] >= default().floor))
        would = []
        for column in columns:
            changed = usable.copy()
            changed[row, column] = block.score[row, column]
            pairs = assign(changed, capacity=capacity).pairs.tolist()
            would.append([row, column] in pairs)
        assert sum(would) >= change.get("mentors", 1)
    assert told


def test_missed_rounds_that_are_told_are_just_enough() -> None:
    step = default().waiting_bonus
    told = 0
    for seed in range(6):
        people, mentors = crowds.make(80, 25, seed=seed)
        for left in match(people, mentors).unmatched:
            change = left.reason.get("change", {})
            if change.get("what") != "priority":
                continue
            told += 1
            for rounds in (change["rounds"] - 1, change["rounds"]):
                after = match(people, mentors, priority={left.person: rounds * step})
                matched = left.person in {pair.mentee for pair in after.pairs}
                assert matched == (rounds == change["rounds"])
    assert told


def test_what_keeping_pairs_costs_is_a_frontier() -> None:
    people, mentors = crowds.make(60, 20, seed=13)
    afresh = match(people, mentors, mode="afresh")
    existing = couples(match(people[5:], mentors))

    points = Matcher(default()).fit(people, mentors).frontier(existing=existing, on=ON)

    assert points[0]["total"] == pytest.approx(afresh.measures["total"], abs=1e-6)
    for less, more in itertools.pairwise(points):
        assert (more["matched"], more["broken"]) <= (less["matched"], less["broken"])
        assert more["total"] <= less["total"]


def test_small_groups_are_not_told_apart() -> None:
    people = [mentee(f"a{k}", country="GB") for k in range(6)]
    people += [mentee(f"b{k}", country="FR") for k in range(7)] + [mentee("c", country="IS")]

    groups = match(people, [mentor("x", capacity=14)]).measures["groups"]

    assert groups["country"] == [
        {"group": "FR", "people": 7, "matched": 7, "mean": pytest.approx(0.9, abs=0.2)},
        # One person alone could be worked out from the sum, so the next smallest is hidden too.
        {"group": "GB", "people": None, "matched": None, "mean": None},
        {"group": "IS", "people": None, "matched": None, "mean": None},
    ]


def test_blocking_pairs_are_counted() -> None:
    """Both mentees suit both mentors best the other way round."""
    people = [mentee("a"), mentee("b", goals=["teaching"], specialty_interests=["nephrology"])]
    mentors = [mentor("x"), mentor("y", topics=["teaching"], specialties=["nephrology"])]

    crossed = match(people, mentors, pinned=[("a", "y"), ("b", "x")])

    assert crossed.measures["blocking_pairs"] == 2
    assert match(people, mentors).measures["blocking_pairs"] == 0


@pytest.mark.parametrize("seed", range(3))
def test_saying_less_does_not_bring_anybody_forward(seed: int) -> None:
    """Deleting answers must not raise the rank that somebody can expect."""
    people, mentors = crowds.make(150, 80, seed=seed)
    silent = set(range(0, 80, 2))
    scored = {"specialties", "experiences_offered", "bio", "availability", "modalities"}
    scored |= {"meetings_per_month", "country", "style_feedback", "style_contact", "style_focus"}
    quiet = [
        {name: value for name, value in person.items() if row not in silent or name not in scored}
        for row, person in enumerate(mentors)
    ]

    def ranks(others: list[dict[str, Any]]) -> Any:
        score = Scores(people, others, default(), ON).rows(0, 150)
        return (-score).argsort(axis=1).argsort(axis=1)

    before, after = ranks(mentors), ranks(quiet)
    chosen = sorted(silent)

    assert after[:, chosen].mean() >= before[:, chosen].mean()


def test_people_and_pairs_may_come_one_by_one() -> None:
    people, mentors = crowds.make(40, 15, seed=3)
    pairs = couples(match(people, mentors))[:5]
    model = Matcher(default()).fit((p for p in people), (p for p in mentors))  # type: ignore[arg-type]

    found = model.match(forbidden=(pair for pair in pairs), on=ON)

    assert len(found.pairs) > 5
    assert not set(pairs) & set(couples(found))
    assert model.frontier(existing=(pair for pair in pairs), on=ON)[0]["matched"] > 5


def test_gaps_that_are_written_down_are_gaps() -> None:
    silent = mentor("x") | {"capacity": None, "status": None, "timezone": None}

    assert couples(match([mentee("a")], [silent])) == [("a", "x")]


@pytest.mark.parametrize("on", [None, "2026-11-23", datetime.date(1, 1, 1)])
def test_a_day_is_a_day_of_our_time(on: Any) -> None:
    with pytest.raises(ValueError, match="on: must be"):
        Matcher(default()).fit([mentee("a")], [mentor("x")]).match(on=on)


def test_whom_somebody_ruled_out_is_found_however_it_is_written() -> None:
    for named in ("MR-X", " mr-x ", "X@Example.org"):
        people = [mentee("a", do_not_match=[named])]
        others = [mentor("Mr-X") | {"email": "x@example.org"}]
        assert couples(match(people, others)) == []
    twice = [mentor("x") | {"email": "one@example.org"}, mentor("y") | {"email": "One@example.org"}]
    assert couples(match([mentee("a", do_not_match=["one@example.org"])], twice)) == []
    assert couples(match([mentee("a") | {"email": "one@example.org"}], twice)) == []


def test_a_mentor_with_more_mentees_than_places_gets_no_other() -> None:
    people, mentors = crowds.make(60, 25, seed=4)
    existing = couples(match(people, mentors))
    held = {mentor for _, mentor in existing}
    fewer = [
        person | {"capacity": 1} if person["mentor_id"] in held else person for person in mentors
    ]

    found = match(people, fewer, existing=existing, mode="better")

    loads: dict[str, int] = {}
    for pair in found.pairs:
        loads[pair.mentor] = loads.get(pair.mentor, 0) + 1
    crowded = {mentor for mentor, load in loads.items() if load > 1 and mentor in held}
    assert crowded
    assert all(pair.kept for pair in found.pairs if pair.mentor in crowded)


def test_a_place_that_is_settled_has_no_price_in_points() -> None:
    people, mentors = crowds.make(60, 25, seed=1)
    existing = couples(match(people, mentors))

    for left in match(people, mentors, existing=existing).unmatched:
        assert left.reason.get("change", {}).get("short", 0) < 3_000_000


def test_a_fair_round_claims_no_change() -> None:
    people, mentors = crowds.make(40, 15, seed=1)
    fair = Policy.from_dict(default().to_dict() | {"objective": "fair"})

    left = [p for p in match(people, mentors, policy=fair).unmatched if p.role == "mentee"]

    assert left
    assert not any("change" in person.reason for person in left)


def test_a_kept_pair_below_the_floor_is_told_of_the_floor() -> None:
    """The rule that keeps new mentees away is not why a pair that meets is not kept."""
    stranger = mentee("a", goals=["personal-finance"], specialty_interests=["dentistry"])
    paused = mentor("x", status="paused")

    found = match([stranger], [paused], existing=[("a", "x")], mode="better")

    assert found.unmatched[0].reason["cause"] == "floor"


def test_few_who_opted_into_something_are_not_even_named() -> None:
    body = default().to_dict()
    shared = Policy.from_dict(body | {"weights": body["weights"] | {"identity": 10}})
    people = [mentee(f"a{k}", communities=["parents"] if k < 2 else None) for k in range(9)]

    groups = match(people, [mentor("x", capacity=9)], policy=shared).measures["groups"]

    assert [row["group"] for row in groups["identity"]] == []
    assert "identity" not in match(people, [mentor("x")]).measures["groups"]


@pytest.mark.parametrize("texts", [["heart"], [[1]], [[float("nan")]]])
def test_texts_are_lists_of_texts(texts: Any) -> None:
    with pytest.raises(ValueError, match="texts: entry 0 must be a list of texts"):
        TextSimilarity().fit(texts)
