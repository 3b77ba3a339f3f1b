"""Joins endpoints to devices: what belongs to one box, however many ports and addresses it has.

An address is one device unless its endpoints contradict each other (forwarded ports); the same serial number
or hardware address on several addresses is one device (IPv4 and IPv6, cable and radio).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache

from fingerprints.database_loader import Database
from fingerprints.decoys import pretends
from fingerprints.endpoints import (
    SeenEndpoint,
    address_key,
    contradict,
    endpoint_key,
    joins_by_serial,
    seen_endpoints,
    unique_evidence,
)
from fingerprints.identification import Device, Endpoint, Identification
from fingerprints.identify import identify, with_tags
from fingerprints.mac_addresses import colon_form, find_mac
from fingerprints.matcher import Matcher
from fingerprints.observation import Observation
from fingerprints.self_description import observation_tags

MAX_ADDRESSES_OF_A_MAC = 2
"""A hardware address seen with more IPv4 addresses than this is a router's, which answers for others."""

Part = tuple[SeenEndpoint, ...]
"""Endpoints that belong to one device."""


def join_devices(observations: Iterable[Observation], database: Database) -> tuple[Device, ...]:
    """The devices behind ``observations``, ordered by address as a number, then by port.

    Observations belong together by ``target`` where it is set, else by address, else by hardware address.
    An address that pretends (``decoys``) is one device with the tag ``honeypot`` and without a manufacturer.
    """
    matcher = matcher_for(database)
    parts: list[Part] = []
    decoys: list[Part] = []
    for of_host in _by_host(observations):
        endpoints = seen_endpoints(of_host, matcher)
        if pretends(endpoints) or any("honeypot" in item.identification.tags for item in endpoints):
            decoys.append(tuple(endpoints))
        else:
            parts += _split(endpoints)
    devices = [_device(part, database, decoy=False) for part in _merge(sorted(parts, key=_part_key))]
    devices += [_device(part, database, decoy=True) for part in decoys]
    return tuple(sorted(devices, key=_device_key))


@lru_cache(maxsize=4)
def matcher_for(database: Database) -> Matcher:
    """The compiled matcher of a database, made once."""
    return Matcher(database)


def _by_host(observations: Iterable[Observation]) -> list[list[Observation]]:
    hosts: dict[tuple[str, object], list[Observation]] = {}
    for position, seen in enumerate(observations):
        key: tuple[str, object] = ("alone", position)
        if seen.target:
            key = ("target", seen.target)
        elif seen.ip:
            version, number, text = address_key(seen.ip)
            key = ("ip", (version, number or text))
        elif seen.mac:
            key = ("mac", find_mac(seen.mac) or seen.mac)
        hosts.setdefault(key, []).append(seen)
    return list(hosts.values())


def _split(endpoints: Sequence[SeenEndpoint]) -> list[Part]:
    """One part, or several where endpoints of one address contradict each other.

    What has no identity of its own goes to the part whose maker it speaks for, else to the surest.
    """
    parts: list[list[SeenEndpoint]] = []
    weak = []
    for endpoint in endpoints:
        if not (endpoint.serials or endpoint.strong_maker):
            weak.append(endpoint)
            continue
        fitting = [part for part in parts if not any(contradict(endpoint, other) for other in part)]
        if fitting:
            max(fitting, key=lambda part: _agreement(endpoint, part)).append(endpoint)
        else:
            parts.append([endpoint])
    if not parts:
        return [tuple(weak)] if weak else []
    for endpoint in weak:
        max(parts, key=lambda part: _agreement(endpoint, part)).append(endpoint)
    return [tuple(part) for part in parts]


def _agreement(endpoint: SeenEndpoint, part: Sequence[SeenEndpoint]) -> tuple[bool, bool, float]:
    """How well an endpoint fits a part: same serial or hardware address, same maker, how sure the part is."""
    return (
        any(_same_box(endpoint, other) for other in part),
        any(endpoint.supported_makers & other.supported_makers for other in part),
        max(other.identification.confidence for other in part),
    )


def _same_box(one: SeenEndpoint, other: SeenEndpoint) -> bool:
    if one.macs & other.macs:
        return True
    return any(joins_by_serial(a, b) for a, _ in one.serials for b, _ in other.serials)


def _merge(parts: Sequence[Part]) -> list[Part]:
    """Joins parts of different hosts that tell the same serial number or hardware address."""
    shared = _macs_of_routers(parts)
    by_mark: dict[str, list[int]] = {}
    for position, part in enumerate(parts):
        for mark in sorted(_marks(part, shared)):
            by_mark.setdefault(mark, []).append(position)
    merged = {position: [position] for position in range(len(parts))}
    home = list(range(len(parts)))
    for _, positions in sorted(by_mark.items()):
        for position in positions[1:]:
            one, other = home[positions[0]], home[position]
            if one == other or _parts_contradict(merged[one], merged[other], parts):
                continue
            merged[one] += merged.pop(other)
            for moved in merged[one]:
                home[moved] = one
    return [
        tuple(endpoint for position in sorted(positions) for endpoint in parts[position])
        for positions in merged.values()
    ]


def _part_key(part: Part) -> list[tuple[object, ...]]:
    """Orders parts by what they are, so that the order in which observations came does not matter."""
    return [endpoint_key(endpoint) for endpoint in part]


def _marks(part: Part, shared: frozenset[str]) -> set[str]:
    """What a device is known by on every address: hardware addresses and serial numbers."""
    marks = {f"mac {mac}" for endpoint in part for mac in endpoint.macs - shared}
    for endpoint in part:
        # The long form of a serial number ends in the short one; nine characters are as good as all.
        marks |= {f"serial {serial[-9:]}" for serial, _ in endpoint.serials if joins_by_serial(serial, serial)}
    return marks


def _parts_contradict(one: Sequence[int], other: Sequence[int], parts: Sequence[Part]) -> bool:
    ours = [endpoint for position in one for endpoint in parts[position]]
    theirs = [endpoint for position in other for endpoint in parts[position]]
    return any(contradict(a, b) for a in ours for b in theirs)


def _macs_of_routers(parts: Sequence[Part]) -> frozenset[str]:
    addresses: dict[str, set[str]] = {}
    for part in parts:
        for endpoint in part:
            for mac in endpoint.macs:
                if endpoint.ip and address_key(endpoint.ip)[0] == 4:
                    addresses.setdefault(mac, set()).add(endpoint.ip)
    return frozenset(mac for mac, seen in addresses.items() if len(seen) > MAX_ADDRESSES_OF_A_MAC)


def _device(part: Part, database: Database, *, decoy: bool) -> Device:
    observations = [seen for endpoint in part for seen in endpoint.observations]
    evidence = unique_evidence(item for endpoint in part for item in endpoint.evidence)
    identification = identify(evidence, database)
    if decoy and "honeypot" not in identification.tags:
        identification = Identification(evidence=identification.evidence, tags=("honeypot",))
    tags = {tag for seen in observations for tag in observation_tags(seen)}
    addresses = sorted({seen.ip for seen in observations if seen.ip}, key=address_key)
    macs = [mac for seen in observations if seen.mac and (mac := find_mac(seen.mac))]
    macs += sorted({mac for endpoint in part for mac in endpoint.macs})
    times = sorted(seen.observed_at for seen in observations if seen.observed_at)
    return Device(
        identification=with_tags(identification, tags),
        endpoints=_endpoints(observations),
        address=addresses[0] if addresses else None,
        addresses=tuple(addresses),
        mac=colon_form(macs[0]) if macs else None,
        hostname=next((seen.hostname for seen in observations if seen.hostname), None),
        location=next((seen.location for seen in observations if seen.location), None),
        asn=next((seen.asn for seen in observations if seen.asn), None),
        first_seen=times[0] if times else None,
        last_seen=times[-1] if times else None,
    )


def _endpoints(observations: Iterable[Observation]) -> tuple[Endpoint, ...]:
    """The distinct endpoints, by address and port; the service is the first one that was told."""
    found: dict[tuple[str | None, int | None, str | None], Endpoint] = {}
    for seen in observations:
        key = (seen.ip, seen.port, seen.transport)
        known = found.get(key)
        if known is None or known.service is None:
            found[key] = Endpoint(ip=seen.ip, port=seen.port, transport=seen.transport, service=seen.service)
    return tuple(
        sorted(found.values(), key=lambda item: (address_key(item.ip), item.port or 0, item.transport or ""))
    )


def _device_key(device: Device) -> tuple[tuple[int, int, str], int, str, str]:
    ports = [endpoint.port for endpoint in device.endpoints if endpoint.port is not None]
    return (address_key(device.address), min(ports, default=0), device.mac or "", device.hostname or "")
