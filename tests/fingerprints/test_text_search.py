from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import hyperscan  # the development environment has it: both ways are compared here
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fingerprints import text_search as module
from fingerprints.database_loader import DATABASE_FOLDER, Database, read_database
from fingerprints.database_tests import example_observation
from fingerprints.match_index import FieldIndex, MatchIndex
from fingerprints.matcher import Matcher
from fingerprints.observation import FIELDS, Observation, bounded_fields
from fingerprints.text_search import CompiledSearches, TextSearch, text_search

ODD = "aAbB(.\\\0\n^$ſİk\u212aé\ud800"
literals = st.frozensets(st.text(alphabet=ODD, min_size=1, max_size=4), max_size=12)


@pytest.fixture(autouse=True)
def look_for_the_library_anew() -> Iterator[None]:
    """Some tests hide Hyperscan."""
    module._hyperscan.cache_clear()
    yield
    module._hyperscan.cache_clear()


@pytest.fixture(scope="module")
def shipped() -> Database:
    return read_database(DATABASE_FOLDER)[0]


def numbered(cased: frozenset[str], folded: frozenset[str]) -> FieldIndex:
    """Each literal with a number of its own; what is folded is lower case, as the index makes it."""
    lowered = {text.lower() for text in folded}
    return FieldIndex(
        literals={text: (number,) for number, text in enumerate(sorted(cased))},
        folded_literals={text: (1_000 + number,) for number, text in enumerate(sorted(lowered))},
    )


def fast_search(index: FieldIndex, sha256: str = "") -> TextSearch:
    search = CompiledSearches(MatchIndex(fields={"f": index}), sha256).search("f")
    assert search is not None
    return search


def ask(search: TextSearch, text: str) -> list[tuple[int, ...]]:
    return sorted(search(text, text.lower() if text.isascii() else None))


@given(literals, literals, st.text(alphabet=ODD, max_size=40))
def test_both_ways_find_the_same(cased: frozenset[str], folded: frozenset[str], text: str) -> None:
    index = numbered(cased | {"ab", "ba", "(", "k"}, folded)
    assert ask(fast_search(index), text) == ask(text_search(index), text)


values = st.one_of(st.text(max_size=60), st.text(alphabet="abcdehiknortvw 0123456789-_/.", max_size=60))


@given(data=st.data())
def test_both_matchers_say_the_same_of_anything(shipped: Database, data: st.DataObject) -> None:
    """Texts put together from the database's own literals, which is where the two could differ."""
    fast, plain = _matchers(shipped)
    names = st.sampled_from(sorted(fast.database.match_index.fields.keys() & FIELDS.keys()))
    fields: dict[str, object] = {}
    for name in data.draw(st.lists(names, max_size=4, unique=True)):
        index = fast.database.match_index.fields[name]
        known = [*index.literals, *index.folded_literals, *index.prefixes, *index.folded_prefixes, *index.exact]
        pieces = st.one_of(st.sampled_from(known), values) if known else values
        text = "".join(data.draw(st.lists(pieces, max_size=4)))
        fields[name] = data.draw(st.sampled_from([text, text.upper(), text + "é"]))
    observation = Observation(source="test", fields=bounded_fields(fields))
    assert fast.evidence(observation) == plain.evidence(observation)


def test_both_matchers_say_the_same_of_every_example(shipped: Database) -> None:
    fast, plain = _matchers(shipped)
    told = 0
    for entry in shipped.entries:
        for fields in [item.fields for item in entry.examples] + [item.fields for item in entry.not_]:
            observation = example_observation(fields)
            evidence = fast.evidence(observation)
            assert evidence == plain.evidence(observation) == every_entry_tried(observation, plain)
            told += len(evidence)
    assert told > 1_000


def every_entry_tried(observation: Observation, matcher: Matcher) -> tuple[object, ...]:
    """The evidence without any index: each entry's conditions on the observation."""
    entries = (matcher._entries[place] or matcher._compile(place) for place in range(len(matcher._entries)))
    found = (entry.evidence(observation) for entry in entries)
    return tuple(item for item in found if item is not None)


_made: list[tuple[Matcher, Matcher]] = []


def _matchers(database: Database) -> tuple[Matcher, Matcher]:
    if not _made:
        _made.append((Matcher(database), Matcher(database, fast=False)))
    return _made[0]


def test_without_hyperscan_each_literal_is_looked_for(shipped: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "hyperscan", None)
    index = numbered(frozenset({"ab", "cd", "ef", "gh"}), frozenset())
    assert CompiledSearches(MatchIndex(fields={"f": index}), "").search("f") is None
    title = Observation(source="t", fields={"http.title": "AXIS P3364 Network Camera"})
    assert Matcher(shipped).evidence(title) == _matchers(shipped)[0].evidence(title) != ()


def test_a_processor_that_hyperscan_does_not_know(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_library: object) -> bytes:
        raise hyperscan.HyperscanError("built for another processor")

    monkeypatch.setattr(module, "_engine", refuse)
    assert module._hyperscan() is None


def test_a_few_literals_are_not_worth_it() -> None:
    index = numbered(frozenset({"ab"}), frozenset({"cd"}))
    assert CompiledSearches(MatchIndex(fields={"f": index}), "").search("f") is None


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[], list[Path]]:
    """Lists the files of an empty cache."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    return lambda: sorted(tmp_path.glob("coverscan/literals-*"))


def test_what_was_compiled_is_kept(cache: Callable[[], list[Path]], monkeypatch: pytest.MonkeyPatch) -> None:
    index = numbered(frozenset({"ab", "cd", "ef", "gh"}), frozenset({"XY"}))
    found = ask(fast_search(index, "f00"), "ab gh xy")
    assert len(found) == 3
    assert len(cache()) == 1

    def never(_library: object, _index: FieldIndex) -> object:
        raise AssertionError("compiled although the cache holds it")

    monkeypatch.setattr(module, "_compiled", never)
    assert ask(fast_search(index, "f00"), "ab gh xy") == found


def test_a_damaged_cache_is_made_again(cache: Callable[[], list[Path]], monkeypatch: pytest.MonkeyPatch) -> None:
    index = numbered(frozenset({"ab", "cd", "ef", "gh"}), frozenset())
    monkeypatch.setattr("msgspec.msgpack.encode", _encode_rubbish)
    fast_search(index, "f00")
    monkeypatch.undo()
    assert ask(fast_search(index, "f00"), "ab gh")
    assert ask(fast_search(index, "f00"), "zz") == []


def _encode_rubbish(value: object) -> bytes:
    return b"\x81\xa1f\xc4\x04junk" if isinstance(value, dict) else repr(value).encode()


def test_threads_do_not_disturb_each_other() -> None:
    search = fast_search(numbered(frozenset({"alpha", "beta", "gamma", "delta"}), frozenset()))
    wrong: list[object] = []

    def look(word: str, number: int) -> None:
        text = f"{'x' * 20_000}{word}"
        for _ in range(300):
            if search(text, text) != [(number,)]:
                wrong.append(word)

    threads = [threading.Thread(target=look, args=pair) for pair in (("alpha", 0), ("delta", 2), ("gamma", 3))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong
