from __future__ import annotations

import msgspec

from regulations.determination import Determination
from reports.document import DeviceReport, ReportDocument
from reports.law_answers import (
    act_keys,
    group_by_answers,
    of_owner,
    operator_panel,
    worst,
    worst_by_act,
    worst_for_owner,
)


def _answer(
    regime: str, act: str, word: str, operator: str = "dod", component: str | None = None
) -> Determination:
    return Determination(
        regime=regime,
        act=act,
        determination=word,
        operator=operator,
        cite=("S1",),
        why="",
        rule="r",
        grade="V",
        last_verified="2026-11-24",
        component=component,
    )


def test_the_worst_of_several_stands_for_them() -> None:
    answers = [_answer("A", "buy", word) for word in ("not_applicable", "indeterminate", "not_prohibited")]
    found = worst(answers)
    assert found is not None
    assert found.determination == "indeterminate"
    assert worst([]) is None


def test_owning_is_named_before_other_acts_that_are_as_bad() -> None:
    answers = [_answer("A", "supply_to_government", "prohibited"), _answer("B", "own_use", "prohibited")]
    found = worst_for_owner(answers)
    assert found is not None
    assert found.act == "own_use"


def test_what_makers_and_importers_may_not_do_says_nothing_of_the_owner() -> None:
    answers = [_answer("A", "authorise_new", "prohibited"), _answer("A", "own_use", "not_prohibited")]
    assert [one.act for one in of_owner(answers)] == ["own_use"]


def test_a_part_that_nobody_saw_changes_no_answer() -> None:
    answers = [
        _answer("S889_B", "own_use", "not_prohibited"),
        _answer("S889_B", "own_use", "prohibited_conditional", component="hisilicon_soc"),
    ]
    found = worst_for_owner(answers)
    assert found is not None
    assert found.determination == "not_prohibited"
    assert worst_by_act(answers)["S889_B", "own_use"].determination == "not_prohibited"


def test_the_worst_over_operators_is_kept_for_each_act() -> None:
    answers = [
        _answer("A", "buy", "not_applicable", "private_no_federal_nexus"),
        _answer("A", "buy", "prohibited", "federal_agency"),
        _answer("A", "own_use", "not_prohibited", "federal_agency"),
    ]
    found = worst_by_act(answers)
    assert {key: one.determination for key, one in found.items()} == {
        ("A", "buy"): "prohibited",
        ("A", "own_use"): "not_prohibited",
    }


def test_acts_are_listed_in_the_order_of_the_documents_regimes(document: ReportDocument) -> None:
    keys = act_keys(document)
    assert keys[0] == ("FCC_EA", "own_use")
    assert keys[-1] == ("ADVICE", "own_use")
    assert len(keys) == len(set(keys)) == 15


def test_devices_with_equal_answers_stand_together(document: ReportDocument) -> None:
    groups = group_by_answers(document.devices)
    assert [len(group.devices) for group in groups] == [7, 2, 4]
    asked = [device for device in document.devices if device.determinations]
    assert sum(len(group.devices) for group in groups) == len(asked)


def test_a_device_that_was_not_asked_about_is_in_no_group() -> None:
    assert group_by_answers([DeviceReport(address="10.0.0.1")]) == ()


def test_the_panel_shows_each_operators_worst_answer(panel_document: ReportDocument) -> None:
    rows = operator_panel(panel_document.devices[:1], panel_document.stakeholder.operators)
    table = {row.operator: {act: answer and answer.determination for act, answer in row.answers} for row in rows}
    assert table["federal_prime_contractor"]["own_use"] == "prohibited_conditional"
    assert table["private_no_federal_nexus"]["own_use"] == "indeterminate"
    assert table["federal_agency"]["buy"] == "prohibited_conditional"
    assert table["federal_agency"]["fund"] == "not_applicable"


def test_an_operator_without_answers_has_empty_cells(document: ReportDocument) -> None:
    (row,) = operator_panel(document.devices, ["dod"])
    assert {answer for _, answer in row.answers} == {None}


def test_answers_of_an_unknown_regime_are_kept(document: ReportDocument) -> None:
    strange = msgspec.structs.replace(
        document.devices[0], determinations=(_answer("ZZ", "lend_out", "prohibited"),)
    )
    changed = msgspec.structs.replace(document, devices=(strange,))
    assert act_keys(changed) == (("ZZ", "lend_out"),)
