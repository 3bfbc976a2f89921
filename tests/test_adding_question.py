"""Adding something takes its own places only: done in a copy, which then works as a whole."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

from patience import patient

ROOT = Path(__file__).parents[1]
PACKAGES = ("matching", "mentorship", "webapp")


def insert(file: Path, before: str, added: str) -> None:
    text = file.read_text()
    assert text.count(before) == 1, (file, before)
    file.write_text(text.replace(before, added + before))


def test_a_question_is_a_row_of_the_columns_and_a_place_in_the_questionnaire(
    tmp_path: Path,
) -> None:
    for package in PACKAGES:
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(ROOT / package, tmp_path / package, ignore=ignored)
    insert(
        tmp_path / "matching/profiles/columns.py",
        '    _asked("city", ',
        '    _asked("coffee", Whole(0, 9), _MATCH, both="Cups of coffee a day", hint="Really."),\n',
    )
    insert(
        tmp_path / "mentorship/people/questionnaire.py",
        '"full_name preferred_name pronouns career_stage institution city country timezone "',
        '"coffee "\n            ',
    )

    done = subprocess.run(
        [sys.executable, "-c", JOIN], cwd=tmp_path, capture_output=True, text=True,
        env={"PYTHONPATH": str(tmp_path), "PATH": "/usr/bin:/bin"}, timeout=patient(120),
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == ["422", "303", "5"]


#: Joins with the new question: prints how a wrong and a right answer were received, and the latter.
JOIN = """
import re, uuid
from mentorship import database, migrations
from mentorship.accounts import sign_in_links
from mentorship.models import Profile
from mentorship.people import persons, questionnaire
from mentorship.programs import programs
from mentorship.settings import Settings
from webapp import create_app

settings = Settings(
    database_url="sqlite:///test.db", redis_url="redis://none", smtp_url="smtp://none",
    secret_key="k" * 32,
)
engine = database.make_engine(settings.database_url)
migrations.upgrade(engine)
with database.transaction(engine) as session:
    programs.add(session, "p", programs.Settings(name="Program"))
    person = persons.know(session, "nadia@example.org", "Nadia")
    link = sign_in_links.make_link(session, person, settings).removeprefix(settings.base_url)
app = create_app(settings)
app.config["WTF_CSRF_ENABLED"] = False
client = app.test_client()


def post(path, **fields):
    data = fields | {"form_key": uuid.uuid4().hex}
    return client.post(path, data=data, base_url="https://localhost")


assert post(link).status_code == 303
path = "/programs/p/join/mentee"
page = client.get(path, base_url="https://localhost").text
(field,) = re.findall('<input id="coffee"[^>]*>', page)
assert 'type="number"' in field and 'min="0"' in field and 'max="9"' in field, field
assert "Cups of coffee a day" in page and "Really." in page

answers = dict(full_name="Nadia", career_stage="resident", timezone="Europe/London", languages="en")
wrong = post(path, **answers, coffee="12")
assert "from 0 to 9" in wrong.text.split('id="coffee-error">')[1].split("</p>")[0]
assert 'value="12"' in wrong.text
right = post(path, **answers, coffee="5")
with database.reading(engine) as session:
    profile = session.query(Profile).one()
    told = questionnaire.told(profile, lambda column: True)
    assert ("Cups of coffee a day", "5") in told, told
    print(wrong.status_code, right.status_code, profile.answers["coffee"])
"""
