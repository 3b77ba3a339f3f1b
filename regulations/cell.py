"""One cell of an answer, a regime and an act for one case: what rules may ask of it, and words for its texts."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

import msgspec

from regulations.case import Case
from regulations.determination import Determination
from regulations.entries import Entity, Listing, Regime
from regulations.reach import Ground
from regulations.texts import one_line

Facts = Mapping[str, frozenset[str]]
"""For each condition of the vocabulary the words that hold."""

_OPEN = ("prohibited", "prohibited_conditional", "indeterminate")


class Cell(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be decided: the act judged on ``day`` under ``regime``, after the rows decided ``earlier``."""

    case: Case
    regime: Regime
    act: str
    day: date
    earlier: tuple[Determination, ...] = ()


def holds(when: Mapping[str, tuple[str, ...]], facts: Facts) -> bool:
    """Whether every condition names a word that holds."""
    return all(not facts.get(condition, frozenset()).isdisjoint(words) for condition, words in when.items())


def facts_of(cell: Cell, ground: Ground | None, determination: str | None = None) -> Facts:
    """What rules and remarks may ask of a cell on one of its grounds (None: no entry reaches the unit)."""
    case, question = cell.case, cell.case.question
    maker = case.producer.entity
    group = ground.group if ground else maker.group if maker else None
    reach = ground.entry.reach if ground and isinstance(ground.entry, Listing) else None
    return {
        "group": _given(group),
        "stands": _given(ground.stands if ground else "none"),
        "reach": _given(reach),
        "use": _given(case.use_class),
        "operator": case.profiles,
        "device": _given(question.device),
        "funding": _given(question.funding),
        "component": _given(question.component),
        "part": _given("supposed" if case.part_is_supposed else "known"),
        "maker": _given(maker.key if maker else None),
        "relation": _given(question.relation or "not_stated"),
        "transaction": _given(question.transaction),
        "state": _given(case.state or "not_stated"),
        "country": _given(case.country or "not_stated"),
        "exception": _given("shown" if ground and ground.exception_shown else "none"),
        "authorised": _given(_authorised(case)),
        "unit": _given(_age_of_unit(cell, ground)),
        "award": _given(_age_of_award(cell)),
        "own_use_elsewhere": _given("open" if _own_use_is_open(cell) else "settled"),
        "label": _given(_label(case)),
        "producer": _given(case.producer.kind),
        "determination": _given(determination),
    }


def _given(word: str | None) -> frozenset[str]:
    return frozenset() if word is None else frozenset((word,))


def _authorised(case: Case) -> str:
    if case.authorised is not None:
        return "dated"
    return "never" if case.question.authorised == "never" else "unknown"


def _age_of_unit(cell: Cell, ground: Ground | None) -> str | None:
    """Whether the model was authorised, or the unit acquired, before the ground began to bar authorizations."""
    if ground is None:
        return None
    bar = ground.first_day(cell.regime, cell.act)
    known = (cell.case.authorised, cell.case.acquired)
    older = any(day is not None and day < bar for day in known)
    return "older_than_bar" if older else "not_shown_older"


def _age_of_award(cell: Cell) -> str | None:
    """Whether the award was made before the regime's first day; an award of unknown date counts as later."""
    if not cell.regime.phases:
        return None
    granted = cell.case.grant_date
    return "before_rule" if granted is not None and granted < cell.regime.phases[0].from_ else "since_rule"


def _own_use_is_open(cell: Cell) -> bool:
    return any(row.act == "own_use" and row.determination in _OPEN for row in cell.earlier)


def _label(case: Case) -> str | None:
    """Whether the label on the unit is the maker's own, or that of a company of its group, or another seller's."""
    brand, maker = case.question.brand, case.producer.entity
    if brand is None or maker is None or case.question.query_name is not None:
        return "none"
    owner = case.knowledge.entity_named(brand)
    if owner is None:
        return "none" if brand == "unknown_oem" else "other"
    related = owner.key == maker.key or any(
        one.entity == other.key and one.holds_on(case.unit_day)
        for other, part in ((maker, owner), (owner, maker))
        for one in part.part_of
    )
    return "own" if related else "other"


def words_of(cell: Cell, ground: Ground | None) -> dict[str, str]:
    """The words that texts about this cell may use in braces."""
    case, regime = cell.case, cell.regime
    lists = [case.knowledge.lists[key] for key in regime.lists]
    if ground and not hasattr(ground.entry, "component"):
        lists = [one for one in lists if one.key == getattr(ground.entry, "list", None)]
    start = regime.phases[0].from_.isoformat() if regime.phases else ""
    maker = case.producer.entity
    return {
        "maker": maker.name if maker and not (ground and ground.any_maker) else "the maker",
        "label": one_line(case.question.brand or "unknown"),
        "relation": ground.relation.kind if ground and ground.relation else "part of",
        "named": ground.named.name if ground and ground.named else "a listed company",
        "scope": ground.entry.scope if ground else "none",
        "list": "; ".join(one.name for one in lists),
        "last_seen": min((one.last_seen for one in lists), default=regime.last_verified).isoformat(),
        "since": ground.first_day(regime, cell.act).isoformat() if ground else start,
        "listed": ground.entry.from_.isoformat() if ground else start,
        "place": _place(case),
        "start": start,
        "day": cell.day.isoformat(),
        "as_of": case.as_of.isoformat(),
        "regime": regime.name,
        "binds": regime.binds,
        "operator": case.question.operator.replace("_", " "),
        "use": case.knowledge.vocabulary.uses[case.question.use].means,
        "device": case.knowledge.vocabulary.devices[case.question.device].means,
        "doubt": _doubt_of(maker),
    }


def _place(case: Case) -> str:
    words = case.knowledge.vocabulary
    if case.country is not None and case.country != "US":
        return words.countries[case.country].means
    return words.states[case.state].means if case.state else "a state that is not stated"


def _doubt_of(maker: Entity | None) -> str:
    return (maker.doubt or "") if maker else ""
