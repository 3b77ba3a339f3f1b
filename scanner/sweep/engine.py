"""What every sweep engine does: take addresses and ports, and say host by host which ports accept connections."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Sequence
from typing import Protocol

import msgspec

from fingerprints.observation import Observation


class HostSweep(msgspec.Struct, frozen=True, kw_only=True):
    """Which ports of one host are open; how many refused (``closed``) and how many stayed ``silent``.

    ``observations`` holds what the engine itself learnt (service detection, a MAC address). ``problem`` is set
    where the host could not be swept properly: an error of our own machine, no route.
    """

    ip: str
    open_ports: tuple[int, ...] = ()
    closed: int = 0
    silent: int = 0
    observations: tuple[Observation, ...] = ()
    problem: str | None = None

    @property
    def answered(self) -> bool:
        """Whether anything at all came back."""
        return bool(self.open_ports) or self.closed > 0


class SweepEngine(Protocol):
    """One way to find open ports. ``name`` goes into the manifest; addresses come checked against the scope."""

    name: str

    def sweep(self, addresses: Iterable[str], ports: Sequence[int]) -> AsyncIterator[HostSweep]:
        """One ``HostSweep`` an address, as each is finished, in any order."""
