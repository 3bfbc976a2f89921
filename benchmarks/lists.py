"""How fast lists are searched, exported, reported on and written to: `python benchmarks/lists.py`.

Fills a database of each kind with 10,000 + 3,000 made-up people and two emails to each, and prints
the time and the processor time of the site for each page. Written down in docs/figures.md.
"""

from __future__ import annotations

import argparse
import re
import sys
import time
import uuid
from pathlib import Path

ROOT = Path(__file__).parents[1]
# Instead of this folder, in which another `matching` stands.
sys.path[0:1] = [str(ROOT), str(ROOT / "tests" / "support"), str(ROOT / "benchmarks")]

import overview  # noqa: E402 - its people are used here too
from sqlalchemy import func, insert, select, update  # noqa: E402
from sqlalchemy.orm import Session  # noqa: E402

from mentorship import database, migrations, outbox  # noqa: E402
from mentorship.accounts import sign_in_links  # noqa: E402
from mentorship.models import Email, EmailKind, Profile, Program  # noqa: E402
from mentorship.programs import programs  # noqa: E402
from mentorship.settings import Settings  # noqa: E402
from webapp import create_app  # noqa: E402

PAGES = (
    "search?q=mentor12", "search?q=some", "search?q=nobody-of-this-name", "report",
    "people/export.csv", "people/export.xlsx", "pairings/export.xlsx", "emails/export.csv",
    "emails/export.xlsx",
)  # fmt: skip
PASSES = 3


def main() -> None:
    overview.on_each_database(measure, str(__doc__))


def measure(url: str, options: argparse.Namespace) -> None:
    engine = database.make_engine(url)
    migrations.upgrade(engine)
    settings = Settings(database_url=url, secret_key="made up, and long enough for a benchmark")
    print(f"{engine.dialect.name}, {options.mentees} + {options.mentors} people")
    with database.transaction(engine) as session:
        program = programs.add(session, "large", programs.Settings(name="Large"))
        programs.add_coordinator(session, program, "dana@example.org")
        overview.fill(session, program, options.mentees, options.mentors)
        write(session, program)
        person = programs.coordinators(session, program.id)[0].person
        link = sign_in_links.make_link(session, person, settings).removeprefix(settings.base_url)
    app = create_app(settings)
    app.extensions |= {"engine": engine}
    browser = app.test_client()

    def keys(path: str) -> dict[str, str]:
        page = browser.get(path, base_url="https://localhost").text
        return dict(re.findall(r'name="(csrf_token|form_key|readers)" value="([^"]+)"', page))

    browser.post(link, base_url="https://localhost", data=keys(link))
    for path in PAGES:
        address = f"/programs/large/{path}"
        answer = browser.get(address, base_url="https://localhost")
        if answer.status_code != 200:
            raise SystemExit(f"{address} cannot be shown")
        began, used = time.monotonic(), time.process_time()
        for _ in range(PASSES):
            browser.get(address, base_url="https://localhost")
        tell(path, began, used, PASSES)
    place = "/programs/large/messages/new"
    words = {"subject": "Friday", "text": "We meet on Friday."}
    letter = browser.post(place, base_url="https://localhost", data=keys(place) | words).location
    form = keys(letter)
    began, used = time.monotonic(), time.process_time()
    sent = browser.post(f"{letter}/send", base_url="https://localhost", data=form)
    tell("sending a message to everyone", began, used, 1)
    with database.reading(engine) as session:
        owed = select(func.count()).where(Email.kind == EmailKind.LETTER)
        print(f"  {sent.status_code}, {session.scalar(owed)} emails")
    engine.dispose()


def tell(what: str, began: float, used: float, times: int) -> None:
    seconds, processor = time.monotonic() - began, time.process_time() - used
    print(
        f"  {1000 * seconds / times:6.0f} ms, {1000 * processor / times:6.0f} of processor  {what}"
    )


def write(session: Session, program: Program) -> None:
    """Owe two emails to everyone, who have all agreed to take part."""
    session.execute(update(Profile).values(consent="made up"))
    people = session.execute(select(Profile.person_id, Profile.id)).all()
    with database.one_moment(session):
        for kind in (EmailKind.WELCOME, EmailKind.ENROLLED):
            rows = [
                outbox.row(session, kind, person_id, profile_id, program.id) | {"id": uuid.uuid4()}
                for person_id, profile_id in people
            ]
            session.execute(insert(Email), rows)


if __name__ == "__main__":
    main()
