"""Where an HTTP reply ends, while it arrives, and what its body is once the framing is taken off.

Embedded servers announce lengths that are wrong, negative, huge or contradictory, and chunks that are none:
whatever cannot be believed means "until the connection closes", and every way of ending is bounded.
"""

from __future__ import annotations

import re
from enum import Enum
from typing import NamedTuple

from scanner.probes.header_block import (
    MAX_HEAD_BYTES,
    HeaderBlock,
    declared_length,
    end_of_head,
    leading_blanks,
    parse_head,
)

MAX_BODY_BYTES = 262_144
_MAX_SIZE_LINE = 128
_CHUNK_SIZE = re.compile(rb"[0-9A-Fa-f]{1,16}")
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_LOOKED_AT = 128  # bytes of the beginning that tell a page from something else


class Kind(Enum):
    """What the first bytes of a reply are."""

    UNDECIDED = "too few bytes"
    HTTP = "a status line"
    BARE = "a page without header block, as in HTTP/0.9"
    FOREIGN = "not HTTP"


class Chunk(NamedTuple):
    """One chunk of a chunked body: where its data lies; ``end`` is where the next chunk begins."""

    start: int
    end: int
    last: bool = False


def kind_of(data: bytes | bytearray) -> Kind:
    """Classify the beginning of a reply."""
    at = leading_blanks(data)
    start = bytes(data[at : at + 5]).upper()
    if start == b"HTTP/":
        return Kind.HTTP
    if b"HTTP/".startswith(start):
        return Kind.UNDECIDED
    beginning = bytes(data[:_LOOKED_AT])
    text = beginning.removeprefix(_BYTE_ORDER_MARK).lstrip()
    if text.startswith(b"<"):
        return Kind.BARE
    if not text or _BYTE_ORDER_MARK.startswith(beginning):
        return Kind.UNDECIDED if len(beginning) < _LOOKED_AT else Kind.FOREIGN
    return Kind.FOREIGN


def next_chunk(data: bytes | bytearray, at: int) -> Chunk | None:
    """The chunk that begins at ``at``, which may reach beyond what has arrived.

    None while its size line is incomplete; raises ``ValueError`` where no chunk can be.
    """
    # The chunk before ends in CR LF, in LF, or in nothing.
    opening = bytes(data[at : at + 4])
    at += len(opening) - len(opening.lstrip(b"\r\n"))
    line_end = data.find(b"\n", at, at + _MAX_SIZE_LINE)
    if line_end < 0:
        if len(data) - at >= _MAX_SIZE_LINE:
            raise ValueError("endless chunk size")
        return None
    size = bytes(data[at:line_end]).partition(b";")[0].strip()
    if not _CHUNK_SIZE.fullmatch(size):
        raise ValueError("not a chunk size")
    return Chunk(line_end + 1, line_end + 1 + int(size, 16), last=int(size, 16) == 0)


class ResponseReader:
    """Takes a reply piece by piece, and knows when there is enough of it."""

    def __init__(self) -> None:
        self._data = bytearray()
        self._body_at: int | None = None
        self._length: int | None = None
        self._chunk_at: int | None = None
        self.bounded = False
        """Whether a bound was reached before the reply ended."""

    @property
    def data(self) -> bytes:
        """All that was kept."""
        return bytes(self._data)

    def feed(self, piece: bytes) -> bool:
        """Take one piece; True when the reply is complete, is not HTTP, or has reached a bound."""
        searched = max(0, len(self._data) - 3)
        self._data += piece
        kind = kind_of(self._data)
        if kind is Kind.FOREIGN:
            return True
        if kind is Kind.HTTP and self._body_at is None and not self._take_head(searched):
            self.bounded = len(self._data) > MAX_HEAD_BYTES
            return self.bounded
        return self._is_complete() or self._is_full()

    def _take_head(self, searched: int) -> bool:
        end = end_of_head(self._data, max(searched, leading_blanks(self._data)))
        if end is None or end > MAX_HEAD_BYTES + 4:
            return False
        head = parse_head(bytes(self._data[:end]))
        self._body_at = end
        if is_chunked(head):
            self._chunk_at = end
        else:
            self._length = body_length(head)
        return True

    def _is_complete(self) -> bool:
        if self._body_at is None:
            return False
        if self._chunk_at is not None:
            return self._chunks_are_complete(self._chunk_at)
        return self._length is not None and len(self._data) - self._body_at >= self._length

    def _chunks_are_complete(self, at: int) -> bool:
        try:
            while (chunk := next_chunk(self._data, at)) is not None:
                if chunk.last:
                    return True
                if chunk.end > len(self._data):
                    break
                at = chunk.end
        except ValueError:
            # Not chunks after all where the first is none; otherwise nothing sensible can follow.
            self._chunk_at = None
            return at != self._body_at
        self._chunk_at = at
        return False

    def _is_full(self) -> bool:
        excess = len(self._data) - ((self._body_at or 0) + MAX_BODY_BYTES)
        if excess < 0:
            return False
        if excess:
            del self._data[-excess:]
        self.bounded = True
        return True


def is_chunked(head: HeaderBlock) -> bool:
    """Whether the body claims to come in chunks (HTTP/1.0 servers claim it too)."""
    return any("chunked" in value.lower() for value in head.every("transfer-encoding"))


def body_length(head: HeaderBlock) -> int | None:
    """The body's length in bytes; None where only the end of the connection tells."""
    status = head.status or ""
    if status.startswith("1") or status in ("204", "304"):
        return 0
    return declared_length(head.every("content-length"))


def unframed_body(head: HeaderBlock, rest: bytes) -> tuple[bytes, bool]:
    """The body in the bytes after ``head``, at most ``MAX_BODY_BYTES``, and whether all of it is there."""
    if not is_chunked(head):
        length = body_length(head)
        if length is None:
            return rest[:MAX_BODY_BYTES], True
        return rest[: min(length, MAX_BODY_BYTES)], len(rest) >= length
    pieces: list[bytes] = []
    at = 0
    try:
        while (chunk := next_chunk(rest, at)) is not None:
            pieces.append(rest[chunk.start : chunk.end])
            if chunk.last or chunk.end > len(rest):
                return b"".join(pieces)[:MAX_BODY_BYTES], chunk.last
            at = chunk.end
    except ValueError:
        if at == 0:
            return rest[:MAX_BODY_BYTES], True
    return b"".join(pieces)[:MAX_BODY_BYTES], False
