from __future__ import annotations

import json
import os
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from scanner.sweep.arp import ArpState, arp_sweep

ROOT = Path(__file__).parents[3]
NOW = "2026-11-24T12:00:00Z"
CHILD = """
import asyncio, json, sys, time
import msgspec
from scanner.sweep.arp import arp_sweep
started = time.monotonic()
result = asyncio.run(arp_sweep(json.loads(sys.argv[1]), per_second=float(sys.argv[2]), wait=0.3,
                               now=lambda: "2026-11-24T12:00:00Z"))
sys.stdout.buffer.write(msgspec.json.encode({"result": result, "seconds": time.monotonic() - started}))
"""


def command(*words: str) -> str:
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{' '.join(words)}: {done.stderr}"
    return done.stdout


@pytest.fixture
def segment() -> Iterator[tuple[str, str]]:
    """Two network namespaces on one Ethernet segment: where the scanner sits, and where the devices are."""
    assert os.geteuid() == 0, "network namespaces take root"
    here, there = (f"cs-{uuid.uuid4().hex[:8]}" for _ in range(2))
    for name in (here, there):
        command("ip", "netns", "add", name)
    try:
        command("ip", "-n", here, "link", "add", "eth0", "type", "veth", "peer", "name", "eth0", "netns", there)
        command("ip", "-n", there, "link", "set", "eth0", "address", "44:19:b6:00:00:01")
        for name in (here, there):
            command("ip", "-n", name, "link", "set", "lo", "up")
            command("ip", "-n", name, "link", "set", "eth0", "up")
        command("ip", "-n", here, "addr", "add", "198.51.100.1/24", "dev", "eth0")
        command("ip", "-n", there, "addr", "add", "198.51.100.20/24", "dev", "eth0")
        command("ip", "-n", there, "addr", "add", "198.51.100.30/24", "dev", "eth0")
        yield here, there
    finally:
        for name in (here, there):
            command("ip", "netns", "del", name)


def sweep_in(namespace: str, addresses: list[str], per_second: float = 200) -> tuple[dict[str, Any], float]:
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        ["ip", "netns", "exec", namespace, sys.executable, "-c", CHILD, json.dumps(addresses), str(per_second)],
        capture_output=True,
        env=environment,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr.decode()
    answer = json.loads(done.stdout)
    return answer["result"], answer["seconds"]


def told(result: dict[str, Any]) -> list[tuple[str, str]]:
    return [(one["ip"], one["mac"]) for one in result["observations"]]


@pytest.mark.full
def test_devices_on_the_segment_answer_with_their_mac(segment: tuple[str, str]) -> None:
    here, _ = segment
    targets = ["198.51.100.20", "198.51.100.30", "198.51.100.40", "198.51.100.1", "192.0.2.1", "2001:db8::1"]
    result, _ = sweep_in(here, targets)
    assert result["state"] == "done"
    assert told(result) == [("198.51.100.20", "44:19:b6:00:00:01"), ("198.51.100.30", "44:19:b6:00:00:01")]
    assert (result["asked"], result["elsewhere"]) == (3, 3), "own, far and IPv6 addresses are not asked"
    first = result["observations"][0]
    assert (first["source"], first["service"], first["observed_at"]) == ("arp", "arp", NOW)


@pytest.mark.full
def test_what_a_gateway_reaches_is_not_asked(segment: tuple[str, str]) -> None:
    here, _ = segment
    command("ip", "-n", here, "route", "add", "default", "via", "198.51.100.20")
    command("ip", "-n", here, "route", "add", "198.51.100.128/25", "via", "198.51.100.20")
    result, _ = sweep_in(here, ["203.0.113.5", "198.51.100.130"])
    assert (result["state"], result["elsewhere"], result["asked"]) == ("not-attached", 2, 0)


@pytest.mark.full
def test_a_router_that_answers_for_others_is_set_apart(segment: tuple[str, str]) -> None:
    here, there = segment
    for number in range(100, 112):
        command("ip", "-n", there, "addr", "add", f"198.51.100.{number}/24", "dev", "eth0")
    result, _ = sweep_in(here, [f"198.51.100.{number}" for number in range(100, 112)])
    assert told(result) == []
    assert result["proxies"] == ["44:19:b6:00:00:01"]


@pytest.mark.full
def test_the_rate_is_kept_and_silent_addresses_are_asked_twice(segment: tuple[str, str]) -> None:
    here, there = segment
    received = "/sys/class/net/eth0/statistics/rx_packets"
    before = int(command("ip", "netns", "exec", there, "cat", received))
    result, seconds = sweep_in(here, [f"198.51.100.{number}" for number in range(200, 220)], per_second=20)
    after = int(command("ip", "netns", "exec", there, "cat", received))
    assert told(result) == []
    assert seconds > 39 / 20
    assert after - before >= 40


@pytest.mark.full
def test_without_privileges_the_answer_is_needs_root(segment: tuple[str, str]) -> None:
    here, _ = segment
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        ["ip", "netns", "exec", here, "unshare", "--user", "--", sys.executable, "-c", CHILD,
         '["198.51.100.20"]', "100"],
        capture_output=True, env=environment, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr.decode()
    result = json.loads(done.stdout)["result"]
    assert (result["state"], result["observations"]) == ("needs-root", [])
    assert "CAP_NET_RAW" in result["detail"]


class FakeScapy:
    """As much of scapy as deciding takes: routes, and a socket that may not be opened."""

    loopback_name = "lo"

    def __init__(self) -> None:
        self.conf = self.route_table = self

    @property
    def route(self) -> Any:
        return type("Routes", (), {"route": staticmethod(lambda ip, verbose: ("eth0", "192.0.2.1", "0.0.0.0"))})

    def L2socket(self, **_: object) -> None:
        raise PermissionError(1, "Operation not permitted")


@pytest.fixture
def scapy_as(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[], Any]], None]:
    return lambda load: monkeypatch.setattr("scanner.sweep.arp._load_scapy", load)


async def test_a_socket_that_is_refused_is_a_result(scapy_as: Callable[[Callable[[], Any]], None]) -> None:
    scapy_as(FakeScapy)
    result = await arp_sweep(["192.0.2.7"], now=lambda: NOW)
    assert (result.state, result.asked) == (ArpState.NEEDS_ROOT, 0)


async def test_without_scapy(scapy_as: Callable[[Callable[[], Any]], None]) -> None:
    def missing() -> Any:
        raise ImportError("scapy")

    scapy_as(missing)
    result = await arp_sweep(["192.0.2.7"], now=lambda: NOW)
    assert result.state is ArpState.NO_SCAPY
    assert "pip install scapy" in result.detail


async def test_loopback_is_no_attached_network() -> None:
    started = time.monotonic()
    result = await arp_sweep(["127.0.0.1", "127.0.7.1", "::1"], now=lambda: NOW)
    assert (result.state, result.elsewhere) == (ArpState.NOT_ATTACHED, 3)
    assert time.monotonic() - started < 20


async def test_what_is_no_address_is_refused() -> None:
    with pytest.raises(ValueError, match=r"192\.0\.2\.0/24"):
        await arp_sweep(["192.0.2.0/24"], now=lambda: NOW)
