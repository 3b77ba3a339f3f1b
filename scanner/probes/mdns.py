"""Multicast DNS service discovery, asked of one device: which services it announces, and under which names.

Port: 5353/udp, unicast, from a port of our own, so that the answer comes back to it ("legacy unicast"). Sent,
once: a DNS query with a PTR question (class IN, unicast answer wanted) for each of ``SERVICES``. Never sent: an
answer, an update, a probe for a name.
Instance names tell maker, model and serial number on many cameras (``AXIS M5014 - ACCC8E000001``). Axis and avahi
answer such a query, others ignore it when it comes from another network.
Sources: RFC 6762 section 6.7 and RFC 6763; answers of avahi 0.8 and of an Axis camera (wue-iot-note).
"""

from __future__ import annotations

from collections.abc import Iterable

from fingerprints.observation import bounded_fields
from scanner.mac_address import normalise_mac
from scanner.outcome import ProbeOutcome
from scanner.probes.datagram_exchange import Question, Told, exchange, other_protocol, outcome_of
from scanner.probes.description import ProbeDescription
from scanner.probes.dns_message import AAAA, PTR, SRV, TXT, A, Record, parse_reply, query
from scanner.wire import Datagram, Network

PROBE = ProbeDescription(name="mdns", ports=(5353,), transport="udp", connections=0, packets=1)

SERVICES = tuple(
    f"{kind}.local"
    for kind in (
        *("_axis-video._tcp", "_axis-nvr._tcp", "_arec._tcp", "_psia._tcp", "_CGI._tcp", "_rtsp._tcp"),
        *("_onvif._tcp", "_nvt._tcp", "_camera._tcp", "_ipcam._tcp", "_http._tcp", "_https._tcp"),
        *("_workstation._tcp", "_device-info._tcp", "_ssh._tcp", "_hap._tcp", "_googlecast._tcp"),
        *("_printer._tcp", "_ipp._tcp", "_services._dns-sd._udp"),
    )
)

_MAX_TEXTS = 64


def request() -> bytes:
    """The one query."""
    return query(SERVICES)


def parse(data: bytes) -> Told | None:
    """The ``mdns.*`` fields of one reply; None where it is none, or tells nothing. Total."""
    reply = parse_reply(data)
    if reply is None:
        return None
    return _told(reply.records, reply.whole)


async def ask(network: Network, ip: str, port: int = 5353, *, wait: float = 2.0) -> tuple[ProbeOutcome, ...]:
    """What all replies of ``ip`` say together: a device may answer service by service."""
    replies = await exchange(network, ip, port, PROBE, Question((request(),), wait))
    if isinstance(replies, ProbeOutcome):
        return (replies,)
    told = _all_told(replies)
    if told is None:
        return (other_protocol(PROBE, port, replies[0]),)
    return (outcome_of(PROBE, port, replies[0], told),)


def _all_told(replies: Iterable[Datagram]) -> Told | None:
    records: list[Record] = []
    whole = True
    for datagram in replies:
        reply = parse_reply(datagram.data)
        if reply is not None:
            records += reply.records
            whole = whole and reply.whole
    return _told(records, whole)


def _told(records: Iterable[Record], whole: bool) -> Told | None:
    services: dict[str, None] = {}
    texts: dict[str, None] = {}
    targets: list[str] = []
    owners: list[str] = []
    for record in records:
        if record.kind == PTR:
            services.update(dict.fromkeys(filter(None, record.texts)))
        elif record.kind == TXT:
            texts.update(dict.fromkeys(record.texts))
        elif record.kind == SRV:
            targets += record.texts
        elif record.kind in (A, AAAA):
            owners.append(record.name)
    hosts = [name for name in (*targets, *owners) if name]
    if not services and not texts and not hosts:
        return None
    fields = bounded_fields(
        {
            "mdns.services": tuple(services)[:_MAX_TEXTS] or None,
            "mdns.txt": tuple(texts)[:_MAX_TEXTS] or None,
            "mdns.name": hosts[0] if hosts else None,
        }
    )
    return Told(fields, _mac_in(texts), whole)


def _mac_in(texts: Iterable[str]) -> str | None:
    """The MAC address that a TXT record names, if one does."""
    for text in texts:
        key, _, value = text.partition("=")
        if key.lower() in ("mac", "macaddress"):
            mac = normalise_mac(value)
            if mac is not None:
                return mac
    return None
