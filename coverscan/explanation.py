"""Why a device of the inventory is called what it is called, or why nothing is known of an address.

Reads the inventory and asks the law; ``coverscan.explanation_text`` shows the result.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from typing import Literal

import msgspec

from coverscan.assess import Assessor
from coverscan.open_questions import open_questions
from fingerprints.endpoints import serial_key
from fingerprints.hardware_blocks import hardware_blocks
from fingerprints.mac_addresses import find_mac
from fingerprints.reasoning import CombinationStep, combination_steps
from inventory.manifest import ScanRecord
from inventory.store import Inventory
from inventory.visits import AttemptRecord, HostVisit
from reports.device_words import shared_addresses
from reports.document import DeviceReport, Stakeholder
from scanner.outcome import Status
from scanner.targets import TargetError, parse_target

Finding = Literal[
    "devices", "silent", "refused", "nothing-told", "failed", "not-finished", "excluded", "not-covered"
]
"""What there is to say: ``devices``; an address that was visited and told nothing (``silent``: no answer on any port;
``refused``: it is there, but no port is open; ``nothing-told``: ports are open); one that was not looked at (``failed``,
``not-finished``, ``excluded`` by the operator, ``not-covered`` by the scan or import)."""


class HardwareAddress(msgspec.Struct, frozen=True, kw_only=True):
    """A device's hardware address and whom the IEEE's registry of that day gives its block to."""

    mac: str
    organisation: str | None
    registry_dated: str


class DeviceExplanation(msgspec.Struct, frozen=True, kw_only=True):
    """A device as reported, how its signs combine, what is open, and what was asked of it without a result."""

    device: DeviceReport
    steps: tuple[CombinationStep, ...]
    hardware: HardwareAddress | None
    open_questions: tuple[str, ...]
    without_result: tuple[AttemptRecord, ...]
    silent_ports: tuple[int, ...]
    """Open ports that were asked and told nothing."""
    unasked_ports: tuple[int, ...]
    """Open ports that were not asked, because enough was known by then."""


class Explanation(msgspec.Struct, frozen=True, kw_only=True):
    """What ``coverscan explain --json`` prints. ``scan`` is the scan that was looked at, ``latest`` the newest one."""

    v: int = 1
    asked: str
    finding: Finding
    scan: int
    latest: int
    kind: str
    status: str
    started_at: str
    stakeholder: Stakeholder
    devices: tuple[DeviceExplanation, ...] = ()
    visits: tuple[HostVisit, ...] = ()
    attempts: tuple[AttemptRecord, ...] = ()
    targets: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def explain_address(
    inventory: Inventory, assessor: Assessor, ip: str, port: int | None, scan_id: int | None
) -> Explanation:
    """What is known of an address, or of what is behind one port of it.

    In the scan ``scan_id``, else in the newest one that saw or visited it, else in the newest of all.
    Raises ``InventoryError`` where there is no such scan.
    """
    latest = inventory.scan().id
    about = inventory.scans_about(ip)
    record = inventory.scan(scan_id if scan_id is not None else about[0] if about else latest)
    asked = ip if port is None else f"[{ip}]:{port}" if ":" in ip else f"{ip}:{port}"
    reports = assessor.devices(inventory.observations(record.id))
    found = [
        report
        for report in reports
        if ip in {report.address, *report.addresses} and (port is None or _at_port(report, ip, port))
    ]
    teller = _Teller(inventory, assessor, record.id, shared_addresses(reports))
    if found:
        return _explanation(asked, "devices", record, latest, assessor, devices=tuple(map(teller.device, found)))
    visits = inventory.host_visits(record.id, ip)
    return _explanation(
        asked,
        _finding(record, inventory, ip, visits),
        record,
        latest,
        assessor,
        visits=visits,
        attempts=inventory.attempts(record.id, ip),
    )


def explain_device(inventory: Inventory, assessor: Assessor, name: str, scan_id: int | None) -> Explanation | None:
    """The devices of that hardware address, serial number or host name in the newest scan that has one; else None."""
    latest = inventory.scan().id
    records = [inventory.scan(scan_id)] if scan_id is not None else list(reversed(inventory.scans()))
    for record in records:
        reports = assessor.devices(inventory.observations(record.id))
        found = [report for report in reports if _is_called(report, name)]
        if found:
            teller = _Teller(inventory, assessor, record.id, shared_addresses(reports))
            devices = tuple(map(teller.device, found))
            return _explanation(name, "devices", record, latest, assessor, devices=devices)
    return None


def _explanation(
    asked: str,
    finding: Finding,
    record: ScanRecord,
    latest: int,
    assessor: Assessor,
    *,
    devices: tuple[DeviceExplanation, ...] = (),
    visits: tuple[HostVisit, ...] = (),
    attempts: tuple[AttemptRecord, ...] = (),
) -> Explanation:
    ignored = hardware_blocks().ignored if any(one.hardware for one in devices) else ""
    return Explanation(
        asked=asked,
        finding=finding,
        scan=record.id,
        latest=latest,
        kind=record.manifest.kind,
        status=record.status,
        started_at=record.started_at,
        stakeholder=assessor.stakeholder,
        devices=devices,
        visits=visits,
        attempts=attempts,
        targets=record.manifest.targets,
        notes=(f"The user's own list of hardware blocks is left aside: {ignored}",) if ignored else (),
    )


class _Teller:
    """Makes the explanations of the devices of one scan; ``shared`` are the addresses of more than one of them."""

    def __init__(self, inventory: Inventory, assessor: Assessor, scan_id: int, shared: frozenset[str]) -> None:
        self._inventory = inventory
        self._assessor = assessor
        self._scan_id = scan_id
        self._shared = shared

    def device(self, report: DeviceReport) -> DeviceExplanation:
        """The explanation of one device."""
        attempts = [one for address in report.addresses for one in self._attempts(report, address)]
        told = {attempt.port for attempt in attempts if _useful(attempt)}
        asked = {attempt.port for attempt in attempts}
        opened = {
            port
            for address in report.addresses
            for visit in self._inventory.host_visits(self._scan_id, address)
            for port in visit.open_ports
            if address not in self._shared or _at_port(report, address, port)
        }
        return DeviceExplanation(
            device=report,
            steps=combination_steps(report, self._assessor.database),
            hardware=_hardware(report.mac),
            open_questions=open_questions(report, self._assessor.database, self._assessor.stakeholder),
            without_result=tuple(attempt for attempt in attempts if not _useful(attempt)),
            silent_ports=tuple(sorted((opened & asked) - told)),
            unasked_ports=tuple(sorted(opened - asked)),
        )

    def _attempts(self, report: DeviceReport, address: str) -> Iterable[AttemptRecord]:
        """What was asked at an address of the device; where it shares the address, at its own ports only."""
        for attempt in self._inventory.attempts(self._scan_id, address):
            alone = address not in self._shared or attempt.port is None
            if alone or _at_port(report, address, attempt.port):
                yield attempt


def _hardware(mac: str | None) -> HardwareAddress | None:
    if mac is None:
        return None
    registry = hardware_blocks()
    block = registry.block(mac)
    return HardwareAddress(
        mac=mac, organisation=block.organisation if block else None, registry_dated=registry.dated
    )


def _useful(attempt: AttemptRecord) -> bool:
    return attempt.status in (Status.SUCCESS, Status.TRUNCATED)


def _at_port(report: DeviceReport, ip: str, port: int | None) -> bool:
    return any(point.port == port and point.ip in (ip, None) for point in report.endpoints)


def _is_called(report: DeviceReport, name: str) -> bool:
    mac = find_mac(name)
    if mac is not None and report.mac is not None and find_mac(report.mac) == mac:
        return True
    if report.serial and len(serial_key(name)) > 4 and serial_key(name) == serial_key(report.serial):
        return True
    return report.hostname is not None and report.hostname.casefold() == name.casefold()


def _finding(record: ScanRecord, inventory: Inventory, ip: str, visits: tuple[HostVisit, ...]) -> Finding:
    """Why there is no device at ``ip``."""
    manifest = record.manifest
    if visits:
        if any(visit.problem for visit in visits):
            return "failed"
        if any(visit.open_ports for visit in visits):
            return "nothing-told"
        return "refused" if any(visit.closed for visit in visits) else "silent"
    if manifest.kind == "import":
        return "not-covered"
    if _is_within(ip, manifest.exclusions):
        return "excluded"
    if _is_within(ip, manifest.targets) and len(inventory.units_done(record.id)) < manifest.units:
        return "not-finished"
    return "not-covered"


def _is_within(ip: str, targets: Iterable[str]) -> bool:
    """Whether an address is of the targets as they were written; names and files of then are not looked up again."""
    address = ipaddress.ip_address(ip.partition("%")[0])
    for text in targets:
        for part in text.split(","):
            try:
                target = parse_target(part.strip(), resolve=lambda name: [])
            except TargetError:
                continue
            if any(address in span for span in target.ranges):
                return True
    return False
