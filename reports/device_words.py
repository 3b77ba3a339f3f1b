"""How reports name a device, its maker and its place, and in which order they list devices."""

from __future__ import annotations

import ipaddress
from collections import Counter
from collections.abc import Collection, Iterable, Sequence

from reports.document import DeviceReport, ReplacementItem
from reports.wording import COVERED_ORDER, wording

DeviceKey = tuple[str | None, tuple[int, ...]]
"""What tells two devices of one document apart; the address alone does not where one host has several."""

# RFC 1918, RFC 4193, link-local, loopback; and shared (RFC 6598), multicast and reserved ones.
_IPV4_NOT_PUBLIC = (
    "10.0.0.0/8 172.16.0.0/12 192.168.0.0/16 169.254.0.0/16 127.0.0.0/8 100.64.0.0/10 0.0.0.0/8 224.0.0.0/3"
)
_IPV6_NOT_PUBLIC = "fc00::/7 fe80::/10 ::1/128 ::/128 ff00::/8"
_NOT_PUBLIC = tuple(map(ipaddress.ip_network, f"{_IPV4_NOT_PUBLIC} {_IPV6_NOT_PUBLIC}".split()))


def device_key(device: DeviceReport) -> DeviceKey:
    """The key under which a device's replacement item is found."""
    return device.address, device.ports


def item_key(item: ReplacementItem) -> DeviceKey:
    """The key of the device that a replacement item is about."""
    return item.address, item.ports


def covered_value(device: DeviceReport) -> str:
    """``yes``, ``possible``, ``no`` or ``unknown``; whatever else the document says counts as unknown."""
    return device.covered if device.covered in COVERED_ORDER else "unknown"


def maker_text(device: DeviceReport) -> str:
    """The maker in words: ``Hikvision``, ``Dahua or Hikvision``, ``unknown``."""
    if device.manufacturer:
        return device.manufacturer
    if device.manufacturer_candidates:
        return " or ".join(device.manufacturer_candidates)
    return "unknown"


def device_text(device: DeviceReport) -> str:
    """The device in words: ``LTS CMIP8242 camera, made by Hikvision``."""
    label = device.brand or device.manufacturer
    class_name = "device" if device.class_ == "unknown" else wording().device_class(device.class_)
    words = [label, device.model, class_name]
    name = " ".join(word for word in words if word)
    if device.manufacturer and device.brand and device.brand != device.manufacturer:
        return f"{name}, made by {device.manufacturer}"
    if not device.manufacturer and device.manufacturer_candidates:
        return f"{name}, perhaps made by {maker_text(device)}"
    return name


def shared_addresses(devices: Iterable[DeviceReport]) -> frozenset[str]:
    """The addresses at which more than one of ``devices`` is, behind different ports."""
    seen = Counter(device.address for device in devices if device.address)
    return frozenset(address for address, number in seen.items() if number > 1)


def place_text(address: str | None, ports: Sequence[int], shared: Collection[str]) -> str:
    """Where a device is, in words: its address, with its first port where the address is a ``shared`` one."""
    if not address:
        return "no address"
    if address not in shared or not ports:
        return address
    return f"[{address}]:{ports[0]}" if ":" in address else f"{address}:{ports[0]}"


def is_public(address: str | None) -> bool:
    """Whether ``address`` is one that the internet routes; a text that is no address is not."""
    try:
        parsed = ipaddress.ip_address((address or "").partition("%")[0])
    except ValueError:
        return False
    if isinstance(parsed, ipaddress.IPv6Address) and parsed.ipv4_mapped is not None:
        parsed = parsed.ipv4_mapped
    return not any(parsed in network for network in _NOT_PUBLIC if network.version == parsed.version)


def address_order(address: str | None) -> tuple[int, int, str]:
    """A sort key that puts addresses in numeric order, IPv4 before IPv6, other texts and none last."""
    try:
        parsed = ipaddress.ip_address((address or "").partition("%")[0])
    except ValueError:
        return 9, 0, address or "\uffff"
    return parsed.version, int(parsed), address or ""


def most_urgent_first(
    devices: Iterable[DeviceReport], replacements: Iterable[ReplacementItem]
) -> tuple[DeviceReport, ...]:
    """``devices`` by priority of replacement, then covered, possible, unknown, not covered, then address."""
    priority = {item_key(item): item.priority for item in replacements}

    def urgency(device: DeviceReport) -> tuple[int, int, tuple[int, int, str], tuple[int, ...]]:
        rank = COVERED_ORDER.index(covered_value(device))
        return priority.get(device_key(device), 99), rank, address_order(device.address), device.ports

    return tuple(sorted(devices, key=urgency))


def percent(confidence: float) -> str:
    """A confidence (0 to 1) in whole percent, never 100: no evidence from a network is beyond doubt."""
    return f"{min(99, max(0, round(confidence * 100)))}%"
