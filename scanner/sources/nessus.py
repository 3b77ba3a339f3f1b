"""Reads Nessus' reports: ``.nessus`` (version 2) and its CSV. Findings are of no interest here; replies are.

A report's host may be called by its name: the address is in the properties. What plugins wrote for people about
web servers, certificates and banners is taken apart again.
Source: Nessus' file format, and the output of the plugins by their numbers.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain

from fingerprints.observation import Observation, bounded_fields
from scanner.sources.banner import OVER_TLS
from scanner.sources.decompression import Chunk
from scanner.sources.json_access import port_number
from scanner.sources.nessus_plugins import plugin_fields, plugin_mac
from scanner.sources.reading import BadLine, Item
from scanner.sources.text_rows import delimited_rows, text_lines
from scanner.sources.tool_values import any_mac, ip_text, utc_moment
from scanner.sources.xml_records import Element, XmlProblem, XmlRecords

SOURCE = "nessus-file"

_SERVICES = {
    "www": "http", "http": "http", "https?": "https", "rtsp": "rtsp", "ssh": "ssh", "ftp": "ftp",
    "telnet": "telnet", "snmp": "snmp", "sip": "sip", "smtp": "smtp", "upnp": "ssdp", "mdns": "mdns",
}  # fmt: skip
_CSV_COLUMNS = ("Plugin ID", "Host", "Port")


def read_nessus(chunks: Iterable[Chunk], file: str, *, document: bool = False) -> Iterator[Item]:
    """The observations of a report in either form; ``document`` is of no account here."""
    stream = iter(chunks)
    first = next(stream, b"")
    whole = chain([first], stream)
    if isinstance(first, bytes) and first.lstrip()[:1] != b"<":
        yield from _from_csv(whole, file)
        return
    for found in XmlRecords("NessusClientData_v2", "ReportHost", "ReportItem").read(whole):
        if isinstance(found, XmlProblem):
            yield BadLine(found.line, found.reason, file)
        else:
            yield from _from_host(found, file)


def _from_host(host: Element, file: str) -> Iterator[Item]:
    tags = {tag.get("name") or "": tag.text.strip() for tag in host.every("HostProperties", "tag")}
    ip = ip_text(tags.get("host-ip")) or ip_text(host.get("name"))
    if ip is None:
        yield BadLine(host.line, "a host without an address (host-ip)", file)
        return
    items = host.every("ReportItem")
    macs = [any_mac(text) for text in tags.get("mac-address", "").split()]
    macs += [plugin_mac(item.get("pluginID"), item.text_at("plugin_output")) for item in items]
    known = {mac for mac in macs if mac}
    base = Observation(
        source=SOURCE,
        observed_at=utc_moment(tags.get("HOST_END_TIMESTAMP")) or utc_moment(tags.get("HOST_END")),
        ip=ip,
        mac=next(iter(known)) if len(known) == 1 else None,  # of several, none is the one that was asked
        hostname=tags.get("host-fqdn") or tags.get("host-rdns") or tags.get("netbios-name") or None,
    )
    yield from _by_port(base, items)


def _by_port(base: Observation, items: list[Element]) -> Iterator[Observation]:
    """One observation for each port; those without one (port 0) tell of the host."""
    ports: dict[tuple[int | None, str], tuple[str | None, dict[str, object]]] = {}
    for item in items:
        key = (port_number(item.get("port")), item.get("protocol") or "tcp")
        service, fields = ports.setdefault(key, (_SERVICES.get(item.get("svc_name") or ""), {}))
        told = plugin_fields(item.get("pluginID"), item.text_at("plugin_output"))
        ports[key] = (service, {**told, **fields})
    hosts_own: dict[str, object] = {}
    for (port, transport), (service, fields) in ports.items():
        if port is None:
            hosts_own |= fields
            continue
        yield _observation(base, (port, transport), service, fields)
    if hosts_own or not ports or (base.mac and set(ports) <= {(None, "tcp"), (None, "udp"), (None, "icmp")}):
        yield _observation(base, (None, None), None, hosts_own)


def _observation(
    base: Observation, endpoint: tuple[int | None, str | None], service: str | None, fields: dict[str, object]
) -> Observation:
    if any(name.startswith("tls.") for name in fields):
        service = OVER_TLS.get(service or "", service)
    return Observation(
        source=SOURCE,
        observed_at=base.observed_at,
        ip=base.ip,
        port=endpoint[0],
        transport=endpoint[1] if endpoint[1] in ("tcp", "udp") else None,
        service=service,
        mac=base.mac,
        hostname=base.hostname,
        fields=bounded_fields(fields),
    )


def _from_csv(chunks: Iterable[Chunk], file: str) -> Iterator[Item]:
    """A row for each finding; those that hold a reply count."""
    header: list[str] = []
    for row in delimited_rows(text_lines(chunks, file), file, ","):
        if isinstance(row, BadLine):
            yield row
        elif not header:
            header = list(row)
            if not set(_CSV_COLUMNS) <= set(header):
                yield BadLine(row.number, f"the heading lacks one of {', '.join(_CSV_COLUMNS)}", file)
                return
        else:
            told = dict(zip(header, row, strict=False))
            ip = ip_text(told.get("Host"))
            if ip is None or (len(row) < len(header) and not row.ended):
                reason = "a finding without an address" if row.ended else "the last line is cut off"
                yield BadLine(row.number, reason, file)
                continue
            fields = plugin_fields(told.get("Plugin ID"), told.get("Plugin Output"))
            mac = plugin_mac(told.get("Plugin ID"), told.get("Plugin Output"))
            if fields or mac:
                endpoint = (port_number(told.get("Port")), told.get("Protocol"))
                yield _observation(Observation(source=SOURCE, ip=ip, mac=mac), endpoint, None, fields)
