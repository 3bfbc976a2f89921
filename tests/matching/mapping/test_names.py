"""Names lose titles and degrees, and nothing that is a name."""

from __future__ import annotations

import pytest

from matching.mapping import names


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("Prof. Dr. med. Anna Müller", "Anna Müller"),
        ("Dr Marcus Reid", "Marcus Reid"),
        ("Dr. K", "K"),
        ("Ama Osei, MD", "Ama Osei"),
        ("Ama Osei MD, PhD", "Ama Osei"),
        ("Marta Sá, M.D., F.A.C.P.", "Marta Sá"),
        ("Osei, Ama", "Ama Osei"),
        ("Smith, John, MD", "John Smith"),
        ("van der Berg, J. P.", "J. P. van der Berg"),
        ("Robert Lee, Jr.", "Robert Lee Jr."),
        ("O'Neil, Jr., Bob", "Bob O'Neil Jr."),
        ("Dr. Ama Osei, Cardiology", "Ama Osei"),
        ("Van Dyke, Dean", "Dean Van Dyke"),
        ("Smith Jones, Dean", "Dean Smith Jones"),
        ("De Vries, Ed", "Ed De Vries"),
        ("DE VRIES, ED", "ED DE VRIES"),
        ("Garcia Lopez, Em", "Em Garcia Lopez"),
        ("Van Houten, Geri", "Geri Van Houten"),
        ("Von Trapp, Gus", "Gus Von Trapp"),
        ("Ama Osei, EM", "Ama Osei"),
        ("Ama Osei, Peds", "Ama Osei"),
        ("Ama Osei, Fellow", "Ama Osei"),
        ("Ama Osei, MD (Chief)", "Ama Osei"),
        ("Ama Osei (she/her)", "Ama Osei"),
    ],
)
def test_titles_degrees_and_order(typed: str, name: str) -> None:
    assert names.plain(typed) == name


@pytest.mark.parametrize(
    "name",
    ["Yo-Yo Ma", "Ma", "Kim Do", "Ed Ba", "Medha Rao", "Drew Prof", "Ms", "Ann (Annie) Lee"],
)
def test_names_stay(name: str) -> None:
    assert names.plain(name) == name
