"""What a scan did at one address: which probes it tried there, and how the sweep of its ports ended."""

from __future__ import annotations

import msgspec


class AttemptRecord(msgspec.Struct, frozen=True, kw_only=True):
    """One probe and what came of it. ``status`` is one of ``scanner.outcome.Status``; ``detail`` may be device text."""

    port: int | None
    probe: str
    status: str
    detail: str
    bytes_read: int
    at: str


class HostVisit(msgspec.Struct, frozen=True, kw_only=True):
    """How many ports of a unit were open, refused (``closed``) or gave no answer; ``problem`` where it failed."""

    unit: str
    open_ports: tuple[int, ...]
    closed: int
    silent: int
    problem: str | None
    finished_at: str
