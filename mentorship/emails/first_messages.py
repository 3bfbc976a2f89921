"""First messages that two people can send each other as they are, or make their own."""

from __future__ import annotations

from dataclasses import dataclass

from matching.profiles import taxonomy
from mentorship import links
from mentorship.language import gettext as _
from mentorship.language import listed
from mentorship.models import Pairing, Profile, Program
from mentorship.pairings.sentences import label
from mentorship.people import sight


@dataclass(frozen=True)
class FirstMessage:
    """The text of a first message, and a link that opens it in the reader's own mail program."""

    text: str
    link: str


def of_mentee(pairing: Pairing, program: Program) -> FirstMessage:
    """Return the mentee's first message to the mentor."""
    mentee, mentor = _called(pairing)
    answers = sight.answers(pairing.mentee, sight.in_pairing(pairing))
    stage = label("stage", answers["career_stage"])
    sentences = [
        _(
            "I'm %(name)s (%(stage)s), your mentee in %(program)s.",
            name=sight.name(pairing.mentee, sight.in_pairing(pairing)),
            stage=stage,
            program=program.name,
        )
    ]
    goals = taxonomy.load().entries["goal"]
    # Nothing sensitive is put into anyone's mouth: people who want to say it can write it.
    named = [
        label("goal", goal) for goal in answers.get("goals", []) if not goals[goal].get("sensitive")
    ]
    if named:
        sentences.append(_("I'm hoping for help with %(goals)s.", goals=listed(named[:2])))
    sentences.append(_("Could we meet for 30 minutes in the next two weeks?"))
    lines = [
        _("Hello %(name)s,", name=mentor),
        " ".join(sentences),
        _("These times work for me: (two or three times, with your time zone)"),
        _("Thank you, %(name)s", name=mentee),
    ]
    subject = _("Your mentee in %(program)s: a first meeting?", program=program.name)
    return _to(pairing.mentor, subject, lines)


def of_mentor(pairing: Pairing, program: Program) -> FirstMessage:
    """Return the mentor's message to a mentee from whom nothing has come."""
    mentee, mentor = _called(pairing)
    lines = [
        _("Hello %(name)s,", name=mentee),
        " ".join(
            [
                _("I'm your mentor in %(program)s.", program=program.name),
                _("Would you like to meet for 30 minutes in the next two weeks?"),
            ]
        ),
        _("These times work for me: (two or three times, with your time zone)"),
        mentor,
    ]
    return _to(pairing.mentee, _("Our first meeting in %(program)s", program=program.name), lines)


def _called(pairing: Pairing) -> tuple[str, str]:
    """Return what mentee and mentor call each other."""
    viewer = sight.in_pairing(pairing)
    return sight.called(pairing.mentee, viewer), sight.called(pairing.mentor, viewer)


def _to(reader: Profile, subject: str, lines: list[str]) -> FirstMessage:
    """Return a message with its link; each line is a paragraph of its own."""
    link = links.mail_to(reader.person.email, subject=subject, body="\r\n\r\n".join(lines))
    return FirstMessage("\n\n".join(lines), link)
