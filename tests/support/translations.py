"""A made-up translation, in which every message stands in brackets."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

from mentorship import language

TEMPLATE = Path(language.__file__).with_name("translations") / "preceptor.pot"


@contextmanager
def esperanto(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Offer the locale `eo`, whose catalog is written into `folder`."""
    with TEMPLATE.open("rb") as file:
        catalog = read_po(file, locale="eo")
    for message in catalog:
        if not message.id:
            continue
        if isinstance(message.id, tuple):
            message.string = tuple(f"⟦{part}⟧" for part in message.id)
        else:
            message.string = f"⟦{message.id}⟧"
    place = folder / "eo" / "LC_MESSAGES"
    place.mkdir(parents=True)
    with (place / "preceptor.mo").open("wb") as file:
        write_mo(file, catalog)
    monkeypatch.setattr(language, "FOLDER", folder)
    language._catalog.cache_clear()
    yield
    language._catalog.cache_clear()


def untranslated(text: str) -> str:
    """Return what stands in no brackets; a message may hold another one."""
    while (shorter := re.sub(r"⟦[^⟦⟧]*⟧", "", text)) != text:
        text = shorter
    return text
