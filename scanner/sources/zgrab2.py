"""Reads ZGrab2's results: a JSON object for each target, with what each module of the scan got from it.

Results of failed scans are passed over unless they hold a reply. Old files name no ports: then the modules' own
ports are taken. Source: ZGrab2's schemas and test data.
"""

from __future__ import annotations

import base64
import binascii
import contextlib
from collections.abc import Iterable, Iterator, Mapping
from urllib.parse import urlsplit

from fingerprints.observation import Observation, bounded_fields
from scanner.sources.banner import OVER_TLS, SERVICES, banner_fields
from scanner.sources.certificate_names import rfc4514
from scanner.sources.decompression import Chunk
from scanner.sources.json_access import JsonObject, object_at, port_number, text_at, texts_of
from scanner.sources.json_records import json_records
from scanner.sources.reading import BadLine, Item
from scanner.sources.shodan_certificate import serial_hex
from scanner.sources.tool_values import ip_text, utc_moment
from scanner.sources.web_reply import web_fields, whole_reply_fields, without_none

SOURCE = "zgrab2-file"

_PORTS = {"http": 80, "tls": 443, "ssh": 22, "ftp": 21, "telnet": 23, "smtp": 25}
_VERSIONS = {
    "TLSv1.0": "TLSv1",
    "SSLv3": "SSLv3",
    "TLSv1.1": "TLSv1.1",
    "TLSv1.2": "TLSv1.2",
    "TLSv1.3": "TLSv1.3",
}
_MAX_MODULES = 32


def read_zgrab2(chunks: Iterable[Chunk], file: str, *, document: bool = False) -> Iterator[Item]:
    """The observations of a result file; ``document`` where it is one JSON value."""
    for found in json_records(chunks, file, document=document):
        if isinstance(found, BadLine):
            yield found
            continue
        line, record = found
        if "statuses" in record and "ip" not in record:
            continue  # the summary that ZGrab2 ends with
        ip = ip_text(record.get("ip"))
        if ip is None:
            yield BadLine(line, "a ZGrab2 result without an address (ip)", file)
            continue
        for name, scan in list(object_at(record, "data").items())[:_MAX_MODULES]:
            if isinstance(scan, dict):
                yield from _from_scan(record, ip, name, scan)


def _from_scan(record: JsonObject, ip: str, name: str, scan: JsonObject) -> Iterator[Observation]:
    protocol = (text_at(scan, "protocol") or name.rstrip("0123456789")).lower()
    result = object_at(scan, "result")
    port = port_number(scan.get("port")) or port_number(record.get("port")) or _PORTS.get(protocol)
    told: list[tuple[str | None, Mapping[str, object]]]
    if protocol == "http":
        told = [_web_page(reply) for reply in _replies(result)]
    elif protocol == "tls":
        told = [(None, tls_fields(object_at(result, "handshake_log")))]
    else:
        told = [_greeting(protocol, result)]
    for service, fields in told:
        if fields:
            yield Observation(
                source=SOURCE,
                observed_at=utc_moment(scan.get("timestamp")),
                ip=ip,
                port=port,
                transport="tcp",
                service=service,
                hostname=text_at(record, "domain"),
                fields=bounded_fields(without_none(fields)),
            )


def _replies(result: JsonObject) -> list[JsonObject]:
    """The page, and those that redirected to it."""
    chain = result.get("redirect_response_chain")
    earlier: list[JsonObject] = []
    if isinstance(chain, list):
        earlier = [reply for reply in chain[:8] if isinstance(reply, dict)]
    last = object_at(result, "response")
    return [*earlier, last] if last else earlier


def _web_page(reply: JsonObject) -> tuple[str | None, Mapping[str, object]]:
    request = object_at(reply, "request")
    url = object_at(request, "url")
    handshake = object_at(object_at(request, "tls_log"), "handshake_log")
    secure = bool(handshake) or text_at(url, "scheme") == "https"
    path = text_at(url, "path") or (_path(text_at(request, "uri")) if text_at(request, "uri") else None)
    body = text_at(reply, "body")
    head = _raw_head(reply)
    if head is not None:
        fields = whole_reply_fields(head, body, path=path)
    else:
        status = text_at(reply, "status_code")
        headers = _headers(object_at(reply, "headers"))
        if status is None and not headers and body is None:
            return None, {}
        fields = web_fields(status, headers, body, path=path)
    return "https" if secure else "http", {**tls_fields(handshake), **fields}


def _path(uri: str | None) -> str | None:
    try:
        return urlsplit(uri or "").path
    except ValueError:
        return None


def _raw_head(reply: JsonObject) -> str | None:
    """The header block as received, which newer versions keep on request, in base64 or as text."""
    raw = text_at(reply, "headers_raw")
    if raw is None:
        return None
    with contextlib.suppress(binascii.Error, ValueError):
        raw = base64.b64decode(raw, validate=True).decode("utf-8", "replace")
    return raw if raw.lstrip().startswith("HTTP/") else None


def _headers(headers: JsonObject) -> list[tuple[str, str]]:
    pairs = [(name, text) for name, value in headers.items() if name != "unknown" for text in texts_of(value)]
    unknown = headers.get("unknown")
    for entry in unknown if isinstance(unknown, list) else ():
        if isinstance(entry, dict) and (key := text_at(entry, "key")):
            pairs += [(key, text) for text in texts_of(entry.get("value"))]
    return pairs


def tls_fields(handshake: JsonObject) -> dict[str, object]:
    """The ``tls.*`` fields of a handshake log: from the certificate itself where it is there."""
    version = text_at(object_at(object_at(handshake, "server_hello"), "version"), "name")
    certificate = object_at(object_at(handshake, "server_certificates"), "certificate")
    found: dict[str, object] = {"tls.version": _VERSIONS.get(version or "")}
    try:
        der = base64.b64decode(text_at(certificate, "raw") or "", validate=True)
    except (binascii.Error, ValueError):
        der = b""
    if der:
        from scanner.probes.tls_certificate import certificate_fields  # loads cryptography

        return without_none({**found, **certificate_fields(der)})
    return without_none({**found, **parsed_certificate(object_at(certificate, "parsed"))})


def parsed_certificate(parsed: JsonObject) -> dict[str, object]:
    """The ``tls.*`` fields of a certificate as zcrypto's JSON writes it."""
    validity = object_at(parsed, "validity")
    names = object_at(object_at(parsed, "extensions"), "subject_alt_name")
    serial = parsed.get("serial_number")
    return {
        "tls.subject": rfc4514(text_at(parsed, "subject_dn")),
        "tls.issuer": rfc4514(text_at(parsed, "issuer_dn")),
        "tls.serial": serial_hex(serial),
        "tls.not_before": utc_moment(validity.get("start")),
        "tls.not_after": utc_moment(validity.get("end")),
        "tls.sha256": text_at(parsed, "fingerprint_sha256"),
        "tls.san": texts_of(names.get("dns_names")) + texts_of(names.get("ip_addresses")) or None,
    }


def _greeting(protocol: str, result: JsonObject) -> tuple[str | None, Mapping[str, object]]:
    """A module that reads what the service says first: ``banner`` itself, ssh, ftp, telnet, smtp, …"""
    server_id = object_at(result, "server_id")
    said = text_at(server_id, "raw") or text_at(result, "banner") or text_at(result, "body")
    handshake = object_at(object_at(result, "tls"), "handshake_log")
    secure = tls_fields(handshake)
    if said is None:
        return (protocol if protocol in SERVICES and secure else None), secure
    service, fields = banner_fields(said.encode("utf-8", "replace"), service=protocol, over_tls=bool(secure))
    if secure and service in OVER_TLS:
        service = OVER_TLS[service]
    return service, {**secure, **fields}
