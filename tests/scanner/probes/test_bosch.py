from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fingerprints.observation import FIELDS
from scanner.outcome import Status
from scanner.probes import bosch
from scanner.probes.bosch import parse, request

IP = "192.0.2.7"
TOKEN = b"\x01\x02\x03\x04"
MAC = "00:07:5f:00:00:01"
XML = (
    b'<root xmlns="OEMExt00:device-1-0"><device><friendlyName>FLEXIDOME IP 4000i</friendlyName>'
    b"<serialNumber>044000000001</serialNumber><physAddress>00-07-5f-00-00-01</physAddress>"
    b"<unitIPAddress>192.0.2.7</unitIPAddress></device></root>"
)


def binary(token: bytes = TOKEN) -> bytes:
    settings = bytes((192, 0, 2, 7, 255, 255, 255, 0, 192, 0, 2, 1))
    return b"\x99\x39\xa4\x27" + token + bytes.fromhex("00075f000001") + bytes(2) + settings + bytes(4)


def test_the_search_byte_for_byte() -> None:
    assert request(TOKEN).hex() == "9939a42701020304ff0006de"
    with pytest.raises(ValueError, match="four"):
        request(b"")


def test_either_form_tells_the_address() -> None:
    assert len(binary()) == 32
    short, long = parse(binary(), TOKEN), parse(XML, TOKEN)
    assert short is not None and (short.fields, short.mac) == ({}, MAC)
    assert long is not None and (long.fields, long.mac, long.whole) == ({"banner.raw": XML.decode()}, MAC, True)


def test_a_cut_document_is_said_to_be_cut() -> None:
    told = parse(XML[:120], TOKEN)
    assert told is not None and not told.whole and told.mac is None


@pytest.mark.parametrize(
    "data", [b"", request(TOKEN), binary(b"\0\0\0\0"), binary() + b"x", b"<root><device/></root>", bytes(32)]
)
def test_anything_else_is_no_reply(data: bytes) -> None:
    assert parse(data, TOKEN) is None


@given(st.binary(max_size=300), st.integers(0, len(XML)))
def test_any_bytes_give_fields_or_none(data: bytes, at: int) -> None:
    for one in (data, XML[:at] + data + XML[at:], binary()[:8] + data):
        told = parse(one, TOKEN)
        assert told is None or set(told.fields) <= set(FIELDS)


async def test_the_reply_is_awaited_at_its_fixed_port_and_the_document_counts(scripted_network: Any) -> None:
    network = scripted_network(replies=[binary(), XML])
    (outcome,) = await bosch.ask(network, IP, new_token=lambda: TOKEN)
    assert (outcome.status, outcome.service, outcome.mac) == (Status.SUCCESS, "bosch", MAC)
    assert "banner.raw" in outcome.fields
    assert (network.datagrams, network.local_port) == ([request(TOKEN)], 1758)


async def test_a_device_on_a_real_socket(loopback: Any, answering: Any) -> None:
    async with answering(lambda data: [data, binary(data[4:8])]) as (port, _):
        (outcome,) = await bosch.ask(loopback, "127.0.0.1", port)
    assert (outcome.status, outcome.mac) == (Status.SUCCESS, MAC)
