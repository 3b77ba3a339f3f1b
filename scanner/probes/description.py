"""What a probe says about itself, for whoever decides what is asked."""

from __future__ import annotations

from typing import Literal

import msgspec


class ProbeDescription(msgspec.Struct, frozen=True, kw_only=True):
    """One protocol: its standard ports, and the most that asking one endpoint once may cost.

    ``connections`` are opened one after another, never at once. ``packets`` counts requests on TCP and
    datagrams on UDP. Where else than on its standard ports a protocol is asked, ``scanner/ports.yaml`` says.
    """

    name: str
    ports: tuple[int, ...]
    transport: Literal["tcp", "udp"]
    connections: int
    packets: int
