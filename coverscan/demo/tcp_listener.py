"""One listening TCP port of an emulated device: accepts, records every byte in the journal, keeps the limit."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import os
import random
import socket
import ssl
import struct
from collections.abc import Awaitable, Callable
from functools import partial
from typing import NamedTuple

from coverscan.demo.device_services import Limit, Touch
from coverscan.demo.journal import Conversation, Journal

Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
"""Serves one connection; the listener closes it when the handler returns."""

PEER_ERRORS = (ConnectionError, TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, ssl.SSLError)
"""How a conversation may end by the peer's doing; each just ends it."""

HANG_SECONDS = 60.0
_HANDSHAKE_SECONDS = 10.0
_CLOSE_SECONDS = 5.0
_BUFFER_BYTES = 65_536
_ESTABLISHED = 1  # TCP_ESTABLISHED of Linux's <netinet/tcp.h>


class Endpoint(NamedTuple):
    """What the journal notes about a port: the device, the kind of service, what may be done, and where it is."""

    device: str
    service: str
    touch: Touch
    address: str
    port: int

    @property
    def where(self) -> tuple[str, int]:
        """Address and port."""
        return self.address, self.port


def listening_socket(address: str, port: int, backlog: int = 128) -> socket.socket:
    """A listening, non-blocking TCP socket; raises ``OSError``."""
    sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        if os.name == "posix":  # on Windows the option would let two programs share the port
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind((address, port))
        sock.listen(backlog)
        sock.setblocking(False)
    except OSError:
        sock.close()
        raise
    return sock


def reset_on_close(sock: socket.socket) -> None:
    """Make closing ``sock`` send RST instead of FIN."""
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def peer_is_connected(sock: socket.socket) -> bool:
    """Whether a TCP connection is fully open at this moment; True where the system does not tell."""
    if sock.fileno() < 0:
        return False
    if not hasattr(socket, "TCP_INFO"):
        return True
    try:
        state = sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 1)[0]
    except OSError:
        return False
    return state == _ESTABLISHED


class _RecordedProtocol(asyncio.StreamReaderProtocol):
    """A stream whose bytes and end are noted at the moment when they arrive, not when somebody reads them."""

    def __init__(self, reader: asyncio.StreamReader, conversation: Conversation) -> None:
        super().__init__(reader)
        self._conversation = conversation

    def data_received(self, data: bytes) -> None:
        self._conversation.received(data)
        super().data_received(data)

    def eof_received(self) -> bool | None:
        self._conversation.ended()
        return super().eof_received()

    def connection_lost(self, exc: Exception | None) -> None:
        self._conversation.ended()
        super().connection_lost(exc)


class TcpListener:
    """Serves one port with ``handler`` until ``stop``; ``delay_ms`` is waited before each conversation."""

    def __init__(
        self,
        endpoint: Endpoint,
        journal: Journal,
        handler: Handler,
        *,
        tls: ssl.SSLContext | None = None,
        limit: Limit | None = None,
        delay_ms: tuple[int, int] | None = None,
    ) -> None:
        self._endpoint = endpoint
        self._port = endpoint.port
        self._journal = journal
        self._handler = handler
        self._tls = tls
        self._limit = limit
        self._delay_ms = delay_ms
        self._socket: socket.socket | None = None
        self._accepting: asyncio.Task[None] | None = None
        self._connections: set[asyncio.Task[None]] = set()

    @property
    def port(self) -> int:
        """The port that is listened on (also where 0 was asked for)."""
        return self._port

    async def start(self) -> None:
        """Bind and begin to accept; raises ``OSError``."""
        self._socket = listening_socket(*self._endpoint.where)
        self._port = int(self._socket.getsockname()[1])
        self._accepting = asyncio.create_task(self._accept(self._socket))

    async def stop(self) -> None:
        """Close the port and every connection, and wait until they are gone."""
        tasks = [task for task in (self._accepting, *self._connections) if task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        if self._socket is not None:
            self._socket.close()
            self._socket = None
        await asyncio.sleep(0)  # asyncio closes an aborted connection's socket on its next turn

    def closes_for(self, accepted: int) -> float:
        """Seconds for which the port is closed after so many accepted connections (here always 0)."""
        return 0.0

    async def _accept(self, listener: socket.socket) -> None:
        loop = asyncio.get_running_loop()
        for accepted in itertools.count(1):
            try:
                connection, peer = await loop.sock_accept(listener)
            except OSError:  # the peer is gone already, or this machine is out of descriptors for the moment
                await asyncio.sleep(0.02)
                continue
            conversation = self._journal.connection_opened(
                self._endpoint.device,
                self._endpoint.service,
                self._endpoint.touch,
                (self._endpoint.address, self.port),
                f"{peer[0]}:{peer[1]}",
                partial(peer_is_connected, connection),
            )
            task = asyncio.create_task(self._converse(connection, conversation))
            self._connections.add(task)
            task.add_done_callback(self._connections.discard)
            pause = self.closes_for(accepted)
            if pause:
                listener.close()
                await asyncio.sleep(pause)
                listener = self._socket = listening_socket(self._endpoint.address, self._port)

    async def _converse(self, connection: socket.socket, conversation: Conversation) -> None:
        try:
            if self._limit and self._journal.open_connections(self._endpoint.device) > self._limit.connections:
                await self._turn_away(connection, self._limit)
            else:
                await self._serve(connection, conversation)
        except PEER_ERRORS:
            pass
        finally:
            conversation.ended()

    async def _turn_away(self, connection: socket.socket, limit: Limit) -> None:
        with connection:
            if limit.then == "hang":
                await asyncio.sleep(HANG_SECONDS)
            reset_on_close(connection)

    async def _serve(self, connection: socket.socket, conversation: Conversation) -> None:
        loop = asyncio.get_running_loop()
        reader = asyncio.StreamReader(limit=_BUFFER_BYTES)
        protocol = _RecordedProtocol(reader, conversation)
        transport, _ = await loop.connect_accepted_socket(
            lambda: protocol,
            connection,
            ssl=self._tls,
            ssl_handshake_timeout=_HANDSHAKE_SECONDS if self._tls else None,
        )
        writer = asyncio.StreamWriter(transport, protocol, reader, loop)
        try:
            if self._delay_ms is not None:
                low, high = self._delay_ms
                await asyncio.sleep(random.uniform(low, high) / 1000)  # noqa: S311 - no secret
            await self._handler(reader, writer)
            writer.close()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_CLOSE_SECONDS):
                    await writer.wait_closed()
        finally:
            transport.abort()
