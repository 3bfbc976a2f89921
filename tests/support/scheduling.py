"""Which test goes to which process of pytest-xdist: any to any, but those that share a service.

(The marks of `--dist=loadgroup` do nothing under pytest 9, which lets no one change ids of tests.)
"""

from __future__ import annotations

from xdist.scheduler import LoadScopeScheduling

#: What the tests of a file share.
SHARED = {
    "test_browser.py": "service[sqlite]",
    "test_browser_look.py": "service[sqlite]",
    "test_mishaps.py": "service[sqlite]",
    "test_browser_story.py": "service",
    "test_story.py": "service",
    "test_up.py": "up",
    "test_crowds.py": "fleet",
}


class Scheduling(LoadScopeScheduling):
    """Gives out one test after the other; what is shared goes first, and stays together."""

    def _split_scope(self, nodeid: str) -> str:
        file = nodeid.partition("::")[0].rpartition("/")[2]
        if file not in SHARED:
            return nodeid
        if SHARED[file] == "service":
            # The parameter is the database.
            return f"service[{nodeid.rpartition('[')[2]}"
        return SHARED[file]
