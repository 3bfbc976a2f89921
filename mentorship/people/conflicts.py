"""Who must not be matched with whom, and the answers that name other people."""

from __future__ import annotations

from mentorship.models import Profile

DO_NOT_MATCH = "do_not_match"
#: Answers that name other people, by address or by the id in a coordinator's list.
LISTS_OF_PEOPLE = (DO_NOT_MATCH, "mentor_picks")


def excludes(profile: Profile, other: Profile) -> bool:
    """Return whether one person said that they must not be matched with another."""
    listed = profile.answers.get(DO_NOT_MATCH, [])
    return other.listed_id in listed or other.person.email_key in listed
