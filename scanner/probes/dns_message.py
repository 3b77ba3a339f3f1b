"""DNS messages as multicast DNS sends them: questions written, replies read, whatever bytes come.

Names may be compressed: a pointer must lead backwards, so that no loop is possible; a name has at most 255
bytes. Reading ends at the first record that cannot be read, and what came before it counts.
Sources: RFC 1035 sections 3 and 4; RFC 6762 sections 5 and 18.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from typing import NamedTuple

A, PTR, TXT, AAAA, SRV = 1, 12, 16, 28, 33

MAX_RECORDS = 256
_MAX_NAME_BYTES = 255
_UNICAST_WANTED_IN = 0x8001


class Record(NamedTuple):
    """A resource record: its owner's name without the last dot, its type, and the texts in it.

    The texts are the target of PTR and SRV, the strings of TXT, and nothing for other types.
    """

    name: str
    kind: int
    texts: tuple[str, ...]


class Reply(NamedTuple):
    """The records of a reply, of all its sections, and whether all that it announces could be read."""

    records: tuple[Record, ...]
    whole: bool


def query(names: Sequence[str], kind: int = PTR) -> bytes:
    """One message that asks for ``kind`` of every name, and for unicast answers."""
    questions = [_written(name) + struct.pack(">HH", kind, _UNICAST_WANTED_IN) for name in names]
    return struct.pack(">6H", 0, 0, len(questions), 0, 0, 0) + b"".join(questions)


def parse_reply(data: bytes) -> Reply | None:
    """The records of a reply; None where the bytes are no reply at all. Total."""
    if len(data) < 12:
        return None
    _, flags, questions, *counts = struct.unpack(">6H", data[:12])
    if not flags & 0x8000 or flags & 0x7800:  # a question, or not a standard query
        return None
    records: list[Record] = []
    try:
        at = 12
        for _ in range(min(questions, MAX_RECORDS)):
            at = _name(data, at)[1] + 4
        for record in _records(data, at, min(sum(counts), MAX_RECORDS)):
            records.append(record)
    except ValueError:
        return Reply(tuple(records), False)
    return Reply(tuple(records), sum(counts) <= MAX_RECORDS)


def _records(data: bytes, at: int, count: int) -> Iterator[Record]:
    for _ in range(count):
        name, at = _name(data, at)
        if at + 10 > len(data):
            raise ValueError("a record is cut")
        kind, _, _, length = struct.unpack(">HHIH", data[at : at + 10])
        start, at = at + 10, at + 10 + length
        if at > len(data):
            raise ValueError("a record is cut")
        yield Record(name, kind, _texts(data, kind, start, at))


def _texts(data: bytes, kind: int, start: int, end: int) -> tuple[str, ...]:
    if kind == PTR:
        return (_name(data, start)[0],)
    if kind == SRV and end - start > 6:
        return (_name(data, start + 6)[0],)
    return tuple(_strings(data[start:end])) if kind == TXT else ()


def _strings(data: bytes) -> Iterator[str]:
    at = 0
    while at < len(data):
        end = at + 1 + data[at]
        if end > at + 1:
            yield data[at + 1 : end].decode("utf-8", "replace")
        at = end


def _name(data: bytes, at: int) -> tuple[str, int]:
    """The name that begins at ``at``, and where it ends there; raises ``ValueError``."""
    labels: list[bytes] = []
    size = 0
    after: int | None = None
    lowest = at
    while True:
        if at >= len(data):
            raise ValueError("a name is cut")
        length = data[at]
        if length >= 0xC0:
            if at + 1 >= len(data):
                raise ValueError("a name is cut")
            target = (length & 0x3F) << 8 | data[at + 1]
            after = at + 2 if after is None else after
            if target >= lowest:
                raise ValueError("a pointer does not lead backwards")
            at = lowest = target
            continue
        if length >= 0x40:
            raise ValueError("no label")
        label = data[at + 1 : at + 1 + length]
        if len(label) < length:
            raise ValueError("a name is cut")
        at += 1 + length
        if not length:
            break
        size += 1 + length
        if size > _MAX_NAME_BYTES:
            raise ValueError("a name is too long")
        labels.append(label)
    return b".".join(labels).decode("utf-8", "replace"), at if after is None else after


def _written(name: str) -> bytes:
    labels = [label.encode("ascii") for label in name.split(".")]
    return b"".join(bytes([len(label)]) + label for label in labels) + b"\0"
