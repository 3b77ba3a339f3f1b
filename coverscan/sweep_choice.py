"""Which sweep engine a scan uses, and what is said where one is not to be had."""

from __future__ import annotations

from collections.abc import Callable

from scanner.connections import ScanNetwork
from scanner.sweep.connect import ConnectEngine
from scanner.sweep.engine import SweepEngine

ENGINES = ("auto", "connect", "nmap")


def engine_factory(name: str) -> Callable[[ScanNetwork], SweepEngine]:
    """What makes the engine of that name for a network; ``auto`` is ``connect``, which needs no privileges."""
    if name == "nmap":
        from scanner.sweep.nmap import NmapEngine

        return lambda network: NmapEngine(network.profile)
    return ConnectEngine
