"""One institution, one id, one address, however it was written; others stay apart."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matching.profiles import normal_forms


@pytest.mark.parametrize(
    "one",
    [
        [
            "St Mary's Hospital",
            "ST. MARY’S  HOSPITAL",
            "St.Mary`s hospital",
            "Ｓｔ　Ｍａｒｙ＇ｓ Hospital",
        ],
        ["North-West Trust", "North–West Trust", "north west trust", "Northwest Trust"],
        ["Hôpital Saint-Louis", "Hopital Saint Louis", "Ho\u0302pital Saint\u2010Louis"],
        ["Brigham & Women's", "Brigham and Womens"],
        ["U.C.L.A.", "UCLA", " ucla "],
        ["Universität Gießen", "UNIVERSITÄT GIESSEN", "Universitat Giessen"],
        ["İstanbul Tıp Fakültesi", "ISTANBUL TIP FAKULTESI", "istanbul tıp fakültesi"],
        ["Sørlandet sykehus", "Sorlandet Sykehus"],
        ["がんセンター", "か\u3099んセンター", "がんｾﾝﾀｰ"],
        ["كليّة الطب", "كلية الطب"],
    ],
)
def test_one_institution_in_many_spellings(one: list[str]) -> None:
    assert len({normal_forms.institution(each) for each in one}) == 1


@pytest.mark.parametrize(
    "others",
    [
        ["St Mary's Hospital", "St Mark's Hospital", "St Mary's Clinic"],
        ["か", "が"],
        ["ยา", "ย่า", "ยำ"],
        ["हृदय", "हदय"],
        ["C", "C2"],
    ],
)
def test_other_institutions_stay_apart(others: list[str]) -> None:
    assert len({normal_forms.institution(each) for each in others}) == len(others)


@pytest.mark.parametrize("none", ["", "N/A", "none", " - ", "…", "Not applicable", "★"])
def test_what_is_no_institution_has_no_form(none: str) -> None:
    assert normal_forms.institution(none) == ""


@pytest.mark.parametrize(
    "written",
    [
        "Mina@München.example", "mina@xn--mnchen-3ya.example.", "mailto:mina@MÜNCHEN.example",
        "Mina Example <mina@münchen.example>", '"Example, Mina" <mailto:mina@münchen.example>',
        "ｍｉｎａ＠münchen。example", "mailto:mina%40xn--mnchen-3ya.example?subject=Hello%20you",
        " mina@mu\u0308nchen.example ", "E-mail: mina@münchen.example", "mina @ münchen.example",
        "mina@münchen.example (home)", "Work: mina@münchen.example [preferred]",
        "mina@münchen.example;", "'mina@münchen.example',",
    ],
)  # fmt: skip
def test_one_address_in_many_coats(written: str) -> None:
    assert normal_forms.person(written) == "mina@xn--mnchen-3ya.example"


@pytest.mark.parametrize("written", ["mina roe@example.org", "or@b@example.org", "mina (at) x.org"])
def test_no_address_is_made_of_what_may_be_another(written: str) -> None:
    assert normal_forms.bare_address(written) == written


def test_a_domain_that_cannot_exist_is_compared_as_it_is_written() -> None:
    assert normal_forms.address("A@-ü-.example") == "a@-ü-.example"


def test_ids_are_compared_without_case_width_and_kinds_of_hyphens() -> None:
    assert {normal_forms.person(id) for id in ("MR-0012", " mr–0012. ", "ＭＲ－００１２")} == {
        "mr-0012"
    }
    assert len({normal_forms.person(id) for id in ("mr-0012", "mr-12", "mr0012", "mr_0012")}) == 4


def test_a_tag_is_left_out_of_an_address_and_nothing_of_an_id() -> None:
    assert normal_forms.without_tag("mina+work+2@example.org") == "mina@example.org"
    assert normal_forms.without_tag("mr-0012") == "mr-0012"


@given(st.text(max_size=80))
def test_whatever_is_written_has_a_form_and_spaces_around_it_do_not_count(written: str) -> None:
    for form in (normal_forms.institution, normal_forms.person, normal_forms.listed_id):
        assert form(f" {written} ") == form(written)


@given(st.text(max_size=60), st.text(alphabet="aü.-。@<>:%", max_size=20))
def test_no_address_is_too_odd_to_be_compared(local: str, domain: str) -> None:
    assert isinstance(normal_forms.address(f"{local}@{domain}"), str)
