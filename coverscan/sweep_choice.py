"""Which sweep engine a scan uses, and what is said where one is not to be had."""

from __future__ import annotations

from collections.abc import Callable

from coverscan.exit_codes import ExitCode
from coverscan.failures import Failure
from scanner.connections import ScanNetwork
from scanner.politeness import load_profiles
from scanner.sweep.connect import ConnectEngine
from scanner.sweep.engine import SweepEngine

ENGINES = ("auto", "connect", "nmap")


def engine_factory(name: str) -> Callable[[ScanNetwork], SweepEngine]:
    """What makes the engine of that name for a network; ``auto`` is ``connect``, which needs no privileges."""
    if name != "nmap":
        return ConnectEngine
    from scanner.sweep.nmap import NmapEngine, NmapMissing

    try:
        NmapEngine(load_profiles()["gentle"])
    except NmapMissing as error:
        raise Failure(str(error), ExitCode.FAILED, "coverscan scan … --engine connect") from None
    return lambda network: NmapEngine(network.profile)
