from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

from fingerprints.observation import Observation

RECOG = """<?xml version="1.0"?>
<fingerprints matches="http_header.server" protocol="http">
  <fingerprint pattern="^AcmeWeb/([0-9.]+)$" flags="REG_ICASE">
    <description>Acme &amp; Sons</description>
    <example>AcmeWeb/1.0</example>
    <param pos="0" name="hw.vendor" value="Acme"/>
    <param pos="0" name="hw.device" value="IP Camera"/>
    <param pos="1" name="hw.model"/>
  </fingerprint>
  <fingerprint pattern="(unclosed"><param pos="0" name="hw.vendor" value="X"/></fingerprint>
</fingerprints>
"""

NMAP = r"""
# a comment
match http m|^HTTP/1\.[01] \d\d\d .*\r\nServer: AcmeWeb/([\d.]+)\r\n|s p/Acme camera httpd/ v/$1/ d/webcam/ cpe:/h:acme:cam/
match ftp m=^220 ([\w-]+) FTP= p/Borealis $1/ i|with/slash|
softmatch ftp m/^220 /
match ftp m|(unclosed| p/X/
"""


@pytest.fixture(scope="module")
def peers() -> ModuleType:
    """The script, which is no package."""
    path = Path(__file__).parents[2] / "benchmarks" / "peer_databases.py"
    spec = importlib.util.spec_from_file_location("peer_databases_for_tests", path)
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def test_recog(peers: ModuleType, tmp_path: Path) -> None:
    (tmp_path / "xml").mkdir()
    (tmp_path / "xml" / "http_servers.xml").write_text(RECOG)
    database = peers.read_recog(tmp_path)
    assert database.left_out == 1
    said = peers.recog_says(database, Observation(source="t", fields={"http.server": "acmeweb/2.5"}))
    assert said == peers.Said("Acme", "2.5", "IP Camera")
    other = Observation(source="t", fields={"http.server": "nginx", "http.title": "AcmeWeb/2.5"})
    assert peers.recog_says(database, other) == peers.Said()


def test_nmap(peers: ModuleType, tmp_path: Path) -> None:
    path = tmp_path / "nmap-service-probes"
    path.write_text(NMAP)
    database = peers.read_nmap(path)
    assert database.left_out == 1
    web = Observation(source="t", fields={"http.server": "AcmeWeb/1.2", "http.status": "401", "http.title": "x"})
    assert peers.nmap_says(database, web) == peers.Said("acme", None, "webcam")
    headers = ("HTTP/1.1 200 OK", "Server: AcmeWeb/1.2", "Date: x")
    assert peers.nmap_says(database, Observation(source="t", fields={"http.headers": headers})).device == "webcam"
    ftp = Observation(source="t", fields={"ftp.banner": "220 NVR-7 FTP server"})
    assert peers.nmap_says(database, ftp) == peers.Said("Borealis")
    assert peers.nmap_says(database, Observation(source="t")) == peers.Said()


def test_nmaps_parts(peers: ModuleType, tmp_path: Path) -> None:
    path = tmp_path / "nmap-service-probes"
    path.write_text(NMAP)
    (pattern,) = peers.read_nmap(path).patterns["ftp"]
    assert dict(pattern.parts) == {"p": "Borealis $1", "i": "with/slash"}


def test_a_pattern_that_explodes_counts_as_no_match(peers: ModuleType, tmp_path: Path) -> None:
    path = tmp_path / "nmap-service-probes"
    path.write_text("match ftp m|^(?:a+)+$| p/Never/\nmatch ftp m|^aaa| p/Borealis/\n")
    database = peers.read_nmap(path)
    assert peers.nmap_says(database, Observation(source="t", fields={"ftp.banner": "a" * 60 + "!"})).manufacturer
