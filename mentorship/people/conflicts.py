"""Who must not be matched with whom."""

from __future__ import annotations

from mentorship.models import Profile


def excludes(profile: Profile, other: Profile) -> bool:
    """Return whether somebody said that they must not be brought together with another."""
    listed = profile.answers.get("do_not_match", [])
    return other.listed_id in listed or other.person.email_key in listed
