from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanner.probes.header_block import parse_head
from scanner.probes.http_framing import (
    MAX_BODY_BYTES,
    Kind,
    ResponseReader,
    kind_of,
    next_chunk,
    unframed_body,
)

OK = b"HTTP/1.1 200 OK\r\n"
CHUNKED = OK + b"Transfer-Encoding: chunked\r\n\r\n"


def feed_all(reader: ResponseReader, data: bytes, size: int) -> bool:
    return any(reader.feed(data[at : at + size]) for at in range(0, len(data), size))


def body_of(data: bytes) -> tuple[bytes, bool]:
    head = parse_head(data)
    return unframed_body(head, data[len(head.raw) :])


@pytest.mark.parametrize(
    ("start", "kind"),
    [
        (b"", Kind.UNDECIDED),
        (b"HT", Kind.UNDECIDED),
        (b"\r\n\r\nHTTP/1.0", Kind.HTTP),
        (b"http/1.1 200", Kind.HTTP),
        (b"<html>", Kind.BARE),
        (b"\xef\xbb\xbf\r\n <!DOCTYPE html>", Kind.BARE),
        (b"\xef\xbb", Kind.UNDECIDED),
        (b" \n ", Kind.UNDECIDED),
        (b" " * 500, Kind.FOREIGN),
        (b"RTSP/1.0 400 Bad Request", Kind.FOREIGN),
        (b"SSH-2.0-dropbear", Kind.FOREIGN),
        (b"GET / HTTP/1.1", Kind.FOREIGN),
        (b"\x15\x03\x01\x00\x02\x02\x46", Kind.FOREIGN),
    ],
)
def test_the_first_bytes_tell_what_a_reply_is(start: bytes, kind: Kind) -> None:
    assert kind_of(start) is kind


@pytest.mark.parametrize("size", [1, 2, 3, 7, 1_000])
@pytest.mark.parametrize(
    ("reply", "trailing"),
    [
        (OK + b"Content-Length: 5\r\n\r\nhello", b"garbage after it"),
        (b"HTTP/1.1 304 Not Modified\r\nContent-Length: 99\r\n\r\n", b""),
        (CHUNKED + b"5\r\nhello\r\n3 ;x=y\r\nabc\r\n0\r\n", b"Trailer: 1\r\n\r\n"),
        (CHUNKED + b"5\nhello\n0\n", b""),
    ],
)
def test_the_end_is_seen_at_once_however_the_reply_is_cut(reply: bytes, trailing: bytes, size: int) -> None:
    reader = ResponseReader()
    assert not feed_all(reader, reply[:-1], size)
    assert reader.feed(reply[-1:] + trailing)
    assert not reader.bounded


@pytest.mark.parametrize(
    "length", [b"-3", b"+5", b"0x5", b"99999999999999999999", b"5\r\nContent-Length: 6", b"", b"abc"]
)
def test_a_length_that_cannot_be_believed_means_until_the_end(length: bytes) -> None:
    reply = OK + b"Content-Length: " + length + b"\r\n\r\nhello"
    assert not ResponseReader().feed(reply)
    assert body_of(reply) == (b"hello", True)


def test_a_length_beyond_what_comes_is_seen() -> None:
    assert body_of(OK + b"Content-Length: 50\r\n\r\nhello") == (b"hello", False)


def test_reading_stops_at_the_bound_of_the_body() -> None:
    reader = ResponseReader()
    assert feed_all(reader, OK + b"\r\n" + b"A" * 10_000_000, 65_536)
    assert reader.bounded
    assert len(reader.data) == len(OK) + 2 + MAX_BODY_BYTES


def test_reading_stops_at_the_bound_of_the_head() -> None:
    reader = ResponseReader()
    assert feed_all(reader, OK + b"A: b\r\n" * 100_000, 16_384)
    assert reader.bounded
    assert len(reader.data) < 40_000


def test_something_foreign_needs_no_second_read() -> None:
    reader = ResponseReader()
    assert reader.feed(b"220 ftp ready\r\n")
    assert reader.data == b"220 ftp ready\r\n"


@pytest.mark.parametrize(
    ("chunks", "body", "whole"),
    [
        (b"5\r\nhello\r\n0\r\n\r\n", b"hello", True),
        (b"  5 \r\nhello\r\n5; ext\r\nworld\r\n00\r\n", b"helloworld", True),
        (b"5\r\nhello5\r\nworld0\r\n", b"helloworld", True),  # no line ends between chunks
        (b"5\r\nhello\r\n", b"hello", False),
        (b"FFFFFFFFFFFFFFFF\r\nhello", b"hello", False),
        (b"5\r\nhello\r\nzz\r\nworld", b"hello", False),
        (b"-5\r\nhello", b"-5\r\nhello", True),
        (b"zz\r\n<html>", b"zz\r\n<html>", True),
        (b"<html>not in chunks at all</html>\n", b"<html>not in chunks at all</html>\n", True),
        (b"", b"", False),
    ],
)
def test_chunks_are_taken_as_far_as_they_can_be_believed(chunks: bytes, body: bytes, whole: bool) -> None:
    assert body_of(CHUNKED + chunks) == (body, whole)


def test_a_broken_chunk_after_good_ones_ends_the_reading() -> None:
    assert ResponseReader().feed(CHUNKED + b"5\r\nhello\r\nzz\r\n")
    assert not ResponseReader().feed(CHUNKED + b"zz\r\n")


def test_an_endless_size_line_is_no_chunk() -> None:
    with pytest.raises(ValueError, match="endless"):
        next_chunk(b"1" * 1_000, 0)
    assert next_chunk(b"1" * 20, 0) is None


@pytest.mark.parametrize("piece", [b"\r\n", b"1\r\na\r\n", b"0000000000000001\r\na", b"1"])
def test_tiny_pieces_of_chunks_take_linear_time(piece: bytes) -> None:
    reader = ResponseReader()
    started = time.perf_counter()
    feed_all(reader, CHUNKED + piece * (MAX_BODY_BYTES // len(piece)), 1)
    body_of(reader.data)
    assert time.perf_counter() - started < 20.0


@given(st.binary(max_size=600), st.integers(1, 50))
def test_any_bytes_cut_in_any_way_are_read(data: bytes, size: int) -> None:
    for start in (b"", OK, CHUNKED, OK + b"Content-Length: 20\r\n\r\n"):
        reader = ResponseReader()
        feed_all(reader, start + data, size)
        head = parse_head(reader.data)
        body, _ = unframed_body(head, reader.data[len(head.raw) :])
        assert len(body) <= len(start + data)
