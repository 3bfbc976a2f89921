"""Who must not be matched with whom, and the answers that name other people."""

from __future__ import annotations

from typing import TYPE_CHECKING

from matching.profiles import normal_forms

if TYPE_CHECKING:  # reading a file needs none of the database
    from mentorship.models import Profile

DO_NOT_MATCH = "do_not_match"
#: Answers that name other people, by address or by the id in a coordinator's list.
LISTS_OF_PEOPLE = (DO_NOT_MATCH, "mentor_picks")


def excludes(profile: Profile, other: Profile) -> bool:
    """Return whether one person ruled the other out."""
    listed = {normal_forms.person(entry) for entry in profile.answers.get(DO_NOT_MATCH, [])}
    return not listed.isdisjoint(names_of(other))


def either_excludes(one: Profile, other: Profile) -> bool:
    """Return whether either of two people ruled the other out."""
    return excludes(one, other) or excludes(other, one)


def names_of(profile: Profile) -> set[str]:
    """Return what lists may call someone, in normal form: the id in a list, and the address."""
    return {normal_forms.listed_id(profile.listed_id), profile.person.email_key}
