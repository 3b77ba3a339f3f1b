from __future__ import annotations

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanner.probes.dns_message import PTR, SRV, TXT, A, Record, parse_reply, query

POINTER_TO_QUESTION = b"\xc0\x0c"


def reply(*records: bytes, count: int | None = None, questions: bytes = b"") -> bytes:
    head = struct.pack(">6H", 0, 0x8400, 1 if questions else 0, len(records) if count is None else count, 0, 0)
    return head + questions + b"".join(records)


def record(name: bytes, kind: int, data: bytes) -> bytes:
    return name + struct.pack(">HHIH", kind, 1, 10, len(data)) + data


def written(name: str) -> bytes:
    return b"".join(bytes([len(label)]) + label.encode() for label in name.split(".")) + b"\0"


def test_a_query_byte_for_byte() -> None:
    assert query(["_http._tcp.local"]) == (
        bytes.fromhex("000000000001000000000000") + b"\x05_http\x04_tcp\x05local\0" + b"\x00\x0c\x80\x01"
    )


def test_compressed_names_and_every_kind() -> None:
    question = written("_axis-video._tcp.local") + b"\x00\x0c\x80\x01"
    instance = b"\x1fAXIS P3245-LVE - ACCC8E00000001" + POINTER_TO_QUESTION
    data = reply(
        record(POINTER_TO_QUESTION, PTR, instance),
        record(written("x.local"), SRV, b"\0\0\0\0\0\x50" + written("axis-accc8e000001.local")),
        record(written("x.local"), TXT, b"\x0bmac=0000001\0\x03a=b"),
        record(written("axis.local"), A, bytes((192, 0, 2, 9))),
        questions=question,
    )
    found = parse_reply(data)
    assert found is not None and found.whole
    assert found.records == (
        Record("_axis-video._tcp.local", PTR, ("AXIS P3245-LVE - ACCC8E00000001._axis-video._tcp.local",)),
        Record("x.local", SRV, ("axis-accc8e000001.local",)),
        Record("x.local", TXT, ("mac=0000001", "a=b")),
        Record("axis.local", A, ()),
    )


@pytest.mark.parametrize(
    "name",
    [
        b"\xc0\x0c",  # a pointer to itself
        b"\xc0\x0e\xc0\x0c",  # two that point to each other
        b"\x01a\xc0\x0c",  # a name that goes on in itself
        b"\xc0\xff",  # ahead
        b"\xc0",
        b"\x40a",  # an extended label
        b"\x3fabc",  # longer than the message
        b"\x3f" + b"a" * 63 + b"\x3f" + b"b" * 63 + b"\x3f" + b"c" * 63 + b"\x3f" + b"d" * 63 + b"\0",
    ],
)
def test_bad_names_end_the_reading(name: bytes) -> None:
    found = parse_reply(reply(record(name, PTR, b"\0")))
    assert found is not None and found.records == () and not found.whole


def test_what_came_before_a_cut_counts() -> None:
    good = record(written("a.local"), TXT, b"\x03x=y")
    data = reply(good, good)
    found = parse_reply(data[:-3])
    assert found is not None and len(found.records) == 1 and not found.whole


def test_a_count_that_lies_is_bounded() -> None:
    found = parse_reply(reply(record(b"\0", TXT, b""), count=65_535))
    assert found is not None and len(found.records) == 1 and not found.whole
    flood = parse_reply(reply(*[record(b"\0", TXT, b"")] * 600))
    assert flood is not None and len(flood.records) == 256 and not flood.whole


@pytest.mark.parametrize("data", [b"", b"\0" * 11, query(["_http._tcp.local"]), b"\0\0\xa8\0" + b"\0" * 8])
def test_what_is_no_reply(data: bytes) -> None:
    assert parse_reply(data) is None


@given(st.binary(max_size=200), st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(data: bytes, tail: bytes) -> None:
    parse_reply(data)
    parse_reply(reply(data, tail, count=3, questions=b""))
    parse_reply(reply(record(written("a.local"), PTR, data) + tail, count=4))
