"""Headings of files: which column of ours one means, however a form or a coordinator words it."""

from __future__ import annotations

import difflib
import functools
import html
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from matching.language import gettext as _
from matching.profiles.columns import Column, Role, of_role, quote
from matching.profiles.labels import worded
from matching.spreadsheets.limits import MOST_COLUMNS

#: Parts of a full name that may stand in columns of their own, in the order of the whole.
NAME_PARTS = ("given_name", "middle_name", "family_name")

_ALIASES: Mapping[str, str] = {
    "e_mail": "email", "mail": "email", "email_address": "email", "e_mail_address": "email",
    "your_email": "email", "your_email_address": "email", "work_email": "email",
    "name": "full_name", "your_name": "full_name", "your_full_name": "full_name",
    "first_and_last_name": "full_name", "name_and_surname": "full_name",
    "nickname": "preferred_name", "preferred_first_name": "preferred_name",
    "first": "given_name", "last": "family_name",
    "first_name": "given_name", "your_first_name": "given_name", "given_name": "given_name",
    "given_names": "given_name", "forename": "given_name", "firstname": "given_name",
    "middle_name": "middle_name", "middle_names": "middle_name", "middle_initial": "middle_name",
    "name_first": "given_name", "name_middle": "middle_name", "name_last": "family_name",
    "last_name": "family_name", "your_last_name": "family_name", "surname": "family_name",
    "family_name": "family_name", "lastname": "family_name",
    "stage": "career_stage", "time_zone": "timezone", "your_time_zone": "timezone",
    "language": "languages", "spoken_languages": "languages",
    "organization": "institution", "organisation": "institution", "affiliation": "institution",
    "places": "capacity", "number_of_mentees": "capacity", "how_many_mentees": "capacity",
    "max_mentees": "capacity", "maximum_number_of_mentees": "capacity",
    "number_of_mentors": "mentors_wanted", "how_many_mentors": "mentors_wanted",
    "max_mentors": "mentors_wanted", "maximum_number_of_mentors": "mentors_wanted",
    "do_not_match_with": "do_not_match", "do_not_pair_with": "do_not_match",
    "do_not_pair": "do_not_match", "must_not_be_matched_with": "do_not_match",
    "id": "{role}_id", "{role}_number": "{role}_id", "{role}_no": "{role}_id",
}  # fmt: skip

#: Columns that decide who may be matched with whom, or how often. A heading that looks like one of
#: them and is read as nothing would silently drop a rule.
RULES: Mapping[str, str] = {
    "do_not_match": r"exclu|conflict|veto|(black|block)_?list|ruled_out"
    r"|(not|never|dont|don_t|no)_(be_)?(match|pair|assign)|not_with|incompatib",
    "capacity": r"capac|(max|maximum|most|limit|number|no|count|how_many)[a-z_]*_(mentees|students)"
    r"|mentees?_(max|limit|places|slots|count|number)|^(open_|free_)?places",
    "exclude_own_institution": r"(own|same|different)_(institution|hospital|school|employer)",
    "language_required": r"(required|must|need)[a-z_]*_language"
    r"|language[a-z_]*_(required|must|need)",
    "mentor_gender_preference": r"mentor[a-z_]*_gender|gender[a-z_]*_mentor"
    r"|(gender|sex)_(prefer|requir)",
    "accepts_stages": r"accept[a-z_]*_stage|stages?_[a-z_]*accept",
}
_ROLE = "mentee|mentor(?!i|ship)"
_THEIRS = (
    "(?:(?:full|first|last|given|family|preferred)_)?name|surname|e_?mail|pronouns?|gender"
    "|career_stage|stage|level|title|institution|hospital|school|employer|city|country|location"
    "|time_?zone|languages?"
)
#: "Mentor's email", "Current mentor: name" and "Email of your mentor" ask for the mentor's.
_ROLES_OWN = re.compile(
    rf"(?:(?:the|your|my|current|assigned|matched)_)*(?P<role>{_ROLE})(?:_s|s)?(?:_\d)?_(?:{_THEIRS})(?:_|$)"
)
_OF_ROLE = re.compile(
    rf"(?:{_THEIRS})(?:_address)?_of_(?:(?:the|your|my|a|current|assigned|matched)_)*(?P<role>{_ROLE})s?"
)
_PAST = re.compile(r"past|previous|former|so_far|current")

_MARKS = re.compile(r"<[^<>]{1,200}>")
_NUMBERED = re.compile(r"^\s*(?:(q(uestion)?\s*)?\d{1,3}\s*[.):]\s*|q\d{1,3}_(?=[a-z]))", re.I)
#: Beside it stands what else tools add: "Goals (id 345)", and Salesforce "Goals__c".
_REQUIRED = re.compile(r"\s*(\*|\((required|optional|id \d+)\)|__c)\s*$", re.I)
_CHOICES = (
    re.compile(r"(?P<question>.+?)\s*\(choice=(?P<choice>.+)\)\s*", re.S),
    re.compile(r"(?P<question>.+?)\s*\[(?P<choice>[^\[\]]+)\]\s*", re.S),
    re.compile(r"(?P<question>.+?) - (?:Selected Choice - )?(?P<choice>.+?)(?: - Text)?", re.S),
    re.compile(r"(?P<question>[a-z_]+?)___(?P<choice>\w+)"),
)


@dataclass(frozen=True)
class Source:
    """One column of a file that answers a column of ours, or a part of a name.

    With a `choice`, it is the box of one possible answer of several.
    """

    position: int
    name: str
    title: str
    choice: str = ""


def fold(title: str) -> str:
    """Return a heading as headings are compared: words in small letters, joined by `_`."""
    plain = _MARKS.sub(" ", html.unescape(title[:300]))
    plain = _REQUIRED.sub("", _NUMBERED.sub("", plain))
    plain = unicodedata.normalize("NFKC", plain).casefold().replace("’", "'")
    return re.sub(r"[\W_]+", "_", plain).strip("_")


def meant(title: str, role: Role, own: tuple[Column, ...] = ()) -> str | None:
    """Return the column of ours, or the part of a name, that a heading means; None for others.

    A program's `own` questions come first: a coordinator worded them.
    """
    folded = fold(title)
    if folded and (question := _asked(role, own).get(folded)) is not None:
        return question
    # Questions are asked in the reader's language, so the table is made for the language in use.
    return _known(role, _("Full name")).get(folded)


@functools.lru_cache(maxsize=32)
def _asked(role: Role, own: tuple[Column, ...]) -> Mapping[str, str]:
    asked = [column for column in own if column.asked_of(role)]
    return {fold(words): column.name for column in asked for words in (column.name, column.title)}


@functools.lru_cache(maxsize=32)
def _known(role: Role, _language: str) -> Mapping[str, str]:
    aliases = ((key.format(role=role), name.format(role=role)) for key, name in _ALIASES.items())
    # "Number of mentees" is no question to a mentee.
    asked = {*of_role(role), *NAME_PARTS}
    known = {key: name for key, name in aliases if name in asked}
    for name, column in of_role(role).items():
        question = column.mentee if role == "mentee" else column.mentor
        for wording in (*worded(column.title), *worded(question), name):
            known[fold(wording)] = name
    return known


def sources(header: Sequence[str], role: Role, own: tuple[Column, ...] = ()) -> list[Source]:
    """Return which columns of a header are whose answers, in the order of the file."""
    found = []
    for position, title in enumerate(header[: MOST_COLUMNS + 1]):
        if (name := meant(title, role, own)) is not None:
            found.append(Source(position, name, title.strip()))
        elif (source := _choice(position, title, role, own)) is not None:
            found.append(source)
    return found


def _choice(position: int, title: str, role: Role, own: tuple[Column, ...]) -> Source | None:
    """Return a column that holds one choice of a question with several answers."""
    for pattern in _CHOICES:
        if match := pattern.fullmatch(title.strip()[:300]):
            name = meant(match["question"], role, own)
            column = of_role(role, own).get(name or "")
            if column is None:
                continue
            if column.reader.is_list:
                return Source(position, column.name, title.strip(), match["choice"].strip())
            if match["choice"].strip().lower() == "selected choice":
                return Source(position, column.name, title.strip())
    return None


def known_in(rows: Iterable[Sequence[str]], role: Role) -> int:
    """Return how many columns of ours are known in the row of `rows` that has most of them.

    0 where none has enough to be a row of headings.
    """
    most = max((len({s.name for s in sources(cells, role)}) for cells in rows), default=0)
    return most if most > 1 else 0


def looks_like_a_rule(title: str, role: Role) -> str | None:
    """Return the must-rule or the number of places that an unknown heading may stand for."""
    folded = fold(title)
    if not folded or _PAST.search(folded):
        return None
    for name, pattern in RULES.items():
        if name not in of_role(role):
            continue
        alike = difflib.SequenceMatcher(None, folded[:60], name).ratio() >= 0.8
        if alike or re.search(pattern, folded):
            return name
    return None


def suggestion(title: str, role: Role) -> str | None:
    """Return the column of ours that an unknown heading was probably meant to be."""
    folded = fold(title)[:60]
    known = _known(role, _("Full name"))
    # "Number of mentors" is no misspelled "number of mentees".
    alike = [each for each in known if roles_named(each) == roles_named(folded)]
    close = difflib.get_close_matches(folded, alike, n=1, cutoff=0.8)
    return known[close[0]] if close and _is_misspelled(folded, close[0]) else None


def _is_misspelled(folded: str, known: str) -> bool:
    """Return whether two headings that look alike differ in letters, and not by a word.

    "Preferred mentor gender" asks for something else than "preferred mentors".
    """
    words, others = folded.split("_"), known.split("_")
    if len(words) != len(others):
        return difflib.SequenceMatcher(None, folded, known).ratio() >= 0.9
    pairs = zip(words, others, strict=True)
    return all(difflib.SequenceMatcher(None, *pair).ratio() >= 0.6 for pair in pairs)


def roles_named(folded: str) -> frozenset[str]:
    """Return which of the two roles a folded heading names."""
    return frozenset(re.findall(_ROLE, folded))


def is_about_others(title: str, role: Role) -> bool:
    """Return whether a heading asks for what the other role is, as "Mentor email" of a mentee.

    That is no answer about the person themselves. "Email (shared with your mentor)" is one.
    """
    folded = fold(title)
    match = _ROLES_OWN.match(folded) or _OF_ROLE.fullmatch(folded)
    return match is not None and match["role"] != role


def belongs_to_others(title: str, role: Role) -> bool:
    """Return whether a heading is a column that only people of the other role are asked."""
    other: Role = "mentor" if role == "mentee" else "mentee"
    return fold(title) in of_role(other) and fold(title) not in of_role(role)


def named(titles: Iterable[str]) -> str:
    """Return headings as a list in a sentence, the first ten of them."""
    all = [quote(title.strip()) for title in titles]
    return ", ".join(all[:10]) + (" …" if len(all) > 10 else "")
