from __future__ import annotations

import bz2
import gzip
import lzma
import sys
import tracemalloc
import zlib
from collections.abc import Callable, Iterator
from types import ModuleType

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scanner.sources.decompression import Damage, decompressed

TEXT = b"".join(
    b'{"n": %d, "x": "%s"}\n' % (n, zlib.crc32(b"%d" % n).to_bytes(4, "big").hex().encode()) for n in range(9_000)
)


def pieces(data: bytes, size: int = 65_536) -> Iterator[bytes]:
    return (data[at : at + size] for at in range(0, len(data), size))


def result(data: bytes, size: int = 65_536) -> tuple[bytes, list[str]]:
    content, damage = b"", []
    for chunk in decompressed(pieces(data, size)):
        if isinstance(chunk, Damage):
            damage.append(chunk.reason)
        else:
            content += chunk
    return content, damage


@pytest.mark.parametrize("size", [1_000_000, 4_096, 17])
@pytest.mark.parametrize("pack", [bytes, gzip.compress, bz2.compress, lzma.compress])
def test_every_kind_in_pieces_of_any_size(pack: Callable[[bytes], bytes], size: int) -> None:
    assert result(pack(TEXT), size) == (TEXT, [])


@pytest.mark.parametrize("pack", [gzip.compress, bz2.compress, lzma.compress])
def test_several_members_and_padding(pack: Callable[[bytes], bytes]) -> None:
    assert result(pack(TEXT) + pack(b"more\n") + b"\0" * 64) == (TEXT + b"more\n", [])


@pytest.mark.parametrize("pack", [gzip.compress, bz2.compress, lzma.compress])
def test_cut_anywhere_keeps_what_came_before(pack: Callable[[bytes], bytes]) -> None:
    packed = pack(TEXT)
    for part in range(1, 20):
        content, damage = result(packed[: len(packed) * part // 20])
        assert TEXT.startswith(content)
        assert damage == ["the compressed data ends too early: the file was cut off"]


@pytest.mark.parametrize("size", [65_536, 100])
def test_a_member_without_end_does_not_hide_the_next(size: int) -> None:
    first, second = gzip.compress(TEXT), gzip.compress(b"second\n" * 50)
    for end in range(len(first) // 3, len(first), len(first) // 7):
        content, damage = result(first[:end] + second, size)
        assert content.endswith(b"second\n" * 50)
        kept = next(at for at in range(len(TEXT)) if content[at : at + 1] != TEXT[at : at + 1])
        assert kept > 0.97 * len(TEXT) * end / len(first), "all but the last block"
        assert damage


def test_foreign_bytes_behind_the_end() -> None:
    content, damage = result(gzip.compress(TEXT) + b"signature" * 10)
    assert content == TEXT
    assert damage == ["there are foreign bytes behind the end of the compressed data"]


@pytest.mark.parametrize("pack", [gzip.compress, bz2.compress, lzma.compress])
def test_a_bomb_is_stopped_in_little_memory(pack: Callable[[bytes], bytes]) -> None:
    bomb = pack(b"0" * 100_000_000)
    tracemalloc.start()
    given = 0
    damage = []
    for chunk in decompressed(pieces(bomb)):
        if isinstance(chunk, Damage):
            damage.append(chunk.reason)
        else:
            given += len(chunk)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert damage == ["the compressed data expands more than 200 times: reading stopped"]
    assert given < 80_000_000
    assert peak < 16_000_000


def test_many_false_starts_end() -> None:
    content, damage = result(b"\x1f\x8b\x08\x00" * 50_000)
    assert content == b""
    assert 1 <= len(damage) <= 1_002


def test_zstd_without_a_package_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "compression.zstd", None)
    monkeypatch.setitem(sys.modules, "zstandard", None)
    content, (damage,) = result(b"\x28\xb5\x2f\xfd" + b"\0" * 50)
    assert content == b""
    assert "pip install zstandard" in damage


def test_zstd_with_the_package(monkeypatch: pytest.MonkeyPatch) -> None:
    # Stands in for the package, whose frames are zlib's here: the calls and the slicing are what is tested.
    class Context:
        def __init__(self, max_window_size: int) -> None:
            assert max_window_size > 0

        def decompressobj(self) -> object:
            decoder = zlib.decompressobj()

            class Skipping:
                left = 4
                eof = property(lambda _: decoder.eof)
                unused_data = property(lambda _: decoder.unused_data)

                def decompress(self, data: bytes) -> bytes:
                    assert len(data) <= 1_024
                    skipped, self.left = min(self.left, len(data)), max(0, self.left - len(data))
                    return decoder.decompress(data[skipped:])

            return Skipping()

    package = ModuleType("zstandard")
    package.ZstdDecompressor = Context  # type: ignore[attr-defined]
    package.ZstdError = zlib.error  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "compression.zstd", None)
    monkeypatch.setitem(sys.modules, "zstandard", package)
    frame = b"\x28\xb5\x2f\xfd" + zlib.compress(TEXT)
    assert result(frame + frame) == (TEXT * 2, [])
    assert result(frame[:-20])[1] == ["the compressed data ends too early: the file was cut off"]
    assert result(frame[:100] + b"\xff" * 100)[1] == ["the compressed data is damaged here"]


@settings(deadline=None)
@given(
    st.sampled_from([b"\x1f\x8b\x08\x00", b"BZh9", b"\xfd7zXZ\0", b""]),
    st.binary(max_size=300),
    st.integers(1, 99),
)
def test_any_bytes_end_without_an_exception(magic: bytes, tail: bytes, size: int) -> None:
    result(magic + tail, size)
