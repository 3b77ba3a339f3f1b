from __future__ import annotations

import asyncio
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fingerprints.observation import FIELDS
from scanner.outcome import Status
from scanner.probes import text_banner
from scanner.probes.text_banner import MAX_BYTES, is_complete, parse, without_commands
from scanner.wire import ConversationFailed

IP = "192.0.2.10"
NEGOTIATION = b"\xff\xfd\x01\xff\xfd\x1f\xff\xfb\x01\xff\xfb\x03"


@pytest.mark.parametrize(
    ("data", "port", "service", "fields"),
    [
        (b"SSH-2.0-HUAWEI-1.5\r\n", 22, "ssh", {"ssh.banner": "SSH-2.0-HUAWEI-1.5"}),
        (b"SSH-2.0-dropbear_2012.55\n\0\0\1\x2c", 2222, "ssh", {"ssh.banner": "SSH-2.0-dropbear_2012.55"}),
        (b"Welcome\r\nSSH-1.99-x\r\n", 22, "ssh", {"ssh.banner": "SSH-1.99-x"}),
        (b"SSH-2.0--", 22, "ssh", {"ssh.banner": "SSH-2.0--"}),
        (b"220 AXIS P1346 Network Camera 5.50 (2014) ready.\r\n", 21, "ftp", None),
        (b"220-Welcome\r\n220 ready\r\n", 21, "ftp", {"ftp.banner": "220-Welcome\r\n220 ready"}),
        (b"421 Too many connections\r\n", 21, "ftp", {"ftp.banner": "421 Too many connections"}),
        (b"220 mail.example ESMTP\r\n", 21, "smtp", {"smtp.banner": "220 mail.example ESMTP"}),
        (NEGOTIATION + b"\r\ndvrdvs login: ", 23, "telnet", {"telnet.banner": "dvrdvs login:"}),
        (b"\r\n(none) login: ", 23, "telnet", {"telnet.banner": "(none) login:"}),
        (NEGOTIATION, 23, "telnet", {}),
        (b"\x00\x00\x00\x10garbage", 21, None, {"banner.raw": "\x00\x00\x00\x10garbage"}),
        (b"hello login: ", 21, None, {"banner.raw": "hello login: "}),
        (b"", 21, None, {}),
    ],
)
def test_what_was_said_tells_the_protocol(
    data: bytes, port: int, service: str | None, fields: dict[str, str] | None
) -> None:
    greeting = parse(data, port)
    assert greeting.service == service
    assert greeting.fields == ({"ftp.banner": data.decode().strip()} if fields is None else fields)


@pytest.mark.parametrize(
    ("data", "plain", "negotiates"),
    [
        (b"plain", b"plain", False),
        (NEGOTIATION + b"x", b"x", True),
        (b"a\xff\xffb", b"a\xffb", False),
        (b"\xff\xfa\x18\x01\xff\xf0after", b"after", True),
        (b"\xff\xfa\x18\x01 never ends", b"", True),
        (b"x\xff\xf9y", b"xy", True),
        (b"x\xff", b"x", True),
        (b"x\xff\x20y", b"x\xff y", False),
    ],
)
def test_telnet_commands_are_taken_out(data: bytes, plain: bytes, negotiates: bool) -> None:
    assert without_commands(data) == (plain, negotiates)


@pytest.mark.parametrize(
    ("data", "port", "complete"),
    [
        (b"SSH-2.0-x", 22, False),
        (b"SSH-2.0-x\r\n", 22, True),
        (b"220-first\r\n", 21, False),
        (b"220-first\r\n220 last\r\n", 21, True),
        (b"220 cut", 21, False),
        (NEGOTIATION, 23, False),
        (NEGOTIATION + b"login: ", 23, True),
        (b"login: ", 23, True),
        (b"login: ", 21, False),
        (b"x" * MAX_BYTES, 21, True),
    ],
)
def test_when_a_greeting_is_complete(data: bytes, port: int, complete: bool) -> None:
    assert is_complete(data, port) is complete


@given(st.binary(max_size=400), st.sampled_from([21, 22, 23, 80]))
def test_any_bytes_give_a_greeting(data: bytes, port: int) -> None:
    for one in (data, b"220 " + data, NEGOTIATION + data, b"SSH-" + data):
        assert set(parse(one, port).fields) <= set(FIELDS)
        is_complete(one, port)


async def test_nothing_is_ever_sent(loopback: Any, serving: Any) -> None:
    received: list[bytes] = []

    async def telnet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(NEGOTIATION)
        await writer.drain()
        await asyncio.sleep(0.05)
        writer.write(b"\r\ndvrdvs login: ")
        received.append(await reader.read(100))

    async with serving(telnet) as port:
        (outcome,) = await text_banner.ask(loopback, "127.0.0.1", port)
        await asyncio.sleep(0.05)
    assert (outcome.status, outcome.service) == (Status.SUCCESS, "telnet")
    assert outcome.fields == {"telnet.banner": "dvrdvs login:"}
    assert received == [b""]


async def test_a_megabyte_without_a_line_end_is_cut(loopback: Any, serving: Any) -> None:
    async def flood(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 " + b"A" * 1_000_000)
        await writer.drain()

    async with serving(flood) as port:
        (outcome,) = await text_banner.ask(loopback, "127.0.0.1", port)
    assert outcome.status is Status.SUCCESS
    assert len(outcome.fields["ftp.banner"]) == MAX_BYTES
    assert outcome.bytes_read < 40_000


@pytest.mark.parametrize(
    ("piece", "status", "fields"),
    [
        (ConversationFailed(Status.TIMED_OUT, "silence"), Status.TIMED_OUT, {}),
        (b"", Status.CLOSED, {}),
        (b"\x01\x02", Status.OTHER_PROTOCOL, {"banner.raw": "\x01\x02"}),
    ],
)
async def test_other_ends(
    scripted_network: Any, scripted_stream: Any, piece: Any, status: Status, fields: dict[str, str]
) -> None:
    def stream(port: int, tls: object) -> Any:
        made = scripted_stream(lambda _: [])
        made._queue.append(piece)
        return made

    network = scripted_network(streams=stream)
    (outcome,) = await text_banner.ask(network, IP, 21)
    assert (outcome.status, outcome.fields, outcome.service) == (status, fields, None)
    assert network.sent == b""
