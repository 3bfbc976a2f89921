"""What states, events and stages are called: tables of words, translated where they are shown."""

from __future__ import annotations

import re
from dataclasses import dataclass

from matching.profiles import taxonomy
from mentorship import language
from mentorship.coordination.health import Finding, Health
from mentorship.coordination.pairs import Pair
from mentorship.delivery import refusals
from mentorship.language import gettext as _
from mentorship.language import mark
from mentorship.models import DecisionKind, Email, EmailEventKind
from mentorship.states import EmailState, PairingState, ProfileState, RoundState


@dataclass(frozen=True)
class Label:
    """What something is called, and how it looks: good, bad, warn, accent, or plain."""

    words: str
    look: str = ""


#: States of profiles, rounds and pairings.
STATES = {
    ProfileState.DRAFT: Label(mark("Draft")),
    ProfileState.UNCONFIRMED: Label(mark("Invited")),
    ProfileState.AWAITING_APPROVAL: Label(mark("Waiting for approval"), "warn"),
    ProfileState.READY: Label(mark("Ready"), "good"),
    ProfileState.PAUSED: Label(mark("Paused")),
    ProfileState.LEFT: Label(mark("Left")),
    RoundState.QUEUED: Label(mark("Queued")),
    RoundState.MATCHING: Label(mark("Matching")),
    RoundState.PROPOSED: Label(mark("Proposed"), "accent"),
    RoundState.PUBLISHED: Label(mark("Published"), "good"),
    RoundState.CLOSED: Label(mark("Closed")),
    RoundState.DISCARDED: Label(mark("Discarded")),
    RoundState.CANCELLED: Label(mark("Canceled")),
    RoundState.FAILED: Label(mark("Failed"), "bad"),
    PairingState.ASKED: Label(mark("Asked")),
    PairingState.INTRODUCED: Label(mark("Introduced"), "good"),
    PairingState.ACTIVE: Label(mark("Active"), "good"),
    PairingState.DECLINED: Label(mark("Declined")),
    PairingState.EXPIRED: Label(mark("Expired")),
    PairingState.ENDED: Label(mark("Ended")),
}
#: How pairings are doing, and what is known of them that says so.
HEALTH = {
    Health.TROUBLE: Label(mark("In trouble"), "warn"),
    Health.QUIET: Label(mark("Quiet")),
    Health.FIRST: Label(mark("First meeting due"), "accent"),
    Health.ASKED: Label(mark("Asked")),
    Health.ON_TRACK: Label(mark("On track"), "good"),
    Health.ENDED: Label(mark("Ended")),
}
FINDINGS = {
    Finding.ENDED: mark("They've ended it"),
    Finding.ASKED: mark("Waiting for both to say yes"),
    Finding.NO_CONTACT: mark("The mentee says that they aren't in touch"),
    Finding.UNREACHED: mark("Email to one of them bounces, and there's been no contact yet"),
    Finding.NEVER: mark("No sign of contact in the four weeks since the introduction"),
    Finding.SLOW: mark("One of them wrote to coordinators that it's going slowly"),
    Finding.SILENT: mark("No sign of contact since the introduction"),
    Finding.NO_ANSWER: mark("Asked how it's going, and no answer for two weeks"),
    Finding.LONG: mark("No sign of contact for three months"),
    Finding.NEW: mark("Introduced in the last two weeks"),
    Finding.FINE: mark("In touch"),
}
EMAIL_STATES = {
    EmailState.READY: Label(mark("Queued")),
    EmailState.CLAIMED: Label(mark("Sending")),
    EmailState.SUBMITTING: Label(mark("Sending")),
    EmailState.SENT: Label(mark("Sent")),
    EmailState.FAILED: Label(mark("Failed"), "bad"),
    EmailState.SUPERSEDED: Label(mark("No longer needed")),
}
EMAIL_EVENTS = {
    EmailEventKind.PUT_OFF: mark("Deferred: the mail server asked to try again later"),
    EmailEventKind.IN_DOUBT: mark("Delivery unknown: the mail server may have it"),
    EmailEventKind.TAKEN_BACK: mark("Retried: the worker sending it stopped responding"),
    EmailEventKind.SENT: mark("Sent: the mail server accepted it"),
    EmailEventKind.FOUND_SENT: mark("Delivery confirmed: the mail server has it"),
    EmailEventKind.FAILED: mark("Failed"),
    EmailEventKind.SUPERSEDED: mark("No longer needed"),
    EmailEventKind.RESENT: mark("Resent by a coordinator"),
    EmailEventKind.BOUNCED: mark("Bounced"),
}
#: What a status code means (RFC 3463), by its last two numbers, or by the first of them.
_STATUSES = {
    "1.1": mark("the mailbox does not exist"),
    "1.2": mark("the mail domain does not exist"),
    "1.3": mark("the address is malformed"),
    "1.6": mark("the mailbox has moved"),
    "1.10": mark("the domain doesn't accept email"),
    "2.1": mark("the mailbox is closed"),
    "2.2": mark("the mailbox is full"),
    "2.3": mark("the email is too big"),
    "3.4": mark("the email is too big"),
    "1": mark("something is wrong with an address"),
    "2": mark("the mailbox rejected it"),
    "3": mark("the mail server rejected it"),
    "4": mark("the mail server could not be reached"),
    "5": mark("the mail servers couldn't understand each other"),
    "6": mark("the mail server cannot handle its content"),
    "7": mark("the mail server blocked it"),
}
#: Browsers and systems by what stands in a user agent, the telling ones first.
_BROWSERS = {
    "Edg": "Edge", "OPR": "Opera", "Firefox": "Firefox", "Chrome": "Chrome", "Safari": "Safari",
}  # fmt: skip
_SYSTEMS = ("Android", "iPhone", "iPad", "Windows", "Mac OS X", "CrOS", "Linux")


def state_name(state: ProfileState | RoundState | PairingState) -> str:
    """Return what a state of a profile, a round or a pairing is called."""
    return _(STATES[state].words)


def state_look(state: ProfileState | RoundState | PairingState) -> str:
    """Return how the tag of a state of a profile, a round or a pairing looks."""
    return STATES[state].look


def health_name(health: Health) -> str:
    """Return what the state of a pairing is called that says how it is doing."""
    return _(HEALTH[health].words)


def health_look(health: Health) -> str:
    """Return how the tag of such a state looks."""
    return HEALTH[health].look


def finding(found: Finding) -> str:
    """Return what is known of a pairing, in words."""
    return _(FINDINGS[found])


def of_pair(pair: Pair) -> Label:
    """Return what stands of a pair of a round in its list, and how its tag looks, if it has one."""
    if pair.pairing.held:
        return Label(_("Held back"), "warn")
    if pair.decided is DecisionKind.PART:
        return Label(_("Kept apart"), "warn")
    if pair.decided:
        return Label(_("Pinned"), "good")
    return Label(_("Kept") if pair.is_kept else _("New"), "")


def parts(pair: Pair) -> str:
    """Return in words what each criterion adds to a pair's score, or takes from it, in points."""
    return ", ".join(f"{label} {language.signed(100 * part)}" for label, part in pair.parts)


def email_state(state: EmailState) -> str:
    """Return what a state of an email is called, for coordinators."""
    return _(EMAIL_STATES[state].words)


def email_state_look(state: EmailState) -> str:
    """Return how the tag of an email's state looks."""
    return EMAIL_STATES[state].look


def email_status(email: Email) -> Label:
    """Return what matters most of what is known of an email, in words of the reader's language."""
    if email.state is EmailState.SENT and email.came_back_at:
        return Label(_("Bounced"), "bad")
    if email.doubt_since:
        is_sent = email.state is EmailState.SENT
        return Label(
            _("May have been delivered twice") if is_sent else _("Delivery unknown"), "warn"
        )
    return Label(email_state(email.state), email_state_look(email.state))


def email_event(kind: EmailEventKind) -> str:
    """Return what happened to an email, for coordinators."""
    return _(EMAIL_EVENTS[kind])


def failure(words: str) -> str:
    """Return what a server's words say by their status code, and nothing of the words themselves.

    Reports of emails that came back may be written by anyone.
    """
    status = refusals.status_of(words)
    if not status:
        return _("no status code given")
    detail = status[2:]
    meaning = _STATUSES.get(detail) or _STATUSES.get(detail.partition(".")[0])
    if meaning is None:
        return _("status %(code)s, with no reason", code=status)
    return _("status %(code)s: %(meaning)s", code=status, meaning=_(meaning))


def initials(name: str) -> str:
    """Return the first letters of a name's first and last word, without its titles."""
    words = [word for word in re.findall(r"[^\s(),]+", name) if not word.endswith(".")] or [name]
    return "".join(word[:1] for word in (words[0], *words[1:][-1:])).upper()


def score(millionths: int) -> int:
    """Return a pair's score as pages show it, of 100."""
    return round(millionths / 10_000)


def stage(id: str | None) -> str:
    """Return the name of a career stage, a dash for none."""
    return _(taxonomy.load().label("stage", id)) if id else "–"


def browser(user_agent: str) -> str:
    """Return a browser and its system by the names that their owner knows."""
    name = next((name for part, name in _BROWSERS.items() if part in user_agent), None)
    system = next((system for system in _SYSTEMS if system in user_agent), None)
    if name is None:
        return _("Unknown browser")
    return _("%(browser)s on %(system)s", browser=name, system=system) if system else name
