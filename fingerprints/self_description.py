"""What a device's own discovery reply says about its state and its addresses, beyond who made it."""

from __future__ import annotations

import ipaddress
import re

from fingerprints.mac_addresses import find_mac, is_device_mac
from fingerprints.observation import Observation

_MAC_FIELDS = ("mac", "sadp.mac", "dhip.mac", "isapi.mac")
_ACTIVATED_FIELDS = ("sadp.activated", "dhip.activated", "isapi.activated")
_TELLING_FIELDS = frozenset({*_ACTIVATED_FIELDS, "sadp.locked", "sadp.ipv4", "dhip.details"})

# "IPv4Address": {"DefaultGateway": "…", "IPAddress": "192.0.2.10", …} in Dahua's reply; read by pattern
# because the field is bounded, so that the JSON may end anywhere.
_DHIP_IPV4 = re.compile(r'"IPv4Address"\s{0,9}:\s{0,9}\{[^{}]{0,400}?"IPAddress"\s{0,9}:\s{0,9}"([0-9.]{7,15})"')


def observation_tags(observation: Observation) -> tuple[str, ...]:
    """``not-activated``, ``locked`` and ``misaddressed``, where the device's own reply says so.

    Misaddressed: the IPv4 address that the device says it has is not the one that it answered from.
    """
    if _TELLING_FIELDS.isdisjoint(observation.fields):  # most observations: nothing to take apart
        return ()
    tags = set()
    if any("false" in map(str.lower, observation.texts(name)) for name in _ACTIVATED_FIELDS):
        tags.add("not-activated")
    if "true" in map(str.lower, observation.texts("sadp.locked")):
        tags.add("locked")
    answered = _ipv4(observation.ip)
    said = {_ipv4(text) for text in _stated_addresses(observation)} - {None}
    if answered and said and answered not in said:
        tags.add("misaddressed")
    return tuple(sorted(tags))


def device_macs(observation: Observation) -> tuple[str, ...]:
    """The hardware addresses of the device (12 lower-case digits), the link layer's first.

    An IPv6 address that was made from the hardware address (EUI-64) tells it too.
    """
    texts = [text for name in _MAC_FIELDS for text in observation.texts(name)]
    found = [find_mac(text) for text in texts] + [_mac_of_ipv6(observation.ip)]
    return tuple(dict.fromkeys(mac for mac in found if mac and is_device_mac(mac)))


def _stated_addresses(observation: Observation) -> list[str]:
    stated = list(observation.texts("sadp.ipv4"))
    for details in observation.texts("dhip.details"):
        stated += _DHIP_IPV4.findall(details)[:1]
    return stated


def _ipv4(text: str | None) -> str | None:
    try:
        address = ipaddress.IPv4Address((text or "").strip())
    except ValueError:
        return None
    return None if address.is_unspecified else str(address)


def _mac_of_ipv6(ip: str | None) -> str | None:
    try:
        address = ipaddress.IPv6Address((ip or "").split("%")[0])
    except ValueError:
        return None
    tail = address.packed[8:]
    if tail[3:5] != b"\xff\xfe" or not tail[0] & 2:
        return None
    return bytes([tail[0] ^ 2, *tail[1:3], *tail[5:8]]).hex()
