"""What people read keeps to plain, current American English: some words are never used.

They are those that earlier texts had and a native reader stumbled over, each with what to say
instead. The list is short on purpose: it holds what would otherwise come back.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
import translations
from babel.messages.pofile import read_po

import mentorship.commands
from matching import __main__ as matching_command

APPROVED = Path(__file__).parent / "emails" / "approved"
GUIDE = Path(__file__).parents[2] / "docs" / "coordinators.md"
#: By regular expression, what to say instead.
INSTEAD = {
    r"mend(s|ed|ing)?": "fix",
    r"forget the": "discard",
    r"admit(s|ted)?": "approve",
    r"turn(s|ed)? away": "decline",
    r"without a partner": "unmatched",
    r"known as": "called",
    r"such a": "a",
    r"whoever|somebody|somebody's": "someone, people who",
    r"nobody|everybody|anybody": "no one, everyone, anyone",
    r"that which": "what",
    r"no matter": "no preference, not specified",
    r"rather:": "prefer",
    r"owed": "queued",
    r"in doubt": "delivery unknown",
    r"ticks?|ticked": "select, check the box",
    r"take part no longer": "have left",
    r"wish(es|ed)? for": "want, ask for",
    r"put forward": "suggest",
    r"call(s|ed)? off": "cancel",
    r"drawn to": "interested in",
    r"open a door": "offer an opportunity",
    r"gone astray": "gotten lost",
    r"anew|lately": "again, recently",
    r"of another mind": "has changed their mind",
    r"cannot be meant": "is not valid",
    r"any more(?=[.,;:]|\Z)": "no longer",
    r"meanwhile": "in the meantime",
    r"without a word": "silently, or what was seen",
    r"says? nothing about": "is no reflection on",
    r"one's own": "their own",
    r"more seldom|for ever|afterwards|towards": "less often, forever, afterward, toward",
    r"speaks? (for|against)": "supports, contradicts",
    r"no such": "… does not exist",
    r"where it pinches": "where places are short",
    r"lease|doorbell|outbox|blocking pair|lambda|λ": "(explain it in a reader's words)",
    r"practis\w+|cancelled|colour|favour|programme|organis\w+|judgement|whilst|full stop": (
        "American spelling"
    ),
}
_FORBIDDEN = {re.compile(rf"\b(?:{words})(?!\w)", re.I): say for words, say in INSTEAD.items()}
_VALUES = re.compile(r"%\(\w+\)s|\{\w+\}")


def messages() -> Iterator[str]:
    """Every text of the site, the emails and the errors, without the values in it."""
    with translations.TEMPLATE.open("rb") as file:
        for message in read_po(file):
            forms = message.id if isinstance(message.id, tuple) else (message.id,)
            yield from (_VALUES.sub("…", form) for form in forms)


def helps(command: click.Command) -> Iterator[str]:
    """What a command, its options and the commands below it say of themselves."""
    yield command.help or ""
    yield from (option.help or "" for option in command.params if isinstance(option, click.Option))
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            below = command.get_command(context, name)
            assert below is not None
            yield from helps(below)


def stumbled_over(texts: Iterator[str]) -> list[tuple[str, str, str]]:
    """The texts with a word that is never used, each with the word and what to say instead."""
    return [
        (text, found[0], say)
        for text in texts
        for words, say in _FORBIDDEN.items()
        if (found := words.search(text))
    ]


def test_no_text_of_ours_has_a_word_that_readers_stumble_over() -> None:
    assert stumbled_over(messages()) == []


def test_no_email_has_one() -> None:
    assert stumbled_over(path.read_text() for path in sorted(APPROVED.glob("*.txt"))) == []


def test_the_guide_for_coordinators_has_none() -> None:
    assert stumbled_over(iter(GUIDE.read_text().split("\n\n"))) == []


@pytest.mark.parametrize("command", [mentorship.commands.main, matching_command.main])
def test_no_command_has_one_in_its_help(command: click.Command) -> None:
    texts = list(helps(command))
    assert sum(map(bool, texts)) >= 15
    assert stumbled_over(iter(texts)) == []


def test_words_are_found_whole_and_in_any_case() -> None:
    assert [found for _text, found, _say in stumbled_over(iter(["Mend it", "No matter."]))] == [
        "Mend", "No matter",
    ]  # fmt: skip
    assert stumbled_over(iter(["Recommended", "sticker", "Remember", "They matter"])) == []
