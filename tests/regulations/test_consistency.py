"""A malformed or contradictory knowledge base is refused, with file, entry and reason."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from regulations import consistency_rules, texts
from regulations.knowledge import KnowledgeError, load_knowledge
from regulations.knowledge_base import Knowledge

Spoil = Callable[[str, str, str], Path]

SPOILED = [
    # file, what stands there, what is put there, entry named, words of the reason
    ("lists/entities.yaml", "legal: ZTE Corporation", "legul: ZTE Corporation", "zte", "unknown field `legul`"),
    ("lists/entities.yaml", "legal: ZTE Corporation", "legal: 7", "zte", "Expected `str"),
    ("lists/entities.yaml", "legal: ZTE Corporation", "legal: Hikvision", "zte", "namesakes are never merged"),
    ("lists/entities.yaml", "group: G2", "group: G9", "hikvision", "unknown group 'G9'"),
    ("lists/entities.yaml", "entity: cethik, kind", "entity: cethick, kind", "hikvision", "did you mean 'cethik'"),
    (
        "lists/entities.yaml",
        "from: 2018-02-06, to: 2022-11-23",
        "from: 2022-11-24, to: 2022-11-23",
        "lorex",
        "ends",
    ),
    ("lists/entities.yaml", "namesake_of: zte", "namesake_of: zzz", "zte_parsian", "unknown entity 'zzz'"),
    ("lists/entities.yaml", "  zte:\n", "  hikvision:\n", "line", "stands here twice"),
    ("lists/entities.yaml", "  zte:\n    name", "  other:\n    name", "other", "this key is taken"),
    ("lists/entities.yaml", "grade: V\n    sources: [S06, S20]", "grade: V", "dji", "grade can only be M"),
    (
        "lists/entities.yaml",
        "kind: subsidiary of, grade: V, sources: [S15]",
        "kind: subsidiary of, grade: V",
        "hikvision_usa",
        "grade can only be M",
    ),
    (
        "lists/entities.yaml",
        "legal: China Electronics Technology Group Corporation\n",
        "part_of: [{entity: hikvision, kind: x, grade: M}]\n",
        "hikvision",
        "circle",
    ),
    ("lists/listings.yaml", "from: 2021-03-12", "from: 2021-13-12", "the file", "month must be in 1..12"),
    (
        "lists/listings.yaml",
        "from: 2021-03-12",
        "from: soon",
        "entry 1 (huawei on FCC_COVERED)",
        "Invalid RFC3339",
    ),
    (
        "lists/listings.yaml",
        "from: 2021-03-12",
        "from: 2021-03-12\n  to: 2021-03-12",
        "entry 1 (huawei on FCC_COVERED)",
        "before it begins",
    ),
    (
        "lists/listings.yaml",
        "from: 2021-03-12",
        "from: 2021-03-12\n  announced: 2021-03-13",
        "entry 1 (huawei on FCC_COVERED)",
        "after its first day",
    ),
    (
        "lists/listings.yaml",
        "from: 2021-03-12",
        "from: 2026-09-01",
        "entry 1 (huawei on FCC_COVERED)",
        "after the newest copy",
    ),
    (
        "lists/listings.yaml",
        "entity: zte\n  list: FCC_COVERED",
        "entity: huawei\n  list: FCC_COVERED",
        "entry 2 (huawei on FCC_COVERED)",
        "overlaps",
    ),
    ("lists/listings.yaml", "entity: zte", "entity: zet", "entry 2 (zet on FCC_COVERED)", "did you mean 'zte'"),
    (
        "lists/listings.yaml",
        "list: FCC_COVERED",
        "list: FCC_COVRED",
        "entry 1 (huawei on FCC_COVRED)",
        "did you mean 'FCC_COVERED'",
    ),
    (
        "lists/listings.yaml",
        "sources: [S01, S20]",
        "sources: [S01, S99]",
        "entry 1 (huawei on FCC_COVERED)",
        "unknown source 'S99'",
    ),
    (
        "lists/listings.yaml",
        "grade: V",
        "grade: sure",
        "entry 1 (huawei on FCC_COVERED)",
        "Invalid enum value 'sure'",
    ),
    (
        "lists/listings.yaml",
        "devices: [uas, uas_component]",
        "devices: [drone]",
        "uas_foreign",
        "unknown device 'drone'",
    ),
    (
        "lists/listings.yaml",
        "exception: toy_drone, from: 2026-06-15",
        "exception: toy_drone, from: 2025-06-15",
        "uas_foreign",
        "days that cannot be",
    ),
    (
        "lists/listings.yaml",
        "regimes: [FCC_EA]",
        "regimes: [FCC_EB]",
        "entry 2 (covered_modular_transmitter)",
        "unknown regime",
    ),
    ("lists/regimes.yaml", "known_from: 2026-07-06", "known_from: 2026-08-06", "FCC_PREVAUTH", "after its start"),
    ("lists/regimes.yaml", "from: 2023-02-06", "from: 2020-02-06", "FCC_EA", "begins before the first one"),
    (
        "lists/regimes.yaml",
        "fund: [fcc_subsidy_recipient]",
        "fund: [fcc_subsidy]",
        "FCC_SUBSIDY",
        "unknown operator",
    ),
    ("lists/regimes.yaml", "authorise_new: [everyone]", "authorise_new: []", "FCC_EA", "binds nobody"),
    (
        "lists/regimes.yaml",
        "own_use: [federal_prime_contractor]",
        "own_use: [federal_prime_contractor]\n      authorise_new: [dod]",
        "S889_B",
        "no rule says anything about authorise_new",
    ),
    ("lists/regimes.yaml", "last_seen: 2026-08-20", "last_seen: 2027-08-20", "FCC_COVERED", "after the review"),
    ("lists/regimes.yaml", "lists: [S889]", "lists: [S888]", "S889_A", "did you mean 'S889'"),
    ("lists/sources.yaml", "reviewed: 2026-11-24", "reviewed: lately", "reviewed", "should be a day"),
    ("lists/sources.yaml", "reviewed: 2026-11-24", "revised: 2026-11-24", "revised", "did you mean 'reviewed'"),
    ("rules/section_889.yaml", "use: [none]", "use: [non]", "s889-other-purpose", "did you mean 'none'"),
    (
        "rules/section_889.yaml",
        "when: {group: [G2], use: [none]}",
        "when: {grup: [G2]}",
        "s889-other-purpose",
        "did you mean 'group'",
    ),
    (
        "rules/section_889.yaml",
        "when: {group: [G2], use: [none]}",
        "when: {use: []}",
        "s889-other-purpose",
        "never holds",
    ),
    (
        "rules/section_889.yaml",
        "then: prohibited\n",
        "then: forbidden\n",
        "s889-a-without-purpose-limit",
        "unknown determination",
    ),
    (
        "rules/section_889.yaml",
        "id: s889-other-purpose",
        "id: s889-hisilicon-inside",
        "s889-hisilicon-inside",
        "stands in section_889.yaml already",
    ),
    ("rules/section_889.yaml", "use ({use}) is none", "use ({usage}) is none", "s889-other-purpose", "{usage}"),
    ("rules/section_889.yaml", "use ({use}) is none", "use ({use) is none", "s889-other-purpose", "braces"),
    (
        "rules/section_889.yaml",
        "cite: [S22, S23]\n  grade: V",
        "cite: [S22, S23]\n  grade: M",
        "s889-b-without-purpose-limit",
        "not prohibited",
    ),
    ("rules/section_889.yaml", "cite: [S22, S23]", "cite: []", "s889-b-without-purpose-limit", "cites nothing"),
    (
        "rules/section_889.yaml",
        "regime: [S889_A]\n  act: [own_use]",
        "regime: [S889_A]\n  act: [invest]",
        "s889-a-agency-owns",
        "has none of the acts",
    ),
    (
        "rules/section_889.yaml",
        "  must_say: What is the unit used for?\n  cite",
        "  cite",
        "s889-grants-buy-with-award-purpose-open",
        "name the condition or the question",
    ),
    (
        "rules/advice.yaml",
        "regime: [ADVICE]",
        "regime: [ADVICE, FCC_EA]",
        "fcc-ea-services",
        "keep them in one file",
    ),
    (
        "rules/fcc_equipment_authorization.yaml",
        "when: {group: [G4]}",
        "phase: modules\n  when: {group: [G4]}",
        "fcc-ea-new-model-named-2025",
        "has no phase 'modules'",
    ),
    (
        "rules/fcc_previously_authorized.yaml",
        "entries_from: 2025-01-01",
        "entries_from: 2025-01-01\n  entries_until: 2024-01-01",
        "fcc-prevauth-entries-since-2025",
        "lies before",
    ),
    (
        "rules/fcc_previously_authorized.yaml",
        "whatever_the_maker: true",
        "whatever_the_maker: true\n  when: {group: [G1]}",
        "fcc-prevauth-buyer",
        "no further condition",
    ),
    (
        "rules/vocabulary.yaml",
        "also: [supplier_to_government]",
        "also: [supplier]",
        "federal_prime_contractor",
        "unknown operator",
    ),
    (
        "rules/vocabulary.yaml",
        "judged_on: [authorised]",
        "judged_on: [application]",
        "authorise_new",
        "unknown date of a question",
    ),
    ("rules/vocabulary.yaml", "words_of: groups", "words_of: grops", "group", "no vocabulary 'grops'"),
    ("rules/vocabulary.yaml", "class: arguable", "class: maybe", "employee_parking_lot", "unknown class of use"),
    ("rules/general.yaml", "  no_rule_fits:", "  no_rule:", "no_rule_fits", "missing"),
    ("rules/general.yaml", "then: not_applicable", "then: null", "not_bound", "needs a determination"),
    ("rules/remarks.yaml", "label: [other]", "lable: [other]", "brand-is-not-producer", "did you mean 'label'"),
    ("rules/remarks.yaml", "from: 2021-01-11", "from: 2022-01-11", "ns-cmic-older-list", "before it begins"),
    (
        "rules/remarks.yaml",
        "maker: [alibaba]",
        "maker: [alibba]",
        "alibaba-withdrawn-notice",
        "did you mean 'alibaba'",
    ),
    ("rules/vocabulary.yaml", "state: TX}", "state: TEX}", "texas_state_agency", "unknown state 'TEX'"),
    ("rules/vocabulary.yaml", "country: GB}", "country: UK}", "uk_central_government", "unknown country 'UK'"),
    ("rules/vocabulary.yaml", "TX: texas_state_agency", "TX: texan_agency", "state_agency", "unknown operator"),
    (
        "rules/treasury_sanctions.yaml",
        "days_since_entry: 365",
        "days_since_entry: 0",
        "ns-cmic-divestment-over",
        "1 or more",
    ),
    (
        "rules/export_controls.yaml",
        "  then: not_applicable",
        "  then: prohibited",
        "bis-affiliates-other-party",
        "on no list",
    ),
    ("lists/regimes.yaml", "by_place: {states: [TX]}", "by_place: {}", "STATE_TX", "names no place"),
    (
        "lists/regimes.yaml",
        "by_place: {states: [TX]}",
        "by_place: {states: [TX], elsewhere: state}",
        "STATE_TX",
        "not both",
    ),
    ("lists/listings.yaml", "entities: [huawei, zte]", "entities: [huawei, zet]", "entry", "did you mean 'zte'"),
    ("lists/listings.yaml", "entities: [huawei, zte]", "entities: [huawei, huawei]", "entry", "overlaps"),
    ("rules/device_words.yaml", "device: ip_camera", "device: camera", "camera", "did you mean"),
]


@pytest.mark.parametrize(("file", "old", "new", "entry", "reason"), SPOILED)
def test_what_is_wrong_is_named(spoiled: Spoil, file: str, old: str, new: str, entry: str, reason: str) -> None:
    folder = spoiled(file, old, new)
    with pytest.raises(KnowledgeError) as refused:
        load_knowledge(folder)
    told = refused.value
    assert told.file == "fcc_equipment_authorization.yaml" if "keep them" in reason else file.endswith(told.file)
    assert told.entry.startswith(entry)
    assert reason in told.reason
    assert str(told) == f"{told.file}: {told.entry}: {told.reason}"


def test_an_unspoiled_copy_is_accepted(spoiled: Spoil) -> None:
    folder = spoiled("lists/entities.yaml", "ZTE Corporation", "ZTE Corporation")
    assert load_knowledge(folder).entity_key_for("ZTE Corporation") == "zte"


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(KnowledgeError, match=r"sources\.yaml: the file: cannot be read"):
        load_knowledge(tmp_path)


def test_the_program_and_its_data_name_the_same_things(knowledge: Knowledge) -> None:
    assert set(knowledge.answers) == set(consistency_rules.GENERAL_ANSWERS)
    assert set(knowledge.doubts) == set(consistency_rules.DOUBTS)
    assert set(knowledge.vocabulary.conditions) == set(consistency_rules.CONDITIONS)


def test_every_word_in_braces_is_filled_in(knowledge: Knowledge) -> None:
    from regulations.case import understand
    from regulations.cell import Cell, words_of
    from regulations.determination import Question

    case = understand(knowledge, Question(operator="federal_agency", as_of="2026-11-24"))
    cell = Cell(case=case, regime=knowledge.regimes["S889_A"], act="buy", day=case.as_of)
    assert set(words_of(cell, None)) == texts.WORDS
