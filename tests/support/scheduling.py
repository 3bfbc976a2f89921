"""Which test goes to which process of pytest-xdist: any to any, but those that share a service.

(The marks of `--dist=loadgroup` do nothing under pytest 9, which lets no one change ids of tests.)
"""

from __future__ import annotations

import pytest
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

#: What the tests of a file share. With one service for all that need one on SQLite, one of the
#: processes would be at work long after the others.
SHARED = {
    "test_access.py": "service",
    "test_browser.py": "pages",
    "test_browser_import.py": "coordinators",
    "test_browser_look.py": "service",
    "test_browser_rounds.py": "service",
    "test_browser_banner.py": "service",
    "test_browser_review.py": "coordinators",
    "test_browser_rematch.py": "coordinators",
    "test_browser_pictures.py": "coordinators",
    "test_browser_report.py": "service",
    "test_mishaps.py": "service",
    "test_browser_story.py": "coordinators",
    "test_story.py": "service",
    "test_up.py": "up",
    "test_slow_connections.py": "service",
    "test_mail_servers.py": "mail servers",
    "test_encryption.py": "encrypted servers",
    "test_crowds.py": "fleet",
}
#: What takes longest is begun first; all other tests follow.
LONGEST_FIRST = (
    "coordinators", "service", "pages", "fleet", "up", "service on PostgreSQL", "mail servers",
    "encrypted servers",
)  # fmt: skip


def group_of(nodeid: str) -> str:
    """Return the name of what a test shares with others, or its own."""
    file = nodeid.partition("::")[0].rpartition("/")[2]
    if file not in SHARED:
        return nodeid
    # The parameter is the database; what has another one is on SQLite.
    on_postgresql = nodeid.endswith("[postgresql]")
    if on_postgresql and SHARED[file] in ("service", "coordinators"):
        return "service on PostgreSQL"
    return SHARED[file]


def is_last_of_group(item: pytest.Item, following: pytest.Item | None) -> bool:
    """Return whether what a test shares is needed no more once the following one begins."""
    return following is None or group_of(following.nodeid) != group_of(item.nodeid)


def put_together(items: list[pytest.Item]) -> None:
    """Let tests that share something follow one another, before all others."""
    places = {name: place for place, name in enumerate(LONGEST_FIRST)}
    for item in items:
        places.setdefault(group_of(item.nodeid), len(places))
    items.sort(key=lambda item: places[group_of(item.nodeid)])


class Scheduling(LoadScopeScheduling):
    """Gives out one test after the other, in their order; what is shared stays together."""

    def __init__(self, config: pytest.Config, log: Producer) -> None:
        super().__init__(config, log)
        # Groups of many tests are not those that take long.
        config.option.loadscopereorder = False

    def _split_scope(self, nodeid: str) -> str:
        return group_of(nodeid)
