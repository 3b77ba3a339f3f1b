"""The replacement list as the page shows it: equal items together, what holds for all of them said once."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

import msgspec

from reports.device_words import DeviceKey, item_key, place_text
from reports.document import ReplacementItem
from reports.html.device_view import shown

MAX_ENTRIES = 60
"""Entries of the list on the page; the device table, sorted by priority, goes on from there."""

MAX_PLACES = 30
"""Addresses that one entry names."""

_SENTENCES = 2_000


class PlanEntry(msgspec.Struct, frozen=True, kw_only=True):
    """One or several equal devices to replace; ``places`` are their numbers on the page and addresses."""

    priority: int
    device: str
    count: int
    places: tuple[tuple[int, str], ...]
    why: str
    replace_with: str
    until_then: tuple[str, ...]
    settle_first: tuple[str, ...]
    rests_on: str


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """The list: what to do for all until then, the entries, and how many devices it leaves to the table."""

    until_then: tuple[str, ...]
    entries: tuple[PlanEntry, ...]
    devices: int
    left_out: int


def _for_all(items: Sequence[ReplacementItem]) -> tuple[str, ...]:
    """The measures that every item names, in their order; none where there is one item only."""
    if len(items) < 2:
        return ()
    common = set.intersection(*(set(item.until_then) for item in items))
    return tuple(text for text in items[0].until_then if text in common)


def plan(items: Sequence[ReplacementItem], numbers: Mapping[DeviceKey, int], shared: Collection[str] = ()) -> Plan:
    """The list for the page; items keep their order.

    ``numbers`` are the devices' numbers on the page, ``shared`` the addresses that several devices have.
    """
    for_all = _for_all(items)
    groups: dict[tuple[object, ...], list[ReplacementItem]] = {}
    for item in items:
        same = (item.priority, item.device, item.why, item.replace_with, item.until_then, item.settle_first)
        groups.setdefault(same, []).append(item)
    kept = list(groups.values())[:MAX_ENTRIES]
    entries = tuple(_entry(group, numbers, shared, for_all) for group in kept)
    return Plan(
        until_then=tuple(shown(text, _SENTENCES) for text in for_all),
        entries=entries,
        devices=len(items),
        left_out=len(items) - sum(entry.count for entry in entries),
    )


def _entry(
    group: Sequence[ReplacementItem],
    numbers: Mapping[DeviceKey, int],
    shared: Collection[str],
    for_all: Sequence[str],
) -> PlanEntry:
    first = group[0]
    rests_on = dict.fromkeys(key for item in group for key in item.rests_on)
    return PlanEntry(
        priority=first.priority,
        device=shown(first.device),
        count=len(group),
        places=tuple(
            (numbers.get(item_key(item), 0), shown(place_text(item.address, item.ports, shared)))
            for item in group[:MAX_PLACES]
        ),
        why=shown(first.why, _SENTENCES),
        replace_with=shown(first.replace_with, _SENTENCES),
        until_then=tuple(shown(text, _SENTENCES) for text in first.until_then if text not in for_all),
        settle_first=tuple(shown(text, _SENTENCES) for text in first.settle_first),
        rests_on=shown(", ".join(rests_on), _SENTENCES),
    )
