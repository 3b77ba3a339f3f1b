from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fingerprints.observation import FIELDS
from scanner.outcome import Status
from scanner.probes import sip
from scanner.probes.sip import parse, request

IP = "192.0.2.10"
PHONE = (
    b"SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP coverscan.invalid:5060;branch=z9hG4bK1;rport=5070;received=192.0.2.1\r\n"
    b"CSeq: 1 OPTIONS\r\nUser-Agent: Yealink SIP-T46S 66.84.0.15\r\nContent-Length: 0\r\n\r\n"
)


def test_the_request_byte_for_byte() -> None:
    assert request(IP, "abc").decode().split("\r\n") == [
        "OPTIONS sip:192.0.2.10 SIP/2.0",
        "Via: SIP/2.0/UDP coverscan.invalid:5060;branch=z9hG4bKabc;rport",
        "Max-Forwards: 70",
        "To: <sip:192.0.2.10>",
        "From: <sip:coverscan@coverscan.invalid>;tag=abc",
        "Call-ID: abc",
        "CSeq: 1 OPTIONS",
        "Content-Length: 0",
        "",
        "",
    ]
    assert request("2001:db8::1", "a").startswith(b"OPTIONS sip:[2001:db8::1] SIP/2.0\r\n")


@pytest.mark.parametrize("status", [b"200 OK", b"401 Unauthorized", b"404 Not Found", b"405 Method Not Allowed"])
def test_any_status_is_an_answer(status: bytes) -> None:
    told = parse(PHONE.replace(b"200 OK", status))
    assert told is not None and told.whole
    assert told.fields["sip.user_agent"] == "Yealink SIP-T46S 66.84.0.15"
    assert "sip.server" not in told.fields and str(told.fields["banner.raw"]).startswith("SIP/2.0 ")


def test_a_door_station_by_its_server_header() -> None:
    told = parse(b"SIP/2.0 200 OK\r\nServer: AXIS A8105-E Network Video Door Station\r\n\r\n")
    assert told is not None
    assert told.fields["sip.server"] == "AXIS A8105-E Network Video Door Station"


@pytest.mark.parametrize(
    "data", [b"", request(IP, "x"), b"HTTP/1.1 200 OK\r\nServer: x\r\n\r\n", b"SIP/2.0\r\n\r\n"]
)
def test_anything_else_is_no_answer(data: bytes) -> None:
    assert parse(data) is None


@given(st.binary(max_size=300), st.integers(0, len(PHONE)))
def test_any_bytes_give_fields_or_none(data: bytes, at: int) -> None:
    for one in (data, PHONE[:at] + data + PHONE[at:]):
        told = parse(one)
        assert told is None or set(told.fields) <= set(FIELDS)


async def test_a_phone_on_a_real_socket(loopback: Any, answering: Any) -> None:
    async with answering(lambda data: [data, PHONE]) as (port, asked):  # an echo, then the answer
        (outcome,) = await sip.ask(loopback, "127.0.0.1", port, new_token=lambda: "t")
    assert (outcome.status, outcome.service) == (Status.SUCCESS, "sip")
    assert asked == [request("127.0.0.1", "t")]
