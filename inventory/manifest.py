"""What is recorded of a scan besides its observations: how it was asked for, and how it ended."""

from __future__ import annotations

import msgspec

from scanner.authorization import Authorization


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that decided what a scan would do; enough to resume it and to print who allowed it."""

    kind: str  # scan, import, demo
    version: str
    command: str = ""
    operator_name: str | None = None
    site: str | None = None
    targets: tuple[str, ...] = ()
    exclusions: tuple[str, ...] = ()
    authorization: Authorization | None = None
    engine: str | None = None
    profile: str | None = None
    packets_per_second: float | None = None
    ports: tuple[int, ...] = ()
    thorough: bool = False
    sip: bool = False
    snmp: bool = False
    """Whether SNMP was asked with a community of the user's, which itself is kept nowhere."""
    seed: int = 0
    units: int = 0
    """How many addresses and single-device targets the scan is made of."""


class ScanRecord(msgspec.Struct, frozen=True, kw_only=True):
    """A scan as the inventory remembers it. ``status``: running, complete, partial."""

    id: int
    status: str
    started_at: str
    finished_at: str | None
    manifest: Manifest
    counts: dict[str, int]


class ImportedFile(msgspec.Struct, frozen=True, kw_only=True):
    """One imported file: what it was, how much was read, what was not."""

    name: str
    format: str
    sha256: str
    observations: int
    bad_lines: int
    first_errors: tuple[str, ...] = ()
