"""What a round's pages say of a score, and of effects that are not known at once."""

from __future__ import annotations

import re
from dataclasses import replace

import factories
import matched_rounds
from desks import Desk
from sqlalchemy import select

from mentorship import database
from mentorship.models import Decision, Pairing, Round
from mentorship.programs import policies
from mentorship.rounds import publishing, rounds


def test_the_list_pictures_what_makes_up_each_score_and_says_it(desk: Desk) -> None:
    page = desk.get()

    svg = r'<svg width="\d+" height="17" role="img" aria-label="([^"]+)">(.*?)</svg>'
    told = re.findall(svg, page)
    assert len(told) == 2
    with database.reading(desk.engine) as session:
        pairs = session.scalars(select(Pairing).where(Pairing.round_id == desk.round_id)).all()
        parts = [sorted(pair.contributions.values()) for pair in pairs]
    for words, drawn in told:
        points = [float(text.replace("−", "-")) for text in re.findall(r"[+−]?\d+\.\d", words)]
        of_pair = [
            each for each in parts if sorted(round(100 * p, 1) for p in each) == sorted(points)
        ]
        assert of_pair
        assert drawn.count("<rect") == 1 + len(points)
        assert drawn.count('class="c4"') in [sum(p < 0 for p in each) for each in of_pair]
    assert "in this order: Help" in page
    # The panel of a pair says more of it, and takes the room.
    assert 'role="img" aria-label="Help' not in desk.get(desk.pair("ben", "yara"))


def test_a_page_says_why_effects_are_not_told_at_once(desk: Desk) -> None:
    why = "known once the round is matched again."
    assert why not in desk.get(desk.pair("ben", "yara"))
    desk.decide("part", "ben", "yara")
    desk.match_again()
    pair = sorted(desk.pairs())[0]
    with database.reading(desk.engine) as session:
        decision = session.scalars(select(Decision)).one()

    desk.post(f"/decisions/{decision.id}/undo")

    page = desk.get(desk.pair(*pair))
    assert f"A decision was taken back. The effect of other decisions is {why}" in page


def test_a_fair_round_says_that_its_effects_are_known_later(desk: Desk) -> None:
    with database.transaction(desk.engine) as session:
        round = session.get_one(Round, desk.round_id)
        rounds.discard(session, round, "test")
        policy = policies.content(policies.current(session, round.program_id))
        policies.adopt(session, round.program, replace(policy, objective="fair"))
        fair = matched_rounds.propose(session, round.program)
        desk.address = desk.address.replace(str(desk.round_id), str(fair.id))
        desk.round_id = fair.id
    words = (
        "This policy raises the lowest scores first, so one change can move any number of pairs."
    )

    assert words in desk.get(desk.pair("ben", "yara"))
    assert words in desk.get(f"/people/{desk.ids['cleo']}")
    assert words in desk.decide("part", "ben", "yara")


def test_a_kept_pair_has_no_picture_of_how_an_earlier_round_counted(desk: Desk) -> None:
    picture = r'<svg width="\d+" height="17" role="img"'
    assert len(re.findall(picture, desk.get())) == 2
    with database.transaction(desk.engine) as session:
        round = session.get_one(Round, desk.round_id)
        publishing.publish(session, round, "test")
        factories.make_mentor(session, round.program, specialties=["cardiology"])
        later = matched_rounds.propose(session, round.program)
        desk.address = desk.address.replace(str(desk.round_id), str(later.id))
        desk.round_id = later.id

    page = desk.get()

    assert len(re.findall('<td class="status">', page)) == 3
    assert len(re.findall(picture, page)) == 1
    assert "in this order: Help" in page
