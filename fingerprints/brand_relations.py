"""What a label alone says about who made a device: brands buy from several makers, and change them."""

from __future__ import annotations

from typing import NamedTuple

from fingerprints.database_loader import Database
from fingerprints.schema import Relation

OWN_FACTOR = 0.97
OEM_FACTORS = {"high": 0.85, "middling": 0.75, "low": 0.6}
"""How much of a label's weight remains for its makers, by the certainty of the best-known relation."""

_OWN = ("own", "subsidiary")


class LabelMakers(NamedTuple):
    """Who may have made a device of a label; ``own``: it is a maker's own line, not somebody's purchase."""

    makers: frozenset[str]
    factor: float
    own: bool


def makers_of_brand(brand: str, database: Database) -> LabelMakers:
    """The makers that ``brand`` alone points to.

    A maker's own name and its own lines point to that maker. Otherwise: exactly one maker known with high
    certainty is taken for the maker unless another one is as much as middling; else it may be any of them.
    """
    known = database.brands.get(brand)
    if known is None:
        own_name = brand in database.manufacturers
        return LabelMakers(frozenset({brand} if own_name else ()), OWN_FACTOR, own_name)
    relations = known.relations
    makers = frozenset(relation.maker for relation in relations)
    if relations and len(makers) == 1 and all(relation.relation in _OWN for relation in relations):
        return LabelMakers(makers, OWN_FACTOR, True)
    certain = _sole_certain_maker(relations)
    factor = max((OEM_FACTORS[relation.certainty] for relation in relations), default=0.0)
    return LabelMakers(certain or makers, factor, False)


def _sole_certain_maker(relations: tuple[Relation, ...]) -> frozenset[str]:
    high = {r.maker for r in relations if r.certainty == "high" and r.relation != "several"}
    middling = {r.maker for r in relations if r.certainty != "low"}
    return frozenset(high) if len(high) == 1 and middling == high else frozenset()
