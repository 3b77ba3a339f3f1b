"""Reads Censys' hosts: answers and exports of its search (version 2) and of its platform.

A host has services; a service has its web pages in ``http.response`` (search) or one for each path in
``endpoints`` (platform), and modules for camera protocols. Thin hits of a search (port and name) are kept as such.
Source: field names of censys-python and of the platform's models.
"""

from __future__ import annotations

import binascii
import contextlib
from collections.abc import Iterable, Iterator, Mapping

from fingerprints.observation import Asn, Location, Observation, bounded_fields
from scanner.sources.banner import OVER_TLS, SERVICES, banner_fields
from scanner.sources.certificate_names import rfc4514
from scanner.sources.decompression import Chunk
from scanner.sources.json_access import (
    JsonObject,
    coordinate,
    object_at,
    port_number,
    text_at,
    text_of,
    texts_of,
    whole_number,
)
from scanner.sources.json_records import json_records
from scanner.sources.reading import BadLine, Item
from scanner.sources.tool_values import ip_text, utc_moment
from scanner.sources.web_reply import web_fields, without_none

SOURCE = "censys-file"

_WRAPPERS = ("result", "host_v1", "resource", "host", "hits")
_MAX_SERVICES = 4_096
_MAX_PAGES = 32
_VERSIONS = {"TLSV1_0": "TLSv1", "TLSV1_1": "TLSv1.1", "TLSV1_2": "TLSv1.2", "TLSV1_3": "TLSv1.3"}
_NAMES = {"HTTPS": "https", "UPNP": "ssdp", "SSDP": "ssdp", "DVR_IP": "xm", "HIKVISION": "http"}


def read_censys(chunks: Iterable[Chunk], file: str, *, document: bool = False) -> Iterator[Item]:
    """The observations of a file; ``document`` where it is one JSON value."""
    for found in json_records(chunks, file, document=document):
        if isinstance(found, BadLine):
            yield found
            continue
        line, record = found
        hosts = hosts_in(record)
        if not hosts:
            yield BadLine(line, "JSON, but not a Censys host: it has no address (ip)", file)
        for host in hosts:
            yield from observations_from_host(host)


def hosts_in(record: JsonObject, depth: int = 0) -> list[JsonObject]:
    """The hosts in an object: itself, or what answers wrap around one or many."""
    if ip_text(record.get("ip")) is not None:
        return [record]
    found: list[JsonObject] = []
    for key in _WRAPPERS if depth < len(_WRAPPERS) else ():
        inner = record.get(key)
        for value in inner if isinstance(inner, list) else [inner]:
            if isinstance(value, dict):
                found += hosts_in(value, depth + 1)
    return found


def observations_from_host(host: JsonObject) -> Iterator[Observation]:
    """One observation for each service, and one more for each further page."""
    names = texts_of(object_at(object_at(host, "dns"), "reverse_dns").get("names"))
    base = Observation(
        source=SOURCE,
        observed_at=utc_moment(host.get("last_updated_at")),
        ip=ip_text(host.get("ip")),
        hostname=next(iter(names), None),
        location=_location(object_at(host, "location")),
        asn=_asn(object_at(host, "autonomous_system")),
    )
    for service in _objects(host.get("services"))[:_MAX_SERVICES]:
        yield from _from_service(service, base, host)


def _objects(value: object) -> list[JsonObject]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def _from_service(service: JsonObject, base: Observation, host: JsonObject) -> Iterator[Observation]:
    transport = (text_at(service, "transport_protocol") or "tcp").lower()
    tls = _tls_fields(service)
    named = text_at(service, "extended_service_name") or text_at(service, "service_name")
    name, fields = _reply(service, named or text_at(service, "protocol"), transport, bool(tls))
    name, pages = _pages(service, name, bool(tls))
    common = {**tls, **_module_fields(service), "censys.product": _product(service)}
    for page in pages or [{}]:
        yield Observation(
            source=SOURCE,
            observed_at=utc_moment(service.get("observed_at") or service.get("scan_time")) or base.observed_at,
            ip=base.ip,
            port=port_number(service.get("port")),
            transport="udp" if transport in ("udp", "quic") else "tcp",
            service=name,
            hostname=base.hostname,
            fields=bounded_fields(without_none({**common, **fields, **page})),
            location=base.location,
            asn=base.asn,
        )


def _reply(
    service: JsonObject, named: str | None, transport: str, over_tls: bool
) -> tuple[str | None, dict[str, object]]:
    """What the banner says. Its text is cut and cleaned by Censys; ``banner_hex`` holds the bytes."""
    name = (named or "").upper()
    hint = _NAMES.get(name, name.lower())
    raw = (text_at(service, "banner") or "").encode("utf-8", "replace")
    with contextlib.suppress(binascii.Error, ValueError):
        raw = binascii.unhexlify(text_at(service, "banner_hex") or "") or raw
    spoken, fields = banner_fields(raw, service=hint, transport=transport, over_tls=over_tls)
    if spoken is None and hint in ("xm", *SERVICES):
        spoken = OVER_TLS.get(hint, hint) if over_tls else hint
    return spoken, fields


def _pages(service: JsonObject, name: str | None, over_tls: bool) -> tuple[str | None, list[Mapping[str, object]]]:
    """The web pages of a service, and its name, which they settle."""
    found: list[Mapping[str, object]] = []
    http = object_at(service, "http")
    if reply := object_at(http, "response"):
        found.append(_page(reply, _path(text_at(object_at(http, "request"), "uri"))))
    for endpoint in _objects(service.get("endpoints"))[:_MAX_PAGES]:
        if reply := object_at(endpoint, "http"):
            found.append(_page(reply, text_at(endpoint, "path") or _path(text_at(reply, "uri"))))
    if found:
        name = "https" if over_tls else "http"
    return name, found


def _path(uri: str | None) -> str | None:
    """The path of a URL or of a path."""
    rest = (uri or "").partition("://")[2] or (uri or "")
    return "/" + rest.partition("/")[2] if "/" in rest else None


def _page(reply: JsonObject, path: str | None) -> Mapping[str, object]:
    headers: list[tuple[str, str]] = []
    for name, value in object_at(reply, "headers").items():
        if isinstance(value, dict):  # the platform's {"headers": […]}
            value = value.get("headers")
        if name != "_encoding":
            headers += [(name, text) for text in texts_of(value)]
    fields = web_fields(text_at(reply, "status_code"), headers, text_at(reply, "body"), path=path)
    icon = next(iter(_objects(reply.get("favicons"))), {})
    told: dict[str, object] = {
        "http.favicon_mmh3": text_at(icon, "shodan_hash") or text_at(icon, "hash_shodan"),
        "http.favicon_md5": text_at(icon, "md5_hash") or text_at(icon, "hash_md5"),
    }
    title = text_at(reply, "html_title")
    if title is not None:
        told["http.title"] = " ".join(title.split())
    return {**fields, **without_none(told)}


def _tls_fields(service: JsonObject) -> dict[str, object]:
    tls = object_at(service, "tls")
    certificate = object_at(service, "cert")
    leaf = object_at(object_at(tls, "certificates"), "leaf_data") or object_at(certificate, "parsed")
    validity = object_at(leaf, "validity_period") or object_at(leaf, "validity")
    digest = text_at(leaf, "fingerprint") or text_at(certificate, "fingerprint_sha256")
    return without_none(
        {
            "tls.subject": rfc4514(text_at(leaf, "subject_dn")),
            "tls.issuer": rfc4514(text_at(leaf, "issuer_dn")),
            "tls.sha256": digest if digest and len(digest) == 64 else None,
            "tls.version": _VERSIONS.get((text_at(tls, "version_selected") or "").upper()),
            "tls.not_before": utc_moment(validity.get("not_before") or validity.get("start")),
            "tls.not_after": utc_moment(validity.get("not_after") or validity.get("end")),
            "tls.san": texts_of(leaf.get("names")) or texts_of(certificate.get("names")) or None,
        }
    )


def _module_fields(service: JsonObject) -> dict[str, object]:
    """What the modules for camera protocols and discovery say."""
    rtsp, dvr, snmp = object_at(service, "rtsp"), object_at(service, "dvr_ip"), object_at(service, "snmp")
    ssdp, onvif = object_at(service, "ssdp") or object_at(service, "upnp"), object_at(service, "onvif")
    addresses = [xaddr for entry in _objects(onvif.get("services")) if (xaddr := text_at(entry, "xaddr"))]
    system = object_at(snmp, "oid_system")
    return without_none(
        {
            "rtsp.server": text_at(rtsp, "server"),
            "rtsp.auth": text_at(rtsp, "www_auth") or text_at(rtsp, "auth"),
            "rtsp.public": ", ".join(texts_of(rtsp.get("commands"))) or None,
            "cgi.version": text_at(dvr, "version"),
            "cgi.vendor": text_at(dvr, "oem_info"),
            "onvif.xaddrs": " ".join(addresses) or None,
            "ssdp.server": text_at(ssdp, "server"),
            "snmp.sysdescr": text_at(system, "desc"),
            "snmp.sysname": text_at(system, "name"),
        }
    )


def _product(service: JsonObject) -> str | None:
    """What Censys concluded: hardware and software, and the camera modules' versions, as one text."""
    found: list[str] = []
    for entry in (*_objects(service.get("hardware")), *_objects(service.get("software"))):
        words = [text_at(entry, key) for key in ("vendor", "product", "version")]
        found.append(" ".join(word for word in words if word))
    hikvision = object_at(service, "hikvision")
    told = [f"{key}={text}" for key in ("web_version", "plugin_version", "custom_version")
            if (text := text_of(hikvision.get(key)))]  # fmt: skip
    if "hikvision" in service and hikvision:
        found.append(f"hikvision: {', '.join(told)}".strip())
    return "; ".join(dict.fromkeys(text for text in found if text)) or None


def _location(place: JsonObject) -> Location | None:
    point = object_at(place, "coordinates")
    location = Location(
        country=text_at(place, "country_code"),
        city=text_at(place, "city"),
        lat=coordinate(point.get("latitude"), 90),
        lon=coordinate(point.get("longitude"), 180),
    )
    return location if location != Location() else None


def _asn(network: JsonObject) -> Asn | None:
    number = whole_number(network.get("asn"))
    told = Asn(number=number, org=text_at(network, "name") or text_at(network, "organization"))
    return told if told != Asn() else None
