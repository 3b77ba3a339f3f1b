"""Questions with known answers, in ``golden.yaml``."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml

from regulations.determination import Determination

QUESTIONS: list[dict[str, Any]] = yaml.safe_load((Path(__file__).parent / "golden.yaml").read_text("utf-8"))[
    "questions"
]


def as_text(value: Any) -> Any:
    if isinstance(value, list):
        return tuple(value)
    return value.isoformat() if isinstance(value, date) else value


@pytest.mark.parametrize("question", QUESTIONS, ids=[one["title"] for one in QUESTIONS])
def test_the_answer_holds_these_rows(
    question: dict[str, Any], ask: Callable[..., dict[str, Determination]]
) -> None:
    rows = ask(**{key: as_text(value) for key, value in question["ask"].items()})
    assert {key: rows[key].determination for key in question["rows"]} == question["rows"]
    for key, day in question.get("from", {}).items():
        assert rows[key].from_ == day.isoformat()
    for key, words in question.get("says", {}).items():
        assert words in (rows[key].must_say or "")
    for key, sources in question.get("cites", {}).items():
        assert set(sources) <= set(rows[key].cite)


def test_every_question_names_a_row() -> None:
    assert all(one["rows"] for one in QUESTIONS)
