"""The one place that opens sockets: every address is checked against the scope, every limit is kept here.

``ScanNetwork`` implements ``scanner.wire.Network`` over real sockets. A conversation is one TCP connection or
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
    """Bounded, paced, scope-checked access to devices for the probes and the sweep of one scan."""

    def __init__(self, permits: Callable[[str], bool], profile: Profile) -> None:
        self.profile = profile
        self._permits = permits
        self._pace = Pace(1.0 / profile.packets_per_second)
        self._hosts: dict[str, HostBudget] = {}
        self._datagrams: dict[tuple[int, int, int], SharedDatagrams] = {}

    def budget(self, ip: str) -> HostBudget:
        """The budget of one host."""
        if ip not in self._hosts:
            self._hosts[ip] = HostBudget(self.profile)
        return self._hosts[ip]

    def forget(self, ip: str) -> None:
        """Drop what is kept of a host that is done with."""
        self._hosts.pop(ip, None)

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
        try:
            self.check_scope(ip)
            budget = self.budget(ip)
            async with budget.slots:
                await self._turn(budget)
                sock = await self._open(ip, port)
                sock.close()
        except ConversationFailed as failure:
            return failure.status
        return Status.SUCCESS

    @asynccontextmanager
    async def connect(
        self, ip: str, port: int, *, tls: ssl.SSLContext | None = None, server_hostname: str | None = None
    ) -> AsyncIterator[BoundedStream]:
        """One connection; see ``scanner.wire.Network.connect``."""
        budget = self._may_ask(ip)
        async with budget.slots:
            await self._turn(budget)
            budget.conversations += 1
            started = asyncio.get_running_loop().time()
            stream: BoundedStream | None = None
            try:
                stream = await self._stream(ip, port, tls, server_hostname)
                yield stream
            finally:
                if stream is not None:
                    stream.abort()
                    budget.bytes_read += stream.bytes_read
                waited = asyncio.get_running_loop().time() - started
                budget.seconds_waited += waited
                if stream is not None and stream.bytes_read:
                    budget.note_success()
                else:
                    budget.note_failure()

    async def ask_udp(
        self,
        ip: str,
        port: int,
        payloads: Sequence[bytes],
        *,
        wait: float,
        local_port: int | None = None,
        max_replies: int = 16,
    ) -> tuple[Datagram, ...]:
        """Unicast datagrams and what comes back; see ``scanner.wire.Network.ask_udp``."""
        budget = self._may_ask(ip)
        shared = await self._shared_datagrams(ip, port, local_port or 0)
        with shared.listening(ip) as replies:
            for payload in payloads:
                await self._turn(budget)
                shared.send(ip, port, payload)
            got = await replies.gather(wait, max_replies)
        budget.bytes_read += sum(len(datagram.data) for datagram in got)
        return got

    def _may_ask(self, ip: str) -> HostBudget:
        self.check_scope(ip)
        budget = self.budget(ip)
        why = budget.spent()
        if why is not None:
            raise ConversationFailed(Status.OVER_BUDGET, why)
        return budget

    async def _turn(self, budget: HostBudget) -> None:
        await budget.pace.turn()
        await self._pace.turn()

    async def _open(self, ip: str, port: int) -> socket.socket:
        """A connected non-blocking socket; raises ``ConversationFailed``."""
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

    async def _stream(
        self, ip: str, port: int, tls: ssl.SSLContext | None, server_hostname: str | None
    ) -> BoundedStream:
        sock = await self._open(ip, port)
        try:
            async with asyncio.timeout(self.profile.conversation_timeout):
                reader, writer = await asyncio.open_connection(
                    sock=sock,
                    ssl=tls,
                    server_hostname=(server_hostname or "") if tls else None,
                    limit=_READ_BUFFER,
                )
        except (OSError, TimeoutError, ValueError) as error:
            sock.close()
            raise failure_of(error) from None
        return BoundedStream(reader, writer, self.profile)

    async def _shared_datagrams(self, ip: str, port: int, local_port: int) -> SharedDatagrams:
        family = socket.AF_INET6 if ":" in ip else socket.AF_INET
        key = (int(family), port, local_port)
        if key not in self._datagrams:
            try:
                self._datagrams[key] = await SharedDatagrams.open(family, local_port)
            except OSError as error:
                raise failure_of(error) from None
        return self._datagrams[key]


class BoundedStream:
    """One TCP or TLS connection within the profile's limits (``scanner.wire.Stream``)."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, profile: Profile) -> None:
        self._reader = reader
        self._writer = writer
        self._profile = profile
        self._ends = asyncio.get_running_loop().time() + profile.conversation_timeout
        self.bytes_read = 0

    async def send(self, data: bytes) -> None:
        """Send all of ``data``."""
        try:
            self._writer.write(data)
            async with asyncio.timeout(self._remaining(self._profile.first_byte_timeout)):
                await self._writer.drain()
        except (OSError, TimeoutError) as error:
            raise failure_of(error) from None

    async def receive(self, max_bytes: int = 16_384) -> bytes:
        """Whatever arrives next; empty at the end of the stream."""
        left = self._profile.bytes_per_conversation - self.bytes_read
        if left <= 0:
            raise ConversationFailed(Status.OVER_BUDGET, f"{self.bytes_read} bytes read")
        try:
            async with asyncio.timeout(self._remaining(self._profile.first_byte_timeout)):
                data = await self._reader.read(min(max_bytes, left))
        except (OSError, TimeoutError) as error:
            raise failure_of(error) from None
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

    def _remaining(self, at_most: float) -> float:
        left = self._ends - asyncio.get_running_loop().time()
        if left <= 0:
            raise ConversationFailed(Status.TIMED_OUT, "the conversation took too long")
        return min(at_most, left)
