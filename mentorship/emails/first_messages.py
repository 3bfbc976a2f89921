"""First emails that people may send as they are, or make their own."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import quote

from matching.profiles import taxonomy
from mentorship.language import listed
from mentorship.models import Pairing, Person, Program
from mentorship.pairings import reasons


@dataclass(frozen=True)
class Draft:
    """The words of an email that somebody may send, and a link that opens it ready to go."""

    text: str
    link: str


def of_mentee(pairing: Pairing, program: Program) -> Draft:
    """Return the mentee's first email to the mentor."""
    mentee, mentor = pairing.mentee.person, pairing.mentor.person
    goals = taxonomy.load().entries["goal"]
    # Nothing sensitive is put into anybody's mouth: whoever wants to say it writes it.
    named = [
        reasons.label("goal", goal)
        for goal in pairing.mentee.answers.get("goals", [])
        if not goals[goal].get("sensitive")
    ]
    hope = f"I hope for help with {listed(named[:2])}. " if named else ""
    stage = reasons.label("stage", pairing.mentee.answers["career_stage"])
    text = (
        f"Hello {mentor.called},\n"
        f"I am {mentee.full_name} ({stage}), your mentee in {program.name}. {hope}"
        "Could we meet for 30 minutes in the next two weeks?\n"
        "These times suit me: (two or three times, with your time zone)\n"
        f"Thank you, {mentee.called}"
    )
    return _made(mentor, f"Your mentee in {program.name}: a first meeting?", text)


def of_mentor(pairing: Pairing, program: Program) -> Draft:
    """Return a line from the mentor to a mentee from whom nothing came."""
    mentee, mentor = pairing.mentee.person, pairing.mentor.person
    text = (
        f"Hello {mentee.called},\n"
        f"I am your mentor in {program.name}. Shall we meet for 30 minutes in the next two weeks?\n"
        "These times suit me: (two or three times, with your time zone)\n"
        f"{mentor.called}"
    )
    return _made(mentee, f"Our first meeting in {program.name}", text)


def _made(to: Person, subject: str, text: str) -> Draft:
    """Return a draft with its link, as RFC 6068 writes it."""
    body = quote(text.replace("\n", "\r\n\r\n"), safe="")
    address = quote(to.email, safe="@")
    return Draft(text, f"mailto:{address}?subject={quote(subject, safe='')}&body={body}")
