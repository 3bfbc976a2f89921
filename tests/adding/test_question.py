"""A further question is one row of the columns and its place in the questionnaire."""

from __future__ import annotations

from pathlib import Path

from copies import Copy

ROW = (
    '    _asked("coffee", Whole(0, 9), _MATCH, both="Cups of coffee a day", hint="Really.",'
    ' title="Cups"),\n'
)


def test_a_question_is_a_row_of_the_columns_and_a_place_in_the_questionnaire(
    tmp_path: Path,
) -> None:
    copy = Copy(tmp_path, "matching", "mentorship", "webapp")
    copy.insert("matching/profiles/columns.py", ROW, before='    _asked("city", ')
    copy.insert(
        "mentorship/people/questionnaire.py",
        '"coffee "\n            ',
        before='"full_name preferred_name pronouns career_stage ',
    )

    assert copy.output("-c", JOIN).split() == ["422", "303", "5"]


#: Joins with the new question: prints how a wrong and a right answer were received, and the latter.
JOIN = """
import re, uuid
from mentorship import database, migrations
from mentorship.accounts import sign_in_links
from mentorship.models import Profile
from mentorship.people import persons, questionnaire
from mentorship.people.sight import Viewer
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
    told = questionnaire.told(profile, Viewer.SELF)
    assert ("Cups of coffee a day", "5") in told, told
    print(wrong.status_code, right.status_code, profile.answers["coffee"])
"""
