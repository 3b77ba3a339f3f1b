"""Runs a scan job against the inventory: writes what comes, shows progress, survives Ctrl-C."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress

from coverscan.assess import Assessor
from coverscan.hardware_addresses import hardware_addresses
from coverscan.progress import Progress
from coverscan.scan_plan import ScanPlan, ScanResult
from fingerprints.observation import Observation
from inventory.scan_writer import ScanWriter
from inventory.store import Inventory, utc_now
from reports.document import DeviceReport
from scanner.connections import ScanNetwork
from scanner.job import JobOptions, ScanJob, Unit, unit_count
from scanner.outcome import ProbeOutcome
from scanner.sweep.connect import ConnectEngine
from scanner.sweep.engine import HostSweep, SweepEngine


class _Recorder:
    """``scanner.job.Recorder`` into the inventory, counting for the progress line as it goes."""

    def __init__(
        self,
        writer: ScanWriter,
        progress: Progress,
        assessor: Assessor,
        done: int,
        on_device: Callable[[DeviceReport], None] | None,
    ) -> None:
        self._writer = writer
        self._progress = progress
        self._assessor = assessor
        self._on_device = on_device
        self.units_done = done
        self._found = 0
        self._covered = 0

    def observation(self, observation: Observation) -> None:
        self._writer.observation(observation)

    def attempt(self, ip: str, outcome: ProbeOutcome) -> None:
        self._writer.attempt(
            ip, outcome.port, outcome.probe, str(outcome.status), outcome.detail, outcome.bytes_read
        )

    def unit_done(self, unit: Unit, sweep: HostSweep, observations: Sequence[Observation]) -> None:
        self._writer.unit_done(unit.name, sweep.open_ports, sweep.closed, sweep.silent, sweep.problem)
        self.units_done += 1
        for report in self._assessor.devices(observations):
            self._found += 1
            self._covered += report.covered == "yes"
            if self._on_device:
                self._on_device(report)
        self.show()

    def show(self) -> None:
        """Move the progress line."""
        self._progress.advance(self.units_done, f"{self._found} devices, {self._covered} of covered makers")


def run_scan(
    plan: ScanPlan,
    inventory: Inventory,
    assessor: Assessor,
    *,
    quiet: bool = False,
    snmp_community: str | None = None,
    on_device: Callable[[DeviceReport], None] | None = None,
    make_engine: Callable[[ScanNetwork], SweepEngine] = ConnectEngine,
) -> ScanResult:
    """Run ``plan`` to its end or to Ctrl-C; everything found until then is in the inventory either way."""
    scan_id = plan.resume if plan.resume is not None else inventory.begin_scan(plan.manifest)
    done = inventory.units_done(scan_id)
    if plan.resume is not None:
        inventory.resume_scan(scan_id)
    units = unit_count(plan.scope)
    with ScanWriter(inventory, scan_id) as writer, Progress("Scanning", units, quiet=quiet) as progress:
        recorder = _Recorder(writer, progress, assessor, len(done), on_device)
        options = JobOptions(
            ports=plan.manifest.ports,
            discovery=plan.profile.udp,
            thorough=plan.manifest.thorough,
            sip=plan.manifest.sip,
            snmp_community=snmp_community,
            seed=plan.manifest.seed,
            done=done,
        )
        say = progress.say if not quiet else _say_nothing
        interrupted = not asyncio.run(_run(plan, writer, recorder, options, assessor, make_engine, say))
    result = ScanResult(
        scan_id=scan_id, interrupted=interrupted, units_done=len(inventory.units_done(scan_id)), units=units
    )
    status = "complete" if result.complete and not interrupted else "partial"
    inventory.finish_scan(scan_id, status, {"units": units, **inventory.outcome_counts(scan_id)})
    return result


async def _run(
    plan: ScanPlan,
    writer: ScanWriter,
    recorder: _Recorder,
    options: JobOptions,
    assessor: Assessor,
    make_engine: Callable[[ScanNetwork], SweepEngine],
    say: Callable[[str], None],
) -> bool:
    """True when the job came to its end, False when Ctrl-C stopped it."""
    _allow_many_sockets()
    network = ScanNetwork(plan.scope.permits, plan.profile)
    known = await hardware_addresses(plan, options.done, say)
    job = ScanJob(
        plan.scope,
        network,
        make_engine(network),
        recorder,
        options,
        now=utc_now,
        settled=assessor.settled,
        known=known,
    )
    task = asyncio.create_task(job.run())
    async with _ticking(writer, recorder), _stopping_on_signals(task):
        try:
            await task
        except asyncio.CancelledError:
            return False
        finally:
            await network.close()
    return True


def _say_nothing(text: str) -> None:
    """For a quiet scan."""


@asynccontextmanager
async def _ticking(writer: ScanWriter, recorder: _Recorder) -> AsyncIterator[None]:
    """Commit what waits every half second and move the progress line, also when nothing new arrives."""

    async def tick() -> None:
        while True:
            await asyncio.sleep(0.5)
            writer.flush_if_due()
            recorder.show()

    ticking = asyncio.create_task(tick())
    try:
        yield
    finally:
        ticking.cancel()
        with suppress(asyncio.CancelledError):
            await ticking


@asynccontextmanager
async def _stopping_on_signals(task: asyncio.Task[None]) -> AsyncIterator[None]:
    """Ctrl-C and SIGTERM cancel the job instead of killing the program."""
    loop = asyncio.get_running_loop()
    handled = []
    for number in (signal.SIGINT, signal.SIGTERM):
        with suppress(NotImplementedError, ValueError, RuntimeError):  # Windows, or not the main thread
            loop.add_signal_handler(number, task.cancel)
            handled.append(number)
    try:
        yield
    finally:
        for number in handled:
            loop.remove_signal_handler(number)


def _allow_many_sockets() -> None:
    """Raise this process's own limit of open files as far as the system lets it; a scan needs two or so a host."""
    try:
        import resource
    except ImportError:  # Windows has no such limit
        return
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = 16_384 if hard == resource.RLIM_INFINITY else min(16_384, hard)
    with suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
