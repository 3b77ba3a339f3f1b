"""What a probe gets to talk with: bounded conversations, without sockets of its own.

``scanner.connections`` implements these over real sockets, with scope, politeness and budgets; tests script
them. A probe never opens a socket, never sleeps and never retries on its own.
"""

from __future__ import annotations

import ssl
from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from typing import NamedTuple, Protocol

from scanner.outcome import Status


class ConversationFailed(Exception):
    """A conversation ended before a useful answer; ``status`` says how, ``detail`` in one line what happened."""

    def __init__(self, status: Status, detail: str = "") -> None:
        super().__init__(f"{status}: {detail}" if detail else str(status))
        self.status = status
        self.detail = detail


class Datagram(NamedTuple):
    """One UDP reply, at most 8,192 bytes of it, and where it came from."""

    source_ip: str
    source_port: int
    data: bytes


class Stream(Protocol):
    """A TCP (or TLS) connection with its own limits on time and bytes."""

    async def send(self, data: bytes) -> None:
        """Send all of ``data``; raises ``ConversationFailed``."""

    async def receive(self, max_bytes: int = 16_384) -> bytes:
        """Whatever arrives next, at most ``max_bytes``; empty at the end of the stream.

        Raises ``ConversationFailed`` with TIMED_OUT (first byte, between bytes or total time), RESET, or
        OVER_BUDGET when the connection's byte limit is reached.
        """

    @property
    def peer_certificate(self) -> bytes | None:
        """The DER certificate of the peer, on TLS."""

    @property
    def tls_version(self) -> str | None:
        """The TLS version spoken, as ``TLSv1.2``."""


class Network(Protocol):
    """The only way for a probe to reach a device: every address is checked against the scope here."""

    def connect(
        self, ip: str, port: int, *, tls: ssl.SSLContext | None = None, server_hostname: str | None = None
    ) -> AbstractAsyncContextManager[Stream]:
        """Open one connection; entering raises ``ConversationFailed`` (refused, timed out, TLS failed …)."""

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
        """Send each payload as one unicast datagram, then gather replies until ``wait`` seconds of silence.

        Returns what came, possibly nothing. Replies are taken from ``ip`` only, from any source port.
        ``local_port`` is bound (shared) where the protocol replies to a fixed port; if it is taken, an
        ephemeral port is used. ``group`` is joined where devices multicast their replies.

        Raises ``ConversationFailed`` (out of scope, over budget).
        """
