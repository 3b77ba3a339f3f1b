# ruff: noqa: E501 (samples stand as the tools write them)
from __future__ import annotations

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from fingerprints.observation import Asn, Location, Observation
from scanner.sources.censys import read_censys
from scanner.sources.reading import BadLine, Item

SEARCH: dict[str, Any] = {
    "code": 200, "status": "OK",
    "result": {
        "ip": "192.0.2.10", "last_updated_at": "2026-08-05T12:00:00.5Z",
        "location": {"country": "Iceland", "country_code": "IS", "city": "X", "coordinates": {"latitude": 64.1, "longitude": -21.9}},
        "autonomous_system": {"asn": 64496, "name": "EXAMPLE"}, "dns": {"reverse_dns": {"names": ["cam.example"]}},
        "services": [
            {
                "port": 443, "transport_protocol": "TCP", "service_name": "HTTP", "extended_service_name": "HTTPS",
                "observed_at": "2026-08-05T10:00:03.755876935Z", "truncated": False,
                "software": [{"vendor": "Hikvision", "product": "Web", "version": "3"}],
                "banner": "HTTP/1.1 401 Unauthorized\r\nServer: App-webs/\r\nWWW-Authenticate: Basic realm=\"cut\"\r\n\r\n",
                "http": {"request": {"uri": "https://192.0.2.10/"}, "response": {
                    "status_code": 401, "html_title": " Log \n in ", "headers": {"Server": ["App-webs/"], "_encoding": {"Server": "UTF8"}},
                    "body": "<p>x</p>", "favicons": [{"md5_hash": "ab" * 16, "shodan_hash": -12}]}},
                "tls": {"version_selected": "TLSv1_2", "certificates": {"leaf_data": {
                    "subject_dn": "C=CN, CN=dev", "issuer_dn": "CN=root", "fingerprint": "cd" * 32, "names": ["dev"]}}},
            },
            {"port": 554, "service_name": "RTSP", "transport_protocol": "TCP",
             "banner": "RTSP/1.0 401 Unauthorized\r\nServer: Rtsp Server/3.0\r\n\r\n"},
        ],
    },
}  # fmt: skip
PLATFORM: dict[str, Any] = {
    "host_v1": {"extensions": {}, "resource": {
        "ip": "2001:db8::10", "services": [
            {
                "port": 80, "protocol": "HTTP", "transport_protocol": "tcp", "scan_time": "2026-08-05T10:00:00Z",
                "endpoints": [
                    {"path": "/", "http": {"status_code": 200, "headers": {"Server": {"headers": ["DNVRS-Webs"]}}, "html_title": "A"}},
                    {"path": "/x", "http": {"status_code": 404, "headers": None, "uri": "http://h/x"}},
                ],
                "hikvision": {"web_version": "4.0", "custom_version": None}, "hardware": [{"vendor": "hikvision", "product": "dvr"}],
            },
            {"port": 37777, "protocol": "DVR_IP", "banner_hex": "b0000000", "dvr_ip": {"version": "2.6", "oem_info": "General"}},
            {"port": 161, "protocol": "SNMP", "transport_protocol": "udp", "snmp": {"oid_system": {"desc": "Linux", "name": "n"}}},
            {"port": 1, "protocol": "UNKNOWN", "tls": None, "endpoints": None, "software": None, "banner_hex": "zz"},
        ],
    }},
}  # fmt: skip


def read(document: bytes, *, whole: bool = False) -> list[Item]:
    return list(read_censys([document], "c.json", document=whole))


def seen(value: object) -> list[Observation]:
    items = read(json.dumps(value).encode() + b"\n")
    assert not [item for item in items if isinstance(item, BadLine)]
    return [item for item in items if isinstance(item, Observation)]


def test_a_host_of_the_search() -> None:
    web, stream = seen(SEARCH)
    assert (web.source, web.ip, web.port, web.service) == ("censys-file", "192.0.2.10", 443, "https")
    assert (web.observed_at, stream.observed_at) == ("2026-08-05T10:00:03Z", "2026-08-05T12:00:00Z")
    assert web.location == Location(country="IS", city="X", lat=64.1, lon=-21.9)
    assert (web.asn, web.hostname) == (Asn(number=64496, org="EXAMPLE"), "cam.example")
    expected = {
        "http.status": "401", "http.server": "App-webs/", "http.title": "Log in", "http.body": "<p>x</p>", "http.path": "/",
        "http.auth_realm": "cut", "http.favicon_mmh3": "-12", "http.favicon_md5": "ab" * 16, "tls.subject": "CN=dev,C=CN",
        "tls.issuer": "CN=root", "tls.sha256": "cd" * 32, "tls.version": "TLSv1.2", "tls.san": ("dev",),
        "censys.product": "Hikvision Web 3",
    }  # fmt: skip
    assert expected.items() <= web.fields.items()
    assert (stream.service, stream.fields["rtsp.server"]) == ("rtsp", "Rtsp Server/3.0")


def test_a_host_of_the_platform() -> None:
    first, second, dvr, snmp, unknown = seen(PLATFORM)
    assert (first.ip, first.service, first.fields["http.server"]) == ("2001:db8::10", "http", "DNVRS-Webs")
    assert first.fields["censys.product"] == "hikvision dvr; hikvision: web_version=4.0"
    assert (second.fields["http.path"], second.fields["http.status"]) == ("/x", "404")
    assert (dvr.service, dvr.fields["cgi.version"], dvr.fields["cgi.vendor"]) == ("xm", "2.6", "General")
    assert (snmp.service, snmp.transport, snmp.fields["snmp.sysdescr"]) == ("snmp", "udp", "Linux")
    assert (unknown.port, unknown.service, unknown.fields) == (1, None, {})


def test_thin_hits_arrays_and_bad_ones() -> None:
    hits = {"code": 200, "result": {"total": 2, "hits": [
        {"ip": "192.0.2.1", "services": [{"port": 80, "service_name": "HTTP"}]},
        {"ip": "192.0.2.2", "services": [{"port": "554", "service_name": "RTSP"}]}]}}  # fmt: skip
    assert [(item.ip, item.port, item.service) for item in seen(hits)] == [
        ("192.0.2.1", 80, "http"), ("192.0.2.2", 554, "rtsp"),
    ]  # fmt: skip
    assert len(seen({"host": SEARCH["result"]})) == 2
    array = json.dumps([SEARCH["result"], {"ip": None}, PLATFORM], indent=1).encode()
    items = read(array, whole=True)
    assert [item.line > 1 for item in items if isinstance(item, BadLine) and item.line] == [True]
    assert len(items) == 8
    cut = read(array[:-90], whole=True)
    assert "cut off" in str(cut[-1])
    assert len(cut) >= 4


JSON = st.recursive(st.none() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
                    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(
                        ["services", "http", "response", "headers", "endpoints", "tls", "port", "protocol", "software", "snmp",
                         "location", "coordinates", "onvif", "rtsp", "dns", "hits", "result", "host"]), inner, max_size=5))  # fmt: skip


@given(JSON)
def test_any_values_are_survived(value: object) -> None:
    for record in (
        value,
        {"ip": "192.0.2.1", "services": [value]},
        {"ip": "192.0.2.1", "services": value, "location": value},
    ):
        for item in read(json.dumps(record).encode()):
            assert isinstance(item, (Observation, BadLine))
