"""Compares an official list, read from a file, with what the knowledge base holds of it, and takes the news over.

Names are compared exactly. A trade name of one word is never enough to take anything over: it is shown, for a person
to compare by address or registration number. What is no longer found is shown too, and not taken off by itself.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator
from datetime import date

import msgspec

from regulations.consistency import check_consistency
from regulations.entries import Entity, Listing, ListOfEntities, Source
from regulations.knowledge_base import Knowledge, normal_name
from regulations.screening_files import ListedName, ScreeningFile


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """An entity of the knowledge base, and the name under which a list has it."""

    entity: str
    name: str
    since: date | None = None
    citation: str | None = None


class ListRefresh(msgspec.Struct, frozen=True, kw_only=True):
    """What one list of a file says about the entities here.

    ``still`` stood there and does; ``new`` did not stand there; ``gone`` stood there and is not found under any of its
    names; ``to_check`` are entries that share no more than a trade name of one word, or the name of a namesake.
    """

    list: str
    day: date
    form: str
    sha256: str
    entries: int
    still: tuple[Found, ...] = ()
    new: tuple[Found, ...] = ()
    gone: tuple[str, ...] = ()
    to_check: tuple[Found, ...] = ()

    @property
    def looks_partial(self) -> bool:
        """Whether so much is missing that the file may not hold the whole list."""
        return len(self.gone) > max(2, len(self.still) // 4)


def compare(knowledge: Knowledge, file: ScreeningFile, day: date) -> tuple[ListRefresh, ...]:
    """For each list in ``file``, as it stood on ``day``, what it says about the entities of the knowledge base."""
    return tuple(
        _compare_list(knowledge, name, [one for one in file.names if one.list == name], file, day)
        for name in file.lists()
        if name in knowledge.lists
    )


def refreshed(knowledge: Knowledge, refreshes: Iterable[ListRefresh]) -> Knowledge:
    """The knowledge base with the news of ``refreshes``; lists of which it has a newer copy stay as they are.

    KnowledgeError where the result contradicts itself.
    """
    lists, sources, regimes = dict(knowledge.lists), dict(knowledge.sources), dict(knowledge.regimes)
    listings = list(knowledge.listings)
    reviewed = knowledge.reviewed
    for refresh in refreshes:
        known = lists.get(refresh.list)
        if known is None or known.last_seen >= refresh.day:
            continue
        source = _source_of(refresh, known)
        sources[source.key] = source
        lists[refresh.list] = msgspec.structs.replace(
            known, last_seen=refresh.day, sources=(*known.sources, source.key)
        )
        standing = {one.entity for one in listings if one.list == refresh.list and one.holds_on(refresh.day)}
        listings.extend(
            _listing(refresh, one, source.key)
            for one in refresh.new
            if one.entity in knowledge.entities and one.entity not in standing
        )
        for key, regime in regimes.items():
            if regime.lists == (refresh.list,) and regime.unlisted == "not_listed":  # nothing but that list
                regimes[key] = msgspec.structs.replace(regime, last_verified=refresh.day)
        reviewed = max(reviewed, refresh.day)
    renewed = dataclasses.replace(
        knowledge, lists=lists, regimes=regimes, sources=sources, listings=tuple(listings), reviewed=reviewed
    )
    check_consistency(renewed)
    return renewed


def _compare_list(
    knowledge: Knowledge, name: str, names: list[ListedName], file: ScreeningFile, day: date
) -> ListRefresh:
    by_name = {normal_name(text): one for one in reversed(names) for text in one.names}
    standing = {
        one.entity for one in knowledge.listings if one.list == name and one.holds_on(day) and one.grade != "M"
    }
    still, new, to_check = [], [], []
    for entity in knowledge.entities.values():
        sure, weak = _hits(knowledge, entity, name, by_name)
        if sure is None and weak is not None and entity.key in standing:
            sure = weak  # it stands there already, so that the short name is its own
        if sure is not None and entity.key in standing:
            still.append(sure)
        elif sure is not None and entity.namesake_of is None:
            new.append(sure)
        elif sure is not None or weak is not None:
            to_check.append(sure or weak)
    found = {one.entity for one in still}
    return ListRefresh(
        list=name,
        day=day,
        form=file.form,
        sha256=file.sha256,
        entries=len(names),
        still=tuple(still),
        new=tuple(new),
        gone=tuple(key for key in knowledge.entities if key in standing - found),
        to_check=tuple(one for one in to_check if one is not None),
    )


def _hits(
    knowledge: Knowledge, entity: Entity, list_name: str, by_name: dict[str, ListedName]
) -> tuple[Found | None, Found | None]:
    """The entry under a full name of the entity, and the one under a trade name of one word; null where there is none."""
    sure = weak = None
    for text in _names_of(knowledge, entity, list_name):
        entry = by_name.get(normal_name(text))
        if entry is None:
            continue
        found = Found(entity=entity.key, name=text, since=entry.since, citation=entry.citation)
        if len(text.split()) > 1:
            sure = sure or found
        else:
            weak = weak or found
    return sure, weak


def _names_of(knowledge: Knowledge, entity: Entity, list_name: str) -> Iterator[str]:
    yield from (text for text in (entity.legal, entity.name, *entity.aliases) if text)
    for listing in knowledge.listings_of(entity.key, list_name):
        if listing.named:
            yield listing.named


def _source_of(refresh: ListRefresh, known: ListOfEntities) -> Source:
    return Source(
        key=f"OWN_{refresh.list}",
        title=f"{known.name}, read by the user from a file ({refresh.form}, SHA-256 {refresh.sha256[:16]}…)",
        dated=refresh.day,
        grade="VL",
    )


def _listing(refresh: ListRefresh, found: Found, source: str) -> Listing:
    """An entry for what is new; only the Entity List states the day on which an entry came on it."""
    stated = found.since if refresh.list == "BIS_ENTITY" else None
    return Listing(
        entity=found.entity,
        list=refresh.list,
        named=None,
        scope=f"as read by the user under the name {found.name}",
        from_=min(stated or refresh.day, refresh.day),
        citation=found.citation,
        last_seen=refresh.day,
        grade="VL",
        sources=(source,),
        note=None if stated else "The first day is that of the file; it may have been on the list before.",
    )
