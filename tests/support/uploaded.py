"""Spreadsheets that a coordinator brings in, and the forms about their columns and answers."""

from __future__ import annotations

import io
import re
from typing import Any

from sqlalchemy import Engine, select

from mentorship import database
from mentorship.models import Profile, Program

HEADER = "Your name,Email,Training,Help wanted,Pets\n"


FILE = (
    HEADER
    + "Lena List,lena@example.org,med student,Research,dog\n"
    + "Omar Open,omar@example.org,PGY-2,Boards and research,cat\n"
).encode()


#: A list that asks nothing.
CSV = (
    b"mentee_id,full_name,email,career_stage,timezone,languages\n"
    b"a,Ana,ana@example.org,resident,Europe/London,en\n"
    b"b,Bo,bo@example.org,resident,Europe/London,en\n"
)


def send(
    browser: Any,
    program: Program,
    data: bytes,
    role: str = "mentee",
    *,
    name: str = "list.csv",
    **form: str,
) -> str:
    path = f"/programs/{program.slug}/uploads"
    form |= {"role": role, "zone": "Europe/Paris"}
    answer = browser.post(path, file=(io.BytesIO(data), name), **form)
    assert answer.status_code == 303, answer.text
    return str(answer.location)


def filled(page: str, **changed: str) -> dict[str, Any]:
    """Return the form about columns and answers as its page shows it, with some fields changed."""
    form: dict[str, Any] = {}
    for name, body in re.findall(r'<select[^>]*name="([^"]+)"[^>]*>(.*?)</select>', page, re.S):
        chosen = re.search(r'<option value="([^"]*)" selected', body)
        form[name] = chosen[1] if chosen else ""
    for tag in re.findall(r"<input[^>]*>", page):
        name, value = (re.search(rf'{key}="([^"]*)"', tag) for key in ("name", "value"))
        if name and value and (" checked" in tag or 'type="hidden"' in tag):
            form.setdefault(name[1], [])
            form[name[1]] = (
                [*form[name[1]], value[1]] if isinstance(form[name[1]], list) else value[1]
            )
    form = {k: v for k, v in form.items() if k not in ("csrf_token", "form_key")}
    return {
        k: v[0] if isinstance(v, list) and len(v) == 1 else v for k, v in form.items()
    } | changed


def column(page: str, title: str) -> str:
    """Return the name of the field that asks what a column is."""
    found = re.search(rf'name="(column-\d+)" aria-label="Import “{re.escape(title)}” as', page)
    assert found, title
    return found[1]


def stored(engine: Engine) -> dict[str, dict[str, Any]]:
    with database.reading(engine) as session:
        return {
            profile.answers["email"]: profile.answers
            for profile in session.scalars(select(Profile))
        }


LIST = (
    b"Your name,Email,Training,Help wanted,Pets,Hobby\n"
    b"Lena List,lena@example.org,med student,Research,dog,chess\n"
    b"Omar Open,omar@example.org,PGY-2,Boards,cat,tea\n"
)
