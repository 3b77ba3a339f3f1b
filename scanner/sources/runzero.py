"""Reads runZero's exports of assets and services: JSON, JSON lines, CSV.

An asset gives an observation for each of its services, and one of the asset itself with its addresses' MAC and
what runZero takes it for. Source: runZero's API description; attribute names as its exports show them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import chain

import msgspec

from fingerprints.observation import Observation, bounded_fields
from scanner.sources.banner import OVER_TLS, SERVICES, banner_fields
from scanner.sources.certificate_names import rfc4514
from scanner.sources.decompression import Chunk
from scanner.sources.json_access import JsonObject, object_at, port_number, text_at, text_of, texts_of
from scanner.sources.json_records import json_records
from scanner.sources.reading import BadLine, Item
from scanner.sources.text_rows import delimited_rows, text_lines
from scanner.sources.tool_values import any_mac, ip_text, utc_moment
from scanner.sources.web_reply import web_fields, without_none

SOURCE = "runzero-file"

_MAX_SERVICES = 4_096
_MAX_ADDRESSES = 64
_SPLIT = re.compile(r"[\s;]+")
_DIRECT: Mapping[str, tuple[str, Callable[[str], str | None]]] = {
    "tls.subject": ("tls.subject", rfc4514),
    "tls.issuer": ("tls.issuer", rfc4514),
    "snmp.sysDesc": ("snmp.sysdescr", str),
    "snmp.sysName": ("snmp.sysname", str),
    "upnp.manufacturer": ("upnp.manufacturer", str),
    "upnp.modelName": ("upnp.model_name", str),
    "upnp.friendlyName": ("upnp.friendly_name", str),
    "favicon.ico.image.md5": ("http.favicon_md5", str),
    "favicon.ico.image.mmh3": ("http.favicon_mmh3", str),
    "rtsp.head.server": ("rtsp.server", str),
}
_LISTS = ("addresses", "addresses_extra", "macs", "names", "service_ports_tcp")


def read_runzero(chunks: Iterable[Chunk], file: str, *, document: bool = False) -> Iterator[Item]:
    """The observations of an export; ``document`` where it is one JSON value."""
    stream = iter(chunks)
    first = next(stream, b"")
    whole = chain([first], stream)
    is_json = isinstance(first, bytes) and first.lstrip()[:1] in (b"{", b"[")
    for found in json_records(whole, file, document=document) if is_json else _csv_records(whole, file):
        if isinstance(found, BadLine):
            yield found
            continue
        line, record = found
        seen = list(observations_from_record(record))
        if not seen:
            yield BadLine(line, "neither an asset nor a service of runZero: it has no address", file)
        yield from seen


def _csv_records(chunks: Iterable[Chunk], file: str) -> Iterator[tuple[int, JsonObject] | BadLine]:
    header: list[str] = []
    for row in delimited_rows(text_lines(chunks, file), file, ","):
        if isinstance(row, BadLine):
            yield row
        elif not header:
            header = list(row)
        elif len(row) < len(header) and not row.ended:
            yield BadLine(row.number, "the last line is cut off", file)
        else:
            told: dict[str, object] = dict(zip(header, row, strict=False))
            told |= {
                name: _SPLIT.split(cell) for name in _LISTS if isinstance(cell := told.get(name), str) and cell
            }
            yield row.number, told


def observations_from_record(record: JsonObject) -> Iterator[Observation]:
    """What an asset or a service says; nothing where it has neither an address nor a MAC address."""
    if "service_address" in record:
        key = "/".join(text_at(record, f"service_{part}") or "" for part in ("address", "transport", "port"))
        words = (text_at(record, "service_protocol") or "").split()
        yield from _from_service(
            key, {"protocol": " ".join(words), **object_at(record, "service_data")}, _asset(record)
        )
        return
    asset = _asset(record)
    services = object_at(record, "services")
    for key, told in list(services.items())[:_MAX_SERVICES]:
        if isinstance(told, dict):
            yield from _from_service(key, told, asset)
    addresses = [ip for text in _addresses(record) if (ip := ip_text(text)) is not None]
    for ip in dict.fromkeys(addresses[:_MAX_ADDRESSES]):
        yield msgspec.structs.replace(asset, ip=ip)
    if not addresses and asset.mac is not None:
        yield asset


def _addresses(record: JsonObject) -> list[str]:
    return texts_of(record.get("addresses")) or texts_of(record.get("ip_address"))


def _asset(record: JsonObject) -> Observation:
    """The asset itself, without an address."""
    macs = {mac for text in texts_of(record.get("macs")) if (mac := any_mac(text)) is not None}
    mac = (
        macs.pop() if len(macs) == 1 else any_mac(text_at(record, "newest_mac") or text_at(record, "mac_address"))
    )
    names = texts_of(record.get("names")) or texts_of(record.get("name"))
    told = {
        "asset.manufacturer": text_at(record, "hw_vendor"),
        "asset.model": text_at(record, "hw_product") or text_at(record, "hw"),
        "asset.location": text_at(record, "site_name") or text_at(record, "site"),
    }
    return Observation(
        source=SOURCE,
        observed_at=utc_moment(record.get("last_seen")) or utc_moment(record.get("last_discovered")),
        service="asset",
        mac=mac,
        hostname=next(iter(names), None),
        fields=bounded_fields(without_none(told)),
    )


def _from_service(key: str, told: JsonObject, asset: Observation) -> Iterator[Observation]:
    """A service: its key is ``address/transport/port/virtual host``."""
    address, _, rest = key.partition("/")
    transport, _, rest = rest.partition("/")
    ip = ip_text(address.strip("[]"))
    if ip is None:
        return
    protocols = set((text_at(told, "protocol") or "").lower().split())
    over_tls = bool({"tls", "https"} & protocols) or any(name.startswith("tls.") for name in told)
    service, fields = _service_fields(told, protocols, over_tls)
    yield Observation(
        source=SOURCE,
        observed_at=utc_moment(told.get("ts")) or asset.observed_at,
        ip=ip,
        port=port_number(rest.partition("/")[0]),
        transport=transport if transport in ("tcp", "udp") else None,
        service=service,
        mac=asset.mac,
        hostname=asset.hostname,
        fields=bounded_fields(without_none(fields)),
    )


def _service_fields(
    told: JsonObject, protocols: set[str], over_tls: bool
) -> tuple[str | None, Mapping[str, object]]:
    fields: dict[str, object] = {}
    for name, (field, read) in _DIRECT.items():
        if (text := text_of(told.get(name))) is not None:
            fields[field] = read(text)
    named = next((name for name in sorted(protocols) if name in SERVICES), None)
    headers = [
        (re.sub(r"(?<=[a-z])(?=[A-Z])", "-", name.removeprefix("http.head.")), text)
        for name, value in told.items()
        if name.startswith("http.head.")
        for text in texts_of(value)
    ]
    status = text_at(told, "http.code")
    if headers or status or "http.body" in told:
        fields |= web_fields(status, headers, text_at(told, "http.body"), path=text_at(told, "http.uri"))
        named = "http"
    if (title := text_at(told, "html.title")) is not None:
        fields["http.title"] = " ".join(title.split())
        named = "http"
    spoken, said = banner_fields((text_at(told, "banner") or "").encode("utf-8", "replace"), service=named)
    named = spoken or named
    return (OVER_TLS.get(named or "", named) if over_tls else named), {**said, **fields}
