"""The shipped knowledge base loads, says how old it is, and knows names exactly."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

import pytest
import yaml

from regulations.knowledge import FOLDER, load_knowledge
from regulations.knowledge_base import Knowledge, normal_name

PRODUCT_CLASSES = (
    "camera recorder intercom access-control encoder alarm switch display"
    " radio router nas printer phone other unknown"
)


def test_it_is_read_once(knowledge: Knowledge) -> None:
    assert load_knowledge() is knowledge
    assert load_knowledge(FOLDER) is knowledge


def test_it_says_the_age_of_its_oldest_copy(knowledge: Knowledge) -> None:
    days = [one.last_seen for one in knowledge.lists.values() if not one.fixed]
    assert date.fromisoformat(knowledge.last_verified) == min(days)
    assert all(regime.last_verified <= knowledge.reviewed for regime in knowledge.regimes.values())
    assert date.fromisoformat(knowledge.last_verified) <= knowledge.reviewed


def test_the_regimes_of_this_version_can_be_told_in_plain_words(knowledge: Knowledge) -> None:
    assert list(knowledge.regimes) == [
        "FCC_EA",
        "FCC_PREVAUTH",
        "FCC_SUBSIDY",
        "FCC_54_9",
        "FCC_54_11",
        "S889_A",
        "S889_B",
        "S889_GRANTS",
        "DOD_805",
        "DOD_1260H",
        "BIS_ENTITY",
        "BIS_AFFILIATES_50",
        "NS_CMIC",
        "OFAC_SDN",
        "UFLPA",
        "S5949",
        "STATE_TX",
        "STATE_VT",
        "STATE_CO",
        "STATE_OTHER",
        "UK_WMS",
        "CA_ICA",
        "AU_GOV",
        "IN_ER",
        "ALLIED_OTHER",
        "ADVICE",
    ]
    for key, regime in knowledge.regimes.items():
        assert regime.key == key
        assert all((regime.name, regime.binds, regime.forbids, regime.does_not, regime.authority))
        assert regime.in_force_from is None or date.fromisoformat(regime.in_force_from)
    assert knowledge.regimes["FCC_EA"].in_force_from == "2022-11-11"
    assert "own" in knowledge.regimes["FCC_EA"].does_not


def test_every_source_is_cited_and_can_be_named(knowledge: Knowledge) -> None:
    texts = "\n".join(path.read_text("utf-8") for path in FOLDER.glob("*/*.yaml") if path.name != "sources.yaml")
    for key, source in knowledge.sources.items():
        assert source.key == key and source.title and source.grade
        assert source.url is None or source.url.startswith("https://")
        assert re.search(rf"\b{key}\b", texts), f"{key} is cited nowhere"


def test_no_fact_without_a_source_is_more_than_memory(knowledge: Knowledge) -> None:
    for entity in knowledge.entities.values():
        assert entity.sources or entity.grade == "M"
        assert all(relation.sources or relation.grade == "M" for relation in entity.part_of)
    assert all(listing.sources for listing in knowledge.listings)


@pytest.mark.parametrize(
    ("manufacturer", "key"),
    [
        ("Hikvision", "hikvision"),
        ("hikvision", "hikvision"),
        ("Zhejiang Dahua", "dahua"),
        ("UNV", "uniview"),
        ("EZVIZ", "ezviz"),
        ("Beijing Sensetime Technology Development Co., Ltd.", "sensetime"),
        ("Hytera Communications", "hytera"),
        ("Hytera Communications Limited", "hytera_hong_kong"),
        ("TP-Link Systems Inc.", "tplink_systems"),
        ("Axis", "other"),
        ("Hikvisio", "other"),
        ("", "unknown"),
        (None, "unknown"),
    ],
)
def test_a_manufacturer_is_found_by_its_exact_names(
    knowledge: Knowledge, manufacturer: str | None, key: str
) -> None:
    assert knowledge.entity_key_for(manufacturer) == key


def test_names_are_compared_without_case_and_with_joined_spaces_only() -> None:
    assert normal_name(" Zhejiang\tDAHUA ") == "zhejiang dahua"
    assert normal_name("Hik-vision") != normal_name("Hikvision")


def test_every_product_class_has_a_device_word(knowledge: Knowledge) -> None:
    assert list(knowledge.device_classes) == PRODUCT_CLASSES.split()
    assert knowledge.device_word("camera") == "ip_camera"
    assert knowledge.device_word("no such class") == "unknown"


def test_the_page_for_readers_tells_these_dates(knowledge: Knowledge) -> None:
    page = (FOLDER.parent / "docs" / "law.md").read_text("utf-8")
    assert f"Reviewed on {knowledge.reviewed}" in page
    assert f"older than {knowledge.last_verified}" in page
    assert f"Covered List as of {knowledge.lists['FCC_COVERED'].last_seen}" in page
    for key, regime in knowledge.regimes.items():
        line = next(line for line in page.splitlines() if line.startswith(f"| `{key}` |"))
        assert (regime.in_force_from or "–") in line
    told = {line.split("`")[1] for line in page.splitlines() if line.startswith("| `")}
    used = {rule.then for rule in knowledge.rules} | {one.then for one in knowledge.answers.values() if one.then}
    assert used <= told


def test_an_operator_brings_its_profiles(knowledge: Knowledge) -> None:
    assert knowledge.vocabulary.profiles("e_rate_recipient") == {
        "e_rate_recipient",
        "usf_recipient",
        "fcc_subsidy_recipient",
    }


def test_a_new_regime_is_yaml_alone(tmp_path: Path, knowledge: Knowledge) -> None:
    """A regime that no code knows: an entry under regimes, a file with one rule, and it is answered."""
    from regulations.determination import Question
    from regulations.determine import determine

    for part in ("lists", "rules"):
        (tmp_path / part).mkdir()
        for path in (FOLDER / part).glob("*.yaml"):
            (tmp_path / part / path.name).write_text(path.read_text("utf-8"), "utf-8")
    regimes_file = tmp_path / "lists" / "regimes.yaml"
    loaded = yaml.safe_load(regimes_file.read_text("utf-8"))
    loaded["regimes"]["NEW_REGIME"] = {
        "name": "A regime that no code knows",
        "binds": "exporters",
        "forbids": "exports without licence",
        "does_not": "It has no effect on owners.",
        "authority": ["15 CFR 744 Supp. 4"],
        "lists": ["BIS_ENTITY"],
        "unlisted": "not_listed",
        "acts": {"buy": ["everyone"]},
        "last_verified": date(2026, 7, 16),
        "grade": "VL",
        "sources": ["S20"],
    }
    regimes_file.write_text(yaml.safe_dump(loaded, sort_keys=False), "utf-8")
    (tmp_path / "rules" / "new_regime.yaml").write_text(
        "rules:\n- {id: new-buy, regime: [NEW_REGIME], act: [buy], then: listed_no_effect_on_owner,"
        " why: 'Listed since {since}.', cite: [S20], grade: VL}\n",
        "utf-8",
    )
    extended = load_knowledge(tmp_path)

    def answer(vendor: str, day: str) -> str:
        rows = determine(extended, Question(operator="federal_agency", vendor=vendor, as_of=day))
        return next(row.determination for row in rows if row.regime == "NEW_REGIME")

    assert answer("uniview", "2024-12-10") == "not_listed"
    assert answer("uniview", "2024-12-11") == "listed_no_effect_on_owner"
    assert answer("ezviz", "2026-11-24") == "not_listed"
    assert answer("unknown", "2026-11-24") == "indeterminate"
