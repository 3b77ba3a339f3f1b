"""One day before and on each effective date the answers differ as they should: every listing, category and rule."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from regulations import entries
from regulations.determination import Determination, Question
from regulations.determine import determine
from regulations.knowledge import load_knowledge
from regulations.reach import list_grounds

KNOWLEDGE = load_knowledge()
BARRED = ("prohibited", "prohibited_conditional")
DAY = timedelta(days=1)
Rows = dict[str, Determination]
Ask = Callable[..., Rows]


def bound_operator(regime: entries.Regime, act: str) -> str:
    bound = regime.acts[act][0]
    return "private_no_federal_nexus" if bound == "everyone" else bound


def first_day(regime: entries.Regime, entry: entries.ListEntry) -> date:
    """The day on which the regime begins to bar what the entry is about, from the dates of both alone."""
    listed = date.fromordinal(entry.from_.toordinal() + regime.days_after_listing)
    return max([listed, *(phase.from_ for phase in regime.phases[:1])])


def relation_for(regime: entries.Regime) -> str | None:
    return "unlisted_majority_owned_foreign_affiliate" if regime.key == "BIS_AFFILIATES_50" else None


def one_row(regime: str, act: str, **words: Any) -> Determination:
    (row,) = (
        row
        for row in determine(KNOWLEDGE, Question(**words))
        if (row.regime, row.act, row.component) == (regime, act, None)
    )
    return row


def reached_before(listing: entries.Listing) -> bool:
    """Whether the entity was already on that list, as part of one that stands there for longer."""
    parents = [relation.entity for relation in KNOWLEDGE.entities[listing.entity].part_of]
    return any(
        one.from_ < listing.from_ for parent in parents for one in KNOWLEDGE.listings_of(parent, listing.list)
    )


def regimes_by_entry() -> Iterator[Any]:
    for regime in KNOWLEDGE.regimes.values():
        for number, listing in enumerate(KNOWLEDGE.listings, start=1):
            if listing.list in regime.lists and not regime.after_the_others:
                yield pytest.param(regime, listing, id=f"{regime.key}-{number}-{listing.entity}")


@pytest.mark.parametrize("listing", KNOWLEDGE.listings, ids=lambda one: f"{one.list}-{one.entity}")
def test_a_listing_counts_from_its_first_to_its_last_day(listing: entries.Listing) -> None:
    entity = KNOWLEDGE.entities[listing.entity]

    def named_on(day: date) -> bool:
        grounds = list_grounds(KNOWLEDGE, listing.list, entity, day, day, affiliates=False)
        return any(ground.entry is listing for ground in grounds)

    assert not named_on(listing.from_ - DAY)
    assert named_on(listing.from_)
    if listing.to:
        assert named_on(listing.to - DAY)
        assert not named_on(listing.to)


@pytest.mark.parametrize(("regime", "listing"), list(regimes_by_entry()))
def test_a_bar_begins_on_its_day(regime: entries.Regime, listing: entries.Listing) -> None:
    begins = first_day(regime, listing)
    changed = []
    for act in regime.acts:
        before, after = (
            one_row(
                regime.key,
                act,
                operator=bound_operator(regime, act),
                vendor=listing.entity,
                use="public_safety",
                funding="federal_award",
                relation=relation_for(regime),
                as_of=day.isoformat(),
            )
            for day in (begins - DAY, begins)
        )
        if not reached_before(listing):
            assert (before.determination in BARRED, before.from_) == (False, None)
        if after.determination in BARRED:
            assert reached_before(listing) or after.from_ == begins.isoformat()
        changed.append(before.determination != after.determination)
    if listing.to is not None and begins >= listing.to:
        return
    if regime.key == "FCC_54_11" and KNOWLEDGE.entities[listing.entity].group != "G1":
        return
    if (
        listing.reach == "equipment"
        and not reached_before(listing)
        and (regime.key != "FCC_PREVAUTH" or listing.from_.year < 2025)
    ):
        assert any(changed)


COVERED_KINDS = [one for one in KNOWLEDGE.categories.values() if one.list == "FCC_COVERED"]


@pytest.mark.parametrize("category", COVERED_KINDS, ids=lambda one: one.key)
def test_a_kind_of_equipment_is_barred_from_its_day_whoever_makes_it(category: entries.CategoryEntry) -> None:
    for device in category.devices:
        for regime_key, act in (("FCC_EA", "authorise_new"), ("FCC_SUBSIDY", "fund")):
            begins = first_day(KNOWLEDGE.regimes[regime_key], category)
            for vendor in ("other", "any", "unknown"):
                words: dict[str, Any] = {
                    "operator": "usf_recipient",
                    "vendor": vendor,
                    "device": device,
                    "produced_in": "foreign",
                }
                before = one_row(regime_key, act, as_of=(begins - DAY).isoformat(), **words)
                after = one_row(regime_key, act, as_of=begins.isoformat(), **words)
                assert before.determination == ("indeterminate" if vendor == "unknown" else "not_prohibited")
                assert (after.determination, after.from_) == ("prohibited", begins.isoformat())


@pytest.mark.parametrize(
    ("category", "way"),
    [(category, way) for category in KNOWLEDGE.categories.values() for way in category.exceptions],
    ids=lambda one: getattr(one, "key", getattr(one, "exception", "")),
)
def test_an_exception_is_open_between_its_days(
    category: entries.CategoryEntry, way: entries.CategoryException
) -> None:
    def answer(day: date) -> str:
        return one_row(
            "FCC_EA",
            "authorise_new",
            operator="applicant",
            vendor="other",
            device=category.devices[0],
            produced_in="foreign",
            exception=way.exception,
            as_of=day.isoformat(),
        ).determination

    assert answer(way.from_) == "not_prohibited"
    if way.from_ > category.from_:
        assert answer(way.from_ - DAY) == "prohibited"
    if way.to:
        assert answer(way.to - DAY) == "not_prohibited"
        assert answer(way.to) == "prohibited"


VARIATIONS: tuple[dict[str, Any], ...] = (
    {},
    {"component": "hisilicon_soc"},
    {"component": "covered_modular_transmitter"},
    {"device": "uas", "produced_in": "foreign"},
    {"device": "uas", "produced_in": "foreign", "exception": "conditional_approval"},
    {"funding": "own_money"},
    {"funding": "federal_award"},
    {"grant_date": "2019-01-01"},
    {"authorised": "never"},
    {"acquired": "2015-01-01"},
    {"relation": "contract_with_listed_entity"},
    {"relation": "end_product_includes_listed_goods"},
    {"relation": "end_product_includes_listed_goods", "purchase": "2028-01-01"},
    {"relation": "unlisted_majority_owned_foreign_affiliate"},
    {"relation": "unlisted_majority_owned_foreign_affiliate", "purchase": "2025-10-01"},
    {"relation": "unlisted_majority_owned_foreign_affiliate", "purchase": "2026-01-01"},
    {"purchase": "2028-01-01"},
    {"transaction": "hold"},
    {"transaction": "sell_to_divest"},
    {"transaction": "sell_to_divest", "purchase": "2022-01-01"},
)
OPERATORS = (
    "private_no_federal_nexus",
    "federal_agency",
    "federal_prime_contractor",
    "dod",
    "subrecipient",
    "usf_recipient",
    "local_government",
    "texas_state_agency",
    "vermont_it_vendor",
    "communications_infrastructure_provider",
    "uk_central_government",
    "canada_federal_department",
    "au_commonwealth",
    "seller_in_india",
)
MAKERS = ("huawei", "hikvision", "dji", "kaspersky", "china_telecom_americas", "uniview", "xpcc", "smic", "other")


LIMITED = ("hikvision",)


def questions() -> Iterator[dict[str, Any]]:
    """Questions that between them bring every rule to bear."""
    for operator, vendor in itertools.product(OPERATORS, MAKERS):
        uses = ("public_safety", "school_safety", "warehouse", "unknown") if vendor in LIMITED else ("unknown",)
        for use, variation in itertools.product(uses, VARIATIONS):
            yield {"operator": operator, "vendor": vendor, "use": use, **variation}
    yield {"operator": "private_no_federal_nexus", "country": "NZ"}
    for money in ({"funding": "own_money"}, {"grant_date": "2019-01-01"}):
        yield {"operator": "subrecipient", "vendor": "other", "device": "recorder", **money}


@pytest.fixture(scope="module")
def questions_by_rule() -> dict[str, tuple[dict[str, Any], Determination]]:
    found: dict[str, tuple[dict[str, Any], Determination]] = {}
    for question in questions():
        for row in determine(KNOWLEDGE, Question(as_of="2026-11-24", **question)):
            if row.component is None or row.rule.startswith("s889-hisilicon-may"):
                found.setdefault(row.rule, (question, row))
    return found


def test_no_case_falls_through_the_rules(
    questions_by_rule: dict[str, tuple[dict[str, Any], Determination]],
) -> None:
    assert "no-rule-fits" not in questions_by_rule


def test_a_maker_that_comes_on_a_list_later_is_answered(spoiled: Callable[[str, str, str], Path]) -> None:
    entry = "- entity: xpsb\n  list: OFAC_SDN\n"
    folder = spoiled("lists/listings.yaml", entry, "- entity: tvt\n  list: UFLPA\n")
    rows = determine(load_knowledge(folder), Question(operator="importer", vendor="tvt", as_of="2026-11-24"))
    (row,) = (row for row in rows if row.regime == "UFLPA")
    assert (row.rule, row.determination, row.from_) == (
        "uflpa-presumption",
        "prohibited_conditional",
        "2020-07-09",
    )


@pytest.mark.parametrize("rule", KNOWLEDGE.rules, ids=lambda one: one.id)
def test_every_rule_decides_something_from_its_day_on(
    rule: entries.Rule, questions_by_rule: dict[str, tuple[dict[str, Any], Determination]]
) -> None:
    question, row = questions_by_rule[rule.id]
    assert row.determination == rule.then
    assert set(rule.cite) <= set(row.cite)
    if row.from_ is None:
        assert rule.then not in BARRED
        return
    if row.component is not None:
        return
    begins = date.fromisoformat(row.from_)
    if rule.days_since_entry:
        begins += timedelta(days=rule.days_since_entry - KNOWLEDGE.regimes[row.regime].days_after_listing)
    question = {key: word for key, word in question.items() if key != "purchase"}
    before = one_row(row.regime, row.act, as_of=(begins - DAY).isoformat(), **question)
    after = one_row(row.regime, row.act, as_of=begins.isoformat(), **question)
    assert (after.rule, after.determination, after.from_) == (rule.id, rule.then, row.from_)
    assert before.rule != rule.id
    assert before.determination != after.determination


@pytest.mark.parametrize(
    ("regime", "act", "begins"),
    [
        ("FCC_EA", "authorise_new", "2022-11-11"),
        ("FCC_PREVAUTH", "import_market", "2026-07-16"),
        ("FCC_SUBSIDY", "fund", "2021-05-11"),
        ("S889_A", "buy", "2019-08-13"),
        ("S889_B", "own_use", "2020-08-13"),
        ("S889_GRANTS", "fund", "2020-08-13"),
    ],
)
def test_the_days_of_the_regimes_are_these(regime: str, act: str, begins: str) -> None:
    operator = bound_operator(KNOWLEDGE.regimes[regime], act)
    row = one_row(regime, act, operator=operator, vendor="huawei", as_of="2026-11-24")
    assert (row.determination, row.from_) == ("prohibited", begins)


def test_a_bar_that_ends_says_its_last_day(spoiled: Callable[[str, str, str], Path]) -> None:
    entry = "entity: dji\n  list: FCC_COVERED\n"
    ended = load_knowledge(spoiled("lists/listings.yaml", entry, f"{entry}  to: 2026-06-01\n"))

    def answer(day: str) -> Determination:
        rows = determine(ended, Question(operator="applicant", vendor="dji", as_of=day))
        return next(row for row in rows if (row.regime, row.act) == ("FCC_EA", "authorise_new"))

    last = answer("2026-05-31")
    assert (last.determination, last.from_, last.to) == ("prohibited", "2025-12-22", "2026-05-31")
    assert answer("2026-06-01").determination == "not_prohibited"


@pytest.mark.parametrize(
    ("bought", "maker_known"),
    [("2018-02-05", False), ("2018-02-06", True), ("2022-11-22", True), ("2022-11-23", False)],
)
def test_a_label_leads_to_its_maker_only_within_the_relation(bought: str, maker_known: bool) -> None:
    row = one_row(
        "S889_B",
        "own_use",
        operator="federal_prime_contractor",
        brand="Lorex",
        use="public_safety",
        purchase=bought,
        as_of="2026-11-24",
    )
    assert row.determination == ("prohibited" if maker_known else "indeterminate")
