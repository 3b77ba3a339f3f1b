"""Networks for the probes: one that follows a script, and one over real sockets on loopback."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

import pytest

from scanner.outcome import Status
from scanner.wire import ConversationFailed, Datagram

Piece = bytes | ConversationFailed
Answer = Callable[[bytes], Iterable[Piece]]


class ScriptedStream:
    """Answers each request with the pieces that ``answer`` gives for it, then ends."""

    def __init__(self, answer: Answer, certificate: bytes | None = None, version: str | None = None) -> None:
        self._answer = answer
        self._queue: list[Piece] = []
        self.sent: list[bytes] = []
        self.peer_certificate = certificate
        self.tls_version = version

    async def send(self, data: bytes) -> None:
        self.sent.append(data)
        self._queue.extend(self._answer(data))

    async def receive(self, max_bytes: int = 16_384) -> bytes:
        if not self._queue:
            return b""
        piece = self._queue.pop(0)
        if isinstance(piece, ConversationFailed):
            raise piece
        if len(piece) > max_bytes:
            self._queue.insert(0, piece[max_bytes:])
        return piece[:max_bytes]


class ScriptedNetwork:
    """``streams(port, tls)`` gives the stream of each connection, or raises; ``replies`` are the datagrams."""

    def __init__(
        self,
        streams: Callable[[int, ssl.SSLContext | None], ScriptedStream] | None = None,
        replies: Sequence[bytes] | ConversationFailed = (),
    ) -> None:
        self._streams = streams
        self._replies = replies
        self.streams: list[ScriptedStream] = []
        self.connections: list[tuple[int, bool]] = []
        self.open_now = 0
        self.datagrams: list[bytes] = []
        self.local_port: int | None = None
        self.group: str | None = None

    @property
    def sent(self) -> bytes:
        return b"".join(piece for stream in self.streams for piece in stream.sent)

    @asynccontextmanager
    async def connect(
        self, ip: str, port: int, *, tls: ssl.SSLContext | None = None, server_hostname: str | None = None
    ) -> AsyncIterator[ScriptedStream]:
        assert self._streams is not None
        assert self.open_now == 0, "a second connection at once"
        self.connections.append((port, tls is not None))
        stream = self._streams(port, tls)
        self.streams.append(stream)
        self.open_now += 1
        try:
            yield stream
        finally:
            self.open_now -= 1

    async def ask_udp(
        self,
        ip: str,
        port: int,
        payloads: Sequence[bytes],
        *,
        wait: float,
        local_port: int | None = None,
        group: str | None = None,
        max_replies: int = 16,
    ) -> tuple[Datagram, ...]:
        self.datagrams.extend(payloads)
        self.local_port = local_port
        self.group = group
        if isinstance(self._replies, ConversationFailed):
            raise self._replies
        return tuple(Datagram(ip, port, data) for data in self._replies[:max_replies])


class LoopbackStream:
    """A connection with a short patience and a small byte limit."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer
        self._left = 600_000
        self._ends = asyncio.get_running_loop().time() + 3.0

    async def send(self, data: bytes) -> None:
        self._writer.write(data)
        try:
            await asyncio.wait_for(self._writer.drain(), 0.5)
        except TimeoutError:
            raise ConversationFailed(Status.TIMED_OUT, "not taken") from None
        except OSError:
            raise ConversationFailed(Status.RESET, "reset") from None

    async def receive(self, max_bytes: int = 16_384) -> bytes:
        if self._left <= 0:
            raise ConversationFailed(Status.OVER_BUDGET, "byte limit")
        patience = min(1.0, self._ends - asyncio.get_running_loop().time())
        try:
            data = await asyncio.wait_for(self._reader.read(min(max_bytes, self._left)), patience)
        except TimeoutError:
            raise ConversationFailed(Status.TIMED_OUT, "silence") from None
        except OSError:
            raise ConversationFailed(Status.RESET, "reset") from None
        self._left -= len(data)
        return data

    @property
    def _tls(self) -> ssl.SSLObject | None:
        found: ssl.SSLObject | None = self._writer.get_extra_info("ssl_object")
        return found

    @property
    def peer_certificate(self) -> bytes | None:
        return self._tls.getpeercert(binary_form=True) if self._tls else None

    @property
    def tls_version(self) -> str | None:
        return self._tls.version() if self._tls else None


class LoopbackNetwork:
    """TCP to this machine, as ``scanner.wire.Network`` asks for it."""

    def __init__(self) -> None:
        self.connections = 0

    @asynccontextmanager
    async def connect(
        self, ip: str, port: int, *, tls: ssl.SSLContext | None = None, server_hostname: str | None = None
    ) -> AsyncIterator[LoopbackStream]:
        self.connections += 1
        hostname = "" if tls else None
        try:
            opening = asyncio.open_connection(ip, port, ssl=tls, server_hostname=hostname)
            reader, writer = await asyncio.wait_for(opening, 1.0)
        except TimeoutError:
            raise ConversationFailed(Status.TIMED_OUT, "no connection") from None
        except ssl.SSLError as error:
            raise ConversationFailed(Status.TLS_FAILED, str(error.reason)) from None
        except ConnectionRefusedError:
            raise ConversationFailed(Status.REFUSED) from None
        except OSError as error:
            raise ConversationFailed(Status.RESET, str(error)) from None
        try:
            yield LoopbackStream(reader, writer)
        finally:
            writer.transport.abort()

    async def ask_udp(
        self,
        ip: str,
        port: int,
        payloads: Sequence[bytes],
        *,
        wait: float,
        local_port: int | None = None,
        group: str | None = None,
        max_replies: int = 16,
    ) -> tuple[Datagram, ...]:
        loop = asyncio.get_running_loop()
        received: asyncio.Queue[Datagram] = asyncio.Queue()

        class Receiver(asyncio.DatagramProtocol):
            def datagram_received(self, data: bytes, addr: Any) -> None:
                received.put_nowait(Datagram(addr[0], addr[1], data[:8_192]))

        transport, _ = await loop.create_datagram_endpoint(Receiver, local_addr=("127.0.0.1", 0))
        got: list[Datagram] = []
        try:
            for payload in payloads:
                transport.sendto(payload, (ip, port))
            while len(got) < max_replies:
                got.append(await asyncio.wait_for(received.get(), 0.3))
        except TimeoutError:
            pass
        finally:
            transport.close()
        return tuple(got)


Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def _serving(handler: Handler, tls: ssl.SSLContext | None = None) -> AsyncIterator[int]:
    async def quietly(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await handler(reader, writer)
        except OSError:
            pass
        finally:
            writer.transport.abort() if writer.transport.is_closing() else writer.close()

    server = await asyncio.start_server(quietly, "127.0.0.1", 0, ssl=tls)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()


@asynccontextmanager
async def _answering(answers: Callable[[bytes], Iterable[bytes]]) -> AsyncIterator[tuple[int, list[bytes]]]:
    asked: list[bytes] = []

    class Device(asyncio.DatagramProtocol):
        def connection_made(self, transport: Any) -> None:
            self.transport = transport

        def datagram_received(self, data: bytes, addr: Any) -> None:
            asked.append(data)
            for answer in answers(data):
                self.transport.sendto(answer, addr)

    loop = asyncio.get_running_loop()
    transport, _ = await loop.create_datagram_endpoint(Device, local_addr=("127.0.0.1", 0))
    try:
        yield transport.get_extra_info("sockname")[1], asked
    finally:
        transport.close()


@pytest.fixture
def scripted_network() -> type[ScriptedNetwork]:
    """The class of networks that follow a script."""
    return ScriptedNetwork


@pytest.fixture
def scripted_stream() -> type[ScriptedStream]:
    """The class of streams that follow a script."""
    return ScriptedStream


@pytest.fixture
def loopback() -> LoopbackNetwork:
    """Real sockets on 127.0.0.1."""
    return LoopbackNetwork()


@pytest.fixture
def serving() -> Callable[..., AbstractAsyncContextManager[int]]:
    """``async with serving(handler, tls=None) as port``: a server on loopback that each connection meets."""
    return _serving


@pytest.fixture
def answering() -> Callable[..., AbstractAsyncContextManager[tuple[int, list[bytes]]]]:
    """``async with answering(answers) as (port, asked)``: a UDP device on loopback, and what it was sent."""
    return _answering
