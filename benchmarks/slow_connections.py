"""How others are served while 200 forms come slowly: `python benchmarks/slow_connections.py`.

Starts a service and the shipped proxy in a temporary folder, opens connections that send a form a
byte a second, and prints how long pages take meanwhile, at 10 a second on connections of their own.
Written down in docs/figures.md.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).parents[1]
# In place of this folder, whose matching.py would be taken for the library.
sys.path[0] = str(ROOT / "tests" / "support")

from proxies import SlowRequests, proxied, timed_get  # noqa: E402 - the tests' own proxy is used here
from services import RunningService, free_port  # noqa: E402

SLOW, A_SECOND, SECONDS = 200, 10, 30


def served(port: int) -> tuple[float, float, int]:
    """Return median and 99th percentile in seconds, and how many pages failed."""
    with ThreadPoolExecutor(64) as pool:
        asked = []
        for _ in range(A_SECOND * SECONDS):
            asked.append(pool.submit(timed_get, port, "/sign-in", 30))
            time.sleep(1 / A_SECOND)
        times, failed = [], 0
        for each in asked:
            try:
                status, seconds = each.result()
            except OSError:
                status, seconds = 0, 30.0
            times.append(seconds)
            failed += status != 200
    return statistics.median(times), statistics.quantiles(times, n=100)[98], failed


def told(seen: tuple[float, float, int]) -> str:
    """Return figures in words."""
    median, p99, failed = seen
    return f"median {median:.3f} s, p99 {p99:.3f} s, {failed} failed"


def main() -> None:
    """Print the times without and with slow forms."""
    with tempfile.TemporaryDirectory() as name:
        folder, port = Path(name), free_port()
        site = RunningService(
            folder, None, forecasts=True, BASE_URL=f"http://localhost:{port}", PROXY_HOPS="1"
        )
        try:
            site.start()
            with proxied(folder, port, site.port):
                print(f"without: {told(served(port))}")
                slow = SlowRequests(port, SLOW)
                seen = served(port)
                still = slow.open()
                slow.close()
                print(f"with {SLOW} slow forms: {told(seen)}")
                print(f"{still} of them were still open at the end")
        finally:
            site.stop()


if __name__ == "__main__":
    main()
