"""Whether the time of an answer tells known from unknown addresses: `python benchmarks/sign_in.py`.

Asks a site on SQLite in this process for emails to 500 known and 500 unknown addresses, in pairs of
one each in random order, and prints medians and the p-value of a Mann-Whitney test; the answers
must be the same bytes. Written down in docs/figures.md.
"""

from __future__ import annotations

import random
import re
import statistics
import sys
import tempfile
import time
import uuid
from pathlib import Path

from scipy.stats import mannwhitneyu

ROOT = Path(__file__).parents[1]
# In place of this folder, whose matching.py would be taken for the library.
sys.path[0] = str(ROOT / "tests" / "support")

import factories  # noqa: E402 - the tests' own people are used here too

from mentorship import database, migrations
from mentorship.accounts import sign_in_links
from mentorship.settings import Settings
from webapp import create_app, security

EACH = 500
WARM_UP = 50


def main() -> None:
    """Print what was seen."""
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(
            database_url=f"sqlite:///{folder}/site.db", secret_key=uuid.uuid4().hex * 2
        )
        engine = database.make_engine(settings.database_url)
        migrations.upgrade(engine)
        app = create_app(settings)
        app.config["WTF_CSRF_ENABLED"] = False
        security.limiter.enabled = False
        sign_in_links.MOST_FROM_PLACE = 10 * EACH  # All of them come from one place.
        with database.transaction(engine) as session:
            program = factories.make_program(session)
            for number in range(EACH + WARM_UP):
                factories.make_mentee(session, program, email=f"known-{number}@example.org")
        times: dict[str, list[float]] = {"known": [], "other": []}
        pages: dict[str, set[str]] = {"known": set(), "other": set()}
        for number in range(EACH + WARM_UP):
            for kind in random.sample(["known", "other"], 2):
                address = f"{kind}-{number}@example.org"
                client = app.test_client()
                data = {"email": address, "form_key": uuid.uuid4().hex}
                started = time.perf_counter()
                answer = client.post("/sign-in", data=data, base_url="https://localhost")
                seconds = time.perf_counter() - started
                page = client.get("/sign-in/code", base_url="https://localhost")
                seen = f"{answer.status} {answer.data!r} {page.status} {page.text}"
                seen = re.sub(r'(csrf_token|form_key)" value="[^"]+"|nonce="[^"]+"', "", seen)
                pages[kind].add(seen.replace(address, "ADDRESS"))
                if number >= WARM_UP:
                    times[kind].append(seconds)
        alike = pages["known"] == pages["other"] and len(pages["known"]) == 1
        p = mannwhitneyu(times["known"], times["other"]).pvalue
        medians = [statistics.median(each) * 1000 for each in times.values()]
        print(f"medians {medians[0]:.2f} ms known, {medians[1]:.2f} ms unknown; p = {p:.3f}")
        print("the same bytes" if alike else f"DIFFERENT: {pages}")


if __name__ == "__main__":
    main()
