from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fingerprints.observation import FIELDS
from scanner.outcome import Status
from scanner.probes import http_message, onvif_device
from scanner.probes.http_targets import Hop
from scanner.probes.onvif_device import parse, request
from scanner.wire import ConversationFailed

IP = "192.0.2.10"
DIGEST = (
    'Digest realm="Login to 2J01018PAA00001",qop="auth",nonce="b252aWYtZGlnZXN0OjQzMjYxNjc5MTQw",opaque="",'
    ' stale="false"'
)
BOSCH = (
    '<Envelope xmlns="http://www.w3.org/2003/05/soap-envelope" xmlns:_xmlns="xmlns"><Body>'
    '<GetDeviceInformationResponse xmlns="http://www.onvif.org/ver10/device/wsdl"><Manufacturer a="b">Bosch'
    "</Manufacturer><Model>FLEXIDOME indoor 5100i IR</Model><FirmwareVersion>8.71.0066</FirmwareVersion>"
    "<SerialNumber>404754734001000001</SerialNumber><HardwareId>F000B543</HardwareId>"
    "</GetDeviceInformationResponse></Body></Envelope>"
)
SCOPES = (
    "<s:Envelope><s:Body><tds:GetScopesResponse><tds:Scopes><tt:ScopeDef>Fixed</tt:ScopeDef>"
    "<tt:ScopeItem>onvif://www.onvif.org/name/My Camera</tt:ScopeItem></tds:Scopes><tds:Scopes>"
    "<tt:ScopeItem>onvif://www.onvif.org/MAC/00:00:5e:00:53:01</tt:ScopeItem></tds:Scopes>"
    "</tds:GetScopesResponse></s:Body></s:Envelope>"
)
CLOCK = "<s:Envelope><s:Body><tds:GetSystemDateAndTimeResponse/></s:Body></s:Envelope>"
FAULT = "<s:Envelope><s:Body><s:Fault><s:Reason>Sender not Authorized</s:Reason></s:Fault></s:Body></s:Envelope>"


def http(body: str, status: str = "200 OK", *headers: str) -> bytes:
    head = "".join(f"{line}\r\n" for line in (f"HTTP/1.1 {status}", *headers, f"Content-Length: {len(body)}"))
    return f"{head}\r\n{body}".encode()


REFUSED = http("", "401 Unauthorized", f"WWW-Authenticate: {DIGEST}")


def operation_of(data: bytes) -> str:
    found = re.search(rb"<s:Body><tds:(\w+)/></s:Body>", data)
    return found[1].decode() if found else ""


@pytest.fixture
def camera(scripted_network: Any, scripted_stream: Any) -> Callable[..., Any]:
    """A network whose device answers operations by name, and 404 to others."""

    def build(**replies: bytes | ConversationFailed) -> Any:
        def answer(data: bytes) -> list[Any]:
            return [replies.get(operation_of(data), http("no", "404 Not Found"))]

        return scripted_network(streams=lambda port, tls: scripted_stream(answer))

    return build


def operations(network: Any) -> list[str]:
    return [operation_of(stream.sent[0]) for stream in network.streams]


def test_the_request_byte_for_byte() -> None:
    head, _, body = request(IP, Hop(8899, False, "/onvif/device_service"), "GetScopes").partition(b"\r\n\r\n")
    assert head.decode().split("\r\n") == [
        "POST /onvif/device_service HTTP/1.1",
        "Host: 192.0.2.10:8899",
        "User-Agent: Mozilla/5.0 (compatible; coverscan)",
        'Content-Type: application/soap+xml; charset=utf-8; action="http://www.onvif.org/ver10/device/wsdl/GetScopes"',
        f"Content-Length: {len(body)}",
        "Connection: close",
    ]
    assert body == (
        b'<?xml version="1.0" encoding="utf-8"?><s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"'
        b' xmlns:tds="http://www.onvif.org/ver10/device/wsdl"><s:Body><tds:GetScopes/></s:Body></s:Envelope>'
    )


async def test_a_device_that_tells_everything(camera: Any) -> None:
    network = camera(GetDeviceInformation=http(BOSCH), GetScopes=http(SCOPES))
    (outcome,) = await onvif_device.ask(network, IP, 80, announced=True)
    assert (outcome.status, outcome.service, outcome.mac) == (Status.SUCCESS, "onvif", "00:00:5e:00:53:01")
    assert outcome.fields == {
        "onvif.manufacturer": "Bosch",
        "onvif.model": "FLEXIDOME indoor 5100i IR",
        "onvif.firmware": "8.71.0066",
        "onvif.serial": "404754734001000001",
        "onvif.hardware": "F000B543",
        "onvif.scopes": (
            "onvif://www.onvif.org/name/My Camera",
            "onvif://www.onvif.org/MAC/00:00:5e:00:53:01",
        ),
    }
    assert operations(network) == ["GetDeviceInformation", "GetScopes"]


async def test_where_nothing_was_announced_the_clock_is_asked_first(camera: Any) -> None:
    network = camera(GetSystemDateAndTime=http(CLOCK), GetDeviceInformation=http(BOSCH))
    (outcome,) = await onvif_device.ask(network, IP, 80, scopes_known=True)
    assert operations(network) == ["GetSystemDateAndTime", "GetDeviceInformation"]
    assert (outcome.status, outcome.fields["onvif.manufacturer"]) == (Status.SUCCESS, "Bosch")


async def test_a_plain_web_server_gets_one_request(camera: Any) -> None:
    network = camera()
    (outcome,) = await onvif_device.ask(network, IP, 80)
    assert operations(network) == ["GetSystemDateAndTime"]
    assert (outcome.status, outcome.service, outcome.fields) == (Status.OTHER_PROTOCOL, None, {})
    assert outcome.detail == "GetSystemDateAndTime: no ONVIF, HTTP 404"


async def test_a_challenge_is_kept_and_ends_it(camera: Any) -> None:
    network = camera(GetSystemDateAndTime=http(CLOCK), GetDeviceInformation=REFUSED, GetScopes=http(SCOPES))
    (outcome,) = await onvif_device.ask(network, IP, 80)
    assert operations(network) == ["GetSystemDateAndTime", "GetDeviceInformation"]
    assert (outcome.status, outcome.service) == (Status.SUCCESS, "onvif")
    assert outcome.fields == {
        "http.auth": DIGEST,
        "http.auth_realm": "Login to 2J01018PAA00001",
        "http.status": "401",
        "http.path": "/onvif/device_service",
    }


@pytest.mark.parametrize(
    ("reply", "announced", "status", "service"),
    [
        (REFUSED, True, Status.SUCCESS, "onvif"),
        (REFUSED, False, Status.OTHER_PROTOCOL, "http"),  # a web server that asks a password for every path
        (http(FAULT, "400 Bad Request"), False, Status.SUCCESS, "onvif"),
        (http(FAULT, "500 Internal Server Error"), True, Status.SUCCESS, "onvif"),
        (http("", "401 Unauthorized", "WWW-Authenticate:"), True, Status.OTHER_PROTOCOL, None),
        (b"SSH-2.0-x\r\n", True, Status.OTHER_PROTOCOL, None),
        (ConversationFailed(Status.TIMED_OUT), True, Status.TIMED_OUT, None),
    ],
)
async def test_how_the_first_refusal_is_judged(
    camera: Any, reply: Any, announced: bool, status: Status, service: str | None
) -> None:
    network = camera(GetSystemDateAndTime=reply, GetDeviceInformation=reply)
    (outcome,) = await onvif_device.ask(network, IP, 80, announced=announced)
    assert (outcome.status, outcome.service) == (status, service)
    assert len(network.streams) == 1


async def test_the_same_answer_to_everything_tells_nothing(camera: Any) -> None:
    capabilities = http(CLOCK.replace("GetSystemDateAndTime", "GetCapabilities"))
    network = camera(GetDeviceInformation=capabilities)
    (outcome,) = await onvif_device.ask(network, IP, 80, announced=True)
    assert (outcome.fields, outcome.detail) == ({}, "GetDeviceInformation: another reply, HTTP 200")


async def test_what_was_told_before_a_failure_counts(camera: Any) -> None:
    network = camera(GetDeviceInformation=http(BOSCH), GetScopes=ConversationFailed(Status.RESET, "gone"))
    (outcome,) = await onvif_device.ask(network, IP, 80, announced=True)
    assert (outcome.status, outcome.detail) == (Status.TRUNCATED, "gone")
    assert outcome.fields["onvif.model"] == "FLEXIDOME indoor 5100i IR"


async def test_no_request_holds_a_credential(camera: Any) -> None:
    network = camera(GetSystemDateAndTime=http(CLOCK), GetDeviceInformation=http(BOSCH), GetScopes=REFUSED)
    await onvif_device.ask(network, IP, 443, over_tls=True)
    assert network.connections == [(443, True)] * 3 == [(443, True)] * onvif_device.PROBE.connections
    assert not re.search(rb"authorization|cookie|UsernameToken|Password", network.sent, re.IGNORECASE)


@given(st.binary(max_size=300), st.sampled_from(["GetDeviceInformation", "GetScopes", "GetSystemDateAndTime"]))
def test_any_reply_gives_an_answer(data: bytes, operation: str) -> None:
    for body in (data, BOSCH[:200].encode() + data, SCOPES.encode() + data):
        message = http_message.parse(b"HTTP/1.1 200 OK\r\nWWW-Authenticate: " + data[:40] + b"\r\n\r\n" + body)
        if message is not None:
            assert set(parse(message, operation).fields) <= set(FIELDS)


async def test_a_device_on_a_real_socket(loopback: Any, serving: Any) -> None:
    async def device(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        data = await reader.readuntil(b"</s:Envelope>")
        replies = {"GetSystemDateAndTime": http(CLOCK), "GetDeviceInformation": http(BOSCH)}
        writer.write(replies.get(operation_of(data), http(FAULT, "400 Bad Request")))

    async with serving(device) as port:
        (outcome,) = await onvif_device.ask(loopback, "127.0.0.1", port)
    assert (outcome.status, outcome.fields["onvif.serial"]) == (Status.SUCCESS, "404754734001000001")
    assert loopback.connections == 3
