"""Whether a maker is on the Covered List: about the maker alone."""

from __future__ import annotations

import pytest

from regulations.covered import covered_answer
from regulations.knowledge_base import Knowledge
from regulations.question_check import QuestionError

TODAY = "2026-11-24"


@pytest.mark.parametrize(
    ("manufacturer", "expected"),
    [
        ("Hikvision", "yes"),
        ("HIKVISION", "yes"),
        ("Hangzhou  Hikvision Digital Technology Co., Ltd.", "yes"),
        ("Dahua", "yes"),
        ("Huawei", "yes"),
        ("ZTE Corporation", "yes"),
        ("Hytera", "yes"),
        ("EZVIZ", "yes"),
        ("DJI", "yes"),
        ("HiSilicon", "yes"),
        ("HIKMICRO", "possible"),
        ("Imou", "possible"),
        ("CETC", "possible"),
        ("Lorex", "possible"),
        ("Luminys", "possible"),
        ("Uniview", "no"),
        ("Tiandy", "no"),
        ("TP-Link", "no"),
        ("Xiongmai", "no"),
        ("Axis", "no"),
        ("Hikvisoin", "no"),
        ("Dahua Electronics Corporation", "unknown"),
        ("ZTE Parsian", "unknown"),
        (None, "unknown"),
        ("  ", "unknown"),
    ],
)
def test_of_one_maker(knowledge: Knowledge, manufacturer: str | None, expected: str) -> None:
    assert covered_answer(knowledge, manufacturer, (), TODAY) == expected


@pytest.mark.parametrize(
    ("candidates", "expected"),
    [
        (("Hikvision", "TVT"), "possible"),
        (("Dahua",), "possible"),
        (("Hikvision", "Dahua"), "possible"),
        (("TVT", "Reolink"), "no"),
        (("TVT", "ZTE Parsian"), "unknown"),
        ((), "unknown"),
    ],
)
def test_of_several_possible_makers(knowledge: Knowledge, candidates: tuple[str, ...], expected: str) -> None:
    assert covered_answer(knowledge, None, candidates, TODAY) == expected


def test_a_settled_maker_goes_before_candidates(knowledge: Knowledge) -> None:
    assert covered_answer(knowledge, "Axis", ("Hikvision",), TODAY) == "no"


@pytest.mark.parametrize(
    ("manufacturer", "day", "expected"),
    [
        ("Hikvision", "2021-03-11", "no"),
        ("Hikvision", "2021-03-12", "yes"),
        ("DJI", "2025-12-21", "no"),
        ("DJI", "2025-12-22", "yes"),
        ("Lorex", "2022-11-22", "yes"),
    ],
)
def test_on_the_day_that_is_asked(knowledge: Knowledge, manufacturer: str, day: str, expected: str) -> None:
    assert covered_answer(knowledge, manufacturer, (), day) == expected


def test_a_day_is_needed(knowledge: Knowledge) -> None:
    with pytest.raises(QuestionError, match="as_of"):
        covered_answer(knowledge, "Hikvision", (), "today")
