"""The one place that opens sockets: every address is checked against the scope, every limit is kept here.

``DeviceConversations`` implements ``scanner.wire.Network`` over real sockets. A conversation is one TCP connection or
one exchange of datagrams; it is paced (globally and for its host), bounded in time and bytes, and closed at once.
"""

from __future__ import annotations

import asyncio
import errno
import socket
import ssl
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager

from scanner.outcome import Status
from scanner.politeness import HostBudget, Pace, Profile
from scanner.udp_exchange import SharedDatagrams
from scanner.wire import ConversationFailed, Datagram

_LOCAL_ERRORS = {errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM, errno.EADDRNOTAVAIL, errno.EACCES}
_READ_BUFFER = 65_536
_ENOUGH_WAITING = 0.2
"""Seconds of packets that wait for their turn before no further host is begun."""


def failure_of(error: BaseException) -> ConversationFailed:
    """What an error of the socket layer means for a conversation."""
    if isinstance(error, ConversationFailed):
        return error
    if isinstance(error, TimeoutError):
        return ConversationFailed(Status.TIMED_OUT, "no answer in time")
    if isinstance(error, ssl.SSLError):
        return ConversationFailed(Status.TLS_FAILED, (error.reason or str(error))[:200])
    if isinstance(error, ConnectionRefusedError):
        return ConversationFailed(Status.REFUSED, "connection refused")
    if isinstance(error, (ConnectionResetError, BrokenPipeError, ConnectionAbortedError)):
        return ConversationFailed(Status.RESET, "connection reset")
    if isinstance(error, OSError) and error.errno in _LOCAL_ERRORS:
        return ConversationFailed(Status.LOCAL_ERROR, error.strerror or "")
    return ConversationFailed(Status.UNREACHABLE, str(error)[:200])


class ScanNetwork:
    """What all conversations of one scan share: the scope, the global pace, the sockets for datagrams."""

    def __init__(self, permits: Callable[[str], bool], profile: Profile) -> None:
        self.profile = profile
        self._permits = permits
        self._pace = Pace(1.0 / profile.packets_per_second)
        self._swept: dict[str, HostBudget] = {}
        self._datagrams: dict[tuple[int, int, int], SharedDatagrams] = {}
        self._opening = asyncio.Lock()

    def conversations(self) -> DeviceConversations:
        """Access for the probes of one device, with a budget of its own.

        One address may stand for several devices (port forwarding): the budget is the device's. The first packet
        keeps its distance from the sweep's last one.
        """
        budget = HostBudget(self.profile)
        budget.pace.count_from_now()
        return DeviceConversations(self, budget)

    async def close(self) -> None:
        """Close the shared sockets."""
        for shared in self._datagrams.values():
            shared.close()
        self._datagrams.clear()

    def check_scope(self, ip: str) -> None:
        """Raise ``ConversationFailed`` OUT_OF_SCOPE unless ``ip`` may be touched."""
        if not self._permits(ip):
            raise ConversationFailed(Status.OUT_OF_SCOPE, f"{ip} is outside the scope of this scan")

    async def port_state(self, ip: str, port: int) -> Status:
        """Whether a TCP port accepts a connection (SUCCESS), which is closed again at once."""
        budget = self._swept.setdefault(ip, HostBudget(self.profile))
        try:
            self.check_scope(ip)
            async with budget.slots:
                await self.turn(budget)
                sock = await self.open(ip, port)
                sock.close()
        except ConversationFailed as failure:
            return failure.status
        return Status.SUCCESS

    def sweep_done(self, ip: str) -> None:
        """Drop what the sweep kept of a host."""
        self._swept.pop(ip, None)

    @property
    def busy(self) -> bool:
        """Whether the scan sends as fast as it may: more hosts at a time would only wait."""
        return self._pace.backlog > _ENOUGH_WAITING

    async def turn(self, budget: HostBudget) -> None:
        """Wait until one more packet may go to this host, and into the network."""
        await budget.turn(self._pace)

    async def open(self, ip: str, port: int) -> socket.socket:
        """A connected non-blocking socket; raises ``ConversationFailed``."""
        self.check_scope(ip)
        family = socket.AF_INET6 if ":" in ip else socket.AF_INET
        try:
            sock = socket.socket(family, socket.SOCK_STREAM)
        except OSError as error:
            raise failure_of(error) from None
        try:
            sock.setblocking(False)
            async with asyncio.timeout(self.profile.connect_timeout):
                await asyncio.get_running_loop().sock_connect(sock, (ip, port))
        except (OSError, TimeoutError) as error:
            sock.close()
            raise failure_of(error) from None
        except BaseException:
            sock.close()
            raise
        return sock

    async def datagrams(self, ip: str, port: int, local_port: int, group: str | None) -> SharedDatagrams:
        """The socket that all datagrams to this port go through; raises ``ConversationFailed``."""
        self.check_scope(ip)
        family = socket.AF_INET6 if ":" in ip else socket.AF_INET
        key = (int(family), port, local_port)
        async with self._opening:  # two sockets on one port would share the replies out by chance
            if key not in self._datagrams:
                try:
                    self._datagrams[key] = await SharedDatagrams.open(family, local_port, group)
                except OSError as error:
                    raise failure_of(error) from None
        return self._datagrams[key]


class DeviceConversations:
    """Bounded, paced, scope-checked access to one device (``scanner.wire.Network``)."""

    def __init__(self, network: ScanNetwork, budget: HostBudget) -> None:
        self._network = network
        self.budget = budget

    @asynccontextmanager
    async def connect(
        self, ip: str, port: int, *, tls: ssl.SSLContext | None = None, server_hostname: str | None = None
    ) -> AsyncIterator[BoundedStream]:
        """One connection; see ``scanner.wire.Network.connect``."""
        budget = self.budget
        self._check(ip)
        async with budget.slots:
            await self._network.turn(budget)
            budget.conversations += 1
            started = asyncio.get_running_loop().time()
            try:
                stream = await self._stream(ip, port, tls, server_hostname)
            except ConversationFailed as failure:
                budget.note_end(failure.status, 0, asyncio.get_running_loop().time() - started)
                raise
            try:
                yield stream
            finally:
                stream.abort()
                waited = asyncio.get_running_loop().time() - started
                budget.note_end(stream.trouble, stream.bytes_read, waited)

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
        """Unicast datagrams and what comes back; see ``scanner.wire.Network.ask_udp``."""
        self._check(ip)
        shared = await self._network.datagrams(ip, port, local_port or 0, group)
        with shared.listening(ip) as replies:
            for payload in payloads:
                await self._network.turn(self.budget)
                shared.send(ip, port, payload)
            got = await replies.gather(wait, max_replies)
        self.budget.bytes_read += sum(len(datagram.data) for datagram in got)
        return got

    def _check(self, ip: str) -> None:
        self._network.check_scope(ip)
        why = self.budget.spent()
        if why is not None:
            raise ConversationFailed(Status.OVER_BUDGET, why)

    async def _stream(
        self, ip: str, port: int, tls: ssl.SSLContext | None, server_hostname: str | None
    ) -> BoundedStream:
        profile = self._network.profile
        sock = await self._network.open(ip, port)
        try:
            async with asyncio.timeout(profile.conversation_timeout):
                reader, writer = await asyncio.open_connection(
                    sock=sock,
                    ssl=tls,
                    server_hostname=(server_hostname or "") if tls else None,
                    limit=_READ_BUFFER,
                )
        except (OSError, TimeoutError, ValueError) as error:
            sock.close()
            raise failure_of(error) from None
        return BoundedStream(reader, writer, profile)


class BoundedStream:
    """One TCP or TLS connection within the profile's limits (``scanner.wire.Stream``)."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, profile: Profile) -> None:
        self._reader = reader
        self._writer = writer
        self._profile = profile
        self._ends = asyncio.get_running_loop().time() + profile.conversation_timeout
        self.bytes_read = 0
        self.trouble: Status | None = None
        """How the conversation failed, if it did."""

    async def send(self, data: bytes) -> None:
        """Send all of ``data``."""
        try:
            self._writer.write(data)
            async with asyncio.timeout(self._remaining()):
                await self._writer.drain()
        except (OSError, TimeoutError) as error:
            raise self._failed(failure_of(error)) from None

    async def receive(self, max_bytes: int = 16_384) -> bytes:
        """Whatever arrives next; empty at the end of the stream."""
        left = self._profile.bytes_per_conversation - self.bytes_read
        if left <= 0:
            raise ConversationFailed(Status.OVER_BUDGET, f"{self.bytes_read} bytes read")
        try:
            async with asyncio.timeout(self._remaining()):
                data = await self._reader.read(min(max_bytes, left))
        except (OSError, TimeoutError) as error:
            raise self._failed(failure_of(error)) from None
        self.bytes_read += len(data)
        return data

    @property
    def peer_certificate(self) -> bytes | None:
        """The DER certificate of the peer, on TLS."""
        tls = self._writer.get_extra_info("ssl_object")
        return tls.getpeercert(binary_form=True) if isinstance(tls, ssl.SSLObject) else None

    @property
    def tls_version(self) -> str | None:
        """The TLS version spoken, as ``TLSv1.2``."""
        tls = self._writer.get_extra_info("ssl_object")
        return tls.version() if isinstance(tls, ssl.SSLObject) else None

    def abort(self) -> None:
        """Close at once, whatever the peer thinks of it: a device's few sockets are free again."""
        self._writer.transport.abort()

    def _remaining(self) -> float:
        """Seconds that the next step may take."""
        left = self._ends - asyncio.get_running_loop().time()
        if left <= 0:
            raise self._failed(ConversationFailed(Status.TIMED_OUT, "the conversation took too long"))
        return min(self._profile.first_byte_timeout, left)

    def _failed(self, failure: ConversationFailed) -> ConversationFailed:
        self.trouble = failure.status
        return failure
