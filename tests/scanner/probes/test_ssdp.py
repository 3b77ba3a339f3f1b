from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fingerprints.observation import FIELDS
from scanner.outcome import Status
from scanner.probes import ssdp
from scanner.probes.ssdp import REQUEST, parse

IP = "192.0.2.19"
AMCREST = (
    b"HTTP/1.1 200 OK\r\nCACHE-CONTROL: max-age=1800\r\nDATE: Thu, 01 Oct 2026 10:00:00 GMT\r\nEXT:\r\n"
    b"X-User-Agent: redsonic\r\nLOCATION: http://192.0.2.19:80/upnp_device_desc.xml\r\n"
    b"SERVER: Linux, UPnP/1.0, Private Upnp SDK\r\nST: upnp:rootdevice\r\n"
    b"USN: uuid:device_3_0-AMC066F0BC000001::upnp:rootdevice\r\n\r\n"
)


def test_the_search_is_one_that_libupnp_answers() -> None:
    assert REQUEST.startswith(b"M-SEARCH * HTTP/1.1\r\n") and REQUEST.endswith(b"\r\n\r\n")
    assert b'\r\nMAN: "ssdp:discover"\r\nMX: 1\r\nST: upnp:rootdevice\r\n' in REQUEST


def test_an_answer_becomes_fields() -> None:
    told = parse(AMCREST)
    assert told is not None and told.whole
    assert told.fields == {
        "banner.raw": AMCREST.decode(),
        "ssdp.server": "Linux, UPnP/1.0, Private Upnp SDK",
        "ssdp.st": "upnp:rootdevice",
        "ssdp.usn": "uuid:device_3_0-AMC066F0BC000001::upnp:rootdevice",
        "ssdp.location": "http://192.0.2.19:80/upnp_device_desc.xml",
    }


def test_header_names_in_any_case_and_without_blanks() -> None:
    told = parse(b"HTTP/1.1 200 OK\nusn:uuid:1\nLocation:http://192.0.2.19:49152/d.xml\n\n")
    assert told is not None
    assert (told.fields["ssdp.usn"], told.fields["ssdp.location"]) == ("uuid:1", "http://192.0.2.19:49152/d.xml")
    assert "ssdp.server" not in told.fields


@pytest.mark.parametrize(
    "data",
    [
        REQUEST,
        b"",
        b"HTTP/1.1 200 OK\r\n\r\n",
        b"HTTP/1.1 404 Not Found\r\nSERVER: x\r\n\r\n",
        b"NOTIFY * HTTP/1.1\r\nUSN: uuid:1\r\n\r\n",
        b"\x00" * 50,
    ],
)
def test_anything_else_is_no_answer(data: bytes) -> None:
    assert parse(data) is None


def test_a_cut_answer_gives_what_arrived() -> None:
    told = parse(AMCREST[: AMCREST.index(b"ST: ")])
    assert told is not None and not told.whole and "ssdp.usn" not in told.fields


@given(st.binary(max_size=400), st.integers(0, len(AMCREST)))
def test_any_bytes_give_fields_or_none(data: bytes, at: int) -> None:
    for reply in (data, AMCREST[:at] + data + AMCREST[at:]):
        told = parse(reply)
        assert told is None or set(told.fields) <= set(FIELDS)


async def test_repeated_answers_are_one_outcome(scripted_network: Any) -> None:
    network = scripted_network(replies=[AMCREST, AMCREST])
    (outcome,) = await ssdp.ask(network, IP)
    assert (outcome.status, outcome.service, outcome.port, outcome.transport) == (
        Status.SUCCESS,
        "ssdp",
        1900,
        "udp",
    )
    assert network.datagrams == [REQUEST] and ssdp.PROBE.packets == 1


async def test_a_device_on_a_real_socket(loopback: Any, answering: Any) -> None:
    async with answering(lambda data: [AMCREST] if data.startswith(b"M-SEARCH ") else []) as (port, asked):
        (outcome,) = await ssdp.ask(loopback, "127.0.0.1", port)
    assert outcome.status is Status.SUCCESS and asked == [REQUEST]
