"""Streams a running scan into the inventory: at most a second of results is ever only in memory."""

from __future__ import annotations

import time

import msgspec

from fingerprints.observation import Observation
from inventory.manifest import ImportedFile
from inventory.store import Inventory, utc_now

_MAX_ROWS = 500
_MAX_SECONDS = 0.5


class ScanWriter:
    """Collects rows of one scan and commits them by half seconds or 500 rows, whichever comes first.

    Raises ``InventoryError`` when the database cannot take them (full disk, locked); rows not yet committed stay
    and are tried again with the next commit.
    """

    def __init__(self, inventory: Inventory, scan_id: int) -> None:
        self._inventory = inventory
        self.scan_id = scan_id
        self._rows: dict[str, list[dict[str, object]]] = {}
        self._count = 0
        self._since = time.monotonic()

    def __enter__(self) -> ScanWriter:
        return self

    def __exit__(self, *_: object) -> None:
        self.flush()

    def observation(self, observation: Observation) -> None:
        """Keep one observation."""
        self._add(
            "observation",
            {
                "ip": observation.ip,
                "port": observation.port,
                "service": observation.service,
                "mac": observation.mac,
                "document": msgspec.json.encode(observation).decode(),
            },
        )

    def attempt(self, ip: str, port: int | None, probe: str, status: str, detail: str, bytes_read: int) -> None:
        """Keep what came of one probe."""
        self._add(
            "attempt",
            {
                "ip": ip,
                "port": port,
                "probe": probe,
                "status": status,
                "detail": detail[:500],
                "bytes_read": bytes_read,
                "at": utc_now(),
            },
        )

    def unit_done(
        self, unit: str, open_ports: tuple[int, ...], closed: int, silent: int, problem: str | None
    ) -> None:
        """Record that an address or single-device target is done with."""
        self._add(
            "host",
            {
                "unit": unit,
                "open_ports": msgspec.json.encode(open_ports).decode(),
                "closed": closed,
                "silent": silent,
                "problem": problem,
                "finished_at": utc_now(),
            },
        )

    def imported_file(self, file: ImportedFile) -> None:
        """Keep the record of one imported file."""
        self._add("input_file", {"document": msgspec.json.encode(file).decode()})

    def flush_if_due(self) -> None:
        """Commit if half a second has passed or 500 rows wait."""
        if self._count >= _MAX_ROWS or (self._count and time.monotonic() - self._since >= _MAX_SECONDS):
            self.flush()

    def flush(self) -> None:
        """Commit what waits."""
        if self._count:
            self._inventory.write(self.scan_id, self._rows)
            self._rows = {}
            self._count = 0
        self._since = time.monotonic()

    def _add(self, table: str, row: dict[str, object]) -> None:
        self._rows.setdefault(table, []).append(row)
        self._count += 1
        self.flush_if_due()
