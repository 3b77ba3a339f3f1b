"""Questions as files and options ask them: every key, lists of words, and what is refused."""

from __future__ import annotations

from typing import Any

import pytest

from regulations.knowledge_base import Knowledge
from regulations.question_check import QuestionError
from regulations.question_form import KEYS, answer, asked

TODAY = "2026-11-24"
MANY_DAYS = [f"20{year:02}-01-{day:02}" for year in range(99) for day in range(1, 29)]


def test_one_set_of_rows_for_each_combination(knowledge: Knowledge) -> None:
    ask: dict[str, object] = {
        "operator": ["dod", "usf_recipient"],
        "vendor": ["hikvision", "tvt", "hikvision"],
        "as_of": ["2026-06-29", "2026-06-30"],
    }
    rows = answer(knowledge, ask, TODAY)
    sets = {(row.operator, row.vendor, row.as_of) for row in rows}
    assert len(sets) == 8
    buys = {
        (row.operator, row.vendor, row.as_of): row.determination
        for row in rows
        if (row.regime, row.act) == ("DOD_805", "buy")
    }
    assert buys["dod", "hikvision", "2026-06-29"] == "not_prohibited"
    assert buys["dod", "hikvision", "2026-06-30"] == "prohibited_conditional"
    assert buys["usf_recipient", "hikvision", "2026-06-30"] == "not_applicable"


def test_only_what_is_listed_is_told_on_the_rows(knowledge: Knowledge) -> None:
    rows = answer(knowledge, {"operator": "dod", "vendor": ["hikvision"], "as_of": "2026-06-30"}, TODAY)
    assert {(row.operator, row.vendor, row.as_of) for row in rows} == {("dod", "hikvision", None)}
    assert all("not legal advice" in row.notice for row in rows)


def test_every_key_is_taken(knowledge: Knowledge) -> None:
    ask: dict[str, object] = {
        "operator": "federal_agency",
        "vendor": "hikvision",
        "brand": "Honeywell",
        "query_name": "Hikvision",
        "evidence": ["sadp_reply"],
        "device": "ip_camera",
        "component": "none",
        "produced_in": "foreign",
        "exception": "blue_uas",
        "use": "public_safety",
        "acquired": "2020-01-01",
        "purchase": "2026-08-01",
        "service_contract": "2026-08-02",
        "authorised": "before_2022-11-11",
        "application": "2026-03-01",
        "grant_date": "2021-01-01",
        "funding": "own_money",
        "relation": "contract_with_listed_entity",
        "transaction": "hold",
        "act": "buy",
        "state": "MD",
        "country": "US",
        "as_of": "2026-11-24",
    }
    assert set(ask) == set(KEYS)
    (question,) = asked(knowledge, ask, TODAY)
    assert question.inferred_from == ("sadp_reply",)
    assert {name: getattr(question, name) for name in ask if name not in ("evidence", "act")} == {
        key: word for key, word in ask.items() if key not in ("evidence", "act")
    }


def test_without_a_day_today_is_meant(knowledge: Knowledge) -> None:
    (question,) = asked(knowledge, {"operator": "dod"}, "2026-06-30")
    assert (question.as_of, question.vendor) == ("2026-06-30", "unknown")


@pytest.mark.parametrize(
    ("ask", "field", "hint"),
    [
        ({}, "operator", "who asks"),
        ({"operator": "dod", "vendr": "dahua"}, "vendr", "did you mean 'vendor'"),
        ({"operator": "dod", "inferred_from": ["x"]}, "inferred_from", "unknown key"),
        ({"operator": "dood"}, "operator", "did you mean 'dod'"),
        ({"operator": ["dod", "federal_agncy"]}, "operator", "did you mean 'federal_agency'"),
        ({"operator": []}, "operator", "should hold words"),
        ({"operator": "dod", "vendor": ["dahua", {"a": 1}]}, "vendor", "should hold words"),
        ({"operator": "dod", "device": ["ip_camera"]}, "device", "one word"),
        ({"operator": "dod", "device": {"a": "b"}}, "device", "should be a word"),
        ({"operator": "dod", "act": "bye"}, "act", "did you mean 'buy'"),
        ({"operator": "dod", "as_of": "tomorrow"}, "as_of", "no day"),
        ({"operator": "dod", "application": "soon"}, "application", "no day"),
        ({"operator": "dod", "state": "md"}, "state", "did you mean 'MD'"),
        ({"operator": "dod", "country": "UK"}, "country", "unknown word"),
        ({"operator": "dod", "relation": "contract"}, "relation", "contract_with_listed_entity"),
        ({"operator": "dod", "transaction": "sell"}, "transaction", "sell_to_divest"),
        ({"operator": "dod", "evidence": {"a": "b"}}, "evidence", "list of signs"),
        ({"operator": "texas_state_agency", "state": "MD"}, "state", "does not fit"),
        ({"operator": "uk_local_authority", "country": "FR"}, "country", "does not fit"),
        ({"operator": "dod", "as_of": MANY_DAYS, "vendor": ["zte", "dji"]}, "as_of", "combinations"),
    ],
)
def test_what_cannot_be_answered_is_named(
    knowledge: Knowledge, ask: dict[str, Any], field: str, hint: str
) -> None:
    with pytest.raises(QuestionError) as refused:
        answer(knowledge, ask, TODAY)
    assert hint in str(refused.value)
    assert refused.value.field == field
