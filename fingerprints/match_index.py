"""Where to look for an entry: its cheapest condition to refute, filed by field. Derived once, kept in the cache.

An entry is filed under one condition, its *anchor*: an exact value, a block of hardware addresses, a text that the
field starts with, or a text that it holds. Entries whose anchor does not hold need not be looked at.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from typing import NamedTuple

import msgspec

from fingerprints.pattern_literals import literal_choices, required_prefixes
from fingerprints.schema import Condition, Entry

MAC_FIELDS = ("mac", "isapi.mac", "sadp.mac", "dhip.mac")
"""Where ``oui_in`` looks for the field ``mac``: the link layer's address, else the device's own word."""

MAX_PREFIX = 48
"""Prefixes are filed by at most this many characters."""

_COMMON_FIELDS = frozenset({"http.status", "rtsp.status", "port", "service"})
_COMMON_PATHS = ("/", "")

Positions = tuple[int, ...]
"""Places of entries in the database."""


class FieldIndex(msgspec.Struct, frozen=True, kw_only=True):
    """The anchors on one field, each with the entries that it may bring.

    Keys of ``exact``, ``blocks`` and of what is ``folded`` are lower case. ``folded_entries`` are all entries under
    a folded anchor, ``always`` those without any text that could be looked for.
    """

    exact: dict[str, Positions] = {}
    blocks: dict[str, Positions] = {}
    prefixes: dict[str, Positions] = {}
    folded_prefixes: dict[str, Positions] = {}
    literals: dict[str, Positions] = {}
    folded_literals: dict[str, Positions] = {}
    folded_entries: Positions = ()
    always: Positions = ()


class MatchIndex(msgspec.Struct, frozen=True, kw_only=True):
    """Every entry under its anchor, and the address blocks that the database names."""

    fields: dict[str, FieldIndex] = {}
    block_names: frozenset[str] = frozenset()


class _Anchor(NamedTuple):
    """A condition in the form in which it is filed: ``kind`` is an attribute of ``FieldIndex``."""

    field: str
    kind: str
    texts: tuple[str, ...]

    @property
    def folded(self) -> bool:
        """Whether the texts are lower case and stand for every spelling."""
        return self.kind.startswith("folded_")


def build_match_index(entries: Iterable[Entry]) -> MatchIndex:
    """The index of ``entries`` by their places."""
    filed: dict[str, dict[str, dict[str, list[int]]]] = defaultdict(lambda: defaultdict(lambda: defaultdict(list)))
    always: dict[str, list[int]] = defaultdict(list)
    folded: dict[str, list[int]] = defaultdict(list)
    names: set[str] = set()
    choices = [[anchor for condition in entry.match for anchor in _anchors(condition)] for entry in entries]
    shared = Counter((anchor.field, text) for of_entry in choices for anchor in of_entry for text in anchor.texts)
    for place, of_entry in enumerate(choices):
        anchor = min(of_entry, key=lambda item: _cost(item, shared))
        names.update(text for item in of_entry if item.kind == "blocks" for text in item.texts)
        for field in MAC_FIELDS if anchor.field == "mac" and anchor.kind == "blocks" else (anchor.field,):
            for text in dict.fromkeys(anchor.texts):
                filed[field][anchor.kind][text].append(place)
            if anchor.folded:
                folded[field].append(place)
            if not anchor.texts:
                always[field].append(place)
    return MatchIndex(
        fields={
            field: FieldIndex(
                **{
                    kind: {text: tuple(found) for text, found in texts.items()}
                    for kind, texts in filed[field].items()
                },
                always=tuple(always[field]),
                folded_entries=tuple(folded[field]),
            )
            for field in sorted({*filed, *always})
        },
        block_names=frozenset(names),
    )


def _cost(anchor: _Anchor, shared: Mapping[tuple[str, str], int]) -> tuple[int, int]:
    """Exact values first, then blocks, then the longest text that few entries share; what says little comes last."""
    if not anchor.texts:
        return (4, 0)
    if anchor.field in _COMMON_FIELDS or (anchor.field == "http.path" and anchor.texts[0] in _COMMON_PATHS):
        return (3, 0)
    if anchor.kind in ("exact", "blocks"):
        return (("exact", "blocks").index(anchor.kind), 0)
    sharing = max(shared[anchor.field, text] for text in anchor.texts)
    started = anchor.kind.endswith("prefixes")
    return (2, 2 * (sharing - 1) - 2 * min(map(len, anchor.texts)) - started)


def _anchors(condition: Condition) -> list[_Anchor]:
    """The forms in which a condition could be filed; none for ``absent``."""
    field, how = condition.field, condition.how
    if how == "absent":
        return []
    if how in ("is", "one_of"):
        return [_Anchor(field, "exact", tuple(text.lower() for text in condition.texts))]
    if how == "oui_in":
        return [_Anchor(field, "blocks", tuple(text.lower() for text in condition.texts))]
    forms: list[tuple[str, tuple[str, ...]]] = []
    folded = condition.ignore_case
    if how == "matches":
        choices, folded = literal_choices(condition.texts[0], folded)
        started, _ = required_prefixes(condition.texts[0], folded)
        forms = [("literals", texts) for texts in choices if texts] + [("prefixes", started)] * bool(started)
    else:
        forms = [("prefixes" if how == "starts_with" else "literals", condition.texts)]
    return [_filed(field, kind, texts, folded) for kind, texts in forms] or [_Anchor(field, "always", ())]


def _filed(field: str, kind: str, texts: tuple[str, ...], folded: bool) -> _Anchor:
    if folded:
        texts = tuple(text.lower() for text in texts)
    if kind == "prefixes":
        texts = tuple(text[:MAX_PREFIX] for text in texts)
    return _Anchor(field, f"folded_{kind}" if folded else kind, texts)
