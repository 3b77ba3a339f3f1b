"""What earlier versions wrote must open in this one: inventory, report document, observation lines."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from coverscan.knowledge import load_assessor
from coverscan.report_run import document_of
from fingerprints.observation import Observation
from inventory.schema_version import newest_revision
from inventory.store import Inventory
from reports.document import Stakeholder
from reports.json_document import read_document
from reports.render_options import RenderOptions
from reports.renderer import RENDERERS
from scanner.sources.recognise import open_source

VERSIONS = sorted((Path(__file__).parent / "fixtures").glob("v*"))
_DEVICES = {
    "127.20.0.12": ("Hikvision", "Hikvision", "yes"),
    "127.20.0.17": ("Hikvision", "LTS", "yes"),
    "127.20.0.24": ("Dahua", "Amcrest", "yes"),
    "127.20.0.31": ("Axis", "Axis", "no"),
}
KNOWN = {"v0.1": _DEVICES, "v0.2": _DEVICES, "v0.3": _DEVICES}
version_folders = pytest.mark.parametrize("folder", VERSIONS, ids=lambda folder: folder.name)


def test_there_is_a_fixture_of_every_released_version() -> None:
    assert {folder.name for folder in VERSIONS} == set(KNOWN)


@version_folders
def test_its_inventory_opens_is_brought_up_to_date_and_gives_the_same_devices(
    folder: Path, tmp_path: Path
) -> None:
    file = tmp_path / "old.db"
    with sqlite3.connect(file) as connection:
        connection.executescript((folder / "inventory.sql").read_text("utf-8"))
    assessor = load_assessor(Stakeholder(operators=("federal_agency",), as_of="2026-11-24", stated=True))
    with Inventory.open(file, create=False) as inventory:
        document = document_of(inventory, inventory.scan().id, assessor)
        assert inventory.scan().manifest.operator_name == "Jane Doe"
    with sqlite3.connect(file) as connection:
        assert connection.execute("select version_num from alembic_version").fetchall() == [(newest_revision(),)]
    found = {device.address: (device.manufacturer, device.brand, device.covered) for device in document.devices}
    assert found == KNOWN[folder.name]


@version_folders
def test_its_report_document_loads_and_is_rendered_by_every_renderer(folder: Path) -> None:
    document = read_document((folder / "report.json").read_bytes())
    assert {device.address for device in document.devices} == set(KNOWN[folder.name])
    for renderer in RENDERERS:
        assert b"127.20.0.31" in renderer.render(document, RenderOptions())


@version_folders
def test_its_observation_lines_are_read(folder: Path) -> None:
    reading = open_source(folder / "observations.jsonl")
    observations = [item for item in reading if isinstance(item, Observation)]
    assert reading.format == "coverscan-observations"
    assert reading.error_count == 0
    assert {observation.ip for observation in observations} == set(KNOWN[folder.name])
