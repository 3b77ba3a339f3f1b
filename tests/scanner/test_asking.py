from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any

import msgspec
import pytest

from fingerprints.observation import Observation
from scanner.asking import ask_by_datagram, ask_description, ask_onvif, ask_port, shows_sdk
from scanner.connections import ScanNetwork
from scanner.outcome import Status
from scanner.politeness import load_profiles
from scanner.ports import Asking
from scanner.wire import Datagram

PROFILE = msgspec.structs.replace(
    load_profiles()["lan"], seconds_between_packets_to_host=0.0, first_byte_timeout=0.3, conversation_timeout=1.0
)
Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def listening(handler: Handler) -> AsyncIterator[int]:
    server = await asyncio.start_server(handler, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()


async def ask(port: int, asking: Asking, *, has_sdk: bool = False) -> list[tuple[str, Status]]:
    network = ScanNetwork(lambda ip: ip == "127.0.0.1", PROFILE).conversations()
    return [
        (outcome.probe, outcome.status)
        for outcome in await ask_port(network, "127.0.0.1", port, asking, has_sdk=has_sdk)
    ]


async def rtsp(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    request = await reader.read(1000)
    if request.startswith((b"OPTIONS", b"DESCRIBE")):
        writer.write(b"RTSP/1.0 200 OK\r\nCSeq: 1\r\nPublic: OPTIONS, DESCRIBE\r\n\r\n")
        if await reader.read(1000):
            writer.write(b'RTSP/1.0 401 Unauthorized\r\nCSeq: 2\r\nWWW-Authenticate: Digest realm="x"\r\n\r\n')
    writer.close()


async def test_a_port_of_unknown_kind_is_asked_until_a_language_fits() -> None:
    async with listening(rtsp) as port:
        assert (await ask(port, "auto"))[-1] == ("rtsp", Status.SUCCESS)


@pytest.mark.parametrize(("asking", "most"), [("http", 1), ("rtsp", 1), ("https", 1), ("auto", 2)])
async def test_a_silent_port_costs_one_time_out_and_on_unknown_ports_two(asking: Asking, most: int) -> None:
    connections = 0

    async def silence(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal connections
        connections += 1
        await asyncio.sleep(3)

    async with listening(silence) as port:
        await ask(port, asking)
        assert connections <= most


async def test_nothing_is_ever_sent_to_the_control_port() -> None:
    received: list[bytes] = []

    async def sdk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(bytes.fromhex("000000100000001e0000001e00000000"))
        received.append(await reader.read(1000))
        writer.close()

    async with listening(sdk) as port:
        assert await ask(port, "hik-sdk") == [("hik-sdk", Status.SUCCESS)]
        await asyncio.sleep(0.05)
    assert received == [b""]


async def test_the_control_port_over_tls_gets_a_handshake_and_no_request() -> None:
    received: list[bytes] = []

    async def note(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        received.append(await reader.read(2000))
        writer.close()

    async with listening(note) as port:
        await ask(port, "https-or-sdk", has_sdk=True)
    assert received
    assert all(data[:1] == b"\x16" for data in received)  # TLS handshake records, never "GET"


def test_what_shows_the_control_protocol() -> None:
    assert shows_sdk({"sadp.serial": "x"})
    assert shows_sdk({"private.hik8000": "x"})
    assert not shows_sdk({"http.server": "x"})


class DatagramsOnly:
    """A host that answers nothing, and notes what it was sent and how many questions were open at once."""

    def __init__(self) -> None:
        self.sent: dict[int, int] = {}
        self.open = self.most_open = 0
        self.waits: list[float] = []

    def connect(self, *_: object, **__: object) -> Any:
        raise AssertionError("no connection is needed")

    async def ask_udp(
        self, ip: str, port: int, payloads: Sequence[bytes], *, wait: float, **_: object
    ) -> tuple[Datagram, ...]:
        assert port not in self.sent
        self.sent[port] = len(payloads)
        self.waits.append(wait)
        self.open += 1
        self.most_open = max(self.most_open, self.open)
        await asyncio.sleep(0.01)
        self.open -= 1
        return ()


GENERAL = {3702: 3, 37020: 2, 37810: 2, 1900: 1, 5353: 1}
MAKERS_OWN = {5050: 1, 34569: 1, 7701: 1, 10000: 1, 1757: 1}


async def test_a_host_without_an_open_port_gets_the_general_searches_only() -> None:
    quiet, busy = DatagramsOnly(), DatagramsOnly()
    await ask_by_datagram(quiet, "192.0.2.1", has_open_port=False)
    await ask_by_datagram(busy, "192.0.2.1")
    assert quiet.sent == GENERAL
    assert busy.sent == GENERAL | MAKERS_OWN
    assert busy.most_open == len(busy.sent)  # all at once: silence costs one wait
    assert max(busy.waits) <= 4.0


async def test_snmp_and_sip_only_on_request() -> None:
    network = DatagramsOnly()
    outcomes = await ask_by_datagram(
        network, "192.0.2.1", discovery=False, snmp_community="given", sip_options=True
    )
    assert network.sent == {161: 1, 5060: 1}
    assert [outcome.status for outcome in outcomes] == [Status.TIMED_OUT] * 2
    nothing = DatagramsOnly()
    assert await ask_by_datagram(nothing, "192.0.2.1", discovery=False) == ()
    assert nothing.sent == {}


async def test_a_greeting_port_is_only_listened_to() -> None:
    received: list[bytes] = []

    async def ssh(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"SSH-2.0-dropbear_2012.55\r\n")
        received.append(await reader.read(100))
        writer.close()

    async with listening(ssh) as port:
        assert await ask(port, "banner") == [("text-banner", Status.SUCCESS)]
        await asyncio.sleep(0.05)
    assert received == [b""]


def noted(port: int, service: str, **fields: str) -> Observation:
    named = {name.replace("_", ".", 1): value for name, value in fields.items()}
    return Observation(source="scan", ip="127.0.0.1", port=port, service=service, fields=dict(named))


@asynccontextmanager
async def web_server(answer: Callable[[bytes], bytes]) -> AsyncIterator[tuple[int, list[bytes]]]:
    requests: list[bytes] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        requests.append(await reader.read(4_000))
        writer.write(answer(requests[-1]))
        writer.close()

    async with listening(serve) as port:
        yield port, requests


def conversations() -> Any:
    return ScanNetwork(lambda ip: ip == "127.0.0.1", PROFILE).conversations()


async def test_the_announced_description_is_fetched_once() -> None:
    document = b"<root><device><manufacturer>Test</manufacturer></device></root>"
    async with web_server(lambda _: b"HTTP/1.0 200 OK\r\n\r\n" + document) as (port, requests):
        seen = [noted(1900, "ssdp", ssdp_location=f"http://127.0.0.1:{port}/d.xml")]
        (outcome,) = await ask_description(conversations(), "127.0.0.1", seen)
        elsewhere = [noted(1900, "ssdp", ssdp_location=f"http://127.0.0.2:{port}/d.xml")]
        assert await ask_description(conversations(), "127.0.0.1", elsewhere) == ()
    assert outcome.fields["upnp.manufacturer"] == "Test"
    assert [request.split(b"\r\n")[0] for request in requests] == [b"GET /d.xml HTTP/1.1"]


async def test_onvif_is_asked_until_one_place_speaks_it() -> None:
    fault = b"HTTP/1.1 400 Bad\r\n\r\n<Envelope><Body><Fault/></Body></Envelope>"
    async with (
        web_server(lambda _: b"HTTP/1.0 404 No\r\n\r\n") as (plain, first),
        web_server(lambda _: fault) as (speaking, second),
    ):
        seen = [noted(port, "http", http_status="200") for port in (plain, speaking)]
        outcomes = await ask_onvif(conversations(), "127.0.0.1", seen)
        await ask_onvif(conversations(), "127.0.0.1", list(reversed(seen)))
    assert [(outcome.port, outcome.status) for outcome in outcomes] == [
        (plain, Status.OTHER_PROTOCOL),
        (speaking, Status.SUCCESS),
    ]
    assert (len(first), len(second)) == (1, 2)


async def test_scopes_are_not_asked_again_where_discovery_told_them() -> None:
    answer = b"HTTP/1.0 200 OK\r\n\r\n<Envelope><Body><GetDeviceInformationResponse><Model>X</Model></Body>"
    async with web_server(lambda _: answer) as (port, requests):
        told = noted(
            3702, "ws-discovery", onvif_xaddrs=f"http://127.0.0.1:{port}/onvif/device_service", onvif_scopes="x:y"
        )
        (outcome,) = await ask_onvif(conversations(), "127.0.0.1", [told])
    assert outcome.fields == {"onvif.model": "X"}
    assert len(requests) == 1
