"""How weights of evidence combine: noisy-OR where signs agree, Dempster's rule where they do not.

A sign of weight *w* for a set of makers puts *w* of the belief on that set and leaves the rest open. Signs
of independent groups multiply (Dempster's rule for simple supports). For signs that name one and the same
maker this is the noisy-OR, 1 − Π(1 − w). Belief that falls on two makers at once is impossible and is taken
out of the whole, so each contradiction lowers the others: 0.9 against 0.5 leaves 0.82, 0.9 against 0.9
leaves 0.47 each.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping

ANYONE: frozenset[str] = frozenset()
"""The set that belief rests on where nothing was said about it."""

MAX_WEIGHT = 0.99
"""No sign is certain: firmware is copied, and honeypots copy it on purpose."""

_MAX_SETS = 256


def noisy_or(weights: Iterable[float]) -> float:
    """1 − Π(1 − w): how sure independent signs are together; the same in any order."""
    return 1.0 - math.prod(1.0 - min(max(weight, 0.0), MAX_WEIGHT) for weight in sorted(weights))


def combine(signs: Iterable[tuple[str, frozenset[str], float]]) -> dict[frozenset[str], float]:
    """Belief by set of makers, from signs ``(group, makers, weight)``; the sum is 1 with ``ANYONE``.

    Signs of one group are correlated: of those for the same makers the strongest counts, a sign for several
    makers adds to a sign for one of them only what goes beyond it, and of two that overlap otherwise the
    weaker adds nothing.
    """
    weights: dict[frozenset[str], list[float]] = {}
    for of_group in _strongest(signs).values():
        for makers, weight in _beyond_subsets(_without_overlaps(of_group)).items():
            weights.setdefault(makers, []).append(weight)
    beliefs = {ANYONE: 1.0}
    for makers in sorted(weights, key=sorted):
        beliefs = _bounded(_add(beliefs, makers, noisy_or(weights[makers])))
    return beliefs


def share(beliefs: Mapping[frozenset[str], float], maker: str) -> float:
    """How sure ``beliefs`` are of one maker; what rests on several is divided evenly among them."""
    return math.fsum(belief / len(makers) for makers, belief in beliefs.items() if maker in makers)


def belief_in(beliefs: Mapping[frozenset[str], float], makers: frozenset[str]) -> float:
    """How sure ``beliefs`` are that it is one of ``makers``."""
    return math.fsum(belief for inner, belief in beliefs.items() if inner and inner <= makers)


def _strongest(
    signs: Iterable[tuple[str, frozenset[str], float]],
) -> dict[str, dict[frozenset[str], float]]:
    groups: dict[str, dict[frozenset[str], float]] = {}
    for group, makers, weight in signs:
        if makers:
            of_group = groups.setdefault(group, {})
            of_group[makers] = max(of_group.get(makers, 0.0), min(max(weight, 0.0), MAX_WEIGHT))
    return groups


def _without_overlaps(weights: Mapping[frozenset[str], float]) -> dict[frozenset[str], float]:
    """The strongest sets of one group that lie inside or outside each other.

    Two correlated signs must not narrow each other down as independent ones would.
    """
    kept: dict[frozenset[str], float] = {}
    for makers in sorted(weights, key=lambda item: (-weights[item], sorted(item))):
        if all(not makers & other or makers <= other or other <= makers for other in kept):
            kept[makers] = weights[makers]
    return kept


def _beyond_subsets(weights: Mapping[frozenset[str], float]) -> dict[frozenset[str], float]:
    """Weights such that a set and its subsets together are as sure as the set's own sign was."""
    beyond: dict[frozenset[str], float] = {}
    for makers in sorted(weights, key=lambda item: (len(item), sorted(item))):
        open_ = math.prod(1.0 - weight for inner, weight in beyond.items() if inner < makers)
        beyond[makers] = max(0.0, 1.0 - (1.0 - weights[makers]) / open_)
    return beyond


def _add(
    beliefs: Mapping[frozenset[str], float], makers: frozenset[str], weight: float
) -> dict[frozenset[str], float]:
    """Dempster's rule for one more sign."""
    result: dict[frozenset[str], float] = {}
    for held, belief in beliefs.items():
        result[held] = result.get(held, 0.0) + belief * (1.0 - weight)
        common = makers if held == ANYONE else held & makers
        if common:
            result[common] = result.get(common, 0.0) + belief * weight
    whole = math.fsum(result.values())
    return {held: belief / whole for held, belief in result.items()}


def _bounded(beliefs: dict[frozenset[str], float]) -> dict[frozenset[str], float]:
    """At most ``_MAX_SETS`` sets, so that no answer can make this slow; the smallest become open belief."""
    if len(beliefs) <= _MAX_SETS:
        return beliefs
    ranked = sorted(beliefs.items(), key=lambda item: (-item[1], sorted(item[0])))
    kept = dict(ranked[:_MAX_SETS])
    kept[ANYONE] = beliefs[ANYONE] + math.fsum(b for makers, b in ranked[_MAX_SETS:] if makers != ANYONE)
    return kept
