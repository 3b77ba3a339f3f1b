from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fingerprints.observation import FIELDS
from scanner.outcome import Status
from scanner.probes import ber, snmp
from scanner.probes.snmp import parse, request, values

IP = "192.0.2.10"
COMMUNITY = "given-by-the-user"
SYSTEM = {
    "1.3.6.1.2.1.1.1.0": ber.element(ber.OCTET_STRING, b"Hikvision company products"),
    "1.3.6.1.2.1.1.2.0": ber.object_identifier("1.3.6.1.4.1.39165.1"),
    "1.3.6.1.2.1.1.5.0": ber.element(ber.OCTET_STRING, b""),
}
OWN = {
    "1.3.6.1.4.1.39165.1.1.0": ber.element(ber.OCTET_STRING, b"DS-2CD2032-I\0"),
    "1.3.6.1.4.1.39165.1.6.0": ber.element(ber.OCTET_STRING, b"Hikvision"),
    "1.3.6.1.4.1.39165.1.3.0": b"\x80\x00",  # no such object
}


def response(found: Mapping[str, bytes], pdu: int = 0xA2) -> bytes:
    bindings = b"".join(ber.element(0x30, ber.object_identifier(name) + value) for name, value in found.items())
    body = ber.integer(5) + ber.integer(0) + ber.integer(0) + ber.element(0x30, bindings)
    message = ber.integer(1) + ber.element(ber.OCTET_STRING, COMMUNITY.encode()) + ber.element(pdu, body)
    return ber.element(0x30, message)


def test_the_request_byte_for_byte() -> None:
    assert request("public", ["1.3.6.1.2.1.1.1.0"], 1).hex() == (
        "3026020101040670" + "75626c6963a01902010102010002010030" + "0e300c06082b060102010101000500"
    )


async def test_without_a_community_not_a_packet(scripted_network: Any) -> None:
    network = scripted_network(replies=[response(SYSTEM)])
    assert await snmp.ask(network, IP) == ()
    assert await snmp.ask(network, IP, community="") == ()
    assert network.datagrams == []


def test_a_response_becomes_fields() -> None:
    told = parse(response(SYSTEM))
    assert told is not None
    assert told.fields == {
        "snmp.sysdescr": "Hikvision company products",
        "snmp.sysobjectid": ".1.3.6.1.4.1.39165.1",
    }
    own = parse(response(OWN))
    assert own is not None
    assert own.fields == {
        "banner.raw": "1.3.6.1.4.1.39165.1.1.0 = DS-2CD2032-I\n1.3.6.1.4.1.39165.1.6.0 = Hikvision\n"
    }


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (ber.integer(4_000_000_000), "4000000000"),
        (bytes.fromhex("4304000186a0"), "100000"),
        (bytes.fromhex("4004c000020a"), "192.0.2.10"),
        (ber.element(ber.NULL, b""), None),
        (b"\x81\x00", None),
    ],
)
def test_the_types_of_values(value: bytes, text: str | None) -> None:
    assert values(response({"1.3.6.1.4.1.1.1": value})) == ({"1.3.6.1.4.1.1.1": text} if text else {})


@pytest.mark.parametrize(
    "data", [b"", request("x", list(SYSTEM), 1), response(SYSTEM)[:-4], response(SYSTEM, 0xA8)]
)
def test_anything_else_is_no_response(data: bytes) -> None:
    assert parse(data) is None


@given(st.binary(max_size=200), st.integers(0, 120))
def test_any_bytes_give_fields_or_none(data: bytes, at: int) -> None:
    good = response(SYSTEM)
    for one in (data, good[:at] + data + good[at:], good[:at] + data + good[at + len(data) :]):
        told = parse(one)
        assert told is None or set(told.fields) <= set(FIELDS)


async def test_a_makers_own_objects_are_asked_where_the_maker_is_known(loopback: Any, answering: Any) -> None:
    def agent(data: bytes) -> list[bytes]:
        if COMMUNITY.encode() not in data:
            return []
        return [response(OWN if ber.object_identifier("1.3.6.1.4.1.39165.1.1.0") in data else SYSTEM)]

    async with answering(agent) as (port, asked):
        (outcome,) = await snmp.ask(loopback, "127.0.0.1", port, community=COMMUNITY)
        assert await snmp.ask(loopback, "127.0.0.1", port, community="another") != (outcome,)
    assert (outcome.status, outcome.service, outcome.transport) == (Status.SUCCESS, "snmp", "udp")
    assert outcome.fields["snmp.sysobjectid"] == ".1.3.6.1.4.1.39165.1"
    assert "39165.1.1.0 = DS-2CD2032-I\n" in str(outcome.fields["banner.raw"])
    assert COMMUNITY not in repr(outcome)
    assert len(asked) == 3


async def test_another_makers_agent_is_asked_once(scripted_network: Any) -> None:
    linux = {**SYSTEM, "1.3.6.1.2.1.1.2.0": ber.object_identifier("1.3.6.1.4.1.8072.3.2.10")}
    network = scripted_network(replies=[response(linux)])
    (outcome,) = await snmp.ask(network, IP, community="c", new_number=lambda: 7)
    assert network.datagrams == [request("c", list(SYSTEM), 7)]
    assert outcome.fields["snmp.sysobjectid"] == ".1.3.6.1.4.1.8072.3.2.10"


async def test_silence_and_noise(scripted_network: Any) -> None:
    (outcome,) = await snmp.ask(scripted_network(), IP, community="c")
    assert outcome.status is Status.TIMED_OUT
    (outcome,) = await snmp.ask(scripted_network(replies=[b"x"]), IP, community="c")
    assert outcome.status is Status.OTHER_PROTOCOL
