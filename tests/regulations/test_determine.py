"""The shape of every answer, and each step of the chain that decides a cell."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from regulations.determination import Determination, Question
from regulations.determine import QuestionError, determine
from regulations.knowledge import load_knowledge
from regulations.knowledge_base import VENDOR_WORDS, Knowledge

KNOWLEDGE = load_knowledge()
VOCABULARY = KNOWLEDGE.vocabulary
ALWAYS = [(one.key, act) for one in KNOWLEDGE.regimes.values() if one.by_place is None for act in one.acts]
BY_PLACE = [one.key for one in KNOWLEDGE.regimes.values() if one.by_place is not None]
BARRED = ("prohibited", "prohibited_conditional")
Ask = Callable[..., dict[str, Determination]]

DAYS = st.dates(date(2015, 1, 1), date(2029, 1, 1)).map(date.isoformat)
ANY_QUESTION = st.builds(
    Question,
    operator=st.sampled_from(list(VOCABULARY.operators)),
    as_of=DAYS,
    vendor=st.sampled_from([*KNOWLEDGE.entities, *VENDOR_WORDS]),
    brand=st.none() | st.sampled_from(["Lorex", "EZVIZ", "{maker}", "unknown_oem"]) | st.text(max_size=200),
    device=st.sampled_from(list(VOCABULARY.devices)),
    use=st.sampled_from(list(VOCABULARY.uses)),
    acquired=st.none() | DAYS,
    purchase=st.none() | DAYS,
    authorised=st.none() | DAYS | st.sampled_from(["before_2022-11-11", "never", "unknown"]),
    inferred_from=st.sampled_from([(), ("mac-oui",)]),
    query_name=st.none() | st.sampled_from(["ZTE Parsian", "Hikvision", "nobody"]),
    component=st.none() | st.sampled_from(list(VOCABULARY.components)),
    produced_in=st.sampled_from(list(VOCABULARY.productions)),
    exception=st.none() | st.sampled_from(list(VOCABULARY.exceptions)),
    funding=st.sampled_from(list(VOCABULARY.fundings)),
    service_contract=st.none() | DAYS,
    grant_date=st.none() | DAYS,
    application=st.none() | DAYS,
    state=st.none() | st.sampled_from(["TX", "VT", "CO", "MD"]),
    country=st.none() | st.sampled_from(["US", "GB", "IN", "NZ"]),
    relation=st.none() | st.sampled_from(list(VOCABULARY.relations)),
    transaction=st.sampled_from(list(VOCABULARY.transactions)),
)


def is_in_one_place(question: Question) -> bool:
    """Whether state and country, where they are stated, are those of the operator."""
    own = VOCABULARY.operators[question.operator]
    return all(
        None in (one, other) or one == other
        for one, other in ((question.state, own.state), (question.country, own.country))
    )


QUESTIONS = ANY_QUESTION.filter(is_in_one_place)


def assert_whole(rows: tuple[Determination, ...]) -> None:
    """Each pair of the regimes that are asked about everywhere once, and of those of places all acts or none."""
    pairs = [(row.regime, row.act) for row in rows if row.component is None]
    assert [pair for pair in pairs if pair[0] not in BY_PLACE] == ALWAYS
    local = [pair for pair in pairs if pair[0] in BY_PLACE]
    assert local == [(key, act) for key in BY_PLACE if key in dict(local) for act in KNOWLEDGE.regimes[key].acts]


@given(QUESTIONS)
@settings(max_examples=300, deadline=None)
def test_every_question_has_a_whole_answer(question: Question) -> None:
    rows = determine(KNOWLEDGE, question)
    assert_whole(rows)
    for row in rows:
        assert row.cite and set(row.cite) <= set(KNOWLEDGE.sources)
        assert row.why and "{" not in row.why.replace("{maker}", "") and row.rule and row.last_verified
        assert row.determination in VOCABULARY.determinations
        assert (row.determination in BARRED) == (row.from_ is not None)
        assert row.determination != "prohibited" or row.grade != "M"
        assert row.determination not in (*BARRED, "indeterminate", "prudential") or row.must_say
        assert row.determination != "prudential" or row.regime == "ADVICE"
        assert row.component is None or row.determination == "prohibited_conditional"


@given(QUESTIONS)
@settings(max_examples=150, deadline=None)
def test_what_is_only_inferred_is_never_more_than_conditional(question: Question) -> None:
    def rows(signs: tuple[str, ...]) -> tuple[Determination, ...]:
        words = {name: getattr(question, name) for name in Question.__struct_fields__}
        return determine(KNOWLEDGE, Question(**{**words, "inferred_from": signs, "query_name": None}))

    for sure, inferred in zip(rows(()), rows(("rtsp-realm", "sadp")), strict=True):
        assert (sure.regime, sure.act) == (inferred.regime, inferred.act)
        if sure.determination == inferred.determination:
            continue  # not barred, or barred whoever made it
        assert sure.from_ == inferred.from_
        assert (sure.determination, inferred.determination) == BARRED
        assert "really is the producer" in (inferred.must_say or "")


def test_every_operator_and_vendor_has_one_row_for_each_pair() -> None:
    for operator in VOCABULARY.operators:
        for vendor in (*KNOWLEDGE.entities, *VENDOR_WORDS):
            rows = determine(KNOWLEDGE, Question(operator=operator, vendor=vendor, as_of="2026-11-24"))
            assert_whole(rows)
            assert {row.operator for row in rows} == {operator}


@pytest.mark.parametrize("vendor", ["hikvision", "huawei", "dahua", "zte", "hytera", "other", "unknown", "any"])
def test_owning_is_never_barred_by_the_secure_equipment_act(ask: Ask, vendor: str) -> None:
    for operator in VOCABULARY.operators:
        rows = ask(operator=operator, vendor=vendor)
        assert rows["FCC_EA own_use"].determination in ("not_prohibited", "indeterminate")
        assert rows["FCC_PREVAUTH own_use"].determination == "not_prohibited"
        if vendor not in ("other", "any"):
            assert "not make it unlawful to own" in (rows["FCC_EA own_use"].must_say or "")


def test_profiles_that_come_with_an_operator_hold_too(ask: Ask) -> None:
    assert ask(operator="e_rate_recipient", vendor="huawei")["FCC_SUBSIDY fund"].determination == "prohibited"
    assert ask(operator="dod", vendor="huawei")["S889_A buy"].determination == "prohibited"
    assert ask(operator="subrecipient", vendor="huawei")["S889_GRANTS fund"].determination == "prohibited"
    assert ask(operator="federal_agency", vendor="huawei")["S889_B own_use"].determination == "not_applicable"


@pytest.mark.parametrize(
    ("use", "expected"),
    [
        ("public_safety", "prohibited"),
        ("school_safety", "prohibited_conditional"),
        ("unknown", "prohibited_conditional"),
        ("any", "prohibited_conditional"),
        ("warehouse", "not_prohibited"),
    ],
)
def test_the_purpose_decides_for_makers_named_for_purposes(ask: Ask, use: str, expected: str) -> None:
    for vendor in ("hikvision", "dahua", "hytera"):
        row = ask(operator="federal_prime_contractor", vendor=vendor, use=use)["S889_B own_use"]
        assert row.determination == expected
    for vendor in ("huawei", "zte"):
        row = ask(operator="federal_prime_contractor", vendor=vendor, use=use)["S889_B own_use"]
        assert row.determination == "prohibited"


def test_a_part_inside_is_asked_about_only_where_it_matters(ask: Ask) -> None:
    rows = ask(operator="federal_prime_contractor", vendor="other", device="recorder")
    assert [key for key in rows if "+" in key] == [
        "S889_A supply_to_government + hisilicon_soc",
        "S889_B own_use + hisilicon_soc",
    ]
    for words in (
        {"vendor": "other", "device": "network_switch"},
        {"vendor": "other", "device": "recorder", "component": "none"},
        {"vendor": "hikvision", "device": "recorder", "use": "warehouse"},
        {"vendor": "unknown", "device": "recorder"},
        {"vendor": "other", "device": "recorder", "operator": "private_no_federal_nexus"},
        {"vendor": "other", "device": "recorder", "as_of": "2019-08-12"},
    ):
        rows = ask(**{"operator": "federal_prime_contractor", **words})
        assert not [key for key in rows if "+" in key], words


def test_own_money_is_barred_by_a_part_inside_only_as_cost_share(ask: Ask) -> None:
    rows = ask(operator="subrecipient", vendor="other", device="recorder", funding="own_money")
    assert "S889_GRANTS fund + hisilicon_soc" in rows
    assert rows["S889_GRANTS buy"].determination == "not_prohibited"
    assert "cost share" in (rows["S889_GRANTS buy + hisilicon_soc"].must_say or "")
    known = ask(operator="subrecipient", vendor="other", component="hisilicon_soc", funding="own_money")
    assert known["S889_GRANTS buy"].determination == "not_prohibited"


def test_a_namesake_never_gets_the_listed_makers_answer(ask: Ask) -> None:
    for key, entity in KNOWLEDGE.entities.items():
        if entity.namesake_of is None:
            continue
        for words in ({"vendor": key}, {"vendor": entity.namesake_of, "query_name": entity.name}):
            rows = ask(operator="federal_agency", use="public_safety", **words)
            assert rows["S889_A buy"].determination == "indeterminate"
            assert entity.doubt and entity.doubt in rows["S889_A buy"].why


def test_a_name_that_is_only_like_a_makers_is_nobodys(ask: Ask) -> None:
    for name in ("Hikvisoin", "Hikvision Digital", "Dahua Electronic", "Huawei Tech"):
        rows = ask(operator="federal_agency", query_name=name, use="public_safety")
        assert rows["S889_A buy"].determination == "indeterminate"


def test_affiliates_count_for_lists_that_reach_them_only(ask: Ask) -> None:
    rows = ask(operator="federal_agency", vendor="ezviz", use="public_safety", acquired="2020-01-01")
    assert rows["S889_A buy"].determination == "prohibited"
    assert rows["S889_A buy"].grade == "V"
    assert "S60" in rows["S889_A buy"].cite


def test_the_grade_is_that_of_the_weakest_fact(ask: Ask) -> None:
    rows = ask(operator="usf_recipient", vendor="huawei")
    assert rows["FCC_PREVAUTH import_market"].grade == "C"
    assert rows["FCC_EA authorise_new"].grade == "V"
    assert ask(vendor="imou")["FCC_EA authorise_new"].grade == "M"


def test_each_row_says_how_old_its_facts_are(ask: Ask) -> None:
    rows = ask(operator="usf_recipient", vendor="huawei")
    assert rows["FCC_SUBSIDY fund"].last_verified == "2026-04-05"
    assert rows["FCC_PREVAUTH import_market"].last_verified == "2026-07-06"


def test_texts_from_outside_cannot_fill_in_or_grow(ask: Ask) -> None:
    brand = "{regime}\x1b[31m\n" + "x" * 5000
    said = ask(operator="federal_agency", vendor="hikvision", brand=brand, use="public_safety")
    text = said["S889_A buy"].must_say or ""
    assert "{regime}" in text and "\x1b" not in text and "\n" not in text and len(text) < 1000


def test_equal_questions_share_their_answer(knowledge: Knowledge) -> None:
    one, two = (
        Question(operator="federal_agency", vendor="dahua", as_of="2026-11-24", inferred_from=signs)
        for signs in (("a",), ("b", "c"))
    )
    assert determine(knowledge, one) == determine(knowledge, two)


def test_a_question_that_cannot_be_answered_is_refused(knowledge: Knowledge) -> None:
    with pytest.raises(QuestionError, match="did you mean 'hikvision'"):
        determine(knowledge, Question(operator="federal_agency", vendor="hikvison", as_of="2026-11-24"))
