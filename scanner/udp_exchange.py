"""Unicast datagrams to many hosts over one shared socket, with the replies handed to whoever asked that host."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import cast

from scanner.outcome import Status
from scanner.wire import ConversationFailed, Datagram

MAX_DATAGRAM = 8_192
_MAX_WAITING_REPLIES = 64


class Replies:
    """The replies of one host, as they come."""

    def __init__(self) -> None:
        self._queue: asyncio.Queue[Datagram] = asyncio.Queue(_MAX_WAITING_REPLIES)

    def put(self, datagram: Datagram) -> None:
        """Keep a reply; a flood beyond the bound is dropped."""
        if not self._queue.full():
            self._queue.put_nowait(datagram)

    async def gather(self, wait: float, max_replies: int) -> tuple[Datagram, ...]:
        """What came until ``wait`` seconds passed in silence, at most ``max_replies`` and 3 × ``wait`` in all."""
        got: list[Datagram] = []
        try:
            async with asyncio.timeout(3 * wait):
                while len(got) < max_replies:
                    async with asyncio.timeout(wait if not got else min(wait, 0.5)):
                        got.append(await self._queue.get())
        except TimeoutError:
            pass
        return tuple(got)


class SharedDatagrams(asyncio.DatagramProtocol):
    """One unconnected UDP socket: replies are told apart by the address that they come from, not by its port."""

    def __init__(self) -> None:
        self._waiting: dict[str, Replies] = {}
        self._transport: asyncio.DatagramTransport | None = None

    @classmethod
    async def open(
        cls, family: socket.AddressFamily, local_port: int, group: str | None = None
    ) -> SharedDatagrams:
        """Bind ``local_port`` (shared with other tools of this machine), or any port if it is taken or 0.

        ``group`` (IPv4) is joined where the system lets us: some devices send their replies to it.
        """
        loop = asyncio.get_running_loop()
        sock = _bound_socket(family, local_port)
        if group and family == socket.AF_INET:
            member = socket.inet_aton(group) + socket.inet_aton("0.0.0.0")
            with suppress(OSError):  # no multicast route: replies to our own port still arrive
                sock.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, member)
        _, shared = await loop.create_datagram_endpoint(cls, sock=sock)
        return shared

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport (called by asyncio)."""
        self._transport = cast(asyncio.DatagramTransport, transport)  # by type it is none on Python 3.11

    def datagram_received(self, data: bytes, addr: tuple[object, ...]) -> None:
        """Hand a reply to whoever asked its sender (called by asyncio); others are dropped."""
        source, port = str(addr[0]).split("%", 1)[0], addr[1]
        replies = self._waiting.get(source)
        if replies is not None and isinstance(port, int):
            replies.put(Datagram(source, port, data[:MAX_DATAGRAM]))

    def error_received(self, exc: Exception) -> None:
        """ICMP errors of one host say nothing about the others that share the socket."""

    @contextmanager
    def listening(self, ip: str) -> Iterator[Replies]:
        """Receive the replies of ``ip`` while the block runs."""
        replies = self._waiting.setdefault(ip, Replies())
        try:
            yield replies
        finally:
            if self._waiting.get(ip) is replies:
                del self._waiting[ip]

    def send(self, ip: str, port: int, payload: bytes) -> None:
        """Send one datagram."""
        if self._transport is None or self._transport.is_closing():
            raise ConversationFailed(Status.LOCAL_ERROR, "the UDP socket is closed")
        self._transport.sendto(payload, (ip, port))

    def close(self) -> None:
        """Close the socket."""
        if self._transport is not None:
            self._transport.close()


def _bound_socket(family: socket.AddressFamily, local_port: int) -> socket.socket:
    sock = socket.socket(family, socket.SOCK_DGRAM)
    sock.setblocking(False)
    any_address = "::" if family == socket.AF_INET6 else "0.0.0.0"
    if local_port:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if hasattr(socket, "SO_REUSEPORT"):
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    try:
        sock.bind((any_address, local_port))
    except OSError:
        if not local_port:
            sock.close()
            raise
        sock.bind((any_address, 0))
    return sock
