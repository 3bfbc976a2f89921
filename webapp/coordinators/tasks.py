"""What a program's coordinators could do now, the most urgent first: words, and where to do it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from flask import url_for

from mentorship import language
from mentorship.coordination.health import Health
from mentorship.coordination.overview import Overview
from mentorship.coordination.roster import Need
from mentorship.language import gettext as _
from mentorship.language import ngettext
from mentorship.models import Forecast, Program, Role, Scope
from mentorship.people.sight import FEW
from mentorship.states import EmailState, ProfileState, RoundState


@dataclass(frozen=True)
class Task:
    """One thing to do: what there is, what it means, and a link or a form that leads on."""

    title: str
    detail: str
    button: str
    place: str
    #: Whether the button acts at once, so that it is a form of its own.
    acts: bool = False


@dataclass(frozen=True)
class Pairs:
    """How many pairings are doing how, and how many the two ended lately."""

    counts: Mapping[Health, int]
    ended_lately: int


def of_overview(
    program: Program,
    overview: Overview,
    pairs: Pairs,
    forecast: Forecast | None,
    to_remind: int,
) -> list[Task]:
    """Return what there is to do, in order; `to_remind` people may be reminded of a profile."""
    steps = (
        _begin(program, overview),
        _round(program, overview, forecast),
        _approvals(program, overview),
        _people(
            program, overview.over, Need.OVER,
            ngettext("%(n)s mentor has more mentees than places",
                     "%(n)s mentors have more mentees than places", overview.over),
            _("They lowered their number of mentees after they were matched. Ask them which "
              "pairings should continue."),
            ngettext("See the mentor", "See %(n)s mentors", overview.over),
        ),
        _pairings(
            program, pairs.counts[Health.TROUBLE], Health.TROUBLE,
            ngettext("%(n)s pairing is in trouble", "%(n)s pairings are in trouble",
                     pairs.counts[Health.TROUBLE]),
            _("No sign of contact in four weeks, an address that bounces, or one of them "
              "says so. A quick call to one of them often helps."),
            ngettext("Check in on the pair", "Check in on %(n)s pairs",
                     pairs.counts[Health.TROUBLE]),
        ),
        _pairings(
            program, pairs.counts[Health.QUIET], Health.QUIET,
            ngettext("%(n)s pairing is quiet", "%(n)s pairings are quiet",
                     pairs.counts[Health.QUIET]),
            _("They were introduced, or asked how it's going, two weeks ago or more, and there is "
              "no sign of contact since. One click reminds both."),
            ngettext("See the pairing", "See %(n)s pairings", pairs.counts[Health.QUIET]),
        ),
        _pairings(
            program, pairs.ended_lately, Health.ENDED,
            ngettext("%(n)s pairing ended in the last two weeks",
                     "%(n)s pairings ended in the last two weeks", pairs.ended_lately),
            _("One of the two ended it or left. A mentee without another mentor goes first in the "
              "next round."),
            ngettext("See the pairing", "See %(n)s pairings", pairs.ended_lately),
        ),
        _people(
            program, overview.unreached, Need.UNREACHED,
            ngettext("%(n)s email address doesn't work", "%(n)s email addresses don't work",
                     overview.unreached),
            _("Emails to %(names)s bounced.", names=_some(overview)),
            ngettext("Fix the address", "Fix %(n)s addresses", overview.unreached),
        ),
        _failed(program, overview),
        _came_back(program, overview),
        _unfinished(program, overview, to_remind),
    )  # fmt: skip
    return [task for found in steps for task in found]


def _begin(program: Program, overview: Overview) -> Iterator[Task]:
    people = overview.people
    if not people[Role.MENTEE] and not people[Role.MENTOR] and not overview.invited:
        yield Task(
            _("No one has joined yet"),
            _("Import a list, or send people to the program's front page."),
            _("Import people"),
            url_for("uploads.choose", slug=program.slug),
        )
    elif people[Role.MENTEE] and not people[Role.MENTOR]:
        yield Task(
            _("There are no mentors yet"),
            _("Mentees can be matched once mentors with free places join."),
            _("Import mentors"),
            url_for("uploads.choose", slug=program.slug),
        )


def _round(program: Program, overview: Overview, forecast: Forecast | None) -> Iterator[Task]:
    round = overview.open_round
    if round is not None:
        is_proposed = round.state is RoundState.PROPOSED
        yield Task(
            _("Round %(number)s is waiting for your review", number=round.number)
            if is_proposed
            else _("Round %(number)s is being matched", number=round.number),
            _("No one is notified until you publish it.")
            if is_proposed
            else _("You can leave this page; you'll get an email when it's done."),
            _("Review round %(number)s", number=round.number)
            if is_proposed
            else _("Watch progress"),
            url_for("rounds.show", slug=program.slug, round_id=round.id),
        )
        return
    if not overview.waiting or not overview.people[Role.MENTOR]:
        return
    waiting = ngettext("%(n)s mentee is waiting", "%(n)s mentees are waiting", overview.waiting)
    to_start = url_for("rounds.index", slug=program.slug, scope=Scope.UNMATCHED.value)
    # One that is being renewed may no longer be true.
    is_new = forecast is not None and forecast.result is not None and forecast.due_at is None
    matched = forecast.result["matched"] if forecast and forecast.result and is_new else None
    if not overview.free:
        yield Task(
            _("%(waiting)s and no place is free", waiting=waiting),
            _("The list below shows what would match most of them."),
            _("See what would help"),
            "#gap",
        )
    elif matched == 0:
        yield Task(
            _("%(waiting)s, and no free place suits them", waiting=waiting),
            _("A round now would match no one. The list below shows what would help."),
            _("See what would help"),
            "#gap",
        )
    else:
        places = ngettext("%(n)s place is free", "%(n)s places are free", overview.free)
        detail = _("Computing how many of them a round would match.")
        if matched is not None:
            detail = ngettext(
                "A round now would match %(n)s of them.",
                "A round now would match %(n)s of them.",
                matched,
            )
        if overview.paired:
            detail += " " + ngettext(
                "The existing pairing stays as it is.",
                "All %(n)s pairings stay as they are.",
                overview.paired,
            )
        yield Task(
            _("%(waiting)s and %(places)s", waiting=waiting, places=places),
            detail,
            _("Start a round for them"),
            to_start,
        )


def _approvals(program: Program, overview: Overview) -> Iterator[Task]:
    number = sum(overview.to_approve.values())
    if not number:
        return
    mentees, mentors = overview.to_approve[Role.MENTEE], overview.to_approve[Role.MENTOR]
    who = [ngettext("%(n)s mentor", "%(n)s mentors", mentors)] * bool(mentors)
    who += [ngettext("%(n)s mentee", "%(n)s mentees", mentees)] * bool(mentees)
    detail = _("They'll be matched once you approve them: %(who)s.", who=language.listed(who))
    if overview.places_to_approve:
        detail += " " + ngettext(
            "That adds %(n)s place.", "That adds %(n)s places.", overview.places_to_approve
        )
    yield Task(
        ngettext(
            "%(n)s person is waiting for approval", "%(n)s people are waiting for approval", number
        ),
        detail,
        ngettext("Review the person", "Review %(n)s people", number),
        url_for("people.index", slug=program.slug, state=ProfileState.AWAITING_APPROVAL.value),
    )


def _people(
    program: Program, number: int, need: Need, title: str, detail: str, button: str
) -> Iterator[Task]:
    if number:
        place = url_for("people.index", slug=program.slug, need=need.value)
        yield Task(title, detail, button, place)


def _pairings(
    program: Program, number: int, state: Health, title: str, detail: str, button: str
) -> Iterator[Task]:
    if number:
        place = url_for("pairings.index", slug=program.slug, state=state.value)
        yield Task(title, detail, button, place)


def _some(overview: Overview) -> str:
    names = list(overview.unreached_names)
    if more := overview.unreached - len(names):
        names.append(ngettext("%(n)s more", "%(n)s more", more))
    return language.listed(names)


def _failed(program: Program, overview: Overview) -> Iterator[Task]:
    if number := overview.emails_failed:
        yield Task(
            ngettext("%(n)s email wasn't sent", "%(n)s emails weren't sent", number),
            _("The list says why. Once that is fixed, resend them there."),
            ngettext("See the email", "See %(n)s emails", number),
            url_for("emails.index", slug=program.slug, state=EmailState.FAILED.value),
        )


def _came_back(program: Program, overview: Overview) -> Iterator[Task]:
    if number := overview.emails_back:
        yield Task(
            ngettext("%(n)s email bounced", "%(n)s emails bounced", number),
            _("The list says why. Tell the person another way, or resend it there."),
            ngettext("See the email", "See %(n)s emails", number),
            url_for("emails.index", slug=program.slug, state="came_back"),
        )


def _unfinished(program: Program, overview: Overview, to_remind: int) -> Iterator[Task]:
    # What was not sent in is its person's alone: few would be known by it.
    drafts = overview.drafts if overview.drafts >= FEW else 0
    parts = []
    if overview.invited:
        parts.append(
            ngettext(
                "%(n)s invited person hasn't answered.",
                "%(n)s invited people haven't answered.",
                overview.invited,
            )
        )
    if drafts:
        parts.append(
            ngettext(
                "%(n)s person started a profile but didn't submit it.",
                "%(n)s people started a profile but didn't submit it.",
                drafts,
            )
        )
    if not parts:
        return
    number = overview.invited + drafts
    title = ngettext("%(n)s profile is unfinished", "%(n)s profiles are unfinished", number)
    if to_remind:
        yield Task(
            title,
            " ".join(parts),
            ngettext("Remind %(n)s person", "Remind %(n)s people", to_remind),
            url_for("desk.remind", slug=program.slug),
            acts=True,
        )
    elif overview.invited:
        parts.append(_("Everyone got an email recently; reminders are at least two weeks apart."))
        yield Task(
            title,
            " ".join(parts),
            _("See who was invited"),
            url_for("people.index", slug=program.slug, state=ProfileState.UNCONFIRMED.value),
        )
