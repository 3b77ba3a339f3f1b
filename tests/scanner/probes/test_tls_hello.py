from __future__ import annotations

import struct
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanner.probes.tls_hello import SSL_3_0, ServerFlight, client_hello

CERTIFICATE = b"\x30\x82\x01\x00" + b"c" * 256


def record(kind: int, content: bytes, version: bytes = b"\x03\x01") -> bytes:
    return bytes((kind,)) + version + struct.pack(">H", len(content)) + content


def message(kind: int, body: bytes) -> bytes:
    return bytes((kind,)) + len(body).to_bytes(3, "big") + body


def server_hello(version: bytes = b"\x03\x00", suite: int = 0x0005) -> bytes:
    return message(2, version + b"r" * 32 + b"\x00" + struct.pack(">H", suite) + b"\x00")


def certificates(*ders: bytes) -> bytes:
    chain = b"".join(len(der).to_bytes(3, "big") + der for der in ders)
    return message(11, len(chain).to_bytes(3, "big") + chain)


FLIGHT = server_hello() + certificates(CERTIFICATE, b"issuer" * 40) + message(14, b"")


def test_the_hello_is_well_formed_and_without_extensions() -> None:
    hello = client_hello(b"R" * 32)
    assert hello[:3] == b"\x16\x03\x01"
    assert struct.unpack(">H", hello[3:5])[0] == len(hello) - 5
    assert hello[5] == 1 and int.from_bytes(hello[6:9], "big") == len(hello) - 9
    assert hello[9:11] == b"\x03\x03" and hello[11:43] == b"R" * 32
    (suites,) = struct.unpack(">H", hello[44:46])
    assert hello[46 + suites :] == b"\x01\x00"
    offered = {hello[at : at + 2] for at in range(46, 46 + suites, 2)}
    assert {b"\x00\x04", b"\x00\x05", b"\x00\x0a", b"\x00\x2f", b"\x00\x09", b"\x00\x03"} <= offered


def test_the_hello_of_ssl_3_says_so_twice() -> None:
    hello = client_hello(b"R" * 32, SSL_3_0)
    assert (hello[1:3], hello[9:11]) == (b"\x03\x00", b"\x03\x00")


@pytest.mark.parametrize("size", [1, 3, 50, 10_000])
@pytest.mark.parametrize("fragment", [1, 100, 16_384])
def test_version_and_certificate_are_read_however_they_are_cut(size: int, fragment: int) -> None:
    data = b"".join(record(22, FLIGHT[at : at + fragment]) for at in range(0, len(FLIGHT), fragment))
    flight = ServerFlight()
    assert any(flight.feed(data[at : at + size]) for at in range(0, len(data), size))
    assert (flight.version, flight.certificate, flight.problem) == ("SSLv3", CERTIFICATE, None)


def test_a_long_chain_need_not_be_waited_for() -> None:
    flight = ServerFlight()
    assert flight.feed(record(22, server_hello(b"\x03\x02") + certificates(CERTIFICATE, b"x" * 60_000)[:2_000]))
    assert (flight.version, flight.certificate) == ("TLSv1.1", CERTIFICATE)


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (record(21, b"\x02\x28"), "alert 40: handshake failure"),
        (record(21, b"\x02\x46"), "alert 70: protocol version"),
        (record(21, b""), "alert None: other"),
        (b"HTTP/1.1 400 Bad Request\r\n\r\n", "not TLS"),
        (b"\x00" * 20, "not TLS"),
        (record(22, server_hello(b"\x03\x09")), "unknown version 0309"),
        (record(22, server_hello() + message(12, b"key")), "the server shows no certificate"),
        (record(22, server_hello() + message(11, b"\x00\x00\x03\x00\x00\x00")), "certificate of 0 bytes"),
        (record(22, b"\x0b\xff\xff\xff\xff\xff\xff\xff\xff\xff"), "certificate of 16777215 bytes"),
        (record(22, server_hello()) + record(23, b"data"), "record of type 23"),
        (
            record(22, message(2, b"\x03\x01") + b"\x02\xff\xff\xff") + record(22, b"z" * 16_000) * 30,
            "endless handshake",
        ),
    ],
)
def test_everything_else_is_a_problem_with_a_name(data: bytes, problem: str) -> None:
    flight = ServerFlight()
    assert any(flight.feed(data[at : at + 1_000]) for at in range(0, len(data), 1_000))
    assert (flight.problem, flight.certificate) == (problem, None)


def test_a_warning_about_the_name_does_not_end_the_handshake() -> None:
    flight = ServerFlight()
    assert not flight.feed(record(21, b"\x01\x70"))
    assert flight.feed(record(22, FLIGHT))
    assert flight.certificate == CERTIFICATE


def test_records_of_one_byte_take_linear_time() -> None:
    flight = ServerFlight()
    data = record(22, b"\x02") * 60_000
    started = time.perf_counter()
    for at in range(len(data)):
        if flight.feed(data[at : at + 1]):
            break
    assert time.perf_counter() - started < 10.0


@given(st.binary(max_size=400), st.integers(1, 40))
def test_any_bytes_are_taken(data: bytes, size: int) -> None:
    for start in (b"", record(22, server_hello()), b"\x16\x03\x01\x00\x50"):
        flight = ServerFlight()
        stream = start + data
        for at in range(0, len(stream), size):
            flight.feed(stream[at : at + size])
        assert flight.certificate is None or flight.problem is None


@given(st.integers(0, len(FLIGHT) - 1), st.integers(0, 255))
def test_a_flight_with_a_byte_changed_is_taken(at: int, value: int) -> None:
    flight = ServerFlight()
    flight.feed(record(22, FLIGHT[:at] + bytes((value,)) + FLIGHT[at + 1 :]))
