"""The real program, interrupted and resumed, as a user does it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from coverscan.exit_codes import ExitCode
from inventory.store import Inventory

pytestmark = pytest.mark.full


def start(folder: Path, *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "coverscan", *arguments],
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "HOME": str(folder)},
    )


def units_done(file: Path) -> int:
    with Inventory.open(file, create=False) as inventory:
        return len(inventory.units_done(1))


def wait_for_units(file: Path, wanted: int) -> None:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        if file.exists() and units_done(file) >= wanted:
            return
        time.sleep(0.1)
    raise AssertionError("the scan did not get that far")


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_an_interrupted_scan_keeps_what_it_found_and_goes_on(tmp_path: Path, how: signal.Signals) -> None:
    file = tmp_path / "my.db"
    # Four ports at twenty packets a second: some two hundred milliseconds an address, all in random order.
    scan = start(tmp_path, "scan", "127.0.0.0/26", "--ports", "1-4", "--profile", "fragile", "--db", "my.db")
    wait_for_units(file, 1) if how is not signal.SIGKILL else time.sleep(5)
    scan.send_signal(how)
    _, errors = scan.communicate(timeout=20)
    if how is not signal.SIGKILL:
        assert scan.returncode == ExitCode.INTERRUPTED, errors
        assert "coverscan scan --resume --db my.db" in errors
        assert "Traceback" not in errors
    before = units_done(file)
    assert before < 62
    resumed = start(tmp_path, "scan", "--resume", "--db", "my.db", "--json")
    out, errors = resumed.communicate(timeout=60)
    assert resumed.returncode == ExitCode.DONE, errors
    summary = json.loads(out.splitlines()[-1])["summary"]
    assert (summary["status"], summary["targets_done"], summary["targets"]) == ("complete", 62, 62)
    with Inventory.open(file, create=False) as inventory:
        assert len(inventory.scans()) == 1


def test_a_report_can_be_made_while_the_scan_runs_and_is_stamped_partial(tmp_path: Path) -> None:
    file = tmp_path / "my.db"
    scan = start(tmp_path, "scan", "127.0.0.0/26", "--ports", "1-4", "--profile", "fragile", "--db", "my.db")
    try:
        wait_for_units(file, 1)
        report = start(tmp_path, "report", "--db", "my.db", "--json")
        out, errors = report.communicate(timeout=30)
        assert report.returncode == ExitCode.DONE, errors
        document = json.loads(out)
        assert document["run"]["status"] == "running"
        assert document["run"]["counts"]["targets"] == 62
        assert any("still running" in row["reason"] for row in document["not_looked_at"])
    finally:
        scan.send_signal(signal.SIGINT)
        scan.communicate(timeout=20)
