"""Finds the fingerprints that an observation matches. Compiled once from the database.

An entry is looked at only when its *anchor*, the condition that is cheapest to refute, can hold: exact
values and address blocks are found by dictionary; of the rest, those whose field was seen and whose literal
text occurs. Regular expressions run last, on a bounded window of text. A faster prefilter may replace
``_candidates`` as long as ``evidence`` stays the same.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from fingerprints.claims import entry_claims
from fingerprints.database_loader import Database
from fingerprints.identification import Evidence
from fingerprints.mac_addresses import PREFIX_DIGITS, find_mac
from fingerprints.observation import ENDPOINT_NAMES, Observation
from fingerprints.pattern_literals import required_literals
from fingerprints.schema import Condition, Entry, compiled_pattern

REGEX_WINDOW = 16_384
"""Regular expressions see this many characters of a text; ``contains`` and the like see all of it."""

MAX_EXCERPT_CHARS = 200

MAC_FIELDS = ("mac", "isapi.mac", "sadp.mac", "dhip.mac")
"""Where ``oui_in`` looks for the field ``mac``: the link layer's address, else the device's own word."""


class _Hit(NamedTuple):
    """Where a condition holds: the field, its text, the span in it, and what named groups captured."""

    field: str
    text: str
    start: int
    end: int
    captured: dict[str, str]


Test = Callable[[str], tuple[int, int, dict[str, str]] | None]


@dataclass(frozen=True)
class _Check:
    """A compiled condition."""

    field: str
    test: Test
    absent: bool = False
    fields: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Compiled:
    position: int
    entry: Entry
    checks: tuple[_Check, ...]


class _Anchor(NamedTuple):
    """Literals of which one must occur for the entry to match; none where there is no such text."""

    literals: tuple[str, ...]
    ignore_case: bool
    compiled: _Compiled

    def may_hold(self, text: str, lowered: str) -> bool:
        if self.ignore_case:
            if not text.isascii():  # there lower-casing and re.IGNORECASE disagree
                return True
            text = lowered
        return not self.literals or any(literal in text for literal in self.literals)


_NOTHING: dict[str, list[_Compiled]] = {}
_COMMON_FIELDS = frozenset({"http.path", "http.status", "rtsp.status", "port", "service"})


class Matcher:
    """The database, compiled. ``evidence`` is a pure function of the observation."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self._prefixes = frozenset(
            text.lower()
            for entry in database.entries
            for condition in entry.match
            if condition.how == "oui_in"
            for text in condition.texts
        )
        self._exact: dict[str, dict[str, list[_Compiled]]] = defaultdict(lambda: defaultdict(list))
        self._blocks: dict[str, dict[str, list[_Compiled]]] = defaultdict(lambda: defaultdict(list))
        self._literal: dict[str, list[_Anchor]] = defaultdict(list)
        for position, entry in enumerate(database.entries):
            checks = tuple(self._check(condition) for condition in entry.match)
            self._file_under_anchor(_Compiled(position, entry, checks))

    def evidence(self, observation: Observation) -> tuple[Evidence, ...]:
        """Each entry that matches ``observation``, in the database's order, with its claims and excerpt."""
        found = []
        for compiled in sorted(self._candidates(observation), key=lambda item: item.position):
            hit = _holds(compiled.checks, observation)
            if hit is not None:
                found.append(self._evidence(compiled.entry, hit, observation))
        return tuple(found)

    def _candidates(self, observation: Observation) -> Iterable[_Compiled]:
        found: dict[int, _Compiled] = {}
        for name in (*observation.fields, *ENDPOINT_NAMES, "http.path"):
            values, blocks = self._exact.get(name, _NOTHING), self._blocks.get(name, _NOTHING)
            anchors = self._literal.get(name, ())
            if not (values or blocks or anchors):
                continue
            for text in _texts(observation, name):
                lowered = text.lower()
                hits = [*values.get(lowered, ()), *(blocks.get(self._block(text) or "", ()) if blocks else ())]
                hits += [anchor.compiled for anchor in anchors if anchor.may_hold(text, lowered)]
                found.update((compiled.position, compiled) for compiled in hits)
        return found.values()

    def _file_under_anchor(self, compiled: _Compiled) -> None:
        condition = min((item for item in compiled.entry.match if item.how != "absent"), key=_cost_of_refuting)
        if condition.how in ("is", "one_of"):
            for text in condition.texts:
                self._exact[condition.field][text.lower()].append(compiled)
        elif condition.how == "oui_in":
            for name in _fields_of(condition.field):
                for text in condition.texts:
                    self._blocks[name][text.lower()].append(compiled)
        else:
            literals, ignore_case = _literals(condition)
            spelled = tuple(text.lower() for text in literals) if ignore_case else literals
            self._literal[condition.field].append(_Anchor(spelled, ignore_case, compiled))

    def _block(self, text: str) -> str | None:
        """The longest prefix that the database names for the address in ``text``."""
        digits = find_mac(text)
        if digits is None:
            return None
        return next((digits[:n] for n in PREFIX_DIGITS if digits[:n] in self._prefixes), None)

    def _check(self, condition: Condition) -> _Check:
        if condition.how == "absent":
            return _Check(condition.field, lambda text: None, absent=True)
        if condition.how == "oui_in":
            wanted = frozenset(text.lower() for text in condition.texts)

            def in_block(text: str) -> tuple[int, int, dict[str, str]] | None:
                return (0, len(text), {}) if self._block(text) in wanted else None

            return _Check(condition.field, in_block, fields=_fields_of(condition.field))
        return _Check(condition.field, _text_test(condition), fields=(condition.field,))

    def _evidence(self, entry: Entry, hit: _Hit, observation: Observation) -> Evidence:
        return Evidence(
            fingerprint=entry.id,
            field=hit.field,
            family=entry.family,
            excerpt=_excerpt(hit),
            weight=entry.weight,
            class_weight=entry.means.class_weight,
            description=entry.description,
            claims=entry_claims(entry, hit.captured, self.database),
            ip=observation.ip,
            port=observation.port,
        )


def _texts(observation: Observation, name: str) -> tuple[str, ...]:
    """The field's texts; a web page whose path is not told is the one at ``/``."""
    texts = observation.texts(name)
    if not texts and name == "http.path" and any(field.startswith("http.") for field in observation.fields):
        return ("/",)
    return texts


def _fields_of(name: str) -> tuple[str, ...]:
    return MAC_FIELDS if name == "mac" else (name,)


def _cost_of_refuting(condition: Condition) -> tuple[int, int]:
    """Exact values first, then blocks, then the longest literal; fields that say little come last."""
    if condition.field in _COMMON_FIELDS:
        return (3, 0)
    if condition.how in ("is", "one_of"):
        return (0, 0)
    if condition.how == "oui_in":
        return (1, 0)
    return (2, -min(map(len, _literals(condition)[0]), default=0))


def _literals(condition: Condition) -> tuple[tuple[str, ...], bool]:
    """Texts of which one must occur where the condition holds (may be none), and whether case is ignored."""
    if condition.how == "matches":
        return required_literals(condition.texts[0], condition.ignore_case)
    return condition.texts, condition.ignore_case


def _text_test(condition: Condition) -> Test:
    if condition.how == "matches":
        return _pattern_test(condition)
    fold: Callable[[str], str] = str.lower if condition.ignore_case else str
    wanted = tuple(fold(text) for text in condition.texts)
    if condition.how in ("is", "one_of"):
        return lambda text: (0, len(text), {}) if fold(text) in wanted else None
    first = wanted[0]
    if condition.how == "starts_with":
        return lambda text: (0, len(first), {}) if fold(text).startswith(first) else None
    if condition.how == "ends_with":
        return lambda text: (len(text) - len(first), len(text), {}) if fold(text).endswith(first) else None

    def contains(text: str) -> tuple[int, int, dict[str, str]] | None:
        start = fold(text).find(first)
        return None if start < 0 else (start, start + len(first), {})

    return contains


def _pattern_test(condition: Condition) -> Test:
    pattern, flags = condition.texts[0], re.IGNORECASE if condition.ignore_case else 0

    def matches(text: str) -> tuple[int, int, dict[str, str]] | None:
        # Compiled on first use: most patterns are never tried in one run.
        found = compiled_pattern(pattern, flags).search(text[:REGEX_WINDOW])
        if found is None:
            return None
        captured = {name: value for name, value in found.groupdict().items() if value is not None}
        return found.start(), found.end(), captured

    return matches


def _holds(checks: Sequence[_Check], observation: Observation) -> _Hit | None:
    """Where the first of the conditions holds, with all captures; None unless every condition holds."""
    first: _Hit | None = None
    captured: dict[str, str] = {}
    for check in checks:
        if check.absent:
            if observation.texts(check.field):
                return None
            continue
        hit = _first_hit(check, observation)
        if hit is None:
            return None
        captured.update(hit.captured)
        first = first or hit
    return first and first._replace(captured=captured)


def _first_hit(check: _Check, observation: Observation) -> _Hit | None:
    for name in check.fields:
        for text in _texts(observation, name):
            found = check.test(text)
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
