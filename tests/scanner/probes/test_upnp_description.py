from __future__ import annotations

import asyncio
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fingerprints.observation import FIELDS
from scanner.outcome import Status
from scanner.probes import upnp_description
from scanner.probes.upnp_description import MAX_BYTES, parse
from scanner.wire import ConversationFailed

IP = "192.0.2.10"
CAMERA = b"""<?xml version="1.0"?>
<root xmlns="urn:schemas-upnp-org:device-1-0"><specVersion><major>1</major></specVersion><device>
<deviceType>urn:schemas-upnp-org:device:Basic:1</deviceType><friendlyName>HIKVISION DS-2CD2032-I - 491000001</friendlyName>
<manufacturer>Hikvision</manufacturer><modelDescription>Hikvision Network Camera</modelDescription>
<modelName>DS-2CD2032-I</modelName><modelNumber>DS-2CD2032-I</modelNumber>
<serialNumber>DS-2CD2032-I20141203CCWR491000001</serialNumber><UDN>uuid:20b6f5a0-7a6b-11b4-82e9-c056e3000001</UDN>
<deviceList><device><manufacturer>other</manufacturer><modelURL>x</modelURL></device></deviceList></device></root>"""


def reply(body: bytes, status: str = "200 OK") -> bytes:
    return b"HTTP/1.1 %b\r\nContent-Length: %d\r\n\r\n%b" % (status.encode(), len(body), body)


def test_the_root_device_becomes_fields() -> None:
    assert parse(CAMERA) == {
        "upnp.manufacturer": "Hikvision",
        "upnp.model_name": "DS-2CD2032-I",
        "upnp.model_number": "DS-2CD2032-I",
        "upnp.model_description": "Hikvision Network Camera",
        "upnp.friendly_name": "HIKVISION DS-2CD2032-I - 491000001",
        "upnp.serial": "DS-2CD2032-I20141203CCWR491000001",
        "upnp.udn": "uuid:20b6f5a0-7a6b-11b4-82e9-c056e3000001",
    }


def test_a_nested_device_does_not_speak_for_its_root() -> None:
    nested = (
        b"<root><device><friendlyName>gateway</friendlyName><deviceList><device><serialNumber>1</serialNumber>"
    )
    assert parse(nested) == {"upnp.friendly_name": "gateway"}


@pytest.mark.parametrize("document", [b"", b"<html><body>404</body></html>", b"<root></root>", b"\xff\xfe" * 40])
def test_what_describes_no_device_has_no_fields(document: bytes) -> None:
    assert parse(document) == {}


@given(st.binary(max_size=300), st.integers(0, len(CAMERA)))
def test_any_bytes_give_fields(data: bytes, at: int) -> None:
    assert set(parse(CAMERA[:at] + data + CAMERA[at:])) <= set(FIELDS)


def network_of(scripted_network: Any, scripted_stream: Any, answer: bytes) -> Any:
    return scripted_network(streams=lambda port, tls: scripted_stream(lambda _: [answer]))


async def test_one_get_and_not_a_byte_more(scripted_network: Any, scripted_stream: Any) -> None:
    network = network_of(scripted_network, scripted_stream, reply(CAMERA))
    (outcome,) = await upnp_description.ask(network, IP, 8080, "/desc.xml")
    assert (outcome.status, outcome.service, outcome.port) == (Status.SUCCESS, "upnp", 8080)
    assert outcome.fields["upnp.model_name"] == "DS-2CD2032-I" and outcome.fields["http.path"] == "/desc.xml"
    assert network.connections == [(8080, False)]
    assert network.sent.startswith(b"GET /desc.xml HTTP/1.1\r\nHost: 192.0.2.10:8080\r\n")
    assert network.sent.count(b"\r\n\r\n") == 1


@pytest.mark.parametrize(
    ("answer", "detail"),
    [
        (reply(b"<h1>no</h1>", "404 Not Found"), "HTTP 404"),
        (reply(CAMERA, "401 Unauthorized"), "HTTP 401"),
        (b"HTTP/1.1 302 Found\r\nLocation: http://198.51.100.1/x\r\nContent-Length: 0\r\n\r\n", "HTTP 302"),
        (b"SSH-2.0-x\r\n", "SSH-2.0-x"),
    ],
)
async def test_other_answers_end_it(
    scripted_network: Any, scripted_stream: Any, answer: bytes, detail: str
) -> None:
    network = network_of(scripted_network, scripted_stream, answer)
    (outcome,) = await upnp_description.ask(network, IP, 80)
    assert (outcome.status, outcome.fields) == (Status.OTHER_PROTOCOL, {})
    assert detail in outcome.detail and len(network.connections) == 1


async def test_failures_are_statuses(scripted_network: Any, scripted_stream: Any) -> None:
    failure = ConversationFailed(Status.TIMED_OUT, "silence")
    network = scripted_network(streams=lambda port, tls: scripted_stream(lambda _: [failure]))
    (outcome,) = await upnp_description.ask(network, IP, 80)
    assert (outcome.status, outcome.detail) == (Status.TIMED_OUT, "silence")


async def test_an_endless_document_is_cut(loopback: Any, serving: Any) -> None:
    async def endless(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1_000)
        writer.write(b"HTTP/1.0 200 OK\r\n\r\n" + CAMERA[: CAMERA.index(b"<deviceList>")])
        while True:
            writer.write(b"<icon>" * 1_000)
            await writer.drain()

    async with serving(endless) as port:
        (outcome,) = await upnp_description.ask(loopback, "127.0.0.1", port)
    assert outcome.status is Status.TRUNCATED
    assert outcome.fields["upnp.manufacturer"] == "Hikvision"
    assert outcome.bytes_read < MAX_BYTES + 20_000
