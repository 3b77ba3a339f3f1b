"""Servers that misbehave on purpose: each must cost a scanner one bounded wait and nothing else.

``BEHAVIOURS`` names them all; ``async with MisbehavingServer("slow-drip-head") as server`` starts one on
``server.address``, ``server.port``. All of them end by themselves after ``MAX_SECONDS`` or ``MAX_BYTES``, and
at once when the server is stopped.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Self

from coverscan.demo.journal import Journal
from coverscan.demo.misbehaving.behaviour import MAX_BYTES, MAX_SECONDS, Behaviour
from coverscan.demo.misbehaving.datagrams import DATAGRAM_BEHAVIOURS, ManySourceFlood
from coverscan.demo.misbehaving.http_replies import HTTP_BEHAVIOURS
from coverscan.demo.misbehaving.streams import STREAM_BEHAVIOURS, FlappingListener, NeverAccepting
from coverscan.demo.misbehaving.tls_handshakes import TLS_BEHAVIOURS
from coverscan.demo.tcp_listener import Endpoint, TcpListener
from coverscan.demo.udp_services import Answers, UdpListener

__all__ = [
    "BEHAVIOURS",
    "MAX_BYTES",
    "MAX_SECONDS",
    "Behaviour",
    "MisbehavingServer",
    "datagram_answers",
    "stream_listener",
]

BEHAVIOURS: Mapping[str, Behaviour] = MappingProxyType(
    {
        behaviour.name: behaviour
        for behaviour in (*STREAM_BEHAVIOURS, *HTTP_BEHAVIOURS, *TLS_BEHAVIOURS, *DATAGRAM_BEHAVIOURS)
    }
)
"""Every misbehaviour by its name."""

StreamListener = TcpListener | NeverAccepting


def stream_listener(name: str, endpoint: Endpoint, journal: Journal) -> StreamListener:
    """A TCP port that misbehaves; raises ``KeyError`` for an unknown name, ``ValueError`` for a UDP one."""
    behaviour = BEHAVIOURS[name]
    if behaviour.never_accepts:
        return NeverAccepting(endpoint)
    if behaviour.serve is None:
        raise ValueError(f"{name} misbehaves on UDP")
    context = behaviour.tls() if behaviour.tls is not None else None
    kind = FlappingListener if behaviour.flaps else TcpListener
    return kind(endpoint, journal, behaviour.bounded(), tls=context)


def datagram_answers(name: str, address: str) -> Answers:
    """What a misbehaving UDP service answers; raises ``KeyError`` or, for a TCP one, ``ValueError``."""
    answers = BEHAVIOURS[name].answers
    if answers is None:
        raise ValueError(f"{name} misbehaves on TCP")
    return answers(address)


class MisbehavingServer:
    """One misbehaviour on one port (0: any free one) while the block runs; ``journal`` holds what it received."""

    def __init__(
        self, behaviour: str, address: str = "127.0.0.1", port: int = 0, journal: Journal | None = None
    ) -> None:
        self.behaviour = BEHAVIOURS[behaviour]
        self.address = address
        self.journal = journal or Journal()
        self.endpoint = endpoint = Endpoint(behaviour, "misbehaving", "talk", address, port)
        self._listener: StreamListener | UdpListener
        if self.behaviour.transport == "tcp":
            self._listener = stream_listener(behaviour, endpoint, self.journal)
        elif self.behaviour.many_sources:
            self._listener = ManySourceFlood(endpoint, self.journal, datagram_answers(behaviour, address))
        else:
            self._listener = UdpListener(endpoint, self.journal, datagram_answers(behaviour, address))

    @property
    def port(self) -> int:
        """The port that is really used."""
        return self._listener.port

    async def __aenter__(self) -> Self:
        await self._listener.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._listener.stop()
