from __future__ import annotations

import struct
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fingerprints.observation import FIELDS
from scanner.outcome import Status
from scanner.probes import dvrip
from scanner.probes.dvrip import REQUEST, parse

IP = "192.0.2.6"
MAC = "4c:11:bf:00:00:01"


def reply(
    model: bytes = b"IPC-HDW5421S", mac: bytes = MAC.encode(), serial: bytes = b"1F006E4PAX00001", third: int = 0
) -> bytes:
    second = mac + model
    lines = b"Name:Gate\r\nDevice:%b\r\nIPv6Addr:;gateway:\r\n\r\nSerialNo:%b\r\n\r\n" % (model, serial)
    first = bytearray(120)
    struct.pack_into("<BBBBI", first, 0, 0xB3, 0, len(second), 0, 0x58)
    struct.pack_into("<IH", first, 16, 2, third or len(lines))
    first[40:44] = b"Gate"
    struct.pack_into("<HHH", first, 94, 8081, 443, 37777)
    return bytes(first) + second + lines


def test_the_search_byte_for_byte() -> None:
    assert REQUEST.hex() == "a3010001" + "00" * 12 + "02" + "00" * 15


def test_a_camera_becomes_fields() -> None:
    told = parse(reply())
    assert told is not None and told.whole and told.mac == MAC
    assert told.fields == {
        "dhip.mac": MAC,
        "dhip.device_type": "IPC-HDW5421S",
        "dhip.serial": "1F006E4PAX00001",
        "dhip.machine_name": "Gate",
        "dhip.http_port": "8081",
        "dhip.port": "37777",
    }


def test_a_model_in_the_lines_alone() -> None:
    data = bytearray(reply())
    model = data[120 + 17 : 120 + data[2]]
    del data[120 + 17 : 120 + data[2]]
    data[2] = 17
    told = parse(bytes(data))
    assert told is not None and told.fields["dhip.device_type"] == model.decode()


def test_lengths_that_lie_are_bounded_by_the_datagram() -> None:
    told = parse(reply(third=0xFFFF))
    assert told is not None and not told.whole and told.fields["dhip.serial"] == "1F006E4PAX00001"
    data = bytearray(reply())
    data[2] = 255
    assert parse(bytes(data)) is not None


@pytest.mark.parametrize("data", [b"", REQUEST, reply()[:136], reply(mac=b"x" * 17), b"\xb0" + reply()[1:]])
def test_anything_else_is_no_reply(data: bytes) -> None:
    assert parse(data) is None


@given(st.binary(max_size=300), st.integers(0, len(reply())))
def test_any_bytes_give_fields_or_none(data: bytes, at: int) -> None:
    good = reply()
    for one in (data, good[:at] + data + good[at:], good[:120] + data, good[:137] + data):
        told = parse(one)
        assert told is None or set(told.fields) <= set(FIELDS)


async def test_a_device_on_a_real_socket(loopback: Any, answering: Any) -> None:
    async with answering(lambda data: [data, reply()]) as (port, asked):
        (outcome,) = await dvrip.ask(loopback, "127.0.0.1", port)
    assert (outcome.status, outcome.service, outcome.transport, outcome.mac) == (
        Status.SUCCESS,
        "dvrip",
        "udp",
        MAC,
    )
    assert asked == [REQUEST] and dvrip.PROBE.packets == 1
