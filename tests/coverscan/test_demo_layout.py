"""Where the emulated network goes: with all rights, as an ordinary user, and with one loopback address only."""

from __future__ import annotations

import asyncio
import json
import os
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from coverscan.demo.emulated_device import load_devices
from coverscan.demo.layout import DemoPlan, Layout, LayoutError, plan_layout
from coverscan.demo.network import DemoNetwork
from scanner.targets import parse_target

_WORKER = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
_NETWORK = f"127.23.{_WORKER * 10}.0/24"
_FIRST_PORT = 22_000 + 400 * _WORKER
_DEVICES = load_devices()

_AS_ORDINARY_USER = """
import asyncio, json, os, sys, time
from coverscan.demo.emulated_device import load_devices
from coverscan.demo.layout import Layout
from coverscan.demo.network import DemoNetwork

layout, network, first_port = sys.argv[1], sys.argv[2], int(sys.argv[3])
load_devices()
if os.getuid() == 0:
    os.setgroups([])
    os.setgid(65534)
    os.setuid(65534)

async def first_line(placement, port):
    reader, writer = await asyncio.open_connection(placement.address, port)
    writer.write(b"GET / HTTP/1.1\\r\\nHost: x\\r\\nConnection: close\\r\\n\\r\\n")
    line = await reader.readline()
    writer.close()
    return line.decode().strip()

async def main():
    wish = None if layout == "auto" else Layout(layout)
    plan = DemoNetwork.plan(layout=wish, network=network, first_port=first_port)
    started = time.monotonic()
    async with DemoNetwork(plan) as running:
        seconds = time.monotonic() - started
        lines = {
            placement.device.name: await first_line(placement, placement.tcp[80])
            for placement in plan.placements
            if 80 in placement.tcp and not placement.device.misbehaving
        }
    ports = sorted({port for placement in plan.placements for port in placement.tcp.values()})
    print(json.dumps({"uid": os.getuid(), "layout": plan.layout, "targets": plan.targets, "lines": lines,
                      "ports": ports, "seconds": seconds, "udp": sum(len(p.udp) for p in plan.placements)}))

asyncio.run(main())
"""


def as_ordinary_user(layout: str) -> dict[str, object]:
    result = subprocess.run(
        [sys.executable, "-c", _AS_ORDINARY_USER, layout, _NETWORK, str(_FIRST_PORT)],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    found: dict[str, object] = json.loads(result.stdout)
    assert found["uid"] != 0
    return found


def unprivileged_from() -> int:
    """The first port that an ordinary user of this machine may bind."""
    setting = Path("/proc/sys/net/ipv4/ip_unprivileged_port_start")
    return int(setting.read_text()) if setting.exists() else 1024


def web_servers() -> set[str]:
    return {device.name for device in _DEVICES if 80 in device.tcp and not device.misbehaving}


def test_real_ports_where_they_are_allowed() -> None:
    allowed = os.getuid() == 0 or unprivileged_from() <= 80
    plan = plan_layout(_DEVICES, network=_NETWORK, first_port=_FIRST_PORT)
    assert plan.layout is (Layout.REAL_PORTS if allowed else Layout.HIGH_PORTS)
    if allowed:
        assert all(placement.tcp == {port: port for port in placement.device.tcp} for placement in plan.placements)
        assert plan.targets[0].endswith(".11")


def test_high_ports_as_an_ordinary_user() -> None:
    found = as_ordinary_user("high-ports")
    assert found["layout"] == "high-ports"
    assert isinstance(found["ports"], list) and min(found["ports"]) >= 1024
    assert {8080, 8443, 8554, 8000, 37777} <= set(found["ports"])
    assert isinstance(found["udp"], int) and found["udp"] > 20
    assert isinstance(found["lines"], dict) and set(found["lines"]) == web_servers()
    assert all(line.startswith("HTTP/1.") for line in found["lines"].values())


def test_one_address_as_an_ordinary_user() -> None:
    found = as_ordinary_user("one-address")
    assert found["layout"] == "one-address"
    assert found["udp"] == 0
    assert isinstance(found["targets"], list)
    assert all(target.startswith("127.0.0.1:") for target in found["targets"])
    assert isinstance(found["lines"], dict) and set(found["lines"]) == web_servers()


def test_an_ordinary_user_gets_what_this_machine_allows() -> None:
    found = as_ordinary_user("auto")
    assert found["layout"] == ("real-ports" if unprivileged_from() <= 80 else "high-ports")
    assert isinstance(found["seconds"], float) and found["seconds"] <= 2.0


def test_one_address_where_no_other_exists() -> None:
    # No address of a documentation network is one of this machine.
    plan = DemoNetwork.plan(network="192.0.2.0/24", first_port=_FIRST_PORT)
    assert plan.layout is Layout.ONE_ADDRESS
    assert len(plan.notes) == 3
    assert "left out" in plan.notes[-1]
    with pytest.raises(LayoutError, match=r"192\.0\.2\."):
        DemoNetwork.plan(network="192.0.2.0/24", layout=Layout.HIGH_PORTS)


def one_address_plan() -> DemoPlan:
    return plan_layout(_DEVICES, layout=Layout.ONE_ADDRESS, first_port=_FIRST_PORT)


def test_on_one_address_a_target_is_one_device() -> None:
    plan = one_address_plan()
    parsed = [parse_target(target) for target in plan.targets]
    ports = [port for target in parsed for port in target.ports]
    assert len(parsed) == len(_DEVICES)
    assert len(set(ports)) == len(ports)
    assert [tuple(placement.tcp.values()) for placement in plan.placements] == [target.ports for target in parsed]


def test_on_one_address_no_port_is_listed_at_which_nothing_may_be_sent() -> None:
    for placement in one_address_plan().placements:
        for declared in placement.tcp:
            assert placement.device.tcp[declared].touch == "talk"


def test_expectations_shrink_where_discovery_is_left_out() -> None:
    full = dict(
        zip(
            (device.name for device in _DEVICES), plan_layout(_DEVICES, network=_NETWORK).expectations, strict=True
        )
    )
    target, expect = full["dahua-nvr"]
    assert target.endswith(".23")
    assert expect.asserted()["model"] == "DHI-NVR5464-4KS2"
    names = [placement.device.name for placement in one_address_plan().placements]
    less = dict(zip(names, one_address_plan().expectations, strict=True))["dahua-nvr"][1].asserted()
    assert less["covered"] == "yes" and less["manufacturer"] == "Dahua"
    assert "model" not in less


def test_another_network_is_taken_where_the_first_is_in_use() -> None:
    with socket.socket() as blocker:
        blocker.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        blocker.bind((_NETWORK.replace(".0/24", ".11"), 8000))
        blocker.listen()
        plan = plan_layout(_DEVICES, layout=Layout.HIGH_PORTS, network=_NETWORK)
    assert plan.targets[0] == f"127.23.{_WORKER * 10 + 1}.11"


def test_a_taken_discovery_port_is_left_out_and_said_so() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as blocker:  # bound without sharing
        blocker.bind((_NETWORK.replace(".0/24", ".12"), 37020))
        plan = plan_layout(_DEVICES, layout=Layout.HIGH_PORTS, network=_NETWORK)
    assert any(note.startswith("UDP port 37020") for note in plan.notes)
    camera = next(placement for placement in plan.placements if placement.device.name == "hikvision-camera-2019")
    assert set(camera.udp) == {3702}
    assert "model" not in camera.expect.asserted()


def test_a_stranger_on_a_scanned_port_is_mentioned() -> None:
    with socket.socket() as blocker:
        blocker.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        blocker.bind((_NETWORK.replace(".0/24", ".1"), 8888))
        blocker.listen()
        devices = [device for device in _DEVICES if device.name == "nginx-server"]
        plan = plan_layout(devices, layout=Layout.HIGH_PORTS, network=_NETWORK)
    assert any("TCP port 8888 of every emulated device" in note for note in plan.notes)


def test_a_network_that_is_too_small_is_refused() -> None:
    with pytest.raises(LayoutError, match="too small"):
        plan_layout(_DEVICES, network="127.23.0.0/28", layout=Layout.HIGH_PORTS)


def _open_sockets() -> int:
    found = 0
    for entry in list(Path("/proc/self/fd").iterdir()):
        try:
            found += str(entry.readlink()).startswith("socket:")
        except FileNotFoundError:  # the descriptor of the listing itself
            continue
    return found


async def test_the_network_starts_quickly_and_leaves_nothing_behind() -> None:
    plan = DemoNetwork.plan(layout=Layout.HIGH_PORTS, network=_NETWORK)
    tasks, sockets = asyncio.all_tasks(), _open_sockets()
    started = time.monotonic()
    async with DemoNetwork(plan) as network:
        assert time.monotonic() - started <= 2.0
        held = []
        for placement in network.placements:  # conversations of every kind are under way when it stops
            for port in placement.tcp.values():
                held.append(await asyncio.open_connection(placement.address, port))
                held[-1][1].write(b"GET / HTTP/1.1\r\n")
        await asyncio.sleep(0.3)
        started = time.monotonic()
    assert time.monotonic() - started <= 2.0
    for _, writer in held:
        writer.transport.abort()
    await asyncio.sleep(0.05)
    assert asyncio.all_tasks() == tasks
    assert _open_sockets() == sockets
    for placement in plan.placements:
        for port in placement.tcp.values():
            with pytest.raises(ConnectionRefusedError):
                await asyncio.open_connection(placement.address, port)


async def test_a_network_that_cannot_start_leaves_nothing_behind() -> None:
    plan = DemoNetwork.plan(layout=Layout.HIGH_PORTS, network=_NETWORK)
    tasks, sockets = asyncio.all_tasks(), _open_sockets()
    last = plan.placements[-1]
    with socket.socket() as blocker:
        blocker.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        blocker.bind((last.address, max(last.tcp.values())))
        blocker.listen()
        with pytest.raises(OSError, match="in use"):
            async with DemoNetwork(plan):
                pass
    assert asyncio.all_tasks() == tasks
    assert _open_sockets() == sockets


async def test_devices_take_their_time_on_demand() -> None:
    devices = [device for device in _DEVICES if device.name == "hikvision-dvr-locked"]
    plan = DemoNetwork.plan(devices, layout=Layout.HIGH_PORTS, network=_NETWORK)
    async with DemoNetwork(plan, delays=True) as network:
        started = time.monotonic()
        reader, writer = await asyncio.open_connection(
            network.placements[0].address, network.placements[0].tcp[80]
        )
        writer.write(b"GET / HTTP/1.0\r\n\r\n")
        await reader.readline()
        writer.close()
    assert 0.3 <= time.monotonic() - started < 2.0


def test_the_network_runs_on_its_own_until_interrupted() -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "coverscan.demo", "--layout", "one-address"],
        cwd=Path(__file__).parents[2],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        targets = [process.stdout.readline().split("\t")[0] for _ in _DEVICES]
        host, _, ports = targets[-3].partition(":")
        with socket.create_connection((host, int(ports.split(",")[0])), timeout=5) as client:
            client.sendall(b"GET / HTTP/1.1\r\nAuthorization: Basic eDp4\r\n\r\n")
            client.recv(100)
        process.terminate()
        out, err = process.communicate(timeout=10)
    assert process.returncode == 0
    assert "devices are running (one-address)" in err
    assert "Not to be done: printer at 127.0.0.1" in out
