"""How many devices and addresses there are by country, manufacturer, network, class or port.

Two units, because they answer different questions: a device with three addresses is one thing to replace and
three entries of a firewall. Pure functions; nothing is read or written here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType
from typing import Protocol

import msgspec

from fingerprints.observation import Asn, Location


class Countable(Protocol):
    """What is read of a device; ``reports.document.DeviceReport`` is one."""

    @property
    def manufacturer(self) -> str | None:
        """The maker, null where unknown or where several are possible."""

    @property
    def class_(self) -> str:
        """The class of product."""

    @property
    def address(self) -> str | None:
        """The address that the device is known by."""

    @property
    def addresses(self) -> tuple[str, ...]:
        """All addresses at which it was seen."""

    @property
    def ports(self) -> tuple[int, ...]:
        """All ports at which it answered."""

    @property
    def location(self) -> Location | None:
        """Where the source places it."""

    @property
    def asn(self) -> Asn | None:
        """The network that announces its address."""


class Count(msgspec.Struct, frozen=True, kw_only=True):
    """How often one value occurs; ``value`` is null for devices of which the key is not known.

    ``addresses`` counts each address once per value; devices without an address add none.
    """

    value: str | None
    devices: int
    addresses: int


def _country(device: Countable) -> tuple[str, ...]:
    return (device.location.country,) if device.location and device.location.country else ()


def _network(device: Countable) -> tuple[str, ...]:
    if device.asn is None:
        return ()
    if device.asn.org:
        return (device.asn.org,)
    return (f"AS{str(device.asn.number).upper().removeprefix('AS')}",) if device.asn.number is not None else ()


def _manufacturer(device: Countable) -> tuple[str, ...]:
    return (device.manufacturer,) if device.manufacturer else ()


def _class(device: Countable) -> tuple[str, ...]:
    return (device.class_,) if device.class_ and device.class_ != "unknown" else ()


def _ports(device: Countable) -> tuple[str, ...]:
    return tuple(str(port) for port in sorted(set(device.ports)))


KEYS: Mapping[str, Callable[[Countable], tuple[str, ...]]] = MappingProxyType(
    {"country": _country, "manufacturer": _manufacturer, "network": _network, "class": _class, "port": _ports}
)
"""What can be counted by. ``port`` counts a device once for each of its ports, so its sums exceed the total."""


def count_by(devices: Iterable[Countable], key: str) -> tuple[Count, ...]:
    """Count ``devices`` by ``key``, a name of ``KEYS``: most devices first, then by value, not known last.

    Raises ``KeyError`` for a key that cannot be counted by.
    """
    values_of = KEYS[key]
    devices_with: dict[str | None, int] = {}
    addresses_with: dict[str | None, set[str]] = {}
    for device in devices:
        seen_at = set(device.addresses) | ({device.address} if device.address else set())
        for value in values_of(device) or (None,):
            devices_with[value] = devices_with.get(value, 0) + 1
            addresses_with.setdefault(value, set()).update(seen_at)
    counts = [
        Count(value=value, devices=number, addresses=len(addresses_with[value]))
        for value, number in devices_with.items()
    ]
    return tuple(sorted(counts, key=lambda count: (count.value is None, -count.devices, count.value or "")))
