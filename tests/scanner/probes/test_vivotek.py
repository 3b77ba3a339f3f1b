from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fingerprints.observation import FIELDS
from scanner.outcome import Status
from scanner.probes import vivotek
from scanner.probes.vivotek import parse, request

IP = "192.0.2.8"
TOKEN = bytes.fromhex("f5dd7603")
VALUES = (
    bytes.fromhex("0111") + b"IB9360-VVTK-0223b" + bytes.fromhex("02060002d1000001 0304a9fe082a 0424 06023d22 1602bb01")
    + bytes.fromhex("0802") + b"en" + bytes.fromhex("0908") + b"IB9360-H"
    + bytes.fromhex("100403008200 0a0100 1703010181 050400000000")
)  # fmt: skip
CAMERA = b"\x02" + TOKEN + VALUES


def test_the_search_byte_for_byte() -> None:
    assert request(bytes.fromhex("4a5d8f1c")).hex() == "014a5d8f1c"
    with pytest.raises(ValueError, match="four"):
        request(b"abc")


def test_a_camera_becomes_fields() -> None:
    told = parse(CAMERA, TOKEN)
    assert told is not None
    assert told.mac == "00:02:d1:00:00:01"
    assert told.fields["cgi.device_type"] == "IB9360-H"
    assert told.fields["cgi.version"] == "IB9360-VVTK-0223b"
    assert "\x01\x11IB9360-VVTK-0223b" in told.fields["banner.raw"]


def test_of_a_type_given_twice_the_first_counts() -> None:
    told = parse(CAMERA + b"\x09\x01X", TOKEN)
    assert told is not None and told.fields["cgi.device_type"] == "IB9360-H"


@pytest.mark.parametrize(
    "data",
    [b"", request(TOKEN), b"\x02\0\0\0\0" + VALUES, b"\x02" + TOKEN, b"\x02" + TOKEN + b"\x02\x02ab\x07\xffx"],
)
def test_anything_else_is_no_reply(data: bytes) -> None:
    assert parse(data, TOKEN) is None


@given(st.binary(max_size=300), st.integers(0, len(CAMERA)))
def test_any_bytes_give_fields_or_none(data: bytes, at: int) -> None:
    for one in (data, CAMERA[:at] + data + CAMERA[at:], CAMERA[:5] + data):
        told = parse(one, TOKEN)
        assert told is None or set(told.fields) <= set(FIELDS)


async def test_a_device_on_a_real_socket(loopback: Any, answering: Any) -> None:
    async with answering(lambda data: [data, b"\x02" + data[1:5] + VALUES]) as (port, asked):
        (outcome,) = await vivotek.ask(loopback, "127.0.0.1", port)
    assert (outcome.status, outcome.service, outcome.mac) == (Status.SUCCESS, "vivotek", "00:02:d1:00:00:01")
    assert len(asked) == 1 and len(asked[0]) == 5


async def test_a_reply_to_another_search_does_not_count(scripted_network: Any) -> None:
    (outcome,) = await vivotek.ask(scripted_network(replies=[CAMERA]), IP, new_token=lambda: b"\0\0\0\1")
    assert outcome.status is Status.OTHER_PROTOCOL
