from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fingerprints.observation import FIELDS
from scanner.outcome import Status
from scanner.probes import hanwha
from scanner.probes.hanwha import REQUEST, parse

IP = "192.0.2.9"


def reply(model: bytes = b"XNV-6080R", mac: bytes = b"00:09:18:00:00:01") -> bytes:
    data = bytearray(262)
    data[0] = 0x0B
    for at, text in (
        (0x13, mac),
        (0x25, b"192.0.2.9"),
        (0x35, b"255.255.255.0"),
        (0x45, b"192.0.2.1"),
        (0x6D, model),
        (0x85, b"http://192.0.2.9/index.htm"),
    ):
        data[at : at + len(text)] = text
    return bytes(data)


def test_the_search_byte_for_byte() -> None:
    assert REQUEST[0] == 1 and not any(REQUEST[1:]) and len(REQUEST) == 262


def test_a_camera_becomes_fields() -> None:
    told = parse(reply())
    assert told is not None
    assert (told.fields, told.mac) == ({"cgi.device_type": "XNV-6080R"}, "00:09:18:00:00:01")


def test_a_model_runs_on_beyond_ten_characters() -> None:
    told = parse(reply(b"XNP-6400RW/KAP123"))
    assert told is not None and told.fields["cgi.device_type"] == "XNP-6400RW/KAP123"


@pytest.mark.parametrize("model", [b"", b"\xff\xfe\xfd", b"<script>", b"\x01\x02\x03\x04"])
def test_what_is_no_model_is_left_out(model: bytes) -> None:
    told = parse(reply(model))
    assert told is not None and told.fields == {} and told.mac is not None


@pytest.mark.parametrize("data", [b"", REQUEST, reply()[:0x84], reply(mac=b"no address"), b"\x01" + reply()[1:]])
def test_anything_else_is_no_reply(data: bytes) -> None:
    assert parse(data) is None


@given(st.binary(max_size=300), st.integers(0, 262))
def test_any_bytes_give_fields_or_none(data: bytes, at: int) -> None:
    for one in (data, reply()[:at] + data + reply()[at:], b"\x0b" + data):
        told = parse(one)
        assert told is None or set(told.fields) <= set(FIELDS)


async def test_the_reply_is_awaited_at_its_fixed_port(scripted_network: Any) -> None:
    network = scripted_network(replies=[reply()])
    (outcome,) = await hanwha.ask(network, IP)
    assert (outcome.status, outcome.service, outcome.mac) == (Status.SUCCESS, "hanwha", "00:09:18:00:00:01")
    assert (network.datagrams, network.local_port) == ([REQUEST], 7711)


async def test_a_device_on_a_real_socket(loopback: Any, answering: Any) -> None:
    async with answering(lambda data: [data, reply()]) as (port, asked):
        (outcome,) = await hanwha.ask(loopback, "127.0.0.1", port)
    assert (outcome.fields, asked) == ({"cgi.device_type": "XNV-6080R"}, [REQUEST])
