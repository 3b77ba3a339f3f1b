"""Finds the fingerprints that an observation matches. Compiled once from the database.

An entry is looked at only where its anchor (``match_index``) may hold: exact values, address blocks and starts of
texts are found by dictionary, other literal texts by ``text_search``. Regular expressions run last, are compiled
when first needed, and see a bounded window of text.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import msgspec

from fingerprints.claims import EntryClaims
from fingerprints.database_loader import Database
from fingerprints.identification import Evidence
from fingerprints.mac_addresses import PREFIX_DIGITS, find_mac
from fingerprints.match_index import MAC_FIELDS, FieldIndex, MatchIndex, Positions
from fingerprints.observation import ENDPOINT_NAMES, Observation
from fingerprints.schema import Condition, Entry, compiled_pattern
from fingerprints.text_search import CompiledSearches, TextSearch, text_search

REGEX_WINDOW = 16_384
"""Regular expressions see this many characters of a text; ``contains`` and the like see all of it."""

MAX_EXCERPT_CHARS = 200

_REMEMBERED_CHARS = 200
_REMEMBERED_TEXTS, _REMEMBERED_OF_ENTRY = 1_024, 128
"""What short texts bring is remembered for each field and entry, this many at a time: devices repeat each other."""


_ROOT = "/"

Captured = Mapping[str, str | None]
"""What named groups captured; None where a group took no part in the match."""

_NOTHING: Captured = {}


_Found = tuple[int, int, Captured]
"""Where a condition holds in a text: start, end, and what was captured."""


class _Hit(NamedTuple):
    """Where an entry holds: of its first condition the field, the text and the span; all that was captured."""

    field: str
    text: str
    start: int
    end: int
    captured: Captured


Test = Callable[[str], _Found | None]


class _Check(NamedTuple):
    """A compiled condition: ``test`` is tried on the texts of ``fields``; without it they must be absent."""

    fields: tuple[str, ...]
    test: Test | None


class _CompiledEntry:
    """An entry with its conditions ready to be tried."""

    __slots__ = ("_checks", "_claims", "_entry", "_only_field", "_remembered")

    def __init__(self, entry: Entry, checks: tuple[_Check, ...], claims: EntryClaims) -> None:
        self._entry = entry
        self._checks = checks
        self._claims = claims
        self._only_field = checks[0].fields[0] if len(checks) == len(checks[0].fields) == 1 else ""
        self._remembered: dict[str, Evidence | None] = {}

    def evidence(self, observation: Observation) -> Evidence | None:
        """What the entry says of ``observation``; None where it does not match."""
        text = observation.fields.get(self._only_field, "")
        if not isinstance(text, str) or not 0 < len(text) <= _REMEMBERED_CHARS:
            return self._found(observation)
        # All depends on one short text, but for where it was seen.
        if text in self._remembered:
            known = self._remembered[text]
        else:
            if len(self._remembered) >= _REMEMBERED_OF_ENTRY:
                self._remembered.clear()
            known = self._remembered[text] = self._found(observation)
        if known is None or (known.ip == observation.ip and known.port == observation.port):
            return known
        return msgspec.structs.replace(known, ip=observation.ip, port=observation.port)

    def _found(self, observation: Observation) -> Evidence | None:
        hit = _holds(self._checks, observation)
        if hit is None:
            return None
        entry = self._entry
        return Evidence(
            fingerprint=entry.id,
            field=hit.field,
            family=entry.family,
            excerpt=_excerpt(hit),
            weight=entry.weight,
            class_weight=entry.means.class_weight,
            description=entry.description,
            claims=self._claims.of(hit.captured),
            ip=observation.ip,
            port=observation.port,
        )


class Matcher:
    """The database, compiled. ``evidence`` is a pure function of the observation.

    ``fast`` False leaves Hyperscan aside; the evidence is the same.
    """

    def __init__(self, database: Database, *, fast: bool = True) -> None:
        self.database = database
        self._index = database.match_index
        self._entries: list[_CompiledEntry | None] = [None] * len(database.entries)
        self._searches = _FieldSearches(self._index, database.sha256, fast=fast)
        # Names that are not among an observation's fields, and are read all the same.
        self._implied = [name for name in ENDPOINT_NAMES if name in self._index.fields]
        pages = self._searches["http.path"]
        if pages is not None and pages.positions(_ROOT):
            self._implied.append("http.path")

    def evidence(self, observation: Observation) -> tuple[Evidence, ...]:
        """Each entry that matches ``observation``, in the database's order, with its claims and excerpt."""
        found = []
        for position in sorted(self._candidates(observation)):
            evidence = (self._entries[position] or self._compile(position)).evidence(observation)
            if evidence is not None:
                found.append(evidence)
        return tuple(found)

    def _candidates(self, observation: Observation) -> set[int]:
        """The entries whose anchor may hold."""
        found: set[int] = set()
        searches, fields = self._searches, observation.fields
        for name, value in fields.items():
            search = searches[name]
            if search is None:
                continue
            for text in (value,) if isinstance(value, str) else value:
                found.update(search.positions(text))
        for name in self._implied:
            search = searches[name]
            if search is not None and name not in fields:
                for text in _texts(observation, name):
                    found.update(search.positions(text))
        return found

    def _compile(self, position: int) -> _CompiledEntry:
        entry = self.database.entries[position]
        checks = tuple(self._check(condition) for condition in entry.match)
        compiled = _CompiledEntry(entry, checks, EntryClaims(entry.means, self.database))
        self._entries[position] = compiled
        return compiled

    def _check(self, condition: Condition) -> _Check:
        if condition.how == "absent":
            return _Check((condition.field,), None)
        if condition.how == "oui_in":
            wanted = frozenset(text.lower() for text in condition.texts)
            names = self._index.block_names

            def in_block(text: str) -> _Found | None:
                return (0, len(text), _NOTHING) if _block(text, names) in wanted else None

            return _Check(MAC_FIELDS if condition.field == "mac" else (condition.field,), in_block)
        return _Check((condition.field,), _text_test(condition))


class _FieldSearches(dict[str, "_FieldSearch | None"]):
    """The search of each field, made when the field is first seen; None where nothing looks at the field."""

    def __init__(self, index: MatchIndex, database_sha256: str, *, fast: bool) -> None:
        self._index = index
        self._compiled = CompiledSearches(index, database_sha256) if fast else None

    def __missing__(self, name: str) -> _FieldSearch | None:
        index = self._index.fields.get(name)
        search = None
        if index is not None:
            compiled = self._compiled.search(name) if self._compiled else None
            search = _FieldSearch(index, self._index.block_names, compiled or text_search(index))
        self[name] = search
        return search


class _FieldSearch:
    """The entries that a text of one field may bring."""

    def __init__(self, index: FieldIndex, block_names: frozenset[str], search: TextSearch) -> None:
        self._index = index
        self._block_names = block_names
        self._search = search
        self._has_literals = bool(index.literals or index.folded_literals)
        self._starts = _Starts(index.prefixes)
        self._folded_starts = _Starts(index.folded_prefixes)
        self._remembered: dict[str, Positions] = {}

    def positions(self, text: str) -> Positions:
        """Places in the database of the entries whose anchor may hold on ``text``."""
        known = self._remembered.get(text)
        if known is None:
            known = self._find(text)
            if len(text) <= _REMEMBERED_CHARS:
                if len(self._remembered) >= _REMEMBERED_TEXTS:
                    self._remembered.clear()
                self._remembered[text] = known
        return known

    def _find(self, text: str) -> Positions:
        index, lowered = self._index, text.lower()
        # Outside ASCII lower-casing and re.IGNORECASE disagree: there nothing that is folded is ruled out.
        folded = lowered if text.isascii() else None
        found = [*index.always, *index.exact.get(lowered, ()), *self._starts.of(text)]
        found += self._folded_starts.of(folded) if folded is not None else index.folded_entries
        if index.blocks:
            found += index.blocks.get(_block(text, self._block_names) or "", ())
        if self._has_literals:
            for places in self._search(text, folded):
                found += places
        return tuple(set(found)) if found else ()


class _Starts:
    """Which of many prefixes a text has: those of one beginning lie together."""

    def __init__(self, prefixes: Mapping[str, Positions]) -> None:
        self._length = min(map(len, prefixes), default=0)
        self._by_beginning: dict[str, list[tuple[str, Positions]]] = {}
        for prefix, places in prefixes.items():
            self._by_beginning.setdefault(prefix[: self._length], []).append((prefix, places))

    def of(self, text: str) -> Positions:
        """What the prefixes of ``text`` bring."""
        near = self._by_beginning.get(text[: self._length])
        if not near:
            return ()
        return tuple(place for prefix, places in near if text.startswith(prefix) for place in places)


def _block(text: str, names: frozenset[str]) -> str | None:
    """The longest prefix that the database names for the address in ``text``."""
    digits = find_mac(text)
    if digits is None:
        return None
    return next((digits[:length] for length in PREFIX_DIGITS if digits[:length] in names), None)


def _texts(observation: Observation, name: str) -> tuple[str, ...]:
    """The field's texts; a web page whose path is not told is the one at the root."""
    value = observation.fields.get(name)
    if value is not None:
        return (value,) if isinstance(value, str) else value
    if name == "http.path":
        return (_ROOT,) if any(field.startswith("http.") for field in observation.fields) else ()
    said = getattr(observation, name) if name in ENDPOINT_NAMES else None
    return () if said is None else (str(said),)


def _text_test(condition: Condition) -> Test:
    if condition.how == "matches":
        return _pattern_test(condition)
    fold: Callable[[str], str] = str.lower if condition.ignore_case else str
    wanted = tuple(fold(text) for text in condition.texts)
    if condition.how in ("is", "one_of"):
        return lambda text: (0, len(text), _NOTHING) if fold(text) in wanted else None
    first = wanted[0]
    if condition.how == "starts_with":
        return lambda text: (0, len(first), _NOTHING) if fold(text).startswith(first) else None
    if condition.how == "ends_with":
        return lambda text: (len(text) - len(first), len(text), _NOTHING) if fold(text).endswith(first) else None

    def contains(text: str) -> _Found | None:
        start = fold(text).find(first)
        return None if start < 0 else (start, start + len(first), _NOTHING)

    return contains


def _pattern_test(condition: Condition) -> Test:
    pattern, flags = condition.texts[0], re.IGNORECASE if condition.ignore_case else 0
    compiled: re.Pattern[str] | None = None

    def matches(text: str) -> _Found | None:
        nonlocal compiled
        if compiled is None:  # on first use: most patterns are never tried in one run
            compiled = compiled_pattern(pattern, flags)
        found = compiled.search(text, 0, REGEX_WINDOW)
        if found is None:
            return None
        start, end = found.span()
        return start, end, found.groupdict() if compiled.groups else _NOTHING

    return matches


def _holds(checks: Sequence[_Check], observation: Observation) -> _Hit | None:
    """Where the first of the conditions holds, with all captures; None unless every condition holds."""
    hit: _Hit | None = None
    for fields, test in checks:
        if test is None:
            if observation.texts(fields[0]):
                return None
            continue
        found = _first_hit(fields, test, observation)
        if found is None:
            return None
        if hit is None:
            hit = found
        elif found.captured:
            hit = hit._replace(captured={**hit.captured, **found.captured})
    return hit


def _first_hit(fields: Sequence[str], test: Test, observation: Observation) -> _Hit | None:
    for name in fields:
        for text in _texts(observation, name):
            found = test(text)
            if found is not None:
                return _Hit(name, text, *found)
    return None


def _excerpt(hit: _Hit) -> str:
    """The matched text with what stands around it, at most ``MAX_EXCERPT_CHARS`` characters."""
    if len(hit.text) <= MAX_EXCERPT_CHARS:
        return hit.text
    room = max(0, MAX_EXCERPT_CHARS - (hit.end - hit.start)) // 2
    start = max(0, hit.start - room)
    return hit.text[start : start + MAX_EXCERPT_CHARS]
