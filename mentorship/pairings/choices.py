"""What can be answered to each question: the words on each button, and what it leads to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from mentorship.language import gettext as _
from mentorship.language import mark
from mentorship.models import Question
from mentorship.states import Ending


@dataclass(frozen=True)
class Choice:
    """What one can answer: the words on its button, and what it leads to, as that person reads it.

    `%(name)s` in the meaning is what the other of the two is called, as far as the reader knows.
    """

    label: str
    meaning: str
    #: Why the pairing ends, if this ends it.
    ending: Ending | None = None


_NOT_FIT = (
    mark("This isn't the right match"),
    mark(
        "That's all right, and it happens often. We'll tell %(name)s kindly that it wasn't the "
        "right match, which is no reflection on either of you. The place is free again."
    ),
)
#: All that can be answered, in the order of the buttons, in emails and on pages.
CHOICES: Mapping[Question, Mapping[str, Choice]] = {
    Question.ASK: {
        "yes": Choice(
            mark("Yes, I'd like to"),
            mark("If %(name)s says yes too, we'll introduce you by email."),
        ),
        "no": Choice(
            mark("No, thank you"),
            mark(
                "That's all right. We'll tell %(name)s kindly that it isn't happening, and "
                "nothing more. You stay in the program."
            ),
            Ending.DECLINED,
        ),
    },
    Question.STEP_OUT: {"step_out": Choice(*_NOT_FIT, Ending.STEPPED_OUT)},
    Question.FIRST_MEETING: {
        "met": Choice(mark("We've met"), mark("Great. We won't ask again whether you've met.")),
        "no_contact": Choice(
            mark("We haven't been in touch yet"),
            mark("Thank you. We'll send %(name)s a short, friendly reminder."),
        ),
        "not_fit": Choice(*_NOT_FIT, Ending.NOT_FIT),
    },
    Question.PULSE: {
        "well": Choice(
            mark("It's going well"), mark("Great to hear. We'll ask again in two months.")
        ),
        "slow": Choice(
            mark("It's going slowly"),
            mark(
                "Thank you for telling us. Setting the next date often helps: write to %(name)s "
                "today."
            ),
        ),
        "not_fit": Choice(*_NOT_FIT, Ending.NOT_FIT),
        "finished": Choice(
            mark("We've finished"),
            mark("Thank you both. We'll tell %(name)s that your pairing ends on a good note."),
            Ending.FINISHED,
        ),
    },
}


def label(question: Question, choice: str) -> str:
    """Return what the button of a choice says."""
    return _(CHOICES[question][choice].label)


def meaning(question: Question, choice: str, other: str) -> str:
    """Return what a choice leads to once it takes effect; `other` is what the other is called."""
    return _(CHOICES[question][choice].meaning, name=other)
