"""Whatever is wrong in any form of the site is said on the form, with everything else kept."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser

import pytest
from sites import World, ask, routes
from werkzeug.datastructures import MultiDict

#: What no field takes, by its kind; a form may take some of it all the same.
WRONG = {
    "text": "x" * 3_000, "textarea": "x" * 9_000, "search": "", "email": "no address",
    "number": "many", "date": "tomorrow", "time": "noon", "radio": "none of these",
    "select": "none of these",
}  # fmt: skip


@dataclass
class Form:
    """A form as a browser would send it: its fields by name, and the kinds of those to fill in."""

    action: str
    values: MultiDict[str, str] = field(default_factory=MultiDict)
    kinds: dict[str, str] = field(default_factory=dict)
    has_button: bool = False


class Forms(HTMLParser):
    """The forms of a page that change something."""

    def __init__(self, page: str, path: str) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self._path = path
        self._open: Form | None = None
        self._list = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        name, kind = values.get("name", ""), values.get("type", "text")
        if tag == "form":
            self._open = None
            if values.get("method") == "post":
                self._open = Form(values.get("action") or self._path)
                self.forms.append(self._open)
        elif self._open is None:
            return
        elif tag == "button" and not self._open.has_button:
            # Enter presses the first one.
            self._open.has_button = True
            if name:
                self._open.values.add(name, values.get("value", ""))
        elif tag == "select":
            self._list = name
            self._open.kinds[name] = "select"
        elif tag == "option" and "selected" in values:
            self._open.values.add(self._list, values.get("value", ""))
        elif tag == "textarea":
            self._open.kinds[name] = "textarea"
        elif tag == "input" and name and kind != "file":
            if kind not in ("hidden", "checkbox"):
                self._open.kinds[name] = kind
            if kind not in ("checkbox", "radio") or "checked" in values:
                self._open.values.add(name, values.get("value", "on"))

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._open = None


@pytest.mark.parametrize("visitor", ["stranger", "mentee", "mentor", "coordinator"])
def test_no_mistake_leads_to_a_page_of_its_own(world: World, visitor: str) -> None:
    client = world.browsers[visitor]
    marked: set[str] = set()
    for endpoint, method in routes(world.app):
        if method != "GET" or endpoint == "sign_in.confirm":
            continue
        path = world.address(endpoint, world.ours)
        page = ask(world, visitor, endpoint, world.ours, "GET")
        if page.status_code != 200 or page.mimetype != "text/html":
            continue
        for number, form in enumerate(Forms(page.text, path).forms):
            for name, kind in form.kinds.items():
                fresh = Forms(client.get(path, base_url="https://localhost").text, path).forms
                if number >= len(fresh):
                    break  # What was taken closed the form.
                sent = fresh[number].values.copy()
                sent[name] = WRONG[kind]
                answer = client.post(form.action, data=sent, base_url="https://localhost")
                where = (endpoint, form.action, name, answer.status_code)
                if answer.status_code == 303:
                    continue  # Taken, or refused beside the field after a redirect.
                assert answer.status_code == 422, where
                assert 'class="error"' in answer.text or 'role="alert"' in answer.text, where
                kept = Forms(answer.text, form.action).forms
                assert any(name in again.kinds for again in kept), where
                marked.add(name)
    assert marked or visitor == "stranger"
