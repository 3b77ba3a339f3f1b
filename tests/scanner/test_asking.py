from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import msgspec
import pytest

from scanner.asking import ask_port, shows_sdk
from scanner.connections import ScanNetwork
from scanner.outcome import Status
from scanner.politeness import load_profiles
from scanner.ports import Asking

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
