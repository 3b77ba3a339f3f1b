"""The misbehaving servers: each does what its name says, is bounded, and stops at once when told to."""

from __future__ import annotations

import asyncio
import json
import socket
import ssl
import time
import zlib

import pytest
from cryptography import x509

from coverscan.demo import misbehaving
from coverscan.demo.journal import Journal
from coverscan.demo.misbehaving import BEHAVIOURS, MisbehavingServer, datagram_answers, datagrams, streams

_GET = b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
_TCP = [name for name, behaviour in BEHAVIOURS.items() if behaviour.transport == "tcp"]
_UDP = [name for name, behaviour in BEHAVIOURS.items() if behaviour.transport == "udp"]


async def read(
    server: MisbehavingServer, data: bytes = _GET, *, most: int = 1 << 20, seconds: float = 5.0
) -> bytes:
    """What the server sends in answer to ``data``: at most so many bytes, for at most so long."""
    reader, writer = await asyncio.open_connection(server.address, server.port, limit=1 << 22)
    got = bytearray()
    try:
        writer.write(data)
        async with asyncio.timeout(seconds):
            while len(got) < most and (piece := await reader.read(1 << 16)):
                got += piece
    except (TimeoutError, ConnectionError):
        pass
    finally:
        writer.transport.abort()
    return bytes(got)


async def ask(server: MisbehavingServer, data: bytes, seconds: float = 0.3) -> list[bytes]:
    """The datagrams that come back until nothing came for a while."""
    loop = asyncio.get_running_loop()
    replies: list[bytes] = []
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.setblocking(False)
        await loop.sock_sendto(sock, data, (server.address, server.port))
        while True:
            try:
                replies.append(await asyncio.wait_for(loop.sock_recv(sock, 65_536), seconds))
            except TimeoutError:
                return replies


def hello() -> bytes:
    """A ClientHello as Python's TLS sends it."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    wrapped = context.wrap_bio(incoming, outgoing, server_hostname="x")
    with pytest.raises(ssl.SSLWantReadError):
        wrapped.do_handshake()
    return outgoing.read()


def test_everything_that_was_asked_for_is_there() -> None:
    wanted = """slow-drip-head slow-drip-body endless-body endless-chunks reset-after-accept reset-after-byte
        reset-after-head accept-hang never-accept redirect-self redirect-pair redirect-growing redirect-public
        redirect-file length-too-big length-too-small length-negative length-huge length-two length-plus length-hex
        chunk-size chunk-overflow chunk-unfinished many-headers huge-header folded-header nul-header bare-cr-header
        many-cookies gzip-bomb gzip-bomb-nested deflate-bomb xml-entities xml-external xml-nested xml-attribute
        json-nested tls-garbage tls-plain-http tls-unknown-version tls-big-certificate tls-long-chain tls-expired
        tls-hostile-name tls-many-names tls-byte-fragments tls-alert tls-heartbeats tls-1.0 tls-rc4-only
        banner-hostile hostile-greeting hostile-rtsp sadp-hostile dhip-hostile ws-discovery-hostile ssdp-hostile
        long-line body-100-mb json-bomb xml-bomb echo udp-echo udp-flood udp-forged-flood udp-impostor flapping
        clock-unset"""
    assert set(wanted.split()) <= set(BEHAVIOURS)
    assert all(name == behaviour.name and behaviour.does for name, behaviour in BEHAVIOURS.items())


@pytest.mark.parametrize("name", _TCP)
async def test_a_misbehaving_stream_stops_at_once(name: str) -> None:
    tasks = asyncio.all_tasks()
    async with MisbehavingServer(name) as server:
        assert server.port > 0
        data = hello() if name.startswith("tls-") else _GET
        await read(server, data, most=1 << 17, seconds=0.2)
        started = time.monotonic()
    assert time.monotonic() - started < 2.0
    assert asyncio.all_tasks() == tasks


@pytest.mark.parametrize("name", _UDP)
async def test_a_misbehaving_discovery_service_stops_at_once(name: str) -> None:
    tasks = asyncio.all_tasks()
    async with MisbehavingServer(name) as server:
        assert await ask(server, b"\x20\0\0\0DHIP", seconds=0.05)
        started = time.monotonic()
    assert time.monotonic() - started < 2.0
    assert asyncio.all_tasks() == tasks


async def test_slow_ones_drip(monkeypatch: pytest.MonkeyPatch) -> None:
    async with MisbehavingServer("slow-drip-head") as server:
        assert len(await read(server, seconds=0.5)) == 1
    monkeypatch.setattr(streams, "DRIP_SECONDS", 0.01)
    async with MisbehavingServer("slow-drip-body") as server:
        head, _, body = (await read(server, seconds=0.5)).partition(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 200 OK")
        assert 3 < len(body) < 50


@pytest.mark.parametrize("name", ["endless-body", "endless-chunks", "endless-line", "huge-header", "body-100-mb"])
async def test_endless_ones_go_on(name: str) -> None:
    async with MisbehavingServer(name) as server:
        assert len(await read(server, most=20 << 20)) >= 20 << 20


async def test_what_sends_without_end_waits_for_a_reader() -> None:
    async with MisbehavingServer("endless-body") as server:
        reader, writer = await asyncio.open_connection(server.address, server.port, limit=1 << 16)
        writer.write(_GET)
        await asyncio.sleep(0.3)
        assert len(await reader.read(1 << 22)) < 1 << 20  # not a gigabyte that piled up in this process
        writer.transport.abort()


async def test_no_connection_outlives_its_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(misbehaving.behaviour, "MAX_SECONDS", 0.2)
    async with MisbehavingServer("slow-drip-head") as server:
        started = time.monotonic()
        await read(server, seconds=5)
        assert time.monotonic() - started < 2.0


@pytest.mark.parametrize("name", ["reset-after-accept", "reset-after-byte", "reset-after-head"])
async def test_resets_are_resets(name: str) -> None:
    async with MisbehavingServer(name) as server:
        reader, writer = await asyncio.open_connection(server.address, server.port)
        with pytest.raises(ConnectionError):
            writer.write(_GET)
            await writer.drain()
            await reader.read(1_000)
            await reader.read(1_000)
        writer.transport.abort()


async def test_a_hanging_server_takes_nothing() -> None:
    async with MisbehavingServer("accept-hang") as server:
        _, writer = await asyncio.open_connection(server.address, server.port)
        writer.write(bytes(32 << 20))
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(writer.drain(), 0.3)
        writer.transport.abort()


async def test_a_flapping_port_closes_and_comes_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streams, "FLAPPING_SECONDS", 0.5)
    async with MisbehavingServer("flapping") as server:
        for _ in range(3):
            assert await read(server)
        with pytest.raises(ConnectionRefusedError):
            await asyncio.open_connection(server.address, server.port)
        await asyncio.sleep(0.6)
        assert await read(server)


async def test_echoes_are_exact() -> None:
    async with MisbehavingServer("echo") as server:
        assert await read(server, seconds=0.2) == _GET
    async with MisbehavingServer("udp-echo") as server:
        assert await ask(server, b"hello", 0.1) == [b"hello"]


@pytest.mark.parametrize(
    ("name", "location"),
    [
        ("redirect-self", b"/"),
        ("redirect-pair", b"/b"),
        ("redirect-growing", b"/x"),
        ("redirect-public", b"http://203.0.113.80/"),
        ("redirect-file", b"file:///etc/passwd"),
    ],
)
async def test_redirects(name: str, location: bytes) -> None:
    async with MisbehavingServer(name) as server:
        assert b"\r\nLocation: " + location + b"\r\n" in await read(server)


async def test_compressed_bombs_are_small_on_the_wire_and_large_after() -> None:
    async with MisbehavingServer("gzip-bomb") as server:
        body = (await read(server, most=1 << 20)).partition(b"\r\n\r\n")[2]
        assert len(zlib.decompressobj(31).decompress(body[: 1 << 19], 100 << 20)) == 100 << 20
    async with MisbehavingServer("gzip-bomb-nested") as server:
        whole = (await read(server, most=8 << 20)).partition(b"\r\n\r\n")[2]
        assert len(whole) < 1 << 20
        inner = zlib.decompressobj(31).decompress(whole, 1 << 19)
        assert len(zlib.decompressobj(31).decompress(inner, 50 << 20)) == 50 << 20


@pytest.mark.parametrize("name", ["banner-hostile", "hostile-greeting", "hostile-rtsp"])
async def test_hostile_text_is_in_the_reply(name: str) -> None:
    async with MisbehavingServer(name) as server:
        reply = await read(server, seconds=0.3)
    for part in (b"<script>", b"\x1b]0;", b"=cmd|", "\u202e".encode(), b"\xff\xfe"):
        assert part in reply


@pytest.mark.parametrize("name", ["sadp-hostile", "dhip-hostile", "ws-discovery-hostile", "ssdp-hostile"])
async def test_hostile_text_is_in_the_datagrams(name: str) -> None:
    async with MisbehavingServer(name) as server:
        replies = await ask(server, b"x", 0.1)
    assert replies
    assert any(b"=cmd|" in reply for reply in replies)
    assert all(len(reply) < 60_000 for reply in replies)


async def test_bombs_in_datagrams() -> None:
    async with MisbehavingServer("json-bomb") as server:
        nested = (await ask(server, b"x", 0.1))[0]
        with pytest.raises(RecursionError):
            json.loads(nested[32:])
    async with MisbehavingServer("xml-bomb") as server:
        assert b'<!ENTITY a10 "&a9;&a9;' in (await ask(server, b"x", 0.1))[0]


async def test_floods_flood_and_end(monkeypatch: pytest.MonkeyPatch) -> None:
    async with MisbehavingServer("udp-flood") as server:
        assert len(await ask(server, b"x", 0.2)) > 100  # what the kernel's buffer of this socket holds
    assert sum(1 for _ in datagram_answers("udp-flood", "127.0.0.1")(b"x")) == datagrams.FLOOD == 10_000
    monkeypatch.setattr(datagrams, "FLOOD", 10)
    answers = datagram_answers("udp-flood", "127.0.0.1")
    assert sum(len(list(answers(b"x"))) for _ in range(100)) == 500


async def test_an_impostor_names_its_neighbour() -> None:
    async with MisbehavingServer("udp-impostor", "127.0.0.1") as server:
        assert b"<IPv4Address>127.0.0.2</IPv4Address>" in (await ask(server, b"x", 0.1))[0]


async def test_a_forged_flood_comes_from_many_addresses() -> None:
    loop = asyncio.get_running_loop()
    async with MisbehavingServer("udp-forged-flood") as server:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
            sock.setblocking(False)
            await loop.sock_sendto(sock, b"x", (server.address, server.port))
            senders = set()
            for _ in range(20):
                senders.add((await asyncio.wait_for(loop.sock_recvfrom(sock, 65_536), 1))[1][0])
    assert len(senders) == 20


async def _handshake(server: MisbehavingServer, minimum: ssl.TLSVersion) -> tuple[bytes, str]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.set_ciphers("ALL:@SECLEVEL=0")
    if minimum is ssl.TLSVersion.TLSv1:
        with pytest.warns(DeprecationWarning):
            context.minimum_version = minimum
    _, writer = await asyncio.open_connection(server.address, server.port, ssl=context)
    found = writer.get_extra_info("ssl_object")
    der, version = found.getpeercert(binary_form=True), found.version()
    writer.transport.abort()
    return der, version


async def test_odd_certificates_can_be_read() -> None:
    async with MisbehavingServer("tls-1.0") as server:
        assert (await _handshake(server, ssl.TLSVersion.TLSv1))[1] == "TLSv1"
    async with MisbehavingServer("tls-expired") as server:
        shown = x509.load_der_x509_certificate((await _handshake(server, ssl.TLSVersion.TLSv1_2))[0])
        assert shown.not_valid_after_utc.year == 1970
    async with MisbehavingServer("tls-hostile-name") as server:
        shown = x509.load_der_x509_certificate((await _handshake(server, ssl.TLSVersion.TLSv1_2))[0])
        values = [attribute.value for attribute in shown.subject]
        assert values[0] == "=cmd|'/C calc'!A0"
        assert values[-1] == "<script>alert(1)</script>"


@pytest.mark.parametrize("name", ["tls-rc4-only", "tls-byte-fragments", "tls-long-chain", "tls-big-certificate"])
async def test_old_handshakes_show_their_certificate_in_clear(name: str) -> None:
    async with MisbehavingServer(name) as server:
        records = await read(server, hello(), most=32 << 20, seconds=0.5)
    assert records[:3] == b"\x16\x03\x01"
    messages, position = bytearray(), 0
    while position + 5 <= len(records):
        length = int.from_bytes(records[position + 3 : position + 5], "big")
        messages += records[position + 5 : position + 5 + length]
        position += 5 + length
    hello_length = int.from_bytes(messages[1:4], "big")
    certificate = messages[4 + hello_length :]
    assert (messages[0], certificate[0]) == (2, 11)  # ServerHello, Certificate
    first = int.from_bytes(certificate[7:10], "big")
    if name != "tls-big-certificate":
        x509.load_der_x509_certificate(bytes(certificate[10 : 10 + first]))
    else:
        assert first > 16_000_000


async def test_broken_handshakes_break() -> None:
    for name in ("tls-garbage", "tls-plain-http", "tls-unknown-version"):
        async with MisbehavingServer(name) as server:
            with pytest.raises((ssl.SSLError, ConnectionError)):
                await _handshake(server, ssl.TLSVersion.TLSv1_2)


async def test_a_port_that_never_accepts_says_nothing() -> None:
    async with MisbehavingServer("never-accept") as server:
        assert await read(server, seconds=0.2) == b""


async def test_what_was_received_is_in_the_journal() -> None:
    journal = Journal()
    async with MisbehavingServer("close-at-once", journal=journal) as server:
        await read(server)
        await asyncio.sleep(0.05)
    assert [entry.device for entry in journal.entries] == ["close-at-once"]


def test_the_wrong_kind_of_service_is_refused() -> None:
    with pytest.raises(KeyError):
        MisbehavingServer("no-such-behaviour")
    with pytest.raises(ValueError, match="UDP"):
        misbehaving.stream_listener("udp-echo", MisbehavingServer("echo").endpoint, Journal())
    with pytest.raises(ValueError, match="TCP"):
        datagram_answers("echo", "127.0.0.1")
