from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanner.probes.header_block import (
    MAX_HEAD_BYTES,
    MAX_LINES,
    declared_length,
    parse_head,
    realm_of,
)

PRINTER = (
    b"HTTP/1.1 301 Resource Moved\r\nCONTENT-LENGTH: 0\r\nLocation: /hp/device\r\n"
    b"SERVER: HP-ChaiSOE/1.0\r\n-ONNECTION: Keep-Alive\r\n\r\n"
)


def test_lines_are_kept_verbatim_and_names_are_lower_case() -> None:
    head = parse_head(PRINTER + b"body")
    assert head.raw == PRINTER
    assert head.lines[0] == "HTTP/1.1 301 Resource Moved"
    assert head.lines[-1] == "-ONNECTION: Keep-Alive"
    assert (head.status, head.first("server"), head.whole) == ("301", "HP-ChaiSOE/1.0", True)


def test_white_space_in_a_value_stays_in_the_line() -> None:
    head = parse_head(b"RTSP/1.0 200 OK\r\nDate:  Thu, May 14 2020 16:45:35 GMT\r\n\r\n")
    assert head.lines[1] == "Date:  Thu, May 14 2020 16:45:35 GMT"
    assert head.first("date") == "Thu, May 14 2020 16:45:35 GMT"


def test_bare_line_feeds_folds_and_lines_without_colon_are_taken() -> None:
    head = parse_head(b"HTTP/1.0 200\nno colon here\nX-Long: one\n\ttwo\n  three\nServer:\n\nrest")
    assert head.status == "200"
    assert head.first("x-long") == "one two three"
    assert head.first("server") == ""
    assert head.lines == ("HTTP/1.0 200", "no colon here", "X-Long: one", "\ttwo", "  three", "Server:")
    assert head.raw.endswith(b"Server:\n\n")


def test_line_ends_left_over_from_before_do_not_end_the_head() -> None:
    head = parse_head(b"\r\n\r\nHTTP/1.1 200 OK\r\nServer: x\r\n\r\n")
    assert (head.status, head.first("server")) == ("200", "x")


def test_a_flood_of_headers_is_cut_and_said_to_be() -> None:
    many = parse_head(b"HTTP/1.1 200 OK\r\n" + b"".join(b"A: %d\r\n" % n for n in range(500)) + b"\r\nbody")
    assert (len(many.lines), many.ended, many.whole) == (MAX_LINES, True, False)
    long = parse_head(b"HTTP/1.1 200 OK\r\nA: " + b"x" * 1_000_000)
    assert (len(long.raw), long.ended, long.whole) == (MAX_HEAD_BYTES, False, False)
    assert long.status == "200"


def test_nul_bytes_bare_cr_and_broken_utf8_are_only_text() -> None:
    head = parse_head(b"HTTP/1.1 200 OK\r\nServer: a\x00b\rc\xff\r\n\r\n")
    assert head.first("server") == "a\x00b\rc\ufffd"


@pytest.mark.parametrize(
    ("start_line", "status"),
    [
        ("HTTP/1.1 404 Not Found", "404"),
        ("http/1.0  200", "200"),
        ("HTTP/1.1\t200\tOK", "200"),
        ("HTTP/1.1 2000 OK", None),
        ("HTTP/1.1", None),
        ("HTTP/1.1 OK", None),
        ("", None),
    ],
)
def test_the_status_is_three_digits(start_line: str, status: str | None) -> None:
    assert parse_head(f"{start_line}\r\n\r\n".encode()).status == status


@pytest.mark.parametrize(
    ("challenge", "realm"),
    [
        ('Digest qop="auth", realm="IP Camera(GK713)", nonce="4e", stale="FALSE"', "IP Camera(GK713)"),
        ('Digest realm="Login to 4M0747E, PAX", nonce="1"', "Login to 4M0747E, PAX"),
        ('Basic realm = "a \\"quoted\\" one"', 'a "quoted" one'),
        ("Basic realm=streaming_server", "streaming_server"),
        ('Basic realm="never closed', "never closed"),
        ('Basic realm=""', ""),
        ('Digest xrealm="no", nonce="realm"', None),
        ("", None),
    ],
)
def test_the_realm_is_read_with_its_quotes(challenge: str, realm: str | None) -> None:
    assert realm_of((challenge,)) == realm


def test_the_first_realm_of_several_challenges_counts() -> None:
    assert realm_of(("Negotiate", 'Digest realm="first"', 'Basic realm="second"')) == "first"


@pytest.mark.parametrize(
    ("values", "length"),
    [
        (("178",), 178),
        (("178", " 178 "), 178),
        (("10", "20"), None),
        (("-3",), None),
        (("+5",), None),
        (("0x10",), None),
        (("٣",), None),
        (("99999999999999999999",), None),
        ((), None),
    ],
)
def test_only_a_plain_number_is_a_length(values: tuple[str, ...], length: int | None) -> None:
    assert declared_length(values) == length


@given(st.binary(max_size=2_000))
def test_any_bytes_give_a_head(data: bytes) -> None:
    head = parse_head(b"HTTP/1.1 200 OK\r\n" + data)
    assert head.status == "200"
    realm_of(head.every("www-authenticate"))
