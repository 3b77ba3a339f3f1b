from __future__ import annotations

from pathlib import Path

import pytest

from inventory.manifest import Manifest
from inventory.store import Inventory

HOST = {"open_ports": "[80]", "closed": 3, "silent": 4, "problem": None, "finished_at": "2026-11-25T00:00:00Z"}
ATTEMPT = {"port": 80, "probe": "http", "status": "timed-out", "detail": "no reply", "bytes_read": 0, "at": "t"}


def _filled(path: Path, units: list[str], attempts: list[str], seen: list[str]) -> Inventory:
    inventory = Inventory.open(path)
    scan = inventory.begin_scan(Manifest(kind="scan", version="1"))
    inventory.write(
        scan,
        {
            "host": [{"unit": unit, **HOST} for unit in units],
            "attempt": [{"ip": ip, **ATTEMPT} for ip in attempts],
            "observation": [{"ip": ip, "document": '{"source":"t"}'} for ip in seen],
        },
    )
    return inventory


@pytest.mark.parametrize(
    ("units", "ip", "found"),
    [
        (["192.0.2.1", "192.0.2.10"], "192.0.2.1", ["192.0.2.1"]),
        (["192.0.2.1:8081,8554", "192.0.2.1:80"], "192.0.2.1", ["192.0.2.1:80", "192.0.2.1:8081,8554"]),
        (["2001:db8::1", "2001:db8::1:5", "[2001:db8::1]:80"], "2001:db8::1", ["2001:db8::1", "[2001:db8::1]:80"]),
        (["192.0.2.1"], "192.0.2.%", []),
    ],
)
def test_the_units_of_an_address(tmp_path: Path, units: list[str], ip: str, found: list[str]) -> None:
    with _filled(tmp_path / "i.db", units, [], []) as inventory:
        visits = inventory.host_visits(1, ip)
        assert [visit.unit for visit in visits] == found
        assert all((visit.open_ports, visit.closed, visit.silent) == ((80,), 3, 4) for visit in visits)


def test_attempts_are_those_of_the_address(tmp_path: Path) -> None:
    with _filled(tmp_path / "i.db", [], ["192.0.2.1", "192.0.2.10"], []) as inventory:
        (attempt,) = inventory.attempts(1, "192.0.2.1")
        assert (attempt.port, attempt.probe, attempt.status) == (80, "http", "timed-out")
        assert inventory.attempts(2, "192.0.2.1") == ()


def test_scans_about_an_address_newest_first(tmp_path: Path) -> None:
    path = tmp_path / "i.db"
    _filled(path, ["192.0.2.1"], [], []).close()
    _filled(path, [], [], ["192.0.2.1"]).close()
    with _filled(path, ["192.0.2.2"], [], ["192.0.2.2"]) as inventory:
        assert inventory.scans_about("192.0.2.1") == (2, 1)
        assert inventory.scans_about("192.0.2.2") == (3,)
        assert inventory.scans_about("192.0.2.3") == ()
