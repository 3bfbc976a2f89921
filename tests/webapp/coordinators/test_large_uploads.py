"""A large file holds up no one else: no thread of the site takes much JSON apart at once."""

from __future__ import annotations

import gzip
import json
from typing import Any

import pytest
import sheets
from sheets import HEADER, person
from sqlalchemy import Engine, select
from uploaded import send, stored

from mentorship import database
from mentorship.models import Program, Upload

#: Characters that one call may take apart or put together, during which no other thread runs.
MOST = 50_000
PEOPLE = 600


def test_no_more_json_is_read_or_written_at_once_than_a_person_has(
    engine: Engine, signed_in: Any, coordinated: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = (
        [*person(k), f"wellbeeing {k};tenure {k}", f"Zoë hopes, {k}: ".ljust(300, "ñ")]
        for k in range(PEOPLE)
    )
    data = sheets.text([*HEADER, "goals", "statement"], *rows)
    sizes: list[int] = []
    decode, encode = json.JSONDecoder.decode, json.JSONEncoder.encode

    def decoded(self: json.JSONDecoder, text: str, *more: Any) -> Any:
        sizes.append(len(text))
        return decode(self, text, *more)

    def encoded(self: json.JSONEncoder, value: Any) -> str:
        sizes.append(len(text := encode(self, value)))
        return text

    monkeypatch.setattr(json.JSONDecoder, "decode", decoded)
    monkeypatch.setattr(json.JSONEncoder, "encode", encoded)

    columns = send(signed_in, coordinated, data)
    assert columns.endswith("/columns")
    assert "decisions left" in signed_in.get(columns).text
    upload = columns.removesuffix("/columns")
    assert f"{PEOPLE} new" in signed_in.get(upload).text
    with database.reading(engine) as session:
        content = session.scalars(select(Upload.content)).one()
    form = {"decision": "write", "agreed": "yes", "consented": "a form"}
    assert signed_in.post(upload, on=upload, **form).status_code == 303

    assert len(stored(engine)) == PEOPLE
    assert len(gzip.decompress(content)) > 20 * MOST
    assert len(sizes) > PEOPLE
    assert max(sizes) < MOST
