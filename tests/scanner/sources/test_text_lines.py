from __future__ import annotations

import json
import tracemalloc
from collections.abc import Iterator

from hypothesis import given
from hypothesis import strategies as st

from scanner.sources.decompression import Damage
from scanner.sources.text_lines import ObjectSplitter, Piece, as_utf8, numbered_lines


def chop(data: bytes, size: int) -> list[bytes]:
    return [data[at : at + size] for at in range(0, len(data), size)]


@given(st.binary(max_size=200), st.integers(1, 60))
def test_lines_are_the_same_however_the_bytes_arrive(data: bytes, size: int) -> None:
    expected = [(number, line.rstrip(b"\r")) for number, line in enumerate(data.split(b"\n"), 1) if line.strip()]
    assert [(piece.line, piece.data) for piece in numbered_lines(chop(data, size))] == expected


def test_lines_longer_than_the_bound_are_told_and_counted() -> None:
    data = b"a\n" + b"b" * 11 + b"\nc\n" + b"d" * 10 + b"\n" + b"e" * 12
    for size in (1, 3, 5, 100):
        pieces = list(numbered_lines(chop(data, size), max_bytes=10))
        assert [(piece.line, piece.data) for piece in pieces if not piece.problem] == [
            (1, b"a"),
            (3, b"c"),
            (4, b"d" * 10),
        ]
        assert [piece.line for piece in pieces if piece.problem] == [2, 5]


def test_damage_drops_the_line_that_was_begun_unless_it_looks_whole() -> None:
    cut = list(numbered_lines([b"1\n2\n{3", Damage("gone"), b"4\n"]))
    assert cut == [Piece(1, b"1"), Piece(2, b"2"), Piece(3, problem="gone"), Piece(4, b"4")]
    whole = list(numbered_lines([b'1\n{"a":1}', Damage("gone")]))
    assert whole == [Piece(1, b"1"), Piece(2, b'{"a":1}', ended=False), Piece(3, problem="gone")]


@given(st.text(st.characters(exclude_characters="\ufeff", exclude_categories=["Cs"])), st.integers(1, 7))
def test_utf16_and_marks_become_plain_utf8(text: str, size: int) -> None:
    for data in (
        b"\xef\xbb\xbf" + text.encode(),
        b"\xff\xfe" + text.encode("utf-16-le"),
        b"\xfe\xff" + text.encode("utf-16-be"),
    ):
        assert b"".join(part for part in as_utf8(chop(data, size)) if isinstance(part, bytes)) == text.encode()


JSON = st.recursive(
    st.none() | st.integers() | st.text(max_size=8) | st.sampled_from(['"', "\\", "}", "{", "]", '\\"']),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=8,
)


@given(
    st.lists(st.dictionaries(st.text(max_size=4), JSON, max_size=3), max_size=4),
    st.sampled_from([None, 1]),
    st.booleans(),
    st.integers(1, 40),
)
def test_objects_are_cut_out_of_any_document(
    objects: list[dict[str, object]], indent: int | None, array: bool, size: int
) -> None:
    texts = [json.dumps(one, indent=indent) for one in objects]
    document = "[\n" + ",\n".join(texts) + "]" if array else "\n".join(texts)
    pieces = list(ObjectSplitter().split(chop(document.encode(), size)))
    found = [piece for piece in pieces if piece.problem is None]
    assert [json.loads(piece.data) for piece in found] == objects
    for piece, text in zip(found, texts, strict=True):
        assert document.split("\n", piece.line - 1)[-1].startswith(text.split("\n")[0])
    assert len(pieces) - len(found) == (0 if objects else 1)


def test_an_object_without_end_is_bounded() -> None:
    def endless() -> Iterator[bytes]:
        yield b'[{"a": "'
        for _ in range(3_000):
            yield b"x" * 65_536

    tracemalloc.start()
    pieces = list(ObjectSplitter(max_bytes=1_000_000).split(endless()))
    assert tracemalloc.get_traced_memory()[1] < 5_000_000
    tracemalloc.stop()
    assert [piece.problem for piece in pieces] == ["an object is longer than 0 MiB: reading stopped"]


def test_damage_ends_a_document() -> None:
    pieces = list(ObjectSplitter().split([b'[\n{"a": 1},\n{"b"', Damage("gone")]))
    assert pieces == [Piece(2, b'{"a": 1}'), Piece(3, problem="gone")]
