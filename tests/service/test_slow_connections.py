"""Many slow requests at once: they wait at the shipped proxy, and everyone else is served."""

from __future__ import annotations

import http.client
from collections.abc import Iterator

import pytest
from patience import patient, wait_until
from proxies import SLOW_BODY, SLOW_HEAD, SLOW_UNWANTED, SlowRequests, proxied, timed_get
from services import RunningService, free_port
from shared import Shared

#: Many more than the site has threads.
SLOW = 60


@pytest.fixture(scope="module")
def behind_proxy(
    shared: Shared, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[RunningService, int]]:
    """A service behind the shipped proxy, and the proxy's port."""
    site, port = shared.on_sqlite(), free_port()
    with proxied(tmp_path_factory.mktemp("proxied"), port, site.port):
        yield site, port


@pytest.mark.parametrize("begins", [SLOW_BODY, SLOW_HEAD, SLOW_UNWANTED])
@pytest.mark.timeout(patient(240))
def test_slow_requests_keep_no_one_waiting_behind_the_proxy(
    behind_proxy: tuple[RunningService, int], begins: str
) -> None:
    _site, port = behind_proxy
    slow = SlowRequests(port, SLOW, begins)
    try:
        answers = [timed_get(port, "/sign-in", patient(10))[0] for _ in range(20)]
        assert slow.open() == SLOW, "they are all under way meanwhile"
    finally:
        slow.close()

    assert answers == [200] * 20


@pytest.mark.parametrize("begins", [SLOW_BODY, SLOW_HEAD, SLOW_UNWANTED])
@pytest.mark.timeout(patient(240))
def test_without_a_proxy_the_site_ends_slow_requests_by_itself(
    behind_proxy: tuple[RunningService, int], begins: str
) -> None:
    site, _port = behind_proxy
    slow = SlowRequests(site.port, 20, begins)
    try:
        wait_until("slow requests ended", lambda: slow.open() == 0, 60)
        status, _seconds = timed_get(site.port, "/sign-in", patient(60))
    finally:
        slow.close()

    assert status == 200


@pytest.mark.timeout(patient(60))
def test_no_header_says_where_the_site_is(behind_proxy: tuple[RunningService, int]) -> None:
    for port in (behind_proxy[1], behind_proxy[0].port):
        for name in ("SCRIPT_NAME", "Script-Name", "PATH_INFO"):
            connection = http.client.HTTPConnection("localhost", port, timeout=patient(10))
            connection.request("GET", "/evil/sign-in", headers={name: "/evil"})
            missing = connection.getresponse()
            assert missing.status == 404
            missing.read()
            connection.request("GET", "/sign-in", headers={name: "/evil"})
            answer = connection.getresponse()
            assert answer.status == 200
            assert b"/evil" not in answer.read()
            connection.close()
