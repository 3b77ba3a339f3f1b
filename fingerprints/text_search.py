"""Finds which of many short texts occur in a longer one: with Hyperscan where it is installed, else one by one.

Both ways give the same answer. Hyperscan reads the text once however many literals there are, so its cost hardly
grows with the database; its wheel is the extra ``fast``.
"""

from __future__ import annotations

import contextlib
import hashlib
import importlib
import threading
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

import msgspec

from fingerprints.cache_files import read_cached, write_cached
from fingerprints.match_index import FieldIndex, MatchIndex, Positions

TextSearch = Callable[[str, str | None], list[Positions]]
"""(text, its lower-case form if it is ASCII, else None) → what the literals in it bring."""

MIN_LITERALS = 4
"""With fewer literals than this, looking for each is as quick as Hyperscan."""

_CACHE_NAME = "literals"


def text_search(index: FieldIndex) -> TextSearch:
    """A search for each literal in turn."""
    literals, folded = tuple(index.literals.items()), tuple(index.folded_literals.items())

    def search(text: str, lowered: str | None) -> list[Positions]:
        found = [places for literal, places in literals if literal in text]
        if lowered is not None:
            found += [places for literal, places in folded if literal in lowered]
        return found

    return search


class CompiledSearches:
    """The searches of a database that Hyperscan makes, compiled when first asked for and kept in the cache."""

    def __init__(self, index: MatchIndex, database_sha256: str) -> None:
        self._index = index
        self._sha256 = database_sha256
        self._serialised: Mapping[str, bytes] | None = None

    def search(self, field: str) -> TextSearch | None:
        """The search for the literals of ``field``; None where Hyperscan is missing or would not pay."""
        index = self._index.fields[field]
        library = _hyperscan()
        if library is None or not _pays(index):
            return None
        if self._serialised is None:
            self._serialised = self._kept(library)
        compiled = _loaded(library, self._serialised.get(field, b"")) or _compiled(library, index)
        return _hyperscan_search(library, compiled, index)

    def _kept(self, library: Any) -> Mapping[str, bytes]:
        """All serialised databases: from the cache, else compiled and put there."""
        if not self._sha256:  # a database that was not read from files is compiled field by field
            return {}
        literals = {
            field: [*index.literals, "", *index.folded_literals]
            for field, index in self._index.fields.items()
            if _pays(index)
        }
        digest = hashlib.sha256(msgspec.msgpack.encode([self._sha256, literals]))
        digest.update(b"\0".join([library.__version__.encode(), _engine(library)]))
        body = read_cached(_CACHE_NAME, digest.hexdigest())
        if body is not None:
            with contextlib.suppress(msgspec.MsgspecError):
                return msgspec.msgpack.decode(body, type=dict[str, bytes])
        serialised = {field: library.dumpb(_compiled(library, self._index.fields[field])) for field in literals}
        write_cached(_CACHE_NAME, digest.hexdigest(), msgspec.msgpack.encode(serialised))
        return serialised


@lru_cache(maxsize=1)
def _hyperscan() -> Any:
    """The module, or None where it is not installed or does not run on this processor."""
    try:
        library = importlib.import_module("hyperscan")
    except (ImportError, OSError):
        return None
    try:
        _engine(library)
    except library.HyperscanError:  # built for another processor
        return None
    return library


def _pays(index: FieldIndex) -> bool:
    return len(index.literals) + len(index.folded_literals) >= MIN_LITERALS


def _engine(library: Any) -> bytes:
    """Hyperscan's own version and the processor features that its databases are made for."""
    probe = library.Database(mode=library.HS_MODE_BLOCK)
    probe.compile(expressions=[b"a"], ids=[0], flags=[0])
    return bytes(probe.info())


def _compiled(library: Any, index: FieldIndex) -> Any:
    """A Hyperscan database whose pattern numbers are places in ``literals``, then in ``folded_literals``."""
    once, folded = library.HS_FLAG_SINGLEMATCH, library.HS_FLAG_SINGLEMATCH | library.HS_FLAG_CASELESS
    expressions = [_expression(literal) for literal in (*index.literals, *index.folded_literals)]
    compiled = library.Database(mode=library.HS_MODE_BLOCK)
    compiled.compile(
        expressions=expressions,
        ids=list(range(len(expressions))),
        flags=[once] * len(index.literals) + [folded] * len(index.folded_literals),
    )
    return compiled


def _loaded(library: Any, serialised: bytes) -> Any:
    if not serialised:
        return None
    try:
        return library.loadb(serialised, library.HS_MODE_BLOCK)
    except library.HyperscanError:
        return None


def _expression(literal: str) -> bytes:
    """A regular expression for the literal's bytes; Hyperscan's own form for literals ends at a NUL."""
    return b"".join(b"\\x%02x" % byte for byte in _bytes(literal))


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


class _Scratch(threading.local):
    """Hyperscan's working memory: a thread that scans needs its own."""

    def __init__(self, library: Any, compiled: Any) -> None:
        self.memory = library.Scratch(compiled)


def _hyperscan_search(library: Any, compiled: Any, index: FieldIndex) -> TextSearch:
    scratch = _Scratch(library, compiled)
    places = (*index.literals.values(), *index.folded_literals.values())
    sensitive = len(index.literals)
    scan = compiled.scan

    def search(text: str, lowered: str | None) -> list[Positions]:
        hits: list[int] = []

        def note(number: int, _start: int, _end: int, _flags: int, _context: object) -> None:
            hits.append(number)

        scan(_bytes(text), match_event_handler=note, scratch=scratch.memory)
        if lowered is None:  # folding is only defined for ASCII here, as for the search one by one
            return [places[number] for number in hits if number < sensitive]
        return [places[number] for number in hits]

    return search
