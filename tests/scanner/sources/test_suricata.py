# ruff: noqa: E501 (samples stand as the tools write them)
from __future__ import annotations

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from fingerprints.observation import Observation
from scanner.sources.reading import BadLine, Item
from scanner.sources.suricata import read_suricata


def event(kind: str, told: object, **more: Any) -> dict[str, Any]:
    return {
        "timestamp": "2026-08-05T12:00:00.123456+0200", "flow_id": 1, "event_type": kind, "src_ip": "198.51.100.7",
        "src_port": 50000, "dest_ip": "192.0.2.10", "dest_port": 80, "proto": "TCP", kind: told, **more,
    }  # fmt: skip


def read(*events: object) -> list[Item]:
    return list(read_suricata([b"".join(json.dumps(item).encode() + b"\n" for item in events)], "eve.json"))


def one(value: object) -> Observation:
    (found,) = read(value)
    assert isinstance(found, Observation)
    return found


def test_what_servers_answered() -> None:
    headers = [{"name": "Server", "value": "App-webs/"}, {"name": "X"}]
    web = one(event("http", {"hostname": "192.0.2.10", "url": "/x", "status": 200, "response_headers": headers}))
    assert (web.ip, web.port, web.transport, web.service) == ("192.0.2.10", 80, "tcp", "http")
    assert web.observed_at == "2026-08-05T10:00:00Z"
    assert web.fields == {
        "http.status": "200", "http.server": "App-webs/", "http.path": "/x", "http.headers": ("Server: App-webs/", "X: "),
    }  # fmt: skip
    tls = one(event("tls", {"subject": "C=US, CN=dev", "issuerdn": "CN=root", "serial": "0C:00:99", "version": "TLS 1.2",
                            "notbefore": "2017-01-04T10:48:43"}))  # fmt: skip
    assert tls.fields == {
        "tls.subject": "CN=dev,C=US", "tls.issuer": "CN=root", "tls.serial": "c0099", "tls.version": "TLSv1.2",
        "tls.not_before": "2017-01-04T10:48:43Z",
    }  # fmt: skip
    ssh = one(event("ssh", {"server": {"proto_version": "2.0", "software_version": "dropbear"}}))
    assert ssh.fields == {"ssh.banner": "SSH-2.0-dropbear"}


def test_stations() -> None:
    lease = one(
        event(
            "dhcp",
            {"type": "reply", "client_mac": "44:19:b6:01:02:03", "assigned_ip": "192.0.2.20", "hostname": "cam1"},
        )
    )
    assert (lease.ip, lease.mac, lease.service, lease.fields) == (
        "192.0.2.20", "44:19:b6:01:02:03", "dhcp", {"dhcp.hostname": "cam1"},
    )  # fmt: skip
    arp = one(event("arp", {"opcode": "reply", "src_mac": "44:19:b6:01:02:03", "src_ip": "192.0.2.20"}))
    assert (arp.ip, arp.service) == ("192.0.2.20", "arp")


def test_what_is_of_no_use_and_what_is_no_event() -> None:
    assert read(event("alert", {}), event("http", {}), event("tls", {"sni": "x"}), {"event_type": "stats"}) == []
    bad, cut = list(read_suricata([b'{"a": 1}\n{"timestamp": "2026'], "eve.json"))
    assert str(bad) == "eve.json, line 1: JSON, but not an event of Suricata: it has no event_type"
    assert str(cut).startswith("eve.json, line 2: the last line is cut off")


JSON = st.recursive(st.none() | st.integers() | st.text(max_size=5), lambda inner: st.lists(inner, max_size=2)
                    | st.dictionaries(st.sampled_from(["status", "server", "response_headers", "name", "serial", "url"]), inner))  # fmt: skip


@given(st.sampled_from(["http", "tls", "ssh", "dhcp", "arp"]), JSON)
def test_any_values_are_survived(kind: str, value: object) -> None:
    for item in read(event(kind, value), event(kind, value, dest_ip=value, timestamp=value), value):
        assert isinstance(item, (Observation, BadLine))
