from __future__ import annotations

import datetime
from typing import Any

import pytest

from fingerprints.brand_relations import OEM_FACTORS, OWN_FACTOR, makers_of_brand
from fingerprints.database_loader import Database
from fingerprints.schema import Brand, Manufacturer, Relation


def relation(maker: str, certainty: Any, kind: Any = "oem") -> Relation:
    return Relation(
        maker=maker,
        relation=kind,
        certainty=certainty,
        source="a catalogue",
        seen=datetime.date(2026, 11, 24),
    )


def makers(*relations: Relation) -> tuple[set[str], float, bool]:
    brand = Brand(brand="Label", relations=relations)
    found = makers_of_brand("Label", Database(brands={"Label": brand}))
    return set(found.makers), found.factor, found.own


def test_exactly_one_certain_maker_is_taken() -> None:
    assert makers(relation("A", "high")) == ({"A"}, OEM_FACTORS["high"], False)
    assert makers(relation("A", "high"), relation("B", "low"))[0] == {"A"}


@pytest.mark.parametrize(
    "relations",
    [
        (relation("A", "high"), relation("B", "high")),
        (relation("A", "high"), relation("B", "middling")),
        (relation("A", "high", "several"), relation("B", "low")),
        (relation("A", "middling"), relation("B", "low")),
    ],
)
def test_otherwise_it_may_be_any_of_them(relations: tuple[Relation, ...]) -> None:
    assert makers(*relations)[0] == {"A", "B"}


def test_an_own_line_is_nearly_as_good_as_the_makers_name() -> None:
    assert makers(relation("A", "high", "own")) == ({"A"}, OWN_FACTOR, True)
    assert makers(relation("A", "high", "subsidiary"))[2]
    assert not makers(relation("A", "high", "own"), relation("B", "high"))[2]


def test_labels_without_a_maker() -> None:
    assert makers() == (set(), 0.0, False)
    assert makers_of_brand("Nobody", Database()).makers == frozenset()


def test_a_manufacturers_own_name() -> None:
    database = Database(manufacturers={"A": Manufacturer(manufacturer="A")})
    assert makers_of_brand("A", database) == (frozenset({"A"}), OWN_FACTOR, True)
