# ruff: noqa: E501 (samples stand as the tools write them)
from __future__ import annotations

import json
from collections.abc import Callable, Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fingerprints.observation import Observation
from scanner.sources.masscan import read_masscan_json, read_masscan_list, read_masscan_xml
from scanner.sources.reading import BadLine, Item

OPEN = b'{   "ip": "192.0.2.10",   "timestamp": "1785522037", "ports": [ {"port": 80, "proto": "tcp", "status": "open", "reason": "syn-ack", "ttl": 64} ] }'
BANNER = (
    b'{   "ip": "192.0.2.10",   "timestamp": "1785522038", "ports": [ {"port": 80, "proto": "tcp", "service": {"name": "http", '
    b'"banner": "HTTP/1.1 200 OK\\u000d\\u000aServer: App-webs/\\u000d\\u000a\\u000d\\u000a\\u003ctitle\\u003ecaf\\u00c3\\u00a9'
    b'\\u003c/title\\u003e"}} ] }'
)
TITLE = BANNER.replace(b'"http"', b'"title"').partition(b'"banner"')[0] + b'"banner": "NVR"}} ] }'
WHOLE = b"[\n" + OPEN + b"\n,\n" + BANNER + b"\n,\n" + TITLE + b"\n]\n"

Reader = Callable[..., Iterator[Item]]


def read(document: bytes, reader: Reader = read_masscan_json) -> list[Item]:
    return list(reader([document], "scan.out"))


def good(document: bytes, reader: Reader = read_masscan_json) -> list[Observation]:
    items = read(document, reader)
    assert not [item for item in items if isinstance(item, BadLine)]
    return [item for item in items if isinstance(item, Observation)]


def test_ports_and_banners() -> None:
    port, banner, title = good(WHOLE)
    assert port == Observation(
        source="masscan-file", observed_at="2026-07-31T18:20:37Z", ip="192.0.2.10", port=80, transport="tcp"
    )
    assert (banner.service, banner.fields["http.server"], banner.fields["http.status"]) == (
        "http",
        "App-webs/",
        "200",
    )
    assert banner.fields["http.title"] == "café"
    assert (title.service, title.fields) == ("http", {"http.title": "NVR"})


@pytest.mark.parametrize(
    "document",
    [
        b"[\n" + OPEN + b",\n" + OPEN + b",\n]\n",
        b"[\n" + OPEN + b",\n" + OPEN + b",\n{finished: 1}\n]\n",
        b"[\n" + OPEN + b"\n]\n[\n" + OPEN + b"\n]\n",
        b"[\n" + OPEN + b"\n,\n" + OPEN + b"\n",
        b"[" + OPEN + b"," + OPEN + b"]",
        b'[\n{ ip: "192.0.2.10", timestamp: "1785522037", ports: [ {port: 80, proto: "tcp", status: "open"} ] },\n' + OPEN,
        b"[\n  {\n    \"ip\": \"192.0.2.10\",\n    \"ports\": [\n      {\n        \"port\": 80\n      }\n    ]\n  },\n" + OPEN + b"\n]",
    ],
)  # fmt: skip
def test_malformed_in_the_known_ways(document: bytes) -> None:
    assert [(item.ip, item.port) for item in good(document)] == [("192.0.2.10", 80)] * 2


def test_what_is_not_open_is_no_endpoint() -> None:
    assert good(OPEN.replace(b'"open"', b'"closed"')) == []


def test_a_killed_run() -> None:
    *kept, bad = read(WHOLE[: WHOLE.index(TITLE) + 60])
    assert len(kept) == 2
    assert str(bad).startswith("scan.out, line 6: the last line is cut off")


def test_lines_of_json() -> None:
    document = (
        b'{"ip":"192.0.2.10","timestamp":"1785522037","port":80,"proto":"tcp","rec_type":"status","data":{"status":"open",'
        b'"reason":"syn-ack","ttl":64}}\n{"ip":"2001:db8::1","timestamp":"1785522037","port":22,"proto":"tcp","rec_type":'
        b'"banner","data":{"service_name":"ssh","banner":"SSH-2.0-dropbear"}}\n'
        b'{"ip":"192.0.2.9","timestamp":"1785522037","port":81,"proto":"tcp","rec_type":"status","data":{"status":"closed"}}\n'
    )
    port, ssh = good(document)
    assert (port.port, port.service, port.fields) == (80, None, {})
    assert (ssh.ip, ssh.service, ssh.fields["ssh.banner"]) == ("2001:db8::1", "ssh", "SSH-2.0-dropbear")


def test_lists() -> None:
    document = (
        b"#masscan\nopen tcp 80 192.0.2.10 1785522037\n"
        b"banner tcp 80 192.0.2.10 1785522037 http HTTP/1.1 200 OK\\x0d\\x0aServer: Boa\\x0d\\x0a\\x0d\\x0\n"
        b"banner tcp 80 192.0.2.10 1785522037 title A b  c\nclosed tcp 1 192.0.2.1 1\n# end\n"
    )
    port, banner, title = good(document, read_masscan_list)
    assert (port.ip, port.port, port.observed_at) == ("192.0.2.10", 80, "2026-07-31T18:20:37Z")
    assert (banner.service, banner.fields["http.server"]) == ("http", "Boa")
    assert title.fields == {"http.title": "A b c"}
    items = read(document + b"nonsense\nopen tcp 8", read_masscan_list)
    assert [str(item) for item in items if isinstance(item, BadLine)] == [
        "scan.out, line 7: not a line of a masscan list",
        "scan.out, line 8: the last line is cut off (not a line of a masscan list)",
    ]


def test_xml() -> None:
    host = (
        b'<host endtime="1785522037"><address addr="2001:db8::1" addrtype="ipv4"/><ports><port protocol="tcp" portid="80">'
        b'<state state="open" reason="syn-ack" reason_ttl="64"/>%s</port></ports></host>\r\n'
    )
    head = b'<?xml version="1.0"?>\r\n<!-- masscan v1.0 scan -->\r\n<nmaprun scanner="masscan" start="1785522037" version="1.0-BETA"  xmloutputversion="1.03">\r\n'
    banner = rb'<service name="http" banner="HTTP/1.1 200 OK\x0d\x0aServer: Boa\x0d\x0a\x0d\x0a"></service>'
    document = head + host % b"" + host % banner + host % b'<service name="title" banner="NVR"></service>'
    port, web, title = good(document + b"</nmaprun>\r\n", read_masscan_xml)
    assert (port.source, port.ip, port.port) == ("masscan-file", "2001:db8::1", 80)
    assert (web.service, web.fields["http.server"]) == ("http", "Boa")
    assert (title.service, title.fields) == ("http", {"http.title": "NVR"})
    assert "cut off" in str(read(document, read_masscan_xml)[-1])


@pytest.mark.parametrize(
    "line", [b"x", b"{}", b'{"ip": "nonsense", "ports": []}', b'{"ip": "192.0.2.1", "ports": [', b"7"]
)
def test_bad_records_are_named(line: bytes) -> None:
    first, bad, last = read(b"[\n" + OPEN + b",\n" + line + b",\n" + OPEN + b"\n]")
    assert isinstance(first, Observation)
    assert isinstance(last, Observation)
    assert isinstance(bad, BadLine)
    assert bad.line == 3


JSON = st.recursive(st.none() | st.booleans() | st.integers() | st.text(max_size=8), lambda inner: st.lists(inner, max_size=3)
                    | st.dictionaries(st.sampled_from(["port", "proto", "service", "name", "banner", "status", "X509"]), inner))  # fmt: skip


@given(JSON, JSON, st.sampled_from(["status", "banner"]))
def test_any_values_are_survived(ports: object, data: object, kind: str) -> None:
    for record in (
        {"ip": "192.0.2.1", "ports": [ports, data]},
        {"ip": "192.0.2.1", "rec_type": kind, "data": data, "port": ports},
    ):
        for item in read(json.dumps(record).encode()):
            assert isinstance(item, (Observation, BadLine))


@given(st.binary(max_size=200), st.sampled_from([read_masscan_json, read_masscan_list, read_masscan_xml]))
def test_any_bytes_are_survived(data: bytes, reader: Reader) -> None:
    for item in read(data, reader):
        assert isinstance(item, (Observation, BadLine))
