"""Sentences around names: none draws the sentence to its own side, or ends it twice."""

from __future__ import annotations

import jinja2
import pytest

from mentorship import language, template_language
from mentorship.emails import wordings

FSI, PDI = "\u2068", "\u2069"


def in_text(sentence: str, html: bool, **values: object) -> str:
    environment = jinja2.Environment(autoescape=html)
    template_language.install(environment)
    source = "{% trans name=name %}" + sentence.replace("%(name)s", "{{ name }}") + "{% endtrans %}"
    return environment.from_string(source).render(values)


@pytest.mark.parametrize(
    ("sentence", "name", "read"),
    [
        ("Meet %(name)s.", "Ana Ruiz Jr.", "Meet Ana Ruiz Jr."),
        ("Meet %(name)s.", "Ana Ruiz", "Meet Ana Ruiz."),
        ("Meet %(name)s, too.", "Ana Ruiz Jr.", "Meet Ana Ruiz Jr., too."),
        ("Is it %(name)s?", "Ana Ruiz Jr.", "Is it Ana Ruiz Jr.?"),
        ("So %(name)s... and on", "Jr.", "So Jr.... and on"),
        ("%(name)s: 3 places", "محمد", f"{FSI}محمد{PDI}: 3 places"),
        ("Hello %(name)s,", "Dana כהן", f"Hello {FSI}Dana כהן{PDI},"),
        ("Hello %(name)s.", "כהן Jr.", f"Hello {FSI}כהן Jr.{PDI}"),
        ("Hello %(name)s,", "Zoë 李", "Hello Zoë 李,"),
    ],
)
def test_a_sentence_takes_a_name_as_it_needs_it(sentence: str, name: str, read: str) -> None:
    assert language.gettext(sentence, name=name) == read
    assert in_text(sentence, html=False, name=name) == read
    assert in_text(sentence, html=True, name=name) == read
    field = sentence.replace("%(name)s", "{name}")
    assert wordings.fill(field, {"name": name}) == read


def test_a_list_of_names_keeps_each_apart_and_is_kept_apart_once() -> None:
    listed = language.listed(["Ana", "محمد", "Bo"])

    assert listed == f"Ana, {FSI}محمد{PDI}, and Bo"
    assert language.gettext("Meet %(names)s.", names=listed) == f"Meet {listed}."


def test_in_html_a_name_is_text_and_markup_of_ours_is_markup() -> None:
    assert in_text("Meet %(name)s.", html=True, name="<b>100%</b>") == (
        "Meet &lt;b&gt;100%&lt;/b&gt;."
    )
    marked = jinja2.utils.markupsafe.Markup("<b>محمد</b>")
    assert in_text("Meet %(name)s.", html=True, name=marked) == f"Meet {FSI}<b>محمد</b>{PDI}."
    assert in_text("100%% of %(name)s", html=True, name="Ana") == "100%% of Ana"
