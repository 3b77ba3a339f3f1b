"""One address and port with all that was seen there, identified on its own, before devices are joined."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

from fingerprints.database_loader import Database
from fingerprints.identification import Evidence, Identification
from fingerprints.identify import identify, maker_strengths, observation_evidence
from fingerprints.matcher import Matcher
from fingerprints.observation import Observation
from fingerprints.self_description import device_macs

STRONG = 0.7
"""From this confidence on an endpoint's maker may keep it apart from another maker's endpoint."""

_MIN_SERIAL = 6
_MIN_SERIAL_TAIL = 5
DISCOVERY_SERVICES = frozenset({"sadp", "dhip", "ws-discovery", "ssdp", "mdns"})


@dataclass(frozen=True, eq=False)
class SeenEndpoint:
    """Observations of one address and port, their evidence, and what it says on its own."""

    observations: tuple[Observation, ...]
    evidence: tuple[Evidence, ...]
    identification: Identification
    serials: tuple[tuple[str, str], ...]
    """Serial numbers (letters and digits only, upper case), each with the group of signs that tells it."""
    shown_makers: frozenset[str] = frozenset()
    """Every maker that the evidence shows strongly, contradicted or not: an honest device shows one."""
    strong: float = STRONG
    """``STRONG`` as it is published."""

    @property
    def ip(self) -> str | None:
        """The address as it was seen."""
        return self.observations[0].ip

    @property
    def port(self) -> int | None:
        """The port, where the source has one."""
        return self.observations[0].port

    @cached_property
    def macs(self) -> frozenset[str]:
        """Hardware addresses, as 12 lower-case digits."""
        return frozenset(mac for seen in self.observations for mac in device_macs(seen))

    @property
    def strong_maker(self) -> str | None:
        """The maker, where this endpoint alone makes it sure."""
        found = self.identification
        return found.manufacturer if found.confidence >= self.strong else None

    @property
    def supported_makers(self) -> frozenset[str]:
        """The makers that the endpoint's evidence allows."""
        return frozenset(self.identification.manufacturer_candidates)


def seen_endpoints(observations: Iterable[Observation], matcher: Matcher) -> list[SeenEndpoint]:
    """Observations grouped by address, port and transport, in the order of addresses and ports.

    Several devices may answer a discovery question from one (factory default) address: their replies are
    told apart by hardware address.
    """
    groups: dict[tuple[object, ...], list[Observation]] = {}
    for seen in observations:
        macs = device_macs(seen) if seen.service in DISCOVERY_SERVICES else ()
        place = seen.service if seen.port is None else None
        groups.setdefault((seen.ip, seen.port, seen.transport, place, *macs), []).append(seen)
    endpoints = [_endpoint(group, matcher) for group in groups.values()]
    return sorted(endpoints, key=endpoint_key)


def endpoint_key(endpoint: SeenEndpoint) -> tuple[object, ...]:
    """Orders endpoints by address and port, then by what tells them apart."""
    first = endpoint.observations[0]
    port = -1 if first.port is None else first.port
    return (address_key(first.ip), port, first.transport or "", sorted(endpoint.macs), endpoint.serials)


def _endpoint(observations: Sequence[Observation], matcher: Matcher) -> SeenEndpoint:
    evidence = unique_evidence(item for seen in observations for item in observation_evidence(seen, matcher))
    identification = identify(evidence, matcher.database)
    strengths = maker_strengths(evidence, matcher.database)
    return SeenEndpoint(
        observations=tuple(observations),
        evidence=evidence,
        identification=identification,
        serials=_serials(evidence, identification, matcher.database),
        strong=matcher.database.published(STRONG),
        shown_makers=frozenset(maker for maker, strength in strengths.items() if strength >= STRONG),
    )


def unique_evidence(evidence: Iterable[Evidence]) -> tuple[Evidence, ...]:
    """Evidence without repetition: the same sign on the same text of one endpoint, seen at several times."""
    unique = {(item.fingerprint, item.field, item.excerpt, item.ip, item.port): item for item in evidence}
    return tuple(unique.values())


def _serials(
    evidence: Iterable[Evidence], identification: Identification, database: Database
) -> tuple[tuple[str, str], ...]:
    makers = set(identification.manufacturer_candidates)
    found = {
        (serial_key(item.claims["serial"]), database.group(item.family))
        for item in evidence
        if "serial" in item.claims and (not makers or item.claims.get("manufacturer", "") in {*makers, ""})
    }
    return tuple(sorted((serial, group) for serial, group in found if _tells_apart(serial)))


def serial_key(text: str) -> str:
    """A serial number without case and punctuation."""
    return re.sub(r"[^0-9A-Z]", "", text.upper())


def _tells_apart(serial: str) -> bool:
    """Whether a serial number can be one device's own: not 000000, 123456789 or the like."""
    return len(serial) >= _MIN_SERIAL_TAIL and len(set(serial)) > 2 and serial not in "0123456789ABCDEF01234567890"


def same_serial(one: str, other: str) -> bool:
    """Whether two texts can be one serial number: devices tell a long form, its tail, or a part of it."""
    short, long = sorted((one, other), key=len)
    return len(short) >= _MIN_SERIAL_TAIL and short in long


def joins_by_serial(one: str, other: str) -> bool:
    """Whether two serial numbers are surely one: equal, or the same nine or more characters at the end."""
    short, long = sorted((one, other), key=len)
    return len(short) >= _MIN_SERIAL and (short == long or (len(short) >= 9 and long.endswith(short)))


def contradict(one: SeenEndpoint, other: SeenEndpoint) -> bool:
    """Whether two endpoints cannot belong to one device.

    They cannot where each is sure of another maker, or where they tell different serial numbers of one kind
    (as long as each other, or told in the same way); the same hardware address outweighs both.
    """
    if one.macs & other.macs:
        return False
    pairs = [(a, b) for a in one.serials for b in other.serials]
    if any(same_serial(a[0], b[0]) for a, b in pairs):
        return False
    if one.strong_maker and other.strong_maker and one.strong_maker != other.strong_maker:
        return True
    return any(len(a[0]) == len(b[0]) or a[1] == b[1] for a, b in pairs)


def address_key(ip: str | None) -> tuple[int, int, str]:
    """Orders addresses as numbers, IPv4 first, what is no address after them, nothing last."""
    if ip is None:
        return (9, 0, "")
    try:
        address = ipaddress.ip_address(ip)
    except ValueError:
        return (8, 0, ip)
    return (address.version, int(address), ip)
