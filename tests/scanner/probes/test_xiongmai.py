from __future__ import annotations

import struct
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fingerprints.observation import FIELDS
from scanner.outcome import Status
from scanner.probes import xiongmai
from scanner.probes.xiongmai import REQUEST, parse

IP = "192.0.2.10"
JSON = (
    b'{"NetWork.NetCommon":{"ChannelNum":4,"DeviceType":0,"HostIP":"0x0A0200C0","HostName":"LocalHost","HttpPort":80,'
    b'"MAC":"00:12:17:00:00:01","SN":"0123456789abcdef","TCPPort":34567,"Version":"V4.02.R11.0"},"Ret":100,'
    b'"SessionID":"0x0"}'
)


def reply(body: bytes = JSON, kind: int = 1531, length: int | None = None, tail: bytes = b"\n\0") -> bytes:
    body += tail
    return struct.pack("<B13xHI", 0xFF, kind, len(body) if length is None else length) + body


def test_the_search_byte_for_byte() -> None:
    assert struct.pack("<B13xHI", 0xFF, 1530, 0) == REQUEST and len(REQUEST) == 20


def test_a_recorder_becomes_fields() -> None:
    told = parse(reply())
    assert told is not None and told.whole
    assert told.mac == "00:12:17:00:00:01"
    assert told.fields == {"banner.raw": JSON.decode(), "private.xm34567": reply()[:20].hex()}


@pytest.mark.parametrize("length", [len(JSON) + 3, 0xFFFFFFFF])
def test_a_length_beyond_the_datagram_is_a_cut(length: int) -> None:
    told = parse(reply(length=length))
    assert told is not None and not told.whole and told.mac is not None


@pytest.mark.parametrize(
    "data", [b"", REQUEST, reply(kind=1530), reply(b'{"Ret":100}'), b"\0" + reply()[1:], b"\xff" * 19]
)
def test_anything_else_is_no_reply(data: bytes) -> None:
    assert parse(data) is None


@given(st.binary(max_size=200), st.integers(0, len(reply())))
def test_any_bytes_give_fields_or_none(data: bytes, at: int) -> None:
    good = reply()
    for one in (data, good[:at] + data + good[at:], good[:20] + data):
        told = parse(one)
        assert told is None or set(told.fields) <= set(FIELDS)


async def test_the_fixed_port_and_the_group_are_listened_on(scripted_network: Any) -> None:
    network = scripted_network(replies=[reply()])
    (outcome,) = await xiongmai.ask(network, IP)
    assert (outcome.status, outcome.service, outcome.port) == (Status.SUCCESS, "xiongmai", 34569)
    assert (network.datagrams, network.local_port, network.group) == ([REQUEST], 34569, "239.255.255.250")


async def test_a_device_on_a_real_socket(loopback: Any, answering: Any) -> None:
    async with answering(lambda data: [data, reply()]) as (port, asked):  # an echo, then the answer
        (outcome,) = await xiongmai.ask(loopback, "127.0.0.1", port)
    assert (outcome.status, outcome.mac, asked) == (Status.SUCCESS, "00:12:17:00:00:01", [REQUEST])
