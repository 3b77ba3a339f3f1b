"""A network of nothing but misbehaving servers, scanned for real: it costs bounded time and harms no output."""

from __future__ import annotations

import asyncio
import re
import threading
import time
import unicodedata
from collections.abc import Iterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from coverscan.commands.scan import ScanWish, decide, plan_new
from coverscan.demo.misbehaving import BEHAVIOURS, MisbehavingServer
from coverscan.knowledge import load_assessor
from coverscan.report_run import document_of
from coverscan.scan_plan import ScanResult
from coverscan.scan_run import run_scan
from inventory.store import Inventory
from reports.document import ReportDocument, Stakeholder
from reports.render_options import RenderOptions
from reports.renderer import RENDERERS
from reports.text_summary import summarize

pytestmark = pytest.mark.full
TCP = sorted(name for name, behaviour in BEHAVIOURS.items() if behaviour.transport == "tcp")
UDP_PORTS = {"sadp": 37020, "dhip": 37810, "ws-discovery": 3702}
STAKEHOLDER = Stakeholder(operators=("federal_agency",), as_of="2026-11-24", stated=True)


def udp_services() -> Iterator[tuple[str, str, int]]:
    """Each misbehaving discovery service on an address of its own, at the port of its protocol."""
    for number, name in enumerate(sorted(set(BEHAVIOURS) - set(TCP)), start=1):
        port = next((port for protocol, port in UDP_PORTS.items() if protocol in name), 37810)
        yield name, f"127.31.0.{number}", port


class Servers:
    """All misbehaving servers, in a thread of their own."""

    def __init__(self) -> None:
        self.targets: list[str] = []
        self._loop = asyncio.new_event_loop()
        self._stack = AsyncExitStack()

    async def _start(self) -> None:
        for name in TCP:
            server = await self._stack.enter_async_context(MisbehavingServer(name))
            self.targets.append(f"{server.address}:{server.port}")
        for name, address, port in udp_services():
            await self._stack.enter_async_context(MisbehavingServer(name, address, port))
            self.targets.append(address)

    def __enter__(self) -> Servers:
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        asyncio.run_coroutine_threadsafe(self._start(), self._loop).result(30)
        return self

    def __exit__(self, *_: object) -> None:
        asyncio.run_coroutine_threadsafe(self._stack.aclose(), self._loop).result(60)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()


@pytest.fixture(scope="module")
def scanned(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[ReportDocument, ScanResult, float, Path]]:
    file = tmp_path_factory.mktemp("hostile") / "hostile.db"
    with Servers() as servers, Inventory.open(file) as inventory:
        wish = ScanWish(targets=tuple(servers.targets), ports=(1,), profile="lan", thorough=True)
        assessor = load_assessor(STAKEHOLDER)
        started = time.monotonic()
        result = run_scan(plan_new(wish, decide(wish.targets, (), None)), inventory, assessor, quiet=True)
        elapsed = time.monotonic() - started
        yield document_of(inventory, result.scan_id, assessor), result, elapsed, file


def test_every_server_was_visited_and_the_scan_came_to_its_end(scanned) -> None:  # type: ignore[no-untyped-def]
    _, result, elapsed, _ = scanned
    assert result.complete
    assert not result.interrupted
    # Each unit is bounded by the profile's 30 s of waiting; they are worked on side by side.
    assert elapsed < 120


def test_what_was_kept_is_bounded(scanned) -> None:  # type: ignore[no-untyped-def]
    _, result, _, file = scanned
    with Inventory.open(file, create=False) as inventory:
        sizes: dict[str, int] = {}
        for observation in inventory.observations(result.scan_id):
            key = observation.target or observation.ip or ""
            sizes[key] = sizes.get(key, 0) + sum(len(str(value)) for value in observation.fields.values())
    assert sizes
    kept = "".join(str(observation.fields) for observation in inventory.observations(result.scan_id))
    assert "harmed" in kept, "the hostile texts must have come this far, else the next tests say nothing"
    assert max(sizes.values()) < 1 << 20


def test_nothing_hostile_is_called_covered(scanned) -> None:  # type: ignore[no-untyped-def]
    document = scanned[0]
    # Servers that speak SADP or DHIP claim the maker by the protocol itself; the others must not.
    claimed = {target for name, target, _ in udp_services() if "sadp" in name or "dhip" in name or "json" in name}
    claimed |= {
        target for name, target, _ in udp_services() if "xml" in name or "impostor" in name or "flood" in name
    }
    covered = {device.address for device in document.devices if device.covered in ("yes", "possible")}
    assert covered <= claimed


def test_no_output_carries_what_could_act(scanned) -> None:  # type: ignore[no-untyped-def]
    document = scanned[0]
    rendered = {one.name: one.render(document, RenderOptions()).decode() for one in RENDERERS}
    rendered["text"] = summarize(document)
    for name, text in rendered.items():
        bad = {c for c in text if unicodedata.category(c) in ("Cc", "Cf", "Cs") and c not in "\n\r\t\ufeff"}
        assert not bad, (name, bad)
    assert "harmed</script>" not in rendered["html"].replace("&lt;", "")
    assert not re.search(r'(?:^|[,\n"])[=+@]', re.sub(r"'[=+@-]", "'", rendered["csv"]))
    assert "<script>document.title" not in rendered["html"]
    assert rendered["html"].count("<script") == rendered["html"].count("</script>")
