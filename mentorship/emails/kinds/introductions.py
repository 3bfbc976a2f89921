"""What emails say that bring two people together: introductions, and the question before them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.orm import Session

from mentorship import language
from mentorship.emails import buttons, contents, first_messages
from mentorship.emails.contents import Content, Outdated
from mentorship.emails.examples import OfPairing
from mentorship.emails.kind import Kind
from mentorship.language import mark, ngettext
from mentorship.models import Email, EmailKind, Pairing, Profile, Question, Role
from mentorship.pairings import answers, reasons
from mentorship.pairings.sentences import Reader
from mentorship.people import clock, sight
from mentorship.settings import Settings
from mentorship.states import MET_PAIRING, PairingState

DAYS_TO_WRITE = 7


def of_mentee(session: Session, row: Email, settings: Settings) -> Content:
    pairing = contents.met_pairing(session, row)
    write_by = language.date(
        clock.date_after(session, pairing.introduced_at, pairing.mentee, DAYS_TO_WRITE)
    )
    return Content(
        {
            "mentor": contents.card(pairing.mentor, pairing),
            "told": contents.own_answers(pairing.mentor, pairing),
            "other_mentors": contents.other_mentors(session, pairing),
            "reasons": reasons.of_pairing(pairing, Reader.MENTEE),
            "write_by": write_by,
            "first_message": first_messages.of_mentee(
                pairing, contents.program_of(session, pairing)
            ),
            **_promise(session, pairing, pairing.mentee),
            "ways_out": [
                *buttons.to_step_out([pairing], row, settings),
                *buttons.of(pairing, row, Question.FIRST_MEETING, settings, "no_contact"),
            ],
            "ended": []
            if pairing.asked_at
            else contents.ended_by_round(session, pairing.round_id, row.person_id, Role.MENTEE),
        },
        {"mentor": contents.name(pairing.mentor, pairing), "write_by": write_by},
        partner=pairing.mentor,
    )


def of_mentor(session: Session, row: Email, settings: Settings) -> Content:
    introduced = session.scalars(
        contents.with_people()
        .where(_is_about(row), Pairing.state.in_(MET_PAIRING))
        .order_by(Pairing.score.desc(), Pairing.id)
    ).all()
    if not introduced:
        raise Outdated("every pairing that it would have announced has ended")
    first = introduced[0]
    mentees = [
        {
            "card": contents.card(pairing.mentee, pairing),
            "told": contents.own_answers(pairing.mentee, pairing),
            "reasons": reasons.of_pairing(pairing, Reader.MENTOR),
            "hopes": sight.answers(pairing.mentee, sight.in_pairing(pairing)).get("statement"),
        }
        for pairing in introduced
    ]
    names = [contents.name(pairing.mentee, pairing) for pairing in introduced]
    write_by = language.date(
        clock.date_after(session, first.introduced_at, first.mentor, DAYS_TO_WRITE)
    )
    return Content(
        {
            "mentees": mentees,
            "write_by": write_by,
            "ways_out": buttons.to_step_out(introduced, row, settings),
            **_promise(session, first, first.mentor),
            "ended": []
            if first.asked_at
            else contents.ended_by_round(session, first.round_id, row.person_id, Role.MENTOR),
        },
        {
            "mentees": language.listed(names),
            "new_mentees": ngettext(
                "Your new mentee %(name)s",
                "Your %(n)s new mentees",
                len(introduced),
                name=names[0],
            ),
            "write_by": write_by,
        },
        partner=first.mentee if len(introduced) == 1 else None,
    )


def question(session: Session, row: Email, settings: Settings) -> Content:
    asked = session.scalars(
        contents.with_people()
        .where(_is_about(row), Pairing.state == PairingState.ASKED)
        .order_by(Pairing.score.desc(), Pairing.id)
    ).all()
    # What was answered about one of several is not asked again.
    asked = [each for each in asked if not each.agreed_at(each.side(row.person_id).role)]
    if not asked:
        raise Outdated("the question was answered, or is no longer open")
    me, other = contents.sides(asked[0], row)
    answer_by = language.date(
        clock.date_after(session, asked[0].asked_at, me, clock.DAYS_TO_ANSWER)
    )
    number = len(asked)
    role = contents.role_name(other.role)
    shown = []
    for each in asked:
        card = contents.card(each.other(row.person_id), each)
        choices = buttons.to_agree(each, row, settings, card.background if number > 1 else "")
        why = reasons.of_pairing(each, Reader(me.role))
        shown.append({"card": card, "reasons": why, "choices": choices})
    return Content(
        {
            "asked": shown,
            "answer_by": answer_by,
            "others": [],
        },
        {
            "other_role": role,
            # Only mentors are asked about several at once.
            "someone": ngettext("a %(role)s", "%(n)s mentees", number, role=role),
            "found": ngettext(
                "someone who could be a good %(role)s for you",
                "%(n)s people who could be good mentees for you",
                number,
                role=role,
            ),
            "answer_by": answer_by,
        },
    )


def _is_about(row: Email) -> ColumnElement[bool]:
    """Match the pairing that is the cause of an email, or those of a mentor in its round's part."""
    of_part = and_(
        Pairing.round_id == row.cause_id,
        Pairing.part == row.number,
        Pairing.mentor_person_id == row.person_id,
    )
    return or_(Pairing.id == row.cause_id, of_part)


def reminder(session: Session, row: Email, settings: Settings) -> Content:
    """Return the question once more; one reminder speaks of all that its reader has not answered.

    No second one may follow soon.
    """
    asked = question(session, row, settings)
    if session.scalar(select(answers.is_pending(row.cause_id, row.person_id))):
        raise Outdated("this person has answered")
    others = buttons.of_other_questions(session, row, settings)
    return replace(asked, shown=asked.shown | {"others": others})


def _promise(session: Session, pairing: Pairing, reader: Profile) -> dict[str, Any]:
    """Return how often and until when the program asks the two to meet, or to step out."""
    program = contents.program_of(session, pairing)
    return {
        "meetings_per_month": program.meetings_per_month,
        "length_months": program.length_months,
        "ends": language.date(
            clock.date_after(
                session,
                pairing.introduced_at,
                reader,
                round(program.length_months * clock.DAYS_A_MONTH),
            )
        ),
        "step_out_by": language.date(
            clock.date_after(session, pairing.introduced_at, reader, clock.DAYS_TO_STEP_OUT)
        ),
    }


KINDS: dict[EmailKind, Kind] = {
    EmailKind.MENTEE_INTRODUCTION: Kind(
        of_mentee,
        label=mark("To a mentee: meet your mentor"),
        subject=mark("{mentor} is your mentor in {program}"),
        opening=mark("We've found a mentor for you."),
        fields=("mentor", "write_by"),
        example=OfPairing(Role.MENTEE),
    ),
    EmailKind.MENTOR_INTRODUCTION: Kind(
        of_mentor,
        label=mark("To a mentor: meet your mentees"),
        subject=mark("{new_mentees} in {program}"),
        opening=mark("Thank you for being a mentor. Meet {mentees}."),
        fields=("mentees", "new_mentees", "write_by"),
        example=OfPairing(Role.MENTOR),
    ),
    EmailKind.PAIRING_QUESTION: Kind(
        question,
        label=mark("Would you like to meet?"),
        subject=mark("Would you like to meet {someone} in {program}?"),
        opening=mark(
            "We've found {found}. You'll learn each other's names, and how to reach each other, "
            "only if you both say yes."
        ),
        fields=("other_role", "someone", "found", "answer_by"),
        example=OfPairing(Role.MENTEE, (PairingState.ASKED,), times=("asked_at",)),
    ),
    EmailKind.PAIRING_QUESTION_REMINDER: Kind(
        reminder,
        label=mark("Reminder: would you like to meet?"),
        subject=mark("Please answer by {answer_by}: would you like to meet?"),
        opening=mark(
            "A few days ago, we asked if you'd like to meet someone who could be your "
            "{other_role}. We'll introduce you only if you both say yes. After {answer_by}, "
            "we'll look for someone else."
        ),
        fields=("other_role", "answer_by"),
        example=OfPairing(Role.MENTEE, (PairingState.ASKED,), times=("asked_at",)),
    ),
}
