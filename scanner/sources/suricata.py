"""Reads Suricata's ``eve.json``: what its http, tls, ssh, dhcp and arp events say about who answered.

The destination of an event is the server. Alerts, flows and statistics are passed over.
Source: Suricata's user guide, EVE JSON format.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator

from fingerprints.observation import Observation, bounded_fields
from scanner.sources.certificate_names import rfc4514
from scanner.sources.decompression import Chunk
from scanner.sources.json_access import JsonObject, object_at, port_number, text_at
from scanner.sources.json_records import json_records
from scanner.sources.reading import BadLine, Item
from scanner.sources.tool_values import any_mac, ip_text, utc_moment
from scanner.sources.web_reply import web_fields

SOURCE = "suricata-file"

_VERSIONS = {"SSLv3": "SSLv3", "TLSv1": "TLSv1", "TLS 1.0": "TLSv1", "TLS 1.1": "TLSv1.1", "TLS 1.2": "TLSv1.2",
             "TLS 1.3": "TLSv1.3"}  # fmt: skip


def read_suricata(chunks: Iterable[Chunk], file: str, *, document: bool = False) -> Iterator[Item]:
    """The observations of a log; ``document`` where it is one JSON value."""
    for found in json_records(chunks, file, document=document):
        if isinstance(found, BadLine):
            yield found
            continue
        line, event = found
        kind = text_at(event, "event_type")
        if kind is None:
            yield BadLine(line, "JSON, but not an event of Suricata: it has no event_type", file)
        elif (read := _EVENTS.get(kind)) is not None and (seen := read(event)) is not None:
            yield seen


def _server(event: JsonObject, service: str, fields: dict[str, object]) -> Observation | None:
    ip = ip_text(text_at(event, "dest_ip"))
    if ip is None:
        return None
    return Observation(
        source=SOURCE,
        observed_at=utc_moment(event.get("timestamp")),
        ip=ip,
        port=port_number(event.get("dest_port")),
        transport=(text_at(event, "proto") or "tcp").lower(),
        service=service or None,
        fields=bounded_fields({name: value for name, value in fields.items() if value is not None}),
    )


def _http(event: JsonObject) -> Observation | None:
    http = object_at(event, "http")
    status = text_at(http, "status")
    if status is None:
        return None
    listed = http.get("response_headers")
    headers = [
        (name, text_at(header, "value") or "")
        for header in (listed if isinstance(listed, list) else ())
        if isinstance(header, dict) and (name := text_at(header, "name"))
    ]
    if not headers and (server := text_at(http, "server")):
        headers = [("Server", server)]
    url = text_at(http, "url") or "/"
    return _server(event, "http", web_fields(status, headers, None, path=url if url.startswith("/") else None))


def _tls(event: JsonObject) -> Observation | None:
    tls = object_at(event, "tls")
    serial = (text_at(tls, "serial") or "").replace(":", "").lower()
    fields: dict[str, object] = {
        "tls.subject": rfc4514(text_at(tls, "subject")),
        "tls.issuer": rfc4514(text_at(tls, "issuerdn")),
        "tls.serial": (serial.lstrip("0") or "0") if re.fullmatch("[0-9a-f]{1,80}", serial) else None,
        "tls.version": _VERSIONS.get(text_at(tls, "version") or ""),
        "tls.not_before": utc_moment(tls.get("notbefore")),
        "tls.not_after": utc_moment(tls.get("notafter")),
    }
    return _server(event, "", fields) if any(fields.values()) else None


def _ssh(event: JsonObject) -> Observation | None:
    server = object_at(object_at(event, "ssh"), "server")
    version, software = text_at(server, "proto_version"), text_at(server, "software_version")
    if software is None:
        return None
    return _server(event, "ssh", {"ssh.banner": f"SSH-{version or '2.0'}-{software}"})


def _dhcp(event: JsonObject) -> Observation | None:
    dhcp = object_at(event, "dhcp")
    ip, mac = ip_text(text_at(dhcp, "assigned_ip")), any_mac(text_at(dhcp, "client_mac"))
    return _station(event, None if ip == "0.0.0.0" else ip, mac, "dhcp", text_at(dhcp, "hostname"))


def _arp(event: JsonObject) -> Observation | None:
    arp = object_at(event, "arp")
    ip, mac = ip_text(text_at(arp, "src_ip")), any_mac(text_at(arp, "src_mac"))
    return _station(event, ip, mac, "arp", None) if ip != "0.0.0.0" else None


def _station(
    event: JsonObject, ip: str | None, mac: str | None, service: str, name: str | None
) -> Observation | None:
    if mac is None:
        return None
    return Observation(
        source=SOURCE,
        observed_at=utc_moment(event.get("timestamp")),
        ip=ip,
        service=service,
        mac=mac,
        hostname=name,
        fields=bounded_fields({"dhcp.hostname": name}),
    )


_EVENTS: dict[str, Callable[[JsonObject], Observation | None]] = {
    "http": _http,
    "tls": _tls,
    "ssh": _ssh,
    "dhcp": _dhcp,
    "arp": _arp,
}
