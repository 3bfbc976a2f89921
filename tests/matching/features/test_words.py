"""Texts are compared by rare words, and one without words is not known."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from scipy import sparse

from matching.features.comparisons import cosines
from matching.features.words import vectors, with_concepts
from matching.profiles import taxonomy
from matching.profiles.mentions import spaced


def likeness(left: Sequence[str | None], right: Sequence[str | None]) -> Any:
    weights = vectors([*left, *right])
    assert weights is not None
    sides = (sparse.csr_array(side) for side in (weights[: len(left)], weights[len(left) :]))
    return cosines(*sides)(0, len(left))


def test_texts_are_compared_by_rare_words() -> None:
    texts = ["the heart and its valves", "kidneys and dialysis", None]

    found = likeness(["heart valves", None], texts)

    assert found[0, 0] > found[0, 1] == 0
    assert np.isnan(found[0, 2])
    assert (found[1] == 0).all()


def test_texts_of_nothing_but_common_words_are_not_known() -> None:
    assert vectors(["the", "and"]) is None
    assert vectors([None, None]) is None


def test_texts_that_are_all_alike_are_not_known() -> None:
    assert vectors(["I would like a mentor please"] * 12) is None


def test_the_same_text_is_as_like_as_can_be() -> None:
    text = "the heart and its valves"

    assert likeness([text], [text, "kidneys"])[0].tolist() == pytest.approx([1, 0], abs=1e-3)


@pytest.mark.parametrize(
    ("wishes", "offers"),
    [
        pytest.param(
            [
                "我希望在小儿心脏病学研究上得到帮助。", "我想学习重症监护中的脓毒症处理。",
                "我想了解精神科住院医师培训和考试。", "我想提高外科手术技能。",
            ],
            [
                "我领导小儿心脏病学研究小组。", "我研究脓毒症，在重症监护病房工作。",
                "我是精神科医生，负责住院医师培训。", "我教授外科手术技能。",
            ],
            id="Chinese",
        ),
        pytest.param(
            [
                "小児心臓病学の研究について助言がほしいです。",
                "集中治療での敗血症の管理を学びたいです。",
                "精神科の専門医試験の準備をしたいです。", "ｶﾃｰﾃﾙ手術の技術を高めたいです。",
            ],
            [
                "小児心臓病学の研究グループを率いています。",
                "敗血症を研究し、集中治療室で働いています。",
                "精神科医で、専門医試験の指導をしています。", "カテーテル手術を教えています。",
            ],
            id="Japanese",
        ),
        pytest.param(
            [
                "소아심장학 연구에 도움을 받고 싶습니다.",
                "중환자실에서 패혈증을 치료하는 법을 배우고 싶습니다.",
                "정신건강의학과 전공의 수련이 궁금합니다.", "복강경수술 기술을 늘리고 싶습니다.",
            ],
            [
                "소아심장학을 연구하는 팀을 이끕니다.", "패혈증이 전문이며 중환자실에서 일합니다.",
                "정신건강의학과에서 전공의를 가르칩니다.", "복강경수술을 가르칩니다.",
            ],
            id="Korean",
        ),
        pytest.param(
            [
                "อยากทำวิจัยโรคหัวใจเด็ก",
                "อยากเรียนรู้การรักษาภาวะติดเชื้อในกระแสเลือดในหอผู้ป่วยวิกฤต",
                "อยากรู้เรื่องการฝึกอบรมจิตเวชศาสตร์", "อยากพัฒนาทักษะการผ่าตัดส่องกล้อง",
            ],
            [
                "หัวหน้ากลุ่มวิจัยโรคหัวใจเด็ก",
                "ทำงานในหอผู้ป่วยวิกฤตและวิจัยภาวะติดเชื้อในกระแสเลือด",
                "อาจารย์ผู้ฝึกอบรมแพทย์จิตเวชศาสตร์", "สอนการผ่าตัดส่องกล้อง",
            ],
            id="Thai",
        ),
    ],
)  # fmt: skip
def test_texts_without_spaces_are_compared_by_subject(wishes: list[str], offers: list[str]) -> None:
    found = likeness(*([with_concepts(text) for text in texts] for texts in (wishes, offers)))

    assert found.argmax(axis=1).tolist() == [0, 1, 2, 3]
    assert found.argmax(axis=0).tolist() == [0, 1, 2, 3]


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("我研究ICU护理。", "我研 研究 icu 护理"),
        ("日", "日"),
        ("스미스 씨", "스미 미스 씨"),
        ("ﾃﾞｰﾀ", "デー ータ"),
        ("โรคไต", "โรค รคไ คไต"),
    ],
)
def test_runs_without_spaces_are_cut_into_overlapping_parts(text: str, parts: str) -> None:
    assert with_concepts(text) == parts


@pytest.mark.parametrize(
    "text",
    [
        "Peds cardiology, and my mentor's help!", "Médecine générale à l’hôpital",
        "Ærø, Straße, naïve",
        "кардиология и терапия",
        "Ψυχιατρική",
        "عيادة القلب",
        "हृदय रोग विज्ञान",
        "Bác sĩ tim mạch",
    ],
)  # fmt: skip
def test_texts_with_spaces_stay_as_they_are(text: str) -> None:
    assert taxonomy.fold(spaced(text)) == taxonomy.fold(text)
