"""The demo as a new user runs it, in each layout, and as an ordinary user."""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from coverscan.exit_codes import ExitCode

pytestmark = [pytest.mark.full, pytest.mark.xdist_group("demo-network")]
NOBODY = ("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups")


def demo(folder: Path, *arguments: str, as_nobody: bool = False) -> subprocess.CompletedProcess[str]:
    prefix = NOBODY if as_nobody and os.getuid() == 0 else ()
    return subprocess.run(
        [*prefix, sys.executable, "-m", "coverscan", "demo", "--output", str(folder / "out"), *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
        env={**os.environ, "HOME": str(folder)},
    )


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that an ordinary user may enter, which pytest's own are not."""
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o777)
        yield Path(name)


def test_the_demo_network_is_identified_without_a_miss_or_a_false_alarm(open_folder: Path) -> None:
    result = demo(open_folder)
    assert result.returncode == ExitCode.DONE, result.stdout + result.stderr
    assert "all as expected" in result.stdout
    assert "No device saw a login" in result.stdout
    document = json.loads((open_folder / "out" / "report.json").read_text("utf-8"))
    devices = document["devices"]
    assert len(devices) >= 12
    assert {device["covered"] for device in devices} >= {"yes", "no"}
    brands = {device["brand"] for device in devices if device["manufacturer"] != device["brand"]}
    assert brands >= {"LTS", "Amcrest"}
    with (open_folder / "out" / "report.csv").open(encoding="utf-8-sig", newline="") as file:
        assert len(list(csv.reader(file))) == len(devices) + 1
    assert [host["tags"] for host in document["set_apart"]] == [["honeypot"]]


@pytest.mark.parametrize("layout", ["high-ports", "one-address"])
def test_the_other_layouts_work_for_an_ordinary_user(open_folder: Path, layout: str) -> None:
    result = demo(open_folder, "--layout", layout, as_nobody=True)
    assert result.returncode == ExitCode.DONE, result.stdout + result.stderr
    assert "all as expected" in result.stdout


def test_an_ordinary_user_gets_a_layout_by_itself(open_folder: Path) -> None:
    result = demo(open_folder, "--json", as_nobody=True)
    assert result.returncode == ExitCode.DONE, result.stdout + result.stderr
    summary = json.loads(result.stdout)
    assert (summary["differences"], summary["rules_broken"]) == ([], [])
    assert summary["covered"]["yes"] >= 8
