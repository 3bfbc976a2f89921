"""What checkers of HTML ask of every page: tables, ids, links within a page, forms and articles."""

from __future__ import annotations

from collections import Counter
from html.parser import HTMLParser

import pytest
from sites import World, ask, routes

VOID = ("area", "base", "br", "col", "hr", "img", "input", "link", "meta", "source", "wbr")


class Page(HTMLParser):
    """The elements of a page, each with its attributes and those that it stands in."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str], tuple[int, ...]]] = []
        self._open: list[int] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        self.elements.append((tag, values, tuple(self._open)))
        if tag not in VOID:
            self._open.append(len(self.elements) - 1)

    def handle_endtag(self, tag: str) -> None:
        while self._open and self.elements[self._open.pop()][0] != tag:
            pass

    def within(self, place: int) -> list[tuple[str, dict[str, str]]]:
        return [(tag, values) for tag, values, above in self.elements if place in above]


@pytest.mark.parametrize("visitor", ["stranger", "mentee", "coordinator"])
def test_every_page_is_as_checkers_want_it(world: World, visitor: str) -> None:
    seen = 0
    for endpoint, method in routes(world.app):
        if method != "GET" or endpoint == "sign_in.confirm":
            continue
        answer = ask(world, visitor, endpoint, world.ours, "GET")
        if answer.mimetype != "text/html" or answer.status_code != 200:
            continue
        seen += 1
        page = Page(answer.text)
        ids = Counter(values["id"] for _, values, _ in page.elements if "id" in values)
        assert [id for id, count in ids.items() if count > 1 or "." in id] == [], endpoint
        for place, (tag, values, _above) in enumerate(page.elements):
            if tag == "th":
                assert values.get("scope") in ("col", "row"), endpoint
            if tag == "a" and values.get("href", "").startswith("#"):
                assert values["href"][1:] in ids, (endpoint, values)
            if tag == "form":
                own = {values["id"]} if "id" in values else set()
                # A button may stand outside its form, or in another one, and name its own.
                buttons = [
                    v for t, v in page.within(place) if t == "button" and "form" not in v
                ] + [v for t, v, _ in page.elements if t == "button" and v.get("form", "") in own]
                assert any(v.get("type", "submit") == "submit" for v in buttons), endpoint
            if tag == "article":
                headings = [t for t, _v in page.within(place) if t in ("h2", "h3", "h4")]
                assert headings, endpoint
    assert seen >= 4
