"""Reads nmap's XML (``-oX``), whole or cut off: an observation for each open port, with what scripts found there.

Hosts stand twice in recent files: ``hosthint`` is passed over. Ports whose service nmap only looked up in its
table of numbers keep no service. A host without open ports counts where its MAC address or name is known.
Source: nmap.dtd of nmap 7.95.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from fingerprints.observation import Observation, bounded_fields
from scanner.sources.banner import OVER_TLS, SERVICES, banner_fields
from scanner.sources.decompression import Chunk
from scanner.sources.json_access import port_number
from scanner.sources.masscan_banners import masscan_banner
from scanner.sources.nmap_scripts import netbios_mac, script_fields, service_fingerprint, unescaped
from scanner.sources.reading import BadLine, Item
from scanner.sources.tool_values import any_mac, ip_text, utc_moment
from scanner.sources.xml_records import Element, XmlProblem, XmlRecords

SOURCE = "nmap-file"

_PROBED = "10"
_WEB_SCRIPTS = frozenset({"http-title", "http-server-header", "http-headers", "http-auth", "http-favicon"})


def read_nmap_xml(chunks: Iterable[Chunk], file: str, *, document: bool = False) -> Iterator[Item]:
    """The observations of a file in UTF-8 and what is wrong with it; ``document`` is of no account here."""
    started: str | None = None
    for found in XmlRecords("nmaprun", "host", "ports/port", frozenset({"nmaprun"})).read(chunks):
        if isinstance(found, XmlProblem):
            yield BadLine(found.line, found.reason, file)
        elif found.name == "nmaprun":
            started = utc_moment(found.get("start"))
        else:
            yield from host_items(found, started, SOURCE, file)


def host_items(host: Element, started: str | None, source: str, file: str) -> Iterator[Item]:
    """``observations_from_host``, or what is wrong with the host. One that was cut off before its address is not."""
    if ip_of(host) is not None:
        yield from observations_from_host(host, started, source)
    elif host.first("address") is not None or host.first("ports") is not None:
        yield BadLine(host.line, "a host without an address", file)


def ip_of(host: Element) -> str | None:
    """The host's address: the first that is no MAC address."""
    addresses = (address for address in host.every("address") if address.get("addrtype") != "mac")
    return next((ip for address in addresses if (ip := ip_text(address.get("addr")))), None)


def observations_from_host(host: Element, started: str | None, source: str = SOURCE) -> list[Observation]:
    """What a ``host`` element says; empty for hosts that are down. ``started`` stands in for a missing time."""
    status = host.first("status")
    if status is not None and status.get("state") == "down":
        return []
    base = Observation(
        source=source,
        observed_at=utc_moment(host.get("endtime")) or utc_moment(host.get("starttime")) or started,
        ip=ip_of(host),
        mac=_mac(host),
        hostname=next(
            (name.get("name") for name in host.every("hostnames", "hostname") if name.get("name")), None
        ),
    )
    fields: dict[str, object] = {}
    for script in host.every("hostscript", "script"):
        fields |= script_fields(script)
    seen = [found for port in host.every("ports", "port") if (found := _from_port(port, base)) is not None]
    if fields:
        service = "netbios" if "netbios.name" in fields else None
        seen.append(_with(base, service=service, fields=fields))
    elif not seen and (base.mac or base.hostname):
        seen.append(_with(base, service="arp" if base.mac else None, fields={}))
    return seen


def _mac(host: Element) -> str | None:
    told = [any_mac(address.get("addr")) for address in host.every("address") if address.get("addrtype") == "mac"]
    told += [netbios_mac(script) for script in host.every("hostscript", "script")]
    return next((mac for mac in told if mac), None)


def _with(base: Observation, *, service: str | None, fields: dict[str, object], port: int | None = None,
          transport: str | None = None) -> Observation:  # fmt: skip
    return Observation(
        source=base.source,
        observed_at=base.observed_at,
        ip=base.ip,
        port=port,
        transport=transport,
        service=service,
        mac=base.mac,
        hostname=base.hostname,
        fields=bounded_fields(fields),
    )


def _from_port(port: Element, base: Observation) -> Observation | None:
    """A port that is open, or may be and answered a script; None otherwise."""
    state = port.first("state")
    number = port_number(port.get("portid"))
    scripts = port.every("script")
    condition = state.get("state") if state is not None else None
    if number is None or not (condition == "open" or (condition == "open|filtered" and scripts)):
        return None
    transport = port.get("protocol") or "tcp"
    service, fields = _service(port.first("service"), transport)
    for script in scripts:
        name = script.get("id") or ""
        if name == "banner":
            spoken, told = banner_fields(
                unescaped(script.attributes.get("output", "")[:65_536]), service=service, transport=transport
            )
            service = service or spoken
        else:
            told = script_fields(script)
        fields |= {key: value for key, value in told.items() if value is not None}
        service = service or _service_of(name, fields)
    if "tls.subject" in fields:
        service = OVER_TLS.get(service or "", service)
    return _with(base, service=service, fields=fields, port=number, transport=transport)


def _service_of(script: str, fields: dict[str, object]) -> str | None:
    if script in _WEB_SCRIPTS or "http.status" in fields:
        return "http"
    if script == "rtsp-methods" or "rtsp.status" in fields:
        return "rtsp"
    return {"snmp-sysdescr": "snmp", "upnp-info": "ssdp"}.get(script)


def _service(element: Element | None, transport: str) -> tuple[str | None, dict[str, object]]:
    """What service detection found. Without it, or where it only knew the port's number, there is no service."""
    if element is None:
        return None, {}
    over_tls = element.get("tunnel") == "ssl"
    fields: dict[str, object] = {
        f"nmap.{name}": element.get(name) for name in ("product", "version", "extrainfo", "devicetype")
    }
    fields["nmap.cpe"] = [cpe.text.strip() for cpe in element.every("cpe") if cpe.text.strip()] or None
    named = element.get("name") if element.get("conf") == _PROBED or element.get("method") == "probed" else None
    banner = element.get("banner")
    if banner is not None:  # masscan's
        spoken, told = masscan_banner(element.get("name"), unescaped(banner), transport)
    else:
        spoken, told = service_fingerprint(element.get("servicefp") or "", transport)
    service = spoken or named
    service = OVER_TLS.get(service or "", service) if over_tls else service
    seen = {key: value for key, value in {**told, **fields}.items() if value is not None}
    return (service if service in SERVICES else None), seen
