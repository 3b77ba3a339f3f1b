from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from coverscan.cli import VERBS
from coverscan.exit_codes import ExitCode

HIKVISION = {"v": 1, "id": "a", "source": "t", "port": 80, "fields": {"http.server": "DNVRS-Webs"}}
BANNER = {
    "ip_str": "192.168.7.9",
    "port": 80,
    "transport": "tcp",
    "timestamp": "2026-11-01T10:00:00.000000",
    "data": "HTTP/1.1 200 OK\r\nServer: DNVRS-Webs\r\n\r\n",
    "http": {"server": "DNVRS-Webs", "title": "index", "status": 200},
    "_shodan": {"module": "http", "id": "x", "crawler": "y", "options": {}, "ptr": True},
    "location": {"country_code": "US"},
}


def test_help_names_every_verb_and_the_exit_codes(coverscan) -> None:  # type: ignore[no-untyped-def]
    result = coverscan("--help")
    assert result.returncode == ExitCode.DONE
    for verb in VERBS:
        assert f"\n  {verb}" in result.stdout
    for code in ExitCode:
        assert str(int(code)) in result.stdout


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_has_help_with_an_example(verb: str, coverscan) -> None:  # type: ignore[no-untyped-def]
    result = coverscan(verb, "--help")
    assert result.returncode == ExitCode.DONE, result.stderr
    assert f"  coverscan {verb}" in result.stdout


def test_help_does_not_import_what_only_one_verb_needs() -> None:
    import subprocess
    import sys

    heavy = ("scapy", "nmap", "shodan", "sqlalchemy", "jinja2", "yaml")
    script = f"import sys, coverscan.cli; print([m for m in {heavy!r} if m in sys.modules])"
    assert subprocess.check_output([sys.executable, "-c", script], text=True).strip() == "[]"


def test_a_public_target_is_refused_before_anything_is_sent(coverscan, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    result = coverscan("scan", "192.168.1.0/30", "8.8.8.8")
    assert result.returncode == ExitCode.REFUSED_BY_SCOPE
    assert "8.8.8.8 is not private and not authorized" in result.stderr
    assert "--authorization" in result.stderr
    assert not (tmp_path / "data").exists()


def test_an_expired_authorization_refuses_too(coverscan, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    file = tmp_path / "authorization.toml"
    file.write_text('who = "Jane Doe"\nranges = ["8.8.8.0/24"]\nvalid_to = 2020-01-01\n', "utf-8")
    result = coverscan("scan", "8.8.8.8", "--authorization", str(file))
    assert result.returncode == ExitCode.REFUSED_BY_SCOPE
    assert "Jane Doe" in result.stderr


@pytest.mark.parametrize(
    ("arguments", "part"),
    [
        (("scan",), "TARGET"),
        (("scan", "192.168.1.300"), "192.168.1.300"),
        (("scan", "127.0.0.1", "--ports", "http"), "--ports"),
        (("scan", "127.0.0.1", "--operator", "federal_agancy"), "federal_agency"),
        (("scan", "127.0.0.1", "--as-of", "yesterday"), "--as-of"),
        (("scan", "--resume", "127.0.0.1"), "--resume"),
        (("fly",), "fly"),
    ],
)
def test_wrong_usage_says_what_is_wrong(arguments: tuple[str, ...], part: str, coverscan) -> None:  # type: ignore[no-untyped-def]
    result = coverscan(*arguments)
    assert result.returncode == ExitCode.WRONG_USAGE, result.stderr
    assert part in result.stderr
    assert "Traceback" not in result.stderr


@pytest.mark.parametrize(
    "arguments", [("report",), ("scans",), ("scan", "--resume"), ("report", "--from", "no.json")]
)
def test_without_an_inventory_there_is_a_sentence_that_helps(arguments: tuple[str, ...], coverscan) -> None:  # type: ignore[no-untyped-def]
    result = coverscan(*arguments)
    assert result.returncode == ExitCode.INPUT_UNUSABLE
    assert result.stderr.startswith("Error: ")
    assert "Traceback" not in result.stderr


def test_identify_gives_one_line_for_each_line_in_order(coverscan) -> None:  # type: ignore[no-untyped-def]
    lines = [json.dumps(HIKVISION), "{broken", json.dumps({**HIKVISION, "id": "c", "fields": {}})]
    result = coverscan("identify", "--json", stdin="\n".join(lines) + "\n")
    assert result.returncode == ExitCode.INCOMPLETE
    assert "standard input, line 2" in result.stderr
    out = [json.loads(line) for line in result.stdout.splitlines()]
    assert [(line["id"], line["manufacturer"], line["covered"]) for line in out] == [
        ("a", "Hikvision", "yes"),
        (None, None, "unknown"),
        ("c", None, "unknown"),
    ]


def test_identify_explains_itself(coverscan) -> None:  # type: ignore[no-untyped-def]
    result = coverscan("identify", "--explain", stdin=json.dumps(HIKVISION))
    assert result.returncode == ExitCode.DONE
    assert "because" in result.stdout
    assert "DNVRS-Webs" in result.stdout


def test_import_report_and_reading_the_report_again(coverscan, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    download = tmp_path / "download.json.gz"
    download.write_bytes(gzip.compress((json.dumps(BANNER) + "\n").encode()))
    assert coverscan("import", str(download), "--db", "my.db").returncode == ExitCode.DONE
    result = coverscan("report", "--db", "my.db", "--output", "out", "--operator", "federal_agency")
    assert result.returncode == ExitCode.DONE, result.stderr
    document = json.loads((tmp_path / "out" / "report.json").read_text("utf-8"))
    assert [device["manufacturer"] for device in document["devices"]] == ["Hikvision"]
    assert document["devices"][0]["covered"] == "yes"
    assert {row["operator"] for row in document["devices"][0]["determinations"]} == {"federal_agency"}
    assert len((tmp_path / "out" / "report.csv").read_text("utf-8").splitlines()) == 2
    again = coverscan("report", "--from", "out/report.json", "--json")
    assert json.loads(again.stdout)["devices"] == document["devices"]


def test_a_half_written_file_keeps_its_good_lines_and_names_the_bad_one(coverscan, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    download = tmp_path / "half.json"
    download.write_text(json.dumps(BANNER) + "\n" + json.dumps(BANNER)[:100], "utf-8")
    result = coverscan("import", str(download), "--db", "my.db")
    assert result.returncode == ExitCode.INCOMPLETE
    assert "half.json, line 2" in result.stderr
    assert "1 observations" in result.stderr


@pytest.mark.parametrize("content", [b"", b"hello\n", b"\x1f\x8b\x08garbage", b"%PDF-1.7\n", b"PK\x03\x04"])
def test_a_file_of_another_kind_is_unusable_and_named(content: bytes, coverscan, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    file = tmp_path / "other.bin"
    file.write_bytes(content)
    result = coverscan("import", str(file), "--db", "my.db")
    assert result.returncode == ExitCode.INPUT_UNUSABLE
    assert "other.bin" in result.stderr
    assert "Traceback" not in result.stderr


def test_a_dry_run_says_what_it_understood_and_keeps_nothing(coverscan, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    download = tmp_path / "d.json"
    download.write_text(json.dumps(BANNER) + "\n", "utf-8")
    result = coverscan("import", "--dry-run", "--json", str(download), "--db", "my.db")
    (row,) = json.loads(result.stdout)
    assert (row["format"], row["observations"], row["errors"]) == ("shodan", 1, [])
    assert row["addresses"] == ["192.168.7.9"]
    assert not (tmp_path / "my.db").exists()


def test_config_show_tells_where_values_come_from(coverscan, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    (tmp_path / "coverscan.toml").write_text('[operator]\nstate = "TX"\n', "utf-8")
    shown = json.loads(coverscan("config", "show", "--json", COVERSCAN_USE="school_safety").stdout)["settings"]
    assert shown["state"] == {"value": "TX", "from": "coverscan.toml"}
    assert shown["use"] == {"value": "school_safety", "from": "environment COVERSCAN_USE"}


def test_coverage_ask_shows_rule_source_and_date(coverscan) -> None:  # type: ignore[no-untyped-def]
    result = coverscan("coverage", "ask", "hikvision", "--operator", "federal_agency", "--json")
    rows = json.loads(result.stdout)
    assert {"FCC_EA", "S889_A", "S889_B"} <= {row["regime"] for row in rows}
    assert all(row["cite"] and row["rule"] and row["last_verified"] for row in rows)


def test_an_unwritable_output_is_one_clear_line(coverscan, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    download = tmp_path / "d.json"
    download.write_text(json.dumps(BANNER) + "\n", "utf-8")
    (tmp_path / "out").write_text("a file, not a folder", "utf-8")
    result = coverscan("import", str(download), "--db", "my.db", "--output", "out/deep")
    assert result.returncode == ExitCode.FAILED
    assert "cannot write" in result.stderr
    assert "Traceback" not in result.stderr
