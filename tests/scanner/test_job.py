from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import AsyncIterator, Iterable, Sequence

import msgspec
import pytest

from fingerprints.observation import Observation
from scanner.connections import ScanNetwork
from scanner.job import JobOptions, ScanJob, Unit, unit_count
from scanner.outcome import ProbeOutcome, Status
from scanner.politeness import load_profiles
from scanner.scope import Scope, decide_scope
from scanner.sweep.connect import ConnectEngine
from scanner.sweep.engine import HostSweep
from scanner.targets import parse_targets

PROFILE = msgspec.structs.replace(
    load_profiles()["lan"],
    packets_per_second=100_000.0,
    seconds_between_packets_to_host=0.0,
    connect_timeout=0.5,
    first_byte_timeout=0.5,
)


class Kept:
    """A recorder that remembers."""

    def __init__(self) -> None:
        self.observations: list[Observation] = []
        self.attempts: list[tuple[str, ProbeOutcome]] = []
        self.units: list[str] = []

    def observation(self, observation: Observation) -> None:
        self.observations.append(observation)

    def attempt(self, ip: str, outcome: ProbeOutcome) -> None:
        self.attempts.append((ip, outcome))

    def unit_done(self, unit: Unit, sweep: HostSweep, observations: Sequence[Observation]) -> None:
        self.units.append(unit.name)


def scope_of(*targets: str) -> Scope:
    return decide_scope(parse_targets(targets), today=dt.date(2026, 11, 24))


async def scan(
    scope: Scope, ports: tuple[int, ...], kept: Kept, *, settled: bool = False, **options: object
) -> None:
    network = ScanNetwork(scope.permits, PROFILE)
    job = ScanJob(
        scope,
        network,
        ConnectEngine(network),
        kept,
        JobOptions(ports=ports, discovery=False, **options),  # type: ignore[arg-type]
        now=lambda: "2026-11-24T12:00:00.000Z",
        settled=lambda _: settled,
    )
    try:
        await job.run()
    finally:
        await network.close()


@pytest.fixture
async def web() -> AsyncIterator[int]:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(500)
        writer.write(b"HTTP/1.0 200 OK\r\nServer: test/1\r\n\r\n<title>Hello</title>")
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    yield server.sockets[0].getsockname()[1]
    server.close()


async def test_every_address_is_visited_once_and_what_answers_is_asked(web: int) -> None:
    kept = Kept()
    await scan(scope_of("127.0.0.0/29"), (web, 1), kept)
    assert sorted(kept.units) == [f"127.0.0.{n}" for n in range(1, 7)]
    (seen,) = [observation for observation in kept.observations if observation.fields.get("http.title")]
    assert (seen.ip, seen.port, seen.service, seen.source) == ("127.0.0.1", web, "http", "scan")
    assert seen.fields["http.server"] == "test/1"
    assert seen.observed_at == "2026-11-24T12:00:00.000Z"
    assert {ip for ip, _ in kept.attempts} == {"127.0.0.1"}


async def test_units_that_are_done_are_not_visited_again(web: int) -> None:
    kept = Kept()
    await scan(scope_of("127.0.0.0/29"), (web,), kept, done=frozenset({"127.0.0.1", "127.0.0.2"}))
    assert sorted(kept.units) == [f"127.0.0.{n}" for n in range(3, 7)]
    assert kept.observations == []


async def test_a_target_that_names_ports_is_one_device_on_exactly_these_ports(web: int) -> None:
    kept = Kept()
    name = f"127.0.0.1:{web}"
    await scan(scope_of(name), (1, 2, 3), kept)
    assert kept.units == [name]
    assert {observation.target for observation in kept.observations} == {name}


async def test_a_settled_device_is_asked_no_more_unless_thorough(web: int) -> None:
    kept, thorough = Kept(), Kept()
    await scan(scope_of("127.0.0.1"), (web,), kept, settled=True)
    await scan(scope_of("127.0.0.1"), (web,), thorough, settled=True, thorough=True)
    assert kept.observations == []
    assert thorough.observations != []


async def test_a_device_that_says_it_is_locked_is_asked_nothing_over_tcp(web: int) -> None:
    locked = Observation(source="scan", ip="127.0.0.1", service="sadp", fields={"sadp.locked": "true"})
    scope, kept = scope_of("127.0.0.1"), Kept()
    network = ScanNetwork(scope.permits, PROFILE)
    options = JobOptions(ports=(web,), discovery=False)
    job = ScanJob(
        scope,
        network,
        ConnectEngine(network),
        kept,
        options,
        now=str,
        settled=lambda _: False,
        known={"127.0.0.1": (locked,)},
    )
    await job.run()
    assert kept.attempts == [] and kept.units == ["127.0.0.1"]


async def test_a_web_server_that_is_not_known_is_asked_whether_it_speaks_onvif(web: int) -> None:
    kept = Kept()
    await scan(scope_of("127.0.0.1"), (web,), kept)
    assert [
        (outcome.probe, outcome.status) for _, outcome in kept.attempts if outcome.probe == "onvif-device"
    ] == [("onvif-device", Status.OTHER_PROTOCOL)]


async def test_what_a_user_asks_for_besides_is_asked_and_nothing_else() -> None:
    plain, asked = Kept(), Kept()
    await scan(scope_of("127.0.0.9"), (1,), plain)
    await scan(scope_of("127.0.0.9"), (1,), asked, snmp_community="given", sip=True)
    assert plain.attempts == []
    assert [outcome.probe for _, outcome in asked.attempts] == ["snmp", "sip"]
    assert "given" not in repr(asked.attempts)


async def test_cancelling_leaves_whole_units_only() -> None:
    class Slow:
        name = "slow"

        async def sweep(self, addresses: Iterable[str], ports: Sequence[int]) -> AsyncIterator[HostSweep]:
            for number, ip in enumerate(addresses):
                yield HostSweep(ip=ip, closed=1)
                await asyncio.sleep(0 if number < 3 else 30)

    scope, kept = scope_of("127.0.0.0/24"), Kept()
    network = ScanNetwork(scope.permits, PROFILE)
    job = ScanJob(
        scope, network, Slow(), kept, JobOptions(ports=(1,), discovery=False), now=str, settled=lambda _: False
    )
    task = asyncio.create_task(job.run())
    await asyncio.sleep(0.2)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert 1 <= len(kept.units) <= 4


async def test_a_host_that_could_not_be_reached_is_recorded_and_not_probed() -> None:
    class Unreachable:
        name = "none"

        async def sweep(self, addresses: Iterable[str], ports: Sequence[int]) -> AsyncIterator[HostSweep]:
            for ip in addresses:
                yield HostSweep(ip=ip, problem=str(Status.UNREACHABLE))

    scope, kept = scope_of("127.0.0.8"), Kept()
    network = ScanNetwork(scope.permits, PROFILE)
    options = JobOptions(ports=(1,), discovery=True)
    await ScanJob(scope, network, Unreachable(), kept, options, now=str, settled=lambda _: False).run()
    assert (kept.units, kept.attempts) == (["127.0.0.8"], [])


def test_how_many_units_a_scope_has() -> None:
    assert unit_count(scope_of("127.0.0.0/29", "127.0.0.1:81,82", "127.0.0.1:83")) == 6 + 2
