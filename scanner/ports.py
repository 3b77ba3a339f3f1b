"""The ranked ports, how each is asked, and the ports that are never touched unless the user lists them."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Literal

import msgspec

from scanner.data_files import read_data_file

Asking = Literal["http", "https", "rtsp", "hik-sdk", "https-or-sdk", "banner", "auto"]


class RankedPort(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A port worth looking at: how to ask it when open, and why it is in the list."""

    port: int
    ask: Asking
    why: str


class _NeverTouch(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    ports: str
    why: str


class _PortFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    ranked: tuple[RankedPort, ...]
    on_request: tuple[RankedPort, ...]
    never_touch: tuple[_NeverTouch, ...]


class PortsError(ValueError):
    """A list of ports cannot be understood."""


@cache
def _port_file() -> _PortFile:
    return read_data_file("ports.yaml", _PortFile)


def ranked_ports() -> tuple[int, ...]:
    """The ports that are looked at by default, best first."""
    return tuple(entry.port for entry in _port_file().ranked)


def banner_ports() -> tuple[int, ...]:
    """The ports where nothing but a greeting is read, looked at only where the user asks for it."""
    return tuple(entry.port for entry in _port_file().on_request)


def asking_for(port: int) -> Asking:
    """How an open port is asked; ``auto`` where the port says nothing."""
    known = (*_port_file().ranked, *_port_file().on_request)
    return next((entry.ask for entry in known if entry.port == port), "auto")


@cache
def never_touched() -> frozenset[int]:
    """The ports that get no packet unless the user lists them."""
    return frozenset(port for entry in _port_file().never_touch for port in _span(entry.ports))


def parse_ports(text: str) -> tuple[int, ...]:
    """``80,554,8000-8010`` as ports in the order given, each once; raises ``PortsError``."""
    ports: dict[int, None] = {}
    for part in text.split(","):
        try:
            span = _span(part.strip())
        except ValueError:
            raise PortsError(f"{part.strip()!r} is not a port or a range of ports such as 8000-8010") from None
        ports.update(dict.fromkeys(span))
    if not ports:
        raise PortsError("no port given")
    return tuple(ports)


def _span(text: str) -> Sequence[int]:
    first, _, last = text.partition("-")
    span = range(int(first), int(last or first) + 1)
    if not span or span[0] < 1 or span[-1] > 65535:
        raise ValueError(text)
    return span
