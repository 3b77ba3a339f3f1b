"""``coverscan explain`` on inventories of its own: the device's story, or why there is none."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from coverscan.commands.explain import command
from coverscan.exit_codes import ExitCode
from fingerprints.observation import Observation, bounded_fields
from inventory.manifest import Manifest
from inventory.store import Inventory
from scanner.sources.observation_lines import observation_line

HOSTILE = "Evil\x1b[2J\u202e" + "x" * 500
HOST = {"closed": 0, "silent": 0, "problem": None, "finished_at": "2026-11-25T00:00:00Z"}

Explain = Callable[..., Result]


def _seen(ip: str, port: int, fields: dict[str, object], **endpoint: Any) -> dict[str, object]:
    observation = Observation(
        source="scan", ip=ip, port=port, transport="tcp", fields=bounded_fields(fields), **endpoint
    )
    return {"ip": ip, "port": port, "document": observation_line(observation).decode()}


def _attempt(ip: str, port: int, probe: str, status: str, detail: str = "") -> dict[str, object]:
    return {
        "ip": ip,
        "port": port,
        "probe": probe,
        "status": status,
        "detail": detail,
        "bytes_read": 0,
        "at": "2026-11-25T00:00:00Z",
    }


def _host(unit: str, open_ports: str = "[]", **values: object) -> dict[str, object]:
    return {**HOST, "unit": unit, "open_ports": open_ports, **values}


@pytest.fixture
def database(tmp_path: Path) -> Path:
    path = tmp_path / "inventory.db"
    with Inventory.open(path) as inventory:
        first = inventory.begin_scan(Manifest(kind="scan", version="1", targets=("198.51.100.0/24",), units=254))
        inventory.write(
            first,
            {
                "host": [_host("198.51.100.1", "[80]")],
                "observation": [
                    _seen("198.51.100.1", 80, {"http.server": "DNVRS-Webs"}, hostname="old-recorder"),
                ],
            },
        )
        inventory.finish_scan(first, "complete", {})
        scan = inventory.begin_scan(
            Manifest(
                kind="scan",
                version="1",
                targets=("192.0.2.0/24", "camera.invalid"),
                exclusions=("192.0.2.9",),
                units=254,
            )
        )
        inventory.write(
            scan,
            {
                "host": [
                    _host("192.0.2.1", "[80, 554, 8000]", closed=5),
                    _host("192.0.2.2", closed=7),
                    _host("192.0.2.3", silent=12),
                    _host("192.0.2.4", problem="no route to host"),
                    _host("192.0.2.5", "[23]"),
                ],
                "observation": [
                    _seen(
                        "192.0.2.1", 80, {"http.server": "DNVRS-Webs"}, mac="44:19:b6:00:00:01", hostname="gate"
                    ),
                    _seen("192.0.2.1", 554, {"rtsp.server": HOSTILE}),
                    _seen("192.0.2.6", 80, {"http.server": "Boa/0.94.13"}),
                    _seen("192.0.2.7", 80, {"http.server": "DNVRS-Webs"}, mac="e0:a7:00:00:00:01"),
                    _seen("192.0.2.8", 8081, {"http.server": "DNVRS-Webs"}),
                ],
                "attempt": [
                    _attempt("192.0.2.1", 80, "http", "success"),
                    _attempt("192.0.2.1", 554, "rtsp", "timed-out", "no reply" + HOSTILE),
                    _attempt("192.0.2.5", 23, "telnet", "closed"),
                ],
            },
        )
    return path


@pytest.fixture
def explain(database: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Explain:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.setenv("HOME", str(tmp_path))

    def run(*arguments: str) -> Result:
        return CliRunner().invoke(command, [*arguments, "--db", str(database), "--quiet"])

    return run


def test_the_story_of_a_device(explain: Explain) -> None:
    result = explain("192.0.2.1", "--operator", "federal_agency", "--as-of", "2026-11-25")
    assert result.exit_code == ExitCode.DONE, result.output
    text = result.output
    for part in (
        "192.0.2.1: Hikvision recorder",
        "Covered: ",
        "MAC 44:19:b6:00:00:01, block of Hangzhou Hikvision",
        "host name gate",
        "http.server at 192.0.2.1:80: DNVRS-Webs",
        "family http-server",
        "Against it\n  Nothing speaks against it.",
        "How sure",
        "+ http-server: ",
        "What would settle it",
        "Federal agency:",
        "- buy: conditional since 2019-08-13 (S889_A)",
        "It hangs on this:",
        "not legal advice",
        "- rtsp on port 554: timed out: no reply",
        "no probe got anything out of it: port 554",
        "not asked, because enough was known by then: port 8000",
    ):
        assert part in " ".join(text.split()) or part in text, part


def test_text_fits_80_columns_and_is_safe_for_a_terminal(explain: Explain) -> None:
    for arguments in (("192.0.2.1", "--all"), ("192.0.2.1",), ("192.0.2.3",), ("192.0.2.250",), ("192.0.2.7",)):
        text = explain(*arguments).output
        assert max(map(len, text.splitlines())) <= 80
        assert "\x1b" not in text
        assert "\u202e" not in text
        assert all(line == line.rstrip() for line in text.splitlines())


def test_a_contradiction_and_what_would_settle_it(explain: Explain) -> None:
    text = " ".join(explain("192.0.2.7").output.split())
    assert "Against it - signs of" in text
    assert "- oui: " in text
    assert "Look whether two devices share the address" in text


def test_an_unknown_maker_says_so(explain: Explain) -> None:
    text = explain("192.0.2.6").output
    assert "no maker is named" in text or "Maker unknown" in text
    assert "Read maker and model from the label" in text


@pytest.mark.parametrize(
    ("address", "finding", "part"),
    [
        ("192.0.2.2", "refused", "no port is open"),
        ("192.0.2.3", "silent", "nothing answered"),
        ("192.0.2.4", "failed", "no route to host"),
        ("192.0.2.5", "nothing-told", "telnet on port 23: closed"),
        ("192.0.2.9", "excluded", "left it out"),
        ("192.0.2.77", "not-finished", "still running, or was interrupted"),
        ("203.0.113.5", "not-covered", "Its targets were: 192.0.2.0/24"),
        ("2001:db8::5", "not-covered", "not looked at"),
    ],
)
def test_an_address_without_a_device(explain: Explain, address: str, finding: str, part: str) -> None:
    result = explain(address)
    assert result.exit_code == ExitCode.DONE, result.output
    assert part in " ".join(result.output.split())
    assert json.loads(explain(address, "--json").output)["finding"] == finding


def test_an_address_of_an_earlier_scan_is_found_there(explain: Explain) -> None:
    found = json.loads(explain("198.51.100.1", "--json").output)
    assert (found["scan"], found["latest"], found["finding"]) == (1, 2, "devices")
    assert "scan 1, the newest is 2" in " ".join(explain("198.51.100.1").output.split())
    assert json.loads(explain("192.0.2.1", "--scan", "1", "--json").output)["finding"] == "not-covered"


@pytest.mark.parametrize("name", ["44-19-B6-00-00-01", "4419.b600.0001", "GATE", "192.0.2.1:80", "[192.0.2.1]:80"])
def test_a_device_by_another_name(explain: Explain, name: str) -> None:
    found = json.loads(explain(name, "--json").output)
    assert [device["device"]["address"] for device in found["devices"]] == ["192.0.2.1"]


def test_a_port_where_nothing_was_seen(explain: Explain) -> None:
    assert json.loads(explain("192.0.2.1:9999", "--json").output)["devices"] == []


def test_a_name_that_nothing_has(explain: Explain) -> None:
    result = explain("front-door")
    assert result.exit_code == ExitCode.WRONG_USAGE
    assert "front-door: no address, and no device" in result.output


def test_a_scan_that_is_not_there(explain: Explain) -> None:
    assert explain("192.0.2.1", "--scan", "99").exit_code == ExitCode.INPUT_UNUSABLE


def test_the_json_is_versioned_and_whole(explain: Explain) -> None:
    found = json.loads(explain("192.0.2.1", "--json").output)
    assert found["v"] == 1
    (device,) = found["devices"]
    assert device["hardware"]["organisation"].startswith("Hangzhou Hikvision")
    assert device["steps"][-1]["confidence"] == pytest.approx(device["device"]["confidence"], abs=1e-3)
    assert [attempt["probe"] for attempt in device["without_result"]] == ["rtsp"]
    assert (device["silent_ports"], device["unasked_ports"]) == ([554], [8000])


def test_an_import_says_that_no_probe_was_sent(tmp_path: Path) -> None:
    path = tmp_path / "import.db"
    with Inventory.open(path) as inventory:
        scan = inventory.begin_scan(Manifest(kind="import", version="1"))
        inventory.write(scan, {"observation": [_seen("192.0.2.1", 80, {"http.server": "DNVRS-Webs"})]})
    run = CliRunner().invoke(command, ["192.0.2.1", "--db", str(path), "--quiet"])
    assert "there were no probes (an import)" in " ".join(run.output.split())
    run = CliRunner().invoke(command, ["192.0.2.5", "--db", str(path), "--quiet"])
    assert "import 1" in run.output
    assert "not looked at" in run.output
