"""The engine that needs no privileges: ordinary TCP connections, opened and closed at once.

Many hosts are worked on at a time, each on one port after another with the profile's pause between, so that no
device sees more than its share and no subnet is hammered.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Iterable, Iterator, Sequence

from scanner.connections import ScanNetwork
from scanner.outcome import Status
from scanner.sweep.engine import HostSweep

_CLOSED = {Status.REFUSED, Status.RESET}
_LOOK_AGAIN = 0.1
"""Seconds after which it is seen whether there is room for more hosts."""

_BEGUN_AT_ONCE = 25
"""Hosts begun before their packets are felt in the pace."""

_RETRY_PAUSES = (0.5, 2.0)
"""Seconds before a port is tried again after an error of our own machine (no descriptors, no buffers)."""


class ConnectEngine:
    """``scanner.sweep.engine.SweepEngine`` over ordinary connections."""

    name = "connect"

    def __init__(self, network: ScanNetwork) -> None:
        self._network = network

    async def sweep(self, addresses: Iterable[str], ports: Sequence[int]) -> AsyncIterator[HostSweep]:
        """One ``HostSweep`` an address, as each is finished."""
        remaining = iter(addresses)
        running: set[asyncio.Task[HostSweep]] = set()
        more = True
        try:
            while more or running:
                more = more and self._top_up(running, remaining, ports)
                if not running:
                    await asyncio.sleep(_LOOK_AGAIN if more else 0)
                    continue
                done, running = await asyncio.wait(
                    running, timeout=_LOOK_AGAIN, return_when=asyncio.FIRST_COMPLETED
                )
                for task in done:
                    yield task.result()
        finally:
            for task in running:
                task.cancel()
            await asyncio.gather(*running, return_exceptions=True)

    def _top_up(
        self, running: set[asyncio.Task[HostSweep]], remaining: Iterator[str], ports: Sequence[int]
    ) -> bool:
        """Begin as many hosts as keep the scan at its rate and no more: the first results come soon.

        False when there is no host left to begin.
        """
        room = min(_BEGUN_AT_ONCE, self._network.profile.hosts_at_once - len(running))
        for _ in range(0 if self._network.busy else room):
            ip = next(remaining, None)
            if ip is None:
                return False
            running.add(asyncio.create_task(self.host(ip, ports)))
        return True

    async def host(self, ip: str, ports: Sequence[int]) -> HostSweep:
        """Sweep one host: the best port first, the others in random order."""
        order = list(ports[1:])
        random.shuffle(order)
        opened: list[int] = []
        closed = silent = unreachable = 0
        problem: str | None = None
        for port in [*ports[:1], *order]:
            status = await self._state(ip, port)
            if status is Status.SUCCESS:
                opened.append(port)
            elif status in _CLOSED:
                closed += 1
            else:
                silent += 1
            if status in (Status.LOCAL_ERROR, Status.UNREACHABLE, Status.OUT_OF_SCOPE):
                problem = str(status)
            unreachable = unreachable + 1 if status is Status.UNREACHABLE else 0
            # A firewall may say "no route" for one port and let the next one through; three are a host's absence.
            if status is Status.OUT_OF_SCOPE or (unreachable >= 3 and not opened and not closed):
                break
        self._network.sweep_done(ip)
        rank = {port: place for place, port in enumerate(ports)}
        opened.sort(key=rank.__getitem__)
        return HostSweep(ip=ip, open_ports=tuple(opened), closed=closed, silent=silent, problem=problem)

    async def _state(self, ip: str, port: int) -> Status:
        for pause in (*_RETRY_PAUSES, None):
            status = await self._network.port_state(ip, port)
            if status is not Status.LOCAL_ERROR or pause is None:
                return status
            await asyncio.sleep(pause)
        return Status.LOCAL_ERROR
