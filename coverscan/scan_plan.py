"""A scan before and after: what was decided, and how it ended."""

from __future__ import annotations

import msgspec

from inventory.manifest import Manifest
from scanner.politeness import Profile
from scanner.scope import Scope


class ScanPlan(msgspec.Struct, frozen=True, kw_only=True):
    """A scan that may start: its scope is decided, its manifest says how it was asked for."""

    scope: Scope
    profile: Profile
    manifest: Manifest
    resume: int | None = None
    """The number of the scan that goes on, in place of a new one."""


class ScanResult(msgspec.Struct, frozen=True, kw_only=True):
    """How a scan ended: its number, whether it was interrupted, how many of its units are done."""

    scan_id: int
    interrupted: bool
    units_done: int
    units: int

    @property
    def complete(self) -> bool:
        """Whether every unit was visited."""
        return self.units_done >= self.units
