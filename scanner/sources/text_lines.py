"""Turns a stream of bytes into numbered pieces of JSON: lines, or the objects of one large document.

Memory is bounded whatever comes: a line or an object that is too long is dropped and reported.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterable, Iterator
from itertools import chain
from typing import NamedTuple

from scanner.sources.decompression import Chunk, Damage

MAX_LINE_BYTES = 16 * 1_048_576
MAX_OBJECT_BYTES = 64 * 1_048_576


class Piece(NamedTuple):
    """A line or object and the number of its (first) line, from 1; or, with ``problem``, why there is none.

    ``ended`` is False for a last line without a line end: it may have been cut off.
    """

    line: int
    data: bytes = b""
    problem: str | None = None
    ended: bool = True


def as_utf8(chunks: Iterable[Chunk]) -> Iterator[Chunk]:
    """``chunks`` without byte order mark, and UTF-16 (as PowerShell and Excel write it) turned into UTF-8."""
    decoder: codecs.IncrementalDecoder | None = None
    start: bytes | None = b""
    for chunk in chain(chunks, [b""]):
        if isinstance(chunk, Damage):
            yield chunk
            continue
        if start is not None:
            start += chunk
            if chunk and len(start) < len(codecs.BOM_UTF8):
                continue
            if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
                decoder = codecs.getincrementaldecoder("utf-16")("replace")
            chunk, start = start.removeprefix(codecs.BOM_UTF8), None
        if text := decoder.decode(chunk).encode("utf-8", "replace") if decoder else chunk:
            yield text


def numbered_lines(chunks: Iterable[Chunk], max_bytes: int = MAX_LINE_BYTES) -> Iterator[Piece]:
    """All lines that are not blank, without their line ends."""
    number, size = 1, 0
    parts: list[bytes] = []
    for chunk in chunks:
        if isinstance(chunk, Damage):
            cut = b"".join(parts)
            if cut.rstrip().endswith(b"}"):
                yield Piece(number, cut, ended=False)
                number += 1
            yield Piece(number, problem=chunk.reason)
            number += 1
            parts, size = [], 0
            continue
        *whole, last = chunk.split(b"\n")
        for text in whole:
            if size + len(text) > max_bytes:
                yield _too_long(number, max_bytes)
            elif (line := b"".join(parts) + text).strip():
                yield Piece(number, line.rstrip(b"\r"))
            number += 1
            parts, size = [], 0
        size += len(last)
        if size <= max_bytes:
            parts.append(last)
        else:
            parts.clear()
    if size > max_bytes:
        yield _too_long(number, max_bytes)
    elif (line := b"".join(parts)).strip():
        yield Piece(number, line.rstrip(b"\r"), ended=False)


def _too_long(number: int, max_bytes: int) -> Piece:
    return Piece(number, problem=f"the line is longer than {max_bytes // 1_048_576} MiB")


_OUTSIDE_TEXT = re.compile(rb'[{}\[\]"]')
_INSIDE_TEXT = re.compile(rb'["\\]')


class ObjectSplitter:
    """Cuts the top-level objects out of a JSON document: an array of them, or objects printed over many lines."""

    def __init__(self, max_bytes: int = MAX_OBJECT_BYTES) -> None:
        self._max_bytes = max_bytes
        self._buffer = bytearray()
        self._position = 0  # up to here the buffer has been looked at
        self._start = -1  # where the object that is open began, or -1
        self._line = 1  # of the buffer's first byte
        self._depth = self._arrays = 0
        self._in_text = False
        self.seen = 0

    def split(self, chunks: Iterable[Chunk]) -> Iterator[Piece]:
        """The objects in order, then what is wrong with the end of the document."""
        for chunk in chunks:
            if isinstance(chunk, Damage):
                yield Piece(self._line_at(len(self._buffer)), problem=chunk.reason)
                return
            self._buffer += chunk
            yield from self._objects()
            if self._start >= 0 and len(self._buffer) > self._max_bytes:
                size = self._max_bytes // 1_048_576
                yield Piece(self._line, problem=f"an object is longer than {size} MiB: reading stopped")
                return
        if self._start >= 0:
            yield Piece(self._line, problem="the object that begins here has no end: the file was cut off")
        elif self._arrays > 0:
            yield Piece(self._line, problem="the array has no end: the file was cut off")
        elif not self.seen:
            yield Piece(self._line, problem="there is no JSON object in the file")

    def _objects(self) -> Iterator[Piece]:
        while True:
            pattern = _INSIDE_TEXT if self._in_text else _OUTSIDE_TEXT
            found = pattern.search(self._buffer, self._position)
            if found is None:
                self._position = len(self._buffer)
                break
            at = found.start()
            mark = bytes(self._buffer[at : at + 1])
            if mark == b"\\":
                if at + 1 == len(self._buffer):
                    self._position = at
                    break
                self._position = at + 2
                continue
            self._position = at + 1
            if self._note(mark, at):
                data = bytes(self._buffer[self._start : self._position])
                yield Piece(self._line_at(self._start), data)
                self.seen += 1
                self._start = -1
        self._forget(self._start if self._start >= 0 else self._position)

    def _note(self, mark: bytes, at: int) -> bool:
        """Take in one structural byte; True where it closes a top-level object."""
        if mark == b'"':
            self._in_text = not self._in_text
        elif mark == b"{":
            if self._depth == 0:
                self._start = at
            self._depth += 1
        elif mark == b"}" and self._depth > 0:
            self._depth -= 1
            return self._depth == 0
        elif self._depth == 0 and mark in (b"[", b"]"):
            self._arrays += 1 if mark == b"[" else -1
        return False

    def _line_at(self, position: int) -> int:
        return self._line + self._buffer.count(b"\n", 0, position)

    def _forget(self, end: int) -> None:
        self._line = self._line_at(end)
        del self._buffer[:end]
        self._position -= end
        self._start = 0 if self._start >= 0 else -1
