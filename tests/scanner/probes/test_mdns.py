from __future__ import annotations

import struct
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fingerprints.observation import FIELDS
from scanner.outcome import Status
from scanner.probes import mdns
from scanner.probes.mdns import parse, request

IP = "192.0.2.9"
KIND = b"\x0b_axis-video\x04_tcp\x05local\0"
INSTANCE = "AXIS M5014 - ACCC8E000001"


def record(name: bytes, kind: int, data: bytes) -> bytes:
    return name + struct.pack(">HHIH", kind, 1, 10, len(data)) + data


def reply(*records: bytes) -> bytes:
    return struct.pack(">6H", 0, 0x8400, 1, len(records), 0, 0) + KIND + b"\x00\x0c\x80\x01" + b"".join(records)


PTR = record(b"\xc0\x0c", 12, bytes([len(INSTANCE)]) + INSTANCE.encode() + b"\xc0\x0c")
SRV = record(b"\x01x\0", 33, b"\0\0\0\0\0\x50" + b"\x11axis-accc8e000001\x05local\0")
TXT = record(b"\x01x\0", 16, b"\x17macaddress=ACCC8E000001")
ADDRESS = record(b"\x04host\x05local\0", 1, bytes((192, 0, 2, 9)))
AXIS = reply(PTR, SRV, TXT, ADDRESS)


def test_the_query_asks_for_cameras_in_one_packet() -> None:
    data = request()
    assert struct.unpack(">6H", data[:12]) == (0, 0, len(mdns.SERVICES), 0, 0, 0)
    for name in (
        b"\x0b_axis-video\x04_tcp\x05local\0\x00\x0c\x80\x01",
        b"\x05_psia",
        b"\x04_CGI",
        b"\x09_services",
    ):
        assert name in data
    assert len(data) < 1_200


def test_a_camera_becomes_fields() -> None:
    told = parse(AXIS)
    assert told is not None and told.whole
    assert told.mac == "ac:cc:8e:00:00:01"
    assert told.fields == {
        "mdns.services": ("AXIS M5014 - ACCC8E000001._axis-video._tcp.local",),
        "mdns.txt": ("macaddress=ACCC8E000001",),
        "mdns.name": "axis-accc8e000001.local",
    }


def test_an_address_record_names_the_host_where_no_service_does() -> None:
    told = parse(reply(PTR, ADDRESS))
    assert told is not None and told.fields["mdns.name"] == "host.local" and told.mac is None


@pytest.mark.parametrize("data", [request(), b"", reply(), reply(record(b"\0", 47, b"x"))])
def test_what_tells_nothing_is_none(data: bytes) -> None:
    assert parse(data) is None


@given(st.binary(max_size=200), st.integers(0, len(AXIS)))
def test_any_bytes_give_fields_or_none(data: bytes, at: int) -> None:
    for one in (data, AXIS[:at] + data + AXIS[at:], AXIS[:at]):
        told = parse(one)
        assert told is None or set(told.fields) <= set(FIELDS)


async def test_answers_service_by_service_are_one_outcome(scripted_network: Any) -> None:
    network = scripted_network(replies=[reply(PTR), request(), reply(SRV, TXT)])
    (outcome,) = await mdns.ask(network, IP)
    assert (outcome.status, outcome.service, outcome.port, outcome.mac) == (
        Status.SUCCESS,
        "mdns",
        5353,
        "ac:cc:8e:00:00:01",
    )
    assert set(outcome.fields) == {"mdns.services", "mdns.txt", "mdns.name"}
    assert network.datagrams == [request()] and network.group is None


async def test_our_own_query_is_no_answer(scripted_network: Any) -> None:
    (outcome,) = await mdns.ask(scripted_network(replies=[request()]), IP)
    assert (outcome.status, outcome.fields) == (Status.OTHER_PROTOCOL, {})
    (outcome,) = await mdns.ask(scripted_network(), IP)
    assert outcome.status is Status.TIMED_OUT


async def test_a_device_on_a_real_socket(loopback: Any, answering: Any) -> None:
    async with answering(lambda data: [AXIS]) as (port, asked):
        (outcome,) = await mdns.ask(loopback, "127.0.0.1", port)
    assert outcome.status is Status.SUCCESS and asked == [request()]
