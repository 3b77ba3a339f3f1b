"""What may be touched: the targets, less the exclusions, and only where that is private or authorized.

Decided before the first packet: one target outside it refuses the whole run. The one place that opens
sockets asks ``Scope.permits`` again for every address that it connects to.
"""

from __future__ import annotations

import datetime as dt
import ipaddress
import random
from collections.abc import Iterator, Sequence
from math import gcd

import msgspec

from scanner.authorization import Authorization
from scanner.targets import AddressRange, Target

PRIVATE_NETWORKS = tuple(
    ipaddress.ip_network(text)
    for text in (
        "10.0.0.0/8",
        "172.16.0.0/12",
        "192.168.0.0/16",  # RFC 1918
        "169.254.0.0/16",  # RFC 3927 link-local
        "127.0.0.0/8",
        "::1/128",  # loopback
        "fc00::/7",  # RFC 4193
        "fe80::/10",  # RFC 4291 link-local
    )
)
"""What needs no authorization. Narrower than Python's ``is_private``, which also counts test and shared networks."""

_PRIVATE_RANGES = tuple(
    AddressRange(net.version, int(net.network_address), int(net.broadcast_address)) for net in PRIVATE_NETWORKS
)


class ScopeRefused(Exception):
    """The targets may not be scanned; ``reasons`` says for each which part of it and why."""

    def __init__(self, reasons: Sequence[str]) -> None:
        super().__init__("; ".join(reasons))
        self.reasons = tuple(reasons)


def is_private(ip: str) -> bool:
    """Whether an address needs no authorization to be scanned."""
    address = ipaddress.ip_address(ip)
    return any(address in allowed for allowed in _PRIVATE_RANGES)


class Scope(msgspec.Struct, frozen=True):
    """The addresses of one scan. Made by ``decide_scope`` only."""

    targets: tuple[Target, ...]
    exclusions: tuple[Target, ...] = ()
    authorization: Authorization | None = None

    def permits(self, ip: str) -> bool:
        """Whether this address may be touched: in a target and in no exclusion."""
        try:
            address = ipaddress.ip_address(ip.split("%", 1)[0])
        except ValueError:
            return False
        if any(address in span for target in self.exclusions for span in target.ranges):
            return False
        return any(address in span for target in self.targets for span in target.ranges)

    @property
    def swept(self) -> tuple[AddressRange, ...]:
        """The ranges whose addresses are asked on the ranked ports: merged, exclusions cut out, in order."""
        wanted = merge([span for target in self.targets if not target.ports for span in target.ranges])
        excluded = merge([span for target in self.exclusions for span in target.ranges])
        return tuple(left for span in wanted for left in _subtract(span, excluded))

    @property
    def single_devices(self) -> tuple[Target, ...]:
        """The targets that name one device by its ports, less those excluded."""
        return tuple(
            target for target in self.targets if target.ports and self.permits(target.ranges[0].address(0))
        )

    def addresses(self, seed: int) -> Iterator[str]:
        """Every address to sweep exactly once, in an order that spreads neighbours apart; same seed, same order."""
        spans = self.swept
        total = sum(span.size for span in spans)
        if not total:
            return
        chance = random.Random(seed)  # noqa: S311 - an order, not a secret
        step = next(s for s in iter(lambda: chance.randrange(1, total + 1), None) if gcd(s, total) == 1)
        position = chance.randrange(total)
        for _ in range(total):
            yield _nth(spans, position)
            position = (position + step) % total

    def size(self) -> int:
        """Number of addresses to sweep, single devices not counted."""
        return sum(span.size for span in self.swept)


def decide_scope(
    targets: Sequence[Target],
    exclusions: Sequence[Target] = (),
    authorization: Authorization | None = None,
    *,
    today: dt.date,
) -> Scope:
    """The scope of a scan, or ``ScopeRefused``: every address must be private, or public and authorized today."""
    allowed = list(_PRIVATE_RANGES)
    expired = ""
    if authorization is not None:
        if authorization.is_valid_on(today):
            allowed.extend(authorization.address_ranges())
        else:
            expired = (
                f" (the authorization by {authorization.who} is valid from {authorization.valid_from or 'any day'} "
                f"to {authorization.valid_to or 'any day'}, today is {today.isoformat()})"
            )
    cover = merge(allowed + [span for target in exclusions for span in target.ranges])
    reasons = []
    for target in targets:
        outside = [left for span in target.ranges for left in _subtract(span, cover)]
        if outside:
            where = ", ".join(_span_text(span) for span in outside[:3]) + (" …" if len(outside) > 3 else "")
            reasons.append(f"{target.text}: {where} is not private and not authorized{expired}")
        special = [span for span in target.ranges if _is_not_a_host(span)]
        if special:
            reasons.append(f"{target.text}: {_span_text(special[0])} is no address of a host")
    if reasons:
        raise ScopeRefused(reasons)
    return Scope(tuple(targets), tuple(exclusions), authorization)


def merge(spans: Sequence[AddressRange]) -> tuple[AddressRange, ...]:
    """The same addresses in as few ranges as possible, sorted."""
    merged: list[AddressRange] = []
    for span in sorted(spans):
        previous = merged[-1] if merged else None
        if previous and previous.version == span.version and span.first <= previous.last + 1:
            merged[-1] = previous._replace(last=max(previous.last, span.last))
        else:
            merged.append(span)
    return tuple(merged)


def _subtract(span: AddressRange, holes: Sequence[AddressRange]) -> Iterator[AddressRange]:
    """What is left of ``span`` without the (merged, sorted) ``holes``."""
    first = span.first
    for hole in holes:
        if hole.version != span.version or hole.last < first or hole.first > span.last:
            continue
        if hole.first > first:
            yield span._replace(first=first, last=hole.first - 1)
        first = hole.last + 1
    if first <= span.last:
        yield span._replace(first=first)


def _nth(spans: Sequence[AddressRange], index: int) -> str:
    for span in spans:
        if index < span.size:
            return span.address(index)
        index -= span.size
    raise IndexError(index)


def _span_text(span: AddressRange) -> str:
    first = span.address(0)
    return first if span.size == 1 else f"{first}-{span.address(span.size - 1)}"


def _is_not_a_host(span: AddressRange) -> bool:
    if span.size != 1:
        return False
    address = ipaddress.ip_address(span.address(0))
    return address.is_multicast or address.is_unspecified or str(address) == "255.255.255.255"
