"""Reading one file of the knowledge base: sections, entries, and what is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from regulations.entries import Word
from regulations.yaml_files import (
    KnowledgeError,
    did_you_mean,
    keyed_entries,
    listed_entries,
    read_sections,
)


def write(tmp_path: Path, text: str | bytes) -> Path:
    path = tmp_path / "words.yaml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def test_sections_are_read(tmp_path: Path) -> None:
    assert read_sections(write(tmp_path, "a: {b: 1}\nc: []\n"), ("a", "c")) == {"a": {"b": 1}, "c": []}


@pytest.mark.parametrize(
    ("text", "entry", "reason"),
    [
        ("a: [1\n", "line", "expected"),
        ("- 1\n", "the file", "holds no sections"),
        ("", "the file", "holds no sections"),
        ("a: 1\nb: 2\n", "b", "no such section"),
        ("b: 2\n", "b", "no such section"),
        ("a: {x: 1, x: 2}\n", "line 1", "twice"),
        ("a: !!python/object:os.system {}\n", "line 1", "could not determine a constructor"),
        (b"a: \xff\xfe\n", "the file", "utf-8"),
    ],
)
def test_a_file_that_is_none_is_refused(tmp_path: Path, text: str | bytes, entry: str, reason: str) -> None:
    with pytest.raises(KnowledgeError) as refused:
        read_sections(write(tmp_path, text), ("a",))
    assert refused.value.file == "words.yaml"
    assert refused.value.entry.startswith(entry)
    assert reason in refused.value.reason


def test_entries_carry_their_names() -> None:
    assert keyed_entries("f", {"one": {"means": "1"}}, Word) == {"one": Word(key="one", means="1")}
    assert listed_entries("f", [{"key": "one", "means": "1"}], Word) == (Word(key="one", means="1"),)


@pytest.mark.parametrize(
    ("section", "reason"),
    [
        ([], "should map"),
        ({"one": "x"}, "should hold fields"),
        ({"one": {"means": "1", "key": "two"}}, "name of the entry"),
        ({"one": {"means": 1}}, "Expected `str`"),
    ],
)
def test_entries_that_are_none_are_refused(section: object, reason: str) -> None:
    with pytest.raises(KnowledgeError, match=reason):
        keyed_entries("f", section, Word)


def test_the_nearest_word_is_offered() -> None:
    assert did_you_mean("camra", ["camera", "router"]) == "; did you mean 'camera'?"
    assert did_you_mean("x", ["camera", "router"]) == "; known are camera, router"
    assert did_you_mean("x", [str(number) for number in range(99)]) == ""
