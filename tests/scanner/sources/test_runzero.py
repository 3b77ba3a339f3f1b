# ruff: noqa: E501 (samples stand as the tools write them)
from __future__ import annotations

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from fingerprints.observation import Observation
from scanner.sources.reading import BadLine, Item
from scanner.sources.runzero import read_runzero

ASSET: dict[str, Any] = {
    "id": "7c0e7d1a-0000-4000-8000-000000000001", "created_at": 1785000000, "last_seen": 1785924000,
    "organization_id": "7c0e7d1a-0000-4000-8000-000000000002", "site_name": "Plant 2", "alive": True, "type": "IP Camera",
    "hw": "Hikvision DS-2CD2042WD-I", "addresses": ["192.0.2.10"], "addresses_extra": [], "macs": ["44:19:b6:01:02:03"],
    "names": ["CAM1"], "newest_mac_age": 1785924000000000000, "service_ports_tcp": ["80", "554"],
    "services": {
        "192.0.2.10/tcp/80/": {
            "protocol": "http", "http.code": "401", "http.head.server": "App-webs/", "html.title": " Log  in",
            "http.head.wwwAuthenticate": 'Digest realm="DVR"', "favicon.ico.image.mmh3": "-7",
        },
        "192.0.2.10/tcp/443/": {"protocol": "http tls", "tls.subject": "C=CN, CN=dev", "http.code": "200"},
        "192.0.2.10/tcp/22/": {"banner": "SSH-2.0-dropbear", "protocol": "ssh"},
        "nonsense": {"banner": "x"},
    },
}  # fmt: skip


def read(document: bytes, *, whole: bool = False) -> list[Item]:
    return list(read_runzero([document], "rz.jsonl", document=whole))


def lines(*records: object) -> bytes:
    return b"".join(json.dumps(record).encode() + b"\n" for record in records)


def test_an_asset_and_its_services() -> None:
    web, secure, ssh, asset = read(lines(ASSET))
    assert isinstance(web, Observation)
    assert isinstance(secure, Observation)
    assert isinstance(ssh, Observation)
    assert isinstance(asset, Observation)
    assert (web.ip, web.port, web.service, web.mac) == ("192.0.2.10", 80, "http", "44:19:b6:01:02:03")
    assert (web.hostname, web.observed_at) == ("CAM1", "2026-08-05T10:00:00Z")
    assert {
        "http.status": "401", "http.server": "App-webs/", "http.title": "Log in", "http.auth_realm": "DVR",
        "http.favicon_mmh3": "-7",
    }.items() <= web.fields.items()  # fmt: skip
    assert (secure.service, secure.fields["tls.subject"]) == ("https", "CN=dev,C=CN")
    assert (ssh.service, ssh.fields["ssh.banner"]) == ("ssh", "SSH-2.0-dropbear")
    assert (asset.service, asset.port) == ("asset", None)
    assert asset.fields == {"asset.model": "Hikvision DS-2CD2042WD-I", "asset.location": "Plant 2"}


def test_the_array_the_services_and_the_csv() -> None:
    items = read(json.dumps([ASSET, {"id": "x"}], indent=1).encode(), whole=True)
    assert len(items) == 5
    assert "no address" in str(items[-1])
    service = {"service_address": "192.0.2.10", "service_transport": "tcp", "service_port": "80", "service_protocol": "http tls",
               "service_data": {"http.head.server": "Boa"}, "macs": ["44:19:b6:01:02:03"]}  # fmt: skip
    (found,) = read(lines(service))
    assert isinstance(found, Observation)
    assert (found.port, found.service, found.fields["http.server"]) == (80, "https", "Boa")
    table = (
        b"id,addresses,macs,names,hw,last_seen,service_ports_tcp\n"
        b'1,192.0.2.10 192.0.2.11,44:19:b6:01:02:03,CAM1,Hikvision DS-1,1785924000,"80 554"\n2,192.0.2'
    )
    first, second, cut = read(table)
    assert isinstance(first, Observation)
    assert isinstance(second, Observation)
    assert (first.ip, second.ip, first.fields["asset.model"]) == ("192.0.2.10", "192.0.2.11", "Hikvision DS-1")
    assert str(cut) == "rz.jsonl, line 3: the last line is cut off"


JSON = st.recursive(st.none() | st.integers() | st.text(max_size=5), lambda inner: st.lists(inner, max_size=3)
                    | st.dictionaries(st.sampled_from(["services", "192.0.2.1/tcp/80/", "protocol", "http.code", "banner",
                                                       "http.head.server", "macs", "addresses", "tls.subject"]), inner))  # fmt: skip


@given(JSON)
def test_any_values_are_survived(value: object) -> None:
    for item in read(
        lines(value, {"addresses": value, "services": value}, {"service_address": value, "service_data": value})
    ):
        assert isinstance(item, (Observation, BadLine))
