"""What one misbehaviour is: its name, what it does, and how it is served."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable

import msgspec

from coverscan.demo.tcp_listener import Handler
from coverscan.demo.udp_services import Answers

MAX_SECONDS = 300.0
"""No misbehaviour holds a connection longer than this."""

MAX_BYTES = 4 << 30
"""No misbehaviour sends more than this over one connection."""


class Behaviour(msgspec.Struct, frozen=True, kw_only=True):
    """One misbehaviour. ``does`` completes "this server …".

    A TCP one has ``serve`` (within TLS if ``tls`` makes a context) or ``never_accepts``; a UDP one has
    ``answers``, which is given the server's own address.
    """

    name: str
    does: str
    serve: Handler | None = None
    tls: Callable[[], ssl.SSLContext] | None = None
    answers: Callable[[str], Answers] | None = None
    never_accepts: bool = False
    flaps: bool = False
    many_sources: bool = False

    @property
    def transport(self) -> str:
        """tcp or udp."""
        return "udp" if self.answers is not None else "tcp"

    def bounded(self) -> Handler:
        """``serve``, ended after ``MAX_SECONDS``."""
        serve = self.serve
        if serve is None:
            raise ValueError(f"{self.name} serves no stream")

        async def bounded(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            async with asyncio.timeout(MAX_SECONDS):
                await serve(reader, writer)

        return bounded
