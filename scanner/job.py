"""One scan: every address of the scope once, discovery first, then open ports, then probes; results as they come.

A job knows no database and no fingerprints: what it finds goes to a ``Recorder``, and a callback tells it when
a device's identity is settled so that it need not be asked more. It can be stopped at any moment; units (an
address, or a target that names one device's ports) that are done are not visited again by a resumed job.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Protocol

import msgspec

from fingerprints.observation import Observation
from scanner.announced import web_ports
from scanner.asking import ask_by_datagram, ask_description, ask_onvif, ask_port, shows_sdk
from scanner.connections import DeviceConversations, ScanNetwork
from scanner.outcome import ProbeOutcome
from scanner.ports import asking_for
from scanner.scope import Scope
from scanner.sweep.engine import HostSweep, SweepEngine
from scanner.targets import Target


class Unit(msgspec.Struct, frozen=True):
    """One piece of the job that is done or not: an address to sweep, or one device's ports on an address."""

    name: str
    ip: str
    ports: tuple[int, ...] = ()


class Recorder(Protocol):
    """Where a job's results go, as they come."""

    def observation(self, observation: Observation) -> None:
        """Something was seen."""

    def attempt(self, ip: str, outcome: ProbeOutcome) -> None:
        """An endpoint was asked, and this came of it."""

    def unit_done(self, unit: Unit, sweep: HostSweep, observations: Sequence[Observation]) -> None:
        """An address, or a single device, is done with; ``observations`` are all of it."""


class JobOptions(msgspec.Struct, frozen=True, kw_only=True):
    """What a job does with each host. ``done`` names units that an earlier run of the same job finished.

    ``snmp_community`` and ``sip`` ask for what is not asked otherwise. FTP, Telnet and SSH greetings are read where
    ``ports`` lists their ports.
    """

    ports: tuple[int, ...]
    discovery: bool = True
    thorough: bool = False
    seed: int = 0
    done: frozenset[str] = frozenset()
    snmp_community: str | None = None
    sip: bool = False


class ScanJob:
    """Runs one scan over ``network``.

    ``now`` gives RFC 3339 times, ``settled`` says that enough is known, ``known`` holds what was seen of an address
    before the job began (its hardware address).
    """

    def __init__(
        self,
        scope: Scope,
        network: ScanNetwork,
        engine: SweepEngine,
        recorder: Recorder,
        options: JobOptions,
        *,
        now: Callable[[], str],
        settled: Callable[[Sequence[Observation]], bool],
        known: Mapping[str, Sequence[Observation]] = MappingProxyType({}),
    ) -> None:
        self._scope = scope
        self._network = network
        self._engine = engine
        self._recorder = recorder
        self._options = options
        self._now = now
        self._settled = settled
        self._known = known

    async def run(self) -> None:
        """Visit every unit that is not done yet. Cancelling it leaves what was recorded, and nothing half done."""
        waiting = asyncio.Semaphore(self._network.profile.hosts_at_once)
        async with asyncio.TaskGroup() as tasks:
            async for unit, sweep in self._sweeps():
                await waiting.acquire()
                task = tasks.create_task(self._finish(unit, sweep))
                task.add_done_callback(lambda _: waiting.release())

    async def _sweeps(self) -> AsyncIterator[tuple[Unit, HostSweep]]:
        """Each unit with its open ports: single devices first, then the addresses as the engine finishes them."""
        for unit in single_device_units(self._scope):
            if unit.name not in self._options.done:
                async for sweep in self._engine.sweep([unit.ip], unit.ports):
                    yield unit, sweep
        async for sweep in self._engine.sweep(self._addresses(), self._options.ports):
            yield Unit(sweep.ip, sweep.ip), sweep

    def _addresses(self) -> Iterator[str]:
        return (ip for ip in self._scope.addresses(self._options.seed) if ip not in self._options.done)

    async def _finish(self, unit: Unit, sweep: HostSweep) -> None:
        device = self._network.conversations()
        seen = [*self._known.get(unit.ip, ()), *sweep.observations]
        for observation in seen:
            self._recorder.observation(observation)
        if not unit.ports and sweep.problem is None:
            for outcome in await self._by_datagram(device, sweep):
                self._record(unit, outcome, seen)
        # A device that says that it is locked after wrong logins is left alone: what comes now might count as one.
        if not any("true" in observation.texts("sadp.locked") for observation in seen):
            await self._ask_ports(device, unit, sweep.open_ports, seen)
        self._recorder.unit_done(unit, sweep, tuple(seen))

    async def _by_datagram(self, device: DeviceConversations, sweep: HostSweep) -> tuple[ProbeOutcome, ...]:
        options = self._options
        return await ask_by_datagram(
            device,
            sweep.ip,
            discovery=options.discovery,
            has_open_port=bool(sweep.open_ports),
            snmp_community=options.snmp_community,
            sip_options=options.sip,
        )

    async def _ask_ports(
        self, device: DeviceConversations, unit: Unit, open_ports: Sequence[int], seen: list[Observation]
    ) -> None:
        """The open ports and those that the device announced, then what its answers point to, until it is known."""
        thorough = self._options.thorough
        more = [port for port in web_ports(seen) if port not in self._options.ports and not unit.ports]
        ports = tuple(dict.fromkeys([*open_ports, *more]))
        for port in ports:
            if not thorough and self._settled(seen):
                return
            has_sdk = any(shows_sdk(observation.fields) for observation in seen)
            for outcome in await ask_port(
                device, unit.ip, port, asking_for(port), skip_ports=ports, has_sdk=has_sdk
            ):
                self._record(unit, outcome, seen)
        for ask in (ask_description, ask_onvif):
            if not thorough and self._settled(seen):
                return
            for outcome in await ask(device, unit.ip, seen, thorough=thorough):
                self._record(unit, outcome, seen)

    def _record(self, unit: Unit, outcome: ProbeOutcome, seen: list[Observation]) -> None:
        self._recorder.attempt(unit.ip, outcome)
        if not outcome.fields and not outcome.mac:
            return
        observation = Observation(
            source="scan",
            observed_at=self._now(),
            ip=unit.ip,
            port=outcome.port,
            transport=outcome.transport,
            service=outcome.service,
            mac=outcome.mac,
            target=unit.name if unit.ports else None,
            fields=outcome.fields,
        )
        seen.append(observation)
        self._recorder.observation(observation)


def single_device_units(scope: Scope) -> tuple[Unit, ...]:
    """The targets that name one device by its ports, each as one unit."""

    def unit(target: Target) -> Unit:
        return Unit(target.text, target.ranges[0].address(0), target.ports)

    return tuple(unit(target) for target in scope.single_devices)


def unit_count(scope: Scope) -> int:
    """How many units a scan of this scope is made of."""
    return scope.size() + len(scope.single_devices)
