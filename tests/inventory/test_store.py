from __future__ import annotations

import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from fingerprints.observation import Observation
from inventory.manifest import ImportedFile, Manifest
from inventory.scan_writer import ScanWriter
from inventory.store import Inventory, InventoryError

MANIFEST = Manifest(kind="scan", version="0.1.0", targets=("192.168.1.0/24",), units=254, seed=7)


@pytest.fixture
def inventory(tmp_path: Path) -> Inventory:
    return Inventory.open(tmp_path / "coverscan.db")


def seen(ip: str, **fields: str) -> Observation:
    return Observation(
        source="scan", ip=ip, port=80, fields={name.replace("_", "."): v for name, v in fields.items()}
    )


def test_observations_come_back_as_they_went_in(inventory: Inventory) -> None:
    scan = inventory.begin_scan(MANIFEST)
    wanted = [seen("192.168.1.4", http_server="App-webs/"), seen("192.168.1.5", http_title="\x1b]0;x\x07\ud7ff")]
    wanted.append(Observation(source="x", fields={"http.headers": ("HTTP/1.1 200 OK", "Date:  now")}))
    with ScanWriter(inventory, scan) as writer:
        for observation in wanted:
            writer.observation(observation)
    assert list(inventory.observations(scan)) == wanted


def test_scans_do_not_mix_and_keep_their_manifest(inventory: Inventory) -> None:
    first, second = inventory.begin_scan(MANIFEST), inventory.begin_scan(MANIFEST)
    with ScanWriter(inventory, first) as writer:
        writer.observation(seen("192.168.1.4"))
        writer.unit_done("192.168.1.4", (80,), 3, 4, None)
    inventory.finish_scan(first, "complete", {"units": 254})
    assert list(inventory.observations(second)) == []
    assert inventory.units_done(first) == {"192.168.1.4"}
    assert inventory.units_done(second) == frozenset()
    record = inventory.scan(first)
    assert (record.status, record.manifest, record.counts) == ("complete", MANIFEST, {"units": 254})
    assert inventory.scan().id == second


def test_counts_of_what_came_of_hosts_and_probes(inventory: Inventory) -> None:
    scan = inventory.begin_scan(MANIFEST)
    with ScanWriter(inventory, scan) as writer:
        writer.unit_done("192.168.1.1", (80,), 3, 4, None)
        writer.unit_done("192.168.1.2", (), 3, 0, None)
        writer.unit_done("192.168.1.3", (), 0, 7, "unreachable")
        for status in ("success", "success", "timed-out"):
            writer.attempt("192.168.1.1", 80, "http", status, "", 0)
    assert inventory.outcome_counts(scan) == {
        "hosts done": 3,
        "hosts with open ports": 1,
        "hosts that refused": 1,
        "hosts silent": 1,
        "probe success": 2,
        "probe timed-out": 1,
    }
    assert inventory.problems(scan) == (("192.168.1.3", "unreachable"),)


def test_imported_files_are_remembered(inventory: Inventory) -> None:
    scan = inventory.begin_scan(MANIFEST)
    file = ImportedFile(
        name="a.json.gz", format="shodan", sha256="00", observations=1, bad_lines=1, first_errors=("x",)
    )
    with ScanWriter(inventory, scan) as writer:
        writer.imported_file(file)
    assert inventory.imported_files(scan) == (file,)


def test_a_writer_commits_by_itself_before_it_is_closed(inventory: Inventory) -> None:
    scan = inventory.begin_scan(MANIFEST)
    writer = ScanWriter(inventory, scan)
    for number in range(500):
        writer.observation(seen(f"192.168.1.{number % 250}"))
    assert sum(1 for _ in inventory.observations(scan)) == 500


def test_what_was_committed_survives_a_kill(tmp_path: Path) -> None:
    script = f"""
import os, signal
from fingerprints.observation import Observation
from inventory.manifest import Manifest
from inventory.scan_writer import ScanWriter
from inventory.store import Inventory
inventory = Inventory.open({str(tmp_path / "killed.db")!r})
writer = ScanWriter(inventory, inventory.begin_scan(Manifest(kind="scan", version="0")))
for number in range(1200):
    writer.observation(Observation(source="scan", ip="192.168.1.1", port=number))
os.kill(os.getpid(), signal.SIGKILL)
"""
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == -9
    with Inventory.open(tmp_path / "killed.db", create=False) as inventory:
        assert [observation.port for observation in inventory.observations(1)] == list(range(1000))
        assert inventory.scan().status == "running"


def test_a_failed_write_keeps_the_rows_for_the_next_try(
    inventory: Inventory, monkeypatch: pytest.MonkeyPatch
) -> None:
    scan = inventory.begin_scan(MANIFEST)
    writer = ScanWriter(inventory, scan)
    writer.observation(seen("192.168.1.4"))

    def disk_full(*_: object) -> None:
        raise InventoryError("database or disk is full")

    with monkeypatch.context() as patch:
        patch.setattr(inventory, "write", disk_full)
        with pytest.raises(InventoryError, match="full"):
            writer.flush()
    writer.flush()
    assert [observation.ip for observation in inventory.observations(scan)] == ["192.168.1.4"]


def test_no_file_is_made_where_none_was_asked_for(tmp_path: Path) -> None:
    with pytest.raises(InventoryError, match=r"missing\.db: no inventory there"):
        Inventory.open(tmp_path / "missing.db", create=False)
    assert not (tmp_path / "missing.db").exists()


def test_a_file_that_is_no_database_is_refused_and_left_alone(tmp_path: Path) -> None:
    file = tmp_path / "notes.txt"
    file.write_text("not a database, but something precious" * 100, "utf-8")
    with pytest.raises(InventoryError, match=r"notes\.txt: .*not a database"):
        Inventory.open(file)
    assert file.read_text("utf-8").startswith("not a database, but")


def test_an_inventory_of_a_newer_coverscan_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "newer.db"
    Inventory.open(file).close()
    with sqlite3.connect(file) as connection:
        connection.execute("update alembic_version set version_num = '9999'")
    with pytest.raises(InventoryError, match="newer coverscan"):
        Inventory.open(file)


def test_asking_for_a_scan_that_is_not_there(inventory: Inventory) -> None:
    with pytest.raises(InventoryError, match="no scan in it yet"):
        inventory.scan()
    inventory.begin_scan(MANIFEST)
    with pytest.raises(InventoryError, match="no scan number 5"):
        inventory.scan(5)


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", "utf-8")
    with pytest.raises(InventoryError, match="cannot be made"):
        Inventory.open(tmp_path / "file" / "deep" / "coverscan.db")
