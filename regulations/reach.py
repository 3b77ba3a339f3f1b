"""Which entries of lists reach a unit, and how: by its maker, the maker's group, its kind, or a part inside."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Literal

import msgspec

from regulations.case import Case
from regulations.entries import (
    CategoryEntry,
    ComponentEntry,
    Entity,
    Grade,
    ListEntry,
    Listing,
    Regime,
    Relation,
    weakest,
)
from regulations.knowledge_base import Knowledge, normal_name

Stands = Literal["named", "affiliate", "parent", "category", "component"]


class Ground(msgspec.Struct, frozen=True, kw_only=True):
    """One reason for which a unit is covered: an entry, how the unit comes under it, how well that is known.

    ``doubt`` names the condition of ``general.yaml`` on which this rests. ``any_maker`` is set where the ground is
    only supposed, because the maker is not known.
    """

    entry: ListEntry | ComponentEntry
    stands: Stands
    group: str | None
    grade: Grade
    sources: tuple[str, ...]
    named: Entity | None = None
    relation: Relation | None = None
    doubt: str | None = None
    exception_shown: bool = False
    any_maker: bool = False

    @property
    def by_maker(self) -> bool:
        """Whether the unit is reached through who made it."""
        return self.stands in ("named", "affiliate", "parent")

    def first_day(self, regime: Regime, act: str, phase: str | None = None) -> date:
        """The first day on which the regime (or one of its phases) says anything about an act on this ground."""
        delay = 0 if act in regime.without_delay else regime.days_after_listing
        listed = self.entry.from_ + timedelta(days=delay)
        phases = [one.from_ for one in regime.phases if phase is None or one.name == phase]
        return max(listed, phases[0]) if phases else listed


def grounds_of(case: Case, regime: Regime, act: str, day: date) -> tuple[Ground, ...]:
    """Every ground on which the unit is covered by the regime's lists on ``day``, the maker's own first."""
    grounds = list(maker_grounds(case, regime, day))
    grounds.extend(other_grounds(case, regime, act, day, maker_listed=bool(grounds)))
    return tuple(grounds)


def maker_grounds(case: Case, regime: Regime, day: date) -> Iterator[Ground]:
    """The grounds that lie in the maker: its own entries, then those of companies above and below it.

    Membership of a list is read on ``day``, relations between companies on the day of the unit.
    """
    maker = case.producer.entity
    if maker is None:
        return
    for list_name in regime.lists:
        reaches = case.knowledge.lists[list_name].reaches_affiliates
        if regime.reaches_affiliates is not None:
            reaches = regime.reaches_affiliates
        for ground in list_grounds(
            case.knowledge,
            list_name,
            maker,
            day,
            case.unit_day,
            affiliates=reaches,
            parents=regime.reaches_parents,
        ):
            if not _named_otherwise(case, ground):
                yield ground


def _named_otherwise(case: Case, ground: Ground) -> bool:
    """Whether a name was looked up that is not the one under which another company of the group is listed."""
    asked, entry = case.question.query_name, ground.entry
    if asked is None or ground.stands != "named" or not isinstance(entry, Listing) or not entry.by_this_name_only:
        return False
    trade_name = case.knowledge.entities[entry.entity].name
    return normal_name(asked) not in (normal_name(entry.named or ""), normal_name(trade_name))


def list_grounds(
    knowledge: Knowledge,
    list_name: str,
    maker: Entity,
    day: date,
    unit_day: date,
    *,
    affiliates: bool,
    parents: bool = True,
) -> Iterator[Ground]:
    """The grounds by which a maker comes under one list on ``day``."""
    yield from _entries_of(knowledge, list_name, maker, day, "named", ())
    if not affiliates:
        return
    for parent, path in _above(knowledge, maker, unit_day):
        yield from _entries_of(knowledge, list_name, parent, day, "affiliate", path)
    if not parents:
        return
    for child, path in _below(knowledge, maker, unit_day):
        yield from _entries_of(knowledge, list_name, child, day, "parent", path)


def _entries_of(
    knowledge: Knowledge,
    list_name: str,
    entity: Entity,
    day: date,
    stands: Stands,
    path: tuple[Relation, ...],
) -> Iterator[Ground]:
    for listing in knowledge.listings_of(entity.key, list_name):
        if listing.holds_on(day):
            grades: list[Grade] = [listing.grade, *(relation.grade for relation in path)]
            yield Ground(
                entry=listing,
                stands=stands,
                group=entity.group,
                grade=weakest([*grades, "A"] if stands == "parent" else grades),
                sources=(*listing.sources, *(source for relation in path for source in relation.sources)),
                named=entity,
                relation=path[0] if path else None,
                doubt="parent_as_affiliate" if stands == "parent" else None,
            )


def _above(
    knowledge: Knowledge, entity: Entity, day: date, path: tuple[Relation, ...] = ()
) -> Iterator[tuple[Entity, tuple[Relation, ...]]]:
    """The companies that an entity belongs to on ``day``, with the relations that lead there."""
    for relation in entity.part_of:
        if relation.holds_on(day):
            parent = knowledge.entities[relation.entity]
            yield parent, (*path, relation)
            yield from _above(knowledge, parent, day, (*path, relation))


def _below(
    knowledge: Knowledge, entity: Entity, day: date, path: tuple[Relation, ...] = ()
) -> Iterator[tuple[Entity, tuple[Relation, ...]]]:
    """The companies that belong to an entity on ``day``, with the relations that lead there."""
    for child, relation in knowledge.parts_of(entity.key):
        if relation.holds_on(day):
            yield child, (*path, relation)
            yield from _below(knowledge, child, day, (*path, relation))


def other_grounds(case: Case, regime: Regime, act: str, day: date, *, maker_listed: bool) -> Iterator[Ground]:
    """The grounds that do not lie in the maker: the kind of equipment, and the parts inside."""
    for category in case.knowledge.categories.values() if regime.reads_categories else ():
        if category.list in regime.lists and category.holds_on(day):
            yield from _category_ground(case, category, day)
    for part in case.knowledge.components:
        concerned = part.component == case.question.component and regime.key in part.regimes and act in part.acts
        if concerned and part.from_ <= day and (part.beside_listed_maker or not maker_listed):
            yield Ground(entry=part, stands="component", group=part.group, grade=part.grade, sources=part.sources)


def _category_ground(case: Case, category: CategoryEntry, day: date) -> Iterator[Ground]:
    question = case.question
    abroad = category.if_produced_abroad
    if question.device not in category.devices or (abroad and question.produced_in == "us"):
        return
    open_ways = [
        way.exception for way in category.exceptions if way.from_ <= day and (way.to is None or day < way.to)
    ]
    yield Ground(
        entry=category,
        stands="category",
        group=category.group,
        grade=category.grade,
        sources=category.sources,
        doubt="place_of_production" if abroad and question.produced_in != "foreign" else None,
        exception_shown=question.exception in open_ways,
    )


def possible_makers(case: Case, regime: Regime, day: date) -> Iterator[Ground]:
    """One supposed ground for each kind of entry that an unknown maker might stand under on ``day``."""
    seen: set[tuple[object, ...]] = set()
    for listing in case.knowledge.listings:
        group = case.knowledge.entities[listing.entity].group
        kind = (group, listing.reach, listing.from_, listing.list)
        if listing.list in regime.lists and listing.holds_on(day) and kind not in seen:
            seen.add(kind)
            yield _supposed(listing, group)


def _supposed(listing: Listing, group: str | None) -> Ground:
    return Ground(
        entry=listing,
        stands="named",
        group=group,
        grade=listing.grade,
        sources=listing.sources,
        any_maker=True,
    )
