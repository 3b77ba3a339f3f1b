"""Misbehaviours of plain TCP services: slow, endless, resetting, hanging, echoing, coming and going."""

from __future__ import annotations

import asyncio
import socket
import struct

from coverscan.demo.misbehaving.behaviour import MAX_BYTES, MAX_SECONDS, Behaviour
from coverscan.demo.misbehaving.hostile_text import ALL, LONG_LINE
from coverscan.demo.tcp_listener import Endpoint, TcpListener, listening_socket

DRIP_SECONDS = 1.0
"""Time between two bytes of a server that drips."""

FLAPPING_CONNECTIONS = 3
FLAPPING_SECONDS = 60.0

_OK = b"HTTP/1.1 200 OK\r\n"
_BLOCK = b"A" * 65_536


async def _taken(reader: asyncio.StreamReader) -> None:
    """Wait for the first bytes of a request."""
    await reader.read(65_536)


async def _drip(writer: asyncio.StreamWriter, data: bytes, seconds: float) -> None:
    for byte in data:
        writer.write(bytes((byte,)))
        await writer.drain()
        await asyncio.sleep(seconds)


async def _slow_drip_head(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await _taken(reader)
    await _drip(writer, _OK + b"X-Slow: yes\r\n" * 1_000, DRIP_SECONDS)


async def _slow_drip_body(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await _taken(reader)
    writer.write(_OK + b"Content-Type: text/html\r\nContent-Length: 100000\r\n\r\n")
    await _drip(writer, b"a" * 100_000, 2 * DRIP_SECONDS)


async def _endless_body(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await _taken(reader)
    writer.write(_OK + b"\r\n")
    for _ in range(MAX_BYTES // len(_BLOCK)):
        writer.write(_BLOCK)
        await writer.drain()


async def _endless_chunks(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await _taken(reader)
    writer.write(_OK + b"Transfer-Encoding: chunked\r\n\r\n")
    chunk = b"%x\r\n%b\r\n" % (len(_BLOCK), _BLOCK)
    for _ in range(MAX_BYTES // len(chunk)):
        writer.write(chunk)
        await writer.drain()


async def _body_of_100_mb(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await _taken(reader)
    writer.write(_OK + b"Content-Type: text/html\r\nContent-Length: 104857600\r\n\r\n")
    for _ in range(104_857_600 // len(_BLOCK)):
        writer.write(_BLOCK)
        await writer.drain()


async def _endless_line(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    for _ in range(MAX_BYTES // len(_BLOCK)):
        writer.write(_BLOCK)
        await writer.drain()


def _reset(writer: asyncio.StreamWriter) -> None:
    sock = writer.get_extra_info("socket")
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


async def _reset_after_accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    _reset(writer)


async def _reset_after_byte(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.read(1)
    _reset(writer)


async def _reset_after_head(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await _taken(reader)
    writer.write(_OK + b"Content-Type: text/html\r\nContent-Length: 1000\r\n\r\n<html>")
    await writer.drain()
    await asyncio.sleep(0.1)
    _reset(writer)


async def _close_at_once(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Say nothing."""


async def _accept_hang(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    transport = writer.transport
    if isinstance(transport, asyncio.ReadTransport):
        transport.pause_reading()
    await asyncio.sleep(MAX_SECONDS)


async def _echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(65_536):
        writer.write(data)
        await writer.drain()


async def _hostile_line(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"220 " + ALL + b" ready\r\n")
    await writer.drain()
    await _taken(reader)


async def _long_line(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(LONG_LINE)
    await writer.drain()
    await _taken(reader)


async def _hostile_rtsp(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    for _ in range(8):
        await _taken(reader)
        if reader.at_eof():
            return
        quoted = ALL.replace(b'"', b"")
        writer.write(b"RTSP/1.0 401 Unauthorized\r\nCSeq: %b\r\nServer: %b\r\n" % (ALL, ALL))
        writer.write(b'WWW-Authenticate: Digest realm="%b", nonce="%b"\r\n' % (quoted, quoted))
        writer.write(b"Content-Length: 0\r\n\r\n")
        await writer.drain()


class NeverAccepting:
    """A port whose connections are never accepted: they complete in the kernel, or time out."""

    def __init__(self, endpoint: Endpoint) -> None:
        self._endpoint = endpoint
        self._socket: socket.socket | None = None

    @property
    def port(self) -> int:
        """The port that is listened on."""
        return int(self._socket.getsockname()[1]) if self._socket is not None else self._endpoint.port

    async def start(self) -> None:
        """Bind; raises ``OSError``."""
        self._socket = listening_socket(*self._endpoint.where, backlog=0)

    async def stop(self) -> None:
        """Close the port."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None


class FlappingListener(TcpListener):
    """A port that is closed for ``FLAPPING_SECONDS`` after every few connections, as fragile recorders do."""

    def closes_for(self, accepted: int) -> float:
        """Seconds for which the port is closed now."""
        return FLAPPING_SECONDS if accepted % FLAPPING_CONNECTIONS == 0 else 0.0


async def _short_greeting(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await _taken(reader)
    writer.write(_OK + b"Content-Length: 2\r\nConnection: close\r\n\r\nok")


STREAM_BEHAVIOURS = (
    Behaviour(name="slow-drip-head", does="sends a valid head at one byte a second", serve=_slow_drip_head),
    Behaviour(name="slow-drip-body", does="sends a body at one byte in two seconds", serve=_slow_drip_body),
    Behaviour(name="endless-body", does="never ends its body, at full speed", serve=_endless_body),
    Behaviour(name="endless-chunks", does="never ends its chunks, at full speed", serve=_endless_chunks),
    Behaviour(name="endless-line", does="speaks first and never ends its first line", serve=_endless_line),
    Behaviour(name="body-100-mb", does="sends a body of 100 MB", serve=_body_of_100_mb),
    Behaviour(name="reset-after-accept", does="resets at once", serve=_reset_after_accept),
    Behaviour(name="reset-after-byte", does="resets at the first byte", serve=_reset_after_byte),
    Behaviour(name="reset-after-head", does="resets after its head", serve=_reset_after_head),
    Behaviour(name="close-at-once", does="closes at once", serve=_close_at_once),
    Behaviour(name="accept-hang", does="accepts and never reads", serve=_accept_hang),
    Behaviour(name="never-accept", does="never accepts", never_accepts=True),
    Behaviour(name="echo", does="sends every byte back", serve=_echo),
    Behaviour(name="flapping", does="closes its port after three connections", serve=_short_greeting, flaps=True),
    Behaviour(name="hostile-greeting", does="greets with hostile text", serve=_hostile_line),
    Behaviour(name="long-line", does="greets with a line of 1 MB without an end", serve=_long_line),
    Behaviour(name="hostile-rtsp", does="answers RTSP with hostile text in every field", serve=_hostile_rtsp),
)
