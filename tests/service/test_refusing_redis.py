"""A Redis that answers and refuses, as in a failover: it is waited for, and nothing ends."""

from __future__ import annotations

import tempfile
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
import servers
from patience import patient, wait_until
from refusals import Refuser
from services import WORKERS, RunningService

#: What a Redis says while it fails over, loads its data or misses its replicas.
WORDS = (
    "READONLY You can't write against a read only replica.",
    "LOADING Redis is loading the dataset in memory",
    "MOVED 3999 127.0.0.1:1",
    "MASTERDOWN Link with MASTER is down and replica-serve-stale-data is set to 'no'.",
    "NOREPLICAS Not enough good replicas to write.",
    "UNBLOCKED force unblock from blocking operation, instance state changed (master -> replica?)",
    "MISCONF Redis is configured to save RDB snapshots, but it's unable to persist to disk.",
    "CLUSTERDOWN The cluster is down",
)
#: One that refuses writes alone, everything, this place, and a wait that had begun.
SOME = tuple(words for words in WORDS if words.startswith(("READ", "LOAD", "MOVED", "UNBL")))
PARTS = (*WORKERS, "webapp.wsgi")


@pytest.fixture
def redis(tmp_path: Path) -> Iterator[Refuser]:
    with servers.Redis(tmp_path) as url, tempfile.TemporaryDirectory() as folder:
        path = Path(url.removeprefix("unix://"))
        with Refuser(path, Path(folder, "redis.sock")) as refuser:
            yield refuser


@pytest.fixture
def service(tmp_path: Path, redis: Refuser) -> Iterator[RunningService]:
    service = RunningService(tmp_path, None, REDIS_URL=redis.url)
    yield service
    service.stop()


@pytest.mark.parametrize(
    "refusals",
    [
        pytest.param(SOME, id="some"),
        pytest.param(WORDS, id="all", marks=pytest.mark.chaos_long),
    ],
)
def test_a_redis_that_refuses_is_waited_for(
    service: RunningService, redis: Refuser, refusals: tuple[str, ...]
) -> None:
    # From the start, too.
    redis.words = WORDS[1]
    service.start()
    slug = service.new_program(4, 2)
    before = [service.part(words) for words in PARTS]

    for words in refusals:
        redis.words = words
        refused = redis.refused
        round_id = service.start_round(slug)
        # Both workers and beat have asked more than once.
        wait_until(words, lambda n=refused: redis.refused > n + 12)
        with urllib.request.urlopen(f"{service.site}/sign-in", timeout=patient(5)) as page:
            assert page.status == 200
        redis.words, again_at = None, time.monotonic()
        service.wait_for_state(round_id, "proposed")
        took = time.monotonic() - again_at
        print(f"{words.split()[0]}: proposed after {took:.1f} s")  # noqa: T201 - seen with -s
        service.publish_round(round_id)
        service.wait_for_emails(slug)

    assert [service.part(words) for words in PARTS] == before, "no process ended"
    assert "is being restarted" not in service.output()
