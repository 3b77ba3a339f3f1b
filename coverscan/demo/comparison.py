"""Holds what a scan concluded against what the emulated devices really are."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from coverscan.demo.emulated_device import Expect
from reports.document import DeviceReport, ReportDocument
from scanner.targets import parse_target


def compare(expectations: Iterable[tuple[str, Expect]], document: ReportDocument) -> list[str]:
    """Each difference as a sentence: target, what it is, what was concluded. Empty when all is as it should be."""
    reports = [*document.devices, *document.other_hosts, *document.set_apart]
    return [
        f"{target}: {difference}"
        for target, expect in expectations
        for difference in _differences(expect, _reports_at(target, reports))
    ]


def _reports_at(target: str, reports: Iterable[DeviceReport]) -> list[DeviceReport]:
    """What was reported at a target: at its address, and where it names ports, at one of these."""
    parsed = parse_target(target)
    address = parsed.ranges[0].address(0)
    return [
        report
        for report in reports
        if address in report.addresses and (not parsed.ports or set(report.ports) & set(parsed.ports))
    ]


def _differences(expect: Expect, found: list[DeviceReport]) -> list[str]:
    wanted = expect.asserted()
    if not found:
        # A host of which nothing is known may stay away from the report.
        return (
            [] if not wanted.get("manufacturer") and wanted.get("covered") in ("unknown", "no") else ["not found"]
        )
    if len(found) > 1:
        return [f"taken for {len(found)} devices"]
    values: dict[str, object] = msgspec.to_builtins(found[0])
    return [
        f"{key} is {wish!r}, found {values.get(key)!r}"
        for key, wish in wanted.items()
        if not _fits(wish, values.get(key))
    ]


def _fits(wish: object, value: object) -> bool:
    if isinstance(wish, (list, tuple)):
        return isinstance(value, (list, tuple)) and set(wish) <= set(value)
    return wish == value
