"""Questions with words or dates that nobody could answer are refused, naming the field."""

from __future__ import annotations

from typing import Any

import pytest

from regulations.determination import Question
from regulations.knowledge_base import Knowledge
from regulations.question_check import QuestionError, check_question, parse_day


@pytest.mark.parametrize(
    ("field", "value", "hint"),
    [
        ("operator", "federal_agancy", "federal_agency"),
        ("vendor", "Hikvision", "hikvision"),
        ("device", "camera", "ip_camera"),
        ("use", "public_safty", "public_safety"),
        ("component", "hisilicon", "hisilicon_soc"),
        ("produced_in", "abroad", "foreign"),
        ("exception", "blue", "blue_uas"),
        ("funding", "own_mony", "own_money"),
        ("as_of", "2026-02-30", "2026-07-16"),
        ("as_of", "20261124", "2026-07-16"),
        ("as_of", "", "2026-07-16"),
        ("acquired", "last year", "2026-07-16"),
        ("purchase", "2026-1-1", "2026-07-16"),
        ("authorised", "before_2021", "2026-07-16"),
        ("grant_date", "x" * 1000, "2026-07-16"),
    ],
)
def test_a_bad_field_is_named_with_what_was_meant(knowledge: Knowledge, field: str, value: str, hint: str) -> None:
    words: dict[str, Any] = {"operator": "federal_agency", "as_of": "2026-11-24", field: value}
    with pytest.raises(QuestionError) as refused:
        check_question(knowledge, Question(**words))
    assert refused.value.field == field
    assert hint in str(refused.value)
    assert len(str(refused.value)) < 400


@pytest.mark.parametrize("authorised", ["before_2022-11-11", "never", "unknown", "2024-05-01", None])
def test_the_words_for_an_authorization_are_understood(knowledge: Knowledge, authorised: str | None) -> None:
    check_question(knowledge, Question(operator="seller", as_of="2026-11-24", authorised=authorised))


def test_no_day_is_no_day() -> None:
    assert parse_day("purchase", None) is None
