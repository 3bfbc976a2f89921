"""Which test goes to which process of pytest-xdist: any to any, but those that share a service.

(The marks of `--dist=loadgroup` do nothing under pytest 9, which lets no one change ids of tests.)
"""

from __future__ import annotations

import pytest
from xdist.scheduler import LoadScopeScheduling

#: What the tests of a file share.
SHARED = {
    "test_access.py": "service[sqlite]",
    # A walk through all pages takes as long as all others that look at a service on SQLite.
    "test_browser.py": "pages",
    "test_browser_import.py": "service",
    "test_browser_look.py": "service[sqlite]",
    "test_browser_rounds.py": "service[sqlite]",
    "test_browser_banner.py": "service[sqlite]",
    "test_browser_review.py": "service",
    "test_browser_rematch.py": "service",
    "test_browser_pictures.py": "service[sqlite]",
    "test_browser_report.py": "service[sqlite]",
    "test_mishaps.py": "service[sqlite]",
    "test_browser_story.py": "service",
    "test_story.py": "service",
    "test_up.py": "up",
    "test_slow_connections.py": "service[sqlite]",
    "test_mail_servers.py": "mail servers",
    "test_encryption.py": "encrypted servers",
    "test_crowds.py": "fleet",
}


def group_of(nodeid: str) -> str:
    """Return the name of what a test shares with others, or its own."""
    file = nodeid.partition("::")[0].rpartition("/")[2]
    if file not in SHARED:
        return nodeid
    if SHARED[file] == "service":
        # The parameter is the database; what has another one is on SQLite.
        return "service[postgresql]" if nodeid.endswith("[postgresql]") else "service[sqlite]"
    return SHARED[file]


def is_last_of_group(item: pytest.Item, following: pytest.Item | None) -> bool:
    """Return whether what a test shares is needed no more once the following one begins."""
    return following is None or group_of(following.nodeid) != group_of(item.nodeid)


def put_together(items: list[pytest.Item]) -> None:
    """Let tests that share something follow one another."""
    places: dict[str, int] = {}
    for item in items:
        places.setdefault(group_of(item.nodeid), len(places))
    items.sort(key=lambda item: places[group_of(item.nodeid)])


class Scheduling(LoadScopeScheduling):
    """Gives out one test after the other; what is shared goes first, and stays together."""

    def _split_scope(self, nodeid: str) -> str:
        return group_of(nodeid)
