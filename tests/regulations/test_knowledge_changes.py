"""What differs between two knowledge bases, and in the answers from them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from regulations.determination import Question
from regulations.knowledge import load_knowledge
from regulations.knowledge_base import Knowledge
from regulations.knowledge_changes import answer_changes, changes

Spoil = Callable[[str, str, str], Path]


def test_equal_knowledge_has_no_changes(knowledge: Knowledge) -> None:
    assert changes(knowledge, knowledge) == ()


def test_what_came_went_and_changed_is_named(knowledge: Knowledge, spoiled: Spoil) -> None:
    spoiled("lists/listings.yaml", "entity: tiandy\n  list: BIS_ENTITY", "entity: tvt\n  list: BIS_ENTITY")
    other = load_knowledge(spoiled("lists/entities.yaml", "legal: ZTE Corporation", "legal: ZTE Corp."))
    found = {(one.section, one.entry): one for one in changes(knowledge, other)}
    assert {key: one.how for key, one in found.items()} == {
        ("entities", "zte"): "changed",
        ("listings", "tiandy on BIS_ENTITY since 2022-12-19"): "removed",
        ("listings", "tvt on BIS_ENTITY since 2022-12-19"): "added",
    }
    assert found["entities", "zte"].fields == ("legal: ZTE Corporation -> ZTE Corp.",)


def test_the_answers_that_change_are_named(knowledge: Knowledge, spoiled: Spoil) -> None:
    other = load_knowledge(
        spoiled("lists/listings.yaml", "entity: tiandy\n  list: BIS_ENTITY", "entity: tvt\n  list: BIS_ENTITY")
    )
    asked = [
        Question(operator="us_person", vendor=vendor, as_of="2026-11-24")
        for vendor in ("tvt", "tiandy", "hikvision", "no such maker")
    ]
    found = list(answer_changes(knowledge, other, asked))
    assert {(one.question.vendor, one.regime, one.act) for one in found} == {
        (vendor, regime, act)
        for vendor in ("tvt", "tiandy")
        for regime, act in (
            ("BIS_ENTITY", "export"),
            ("BIS_ENTITY", "buy"),
            ("BIS_ENTITY", "own_use"),
            ("ADVICE", "own_use"),
        )
    }
    export = next(one for one in found if (one.question.vendor, one.act) == ("tvt", "export"))
    assert export.was and export.now
    assert (export.was.determination, export.now.determination) == ("not_listed", "prohibited_conditional")
