"""What one run of nmap reported, host by host, from its XML.

``python-nmap`` reads hosts, ports and services. It drops what is read here besides: how many ports share a state
without being listed, TLS in front of a service, device types, and all CPE names but the last.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple
from xml.parsers import expat

import msgspec

from fingerprints.observation import Observation, bounded_fields
from scanner.sweep.engine import HostSweep

_SERVICES = frozenset({"http", "https", "rtsp", "rtsps", "ssh", "ftp", "telnet", "smtp", "sip", "upnp", "snmp"})
_OVER_TLS = {"http": "https", "rtsp": "rtsps"}


class ReportUnreadable(Exception):
    """nmap wrote no whole report; the message is what it complained of, in one line."""


class _Service(msgspec.Struct):
    tunnel: str | None = None
    device_type: str | None = None
    cpes: list[str] = []


class _Host(msgspec.Struct):
    unlisted: dict[str, int] = {}
    services: dict[int, _Service] = {}


class _Supplement:
    """Gathers by address what ``python-nmap`` drops. The XML is nmap's own; entities are refused all the same."""

    def __init__(self, xml: bytes) -> None:
        self.hosts: dict[str, _Host] = {}
        self._host = _Host()
        self._service = _Service()
        self._cpe: list[str] | None = None
        parser = expat.ParserCreate()
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._text
        parser.EntityDeclHandler = self._refuse
        parser.Parse(xml, True)

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        if name == "host":
            self._host = _Host()
        elif name == "address" and attributes.get("addrtype") in ("ipv4", "ipv6"):
            self.hosts[attributes.get("addr", "")] = self._host
        elif name == "extraports":
            self._host.unlisted[attributes.get("state", "")] = int(attributes.get("count", "0"))
        elif name == "port":
            self._service = self._host.services.setdefault(int(attributes.get("portid", "0")), _Service())
        elif name == "service":
            self._service.tunnel = attributes.get("tunnel")
            self._service.device_type = attributes.get("devicetype")
        elif name == "cpe":
            self._cpe = []

    def _end(self, name: str) -> None:
        if name == "cpe" and self._cpe is not None:
            self._service.cpes.append("".join(self._cpe))
            self._cpe = None

    def _text(self, text: str) -> None:
        if self._cpe is not None:
            self._cpe.append(text)

    def _refuse(self, *_: object) -> None:
        raise ReportUnreadable("the report declares entities")


class _Port(NamedTuple):
    number: int
    state: str
    told: Mapping[str, Any]


def read_report(scanner: Any, xml: bytes, complaints: str, observed_at: str) -> dict[str, HostSweep]:
    """The hosts of a report by address; ``scanner`` is a ``nmap.PortScanner``. Raises ``ReportUnreadable``."""
    import nmap  # the caller has made sure that it is there

    try:
        supplement = _Supplement(xml)
        scan = scanner.analyse_nmap_xml_scan(nmap_xml_output=xml.decode("utf-8", "replace"), nmap_err=complaints)
    except (expat.ExpatError, ValueError, AttributeError, nmap.PortScannerError):
        first = next(
            (line.strip() for line in complaints.splitlines() if line.strip()), "it wrote no whole report"
        )
        raise ReportUnreadable(first[:200]) from None
    return {
        ip: _host_sweep(ip, told, supplement.hosts.get(ip, _Host()), observed_at)
        for ip, told in scan["scan"].items()
    }


def _host_sweep(ip: str, told: Mapping[str, Any], more: _Host, observed_at: str) -> HostSweep:
    ports = [_Port(number, port["state"], port) for number, port in told.get("tcp", {}).items()]
    opened = [port for port in ports if port.state == "open"]
    closed = sum(port.state == "closed" for port in ports) + more.unlisted.get("closed", 0)
    asked = len(ports) + sum(more.unlisted.values())
    observations = (
        _observation(ip, port, more.services.get(port.number, _Service()), observed_at) for port in opened
    )
    return HostSweep(
        ip=ip,
        open_ports=tuple(port.number for port in opened),
        closed=closed,
        silent=asked - closed - len(opened),
        observations=tuple(observation for observation in observations if observation is not None),
    )


def _observation(ip: str, port: _Port, service: _Service, observed_at: str) -> Observation | None:
    """What service detection found; None where nmap only looked the port up in its table."""
    if port.told.get("conf") != "10":
        return None
    name = str(port.told.get("name") or "")
    if service.tunnel == "ssl":
        name = _OVER_TLS.get(name, name)
    told = {"nmap.product": "product", "nmap.version": "version", "nmap.extrainfo": "extrainfo"}
    fields: dict[str, object] = {field: port.told.get(key) or None for field, key in told.items()}
    fields["nmap.devicetype"] = service.device_type
    fields["nmap.cpe"] = service.cpes or None
    return Observation(
        source="nmap",
        observed_at=observed_at,
        ip=ip,
        port=port.number,
        transport="tcp",
        service=name if name in _SERVICES else None,
        fields=bounded_fields(fields),
    )
