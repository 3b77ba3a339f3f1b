"""The sweep engine for those whose approved tool is nmap: its unprivileged connect scan, kept to our manners.

nmap is given explicit addresses in a file (``-iL``) and explicit ports, so that it touches nothing else; it
resolves no names (``-n``), pings nobody (``-Pn``) and tries a silent port once more at most. No NSE script is
asked for. With ``versions``, nmap's light service detection asks the open ports questions of its own (and runs
those of its own scripts that belong to it): off unless wanted.
"""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import ipaddress
import re
import shutil
import tempfile
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import msgspec

from scanner.politeness import Profile
from scanner.sweep.engine import HostSweep
from scanner.sweep.nmap_report import ReportUnreadable, read_report

_BATCH = 32
"""Addresses a run of nmap: what is lost when one run fails, and how often results come."""

_RUNS_AT_ONCE = 4
"""nmap waits for silent hosts nearly one after the other; several runs share the profile's rate."""

_SCOPE_ID = re.compile(r"[A-Za-z0-9_.-]{1,32}")
_MORE_FOLDERS = ("/usr/bin", "/usr/local/bin", "/opt/homebrew/bin", "/opt/local/bin")
_KILL_AFTER = 3.0
_MAX_COMPLAINTS = 20_000


class NmapMissing(Exception):
    """The nmap program or the python-nmap package is not there; the message says how to get it."""


def utc_now() -> str:
    """The time as observations carry it."""
    return dt.datetime.now(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


class NmapEngine:
    """``scanner.sweep.engine.SweepEngine`` over the nmap program. Raises ``NmapMissing`` when it is made."""

    name = "nmap"

    def __init__(
        self, profile: Profile, *, versions: bool = False, now: Callable[[], str] = utc_now, program: str = "nmap"
    ) -> None:
        self._profile = profile
        self._versions = versions
        self._now = now
        self._path, self._scanner = _find(program)

    async def sweep(self, addresses: Iterable[str], ports: Sequence[int]) -> AsyncIterator[HostSweep]:
        """One ``HostSweep`` an address, as each run of nmap ends. Raises ``ValueError`` for what is no address."""
        batches = _batches(addresses)
        running: set[asyncio.Task[list[HostSweep]]] = set()
        try:
            while True:
                for batch in islice(batches, _RUNS_AT_ONCE - len(running)):
                    running.add(asyncio.create_task(self._run(batch, ports)))
                if not running:
                    return
                done, running = await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
                for task in done:
                    for host in task.result():
                        yield host
        finally:
            for task in running:
                task.cancel()
            await asyncio.gather(*running, return_exceptions=True)

    async def _run(self, batch: list[str], ports: Sequence[int]) -> list[HostSweep]:
        with tempfile.TemporaryDirectory(prefix="coverscan-nmap-") as folder:
            targets = Path(folder) / "targets"
            targets.write_text("\n".join(batch) + "\n", "ascii")
            arguments = self.arguments(targets, ports, ipv6=":" in batch[0])
            try:
                xml, complaints = await _output(self._path, arguments)
                found = read_report(self._scanner, xml, complaints, self._now())
            except (ReportUnreadable, OSError) as problem:
                return [HostSweep(ip=ip, problem=f"nmap failed: {problem}") for ip in batch]
        rank = {port: place for place, port in enumerate(ports)}
        return [_named(ip, found.get(ip.partition("%")[0]), rank) for ip in batch]

    def arguments(self, targets: Path, ports: Sequence[int], *, ipv6: bool = False) -> list[str]:
        """The command line of one run, without the program."""
        profile = self._profile
        rate = max(0.1, profile.packets_per_second / _RUNS_AT_ONCE)
        return [
            *("-sT", "--unprivileged", "-Pn", "-n", "--noninteractive"),
            *("--max-retries", "1"),
            *("--max-rate", f"{rate:g}"),
            *("--scan-delay", f"{profile.seconds_between_packets_to_host * 1000:.0f}ms"),
            *("--initial-rtt-timeout", "500ms", "--max-rtt-timeout", f"{profile.connect_timeout * 1000:.0f}ms"),
            *(("-6",) if ipv6 else ()),
            *(("-sV", "--version-light") if self._versions else ()),
            *("-p", ",".join(map(str, ports))),
            *("-iL", str(targets)),
            *("-oX", "-"),
        ]


def _find(program: str) -> tuple[str, Any]:
    """The program's path and a ``nmap.PortScanner`` that has made sure that it is nmap."""
    try:
        import nmap
    except ImportError:
        raise NmapMissing("the nmap engine needs the python-nmap package: pip install python-nmap") from None
    path = shutil.which(program) or next(
        (found for folder in _MORE_FOLDERS if (found := shutil.which(program, path=folder))), None
    )
    missing = f"the nmap engine needs the {program} program: apt-get install nmap, or https://nmap.org/download"
    if path is None:
        raise NmapMissing(missing)
    try:
        return path, nmap.PortScanner(nmap_search_path=(path,))
    except nmap.PortScannerError:
        raise NmapMissing(f"{path} does not answer as nmap does; {missing}") from None


def _batches(addresses: Iterable[str]) -> Iterator[list[str]]:
    """Addresses in lists of one IP version. nmap reads more than addresses there: everything else is refused."""
    waiting: dict[int, list[str]] = {4: [], 6: []}
    for text in addresses:
        address = ipaddress.ip_address(text)
        scope = getattr(address, "scope_id", None)
        if scope is not None and not _SCOPE_ID.fullmatch(scope):
            raise ValueError(f"not an address: {text!r}")
        batch = waiting[address.version]
        batch.append(str(address))
        if len(batch) == _BATCH:
            waiting[address.version] = []
            yield batch
    yield from filter(None, waiting.values())


def _named(ip: str, host: HostSweep | None, rank: dict[int, int]) -> HostSweep:
    """The sweep of the address as it was given (nmap leaves scopes out), its open ports best first."""
    if host is None:
        return HostSweep(ip=ip, problem="nmap did not report this host")
    opened = sorted(host.open_ports, key=lambda port: rank.get(port, len(rank)))
    seen = [msgspec.structs.replace(observation, ip=ip) for observation in host.observations]
    return msgspec.structs.replace(host, ip=ip, open_ports=tuple(opened), observations=tuple(seen))


async def _output(path: str, arguments: list[str]) -> tuple[bytes, str]:
    """What the program wrote. Where this is cancelled, the program is ended first: nothing is sent any more."""
    process = await asyncio.create_subprocess_exec(
        path,
        *arguments,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        start_new_session=True,  # a Ctrl-C is ours to pass on
    )
    try:
        xml, complaints = await process.communicate()
    finally:
        if process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                process.terminate()
            try:
                await asyncio.wait_for(process.wait(), _KILL_AFTER)
            except TimeoutError:
                process.kill()
                await process.wait()
    return xml, complaints.decode("utf-8", "replace")[:_MAX_COMPLAINTS]
