"""Streams compressed input, recognised by its first bytes, within fixed memory; damage is a value in the stream.

A gzip file may be several members one after the other, and a download that was killed leaves a member without
an end, often with the next run's member behind it: reading goes on there.
"""

from __future__ import annotations

import bz2
import contextlib
import importlib
import lzma
import zlib
from collections.abc import Callable, Iterable, Iterator
from itertools import chain
from typing import Any, NamedTuple

_MAX_OUT = 1_048_576
"""Bytes handed on at a time."""

_BOMB_BYTES, _BOMB_RATIO = 64 * 1_048_576, 200
"""More than this many bytes, and more than this many times the input: a decompression bomb, not a data file."""

_DECODER_MEMORY = 256 * 1_048_576
_GZIP_MAGIC = b"\x1f\x8b\x08"
_RESTART_WINDOW = 131_072
_ZSTD_SLICE = 1_024
"""Input bytes given to ``zstandard`` at once, which cannot be told how much to give: 32 MiB at worst."""

_SALVAGE_SLICE = 64
_MAX_RESTARTS = 1_000
_ENDS_EARLY = "the compressed data ends too early: the file was cut off"
_NO_ZSTD = "zstd needs a package that is not installed: pip install zstandard, or unpack the file with zstd -d"


class Damage(NamedTuple):
    """A place where data was lost; what follows it, if anything, begins anew."""

    reason: str


Chunk = bytes | Damage


def decompressed(raw: Iterable[bytes]) -> Iterator[Chunk]:
    """The content of ``raw``: inflated if it is gzip, bzip2, xz or zstd, as it is otherwise."""
    pieces = iter(raw)
    first = next(pieces, b"")
    whole = chain([first], pieces)
    if first.startswith(_GZIP_MAGIC[:2]):
        return _guarded(whole, _gunzip)
    if first.startswith(b"BZh"):
        return _guarded(whole, lambda source: _with_decoder(source, bz2.BZ2Decompressor))
    if first.startswith(b"\xfd7zXZ\0"):
        return _guarded(whole, lambda source: _with_decoder(source, _new_xz))
    if first.startswith(b"\x28\xb5\x2f\xfd"):
        return _guarded(whole, _unzstd)
    return whole


def _guarded(raw: Iterable[bytes], expand: Callable[[Iterator[bytes]], Iterator[Chunk]]) -> Iterator[Chunk]:
    """What ``expand`` makes of ``raw``, stopped where the output is out of all proportion to the input."""
    taken = given = 0

    def counted() -> Iterator[bytes]:
        nonlocal taken
        for piece in raw:
            taken += len(piece)
            yield piece

    for chunk in expand(counted()):
        if not isinstance(chunk, Damage):
            given += len(chunk)
            if given > _BOMB_BYTES and given > _BOMB_RATIO * taken:
                yield Damage(f"the compressed data expands more than {_BOMB_RATIO} times: reading stopped")
                return
        yield chunk


def _gunzip(raw: Iterator[bytes]) -> Iterator[Chunk]:
    members = _GzipMembers()
    for piece in raw:
        yield from members.feed(piece)
        if members.restarts > _MAX_RESTARTS:
            return
    while members.open:
        yield from members.end()


class _GzipMembers:
    """Inflates gzip members one after the other, and finds the next member behind a damaged one."""

    def __init__(self) -> None:
        self.restarts = 0
        self._data = b""
        self._member: Any = None
        self._recent = b""  # the last input of this member: the next member's head may already be in it
        self._complaining = True

    def feed(self, piece: bytes) -> Iterator[Chunk]:
        """What ``piece`` adds to the content."""
        self._data += piece
        while self._data and self.restarts <= _MAX_RESTARTS:
            if self._member is None:
                start = _next_member(self._data)
                if start != 0 and self._complaining and self._data.strip(b"\0"):
                    self._complaining = False
                    yield Damage("there are foreign bytes behind the end of the compressed data")
                if start < 0:
                    self._data = self._data[-3:]
                    return
                self._data, self._recent, self._complaining = self._data[start:], b"", True
                self._member = zlib.decompressobj(wbits=31)
            yield from self._inflate()

    def _inflate(self) -> Iterator[Chunk]:
        before = self._member.copy()
        try:
            out = self._member.decompress(self._data, _MAX_OUT)
        except zlib.error:
            yield from self._before_the_damage(before)
            yield Damage("the compressed data is damaged here")
            self.restarts += 1
            self._data = (self._recent + self._data)[1:]  # not the same start again
            self._member, self._complaining = None, False
            return
        if out:
            yield out
        rest = self._member.unused_data if self._member.eof else self._member.unconsumed_tail
        used = self._data[: len(self._data) - len(rest)]
        self._recent = (self._recent + used)[-_RESTART_WINDOW:]
        self._data = rest
        if self._member.eof:
            self._member = None

    def _before_the_damage(self, member: Any) -> Iterator[Chunk]:
        """What the input gives up to the damage: the decoder drops it when it finds the damage in one go."""
        with contextlib.suppress(zlib.error):
            for at in range(0, len(self._data), _SALVAGE_SLICE):
                yield member.decompress(self._data[at : at + _SALVAGE_SLICE])

    @property
    def open(self) -> bool:
        """Whether a member was begun and has not ended."""
        return self._member is not None

    def end(self) -> Iterator[Chunk]:
        """After the last input: what is held back, and a member that a broken one before it may have swallowed."""
        if self._member is not None:
            with contextlib.suppress(zlib.error):
                yield self._member.flush()
            yield Damage(_ENDS_EARLY)
            self.restarts += 1
            self._member, swallowed = None, self._recent[1:]
            start = _next_member(swallowed)
            if start >= 0:
                self._data = b""
                yield from self.feed(swallowed[start:])


def _next_member(data: bytes) -> int:
    """Where the next gzip head begins, or -1; its flag byte has no reserved bits."""
    at = data.find(_GZIP_MAGIC)
    while at >= 0 and at + 3 < len(data) and data[at + 3] & 0xE0:
        at = data.find(_GZIP_MAGIC, at + 1)
    return at


def _with_decoder(
    raw: Iterator[bytes], new_decoder: Callable[[], Any], errors: tuple[type[Exception], ...] = ()
) -> Iterator[Chunk]:
    """The content of one or more streams of a kind whose decoder can be told how much to give at a time."""
    failures: tuple[type[Exception], ...] = (OSError, EOFError, ValueError, lzma.LZMAError, *errors)
    decoder, in_stream = new_decoder(), False
    for piece in raw:
        data = piece
        while data or (in_stream and not decoder.needs_input):
            try:
                out = decoder.decompress(data, _MAX_OUT)
            except failures:
                yield Damage("the compressed data is damaged here")
                return
            if out:
                yield out
            data, in_stream = b"", True
            if decoder.eof:
                data, decoder, in_stream = decoder.unused_data.lstrip(b"\0"), new_decoder(), False
    if in_stream:
        yield Damage(_ENDS_EARLY)


def _new_xz() -> lzma.LZMADecompressor:
    return lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=_DECODER_MEMORY)


def _unzstd(raw: Iterator[bytes]) -> Iterator[Chunk]:
    """With the standard library from Python 3.14 on, else with the ``zstandard`` package where it is installed."""
    with contextlib.suppress(ImportError):
        zstd = importlib.import_module("compression.zstd")
        yield from _with_decoder(raw, zstd.ZstdDecompressor, (zstd.ZstdError,))
        return
    with contextlib.suppress(ImportError):
        zstandard = importlib.import_module("zstandard")
        context = zstandard.ZstdDecompressor(max_window_size=_DECODER_MEMORY)
        sliced = (piece[at : at + _ZSTD_SLICE] for piece in raw for at in range(0, len(piece), _ZSTD_SLICE))
        yield from _with_decoder(sliced, lambda: _Zstandard(context.decompressobj()), (zstandard.ZstdError,))
        return
    yield Damage(_NO_ZSTD)


class _Zstandard:
    """``zstandard``'s decoder in the shape of the standard library's; it gives all that a slice expands to."""

    needs_input = True

    def __init__(self, decoder: Any) -> None:
        self._decoder = decoder

    def decompress(self, data: bytes, _max_length: int) -> bytes:
        """All content that ``data`` completes."""
        return bytes(self._decoder.decompress(data))

    @property
    def eof(self) -> bool:
        """Whether the stream has ended."""
        return bool(self._decoder.eof)

    @property
    def unused_data(self) -> bytes:
        """What stands behind the end of the stream."""
        return bytes(self._decoder.unused_data)
