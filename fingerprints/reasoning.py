"""The road from evidence to confidence in steps, as a person would tell it. Computes what ``identify`` computed."""

from __future__ import annotations

from typing import Literal

import msgspec

from fingerprints.combination import belief_in, combine, share
from fingerprints.database_loader import Database
from fingerprints.identification import Identification
from fingerprints.identify import Sign, signs_of


class CombinationStep(msgspec.Struct, frozen=True, kw_only=True):
    """One group of families: what counts of it, for whom it speaks, and the confidence with it and all before it.

    ``weight`` is that of the strongest sign (for a label what remains of it for its makers); ``counted`` is the
    fingerprint that counts, ``others`` those that say the same and add nothing.
    """

    group: str
    families: tuple[str, ...]
    speaks: Literal["for", "against"]
    makers: tuple[str, ...]
    weight: float
    counted: str
    others: tuple[str, ...] = ()
    confidence: float


def combination_steps(found: Identification, database: Database) -> tuple[CombinationStep, ...]:
    """The signs that name a maker by group of families: what speaks for the conclusion, strongest first, then against.

    The last step's confidence is that of the identification. Empty where nothing is concluded.
    """
    concluded = frozenset(found.manufacturer_candidates)
    if not concluded:
        return ()
    signs = [sign for sign in signs_of(found.evidence, database) if sign.makers]
    grouped: dict[tuple[str, frozenset[str]], list[Sign]] = {}
    for sign in signs:
        grouped.setdefault((sign.group, sign.makers), []).append(sign)
    for of_group in grouped.values():
        of_group.sort(key=lambda sign: -sign.weight)

    def order(key: tuple[str, frozenset[str]]) -> tuple[bool, float, str, list[str]]:
        group, makers = key
        return (not makers & concluded, -grouped[key][0].weight, group, sorted(makers))

    steps = []
    told: list[tuple[str, frozenset[str], float]] = []
    for key in sorted(grouped, key=order):
        group, makers = key
        strongest, *others = grouped[key]
        told.append((group, makers, strongest.weight))
        steps.append(
            CombinationStep(
                group=group,
                families=tuple(dict.fromkeys(sign.evidence.family for sign in grouped[key])),
                speaks="for" if makers & concluded else "against",
                makers=tuple(sorted(makers)),
                weight=round(strongest.weight, 4),
                counted=strongest.evidence.fingerprint,
                others=tuple(dict.fromkeys(sign.evidence.fingerprint for sign in others)),
                confidence=round(database.published(_confidence(told, found)), 4),
            )
        )
    return tuple(steps)


def _confidence(told: list[tuple[str, frozenset[str], float]], found: Identification) -> float:
    beliefs = combine(told)
    if found.manufacturer is not None:
        return share(beliefs, found.manufacturer)
    return belief_in(beliefs, frozenset(found.manufacturer_candidates))
