from __future__ import annotations

import asyncio
import shutil
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path

import msgspec
import pytest

from scanner.politeness import Profile, load_profiles
from scanner.sweep.engine import HostSweep
from scanner.sweep.nmap import NmapEngine, NmapMissing

NOW = "2026-11-24T12:00:00Z"


class Server:
    """Answers HTTP as a given device would on a loopback address, and counts the connections it gets."""

    def __init__(self, ip: str, port: int = 0, banner: bytes = b"") -> None:
        family = socket.AF_INET6 if ":" in ip else socket.AF_INET
        self._socket = socket.socket(family)
        self._socket.bind((ip, port))
        self._socket.listen(64)
        self.ip, self.port = ip, int(self._socket.getsockname()[1])
        self._banner = banner
        self.moments: list[float] = []
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            self.moments.append(time.monotonic())
            threading.Thread(target=self._answer, args=(connection,), daemon=True).start()

    def _answer(self, connection: socket.socket) -> None:
        with connection:
            try:
                if connection.recv(4_096):
                    connection.sendall(self._banner)
            except OSError:
                return

    def close(self) -> None:
        self._socket.close()


@pytest.fixture
def serve() -> Iterator[Callable[..., Server]]:
    running: list[Server] = []

    def start(ip: str, port: int = 0, banner: bytes = b"") -> Server:
        running.append(Server(ip, port, banner))
        return running[-1]

    yield start
    for server in running:
        server.close()


def profile(**changes: object) -> Profile:
    quick = {"packets_per_second": 4_000.0, "seconds_between_packets_to_host": 0.0, "connect_timeout": 0.5}
    return msgspec.structs.replace(load_profiles()["lan"], **(quick | changes))


def closed_port(ip: str = "127.0.0.1") -> int:
    with socket.socket() as held:
        held.bind((ip, 0))
        return int(held.getsockname()[1])


async def swept(engine: NmapEngine, addresses: list[str], ports: list[int]) -> dict[str, HostSweep]:
    return {host.ip: host async for host in engine.sweep(addresses, ports)}


async def test_open_ports_come_best_first_and_the_others_are_counted(serve: Callable[..., Server]) -> None:
    first, second = serve("127.0.7.1"), serve("127.0.7.1")
    ports = [second.port, closed_port(), first.port]
    found = await swept(NmapEngine(profile()), ["127.0.7.1", "127.0.7.2"], ports)
    assert found["127.0.7.1"] == HostSweep(ip="127.0.7.1", open_ports=(second.port, first.port), closed=1)
    assert found["127.0.7.2"] == HostSweep(ip="127.0.7.2", closed=3)
    assert found["127.0.7.2"].answered


async def test_nothing_but_the_addresses_and_ports_given_is_touched(serve: Callable[..., Server]) -> None:
    asked = serve("127.0.7.1")
    bystanders = [serve("127.0.7.2", asked.port), serve("127.0.7.1"), serve("127.0.0.1", asked.port)]
    await swept(NmapEngine(profile()), ["127.0.7.1"], [asked.port])
    assert asked.moments
    assert [server.moments for server in bystanders] == [[], [], []]


@pytest.mark.parametrize(
    "text",
    ["127.0.7.0/24", "127.0.7.1-3", "localhost", "127.0.7.*", "-iR 5", "127.0.7.1 127.0.7.2", "::1%a b", ""],
)
async def test_what_is_no_address_is_refused(text: str, serve: Callable[..., Server]) -> None:
    server = serve("127.0.7.1")
    with pytest.raises(ValueError, match="address"):
        await swept(NmapEngine(profile()), [text], [server.port])
    assert server.moments == []


async def test_many_unlisted_ports_are_counted_too(serve: Callable[..., Server]) -> None:
    server = serve("127.0.7.1")
    ports = [server.port, *(port for port in range(20_000, 20_100) if port != server.port)]
    found = await swept(NmapEngine(profile()), ["127.0.7.1"], ports)
    assert (found["127.0.7.1"].open_ports, found["127.0.7.1"].closed) == ((server.port,), 100)


async def test_both_ip_versions_and_more_addresses_than_one_run_takes(serve: Callable[..., Server]) -> None:
    four = serve("127.0.7.1")
    six = serve("::1", four.port)
    addresses = [f"127.0.7.{number}" for number in range(1, 70)] + ["::1"]
    found = await swept(NmapEngine(profile()), addresses, [four.port])
    assert set(found) == set(addresses)
    assert {ip for ip, host in found.items() if host.open_ports} == {"127.0.7.1", "::1"}
    assert six.moments
    assert found["::1"].open_ports == (six.port,)
    assert sum(host.closed for host in found.values()) == 68


@pytest.mark.full
async def test_versions_are_told_only_when_wanted(serve: Callable[..., Server]) -> None:
    page = b"HTTP/1.0 200 OK\r\nDate: Tue, 24 Nov 2026 12:00:00 GMT\r\nServer: App-webs/\r\n\r\nhi"
    server = serve("127.0.7.1", banner=page)
    bystander = serve("127.0.7.1")
    plain = await swept(NmapEngine(profile()), ["127.0.7.1"], [server.port])
    assert plain["127.0.7.1"].observations == ()
    found = await swept(NmapEngine(profile(), versions=True, now=lambda: NOW), ["127.0.7.1"], [server.port])
    (seen,) = found["127.0.7.1"].observations
    assert (seen.source, seen.observed_at, seen.ip, seen.port) == ("nmap", NOW, "127.0.7.1", server.port)
    assert seen.service == "http"
    assert bystander.moments == []
    assert seen.fields["nmap.product"] == "Hikvision IP camera httpd"
    assert seen.fields["nmap.devicetype"] == "webcam"


async def test_packets_to_one_host_are_kept_apart(serve: Callable[..., Server]) -> None:
    servers = [serve("127.0.7.1") for _ in range(4)]
    engine = NmapEngine(profile(seconds_between_packets_to_host=0.3))
    await swept(engine, ["127.0.7.1"], [server.port for server in servers])
    moments = sorted(moment for server in servers for moment in server.moments)
    gaps = [later - earlier for earlier, later in pairwise(moments)]
    assert len(moments) == 4
    assert min(gaps) > 0.25


async def test_stopping_ends_nmap(serve: Callable[..., Server]) -> None:
    servers = [serve("127.0.7.1") for _ in range(8)]
    engine = NmapEngine(profile(seconds_between_packets_to_host=0.5))
    task = asyncio.create_task(swept(engine, ["127.0.7.1"], [server.port for server in servers]))
    while not any(server.moments for server in servers):
        await asyncio.sleep(0.02)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    touched = sum(len(server.moments) for server in servers)
    await asyncio.sleep(1.2)
    assert sum(len(server.moments) for server in servers) == touched < 8


def script(path: Path, text: str) -> str:
    path.write_text(f"#!{sys.executable}\n{text}")
    path.chmod(0o755)
    return str(path)


VERSION_LINE = 'print("Nmap version 7.93 ( https://nmap.org )")'


@pytest.mark.parametrize(
    ("behaviour", "said"),
    [
        ('sys.stderr.write("Failed to open normal output file\\n"); sys.exit(1)', "Failed to open normal output"),
        ("sys.exit(0)", "it wrote no whole report"),
        ('print("<nmaprun><host>")', "it wrote no whole report"),
        ('print("<nmaprun></nmaprun>")', "it wrote no whole report"),
        ('print("<!DOCTYPE nmaprun [<!ENTITY a \\"b\\">]><nmaprun></nmaprun>")', "the report declares entities"),
    ],
)
async def test_a_run_that_fails_is_a_problem_of_its_hosts(behaviour: str, said: str, tmp_path: Path) -> None:
    program = script(
        tmp_path / "nmap", f'import sys\nif "-V" in sys.argv:\n    {VERSION_LINE}\n    sys.exit()\n{behaviour}\n'
    )
    found = await swept(NmapEngine(profile(), program=program), ["127.0.7.1", "127.0.7.2"], [80])
    assert len(found) == 2
    assert all((host.problem or "").startswith(f"nmap failed: {said}") for host in found.values())


async def test_a_host_that_is_left_out_is_a_problem(tmp_path: Path) -> None:
    report = (
        '<nmaprun args=\\"x\\"><host><status state=\\"up\\"/><address addr=\\"127.0.7.2\\" addrtype=\\"ipv4\\"/>'
        '<ports></ports></host><runstats><finished/><hosts/></runstats></nmaprun>'
    )  # fmt: skip
    program = script(
        tmp_path / "nmap", f'import sys\nif "-V" in sys.argv:\n    {VERSION_LINE}\nelse:\n    print("{report}")\n'
    )
    found = await swept(NmapEngine(profile(), program=program), ["127.0.7.1", "127.0.7.2"], [80])
    assert found["127.0.7.1"].problem == "nmap did not report this host"
    assert found["127.0.7.2"].problem is None


def test_a_missing_program_is_told_with_the_way_to_get_it(tmp_path: Path) -> None:
    with pytest.raises(NmapMissing, match="apt-get install nmap"):
        NmapEngine(profile(), program="no-such-nmap")
    other = script(tmp_path / "nmap", 'print("something else")')
    with pytest.raises(NmapMissing, match="does not answer as nmap does"):
        NmapEngine(profile(), program=other)


def test_a_missing_package_is_told_with_the_way_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    assert shutil.which("nmap"), "the tests of this engine need nmap: apt-get install nmap"
    monkeypatch.setitem(sys.modules, "nmap", None)
    with pytest.raises(NmapMissing, match="pip install python-nmap"):
        NmapEngine(profile())
