# ruff: noqa: E501 (samples stand as the tools write them)
from __future__ import annotations

import gzip
import hashlib
import io
import json
import os
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from fingerprints.observation import Observation
from scanner.sources.reading import BadLine
from scanner.sources.recognise import READERS, open_source, recognise

Write = Callable[..., Path]
BANNER = b'{"ip_str": "192.0.2.1", "port": 80, "transport": "tcp", "data": "", "_shodan": {"module": "http"}}\n'
OBSERVATION = b'{"v": 1, "source": "me", "ip": "192.0.2.1", "fields": {"http.server": "x"}}\n'

SAMPLES = {
    "coverscan-observations": [OBSERVATION, b'{"fields": {}, "source": "x"}', b"[" + OBSERVATION.strip() + b"]"],
    "shodan": [
        BANNER,
        b"[" + BANNER.strip() + b"]",
        b'{"ip": 3221225985, "port": 80, "data": "x"}',
        b'{"matches": [], "total": 0}',
        b'{"ip_str": "192.0.2.1", "ports": [80], "data": []}',
        b'{\n  "ip_str": "192.0.2.1",\n  "ports": [\n    80\n  ],\n  "data": []\n}',
        b'broken first line\n{"broken\n' + BANNER,
        b'{"hash": 1, "http": {"html": "' + b"x" * 90_000 + b'"}, "_shodan": {}, "ip_str": "192.0.2.1"}\n',
    ],
    "nmap-xml": [
        b"<?xml version='1.0'?>\n<!-- Nmap -->\n<nmaprun args='x'>\n<script output='&lt;NessusClientData_v2>'/>",
        b'<?xml version="1.0"?>\n<!DOCTYPE nmaprun>\n<nmaprun scanner="nmap" args="nmap">'],
    "masscan-xml": [b'<?xml version="1.0"?>\r\n<nmaprun scanner="masscan" start="1">'],
    "masscan-json": [
        b'[\n{ ip: "192.0.2.10", timestamp: "1785522037", ports: [ {port: 80} ] },\n' ,
        b'[\n{   "ip": "192.0.2.10",   "timestamp": "1785522037", "ports": [ {"port": 80} ] }\n,\n'],
    "masscan-ndjson": [b'{"ip":"192.0.2.10","timestamp":"1","port":80,"rec_type":"status","data":{}}'],
    "masscan-list": [b"#masscan\nopen tcp 80 192.0.2.10 1785522037\n"],
    "zgrab2": [
        b'{"ip":"192.0.2.10","data":{"http":{"status":"success"}}}',
        b'{"domain":"a.example","data":{"tls":{}}}',
    ],
    "censys": [
        b'{"host":{"ip":"192.0.2.1"}}' ,
        b'{"code":200,"status":"OK","result":{}}',
        b'{"ip":"192.0.2.10","services":[]}',
        b'{"host_v1":{"resource":{}}}',
    ],
    "zmap-csv": [
        b"192.0.2.10\n",
        b'{"saddr":"192.0.2.1","sport":80}' ,
        b"saddr,sport,classification\n192.0.2.10,80,synack\n", b"192.0.2.10\n192.0.2.11\n"],
    "nessus": [
        b'Plugin ID,CVE,Risk,Host,Protocol,Port,Name\n' ,
        b'<?xml version="1.0" ?>\n<NessusClientData_v2>\n'],
    "gvm-xml": [b'<report id="1" format_id="2" extension="xml">', b'<get_reports_response status="200">'],
    "nexpose-xml": [b'<NexposeReport version="2.0">'],
    "qualys-csv": [b'"Asset Vuln Datalist Report","04 Feb 2026 10:00AM GMT-0500","1"\n'],
    "runzero": [
        b"id,addresses,macs,hw,service_ports_tcp\n",
        b'{"service_address":"192.0.2.1","service_transport":"tcp"}' ,
        b'{"id":"1","organization_id":"2","addresses":["192.0.2.1"]}'],
    "zeek-tsv": [b"#separator \\x09\n#path\thttp\n"],
    "zeek-json": [
        b'{"ts":1,"uids":["C"],"mac":"44:19:b6:01:02:03"}',
        b'{"ts":1,"host":"192.0.2.1","port_num":80}' ,
        b'{"ts":1,"uid":"C1","id.orig_h":"192.0.2.1"}'],
    "suricata": [b'{"timestamp":"x","flow_id":1,"event_type":"http","src_ip":"192.0.2.1"}'],
    "pcap": [b"\xd4\xc3\xb2\xa1\x02\0\x04\0", b"\x0a\x0d\x0d\x0a\x1c\0\0\0"],
    "isc-dhcpd": [
        b'ia-na "x" {\n  iaaddr 2001:db8::1 {\n' ,
        b"# comment\nlease 192.0.2.10 {\n  starts 2 2013/12/10 12:57:04;\n"],
    "kea-csv": [b"address,hwaddr,client_id,valid_lifetime,expire\n"],
    "dnsmasq": [
        b"0 44:19:b6:01:02:03 192.0.2.10 * *\n" ,
        b"1785960000 44:19:b6:01:02:03 192.0.2.10 cam1 01:44:19:b6:01:02:03\n"],
    "windows-dhcp": [
        b"HostName;IPAddress;LeaseExpiryTime\n" ,
        b'"IPAddress","ScopeId","AddressState"\n',
        b"#TYPE Microsoft.Management.Infrastructure.CimInstance#root/Microsoft/Windows/DHCP",
    ],
    "arp": [
        b"$ arp -an\nhost (192.0.2.1) at 0:c:29:1:2:3 on en0 ifscope [ethernet]\n",
        b"Interface : 192.0.2.5 --- 0x3\n  192.0.2.10            44-19-b6-01-02-03     dynamique\n",
        b"Protocol  Address          Age (min)  Hardware Addr   Type   Interface\nInternet  192.0.2.1       -   4419.b601.0203  ARPA   Vlan1\n",
        b"Address                  HWtype  HWaddress           Flags Mask            Iface\n192.0.2.1   ether   44:19:b6:01:02:03   C   eth0\n",
        b"Interface: eth0, type: EN10MB\n192.0.2.1\t44:19:b6:01:02:03\tMaker\n",
        b'[{"dst":"192.0.2.1","dev":"eth0","lladdr":"44:19:b6:01:02:03"}]',
        b"2001:db8::1 dev eth0 lladdr 44:19:b6:01:02:03 STALE\n" ,
        b"? (192.0.2.197) at 00:04:4b:cc:9c:ba [ether] on eth1\n",
        b"192.0.2.1 dev eth0 lladdr 00:04:4b:00:00:01 STALE",
    ],
    "mac-table": [
        b" Status and Counters - Port Address Table\n\n  MAC Address       Port\n",
        b"MAC Address       VLAN     Type                      Port\n",
        b"Destination Address  Address Type  VLAN  Destination Port\n",
        b"Vlan100             44:19:b6:01:02:03   DL            -   ae1.0\n",
        b"4419-b601-0203 1 Learned Bridge-Aggregation1 AGING\n" ,
        b"          Mac Address Table\n-------\n"],
    "inventory-csv": [
        b"Cameras of the plant\n\nName;IP;Model\nx;192.0.2.1;y\n" ,
        b"Name,IP Address,Model\ncam1,192.0.2.1,X\n", b"asset;serial;location\n"],
    "inventory-xlsx": [b"PK\x03\x04\x14\0\0\0\x08\0" + b"\0" * 40 + b"xl/workbook.xml"],
}  # fmt: skip
CASES = [(name, sample) for name, samples in SAMPLES.items() for sample in samples]


@pytest.mark.parametrize(("name", "sample"), CASES)
def test_formats_are_known_by_their_content(name: str, sample: bytes, as_file: Write) -> None:
    assert recognise(sample) == name
    for stored in (sample, gzip.compress(sample), b"\xef\xbb\xbf" + sample if name != "pcap" else sample):
        reading = open_source(as_file(stored, "backup.json.gz"))
        items = list(reading)
        assert reading.format == name
        assert reading.readable == (name in READERS)
        if not reading.readable:
            (bad,) = items
            assert isinstance(bad, BadLine)
            assert f"this is {name}, which is not readable in this version" in bad.reason


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "the file is empty"),
        (b"\n \r\n", "the file is empty"),
        (b"\xef\xbb\xbf", "the file is empty"),
        (gzip.compress(b"", mtime=0), "the file is empty"),
        (b"hello world\n", "line 1: the text is of no known format"),
        (b'{"hello": "world"}\n', "line 1: the text is of no known format"),
        (b"<html></html>", "line 1: the text is of no known format"),
        (bytes(range(256)) * 4, "binary data of an unknown kind"),
        (b"\x1f\x8b\x08\x00", "the compressed data ends too early"),
        (b"\x1f\x8bnonsense", "foreign bytes"),
    ],
)
def test_what_nobody_knows_is_said(content: bytes, reason: str, as_file: Write) -> None:
    path = as_file(content)
    reading = open_source(path)
    (bad,) = list(reading)
    assert isinstance(bad, BadLine)
    assert reason in str(bad)
    assert str(bad).startswith(str(path))
    assert (reading.format, reading.readable, reading.error_count) == (None, False, 1)


def test_files_that_cannot_be_opened(tmp_path: Path) -> None:
    for path, reason in ((tmp_path / "missing", "No such file"), (tmp_path, "directory")):
        (bad,) = list(open_source(path))
        assert isinstance(bad, BadLine)
        assert reason in bad.reason


def test_reading_that_fails_half_way_keeps_what_was_read() -> None:
    class Failing(io.BytesIO):
        def read1(self, size: int | None = -1, /) -> bytes:
            piece = super().read1(size)
            if not piece:
                raise OSError(5, "Input/output error")
            return piece

    reading = open_source(Path("disk"), Failing(BANNER * 3 + b"{" + b"\n" * 1_100_000))
    items = list(reading)
    assert sum(isinstance(item, Observation) for item in items) == 3
    assert "Input/output error" in str(items[-1])


def test_the_hash_is_of_the_file_as_it_lies_there(as_file: Write) -> None:
    for content in (gzip.compress(BANNER * 9), BANNER + b"{cut", b"[" + BANNER + b"]" + b" " * 300_000):
        reading = open_source(as_file(content))
        assert reading.sha256 is None
        list(reading)
        assert reading.sha256 == hashlib.sha256(content).hexdigest()
        assert reading.size == len(content)


def test_a_stream_is_read_and_left_open() -> None:
    stream = io.BytesIO(gzip.compress(OBSERVATION * 2))
    reading = open_source(Path("-"), stream)
    assert [item.ip for item in reading if isinstance(item, Observation)] == ["192.0.2.1"] * 2
    assert not stream.closed


def test_the_format_can_be_overruled(as_file: Write) -> None:
    line = json.dumps({"ip": "192.0.2.1", "data": {"x": {}}, "port": 80, "hash": 1}).encode()
    assert open_source(as_file(line)).format == "zgrab2"
    reading = open_source(as_file(line), format="shodan")
    assert len(list(reading)) == reading.observations == 1


def test_errors_are_kept_to_a_thousand_and_counted_beyond(as_file: Write) -> None:
    reading = open_source(as_file(BANNER + b"x\n" * 3_000))
    list(reading)
    assert (reading.error_count, len(reading.errors)) == (3_000, 1_000)


def test_files_that_wait_for_their_turn_are_not_held_open(as_file: Write) -> None:
    path = as_file(BANNER)
    before = len(list(Path("/proc/self/fd").iterdir()))
    waiting = [open_source(path) for _ in range(50)]
    assert len(list(Path("/proc/self/fd").iterdir())) <= before + 1
    assert [len(list(reading)) for reading in waiting] == [1] * 50


def test_a_file_that_vanishes_before_its_turn(as_file: Write) -> None:
    path = as_file(BANNER)
    reading = open_source(path)
    path.unlink()
    (bad,) = list(reading)
    assert "No such file" in str(bad)


def test_a_pipe_is_read_once(tmp_path: Path) -> None:
    path = tmp_path / "pipe"
    os.mkfifo(path)
    packed = gzip.compress(BANNER * 4)
    writer = threading.Thread(target=lambda: path.write_bytes(packed))
    writer.start()
    reading = open_source(path)
    assert len(list(reading)) == 4
    writer.join()
    assert reading.sha256 == hashlib.sha256(packed).hexdigest()
